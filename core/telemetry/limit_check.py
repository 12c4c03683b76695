"""Alarm levels that last: from the level of each sample to the changes of level that persistence lets through.

A level is reached when so many samples in a row were at it or above, and left when so many in a row were below. Samples go in
by the batch; where nothing changes, a batch costs one look at its levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mdb.batch import Column, DecodedBatch
from core.mdb.telemetry import Sample
from core.mdb.types import AlarmLevel, AlarmRange, Alarms, ChangeRange, DataType
from core.telemetry.alarm_book import AlarmBook

__all__ = ["ChangeWatch", "ChangedLimits", "LevelChange", "LevelWatch", "LimitChecker", "worst_levels"]

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
        level: The lasting level to begin with.
    Raises:
        InputError: A count is below one.
    """

    def __init__(self, alarms: Alarms | None = None, level: int = 0) -> None:
        known = alarms if alarms is not None else Alarms()
        conformance = known.minimum_violations if known.minimum_conformance is None else known.minimum_conformance
        if known.minimum_violations < 1 or conformance < 1:
            raise InputError(
                "minimum_violations",
                f"{known.minimum_violations} samples to raise and {conformance} to clear: both are at least 1",
            )
        self._needed = {False: known.minimum_violations, True: conformance}
        self._reached = [0 < one <= level for one in range(_HIGHEST + 1)]
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
        limits: What people have changed of the limits; the mission database's without.
    """

    def __init__(self, book: AlarmBook, limits: ChangedLimits | None = None) -> None:
        self._book = book
        self._limits = limits
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
                alarms = self._alarms(satellite, name, column.field.type)
                if column.levels is not None or alarms.changes or (satellite, name) in self._watches:
                    changed += self._judge(satellite, name, alarms, times, _Series(column, order))
        return changed + self._take_interpreted(satellite, generated_tai_s, decoded)

    def resume(self, satellite: str, parameter: str, kind: DataType, level: int, newest_tai_s: float) -> None:
        """Take up a lasting level from an earlier run, and the generation time of what was judged last."""
        watch = _Watch(self._alarms(satellite, parameter, kind), level)
        watch.newest_tai_s = newest_tai_s
        self._watches[satellite, parameter] = watch

    def judge_one(self, satellite: str, parameter: str, kind: DataType, at_tai_s: float, level: int) -> None:
        """Judge one sample by its level."""
        alarms, times = self._alarms(satellite, parameter, kind), np.array([at_tai_s])
        self._judge(satellite, parameter, alarms, times, _Given(np.array([level], dtype=np.uint8)))

    def _take_interpreted(self, satellite: str, generated_tai_s: NDArray[np.float64], decoded: DecodedBatch) -> int:
        """Packets that were taken apart one by one."""
        found: dict[str, list[tuple[float, Sample]]] = {}
        for row, packet in decoded.interpreted:
            if not np.isnan(generated_tai_s[row]):
                for name, sample in packet.parameters.items():
                    found.setdefault(name, []).append((float(generated_tai_s[row]), sample))
        changed = 0
        for name, samples in found.items():
            samples.sort(key=lambda one: one[0])
            kind = samples[0][1].type
            alarms = self._alarms(satellite, name, kind)
            levels = np.array([_LEVELS[one.limit_state] for _, one in samples], dtype=np.uint8)
            if (satellite, name) in self._watches or alarms.changes or levels.any():
                numbers = [
                    one.value if one.valid and isinstance(one.value, (int, float)) else np.nan for _, one in samples
                ]
                times = np.array([at_tai_s for at_tai_s, _ in samples])
                changed += self._judge(
                    satellite, name, alarms, times, _Given(levels, np.array(numbers, dtype=np.float64))
                )
        return changed

    def _judge(
        self, satellite: str, name: str, alarms: Alarms, times: NDArray[np.float64], series: _Series | _Given
    ) -> int:
        watch = self._watches.get((satellite, name))
        if watch is None or watch.alarms is not alarms:
            watch = self._watches[satellite, name] = _Watch.after(watch, alarms)
        first = int(np.searchsorted(times, watch.newest_tai_s)) if times.size and times[0] < watch.newest_tai_s else 0
        self.late_samples += first
        times = times[first:]
        if not times.size:
            return 0
        changes = watch.take(times, series.from_row(first))
        watch.newest_tai_s = float(times[-1])
        for change in changes:
            self._book.change(satellite, name, change.after, float(times[change.index]))
        return len(changes)

    def _alarms(self, satellite: str, parameter: str, kind: DataType) -> Alarms:
        changed = self._limits.alarms_of(satellite, parameter) if self._limits is not None else None
        return kind.alarms if changed is None else changed


class ChangedLimits(Protocol):
    """Limits that people have changed."""

    def alarms_of(self, satellite: str, parameter: str) -> Alarms | None:
        """The limits in place of the mission database's; None where they are unchanged."""
        ...


@dataclass(frozen=True)
class _Given:
    """Levels, and numbers where there are any, in the order of generation."""

    levels: NDArray[np.uint8] | None
    values: NDArray[np.float64] | None = None

    def from_row(self, first: int) -> _Given:
        return _Given(
            None if self.levels is None else self.levels[first:], None if self.values is None else self.values[first:]
        )

    def numbers(self) -> NDArray[np.float64] | None:
        return self.values


@dataclass(frozen=True)
class _Series:
    """A column in the order of generation; its numbers are made only where a change has to be judged."""

    column: Column
    order: NDArray[np.intp] | None
    first: int = 0

    def from_row(self, first: int) -> _Series:
        return replace(self, first=first)

    @property
    def levels(self) -> NDArray[np.uint8] | None:
        return None if self.column.levels is None else self.column.levels[self._chosen]

    def numbers(self) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self.column.engineering[self._chosen].astype(np.float64)
        if self.column.valid is not None:
            values[~self.column.valid[self._chosen]] = np.nan
        return values

    @property
    def _chosen(self) -> slice | NDArray[np.intp]:
        return slice(self.first, None) if self.order is None else self.order[self.first :]


class _Watch:
    """What is remembered of one parameter."""

    def __init__(self, alarms: Alarms, level: int = 0) -> None:
        self.alarms = alarms
        self._level = LevelWatch(alarms, level)
        self._changes = [ChangeWatch(one) for one in alarms.changes]
        self.newest_tai_s = -np.inf

    @classmethod
    def after(cls, before: _Watch | None, alarms: Alarms) -> _Watch:
        """The watch of changed limits: the level goes on, what was counted towards another begins anew."""
        made = cls(alarms, 0 if before is None else before._level.level)
        if before is not None:
            made.newest_tai_s = before.newest_tai_s
        return made

    def take(self, times: NDArray[np.float64], series: _Series | _Given) -> list[LevelChange]:
        levels, values = series.levels, series.numbers() if self._changes else None
        if values is not None:
            levels = worst_levels(levels, *(one.take(times, values) for one in self._changes))
        if levels is None:  # its limits were taken away
            levels = np.zeros(len(times), dtype=np.uint8)
        return self._level.take(levels)


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
