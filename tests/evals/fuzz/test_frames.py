"""Altered frames of every channel are refused; the harness finds a receiver that does not look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.link.tc_frame import decode_tc_frame
from evals.fuzz.frames import CHANNELS, fuzz_frames


@pytest.mark.parametrize("name", sorted(CHANNELS))
def test_no_altered_frame_is_accepted_with_a_content_that_was_not_sent(name: str) -> None:
    tally = fuzz_frames(CHANNELS[name](), 1_500, seed=7)
    assert (tally.inputs, tally.accepted) == (1_500, [])
    assert tally.refused > 1_400


def test_a_receiver_that_does_not_look_at_the_mac_is_found() -> None:
    careless = replace(CHANNELS["tc"](), read=lambda raw: (decode_tc_frame(raw).data,))
    assert fuzz_frames(careless, 500, seed=7).accepted
