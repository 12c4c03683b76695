"""Packets of the column archive in the order of their arrival; what arrived lately comes from memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from core.telemetry.archive import ArchivedPacket
from core.telemetry.archive_files import ArchiveFile
from core.telemetry.column_archive import ColumnArchive, WaitingPart
from core.telemetry.packet_table import ARRIVAL, GENERATED, IDENTITY, OCTETS, RECEIVED, SERVICE, SUBTYPE

__all__ = ["Arrivals", "PacketFilter"]

_APID = IDENTITY[1]
_COLUMNS = (ARRIVAL, SERVICE, SUBTYPE, _APID, GENERATED, RECEIVED)


@dataclass(frozen=True)
class PacketFilter:
    """Which packets; None for any.

    Args:
        service: PUS service type; 0 for packets that are no PUS reports.
        apid: Of the primary header.
        container: What they were decoded as.
    """

    service: int | None = None
    apid: int | None = None
    container: str | None = None

    def may_be_in(self, one: ArchiveFile) -> bool:
        """Whether a file may have some."""
        return (
            (self.service is None or self.service in one.services)
            and (self.apid is None or self.apid in one.apids)
            and (self.container is None or self.container == one.container)
        )

    def may_wait_in(self, one: WaitingPart) -> bool:
        """Whether a waiting part may have some."""
        return (self.service is None or self.service in one.services) and (
            self.container is None or self.container in one.tables
        )


@dataclass(frozen=True)
class _Clear:
    """From one arrival number to another there is no packet of a kind."""

    after: int
    through: int


class Arrivals:
    """Readers ask again and again for what came since; where there was nothing is remembered.

    Args:
        archive: Where packets are.
    """

    def __init__(self, archive: ColumnArchive) -> None:
        self._archive = archive
        self._clear: dict[PacketFilter, _Clear] = {}

    def packets(self, after: int, wanted: PacketFilter, limit: int) -> list[ArchivedPacket]:
        """So many packets at most, after an arrival number."""
        known = self._clear.get(wanted)
        start = known.through if known is not None and known.after <= after < known.through else after
        files = self._archive.files
        waiting = self._archive.waiting()
        found: list[ArchivedPacket] = []
        newest = start
        # Whatever moved into files since that look at what waits was in it.
        if start < files.last_arrival:
            with self._archive.reading():
                waiting, newest = self._archive.waiting(), files.last_arrival
                found = _of_files(files.all(), start, wanted, limit)
        found += _of_waiting(waiting, start, wanted, limit - len(found))
        if len(found) < limit:
            newest = max(newest, waiting[-1].last_arrival if waiting else start)
            begin = found[-1].packet_id if found else known.after if known is not None and start != after else after
            if newest > begin:
                self._clear[wanted] = _Clear(begin, newest)
        return found


def _of_files(files: Sequence[ArchiveFile], after: int, wanted: PacketFilter, limit: int) -> list[ArchivedPacket]:
    concerned = [one for one in files if one.last_arrival > after and wanted.may_be_in(one)]
    concerned.sort(key=lambda one: one.first_arrival)
    found: list[ArchivedPacket] = []
    for one in concerned:
        if len(found) >= limit and found[limit - 1].packet_id < one.first_arrival:
            break
        with pq.ParquetFile(one.path) as file:
            taken = _taken(file.read(columns=list(_COLUMNS)), after, wanted)
            if len(taken):
                table = file.read(columns=[*_COLUMNS, OCTETS]).take(taken)
                found += _packets(table, one.satellite, one.container)
        found.sort(key=lambda packet: packet.packet_id)
    return found[:limit]


def _of_waiting(parts: Sequence[WaitingPart], after: int, wanted: PacketFilter, limit: int) -> list[ArchivedPacket]:
    found: list[ArchivedPacket] = []
    batch = 0
    for place in range(bisect_right(parts, after, key=_last_arrival), len(parts)):
        one = parts[place]
        if len(found) >= limit and one.number != batch:
            break
        batch = one.number
        if not wanted.may_wait_in(one):
            continue
        for container, table in one.tables.items():
            if wanted.container in (None, container):
                taken = _taken(table, after, wanted)
                if len(taken):
                    found += _packets(table.select([*_COLUMNS, OCTETS]).take(taken), one.satellite, container)
    found.sort(key=lambda packet: packet.packet_id)
    return found[:limit]


def _taken(table: pa.Table, after: int, wanted: PacketFilter) -> pa.Array:
    mask = table[ARRIVAL].to_numpy() > after
    if wanted.service is not None:
        mask &= table[SERVICE].to_numpy() == wanted.service
    if wanted.apid is not None:
        mask &= table[_APID].to_numpy() == wanted.apid
    return pa.array(mask.nonzero()[0])


def _packets(table: pa.Table, satellite: str, container: str) -> list[ArchivedPacket]:
    names = (ARRIVAL, SERVICE, SUBTYPE, GENERATED, RECEIVED, OCTETS)
    return [
        ArchivedPacket(arrival, satellite, service, subtype, container, generated, received, octets)
        for arrival, service, subtype, generated, received, octets in zip(
            *(table[name].to_pylist() for name in names), strict=True
        )
    ]


def _last_arrival(part: WaitingPart) -> int:
    return part.last_arrival
