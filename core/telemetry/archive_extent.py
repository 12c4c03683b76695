"""How much an archive holds: packets, files and octets on disk of each satellite."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from core.telemetry.archive_catalogue import ArchiveFile
from core.telemetry.archive_summaries import SummaryFile
from core.telemetry.column_archive import ColumnArchive

__all__ = ["ArchiveExtent", "SatelliteExtent"]


@dataclass(frozen=True)
class SatelliteExtent:
    """What the archive holds of one satellite.

    Args:
        filed_packets: In files, each counted once, whatever number of versions there are.
        waiting_packets: Durable, but in no file yet.
        files, octets: Of telemetry, all versions.
        summary_files, summary_octets: Of summaries for plots.
        newest_tai_s: Generation of the newest packet in files, -inf without any.
        octets_removed, values_removed: Packets whose octets and whose values the retention policy removed.
        too_late: Packets that came when nothing of their time was kept any more, and were not filed.
    """

    filed_packets: int = 0
    waiting_packets: int = 0
    files: int = 0
    octets: int = 0
    summary_files: int = 0
    summary_octets: int = 0
    newest_tai_s: float = -float("inf")
    octets_removed: int = 0
    values_removed: int = 0
    too_late: int = 0


class ArchiveExtent:
    """Measures an archive; the size of a file, which never changes, is looked up once.

    Args:
        archive: What to measure.
    """

    def __init__(self, archive: ColumnArchive) -> None:
        self._archive = archive
        self._sizes: dict[Path, int] = {}

    def of(self, satellite: str) -> SatelliteExtent:
        """What it holds of a satellite now."""
        with self._archive.snapshot(satellite) as snapshot:
            catalogue = snapshot.catalogue
            files = [one for one in catalogue.every_file() if one.satellite == satellite]
            summaries = [
                one for (owner, _), known in catalogue.summaries.items() if owner == satellite for one in known.values()
            ]
            newest: Counter[int] = Counter()
            for one in files:
                newest[one.hour] = max(newest[one.hour], one.version)
            kept = catalogue.kept_of(satellite)
            return SatelliteExtent(
                filed_packets=sum(one.rows for one in files if one.version == newest[one.hour]),
                waiting_packets=sum(one.table.num_rows for one in snapshot.waiting),
                files=len(files),
                octets=self._octets(files),
                summary_files=len(summaries),
                summary_octets=self._octets(summaries),
                newest_tai_s=max((one.last_tai_s for one in files), default=-float("inf")),
                octets_removed=kept.packets_removed,
                values_removed=kept.values_removed,
                too_late=kept.too_late,
            )

    def _octets(self, files: list[ArchiveFile] | list[SummaryFile]) -> int:
        """Octets of files that a reader holds, so that none of them is deleted meanwhile."""
        sizes = {one.path: self._sizes.get(one.path) or one.path.stat().st_size for one in files}
        self._sizes.update(sizes)
        return sum(sizes.values())
