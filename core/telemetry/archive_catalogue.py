"""Which files of the column archive count, as it was at one moment: a picture that never changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.telemetry.archive_summaries import SummaryFile

__all__ = ["HOUR_S", "ArchiveFile", "Catalogue", "Kept"]

HOUR_S: Final = 3600
_EVERYTHING: Final = -math.inf


@dataclass(frozen=True)
class ArchiveFile:
    """A Parquet file of one satellite, hour (of generation, TAI) and container.

    Args:
        path: Where it is.
        satellite, container, hour: Of what; the hour's number since J2000.
        first_tai_s, last_tai_s: Generation of its first and last row.
        rows: How many.
        columns: Their names.
        version: 0 as decoded when received, else the number of the reprocessing that made it.
        definitions: The definitions that its packets were decoded with.
        first_arrival, last_arrival: Between them are the arrival numbers of its packets.
        services, apids: All that it has packets of; service 0 for those that are no PUS reports.
    """

    path: Path
    satellite: str
    container: str
    hour: int
    first_tai_s: float
    last_tai_s: float
    rows: int
    columns: frozenset[str]
    version: int = 0
    definitions: tuple[str, ...] = ()
    first_arrival: int = 0
    last_arrival: int = 0
    services: frozenset[int] = frozenset()
    apids: frozenset[int] = frozenset()

    @property
    def number(self) -> int:
        """What tells its rows apart from those of other files in a summary."""
        return int(self.path.stem[-32:][:15], 16)

    @property
    def end_s(self) -> int:
        """Where its hour ends, TAI s."""
        return (self.hour + 1) * HOUR_S


@dataclass(frozen=True)
class Kept:
    """From where on, TAI s, a satellite's telemetry is still kept; before that it was removed by the retention policy.

    Args:
        packets_tai_s, values_tai_s, summaries_tai_s: Multiples of an hour, summaries of a day; -inf with nothing removed.
        packets_removed, values_removed: Packets whose octets and whose values were removed.
        too_late: Packets that came when nothing of their time was kept any more, and were not filed.
    """

    packets_tai_s: float = _EVERYTHING
    values_tai_s: float = _EVERYTHING
    summaries_tai_s: float = _EVERYTHING
    packets_removed: int = 0
    values_removed: int = 0
    too_late: int = 0

    @property
    def rows_tai_s(self) -> float:
        """Before this nothing is left that a late packet could be merged with."""
        return min(self.packets_tai_s, self.values_tai_s)


@dataclass(frozen=True)
class Catalogue:
    """The files that count, by satellite and container; ``changed`` makes the next picture.

    Args:
        files: By hour.
        summaries: By length and period.
        newest: The newest version of each satellite's hours that were reprocessed.
        kept: What retention left.
        columns: Every column that a container's files have or had.
        through: Number of the newest batch of the log that was moved into files since the archive was opened.
    """

    files: Mapping[tuple[str, str], Mapping[int, tuple[ArchiveFile, ...]]] = field(default_factory=dict)
    summaries: Mapping[tuple[str, str], Mapping[tuple[int, int], SummaryFile]] = field(default_factory=dict)
    newest: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    kept: Mapping[str, Kept] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    through: int = 0

    def kept_of(self, satellite: str) -> Kept:
        """What retention left of a satellite's telemetry."""
        return self.kept.get(satellite, Kept())

    def containers(self, satellite: str, column: str) -> list[str]:
        """Containers of a satellite that have, or once had, a column."""
        return [one for (owner, one), columns in self.columns.items() if owner == satellite and column in columns]

    def version_of(self, satellite: str, hour: int, version: int | None = None) -> int:
        """The newest version of an hour; with ``version`` the newest that is not newer than it."""
        newest = self.newest.get(satellite, {}).get(hour, 0)
        if version is None or newest <= version:
            return newest
        known = (
            one.version for (owner, _), hours in self.files.items() if owner == satellite for one in hours.get(hour, ())
        )
        return max((one for one in known if one <= version), default=0)

    def find(
        self, satellite: str, column: str, start_tai_s: float, end_tai_s: float, version: int | None = None
    ) -> list[ArchiveFile]:
        """Files of a version with a column that may have rows in an interval, by time."""
        found = [
            one
            for container in self.containers(satellite, column)
            for one in self._between(self.files.get((satellite, container), {}), start_tai_s, end_tai_s)
            if column in one.columns
            and one.last_tai_s >= start_tai_s
            and one.first_tai_s <= end_tai_s
            and one.version == self.version_of(satellite, one.hour, version)
        ]
        return sorted(found, key=lambda one: one.first_tai_s)

    def in_hour(self, satellite: str, hour: int) -> list[ArchiveFile]:
        """The files of the newest version of an hour."""
        newest = self.version_of(satellite, hour)
        return [
            one
            for (owner, _), hours in self.files.items()
            if owner == satellite
            for one in hours.get(hour, ())
            if one.version == newest
        ]

    def every_file(self) -> Iterator[ArchiveFile]:
        """All of them, of every version."""
        return (one for hours in self.files.values() for files in hours.values() for one in files)

    def changed(
        self,
        made: Iterable[ArchiveFile | SummaryFile] = (),
        removed: Iterable[ArchiveFile | SummaryFile] = (),
        kept: Mapping[str, Kept] | None = None,
        through: int | None = None,
    ) -> Catalogue:
        """The picture with other files; what did not change is shared."""
        change = _Change(self)
        for one in removed:
            change.remove(one)
        for one in made:
            change.add(one)
        return Catalogue(
            change.files,
            change.summaries,
            change.newest_versions(),
            {**self.kept, **(kept or {})},
            change.columns,
            self.through if through is None else through,
        )

    @staticmethod
    def _between(
        hours: Mapping[int, tuple[ArchiveFile, ...]], start_tai_s: float, end_tai_s: float
    ) -> Iterator[ArchiveFile]:
        """Files of the hours that an interval touches, without looking at all hours where it is short."""
        if end_tai_s - start_tai_s < len(hours) * HOUR_S:
            touched = range(int(start_tai_s // HOUR_S), int(end_tai_s // HOUR_S) + 1)
            return (one for hour in touched for one in hours.get(hour, ()))
        return (one for files in hours.values() for one in files)


class _Change:
    """Copies what changes, and shares the rest."""

    def __init__(self, before: Catalogue) -> None:
        self._before = before
        self.files = dict(before.files)
        self.summaries = dict(before.summaries)
        self.columns = dict(before.columns)
        self._own_files: dict[tuple[str, str], dict[int, tuple[ArchiveFile, ...]]] = {}
        self._own_summaries: dict[tuple[str, str], dict[tuple[int, int], SummaryFile]] = {}
        self._hours: set[tuple[str, int]] = set()

    def add(self, one: ArchiveFile | SummaryFile) -> None:
        key = (one.satellite, one.container)
        if isinstance(one, SummaryFile):
            self._summaries_of(key)[one.length_s, one.period] = one
            self.columns[key] = self.columns.get(key, frozenset()) | frozenset(one.parameters)
            return
        hours = self._files_of(key)
        hours[one.hour] = (*hours.get(one.hour, ()), one)
        known = self.columns.get(key, frozenset())
        if not one.columns <= known:
            self.columns[key] = known | one.columns
        self._hours.add((one.satellite, one.hour))

    def remove(self, one: ArchiveFile | SummaryFile) -> None:
        key = (one.satellite, one.container)
        if isinstance(one, SummaryFile):
            self._summaries_of(key).pop((one.length_s, one.period), None)
            return
        hours = self._files_of(key)
        left = tuple(other for other in hours.get(one.hour, ()) if other.path != one.path)
        if left:
            hours[one.hour] = left
        else:
            hours.pop(one.hour, None)
        self._hours.add((one.satellite, one.hour))

    def newest_versions(self) -> dict[str, Mapping[int, int]]:
        """The newest version of each hour that has one above 0."""
        newest: dict[tuple[str, int], int] = {}
        satellites = {satellite for satellite, _ in self._hours}
        keys = [key for key in self.files if key[0] in satellites]
        for satellite, hour in self._hours:
            files = (one for key in keys if key[0] == satellite for one in self.files[key].get(hour, ()))
            newest[satellite, hour] = max((one.version for one in files), default=0)
        made: dict[str, Mapping[int, int]] = dict(self._before.newest)
        for satellite in satellites:
            mine = {hour: number for (owner, hour), number in newest.items() if owner == satellite}
            before = made.get(satellite, {})
            if any(mine.values()) or any(hour in before for hour in mine):
                joint = {**before, **mine}
                made[satellite] = {hour: number for hour, number in joint.items() if number}
        return made

    def _files_of(self, key: tuple[str, str]) -> dict[int, tuple[ArchiveFile, ...]]:
        if key not in self._own_files:
            self._own_files[key] = dict(self.files.get(key, {}))
            self.files[key] = self._own_files[key]
        return self._own_files[key]

    def _summaries_of(self, key: tuple[str, str]) -> dict[tuple[int, int], SummaryFile]:
        if key not in self._own_summaries:
            self._own_summaries[key] = dict(self.summaries.get(key, {}))
            self.summaries[key] = self._own_summaries[key]
        return self._own_summaries[key]
