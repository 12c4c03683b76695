"""Frames by the batch to durable, checked parameters: verified, taken apart, decoded, stored, and only then judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mdb.batch import BatchDecoder, DecodedBatch
from core.telemetry.bulk_receiver import BulkReceiver, PacketBatch
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.limit_check import LimitChecker
from core.telemetry.open_frames import AosChannel, FrameArray, TmChannel
from core.telemetry.packet_rows import PacketRows, PacketTimes
from core.telemetry.receiver import ChannelState
from native import _core

__all__ = ["BulkIngest", "BulkResult"]


@dataclass(frozen=True)
class BulkResult:
    """What a batch of frames brought.

    Args:
        packets: Those that were stored.
        damaged: Packets whose error control was wrong; they are not stored.
        undecodable: Stored packets without a meaning.
        level_changes: Lasting alarm levels that changed.
        received: The frames and what became of them.
        decoded: The values of the stored packets.
    """

    packets: int
    damaged: int
    undecodable: int
    level_changes: int
    received: PacketBatch
    decoded: DecodedBatch


class BulkIngest:
    """Takes in the frames of one satellite from one source; goes on where the archive's last batch of it ended.

    Args:
        satellite: Whose frames.
        source: Name of where they come from.
        channel: Their form and protection.
        decoder: What packets mean.
        times: When packets were generated.
        archive: Where they are stored; it decodes with the same decoder.
        limits: Told of each stored batch.
        packet_error_control: Whether packets end with a CRC-16.
    """

    def __init__(
        self,
        satellite: str,
        source: str,
        channel: TmChannel | AosChannel,
        decoder: BatchDecoder,
        times: PacketTimes,
        archive: ColumnArchive,
        limits: LimitChecker,
        *,
        packet_error_control: bool = True,
    ) -> None:
        self._satellite = satellite
        self._source = source
        self._decoder = decoder
        self._times = times
        self._archive = archive
        self._limits = limits
        self._checked = packet_error_control
        self._receiver = BulkReceiver(channel, archive.channels(source))
        self.counts: Counter[str] = Counter()

    @property
    def cursor(self) -> int:
        """How far the source is stored: give on from there."""
        return self._archive.cursor(self._source)

    @property
    def receiver(self) -> BulkReceiver:
        """Counts of frames, and of packets by APID."""
        return self._receiver

    def ingest(
        self, raw: bytes | memoryview | FrameArray, received_tai_s: NDArray[np.float64], cursor: int
    ) -> BulkResult:
        """Store a batch; when this returns, it is durable.

        Args:
            raw: Frames one behind the other.
            received_tai_s: When each frame was received.
            cursor: How far the source is read with them; above that of the batch before.
        Raises:
            StoreError: Nothing of the batch was stored; offer it again.
            InputError: No whole frames, not a time for each, or a batch that was stored before.
        """
        if cursor <= self.cursor:
            raise InputError("cursor", f"{cursor} is not above {self.cursor}, up to which {self._source} is stored")
        # The batch is taken in by a copy, which counts once the batch is durable: offering it again finds no duplicates.
        receiver = self._receiver.copy()
        received = receiver.receive(raw)
        if len(received_tai_s) != len(received.verdicts):
            raise InputError("received_tai_s", f"{len(received_tai_s)} times came with {len(received.verdicts)} frames")
        times_tai_s = np.asarray(received_tai_s, dtype=np.float64)
        rows, damaged = self._rows(received, times_tai_s, cursor, receiver.states())
        decoded = self._decoder.decode(rows.data, rows.offsets)
        self._archive.append(rows, decoded)
        self._receiver = receiver
        changes = self._limits.take(self._satellite, self._times(rows.data, rows.offsets), decoded)
        result = BulkResult(len(rows), damaged, len(decoded.undecodable), changes, received, decoded)
        self.counts.update(packets=len(rows), damaged=damaged, undecodable=result.undecodable)
        return result

    def _rows(
        self,
        received: PacketBatch,
        received_tai_s: NDArray[np.float64],
        cursor: int,
        channels: Mapping[int, ChannelState],
    ) -> tuple[PacketRows, int]:
        data, offsets, frames, damaged = received.data, received.offsets, received.frames, 0
        if self._checked:
            right = _core.check_crcs(data, offsets).astype(bool)
            damaged = int((~right).sum())
            if damaged:
                lengths = np.diff(offsets)
                data = data[np.repeat(right, lengths)]
                offsets = np.concatenate(([0], np.cumsum(lengths[right])))
                frames = frames[right]
        times = received_tai_s[frames] if len(frames) else np.empty(0)
        rows = PacketRows(self._satellite, data, offsets, times, self._source, cursor, channels)
        return rows, damaged
