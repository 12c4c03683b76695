"""Altered, cut, joined and forged frames by the million: none may be accepted with a content that was not sent.

Half of them are given a right error control again, as a forger would; the control word of telemetry is not under the MAC
(CCSDS 355.0-B-2 leaves it out), so a frame that differs in nothing else counts apart.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from core.errors import LinkError
from core.link import (
    FrameService,
    TcFrame,
    TmFrame,
    TmFrameHeader,
    decode_cltu,
    decode_tc_frame,
    decode_tm_frame,
    encode_cltu,
    encode_tm_frame,
)
from core.link.aos_frame import AosFrame, AosLayout, decode_aos_frame, encode_aos_frame
from core.link.checksum import CRC_LENGTH, append_crc
from core.link.cipher_suite import AES_256_CMAC, AES_256_GCM
from core.link.sdls import SecurityAssociation, protect, unprotect
from core.link.segment import SEGMENT_HEADER_LENGTH
from core.link.tc_frame import TC_HEADER_LENGTH, tc_frame_length, tc_header, unsegmented
from core.link.tm_frame import tm_capacity
from core.link.uslp_frame import UslpFrame, UslpLayout, decode_uslp_frame, encode_uslp_frame

__all__ = ["CHANNELS", "FrameTally", "fuzz_frames"]

Content = tuple[object, ...]
_SCID: Final = 0x2A2
_SEEDS: Final = 64


@dataclass(frozen=True)
class Channel:
    """One kind of frame.

    Args:
        make: The n-th frame.
        read: Its protected content.
        repair: The same octets with a right error control.
    """

    make: Callable[[int], bytes]
    read: Callable[[bytes], Content]
    repair: Callable[[bytes], bytes]


@dataclass
class FrameTally:
    """What a receiver did."""

    inputs: int = 0
    refused: int = 0
    unaltered: int = 0  # differs outside of what is protected only (fill, control word), content as it was sent
    accepted: list[bytes] = field(default_factory=list)


def fuzz_frames(channel: Channel, inputs: int, seed: int, progress: Callable[[int], None] | None = None) -> FrameTally:
    """Offer so many altered frames; ``accepted`` holds those whose content was never sent."""
    draw = random.Random(seed)
    sent = [channel.make(number) for number in range(_SEEDS)]
    contents = {channel.read(one) for one in sent}
    tally = FrameTally()
    known = set(sent)
    while tally.inputs < inputs:
        raw = _altered(draw, sent, channel)
        if raw in known:
            continue
        tally.inputs += 1
        try:
            content = channel.read(raw)
        except LinkError:
            tally.refused += 1
        else:
            if content in contents:
                tally.unaltered += 1
            else:
                tally.accepted.append(raw)
        if progress is not None and tally.inputs % 10_000 == 0:
            progress(tally.inputs)
    return tally


def _altered(draw: random.Random, sent: list[bytes], channel: Channel) -> bytes:
    raw = bytearray(draw.choice(sent))
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        draw.choice(_CHANGES)(draw, raw, sent)
    octets = bytes(raw)
    return channel.repair(octets) if draw.random() < 0.5 else octets


def _flip(draw: random.Random, raw: bytearray, sent: list[bytes]) -> None:
    if raw:
        raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)


def _overwrite(draw: random.Random, raw: bytearray, sent: list[bytes]) -> None:
    if raw:
        at = draw.randrange(len(raw))
        raw[at : at + draw.randint(1, 16)] = draw.randbytes(draw.randint(1, 16))


def _cut(draw: random.Random, raw: bytearray, sent: list[bytes]) -> None:
    at = draw.randint(0, len(raw))
    del raw[at : at + draw.choice((1, 2, 7, 40))]


def _truncate(draw: random.Random, raw: bytearray, sent: list[bytes]) -> None:
    del raw[draw.randint(0, len(raw)) :]


def _join(draw: random.Random, raw: bytearray, sent: list[bytes]) -> None:
    """The head of one frame and the tail of another."""
    other, at = draw.choice(sent), draw.randint(0, len(raw))
    raw[at:] = other[at:]


def _swap(draw: random.Random, raw: bytearray, sent: list[bytes]) -> None:
    if len(raw) > 1:
        one, other = draw.randrange(len(raw)), draw.randrange(len(raw))
        raw[one], raw[other] = raw[other], raw[one]


_CHANGES: Final = (_flip, _flip, _flip, _overwrite, _cut, _truncate, _join, _swap)


def _crc(raw: bytes) -> bytes:
    return append_crc(raw[:-CRC_LENGTH]) if len(raw) > CRC_LENGTH else raw


def _tc_channel(sa: SecurityAssociation, in_cltu: bool) -> Channel:
    def make(number: int) -> bytes:
        data = bytes(random.Random(number).randbytes(20 + number))
        segment = unsegmented(0)
        length = TC_HEADER_LENGTH + len(segment) + sa.overhead + len(data) + CRC_LENGTH
        header = tc_header(TcFrame(FrameService.AD, _SCID, 0, number, b""), length) + segment
        iv = number.to_bytes(sa.iv_length, "big") if sa.iv_length else b""
        frame = append_crc(protect(sa, header, data, iv=iv, sequence_number=number))
        return encode_cltu(frame) if in_cltu else frame

    def read(raw: bytes) -> Content:
        raw = decode_cltu(raw) if in_cltu else raw
        frame = decode_tc_frame(raw)
        if frame.service is FrameService.BC:
            raise LinkError("a control command carries nothing that is executed")
        opened = unprotect(sa, raw[: tc_frame_length(raw) - CRC_LENGTH], TC_HEADER_LENGTH + SEGMENT_HEADER_LENGTH)
        return opened.header, opened.iv, opened.sequence_number, opened.data

    def repair(raw: bytes) -> bytes:
        if not in_cltu:
            return _crc(raw)
        body = raw[2:-8]  # right parities, error control left as it is
        octets = b"".join(body[at : at + 7] for at in range(0, len(body), 8))
        return encode_cltu(octets) if octets else raw

    return Channel(make, read, repair)


def _tm_channel() -> Channel:
    sa = SecurityAssociation(2, bytes(range(32)), AES_256_GCM, sequence_length=0)

    def make(number: int) -> bytes:
        data = random.Random(number).randbytes(tm_capacity(sa))
        header = TmFrameHeader(_SCID, 0, True, number, number, 0)
        return encode_tm_frame(TmFrame(header, number, data, b"\1\0\0\0"), sa)

    def read(raw: bytes) -> Content:
        frame = decode_tm_frame(raw, sa)
        return frame.header, frame.extended_count, frame.data

    return Channel(make, read, _crc)


def _aos_channel() -> Channel:
    sa = SecurityAssociation(3, bytes(range(32)), AES_256_GCM, sequence_length=0)
    layout = AosLayout()

    def make(number: int) -> bytes:
        data = random.Random(number).randbytes(layout.capacity(sa))
        frame = AosFrame(scid=0xA2, vcid=1, count=number, data=data, ocf=bytes(4 * layout.has_ocf))
        return encode_aos_frame(frame, sa, layout, iv=number.to_bytes(12, "big"), sequence=0)

    def read(raw: bytes) -> Content:
        frame = decode_aos_frame(raw, sa, layout)
        return frame.scid, frame.vcid, frame.count, frame.replay, frame.cycle, frame.data

    return Channel(make, read, _crc)


def _uslp_channel() -> Channel:
    sa = SecurityAssociation(4, bytes(range(32)), AES_256_GCM)
    layout = UslpLayout()

    def make(number: int) -> bytes:
        data = random.Random(number).randbytes(60 + number)
        frame = UslpFrame(_SCID, 1, 0, number, data, ocf=bytes(4))
        return encode_uslp_frame(frame, sa, layout, iv=number.to_bytes(12, "big"), sequence=number)

    def read(raw: bytes) -> Content:
        frame = decode_uslp_frame(raw, sa, layout)
        return frame.scid, frame.vcid, frame.map_id, frame.count, frame.rule, frame.protocol, frame.data

    return Channel(make, read, _crc)


CHANNELS: Final[Mapping[str, Callable[[], Channel]]] = {
    "tc": lambda: _tc_channel(SecurityAssociation(1, bytes(range(32)), AES_256_GCM), in_cltu=False),
    "tc-cmac": lambda: _tc_channel(SecurityAssociation(1, bytes(range(32)), AES_256_CMAC, iv_length=0), in_cltu=False),
    "cltu": lambda: _tc_channel(SecurityAssociation(1, bytes(range(32)), AES_256_GCM), in_cltu=True),
    "tm": _tm_channel,
    "aos": _aos_channel,
    "uslp": _uslp_channel,
}
