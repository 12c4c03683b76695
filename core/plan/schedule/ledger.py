"""A schedule in the making: who is where when, and what stands in the way of one more candidate.

Every limit is decided exactly at the candidates' fixed times; the same tests judge a whole schedule.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.plan.schedule.problem import Candidate, Problem, SatelliteBudget

__all__ = ["Block", "Ledger", "attitudes_clash", "contacts_clash", "store_events", "violations"]

FloatArray = NDArray[np.float64]

_TOUCH_S = 1e-6


@dataclass(frozen=True)
class Block:
    """Why a candidate cannot be taken: a finding's code, and the candidate that stands in the way where one does."""

    code: str
    by: int | None = None


class Ledger:
    """The chosen candidates of a problem, and what they leave free."""

    def __init__(self, problem: Problem, chosen: Iterable[int] = ()) -> None:
        self.problem = problem
        self.chosen: dict[int, int] = {}  # candidate by request
        count = len(problem.fleet.satellites)
        self._lines: list[list[tuple[float, int]]] = [[] for _ in range(count)]
        self._contacts: list[list[tuple[float, int]]] = [[] for _ in problem.fleet.stations]
        self._longest_s = [0.0] * count
        self._longest_contact_s = [0.0] * len(problem.fleet.stations)
        for index in chosen:
            self.add(index)

    def copy(self) -> Ledger:
        """The same schedule, to be changed by itself."""
        other = Ledger(self.problem)
        other.chosen = dict(self.chosen)
        other._lines = [list(line) for line in self._lines]
        other._contacts = [list(line) for line in self._contacts]
        other._longest_s = list(self._longest_s)
        other._longest_contact_s = list(self._longest_contact_s)
        return other

    @property
    def value(self) -> float:
        """What the chosen candidates are worth."""
        return math.fsum(self.problem.candidates[index].value for index in self.chosen.values())

    def add(self, index: int) -> None:
        """Take a candidate, whatever stands in the way."""
        one = self.problem.candidates[index]
        self.chosen[one.request] = index
        for satellite in one.held:
            insort(self._lines[satellite], (one.start_s, index))
            self._longest_s[satellite] = max(self._longest_s[satellite], one.end_s - one.start_s)
        for station in one.stations:
            begin, end = one.contact
            insort(self._contacts[station], (begin, index))
            self._longest_contact_s[station] = max(self._longest_contact_s[station], end - begin)

    def remove(self, request: int) -> None:
        """Give a request's candidate up."""
        index = self.chosen.pop(request)
        one = self.problem.candidates[index]
        for satellite in one.held:
            self._lines[satellite].remove((one.start_s, index))
        for station in one.stations:
            self._contacts[station].remove((one.contact[0], index))

    def block(self, index: int) -> Block | None:
        """What stands in the way of a candidate; None when it can be taken."""
        one = self.problem.candidates[index]
        if one.request in self.chosen:
            return Block("PLACED", self.chosen[one.request])
        return self.clash(index) or self._budgets(one)

    def clash(self, index: int) -> Block | None:
        """What stands in a candidate's way at its own time, whatever store, battery and propellant say."""
        one = self.problem.candidates[index]
        return self._attitude(index, one) or self._station(index, one)

    def _attitude(self, index: int, one: Candidate) -> Block | None:
        """Another candidate at the same time, or too close to turn in between."""
        if not one.turns:
            return None
        for other in self._around(one):
            candidate = self.problem.candidates[other]
            if other != index and candidate.turns and attitudes_clash(self.problem, one, candidate):
                overlap = candidate.start_s < one.end_s - _TOUCH_S and one.start_s < candidate.end_s - _TOUCH_S
                return Block("TMP-005" if overlap else "ATT-001", other)
        return None

    def _around(self, one: Candidate) -> Iterable[int]:
        margin_s = self.problem.fleet.longest_turn_s + _TOUCH_S
        for satellite in one.held:
            line = self._lines[satellite]
            first = bisect_left(line, (one.start_s - self._longest_s[satellite] - margin_s, -1))
            for start_s, other in line[first:]:
                if start_s > one.end_s + margin_s:
                    break
                yield other

    def _station(self, index: int, one: Candidate) -> Block | None:
        """A station of its serves another satellite then, or has no time to set up in between."""
        begin_s, end_s = one.contact
        for station in one.stations:
            setup_s = self.problem.fleet.setup_s[station]
            line = self._contacts[station]
            first = bisect_left(line, (begin_s - self._longest_contact_s[station] - setup_s - _TOUCH_S, -1))
            for other_begin_s, other in line[first:]:
                if other_begin_s >= end_s + setup_s - _TOUCH_S:
                    break
                candidate = self.problem.candidates[other]
                if other != index and contacts_clash(self.problem, one, candidate, station):
                    return Block("GND-002", other)
        return None

    def _budgets(self, one: Candidate) -> Block | None:
        budget = self.problem.fleet.satellites[one.satellite]
        on_line = (self.problem.candidates[other] for _, other in self._lines[one.satellite])
        mine = [other for other in on_line if other.satellite == one.satellite]
        return _data(budget, mine, one) or _battery(budget, mine, one, self.problem) or _propellant(budget, mine, one)


def attitudes_clash(problem: Problem, one: Candidate, other: Candidate) -> bool:
    """Whether two candidates of one satellite overlap or leave no time to turn."""
    first, second = (one, other) if one.start_s <= other.start_s else (other, one)
    return second.start_s - first.end_s < problem.fleet.turn_s(first, second) - _TOUCH_S


