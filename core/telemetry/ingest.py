"""From received frames to archive, latest values and stream; a frame counts only once it is durable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from core.errors import LinkError
from core.link import Clcw, decode_telemetry
from core.mdb import DecodedPacket, MissionDatabase, decode_packet
from core.store import Database
from core.telemetry.archive import ArchivedSample, PacketRecord, SqlArchive
from core.telemetry.bare_packets import BARE_SERVICE, bare_packet
from core.telemetry.latest import LatestValues
from core.telemetry.receiver import FrameReceiver, FrameVerdict, ReceivedFrame, VerifiedFrame
from core.telemetry.stream import TelemetryStream

__all__ = ["IngestResult", "ReceivedClcw", "TelemetryIngest"]

_UNDECODABLE = "packet-undecodable"
_MISSED = "missed"
_NOBODY = "-"


@dataclass(frozen=True)
class ReceivedClcw:
    """A control word and when a station received it."""

    satellite: str
    received_tai_s: float
    clcw: Clcw


@dataclass
class IngestResult:
    """What a batch of frames brought; control words in the order of their frames."""

    accepted_frames: int = 0
    packets: int = 0
    clcws: list[ReceivedClcw] = field(default_factory=list)
    rejected: list[VerifiedFrame] = field(default_factory=list)
    satellites: set[str] = field(default_factory=set)  # of which there are new values
    cursor: int = 0


class TelemetryIngest:
    """Takes frames in, batch by batch.

    Args:
        database: Where the archive lives; one transaction per batch.
        archive: Packets and samples.
        receiver: Verifies frames.
        mdb: Definitions of the packets.
        latest: Newest values, updated after the batch is durable.
        stream: Live readers, served after the batch is durable.
    """

    def __init__(
        self,
        database: Database,
        archive: SqlArchive,
        receiver: FrameReceiver,
        mdb: MissionDatabase,
        latest: LatestValues,
        stream: TelemetryStream,
    ) -> None:
        self._database = database
        self._archive = archive
        self._receiver = receiver
        self._mdb = mdb
        self._latest = latest
        self._stream = stream
        self._header = {parameter.name for root in mdb.roots() for parameter in mdb.parameters_in(root.name)}

    def ingest(self, source: str, frames: Sequence[ReceivedFrame]) -> IngestResult:
        """Store a batch of one source, in order; frames that were stored before are skipped.

        Raises:
            StoreError: Nothing of the batch was stored; offer it again.
        """
        result = IngestResult()
        published: list[ArchivedSample] = []
        with self._database.write() as connection:
            for received in frames:
                published += self._take(connection, received, result)
            if frames:
                result.cursor = max(received.index for received in frames)
                self._archive.move_cursor(connection, source, result.cursor)
        self._latest.update(published)
        if published:
            self._stream.publish(published)
        return result

    def _take(self, connection: Connection, received: ReceivedFrame, result: IngestResult) -> list[ArchivedSample]:
        claimed = self._receiver.channel_of(received.raw)
        if claimed is None:
            self._archive.count(connection, _NOBODY, FrameVerdict.UNKNOWN_SPACECRAFT)
            return []
        frame = self._receiver.receive(received.raw, self._archive.channel(connection, *claimed))
        self._archive.count(connection, frame.satellite, frame.verdict)
        if frame.verdict is not FrameVerdict.ACCEPTED:
            result.rejected.append(frame)
            return []
        if frame.missed_frames:
            self._archive.count(connection, frame.satellite, _MISSED, frame.missed_frames)
        records = self._decode(connection, received, frame)
        self._archive.store(connection, received, frame, records)
        result.accepted_frames += 1
        result.packets += len(records)
        if records:
            result.satellites.add(frame.satellite)
        if frame.clcw is not None:
            result.clcws.append(ReceivedClcw(frame.satellite, received.received_tai_s, frame.clcw))
        return [sample for record in records for sample in _samples(frame.satellite, record)]

    def _decode(self, connection: Connection, received: ReceivedFrame, frame: VerifiedFrame) -> list[PacketRecord]:
        records = []
        for raw in frame.packets:
            bare = bare_packet(self._mdb, raw)
            if bare is not None:
                records.append(PacketRecord(raw, received.received_tai_s, BARE_SERVICE, 0, bare))
                continue
            try:
                report = decode_telemetry(raw)
                decoded = decode_packet(self._mdb, raw)
            except LinkError:
                self._archive.count(connection, frame.satellite, _UNDECODABLE)
                continue
            content = {name: one for name, one in decoded.parameters.items() if name not in self._header}
            packet = DecodedPacket(decoded.name, content)
            records.append(PacketRecord(raw, report.t_tai_s, report.service, report.subtype, packet))
        return records


def _samples(satellite: str, record: PacketRecord) -> list[ArchivedSample]:
    return [
        ArchivedSample(
            satellite=satellite,
            parameter=name,
            generated_tai_s=record.generated_tai_s,
            number=float(one.value) if isinstance(one.value, (int, float)) else None,
            text=str(one.value) if isinstance(one.value, (str, bytes)) else None,
            unit=one.unit,
            limit_state=str(one.limit_state),
        )
        for name, one in record.decoded.parameters.items()
    ]
