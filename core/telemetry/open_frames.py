"""Data fields of many protected frames of one length, verified: error control natively, security by the library, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.link.aos_frame import AosLayout
from core.link.checksum import CRC_LENGTH
from core.link.cipher_suite import MacMismatch
from core.link.clcw import CLCW_LENGTH
from core.link.errors import AuthenticationFailed, FrameMalformed, ReplayRefused, SecurityUnknown
from core.link.header_code import header_parity
from core.link.sdls import SecurityAssociation, unprotect
from core.link.tm_frame import TM_FRAME_LENGTH, TM_HEADER_LENGTH
from core.telemetry.receiver import FrameVerdict
from native import _core

__all__ = ["VERDICT_NUMBERS", "AosChannel", "FrameArray", "OpenedFrames", "TmChannel", "frame_array"]

VERDICT_NUMBERS: Final = {one: number for number, one in enumerate(FrameVerdict)}
_ACCEPTED: Final = VERDICT_NUMBERS[FrameVerdict.ACCEPTED]
FrameArray = NDArray[np.uint8]
_TM_COUNT_MODULO: Final = 1 << 8
_AOS_COUNT_MODULO: Final = 1 << 24
_AOS_IDLE_CHANNEL: Final = 63  # CCSDS 732.0-B-4 §4.1.2.3: only idle data
_AOS_VERSION: Final = 0b01
_MPDU_HEADER_LENGTH: Final = 2  # §4.1.4.2: 5 spare bits, first header pointer
_POINTER: Final = 0x7FF
_ONLY_IDLE: Final = 0x7FE
_LARGEST_COUNT: Final = (1 << 63) - 1
_SECONDARY_OR_UNSYNCHRONISED: Final = 0b11 << 14  # of a TM frame's status field: a secondary header, or no packets


@dataclass(frozen=True)
class OpenedFrames:
    """Frames of one batch; all arrays have an element for each.

    Args:
        verdicts: By ``VERDICT_NUMBERS``; accepted where the frame is genuine, duplicates are not yet known.
        fields: Data fields, flat; ``begins`` and ``lengths`` tell where each is.
        pointers: First header pointers.
        vcids: Virtual channels; -1 where the frame is of no use.
        counts: Virtual channel frame counts.
        master_counts: Of the master channel; None where the protocol has none.
        last_iv: The largest IV so far.
        ocfs: Control fields, shape (n, 4); None where there are none.
        has_ocf: Which frames have one; None where all do, or none.
    """

    verdicts: NDArray[np.uint8]
    fields: FrameArray
    begins: NDArray[np.int64]
    lengths: NDArray[np.int64]
    pointers: NDArray[np.int32]
    vcids: NDArray[np.int32]
    counts: NDArray[np.int64]
    last_iv: int
    master_counts: NDArray[np.uint8] | None = None
    ocfs: FrameArray | None = None
    has_ocf: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class TmChannel:
    """A physical channel of TM frames of one spacecraft (CCSDS 132.0-B-3).

    Args:
        scid: Its spacecraft.
        association: Protection; None for none: then frame counts wrap at 256, and a longer outage is counted modulo that.
        frame_length: Octets of every frame.
    """

    scid: int
    association: SecurityAssociation | None
    frame_length: int = TM_FRAME_LENGTH

    @property
    def modulo(self) -> int:
        """Where frame counts wrap; 0 for never (they come from the IV)."""
        return 0 if self.association is not None else _TM_COUNT_MODULO

    def open(self, frames: FrameArray, last_iv: int = 0) -> OpenedFrames:
        """Verify frames of shape (n, frame_length); ``last_iv`` completes counters that are not sent whole."""
        first, status = _word(frames, 0), _word(frames, 4)
        has_ocf = (first & 1).astype(bool)
        verdicts = _verdicts(frames, first >> 14 == 0)
        _refuse(verdicts, first >> 4 & 0x3FF != self.scid, FrameVerdict.UNKNOWN_SPACECRAFT)
        _refuse(verdicts, status & _SECONDARY_OR_UNSYNCHRONISED != 0, FrameVerdict.MALFORMED)
        ends = self.frame_length - CRC_LENGTH - CLCW_LENGTH * has_ocf.astype(np.int64)
        opened = _open(self.association, frames, verdicts, TM_HEADER_LENGTH, ends, last_iv)
        counts = frames[:, 3].astype(np.int64)
        if self.association is not None:
            _refuse(verdicts, opened.counts & 0xFF != counts, FrameVerdict.MALFORMED)
            counts = opened.counts
        return OpenedFrames(
            verdicts=verdicts,
            fields=opened.fields,
            begins=opened.begins,
            lengths=opened.lengths,
            pointers=(status & _POINTER).astype(np.int32),
            vcids=_useful(verdicts, first >> 1 & 0b111),
            counts=counts,
            last_iv=opened.last_iv,
            master_counts=frames[:, 2],
            ocfs=np.where(has_ocf[:, None], frames[:, -CRC_LENGTH - CLCW_LENGTH : -CRC_LENGTH], 0).astype(np.uint8),
            has_ocf=has_ocf,
        )


@dataclass(frozen=True)
class AosChannel:
    """A physical channel of AOS frames with multiplexed packets of one spacecraft (CCSDS 732.0-B-4).

    Args:
        scid: Its spacecraft.
        association: Protection; None for none.
        layout: What is fixed for the channel.
    """

    scid: int
    association: SecurityAssociation | None
    layout: AosLayout

    @property
    def modulo(self) -> int:
        """Where frame counts wrap."""
        return _AOS_COUNT_MODULO

    @property
    def frame_length(self) -> int:
        """Octets of every frame."""
        return self.layout.frame_length

    def open(self, frames: FrameArray, last_iv: int = 0) -> OpenedFrames:
        """Verify frames of shape (n, frame_length); ``last_iv`` completes counters that are not sent whole."""
        first = _word(frames, 0)
        verdicts = _verdicts(frames, first >> 14 == _AOS_VERSION)
        _refuse(verdicts, first >> 6 & 0xFF != self.scid, FrameVerdict.UNKNOWN_SPACECRAFT)
        if self.layout.has_header_code:
            right = [header_parity(one[:2].tobytes(), int(one[5])) == one[6:8].tobytes() for one in frames]
            _refuse(verdicts, ~np.array(right, dtype=bool), FrameVerdict.CHECKSUM)
        trailer = CRC_LENGTH + CLCW_LENGTH * self.layout.has_ocf
        ends = np.full(len(frames), self.frame_length - trailer)
        opened = _open(self.association, frames, verdicts, self.layout.header_length, ends, last_iv)
        _refuse(verdicts, opened.lengths < _MPDU_HEADER_LENGTH, FrameVerdict.MALFORMED)
        vcids = (first & 0x3F).astype(np.int32)
        begins = np.minimum(opened.begins, max(0, opened.fields.size - _MPDU_HEADER_LENGTH))
        pointers = (opened.fields[begins].astype(np.int32) << 8 | opened.fields[begins + 1]) & _POINTER
        return OpenedFrames(
            verdicts=verdicts,
            fields=opened.fields,
            begins=opened.begins + _MPDU_HEADER_LENGTH,
            lengths=opened.lengths - _MPDU_HEADER_LENGTH,
            pointers=np.where(vcids == _AOS_IDLE_CHANNEL, _ONLY_IDLE, pointers).astype(np.int32),
            vcids=_useful(verdicts, vcids),
            counts=_word(frames, 2) << 8 | frames[:, 4],
            last_iv=opened.last_iv,
            ocfs=frames[:, -trailer:-CRC_LENGTH] if self.layout.has_ocf else None,
        )


def frame_array(raw: bytes | memoryview | FrameArray, frame_length: int) -> FrameArray:
    """Frames that stand one behind the other, as rows.

    Raises:
        InputError: The octets are no whole number of frames.
    """
    octets = np.frombuffer(raw, dtype=np.uint8) if not isinstance(raw, np.ndarray) else raw
    if octets.size % frame_length:
        raise InputError("frames", f"{octets.size} octets are no whole number of frames of {frame_length}")
    return np.ascontiguousarray(octets).reshape(-1, frame_length)


@dataclass(frozen=True)
class _Fields:
    fields: FrameArray
    begins: NDArray[np.int64]
    lengths: NDArray[np.int64]
    counts: NDArray[np.int64]
    last_iv: int


def _verdicts(frames: FrameArray, version_right: NDArray[np.bool_]) -> NDArray[np.uint8]:
    verdicts = np.full(len(frames), _ACCEPTED, dtype=np.uint8)
    offsets = np.arange(len(frames) + 1, dtype=np.int64) * frames.shape[1]
    _refuse(verdicts, _core.check_crcs(frames.reshape(-1), offsets) == 0, FrameVerdict.CHECKSUM)
    _refuse(verdicts, ~version_right, FrameVerdict.MALFORMED)
    return verdicts


def _refuse(verdicts: NDArray[np.uint8], bad: NDArray[np.bool_], reason: FrameVerdict) -> None:
    """The first reason counts."""
    if bad.any():
        verdicts[bad & (verdicts == _ACCEPTED)] = VERDICT_NUMBERS[reason]


def _useful(verdicts: NDArray[np.uint8], vcids: NDArray[Any]) -> NDArray[np.int32]:
    return np.where(verdicts == _ACCEPTED, vcids, -1).astype(np.int32)


def _word(frames: FrameArray, at: int) -> NDArray[np.int64]:
    return frames[:, at].astype(np.int64) << 8 | frames[:, at + 1]


def _open(
    sa: SecurityAssociation | None,
    frames: FrameArray,
    verdicts: NDArray[np.uint8],
    header_length: int,
    ends: NDArray[np.int64],
    last_iv: int,
) -> _Fields:
    """Data fields of the frames that are still accepted; ``ends`` is where the protected part of each ends."""
    rows = np.arange(len(frames), dtype=np.int64)
    if sa is None:
        lengths = np.maximum(ends - header_length, 0)
        begins = rows * frames.shape[1] + header_length
        return _Fields(frames.reshape(-1), begins, lengths, np.zeros(len(frames), dtype=np.int64), last_iv)
    starts = header_length + sa.header_length
    width = frames.shape[1]
    lengths = np.maximum(ends - sa.mac_in_frame - starts, 0)
    _refuse(verdicts, ends - sa.mac_in_frame < starts, FrameVerdict.MALFORMED)
    if width >= header_length + 2:
        _refuse(verdicts, _word(frames, header_length) != sa.spi, FrameVerdict.SECURITY)
    fields = np.zeros(len(frames) * width, dtype=np.uint8)
    simple = sa.authentication_mask is None and sa.iv_in_frame == sa.iv_length and not sa.pad_field_length
    work = _open_simply if simple else partial(_open_one_by_one, last_iv=last_iv)
    counts = work(sa, frames, verdicts, header_length, ends, fields, lengths)
    return _Fields(fields, rows * width, lengths, counts, max(last_iv, int(counts.max(initial=0))))


def _open_simply(
    sa: SecurityAssociation,
    frames: FrameArray,
    verdicts: NDArray[np.uint8],
    header_length: int,
    ends: NDArray[np.int64],
    fields: FrameArray,
    lengths: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Without copies: whole IV in the frame, no mask, no fill. The frame's counts, from its IV."""
    width = frames.shape[1]
    source, target = frames.reshape(-1).data, fields.data
    start, iv_begin = header_length + sa.header_length, header_length + 2
    iv_end, mac, open_into = iv_begin + sa.iv_length, sa.mac_in_frame, sa.keyed.open_into
    good = np.flatnonzero(verdicts == _ACCEPTED)
    for row, end, length in zip(good.tolist(), ends[good].tolist(), lengths[good].tolist(), strict=True):
        at = row * width
        try:
            open_into(
                source[at + iv_begin : at + iv_end],
                source[at : at + start],
                source[at + start : at + end],
                mac,
                target[at : at + length],
            )
        except MacMismatch:
            verdicts[row] = VERDICT_NUMBERS[FrameVerdict.SECURITY]
    return _counts_of(frames[:, iv_begin:iv_end], verdicts)


