"""Received frames and packets to rows for the archive: a function of what is remembered and of a batch, without a store.

Whoever runs it keeps what is remembered: the archive for the service, the archive of a partition for a consumer of a topic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, LinkError
from core.link import Clcw, decode_clcw
from core.link.clcw import CLCW_LENGTH
from core.link.space_packet import PRIMARY_HEADER_LENGTH
from core.link.tm_frame import tm_header_of
from core.telemetry.bulk_receiver import BulkReceiver, PacketBatch
from core.telemetry.open_frames import VERDICT_NUMBERS, AosChannel, FrameArray, TmChannel, frame_array
from core.telemetry.packet_rows import PacketRows
from core.telemetry.receiver import FrameVerdict, ReceivedFrame, ReceivedPacket
from native import _core

__all__ = ["NOBODY", "Channel", "FrameIntake", "ReceivedClcw", "TakenBatch"]

_MISSED: Final = "missed"
_DAMAGED: Final = "packet-damaged"
_WRONG_LENGTH: Final = "packet-wrong-length"
_NOT_CLCW: Final = "control-field-unknown"
NOBODY: Final = "-"  # whose frames are counted that cannot be told whose they are
_IDLE_APID: Final = 0x7FF  # CCSDS 133.0-B-2 §4.1.3.3.4.4
_ACCEPTED: Final = VERDICT_NUMBERS[FrameVerdict.ACCEPTED]
Channel = TmChannel | AosChannel
Receivers = Callable[[str], BulkReceiver]


@dataclass(frozen=True)
class ReceivedClcw:
    """A control word and when a station received it."""

    satellite: str
    received_tai_s: float
    clcw: Clcw


@dataclass
class TakenBatch:
    """What is to become true together.

    Args:
        cursor: How far the source is read with it.
        rows: Packets, each satellite's at most once.
        receivers: By satellite: what has taken its frames in, and goes on with the next batch.
        counts: What became of frames and packets, by satellite and reason.
        clcws: Control words, with the places of their frames in the batch.
        accepted_frames: Genuine frames that were not taken before.
    """

    cursor: int
    rows: list[PacketRows] = field(default_factory=list)
    receivers: dict[str, BulkReceiver] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    clcws: list[tuple[int, ReceivedClcw]] = field(default_factory=list)
    accepted_frames: int = 0

    def count(self, satellite: str, reason: str, number: int = 1) -> None:
        """Count frames or packets by what became of them."""
        if number:
            self.counts.setdefault(satellite, Counter())[str(reason)] += number


class FrameIntake:
    """Verifies frames and takes their packets out.

    Args:
        channels: Form and protection of the frames of each satellite.
    """

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = dict(channels)
        self._by_scid = {one.scid: satellite for satellite, one in channels.items()}

    def channel(self, satellite: str) -> Channel:
        """Form and protection of a satellite's frames."""
        return self._channels[satellite]

    def frames(self, frames: Sequence[ReceivedFrame], cursor: int, receivers: Receivers) -> TakenBatch:
        """Take frames of any satellites, in order.

        Args:
            cursor: Frames up to it were offered before: they are counted only if they were not accepted then.
            receivers: What has taken the frames of a satellite so far; it stays as it is.
        """
        batch = TakenBatch(max((one.index for one in frames), default=cursor))
        groups: dict[str, list[int]] = {}
        for place, one in enumerate(frames):
            satellite = self.sender(one.raw)
            if satellite is None:
                batch.count(NOBODY, FrameVerdict.UNKNOWN_SPACECRAFT, one.index > cursor)
            elif len(one.raw) != self._channels[satellite].frame_length:
                batch.count(satellite, FrameVerdict.MALFORMED, one.index > cursor)
            else:
                groups.setdefault(satellite, []).append(place)
        for satellite, places in groups.items():
            group = _Group(
                satellite,
                np.frombuffer(b"".join(frames[place].raw for place in places), dtype=np.uint8),
                np.array([frames[place].received_tai_s for place in places]),
                np.array([frames[place].index > cursor for place in places]),
                places,
            )
            self._take(batch, group, receivers(satellite))
        return batch

    def frame_array(
        self,
        satellite: str,
        raw: bytes | memoryview | FrameArray,
        received_tai_s: NDArray[np.float64],
        cursor: int,
        receivers: Receivers,
    ) -> TakenBatch:
        """Take one satellite's frames that stand one behind the other; none was offered before.

        Raises:
            InputError: No whole frames, or not a time for each.
        """
        frames = frame_array(raw, self._channels[satellite].frame_length)
        if len(received_tai_s) != len(frames):
            raise InputError("received_tai_s", f"{len(received_tai_s)} times came with {len(frames)} frames")
        batch = TakenBatch(cursor)
        new = np.ones(len(frames), dtype=bool)
        times = np.asarray(received_tai_s, dtype=np.float64)
        group = _Group(satellite, frames.reshape(-1), times, new, range(len(frames)))
        self._take(batch, group, receivers(satellite))
        return batch

    def packets(self, packets: Sequence[ReceivedPacket], cursor: int) -> TakenBatch:
        """Take packets that came without frames; the archive tells those that came before.

        Args:
            cursor: How far the source is read with them.
        """
        batch = TakenBatch(cursor)
        groups: dict[str, list[ReceivedPacket]] = {}
        for one in packets:
            if one.satellite not in self._channels:
                batch.count(NOBODY, FrameVerdict.UNKNOWN_SPACECRAFT)
            elif _said_length(one.raw) != len(one.raw):
                batch.count(one.satellite, _WRONG_LENGTH)
            elif int.from_bytes(one.raw[:2], "big") & _IDLE_APID != _IDLE_APID:
                groups.setdefault(one.satellite, []).append(one)
        for satellite, group in groups.items():
            data = np.frombuffer(b"".join(one.raw for one in group), dtype=np.uint8)
            offsets = np.concatenate(([0], np.cumsum([len(one.raw) for one in group])))
            times = np.array([one.received_tai_s for one in group])
            self._add(batch, PacketRows(satellite, data, offsets, times))
        return batch

    def sender(self, raw: bytes) -> str | None:
        """The satellite that a frame says that it is of; None where it is none that is known."""
        try:
            return self._by_scid.get(tm_header_of(raw).scid)
        except LinkError:
            return None

    def _take(self, batch: TakenBatch, group: _Group, known: BulkReceiver) -> None:
        """Verify a satellite's frames and take their packets out, with a copy of what is remembered: it counts if it is stored."""
        receiver = known.copy()
        received = receiver.receive(group.raw)
        batch.receivers[group.satellite] = receiver
        accepted = received.verdicts == _ACCEPTED
        # A frame that is offered again has been counted; it can only be accepted if it never was.
        for number, verdict in enumerate(FrameVerdict):
            batch.count(group.satellite, verdict, int(((received.verdicts == number) & (accepted | group.new)).sum()))
        batch.count(group.satellite, _MISSED, int(received.missed.sum()))
        batch.accepted_frames += int(accepted.sum())
        self._take_control_fields(batch, group, received)
        self._add(
            batch, PacketRows(group.satellite, received.data, received.offsets, group.received_tai_s[received.frames])
        )

    def _add(self, batch: TakenBatch, rows: PacketRows) -> None:
        right = _core.check_crcs(rows.data, rows.offsets).astype(bool)
        right |= ~rows.reports  # others have no error control
        batch.count(rows.satellite, _DAMAGED, int((~right).sum()))
        batch.rows.append(rows.only(right))

    def _take_control_fields(self, batch: TakenBatch, group: _Group, received: PacketBatch) -> None:
        opened = received.opened
        if opened.ocfs is None:
            return
        wanted = received.verdicts == _ACCEPTED
        if opened.has_ocf is not None:
            wanted = wanted & opened.has_ocf
        rows = np.flatnonzero(wanted)
        # Frames of one pass say the same again and again: each word is decoded once.
        words = np.ascontiguousarray(opened.ocfs[rows]).view(">u4").reshape(-1)
        meanings = {word: _clcw(word) for word in np.unique(words).tolist()}
        times = group.received_tai_s[rows].tolist()
        for row, word, received_tai_s in zip(rows.tolist(), words.tolist(), times, strict=True):
            clcw = meanings[word]
            if clcw is None:
                batch.count(group.satellite, _NOT_CLCW)
            else:
                batch.clcws.append((group.places[row], ReceivedClcw(group.satellite, received_tai_s, clcw)))


def _clcw(word: int) -> Clcw | None:
    try:
        return decode_clcw(word.to_bytes(CLCW_LENGTH, "big"))
    except LinkError:
        return None


@dataclass(frozen=True)
class _Group:
    """Frames of one satellite.

    Args:
        new: Which are offered for the first time, as far as the cursor tells.
        places: Their places in the batch.
    """

    satellite: str
    raw: FrameArray
    received_tai_s: NDArray[np.float64]
    new: NDArray[np.bool_]
    places: Sequence[int]


def _said_length(raw: bytes) -> int:
    """How long a packet is by its own header (CCSDS 133.0-B-2 §4.1.3.5); -1 where there is no header."""
    return PRIMARY_HEADER_LENGTH + int.from_bytes(raw[4:6], "big") + 1 if len(raw) > PRIMARY_HEADER_LENGTH else -1
