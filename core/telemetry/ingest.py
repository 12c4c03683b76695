"""From received frames to archive, latest values and stream: a frame counts only once it is durable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.link import LinkKeys
from core.mdb.batch import DecodedBatch
from core.telemetry.bulk_receiver import BulkReceiver
from core.telemetry.frame_intake import NOBODY, Channel, FrameIntake, ReceivedClcw, TakenBatch
from core.telemetry.intake_memory import Progress
from core.telemetry.latest import LatestValues
from core.telemetry.live_samples import live_samples
from core.telemetry.open_frames import FrameArray, TmChannel
from core.telemetry.packet_watch import PacketWatch
from core.telemetry.receiver import ReceivedFrame, ReceivedPacket
from core.telemetry.stream import TelemetryStream

if TYPE_CHECKING:  # they bring DuckDB and Arrow, which those who only name an ingest need not load
    from core.telemetry.column_archive import StoredPart
    from core.telemetry.telemetry_archive import TelemetryArchive

__all__ = ["GATHERED_S", "IngestResult", "ReceivedClcw", "TelemetryIngest", "tm_channels"]

# Batches begin so far apart where telemetry comes all the time: one of a frame costs nearly as much as one of twenty, and
# readers of live telemetry share the processor with who stores it.
GATHERED_S: Final = 0.01


class BatchJudge(Protocol):
    """Who is told of the values of each durable batch."""

    def take(self, satellite: str, generated_tai_s: NDArray[np.float64], decoded: DecodedBatch) -> int:
        """Judge them; how many lasting alarm levels changed."""
        ...


@dataclass
class IngestResult:
    """What a batch of frames brought.

    Args:
        accepted_frames: Genuine frames that were not stored before.
        packets: Those that were stored.
        clcws: Control words in the order of their frames.
        satellites: Of which there are new values.
        cursor: Up to which frame the source is stored.
        level_changes: Lasting alarm levels that changed.
    """

    accepted_frames: int = 0
    packets: int = 0
    clcws: list[ReceivedClcw] = field(default_factory=list)
    satellites: set[str] = field(default_factory=set)
    cursor: int = 0
    level_changes: int = 0


def tm_channels(keys: LinkKeys) -> dict[str, TmChannel]:
    """The protected TM channel of every spacecraft."""
    return {satellite: TmChannel(one.scid, one.tm_association()) for satellite, one in keys.spacecraft.items()}


class TelemetryIngest:
    """Takes frames in, batch by batch.

    Args:
        archive: Packets and values.
        channels: Form and protection of the frames of each satellite.
        latest: Newest values, updated after the batch is durable.
        stream: Live readers, served after the batch is durable.
        limits: Told of each durable batch; None for nobody to tell.
        watch: Told how often packets come; None for nobody to tell.
    """

    def __init__(
        self,
        archive: TelemetryArchive,
        channels: Mapping[str, Channel],
        latest: LatestValues,
        stream: TelemetryStream,
        limits: BatchJudge | None = None,
        watch: PacketWatch | None = None,
    ) -> None:
        self._archive = archive
        self._intake = FrameIntake(channels)
        self._latest = latest
        self._stream = stream
        self._limits = limits
        self._watch = watch
        self._receivers: dict[tuple[str, str], BulkReceiver] = {}

    def ingest(self, source: str, frames: Sequence[ReceivedFrame]) -> IngestResult:
        """Store a batch of one source, in order; frames that were stored before are skipped.

        Raises:
            StoreError: Nothing of the batch was stored; offer it again.
        """
        cursor = self._archive.cursor(source)
        return self._store(source, self._intake.frames(frames, cursor, partial(self.receiver, source)))

    def ingest_array(
        self,
        source: str,
        satellite: str,
        raw: bytes | memoryview | FrameArray,
        received_tai_s: NDArray[np.float64],
        cursor: int,
    ) -> IngestResult:
        """Store a batch of one satellite's frames that stand one behind the other.

        Args:
            source: From where they come.
            satellite: Whose they are.
            raw: The frames.
            received_tai_s: When each was received.
            cursor: How far the source is read with them; above that of the batch before.
        Raises:
            StoreError: Nothing of the batch was stored; offer it again.
            InputError: No whole frames, not a time for each, or a batch that was stored before.
        """
        self._check_new(source, cursor)
        receivers = partial(self.receiver, source)
        return self._store(source, self._intake.frame_array(satellite, raw, received_tai_s, cursor, receivers))

    def ingest_packets(self, source: str, packets: Sequence[ReceivedPacket], cursor: int) -> IngestResult:
        """Store packets that came without frames; those that are stored already are counted and left out.

        Args:
            cursor: How far the source is read with them; above that of the batch before.
        Raises:
            StoreError: Nothing of the batch was stored; offer it again.
            InputError: A batch that was stored before.
        """
        self._check_new(source, cursor)
        return self._store(source, self._intake.packets(packets, cursor))

    def pass_over(self, source: str, cursor: int, reason: str, number: int) -> IngestResult:
        """Count what of a source cannot be taken, and go on behind it.

        Raises:
            StoreError: Nothing was counted.
            InputError: It was counted before.
        """
        self._check_new(source, cursor)
        batch = TakenBatch(cursor)
        batch.count(NOBODY, reason, number)
        return self._store(source, batch)

    def receiver(self, source: str, satellite: str) -> BulkReceiver:
        """What takes a satellite's frames of a source in, with its counts since it began."""
        known = self._receivers.get((source, satellite))
        if known is None:
            states = self._archive.columns.channels(source, satellite)
            known = self._receivers[source, satellite] = BulkReceiver(self._intake.channel(satellite), states)
        return known

    def _check_new(self, source: str, cursor: int) -> None:
        known = self._archive.cursor(source)
        if cursor <= known:
            raise InputError("cursor", f"{cursor} is not above {known}, up to which {source} is stored")

    def _store(self, source: str, batch: TakenBatch) -> IngestResult:
        result = IngestResult(batch.accepted_frames)
        progress = Progress(
            source,
            batch.cursor,
            {satellite: one.states() for satellite, one in batch.receivers.items()},
            batch.counts,
        )
        stored = self._archive.columns.append(*batch.rows, progress=progress)
        for satellite, receiver in batch.receivers.items():
            self._receivers[source, satellite] = receiver
        for part in stored:
            self._tell(part, result)
        if stored:
            self._stream.batch_stored()
        result.clcws = [clcw for _, clcw in sorted(batch.clcws, key=lambda one: one[0])]
        result.cursor = self._archive.cursor(source)
        return result

    def _tell(self, part: StoredPart, result: IngestResult) -> None:
        if not len(part.rows):
            return
        result.packets += len(part.rows)
        result.satellites.add(part.rows.satellite)
        live = live_samples(part, self._archive.units)
        self._latest.update(live.newest)
        if live.arrived:
            self._stream.publish(live.arrived)
        self._stream.part_stored(part)
        if self._watch is not None:
            self._watch.take_part(part.rows.satellite, part.rows.received_tai_s, part.decoded)
        if self._limits is not None:
            result.level_changes += self._limits.take(part.rows.satellite, part.generated_tai_s, part.decoded)