def _counts_of(ivs: FrameArray, verdicts: NDArray[np.uint8]) -> NDArray[np.int64]:
    counts = np.zeros(len(ivs), dtype=np.int64)
    low = ivs[:, -8:].astype(np.int64)
    for column in range(low.shape[1]):
        counts = counts << 8 | low[:, column]
    # A count beyond 63 bits was never counted up to: the IV is no counter, and what is missing could not be told.
    _refuse(verdicts, (ivs[:, :-8] != 0).any(axis=1) | (counts < 0), FrameVerdict.MALFORMED)
    counts[counts < 0] = 0
    return counts


def _open_one_by_one(
    sa: SecurityAssociation,
    frames: FrameArray,
    verdicts: NDArray[np.uint8],
    header_length: int,
    ends: NDArray[np.int64],
    fields: FrameArray,
    lengths: NDArray[np.int64],
    last_iv: int,
) -> NDArray[np.int64]:
    """Masks, fill, and counters that are not sent whole."""
    counts = np.zeros(len(frames), dtype=np.int64)
    last_number = 0
    for row in np.flatnonzero(verdicts == _ACCEPTED).tolist():
        raw = frames[row, : ends[row]].tobytes()
        try:
            opened = unprotect(sa, raw, header_length, last_iv=last_iv, last_sequence_number=last_number)
            count = int.from_bytes(opened.iv, "big")
            if count > _LARGEST_COUNT:
                raise FrameMalformed(f"the IV counts {count}, the largest count is {_LARGEST_COUNT}")
        except (AuthenticationFailed, SecurityUnknown, ReplayRefused):
            verdicts[row] = VERDICT_NUMBERS[FrameVerdict.SECURITY]
        except FrameMalformed:
            verdicts[row] = VERDICT_NUMBERS[FrameVerdict.MALFORMED]
        else:
            last_iv, last_number = max(last_iv, count), max(last_number, opened.sequence_number)
            counts[row], lengths[row] = count, len(opened.data)
            at = row * frames.shape[1]
            fields[at : at + len(opened.data)] = np.frombuffer(opened.data, dtype=np.uint8)
    return counts
