"""How long telemetry is kept: raw packets, engineering values and summaries, each for so many days, by spacecraft."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from core.errors import InputError
from core.telemetry.archive_catalogue import HOUR_S, ArchiveFile, Catalogue, Kept
from core.telemetry.archive_files import ArchiveFiles, PreparedFiles
from core.telemetry.archive_summaries import DAY_S
from core.telemetry.packet_table import OCTETS
from core.telemetry.summary_files import outdated_summaries

__all__ = ["Removed", "RetentionPolicies", "RetentionPolicy", "retention_steps"]

_HOURS_AT_ONCE: Final = 24  # become durable together


@dataclass(frozen=True)
class RetentionPolicy:
    """Days that telemetry is kept after its generation; None for ever.

    Args:
        packets_days: The octets of packets, from which values can be decoded again.
        values_days: Engineering and raw values.
        summaries_days: Least, greatest and mean values of each minute.
    Raises:
        InputError: A number of days is not positive, or summaries go before the values that they are made of.
    """

    packets_days: float | None = None
    values_days: float | None = None
    summaries_days: float | None = None

    def __post_init__(self) -> None:
        for name in ("packets_days", "values_days", "summaries_days"):
            days = getattr(self, name)
            if days is not None and not 0 < days < math.inf:
                raise InputError(name, f"{days} is not a positive number of days; leave it out to keep everything")
        if self.summaries_days is not None and self.summaries_days < (self.values_days or math.inf):
            raise InputError("summaries_days", f"{self.summaries_days} days are less than values are kept")

    def edges(self, now_tai_s: float, before: Kept) -> Kept:
        """From where on telemetry is kept at an instant; never from earlier than before, as what is gone stays gone."""

        def edge(days: float | None, unit_s: int, already: float) -> float:
            return already if days is None else max(already, (now_tai_s - days * DAY_S) // unit_s * unit_s)

        return replace(
            before,
            packets_tai_s=edge(self.packets_days, HOUR_S, before.packets_tai_s),
            values_tai_s=edge(self.values_days, HOUR_S, before.values_tai_s),
            summaries_tai_s=edge(self.summaries_days, DAY_S, before.summaries_tai_s),
        )


@dataclass(frozen=True)
class RetentionPolicies:
    """The policy of each spacecraft; without one of its own ``default``, which keeps everything."""

    default: RetentionPolicy = field(default_factory=RetentionPolicy)
    by_satellite: Mapping[str, RetentionPolicy] = field(default_factory=dict)

    def of(self, satellite: str) -> RetentionPolicy:
        """A spacecraft's policy."""
        return self.by_satellite.get(satellite, self.default)


@dataclass(frozen=True)
class Removed:
    """What a step or a round removed.

    Args:
        packets, values: Packets whose octets and whose values went.
        summaries: Files of summaries that went.
    """

    packets: int = 0
    values: int = 0
    summaries: int = 0

    def __add__(self, other: Removed) -> Removed:
        return Removed(self.packets + other.packets, self.values + other.values, self.summaries + other.summaries)


def retention_steps(
    files: ArchiveFiles, policies: RetentionPolicies, now_tai_s: float
) -> Iterator[tuple[PreparedFiles, Removed]]:
    """What policies remove, the oldest first, in steps that are each whole; commit one before asking for the next.

    What is kept from where on moves with each step, so that it is true after a crash between two.

    Raises:
        StoreError: A step could not be prepared; nothing of it is left.
    """
    for satellite in sorted({owner for owner, _ in files.catalogue.columns}):
        edges = policies.of(satellite).edges(now_tai_s, files.catalogue.kept_of(satellite))
        affected = sorted(_affected(files.catalogue, satellite, edges), key=lambda one: one.hour)
        for _, day in groupby(affected, key=lambda one: one.hour // _HOURS_AT_ONCE):
            yield _step(files, satellite, list(day), edges)
        outdated = outdated_summaries(files.catalogue, satellite, edges.summaries_tai_s)
        now = files.catalogue.kept_of(satellite)
        final = replace(
            edges, packets_removed=now.packets_removed, values_removed=now.values_removed, too_late=now.too_late
        )
        if outdated or final != now:
            prepared = PreparedFiles(kept={satellite: final})
            prepared.summaries.replaced.extend(outdated)
            yield prepared, Removed(summaries=len(outdated))


def _affected(catalogue: Catalogue, satellite: str, edges: Kept) -> list[ArchiveFile]:
    return [
        one for one in catalogue.every_file() if one.satellite == satellite and _columns_left(one, edges) != one.columns
    ]


def _columns_left(one: ArchiveFile, edges: Kept) -> frozenset[str]:
    """Columns of a file that stay; none where both its packets and its values go."""
    packets_go, values_go = one.end_s <= edges.packets_tai_s, one.end_s <= edges.values_tai_s
    if packets_go and values_go:
        return frozenset()
    gone = {name for name in one.columns if values_go and not name.startswith("packet:")}
    return one.columns - gone - ({OCTETS} if packets_go else set())


def _step(files: ArchiveFiles, satellite: str, chosen: list[ArchiveFile], edges: Kept) -> tuple[PreparedFiles, Removed]:
    left = [(one, _columns_left(one, edges)) for one in chosen]
    newest = [(one, columns) for one, columns in left if one.version == files.catalogue.version_of(satellite, one.hour)]
    removed = Removed(
        packets=sum(one.rows for one, columns in newest if OCTETS in one.columns - columns),
        values=sum(one.rows for one, columns in newest if _has_values(one.columns - columns)),
    )
    before = files.catalogue.kept_of(satellite)
    reached = max(one.end_s for one in chosen)
    kept = replace(
        before,
        packets_tai_s=max(before.packets_tai_s, min(edges.packets_tai_s, reached)),
        values_tai_s=max(before.values_tai_s, min(edges.values_tai_s, reached)),
        packets_removed=before.packets_removed + removed.packets,
        values_removed=before.values_removed + removed.values,
    )
    changed = [(one, columns) for one, columns in left if columns]
    gone = [one for one, columns in left if not columns]
    return files.write_retained(satellite, changed, gone, kept), removed


def _has_values(columns: frozenset[str]) -> bool:
    return any(not name.startswith("packet:") for name in columns)
