"""Messages of the bound transfer between the centre and one station: bind, transfer with answers, status, unbind.

It follows the operations of CCSDS 912.1-B (forward CLTU) and 911.1-B (return all frames) in a framing of its own: a
big-endian 32-bit length of what follows, one octet of kind, and the content.

| kind | from | content |
|---|---|---|
| 1 BIND | centre | u8 version, string initiator, string station |
| 2 BIND_RETURN | station | u8 result (0: bound), string reason |
| 3 TRANSFER | centre | u32 number, string satellite, CLTU octets |
| 4 TRANSFER_RETURN | station | u32 number, u8 result (0: radiated), string reason |
| 5 FRAME | station | f64 reception (TAI s since J2000), frame octets |
| 6 STATUS | both | u8 ready; sent when nothing else was for a while |
| 7 UNBIND | centre | u8 reason |

A string is one octet of length and UTF-8.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from core.ground.errors import GroundMessageMalformed

__all__ = [
    "Bind",
    "BindReturn",
    "Frame",
    "StationMessage",
    "StationReader",
    "Status",
    "Transfer",
    "TransferReturn",
    "Unbind",
    "encode_station_message",
]

_LENGTH: Final = struct.Struct(">I")
_MAXIMUM_LENGTH: Final = 1 << 16


class _Kind(IntEnum):
    BIND = 1
    BIND_RETURN = 2
    TRANSFER = 3
    TRANSFER_RETURN = 4
    FRAME = 5
    STATUS = 6
    UNBIND = 7


@dataclass(frozen=True)
class Bind:
    """Asks for the station's service."""

    version: int
    initiator: str
    station: str


@dataclass(frozen=True)
class BindReturn:
    """Whether it is given."""

    result: int
    reason: str


@dataclass(frozen=True)
class Transfer:
    """A transmission unit to be radiated."""

    number: int
    satellite: str
    cltu: bytes


@dataclass(frozen=True)
class TransferReturn:
    """What became of a unit."""

    number: int
    result: int
    reason: str


@dataclass(frozen=True)
class Frame:
    """A telemetry frame that the station received."""

    received_tai_s: float
    frame: bytes


@dataclass(frozen=True)
class Status:
    """Still there; ``ready`` says whether units are taken."""

    ready: bool


@dataclass(frozen=True)
class Unbind:
    """Ends the service in order."""

    reason: int


StationMessage = Bind | BindReturn | Transfer | TransferReturn | Frame | Status | Unbind


def encode_station_message(message: StationMessage) -> bytes:
    """The message with its length."""
    kind, content = _ENCODERS[type(message)](message)
    return _LENGTH.pack(len(content) + 1) + bytes((kind,)) + content


class StationReader:
    """Cuts a byte stream into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, octets: bytes) -> list[StationMessage]:
        """Take octets in and return the messages that they complete.

        Raises:
            GroundMessageMalformed: The stream cannot be trusted any more.
        """
        self._buffer += octets
        messages: list[StationMessage] = []
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if not 1 <= length <= _MAXIMUM_LENGTH:
                raise GroundMessageMalformed(f"a message of {length} octets is outside 1 to {_MAXIMUM_LENGTH}")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                break
            messages.append(_decode(bytes(self._buffer[_LENGTH.size : end])))
            del self._buffer[:end]
        return messages


def _string(text: str) -> bytes:
    raw = text.encode()
    if len(raw) > 255:
        raise GroundMessageMalformed(f"{text[:40]!r}… has {len(raw)} octets, 255 are allowed")
    return bytes((len(raw),)) + raw


def _take_string(body: bytes, start: int) -> tuple[str, int]:
    end = start + 1 + body[start]
    if end > len(body):
        raise GroundMessageMalformed("a string is cut off")
    return body[start + 1 : end].decode(), end


def _decode_bind(body: bytes) -> Bind:
    initiator, end = _take_string(body, 2)
    return Bind(body[1], initiator, _take_string(body, end)[0])


def _decode_transfer(body: bytes) -> Transfer:
    (number,) = struct.unpack_from(">I", body, 1)
    satellite, end = _take_string(body, 5)
    return Transfer(number, satellite, body[end:])


def _decode_transfer_return(body: bytes) -> TransferReturn:
    number, result = struct.unpack_from(">IB", body, 1)
    return TransferReturn(number, result, _take_string(body, 6)[0])


def _decode_frame(body: bytes) -> Frame:
    (received_tai_s,) = struct.unpack_from(">d", body, 1)
    return Frame(received_tai_s, body[9:])


_DECODERS: Final[Mapping[int, Callable[[bytes], StationMessage]]] = {
    _Kind.BIND: _decode_bind,
    _Kind.BIND_RETURN: lambda body: BindReturn(body[1], _take_string(body, 2)[0]),
    _Kind.TRANSFER: _decode_transfer,
    _Kind.TRANSFER_RETURN: _decode_transfer_return,
    _Kind.FRAME: _decode_frame,
    _Kind.STATUS: lambda body: Status(bool(body[1])),
    _Kind.UNBIND: lambda body: Unbind(body[1]),
}
_ENCODERS: Final[Mapping[type, Callable[..., tuple[_Kind, bytes]]]] = {
    Bind: lambda one: (_Kind.BIND, bytes((one.version,)) + _string(one.initiator) + _string(one.station)),
    BindReturn: lambda one: (_Kind.BIND_RETURN, bytes((one.result,)) + _string(one.reason)),
    Transfer: lambda one: (_Kind.TRANSFER, struct.pack(">I", one.number) + _string(one.satellite) + one.cltu),
    TransferReturn: lambda one: (
        _Kind.TRANSFER_RETURN,
        struct.pack(">IB", one.number, one.result) + _string(one.reason),
    ),
    Frame: lambda one: (_Kind.FRAME, struct.pack(">d", one.received_tai_s) + one.frame),
    Status: lambda one: (_Kind.STATUS, bytes((one.ready,))),
    Unbind: lambda one: (_Kind.UNBIND, bytes((one.reason,))),
}


def _decode(body: bytes) -> StationMessage:
    decoder = _DECODERS.get(body[0])
    if decoder is None:
        raise GroundMessageMalformed(f"message kind {body[0]} is not one of {[int(kind) for kind in _Kind]}")
    try:
        return decoder(body)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise GroundMessageMalformed(f"a {_Kind(body[0]).name} message is cut off or garbled: {error}") from error
