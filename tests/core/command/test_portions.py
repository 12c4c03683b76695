"""Work between releases: it learns how long its portions take, and is never starved."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.command.portions import Portions


class _Day:
    """A clock that stands until it is moved, and the instant of the next release."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.release_s = 0.0
        self.portions = Portions(lambda: max(0.0, self.release_s - self.now_s), lambda: self.now_s)

    def do(self, kind: str, length_s: float) -> None:
        with self.portions.measured(kind):
            self.now_s += length_s


@given(st.floats(0.0005, 0.05), st.floats(0.0005, 0.05))
def test_a_portion_begins_only_where_one_of_its_kind_has_ended_in_time(short_s: float, long_s: float) -> None:
    day = _Day()
    for _ in range(40):  # the mean of RFC 6298 forgets what it was told at first
        for kind, length_s in (("short", short_s), ("long", long_s)):
            day.release_s = day.now_s + 0.2
            day.do(kind, length_s)
    for kind, length_s in (("short", short_s), ("long", long_s)):
        day.release_s = day.now_s + 0.8 * length_s
        assert not day.portions.may_begin(kind)
        day.release_s = day.now_s + 1.5 * length_s + 0.001
        assert day.portions.may_begin(kind)


def test_what_was_done_with_all_time_in_the_world_says_nothing_of_a_portion_between_releases() -> None:
    day = _Day()
    for _ in range(20):
        day.release_s = day.now_s + 0.2
        day.do("ingest", 0.005)
    day.release_s = day.now_s + 60.0
    day.do("ingest", 3.0)
    day.release_s = day.now_s + 0.01
    assert day.portions.may_begin("ingest")


def test_under_a_stream_without_gaps_every_kind_gets_its_turn_and_none_twice_in_a_row() -> None:
    day, begun = _Day(), list[str]()
    while day.now_s < 102.0:
        day.release_s = day.now_s  # a release is due at every moment
        for kind in ("flush", "ingest", "reports"):
            if day.portions.may_begin(kind):
                begun.append(kind)
                day.do(kind, 0.004)
        day.now_s += 0.001
    assert {one: begun.count(one) >= 10 for one in ("flush", "ingest", "reports")} == dict.fromkeys(
        ("flush", "ingest", "reports"), True
    )
    assert len(begun) <= 2.0 / 0.05 + 1
    assert all(one != following for one, following in pairwise(begun))


def test_little_is_taken_at_once_when_a_release_is_near() -> None:
    day = _Day()
    day.release_s = day.now_s + 0.02
    assert day.portions.size(few=8, most=32) == 8
    day.release_s = day.now_s + 1.0
    assert day.portions.size(few=8, most=32) == 32
