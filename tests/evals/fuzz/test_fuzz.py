"""Every reader of orbit messages under damage, and the fuzzer itself: it finds a reader that breaks."""

from __future__ import annotations

import pytest

from core.errors import InputError
from evals.fuzz.run import fuzz
from evals.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("name", TARGETS)
def test_undamaged_messages_are_read(name: str) -> None:
    target = TARGETS[name]
    for seed in target.seeds:
        target.check(target.read(seed))


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_messages_are_refused_or_read_rightly(name: str) -> None:
    tally = fuzz(TARGETS[name], 4000, seed=20261123)
    assert tally.defects == ()
    assert tally.refused > 1000  # the damage does damage
    assert tally.refused + tally.read == tally.inputs


def test_a_reader_that_breaks_or_accepts_anything_is_found() -> None:
    def fragile(text: str) -> object:
        if "nan" in text:
            raise KeyError("nan")
        if not text:
            raise InputError("text", "is empty")
        return text

    def check(read: object) -> None:
        assert "inf" not in str(read)

    tally = fuzz(Target(("a = 1\nb = 2\n",), fragile, check), 3000, seed=1)
    reasons = {one.reason.split("(")[0] for one in tally.defects}
    assert reasons == {"KeyError", "AssertionError"}