def contacts_clash(problem: Problem, one: Candidate, other: Candidate, station: int) -> bool:
    """Whether two contacts of a station overlap or leave no time to set up; one satellite may go on in its pass."""
    (a, b), (c, d) = one.contact, other.contact
    same = one.served_by(station) == other.served_by(station)
    setup_s = 0.0 if same else problem.fleet.setup_s[station]
    if same and (a, b) == (c, d):
        return False
    return a < d + setup_s - _TOUCH_S and c < b + setup_s - _TOUCH_S


def _data(budget: SatelliteBudget, mine: list[Candidate], one: Candidate | None) -> Block | None:
    """The store after every event stays between empty and full; what is recorded counts at its end, so does what leaves."""
    moving = [other for other in (*mine, *((one,) if one else ())) if other.data_bytes]
    if not moving or (one is not None and not one.data_bytes):
        return None
    level = budget.initial_data_bytes
    for other in store_events(moving):
        level += other.data_bytes
        if level > budget.store_bytes:
            return Block("RES-002")
        if level < -0.5:
            return Block("RES-003")
    return None


def store_events(moving: Iterable[Candidate]) -> list[Candidate]:
    """Candidates in the order in which they change the store.

    What is downlinked must be there when the downlink begins; what is recorded must fit, and may leave, at its end.
    """
    return sorted(moving, key=lambda one: (one.start_s if one.data_bytes < 0 else one.end_s, -one.data_bytes))


def _battery(budget: SatelliteBudget, mine: list[Candidate], one: Candidate | None, problem: Problem) -> Block | None:
    """The charge, which stops at full, never falls below the minimum."""
    if budget.charge_times_s is None or budget.charge_j is None or (one is not None and one.energy_j <= 0.0):
        return None
    users = [other for other in (*mine, *((one,) if one else ())) if other.energy_j]
    if not users:
        return None  # a battery that does not hold the idle load is nobody's doing here: the check of the plan says so
    edges = np.unique(np.concatenate([budget.charge_times_s, [c.start_s for c in users], [c.end_s for c in users]]))
    net = np.interp(edges, budget.charge_times_s, budget.charge_j)
    for other in users:
        net -= other.energy_j * np.clip((edges - other.start_s) / (other.end_s - other.start_s), 0.0, 1.0)
    # A charge that stops at full is the free one less the most by which it ever went over.
    level = net + np.minimum(budget.initial_battery_j, np.minimum.accumulate(budget.battery_j - net))
    return Block("RES-001") if float(level.min()) < budget.minimum_battery_j - 1e-6 else None


def _propellant(budget: SatelliteBudget, mine: list[Candidate], one: Candidate | None) -> Block | None:
    used = math.fsum(other.propellant_kg for other in (*mine, *((one,) if one else ())))
    return Block("RES-005") if used > budget.propellant_kg + 1e-9 else None


def violations(
    problem: Problem, chosen: Iterable[int], changed: Iterable[int] | None = None
) -> list[tuple[int | None, Block]]:
    """Everything that is wrong with a schedule, as (candidate, block); written apart from the search's own tests.

    Args:
        problem: What is scheduled.
        chosen: The whole schedule.
        changed: Candidates that were taken or given up since nothing was wrong: only what shares a satellite or a station
            with them is looked at. All is where None.
    """
    touched = None if changed is None else [problem.candidates[index] for index in changed]
    satellites = None if touched is None else {satellite for one in touched for satellite in one.held}
    stations = None if touched is None else {station for one in touched for station in one.stations}
    found: list[tuple[int | None, Block]] = []
    served: set[int] = set()
    by_satellite: dict[int, list[int]] = {}
    by_station: dict[int, list[int]] = {}
    for index in chosen:
        one = problem.candidates[index]
        if one.request in served:
            found.append((index, Block("PLACED")))
        served.add(one.request)
        for satellite in one.held:
            if satellites is None or satellite in satellites:
                by_satellite.setdefault(satellite, []).append(index)
        for station in one.stations:
            if stations is None or station in stations:
                by_station.setdefault(station, []).append(index)
    for satellite, mine in by_satellite.items():
        own = [problem.candidates[index] for index in mine if problem.candidates[index].satellite == satellite]
        found += _too_close(problem, mine)
        budget = problem.fleet.satellites[satellite]
        for block in (_data(budget, own, None), _battery(budget, own, None, problem), _propellant(budget, own, None)):
            if block is not None:
                found.append((None, block))
    for station, mine in by_station.items():
        found += _at_once(problem, station, mine)
    return found


def _at_once(problem: Problem, station: int, mine: list[int]) -> Iterator[tuple[int, Block]]:
    """Pairs of contacts of one station that overlap or leave no time to set up."""
    in_order = sorted(mine, key=lambda index: problem.candidates[index].contact)
    for k, a in enumerate(in_order):
        free_s = problem.candidates[a].contact[1] + problem.fleet.setup_s[station]
        for b in in_order[k + 1 :]:
            if problem.candidates[b].contact[0] >= free_s:
                break
            if contacts_clash(problem, problem.candidates[a], problem.candidates[b], station):
                yield a, Block("GND-002", b)


def _too_close(problem: Problem, mine: list[int]) -> Iterator[tuple[int, Block]]:
    """Pairs of one satellite that overlap or leave no time to turn."""
    turning = sorted(
        (index for index in mine if problem.candidates[index].turns),
        key=lambda index: problem.candidates[index].start_s,
    )
    for k, a in enumerate(turning):
        latest_s = problem.candidates[a].end_s + problem.fleet.longest_turn_s
        for b in turning[k + 1 :]:
            if problem.candidates[b].start_s > latest_s:
                break
            if attitudes_clash(problem, problem.candidates[a], problem.candidates[b]):
                yield a, Block("ATT-001", b)
