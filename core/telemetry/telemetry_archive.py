"""The service's telemetry archive: the column archive of one mission database, read packet by packet and value by value."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from core.mdb.batch import BatchDecoder
from core.mdb.model import MissionDatabase
from core.telemetry.archive import ArchivedPacket, ArchivedSample
from core.telemetry.archive_extent import ArchiveExtent
from core.telemetry.arrivals import Arrivals, PacketFilter
from core.telemetry.column_archive import ColumnArchive, Judge
from core.telemetry.packet_browser import PacketBrowser
from core.telemetry.packet_rows import pus_times
from core.telemetry.parameter_units import ParameterUnits
from core.telemetry.sample_reader import SampleReader

__all__ = ["TelemetryArchive"]


class TelemetryArchive:
    """The archive in a folder, which one process has open at a time.

    Args:
        folder: Where it is; made where it is not there.
        mdb: What packets mean.
        opaque_apids: Of packets whose content others read.
        judge: Gives a satellite's batch the alarm levels that hold for it; those of the mission database without.
    Raises:
        StoreError: Another process has it open, or its log is damaged.
    """

    def __init__(
        self, folder: Path, mdb: MissionDatabase, *, opaque_apids: Collection[int] = (), judge: Judge | None = None
    ) -> None:
        self.units = ParameterUnits(mdb)
        self.decoder = decoder = BatchDecoder(mdb)
        self.columns = ColumnArchive(folder, decoder, pus_times, opaque_apids=opaque_apids, judge=judge)
        self.extent = ArchiveExtent(self.columns)
        self.packet_browser = PacketBrowser(self.columns, decoder, self.units)
        self._arrivals = Arrivals(self.columns)
        self._samples = SampleReader(self.columns, self.units)

    def cursor(self, source: str) -> int:
        """Index of the last frame of a source that is stored; 0 before the first."""
        return self.columns.cursor(source)

    def counters(self) -> dict[str, dict[str, int]]:
        """What became of frames and packets, by satellite and reason."""
        return self.columns.counters()

    def packets(
        self,
        *,
        after: int = 0,
        service: int | None = None,
        apid: int | None = None,
        container: str | None = None,
        limit: int = 1000,
    ) -> list[ArchivedPacket]:
        """Packets after a packet id, in the order of arrival."""
        return self._arrivals.packets(after, PacketFilter(service, apid, container), limit)

    def samples(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, limit: int = 10_000
    ) -> list[ArchivedSample]:
        """Values of a parameter generated in an interval, oldest first."""
        return self._samples.samples(satellite, parameter, start_tai_s, end_tai_s, limit)

    def newest(self, satellite: str, parameter: str, not_after_tai_s: float) -> ArchivedSample | None:
        """The value of a parameter that was generated last, up to an instant."""
        return self._samples.newest(satellite, parameter, not_after_tai_s)

    def latest(self, satellite: str) -> list[ArchivedSample]:
        """The newest generated value of every parameter."""
        return self._samples.latest(satellite)

    def close(self) -> None:
        """Close files; closed again, nothing happens."""
        self.columns.close()
