"""One partition of a topic in an archive of its own: records become packets, and the offset is durable with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from core.errors import Conflict, LinkError, StoreError
from core.mdb import MissionDatabase
from core.telemetry.bus.envelope import BusRecord, RecordKind, UnknownVersion
from core.telemetry.frame_intake import Channel, FrameIntake
from core.telemetry.ingest import BatchJudge, IngestResult, TelemetryIngest
from core.telemetry.latest import LatestValues
from core.telemetry.receiver import ReceivedFrame, ReceivedPacket
from core.telemetry.stream import TelemetryStream
from core.telemetry.telemetry_archive import TelemetryArchive

__all__ = ["EXPIRED", "MALFORMED", "WRONG_KEY", "OffsetRecord", "PartitionStore", "StorePlace"]

MALFORMED: Final = "bus-record-malformed"
EXPIRED: Final = "bus-record-expired"  # deleted by the broker before it was read
WRONG_KEY: Final = "bus-record-wrong-key"  # a frame under the name of another spacecraft
_PARTITIONS_FILE: Final = "partitions"


@dataclass(frozen=True)
class OffsetRecord:
    """A record as it lies in a partition; the key names the spacecraft."""

    offset: int
    key: bytes
    value: bytes


@dataclass(frozen=True)
class StorePlace:
    """Where the archives of a topic are, and what its records mean.

    Args:
        folder: All consumers of a group have the same; the archive of each partition is a folder in it.
        mdb: What packets mean.
        channels: Form and protection of the frames of each spacecraft.
        limits: Told of each durable batch; None for nobody to tell.
    """

    folder: Path
    mdb: MissionDatabase
    channels: Mapping[str, Channel]
    limits: BatchJudge | None = None

    def of_partition(self, number: int) -> Path:
        """The folder of a partition's archive."""
        return self.folder / f"partition-{number:05d}"

    def check_partitions(self, topic: str, count: int) -> None:
        """Remember how many partitions the topic has, or find that it has as many as before.

        Raises:
            Conflict: It has another number: keys would move to other partitions, away from what is remembered of their channels.
            StoreError: It cannot be remembered.
        """
        said = f"{topic} {count}\n"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / _PARTITIONS_FILE
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(said)
            except FileExistsError:
                known = path.read_text(encoding="utf-8")
                if known not in (said, ""):  # empty: another consumer is writing it
                    raise Conflict(
                        f"{self.folder} is of topic and partitions {known.strip()!r}, not {said.strip()!r}",
                        code="bus-partitions-changed",
                    ) from None
        except OSError as error:
            raise StoreError(f"{self.folder} cannot be written: {error}") from error


class PartitionStore:
    """The archive of one partition, open in one consumer at a time, whatever the group believes.

    Args:
        topic: Of which.
        number: Of the partition.
        place: Where its archive is.
    Raises:
        StoreError: Another consumer has it open (``archive-open-elsewhere``), or it is damaged.
    """

    def __init__(self, topic: str, number: int, place: StorePlace) -> None:
        self.source = f"kafka:{topic}/{number}"
        self.archive = TelemetryArchive(place.of_partition(number), place.mdb)
        self.latest = LatestValues(self.archive, place.channels)
        self.stream = TelemetryStream()
        self._intake = FrameIntake(place.channels)
        self._ingest = TelemetryIngest(self.archive, place.channels, self.latest, self.stream, place.limits)

    @property
    def next_offset(self) -> int:
        """The offset from which on records are not stored yet."""
        return self.archive.cursor(self.source)

    def take(self, records: Sequence[OffsetRecord]) -> Iterator[IngestResult]:
        """Store records by rising offset; those that are stored already are left out. Each result is of what is durable.

        Raises:
            UnknownVersion: A record is of a newer release; those before it are stored.
            StoreError: Those before ``next_offset`` are stored, and no others.
        """
        new = [one for one in records if one.offset >= self.next_offset]
        for what, run in self._runs(new):
            yield self._store(what, run)

    def pass_over_expired(self, first_offset: int) -> None:
        """Count what the broker deleted before it was read, and go on at the first that is left.

        Raises:
            StoreError: Nothing was counted.
        """
        lost = first_offset - self.next_offset
        if lost > 0:
            self._ingest.pass_over(self.source, first_offset, EXPIRED, lost)

    def close(self) -> None:
        """Close the archive, so that another consumer may have it."""
        self.archive.close()

    def _store(self, what: RecordKind | str, run: Sequence[_Opened]) -> IngestResult:
        """The cursor of the archive is the offset that follows."""
        cursor = run[-1].offset + 1
        if not isinstance(what, RecordKind):
            return self._ingest.pass_over(self.source, cursor, what, len(run))
        if what is RecordKind.FRAME:
            frames = [
                ReceivedFrame(one.offset + 1, one.record.station, one.record.received_tai_s, one.record.raw)
                for one in run
                if one.record is not None
            ]
            return self._ingest.ingest(self.source, frames)
        packets = [
            ReceivedPacket(one.key, one.record.received_tai_s, one.record.raw) for one in run if one.record is not None
        ]
        return self._ingest.ingest_packets(self.source, packets, cursor)

    def _runs(self, records: Sequence[OffsetRecord]) -> Iterator[tuple[RecordKind | str, list[_Opened]]]:
        """Neighbours of one kind, so that the order of a partition is kept; what cannot be taken is a kind of its own."""
        opened: list[_Opened] = []
        newer: UnknownVersion | None = None
        for one in records:
            key = one.key.decode(errors="replace")
            try:
                opened.append(_Opened(one.offset, key, BusRecord.unpack(one.value)))
            except UnknownVersion as error:
                newer = error
                break
            except LinkError:
                opened.append(_Opened(one.offset, key, None))
        for what, run in groupby(opened, self._kind):
            yield what, list(run)
        if newer is not None:
            raise newer

    def _kind(self, one: _Opened) -> RecordKind | str:
        if one.record is None:
            return MALFORMED
        if one.record.kind is RecordKind.FRAME and self._intake.sender(one.record.raw) not in (one.key, None):
            return WRONG_KEY
        return one.record.kind


@dataclass(frozen=True)
class _Opened:
    offset: int
    key: str
    record: BusRecord | None
