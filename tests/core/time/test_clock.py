"""The mission clock through changes of its rate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.time import MissionClock, SystemClock, tai_s_from_utc
from core.time.clock import MAXIMUM_RATE, ClockAnchor

START_TAI_S = 8.4e8
rates = st.floats(1.0e-3, MAXIMUM_RATE)


class Wall:
    """Wall time that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1.7e9

    def __call__(self) -> float:
        return self.now_s


@given(rates, st.lists(st.tuples(st.floats(0.0, 1.0e5), rates), min_size=1, max_size=20))
def test_the_clock_never_jumps_or_runs_backwards_when_its_rate_changes(
    first: float, steps: list[tuple[float, float]]
) -> None:
    wall = Wall()
    clock = MissionClock(ClockAnchor(wall.now_s, START_TAI_S, first), wall)
    expected, rate, shown = START_TAI_S, first, START_TAI_S
    for waited_s, following in steps:
        wall.now_s += waited_s
        expected += waited_s * rate
        before = clock.now_tai_s()
        clock.set_rate(following)
        # Two sums of large floats: wall time resolves 0.24 us, which the rate multiplies.
        assert clock.now_tai_s() == pytest.approx(before, abs=1.0e-6)
        assert clock.now_tai_s() >= shown - 1.0e-6
        assert clock.now_tai_s() == pytest.approx(expected, abs=2.0e-3 * len(steps), rel=1.0e-12)
        shown, rate = clock.now_tai_s(), following


def test_two_processes_with_one_anchor_agree() -> None:
    wall = Wall()
    first = MissionClock(ClockAnchor(wall.now_s, START_TAI_S, 10.0), wall)
    second = MissionClock(first.anchor, wall)
    wall.now_s += 30.0
    anchor = first.set_rate(100.0)
    second.re_anchor(anchor)
    wall.now_s += 5.0
    assert second.now_tai_s() == first.now_tai_s() == START_TAI_S + 300.0 + 500.0
    assert first.real_s(1000.0) == 10.0


@pytest.mark.parametrize("rate", [0.0, -1.0, MAXIMUM_RATE + 1.0, float("nan"), float("inf")])
def test_a_rate_outside_its_range_is_refused(rate: float) -> None:
    clock = MissionClock(ClockAnchor(0.0, START_TAI_S, 1.0), Wall())
    with pytest.raises(InputError) as caught:
        clock.set_rate(rate)
    assert caught.value.field == "rate"
    assert clock.anchor.rate == 1.0


def test_the_system_clock_runs_in_real_time() -> None:
    clock = SystemClock()
    assert clock.real_s(12.5) == 12.5
    before = tai_s_from_utc(clock.now_utc())
    assert 0.0 <= clock.now_tai_s() - before < 60.0
