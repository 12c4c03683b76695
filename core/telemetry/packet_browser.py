"""Stored packets for people: one page after the other, the newest first, and one packet with all that it means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import InputError, NotFound
from core.mdb.batch import BatchDecoder
from core.mdb.program import CompiledField
from core.mdb.references import Value
from core.telemetry.archive_catalogue import ArchiveFile
from core.telemetry.archive_rows import Snapshot
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.packet_table import ARRIVAL, ERROR, GENERATED, IDENTITY, OCTETS, RECEIVED, SERVICE, SUBTYPE
from core.telemetry.parameter_units import ParameterUnits

__all__ = ["ListedPacket", "OpenedPacket", "PacketBrowser", "PacketValue"]

_APID: Final = IDENTITY[1]
_SEQUENCE: Final = IDENTITY[2]
_SIZE: Final = "size"
_LISTED: Final = (ARRIVAL, GENERATED, RECEIVED, _APID, _SEQUENCE, SERVICE, SUBTYPE)


@dataclass(frozen=True)
class ListedPacket:
    """A stored packet in one line.

    Args:
        packet_id: Grows in the order of arrival, over all satellites.
        container: What it was decoded as; ``-`` where it has no meaning.
        apid, sequence: Of its primary header.
        service, subtype: Of a PUS report; 0 where it is none.
        size: Octets; None where they were removed by the retention policy.
    """

    packet_id: int
    satellite: str
    container: str
    generated_tai_s: float
    received_tai_s: float
    apid: int
    sequence: int
    service: int
    subtype: int
    size: int | None


@dataclass(frozen=True)
class PacketValue:
    """A value of a packet.

    Args:
        name: Of the parameter.
        value: Engineering value; None where the bits mean none.
        raw: As sent, where that differs.
        level: 0 normal to 5 severe.
        offset_bits: Where it begins; None where that is not fixed, or the packet was decoded with other definitions.
        size_bits: How long it is; None as well.
    """

    name: str
    value: Value | None
    raw: Value | None
    unit: str
    level: int
    offset_bits: int | None
    size_bits: int | None


@dataclass(frozen=True)
class OpenedPacket:
    """A packet with its octets and values.

    Args:
        octets: None where the retention policy removed them.
        values: In the order of the packet, as far as it is known.
        error: Why it was not decoded; empty where it was.
        definitions: Of the definitions that it was decoded with; empty while it waits to be moved into a file.
    """

    packet: ListedPacket
    octets: bytes | None
    values: tuple[PacketValue, ...]
    error: str
    definitions: tuple[str, ...]


class PacketBrowser:
    """Looks packets of an archive up.

    Args:
        archive: Where they are.
        decoder: What they were decoded with last.
        units: Of parameters.
    """

    def __init__(self, archive: ColumnArchive, decoder: BatchDecoder, units: ParameterUnits) -> None:
        self._archive = archive
        self._definitions = decoder.definitions
        self._fields = {one.container: one.fields for one in decoder.program.layouts if not one.interpreted}
        self._units = units

    def containers(self, satellite: str) -> list[str]:
        """What packets of a satellite were decoded as, by name."""
        with self._archive.snapshot(satellite) as snapshot:
            filed = {container for owner, container in snapshot.catalogue.columns if owner == satellite}
            return sorted(filed | {one.container for one in snapshot.waiting})

    def page(
        self,
        satellite: str,
        start_tai_s: float,
        end_tai_s: float,
        limit: int,
        *,
        container: str | None = None,
        before: int | None = None,
    ) -> list[ListedPacket]:
        """Packets generated in an interval, both ends included, the newest first, so many at most.

        Args:
            container: Only those that were decoded as this.
            before: Id of the last packet of the page before.
        Raises:
            InputError: There is no packet ``before`` any more.
        """
        with self._archive.snapshot(satellite) as snapshot:
            bound = (math.inf, math.inf) if before is None else self._place(snapshot, before)
            end_tai_s = min(end_tai_s, bound[0])
            kept: list[ListedPacket] = []
            for waiting in snapshot.waiting:
                if container in (None, waiting.container):
                    table = _inside(waiting.table, start_tai_s, end_tai_s, bound)
                    kept += _listed(_sized(table), satellite, waiting.container)
            files = [
                one for one in snapshot.find(GENERATED, start_tai_s, end_tai_s) if container in (None, one.container)
            ]
            for one in sorted(files, key=lambda one: one.last_tai_s, reverse=True):
                kept = _newest(kept, limit)
                if len(kept) == limit and one.last_tai_s < kept[-1].generated_tai_s:
                    break
                kept += _listed(_of_file(one, start_tai_s, end_tai_s, bound, limit), satellite, one.container)
        return _newest(kept, limit)

    def packet(self, satellite: str, packet_id: int) -> OpenedPacket:
        """One packet; of several versions the newest.

        Raises:
            NotFound: The satellite has no such packet, or none any more.
        """
        with self._archive.snapshot(satellite) as snapshot:
            row, container, definitions = _find(snapshot, packet_id)
        plain = {name: row[name][0].as_py() for name in row.column_names}
        octets: bytes | None = plain.get(OCTETS)
        sized = row.append_column(_SIZE, pa.array([None if octets is None else len(octets)], pa.int64()))
        return OpenedPacket(
            packet=_listed(sized, satellite, container)[0],
            octets=octets,
            values=self._values(plain, container, known=definitions in ((), (self._definitions,))),
            error=plain.get(ERROR) or "",
            definitions=definitions,
        )

    def _place(self, snapshot: Snapshot, packet_id: int) -> tuple[float, int]:
        try:
            row, _, _ = _find(snapshot, packet_id)
        except NotFound as error:
            raise InputError("cursor", f"{error.message}; begin anew") from error
        return row[GENERATED][0].as_py(), packet_id

    def _values(self, plain: dict[str, Any], container: str, *, known: bool) -> tuple[PacketValue, ...]:
        places = {one.name: one for one in self._fields.get(container, ())} if known else {}
        names = [
            name
            for name in plain
            if ":" not in name
            and not any(name.endswith(end) and name.removesuffix(end) in plain for end in (".raw", ".limit"))
        ]
        order = {name: number for number, name in enumerate(places)}
        names.sort(key=lambda name: order.get(name, len(order)))
        made = []
        for name in names:
            value, raw = plain[name], plain.get(f"{name}.raw")
            if value is None and raw is None:
                continue  # a column that other packets of its container have
            place = places.get(name)
            level = plain.get(f"{name}.limit") or 0
            offset = None if place is None else place.offset_bits
            made.append(PacketValue(name, value, raw, self._units[name], level, offset, _bits(place)))
        return tuple(made)


def _bits(place: CompiledField | None) -> int | None:
    size = None if place is None or place.type.encoding is None else getattr(place.type.encoding, "size_bits", None)
    return size if isinstance(size, int) else None


def _find(snapshot: Snapshot, packet_id: int) -> tuple[pa.Table, str, tuple[str, ...]]:
    """The row of a packet, its container and the definitions of its file."""
    for waiting in snapshot.waiting:
        found = np.flatnonzero(waiting.table[ARRIVAL].to_numpy() == packet_id)
        if found.size:
            return waiting.table.take(pa.array(found[:1])), waiting.container, ()
    catalogue = snapshot.catalogue
    candidates = [
        one
        for one in catalogue.every_file()
        if one.satellite == snapshot.satellite
        and one.first_arrival <= packet_id <= one.last_arrival
        and one.version == catalogue.version_of(one.satellite, one.hour)
    ]
    for one in candidates:
        with pq.ParquetFile(one.path) as file:
            found = np.flatnonzero(file.read(columns=[ARRIVAL])[ARRIVAL].to_numpy() == packet_id)
            if found.size:
                return file.read().take(pa.array(found[:1])), one.container, one.definitions
    raise NotFound(f"no packet {packet_id} of {snapshot.satellite} is stored")


def _of_file(
    one: ArchiveFile, start_tai_s: float, end_tai_s: float, bound: tuple[float, float], limit: int
) -> pa.Table:
    """The newest rows of a file in an interval, at least so many if it has them."""
    columns = [name for name in (*_LISTED, OCTETS) if name in one.columns]
    with pq.ParquetFile(one.path) as file:
        parts: list[pa.Table] = []
        rows = 0
        for group in reversed(range(file.num_row_groups)):  # rows stand by time
            part = _inside(file.read_row_group(group, columns=columns), start_tai_s, end_tai_s, bound)
            parts.append(_sized(part))
            rows += part.num_rows
            if rows > limit:
                break
    return pa.concat_tables(parts)


def _inside(table: pa.Table, start_tai_s: float, end_tai_s: float, bound: tuple[float, float]) -> pa.Table:
    times = table[GENERATED].to_numpy()
    arrivals: NDArray[np.int64] = table[ARRIVAL].to_numpy()
    inside = (times >= start_tai_s) & (times <= end_tai_s)
    inside &= (times < bound[0]) | ((times == bound[0]) & (arrivals < bound[1]))
    return table.filter(pa.array(inside))


def _sized(table: pa.Table) -> pa.Table:
    if OCTETS not in table.column_names:
        return table.select(list(_LISTED)).append_column(_SIZE, pa.nulls(table.num_rows, pa.int64()))
    return table.select(list(_LISTED)).append_column(_SIZE, pc.binary_length(table[OCTETS]).cast(pa.int64()))


def _listed(table: pa.Table, satellite: str, container: str) -> list[ListedPacket]:
    columns = (table[name].to_pylist() for name in (*_LISTED, _SIZE))
    return [
        ListedPacket(arrival, satellite, container, generated, received, apid, sequence, service, subtype, size)
        for arrival, generated, received, apid, sequence, service, subtype, size in zip(*columns, strict=True)
    ]


def _newest(packets: Iterable[ListedPacket], limit: int) -> list[ListedPacket]:
    ordered: Sequence[ListedPacket] = sorted(
        packets, key=lambda one: (one.generated_tai_s, one.packet_id), reverse=True
    )
    return list(ordered[:limit])
