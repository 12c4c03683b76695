"""Limits in bulk equal a state machine that takes one sample at a time; alarms live as operators expect."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Conflict, InputError, NotFound
from core.mdb.types import AlarmLevel, AlarmRange, Alarms, ChangeRange, Range
from core.telemetry.alarm_book import AlarmBook, AlarmEntry, AlarmState, AlarmStep
from core.telemetry.limit_check import ChangeWatch, LevelChange, LevelWatch, worst_levels


class OneByOne:
    """The reference: for each level, how many samples in a row were on the other side of it."""

    def __init__(self, violations: int, conformance: int) -> None:
        self.violations, self.conformance = violations, conformance
        self.on = dict.fromkeys(range(1, 6), False)
        self.against = dict.fromkeys(range(1, 6), 0)

    def sample(self, level: int) -> int:
        for threshold in self.on:
            if (level >= threshold) == self.on[threshold]:
                self.against[threshold] = 0
                continue
            self.against[threshold] += 1
            if self.against[threshold] == (self.conformance if self.on[threshold] else self.violations):
                self.on[threshold] = not self.on[threshold]
                self.against[threshold] = 0
        return max((one for one, on in self.on.items() if on), default=0)


LEVELS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), max_size=20).map(
    lambda runs: [level for level, length in runs for _ in range(length)]
)


@given(LEVELS, st.integers(1, 4), st.integers(1, 4), st.lists(st.integers(0, 120), max_size=4))
def test_batches_equal_one_sample_at_a_time(levels: list[int], raises: int, clears: int, cuts: list[int]) -> None:
    watch = LevelWatch(Alarms(minimum_violations=raises, minimum_conformance=clears))
    reference, before, expected = OneByOne(raises, clears), 0, []
    for index, level in enumerate(levels):
        after = reference.sample(level)
        if after != before:
            expected.append(LevelChange(index, before, after))
        before = after
    found, begin = [], 0
    for end in [*sorted(min(one, len(levels)) for one in cuts), len(levels)]:
        batch = watch.take(np.array(levels[begin:end], dtype=np.uint8))
        found += [LevelChange(one.index + begin, one.before, one.after) for one in batch]
        begin = end
    assert found == expected and watch.level == before


CHANGES = st.builds(
    ChangeRange,
    st.builds(
        AlarmRange,
        st.sampled_from([AlarmLevel.WARNING, AlarmLevel.CRITICAL]),
        st.builds(Range, st.just(-2.0), st.sampled_from([None, 2.0]), st.booleans(), st.booleans()),
        st.booleans(),
    ),
    st.booleans(),
    st.booleans(),
    st.integers(1, 3),
    st.sampled_from([0.0, 2.0, 5.0]),
)
SAMPLES = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([math.nan, -4.0, -1.0, 0.0, 1.0, 2.0, 6.0])), max_size=25
)


@given(CHANGES, SAMPLES, st.integers(0, 25))
def test_changes_equal_one_sample_at_a_time(change: ChangeRange, samples: list[tuple[int, float]], cut: int) -> None:
    times = np.cumsum([step for step, _ in samples], dtype=float)
    values = np.array([value for _, value in samples], dtype=float)
    expected, known = [], list[tuple[float, float]]()
    for t_s, value in zip(times.tolist(), values.tolist(), strict=True):
        if math.isnan(value):
            expected.append(0)
            continue
        if change.span_s:
            earlier = [one for one in known if one[0] <= t_s - change.span_s][-1:]
        else:
            earlier = known[-change.span_samples :][:1] if len(known) >= change.span_samples else []
        known.append((t_s, value))
        expected.append(0)
        for then_s, then in earlier:
            rate = value - then
            if change.percentage:
                rate = rate * 100 / abs(then) if then else math.copysign(math.inf, rate) if rate else math.nan
            rate = rate / (t_s - then_s) if change.per_second else rate
            expected[-1] = list(AlarmLevel).index(change.alarm.level) if change.alarm.raised_by(rate) else 0
    watch = ChangeWatch(change)
    found = [watch.take(times[:cut], values[:cut]), watch.take(times[cut:], values[cut:])]
    assert np.concatenate(found).tolist() == expected


def test_the_worst_level_counts() -> None:
    both = worst_levels(np.array([0, 2], dtype=np.uint8), None, np.array([1, 1], dtype=np.uint8))
    assert both is not None and both.tolist() == [1, 2]
    assert worst_levels(None) is None
    with pytest.raises(InputError, match="both are at least 1"):
        LevelWatch(Alarms(minimum_violations=0))


def test_an_alarm_lives_until_it_is_normal_and_seen() -> None:
    entries: list[AlarmEntry] = []
    book = AlarmBook(entries.append)
    book.change("LSAT-1", "soc", 0, 1.0)
    book.change("LSAT-1", "soc", 2, 2.0)
    book.acknowledge("LSAT-1", "soc", "ana", 3.0)
    with pytest.raises(Conflict, match="acknowledged already"):
        book.acknowledge("LSAT-1", "soc", "ana", 3.0)
    book.change("LSAT-1", "soc", 4, 4.0)  # worse than what was seen
    assert book.open()[0].state is AlarmState.RAISED
    book.change("LSAT-1", "soc", 2, 5.0)
    book.change("LSAT-1", "soc", 0, 6.0)
    assert [one.state for one in book.open()] == [AlarmState.RETURNED]
    book.acknowledge("LSAT-1", "soc", "ben", 7.0)
    assert book.open() == []
    assert [one.step for one in entries] == [
        AlarmStep.RAISED,
        AlarmStep.ACKNOWLEDGED,
        AlarmStep.WORSENED,
        AlarmStep.EASED,
        AlarmStep.RETURNED,
        AlarmStep.ACKNOWLEDGED,
        AlarmStep.CLEARED,
    ]
    again = AlarmBook(entries.append)
    for entry in entries[:5]:
        again.restore(entry)
    assert [one.worst for one in again.open()] == [4]


def test_a_shelved_alarm_is_hidden_for_a_time_and_followed() -> None:
    book = AlarmBook(lambda _: None)
    with pytest.raises(NotFound, match="LSAT-1 soc has no open alarm"):
        book.acknowledge("LSAT-1", "soc", "ana", 0.0)
    book.change("LSAT-1", "soc", 2, 1.0)
    with pytest.raises(InputError, match="without a reason"):
        book.shelve("LSAT-1", "soc", "ana", 2.0, 10.0, " ")
    with pytest.raises(InputError, match="not a time after now"):
        book.shelve("LSAT-1", "soc", "ana", 2.0, 2.0, "known")
    book.shelve("LSAT-1", "soc", "ana", 2.0, 10.0, "known")
    book.change("LSAT-1", "soc", 3, 5.0)
    book.unshelve_due(9.0)
    assert book.open() == [] and [one.level for one in book.open(shelved=True)] == [3]
    book.unshelve_due(10.0)
    assert [one.level for one in book.open()] == [3]
