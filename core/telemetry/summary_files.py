"""Files of summaries, kept in step with the files of rows that they were made from."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from core.store.durable_file import plain_name, write_durably
from core.telemetry.archive_catalogue import HOUR_S, ArchiveFile, Catalogue, Kept
from core.telemetry.archive_summaries import (
    COARSE_S,
    DAY_S,
    FINE_S,
    MONTH_S,
    Summary,
    SummaryFile,
    joined,
    read_summaries,
    write_summaries,
)

__all__ = ["SUMMARIES", "PreparedSummaries", "coarse_summaries", "fine_summaries", "outdated_summaries"]

SUMMARIES: Final = "summaries"  # folder in that of the archive
_HOURS_A_DAY: Final = DAY_S // HOUR_S
_DAYS_A_MONTH: Final = MONTH_S // DAY_S

Content = Mapping[str, Summary]


@dataclass(frozen=True)
class PreparedSummaries:
    """Files that are written but do not count yet, and those that they replace."""

    made: list[SummaryFile] = field(default_factory=list)
    replaced: list[SummaryFile] = field(default_factory=list)


def fine_summaries(
    folder: Path,
    catalogue: Catalogue,
    kept: Mapping[str, Kept],
    made: Iterable[tuple[ArchiveFile, Content]],
    gone: Iterable[ArchiveFile],
    prepared: PreparedSummaries,
) -> None:
    """Write the days' summaries anew where files of rows change.

    Hours whose values were removed stay as they are: their summaries are all that is left of them.

    Args:
        folder: The archive's.
        catalogue: What counts.
        kept: What is kept from now on.
        made: New files with the summaries of their rows.
        gone: Files that no longer say what the newest values are.
        prepared: Takes what was written, also where it fails midway.
    """
    fresh: dict[tuple[str, str, int], list[Content]] = defaultdict(list)
    numbers: dict[tuple[str, str, int], set[int]] = defaultdict(set)
    for one, content in made:
        if not _frozen(one, kept):
            fresh[_day(one)].append(content)
    for old in gone:
        if not _frozen(old, kept):
            numbers[_day(old)].add(old.number)
    for key in sorted({*fresh, *numbers}):
        satellite, container, day = key
        before = catalogue.summaries.get((satellite, container), {}).get((FINE_S, day))
        parts: dict[str, list[Summary]] = defaultdict(list)
        for name, summary in ({} if before is None else read_summaries(before)).items():
            parts[name].append(_without(summary, numbers[key]))
        for content in fresh[key]:
            for name, summary in content.items():
                parts[name].append(summary)
        whole = {name: joined(some) for name, some in parts.items() if any(len(one) for one in some)}
        if before is not None:
            prepared.replaced.append(before)
        if whole:
            prepared.made.append(_write(folder, satellite, container, FINE_S, day, whole, {}))


def coarse_summaries(folder: Path, catalogue: Catalogue, prepared: PreparedSummaries) -> None:
    """Write summaries of 30 days anew where a day of them changed; the newest day of a container waits until it is over."""
    for (satellite, container), files in catalogue.summaries.items():
        days = {period: one for (length_s, period), one in files.items() if length_s == FINE_S}
        for month in sorted({day // _DAYS_A_MONTH for day in days if day != max(days)}):
            mine = {day: one for day, one in days.items() if day // _DAYS_A_MONTH == month and day != max(days)}
            before = files.get((COARSE_S, month))
            known = {} if before is None else dict(before.made_from)
            wanted = {day: one.path.name for day, one in mine.items()}
            if wanted == known:
                continue
            same = {day for day, name in wanted.items() if known.get(day) == name}
            parts: dict[str, list[Summary]] = defaultdict(list)
            for name, summary in ({} if before is None else read_summaries(before)).items():
                parts[name].append(_of(summary, same))
            for day in sorted(wanted.keys() - same):
                for name, summary in read_summaries(mine[day]).items():
                    parts[name].append(summary.over(COARSE_S, origin=day))
            if before is not None:
                prepared.replaced.append(before)
            whole = {name: joined(some) for name, some in parts.items()}
            prepared.made.append(_write(folder, satellite, container, COARSE_S, month, whole, wanted))


def outdated_summaries(catalogue: Catalogue, satellite: str, edge_s: float) -> list[SummaryFile]:
    """Files of a satellite that end before an instant, TAI s."""
    return [
        one
        for (owner, _), files in catalogue.summaries.items()
        if owner == satellite
        for one in files.values()
        if (one.period + 1) * (DAY_S if one.length_s == FINE_S else MONTH_S) <= edge_s
    ]


def _write(
    folder: Path,
    satellite: str,
    container: str,
    length_s: int,
    period: int,
    content: Content,
    made_from: Mapping[int, str],
) -> SummaryFile:
    name = f"{plain_name(container)}-{length_s}-{period}-{uuid.uuid4().hex}.arrow"
    path = folder / SUMMARIES / f"satellite={plain_name(satellite)}" / name
    parameters = write_durably(path, lambda unfinished: write_summaries(unfinished, content))
    return SummaryFile(path, satellite, container, length_s, period, parameters, made_from)


def _frozen(one: ArchiveFile, kept: Mapping[str, Kept]) -> bool:
    return one.hour * HOUR_S < kept.get(one.satellite, Kept()).values_tai_s


def _day(one: ArchiveFile) -> tuple[str, str, int]:
    return one.satellite, one.container, one.hour // _HOURS_A_DAY


def _without(summary: Summary, numbers: set[int]) -> Summary:
    return summary.where(~np.isin(summary.origin, list(numbers))) if numbers else summary


def _of(summary: Summary, days: set[int]) -> Summary:
    return summary.where(np.isin(summary.origin, list(days)))
