"""The fuzzers of telemetry: they find nothing, and would find what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from core.mdb import decode_packet
from evals.fuzz import telemetry
from evals.fuzz.run import fuzz
from evals.fuzz.telemetry import STREAMS, XTCE, fuzz_stream


@pytest.mark.parametrize("name", sorted(STREAMS))
def test_damaged_telemetry_is_read_alike_or_refused(name: str) -> None:
    tally = fuzz_stream(STREAMS[name](), 5_000, seed=1)
    assert tally.defects == [] and 50 < tally.packets <= 5_000 * 4


def test_damaged_database_files_are_refused_or_read_whole() -> None:
    tally = fuzz(XTCE, 300, seed=1)
    assert tally.defects == () and tally.refused > 100 and tally.read > 0


def test_a_decoder_that_reads_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(mdb: Any, raw: bytes, **options: Any) -> Any:
        return decode_packet(mdb, raw[:8] + bytes(one ^ 0x10 for one in raw[8:9]) + raw[9:], **options)

    monkeypatch.setattr(telemetry, "decode_packet", other)
    assert fuzz_stream(STREAMS["packets"](), 2_000, seed=1).defects
