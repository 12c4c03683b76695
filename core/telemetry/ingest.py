"""From received frames to archive, latest values and stream: a frame counts only once it is durable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, LinkError
from core.link import Clcw, LinkKeys, decode_clcw
from core.link.clcw import CLCW_LENGTH
from core.link.tm_frame import tm_header_of
from core.mdb.batch import DecodedBatch
from core.telemetry.bulk_receiver import BulkReceiver, PacketBatch
from core.telemetry.intake_memory import Progress
from core.telemetry.latest import LatestValues
from core.telemetry.live_samples import live_samples
from core.telemetry.open_frames import VERDICT_NUMBERS, AosChannel, FrameArray, TmChannel, frame_array
from core.telemetry.packet_rows import PacketRows
from core.telemetry.receiver import FrameVerdict, ReceivedFrame
from core.telemetry.stream import TelemetryStream
from native import _core

if TYPE_CHECKING:  # they bring DuckDB and Arrow, which those who only name an ingest need not load
    from core.telemetry.column_archive import StoredPart
    from core.telemetry.telemetry_archive import TelemetryArchive

__all__ = ["IngestResult", "ReceivedClcw", "TelemetryIngest", "tm_channels"]

_MISSED: Final = "missed"
_DAMAGED: Final = "packet-damaged"
_NOT_CLCW: Final = "control-field-unknown"
_NOBODY: Final = "-"
_ACCEPTED: Final = VERDICT_NUMBERS[FrameVerdict.ACCEPTED]
Channel = TmChannel | AosChannel


class BatchJudge(Protocol):
    """Who is told of the values of each durable batch."""

    def take(self, satellite: str, generated_tai_s: NDArray[np.float64], decoded: DecodedBatch) -> int:
        """Judge them; how many lasting alarm levels changed."""
        ...


@dataclass(frozen=True)
class ReceivedClcw:
    """A control word and when a station received it."""

    satellite: str
    received_tai_s: float
    clcw: Clcw


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
    """

    def __init__(
        self,
        archive: TelemetryArchive,
        channels: Mapping[str, Channel],
        latest: LatestValues,
        stream: TelemetryStream,
        limits: BatchJudge | None = None,
    ) -> None:
        self._archive = archive
        self._channels = dict(channels)
        self._by_scid = {one.scid: satellite for satellite, one in channels.items()}
        self._latest = latest
        self._stream = stream
        self._limits = limits
        self._receivers: dict[tuple[str, str], BulkReceiver] = {}

    def ingest(self, source: str, frames: Sequence[ReceivedFrame]) -> IngestResult:
        """Store a batch of one source, in order; frames that were stored before are skipped.

        Raises:
            StoreError: Nothing of the batch was stored; offer it again.
        """
        cursor = self._archive.cursor(source)
        batch = _Batch(source, max((one.index for one in frames), default=cursor))
        groups: dict[str, list[int]] = {}
        for place, one in enumerate(frames):
            satellite = self._sender(one.raw)
            if satellite is None:
                batch.count(_NOBODY, FrameVerdict.UNKNOWN_SPACECRAFT, one.index > cursor)
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
            self._take(batch, group)
        return self._store(batch)

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
        known = self._archive.cursor(source)
        if cursor <= known:
            raise InputError("cursor", f"{cursor} is not above {known}, up to which {source} is stored")
        frames = frame_array(raw, self._channels[satellite].frame_length)
        if len(received_tai_s) != len(frames):
            raise InputError("received_tai_s", f"{len(received_tai_s)} times came with {len(frames)} frames")
        batch = _Batch(source, cursor)
        new = np.ones(len(frames), dtype=bool)
        times = np.asarray(received_tai_s, dtype=np.float64)
        self._take(batch, _Group(satellite, frames.reshape(-1), times, new, range(len(frames))))
        return self._store(batch)

    def receiver(self, source: str, satellite: str) -> BulkReceiver:
        """What takes a satellite's frames of a source in, with its counts since it began."""
        known = self._receivers.get((source, satellite))
        if known is None:
            states = self._archive.columns.channels(source, satellite)
            known = self._receivers[source, satellite] = BulkReceiver(self._channels[satellite], states)
        return known

    def _sender(self, raw: bytes) -> str | None:
        try:
            return self._by_scid.get(tm_header_of(raw).scid)
        except LinkError:
            return None

    def _take(self, batch: _Batch, group: _Group) -> None:
        """Verify a satellite's frames and take their packets out, with a copy of what is remembered: it counts if it is stored."""
        receiver = self.receiver(batch.source, group.satellite).copy()
        received = receiver.receive(group.raw)
        batch.receivers[group.satellite] = receiver
        accepted = received.verdicts == _ACCEPTED
        # A frame that is offered again has been counted; it can only be accepted if it never was.
        for number, verdict in enumerate(FrameVerdict):
            batch.count(group.satellite, verdict, int(((received.verdicts == number) & (accepted | group.new)).sum()))
        batch.count(group.satellite, _MISSED, int(received.missed.sum()))
        batch.result.accepted_frames += int(accepted.sum())
        self._take_control_fields(batch, group, received)
        rows = PacketRows(group.satellite, received.data, received.offsets, group.received_tai_s[received.frames])
        right = _core.check_crcs(rows.data, rows.offsets).astype(bool)
        right |= ~rows.reports  # others have no error control
        batch.count(group.satellite, _DAMAGED, int((~right).sum()))
        batch.rows.append(rows.only(right))

    def _take_control_fields(self, batch: _Batch, group: _Group, received: PacketBatch) -> None:
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

    def _store(self, batch: _Batch) -> IngestResult:
        result = batch.result
        progress = Progress(
            batch.source,
            batch.cursor,
            {satellite: one.states() for satellite, one in batch.receivers.items()},
            batch.counts,
        )
        stored = self._archive.columns.append(*batch.rows, progress=progress)
        for satellite, receiver in batch.receivers.items():
            self._receivers[batch.source, satellite] = receiver
        for part in stored:
            self._tell(part, result)
        if stored:
            self._stream.batch_stored()
        result.clcws = [clcw for _, clcw in sorted(batch.clcws, key=lambda one: one[0])]
        result.cursor = self._archive.cursor(batch.source)
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
        if self._limits is not None:
            result.level_changes += self._limits.take(part.rows.satellite, part.generated_tai_s, part.decoded)


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


class _Batch:
    """What is to become true together."""

    def __init__(self, source: str, cursor: int) -> None:
        self.source = source
        self.cursor = cursor
        self.rows: list[PacketRows] = []
        self.receivers: dict[str, BulkReceiver] = {}
        self.counts: dict[str, Counter[str]] = {}
        self.clcws: list[tuple[int, ReceivedClcw]] = []
        self.result = IngestResult()

    def count(self, satellite: str, reason: str, number: int = 1) -> None:
        """Count frames or packets by what became of them."""
        if number:
            self.counts.setdefault(satellite, Counter())[str(reason)] += number
