"""Candidates of which at most one can be taken: in groups where many are at one time, in pairs where a turn is too long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from core.plan.schedule.ledger import attitudes_clash, contacts_clash
from core.plan.schedule.problem import Candidate, Problem

__all__ = ["conflicts"]

_Clash = Callable[[Problem, Candidate, Candidate], bool]
_Span = tuple[float, float, int]  # start, end, candidate


def conflicts(problem: Problem, indices: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Groups of candidates that exclude each other; together they say all that attitudes and stations forbid.

    A solver reasons better with one group of all that are at one time than with its pairs.
    """
    by_satellite: dict[int, list[_Span]] = {}
    by_station: dict[int, list[_Span]] = {}
    for index in indices:
        one = problem.candidates[index]
        if one.turns:
            for satellite in one.held:
                by_satellite.setdefault(satellite, []).append((one.start_s, one.end_s, index))
        for station in one.stations:
            by_station.setdefault(station, []).append((*one.contact, index))
    for mine in by_satellite.values():
        mine.sort()
        yield from _together(mine)
        yield from _pairs(problem, mine, problem.fleet.longest_turn_s, attitudes_clash, apart=True)
    for station, mine in by_station.items():
        mine.sort()
        # One satellite may be served twice in a pass, so those of a station at one time are no group.
        clash = partial(contacts_clash, station=station)
        yield from _pairs(problem, mine, problem.fleet.setup_s[station], clash, apart=False)


def _together(spans: list[_Span]) -> Iterator[tuple[int, ...]]:
    """All that overlap at an instant, for each instant at which they are most; spans are in order of start."""
    active: list[_Span] = []
    for k, span in enumerate(spans):
        active = [one for one in active if one[1] > span[0]]
        active.append(span)
        # A group that the next span only adds to is part of the next one.
        grows = k + 1 < len(spans) and all(one[1] > spans[k + 1][0] for one in active)
        if len(active) > 1 and not grows:
            yield tuple(index for _, _, index in active)


def _pairs(
    problem: Problem, spans: list[_Span], margin_s: float, clash: _Clash, *, apart: bool
) -> Iterator[tuple[int, int]]:
    """Pairs that clash; only those that do not overlap where ``apart``. Spans are in order of start."""
    for k, (_, end_s, a) in enumerate(spans):
        for start_s, _, b in spans[k + 1 :]:
            if start_s >= end_s + margin_s:
                break
            if apart and start_s < end_s:
                continue
            first, second = problem.candidates[a], problem.candidates[b]
            if first.request != second.request and clash(problem, first, second):
                yield a, b
