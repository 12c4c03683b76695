"""Alarm levels that last: from the level of each sample to the changes of level that persistence lets through.

A level is reached when so many samples in a row were at it or above, and left when so many in a row were below. Samples go in
by the batch; where nothing changes, a batch costs one look at its levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mdb.batch import Column, DecodedBatch
from core.mdb.types import AlarmLevel, AlarmRange, Alarms, ChangeRange
from core.telemetry.alarm_book import AlarmBook

__all__ = ["ChangeWatch", "LevelChange", "LevelWatch", "LimitChecker", "worst_levels"]

_HIGHEST: Final = len(AlarmLevel) - 1
_LEVELS: Final = {one: number for number, one in enumerate(AlarmLevel)}


@dataclass(frozen=True)
class LevelChange:
    """At sample ``index`` of a batch the lasting level became another; 0 normal to 5 severe."""

    index: int
    before: int
    after: int


class LevelWatch:
    """The lasting alarm level of one parameter.

    Args:
        alarms: How many samples in a row raise and clear.
    Raises:
        InputError: A count is below one.
    """

    def __init__(self, alarms: Alarms | None = None) -> None:
        known = alarms if alarms is not None else Alarms()
        conformance = known.minimum_violations if known.minimum_conformance is None else known.minimum_conformance
        if known.minimum_violations < 1 or conformance < 1:
            raise InputError(
                "minimum_violations",
                f"{known.minimum_violations} samples to raise and {conformance} to clear: both are at least 1",
            )
        self._needed = {False: known.minimum_violations, True: conformance}
        self._reached = [False] * (_HIGHEST + 1)
        self._contrary = [0] * (_HIGHEST + 1)  # samples in a row that speak against each level's state

    @property
    def level(self) -> int:
        """The lasting level."""
        return sum(self._reached)  # a level is reached no later than those above it

    def take(self, levels: NDArray[np.uint8]) -> list[LevelChange]:
        """Changes of the lasting level over samples in the order of generation."""
        if not levels.size:
            return []
        present = self.level
        if not any(self._contrary) and levels[0] == present and (levels == present).all():
            return []
        cuts = np.flatnonzero(levels[1:] != levels[:-1]) + 1
        begins = [0, *cuts.tolist()]
        ends = [*begins[1:], len(levels)]
        turned: list[tuple[int, int]] = []
        for begin, end in zip(begins, ends, strict=True):
            self._take_run(int(levels[begin]), begin, end - begin, turned)
        return self._changes(present, turned)

    def _take_run(self, sample: int, begin: int, length: int, turned: list[tuple[int, int]]) -> None:
        for level in range(1, _HIGHEST + 1):
            if (sample >= level) is self._reached[level]:
                self._contrary[level] = 0
                continue
            missing = self._needed[self._reached[level]] - self._contrary[level]
            if length < missing:
                self._contrary[level] += length
                continue
            self._reached[level] = not self._reached[level]
            self._contrary[level] = 0
            turned.append((begin + missing - 1, 1 if self._reached[level] else -1))

    def _changes(self, present: int, turned: Sequence[tuple[int, int]]) -> list[LevelChange]:
        steps: dict[int, int] = {}
        for index, step in turned:
            steps[index] = steps.get(index, 0) + step
        changes = []
        for index in sorted(steps):
            after = present + steps[index]
            if after != present:
                changes.append(LevelChange(index, present, after))
            present = after
        return changes


class LimitChecker:
    """Follows the limits of every parameter that has any, and tells an alarm book what changes.

    Samples that were generated before the newest one that was judged come too late: they are stored, but move no alarm.

    Args:
        book: Alarms of all satellites.
    """

    def __init__(self, book: AlarmBook) -> None:
        self._book = book
        self._watches: dict[tuple[str, str], _Watch] = {}
        self.late_samples = 0

    def take(self, satellite: str, generated_tai_s: NDArray[np.float64], decoded: DecodedBatch) -> int:
        """Judge a batch; how many lasting levels changed.

        Args:
            generated_tai_s: Of each packet of the batch; those without a time (NaN) are not judged.
        """
        changed = 0
        for one in decoded.containers:
            times = generated_tai_s[one.rows]
            rising = bool((times[1:] >= times[:-1]).all()) and not np.isnan(times[:1]).any()
            order = None if rising else np.argsort(times, kind="stable")[: int((~np.isnan(times)).sum())]
            if order is not None:
                times = times[order]
            for name, column in one.columns.items():
                if column.levels is not None or column.field.type.alarms.changes:
                    changed += self._take(satellite, name, column, times, order)
        return changed

    def _take(
        self,
        satellite: str,
        name: str,
        column: Column,
        times: NDArray[np.float64],
        order: NDArray[np.intp] | None,
    ) -> int:
        watch = self._watches.get((satellite, name))
        if watch is None:
            watch = self._watches[satellite, name] = _Watch(column.field.type.alarms)
        first = int(np.searchsorted(times, watch.newest_tai_s)) if times.size and times[0] < watch.newest_tai_s else 0
        self.late_samples += first
        times = times[first:]
        if not times.size:
            return 0
        chosen = slice(first, None) if order is None else order[first:]
        changes = watch.take(times, column, chosen)
        watch.newest_tai_s = float(times[-1])
        for change in changes:
            self._book.change(satellite, name, change.after, float(times[change.index]))
        return len(changes)


class _Watch:
    """What is remembered of one parameter."""

    def __init__(self, alarms: Alarms) -> None:
        self._level = LevelWatch(alarms)
        self._changes = [ChangeWatch(one) for one in alarms.changes]
        self.newest_tai_s = -np.inf

    def take(self, times: NDArray[np.float64], column: Column, chosen: slice | NDArray[np.intp]) -> list[LevelChange]:
        levels = None if column.levels is None else column.levels[chosen]
        if self._changes:
            values = column.engineering[chosen].astype(np.float64)
            if column.valid is not None:
                values[~column.valid[chosen]] = np.nan
            levels = worst_levels(levels, *(one.take(times, values) for one in self._changes))
        return [] if levels is None else self._level.take(levels)


@dataclass
class ChangeWatch:
    """Levels of how fast a number changes; remembers what the next batch is compared with.

    A value that is not a number has no change, and neither has one that came before enough others.
    """

    change: ChangeRange
    _times_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    _values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def take(self, t_tai_s: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """The level of each sample, in the order of generation.

        Args:
            t_tai_s: Generation times, rising.
            values: Engineering values; NaN where there is none.
        """
        times = np.concatenate((self._times_s, t_tai_s))
        numbers = np.concatenate((self._values, np.asarray(values, dtype=np.float64)))
        known = ~np.isnan(numbers)
        new = np.arange(len(times)) >= len(self._times_s)
        wanted = new[known]
        times, numbers = times[known], numbers[known]
        at = np.flatnonzero(wanted)
        before = self._before(times, at)
        at, before = at[before >= 0], before[before >= 0]
        levels = np.zeros(len(numbers), dtype=np.uint8)
        levels[at] = np.where(_raised(self._rates(times, numbers, at, before), self.change.alarm), self._level, 0)
        made = np.zeros(len(t_tai_s), dtype=np.uint8)
        made[known[new]] = levels[wanted]
        keep = self._oldest_needed(times)
        self._times_s, self._values = times[keep:], numbers[keep:]
        return made

    @property
    def _level(self) -> int:
        return _LEVELS[self.change.alarm.level]

    def _before(self, times: NDArray[np.float64], at: NDArray[np.intp]) -> NDArray[np.intp]:
        if self.change.span_s > 0:
            return np.searchsorted(times, times[at] - self.change.span_s, side="right") - 1
        return at - self.change.span_samples

    def _rates(
        self, times: NDArray[np.float64], numbers: NDArray[np.float64], at: NDArray[np.intp], before: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):
            rates: NDArray[np.float64] = numbers[at] - numbers[before]
            if self.change.percentage:
                rates = 100.0 * rates / np.abs(numbers[before])
            if self.change.per_second:
                rates = rates / (times[at] - times[before])
        return rates

    def _oldest_needed(self, times: NDArray[np.float64]) -> int:
        if not len(times):
            return 0
        if self.change.span_s > 0:
            return max(0, int(np.searchsorted(times, times[-1] - self.change.span_s, side="right")) - 1)
        return max(0, len(times) - self.change.span_samples)


def worst_levels(*levels: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
    """The highest level of each sample; None where there are none at all."""
    known = [one for one in levels if one is not None]
    return np.maximum.reduce(known) if known else None


def _raised(rates: NDArray[np.float64], alarm: AlarmRange) -> NDArray[np.bool_]:
    inside = ~np.isnan(rates)
    one = alarm.range
    if one.minimum is not None:
        inside &= rates > one.minimum if one.minimum_excluded else rates >= one.minimum
    if one.maximum is not None:
        inside &= rates < one.maximum if one.maximum_excluded else rates <= one.maximum
    raised: NDArray[np.bool_] = (inside == alarm.inside) & ~np.isnan(rates)
    return raised
