"""The telemetry archive: every accepted frame's packets and samples, durable and exactly once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Row, func, insert, select, update

from core.mdb import DecodedPacket
from core.store import Database
from core.telemetry.receiver import ChannelState, ReceivedFrame, VerifiedFrame
from core.telemetry.tables import TELEMETRY_TABLES, channels, counters, cursors, packets, samples

__all__ = ["Archive", "ArchivedPacket", "ArchivedSample", "PacketRecord", "SqlArchive"]


@dataclass(frozen=True)
class PacketRecord:
    """A packet with its meaning, before it has a row."""

    raw: bytes
    generated_tai_s: float
    service: int
    subtype: int
    decoded: DecodedPacket


@dataclass(frozen=True)
class ArchivedPacket:
    """A stored packet; ``packet_id`` grows in the order of arrival."""

    packet_id: int
    satellite: str
    service: int
    subtype: int
    name: str
    generated_tai_s: float
    received_tai_s: float
    raw: bytes


@dataclass(frozen=True)
class ArchivedSample:
    """A stored value of a parameter: a number, or a text where it is a label."""

    satellite: str
    parameter: str
    generated_tai_s: float
    number: float | None
    text: str | None
    unit: str
    limit_state: str

    @property
    def value(self) -> float | str | None:
        """The text where there is one, else the number."""
        return self.text if self.text is not None else self.number


class Archive(Protocol):
    """What the rest of the system reads of stored telemetry."""

    def packets(self, *, after: int = 0, service: int | None = None, limit: int = 1000) -> list[ArchivedPacket]: ...

    def samples(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, limit: int = 10_000
    ) -> list[ArchivedSample]: ...

    def newest(self, satellite: str, parameter: str, not_after_tai_s: float) -> ArchivedSample | None: ...

    def latest(self, satellite: str) -> list[ArchivedSample]: ...

    def counters(self) -> dict[str, dict[str, int]]: ...


class SqlArchive:
    """The embedded archive in the service's SQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.create(TELEMETRY_TABLES)

    def cursor(self, source: str) -> int:
        """Index of the last frame of a source that is stored; 0 before the first."""
        with self._database.read() as connection:
            query = select(cursors.c.frame_index).where(cursors.c.source == source)
            return int(connection.execute(query).scalar() or 0)

    def channel(self, connection: Connection, satellite: str, vcid: int) -> ChannelState:
        """What is remembered of a virtual channel."""
        query = select(channels).where(channels.c.satellite == satellite, channels.c.vcid == vcid)
        row = connection.execute(query).first()
        return ChannelState(row.extended_count, row.remainder) if row else ChannelState()

    def store(
        self, connection: Connection, received: ReceivedFrame, frame: VerifiedFrame, records: Sequence[PacketRecord]
    ) -> None:
        """Store an accepted frame's packets and samples and move its channel on, in the caller's transaction."""
        self._move_channel(connection, frame)
        for position, record in enumerate(records):
            result = connection.execute(
                insert(packets).values(
                    satellite=frame.satellite,
                    vcid=frame.vcid,
                    extended_count=frame.extended_count,
                    position=position,
                    station=received.station,
                    received_tai_s=received.received_tai_s,
                    generated_tai_s=record.generated_tai_s,
                    service=record.service,
                    subtype=record.subtype,
                    name=record.decoded.name,
                    raw=record.raw,
                )
            )
            key = result.inserted_primary_key
            if key is not None and record.decoded.parameters:
                connection.execute(insert(samples), _sample_rows(int(key[0]), frame.satellite, record))

    def count(self, connection: Connection, satellite: str, reason: str, amount: int = 1) -> None:
        """Count frames by what became of them."""
        where = (counters.c.satellite == satellite, counters.c.reason == reason)
        changed = connection.execute(update(counters).where(*where).values(count=counters.c.count + amount))
        if not changed.rowcount:
            connection.execute(insert(counters).values(satellite=satellite, reason=reason, count=amount))

    def move_cursor(self, connection: Connection, source: str, index: int) -> None:
        """Remember how far a source has been read."""
        changed = connection.execute(update(cursors).where(cursors.c.source == source).values(frame_index=index))
        if not changed.rowcount:
            connection.execute(insert(cursors).values(source=source, frame_index=index))

    def packets(self, *, after: int = 0, service: int | None = None, limit: int = 1000) -> list[ArchivedPacket]:
        """Packets after a packet id, in the order of arrival."""
        query = select(packets).where(packets.c.packet_id > after).order_by(packets.c.packet_id).limit(limit)
        if service is not None:
            query = query.where(packets.c.service == service)
        with self._database.read() as connection:
            return [
                ArchivedPacket(
                    row.packet_id,
                    row.satellite,
                    row.service,
                    row.subtype,
                    row.name,
                    row.generated_tai_s,
                    row.received_tai_s,
                    row.raw,
                )
                for row in connection.execute(query)
            ]

    def samples(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, limit: int = 10_000
    ) -> list[ArchivedSample]:
        """Values of a parameter generated in an interval, oldest first."""
        query = (
            select(samples)
            .where(samples.c.satellite == satellite, samples.c.parameter == parameter)
            .where(samples.c.generated_tai_s.between(start_tai_s, end_tai_s))
            .order_by(samples.c.generated_tai_s, samples.c.sample_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_sample(row) for row in connection.execute(query)]

    def newest(self, satellite: str, parameter: str, not_after_tai_s: float) -> ArchivedSample | None:
        """The value of a parameter that was generated last, up to an instant."""
        with self._database.read() as connection:
            return _newest(connection, satellite, parameter, not_after_tai_s)

    def latest(self, satellite: str) -> list[ArchivedSample]:
        """The newest generated value of every parameter."""
        found: list[ArchivedSample] = []
        with self._database.read() as connection:
            # Steps from parameter to parameter through the index: its cost does not grow with the archive.
            after = select(func.min(samples.c.parameter)).where(samples.c.satellite == satellite)
            parameter = connection.execute(after).scalar()
            while parameter is not None:
                sample = _newest(connection, satellite, parameter, math.inf)
                found += [sample] if sample is not None else []
                parameter = connection.execute(after.where(samples.c.parameter > parameter)).scalar()
        return found

    def counters(self) -> dict[str, dict[str, int]]:
        """Frames by satellite and by what became of them, and missed frames."""
        counted: dict[str, dict[str, int]] = {}
        with self._database.read() as connection:
            for row in connection.execute(select(counters)).mappings():
                counted.setdefault(row["satellite"], {})[row["reason"]] = row["count"]
        return counted

    def _move_channel(self, connection: Connection, frame: VerifiedFrame) -> None:
        values = {"extended_count": frame.extended_count, "remainder": frame.remainder}
        where = (channels.c.satellite == frame.satellite, channels.c.vcid == frame.vcid)
        if not connection.execute(update(channels).where(*where).values(**values)).rowcount:
            connection.execute(insert(channels).values(satellite=frame.satellite, vcid=frame.vcid, **values))


def _sample_rows(packet_id: int, satellite: str, record: PacketRecord) -> list[dict[str, object]]:
    return [
        {
            "packet_id": packet_id,
            "satellite": satellite,
            "parameter": name,
            "generated_tai_s": record.generated_tai_s,
            "number": float(sample.value) if isinstance(sample.value, (int, float)) else None,
            "text": str(sample.value) if isinstance(sample.value, (str, bytes)) else None,
            "unit": sample.unit,
            "limit_state": str(sample.limit_state),
        }
        for name, sample in record.decoded.parameters.items()
    ]


def _newest(connection: Connection, satellite: str, parameter: str, not_after_tai_s: float) -> ArchivedSample | None:
    query = (
        select(samples)
        .where(samples.c.satellite == satellite, samples.c.parameter == parameter)
        .order_by(samples.c.generated_tai_s.desc(), samples.c.sample_id.desc())
        .limit(1)
    )
    if math.isfinite(not_after_tai_s):
        query = query.where(samples.c.generated_tai_s <= not_after_tai_s)
    row = connection.execute(query).first()
    return _sample(row) if row else None


def _sample(row: Row[Any]) -> ArchivedSample:
    return ArchivedSample(
        satellite=row.satellite,
        parameter=row.parameter,
        generated_tai_s=row.generated_tai_s,
        number=row.number,
        text=row.text,
        unit=row.unit,
        limit_state=row.limit_state,
    )
