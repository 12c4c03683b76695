"""Batches of frames of one spacecraft to packets in one buffer, with everything that was lost on the way counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.telemetry.open_frames import VERDICT_NUMBERS, AosChannel, FrameArray, OpenedFrames, TmChannel, frame_array
from core.telemetry.receiver import ChannelState, FrameVerdict
from native import _core

__all__ = ["BulkReceiver", "FrameCounts", "PacketBatch", "PacketLosses"]

_VIRTUAL_CHANNELS: Final = 64
_VERDICTS: Final = tuple(FrameVerdict)
_TAKEN: Final = {2: FrameVerdict.DUPLICATE, 3: FrameVerdict.MALFORMED}


@dataclass(frozen=True)
class PacketBatch:
    """Packets one behind the other, as ``BatchDecoder.decode`` takes them.

    Args:
        data: Their octets; idle packets are left out.
        offsets: Where each begins, and where the last one ends; shape (packets + 1,).
        frames: In which frame of the batch each one ended.
        verdicts: What became of each frame, by ``VERDICT_NUMBERS``.
        counts: Each frame's virtual channel count.
        missed: Frames missed before each frame, on its virtual channel.
        opened: The verified frames, for their control fields.
    """

    data: FrameArray
    offsets: NDArray[np.int64]
    frames: NDArray[np.int64]
    verdicts: NDArray[np.uint8]
    counts: NDArray[np.int64]
    missed: NDArray[np.int64]
    opened: OpenedFrames

    def __len__(self) -> int:
        return len(self.frames)

    def frame_verdicts(self) -> list[FrameVerdict]:
        """What became of each frame."""
        return [_VERDICTS[number] for number in self.verdicts.tolist()]


@dataclass
class FrameCounts:
    """Frames since the receiver began: by what became of them, and missed ones of virtual and master channel."""

    verdicts: Counter[FrameVerdict] = field(default_factory=Counter)
    missed: int = 0
    master_missed: int = 0


@dataclass(frozen=True)
class PacketLosses:
    """Packets of one APID by their sequence counts: lost, come twice in a row, and come with a count of the past."""

    lost: int
    repeated: int
    backward: int


class BulkReceiver:
    """Takes the frames of one physical channel in, batch by batch, in the order of reception.

    Args:
        channel: The frames' form and protection.
        states: What was remembered of virtual channels.
    """

    def __init__(self, channel: TmChannel | AosChannel, states: Mapping[int, ChannelState] | None = None) -> None:
        self._channel = channel
        self._assembler = _core.PacketAssembler(channel.modulo)
        self._last_master = -1
        self.counts = FrameCounts()
        self._last_iv = max((one.extended_count for one in (states or {}).values()), default=0)
        for vcid, state in (states or {}).items():
            self._assembler.set_channel(vcid, state.extended_count, state.remainder)

    def receive(self, raw: bytes | memoryview | FrameArray) -> PacketBatch:
        """The packets that end in these frames; nothing of a frame that fails is used.

        Args:
            raw: Frames one behind the other.
        Raises:
            InputError: The octets are no whole number of frames.
        """
        frames = frame_array(raw, self._channel.frame_length)
        opened = self._channel.open(frames, self._last_iv)
        self._last_iv = opened.last_iv
        taken = self._assembler.take(
            opened.fields, opened.begins, opened.lengths, opened.pointers, opened.vcids, opened.counts
        )
        verdicts = opened.verdicts
        for number, verdict in _TAKEN.items():
            verdicts[taken["verdicts"] == number] = VERDICT_NUMBERS[verdict]
        batch = PacketBatch(
            data=taken["octets"],
            offsets=taken["offsets"],
            frames=taken["frames"],
            verdicts=verdicts,
            counts=opened.counts,
            missed=taken["missed"],
            opened=opened,
        )
        self._count(batch)
        return batch

    def copy(self) -> BulkReceiver:
        """Another with the same memory and counts, to try a batch with."""
        made = BulkReceiver(self._channel)
        made._assembler = self._assembler.copy()
        made._last_iv, made._last_master = self._last_iv, self._last_master
        made.counts = replace(self.counts, verdicts=Counter(self.counts.verdicts))
        return made

    def states(self) -> dict[int, ChannelState]:
        """What must be remembered of each virtual channel that had a frame."""
        known = ((vcid, self._assembler.channel(vcid)) for vcid in range(_VIRTUAL_CHANNELS))
        return {vcid: ChannelState(count, head) for vcid, (count, head) in known if count >= 0}

    def losses(self) -> dict[int, PacketLosses]:
        """By APID, of those that had a packet."""
        counts = self._assembler.counts
        return {
            apid: PacketLosses(*(int(counts[name][apid]) for name in ("lost", "repeated", "backward")))
            for apid in np.flatnonzero(counts["last"] >= 0).tolist()
        }

    def _count(self, batch: PacketBatch) -> None:
        self.counts.verdicts.update(batch.frame_verdicts())
        self.counts.missed += int(batch.missed.sum())
        if batch.opened.master_counts is None:
            return
        accepted = batch.opened.master_counts[batch.verdicts == VERDICT_NUMBERS[FrameVerdict.ACCEPTED]].astype(np.int64)
        if not accepted.size:
            return
        before = accepted[:1] - 1 if self._last_master < 0 else np.array([self._last_master])
        self.counts.master_missed += int(((np.diff(accepted, prepend=before) - 1) & 0xFF).sum())
        self._last_master = int(accepted[-1])
