"""Messages between the control centre and the station network, over one TCP connection.

A message is a big-endian 32-bit length of what follows, one octet of kind, and the content:

| kind | from | content |
|---|---|---|
| 1 HELLO | centre | u64 cursor: frames after this index are wanted |
| 2 CLOCK | centre | f64 wall (Unix s), f64 mission time (TAI s since J2000), f64 rate |
| 3 CLTU | centre | string station, string satellite, CLTU octets |
| 4 ACKNOWLEDGE | centre | u64 cursor: frames up to this index are stored and need not be kept |
| 5 TM_FRAME | network | u64 index, f64 reception time (TAI s since J2000), string station, frame octets |
| 6 CONTACT | network | f64 time (TAI s since J2000), u8 visible, string station, string satellite |

A string is one octet of length and UTF-8.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from core.ground.errors import GroundLinkDown, GroundMessageMalformed

__all__ = [
    "Acknowledge",
    "ClockSet",
    "ContactStatus",
    "Hello",
    "Message",
    "MessageReader",
    "SendCltu",
    "TmDelivery",
    "encode_message",
]

_LENGTH: Final = struct.Struct(">I")
_MAXIMUM_LENGTH: Final = 1 << 16


class _Kind(IntEnum):
    HELLO = 1
    CLOCK = 2
    CLTU = 3
    ACKNOWLEDGE = 4
    TM_FRAME = 5
    CONTACT = 6


@dataclass(frozen=True)
class Hello:
    """Begins a session: frames after the cursor are wanted."""

    cursor: int


@dataclass(frozen=True)
class ClockSet:
    """Mission time for the simulator."""

    wall_s: float
    t_tai_s: float
    rate: float


@dataclass(frozen=True)
class SendCltu:
    """A transmission unit for a satellite over a station."""

    station: str
    satellite: str
    cltu: bytes


@dataclass(frozen=True)
class Acknowledge:
    """Frames up to the cursor are stored."""

    cursor: int


@dataclass(frozen=True)
class TmDelivery:
    """A frame that a station received."""

    index: int
    received_tai_s: float
    station: str
    frame: bytes


@dataclass(frozen=True)
class ContactStatus:
    """A satellite rose above or fell below a station's mask, or a CLTU was refused because it is below."""

    t_tai_s: float
    visible: bool
    station: str
    satellite: str


Message = Hello | ClockSet | SendCltu | Acknowledge | TmDelivery | ContactStatus


def encode_message(message: Message) -> bytes:
    """The message with its length."""
    kind, content = _ENCODERS[type(message)](message)
    return _LENGTH.pack(len(content) + 1) + bytes((kind,)) + content


class MessageReader:
    """Cuts a byte stream into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, connection: socket.socket) -> list[Message]:
        """Read what is there and return whole messages.

        Raises:
            GroundLinkDown: The other side closed the connection.
            GroundMessageMalformed: The stream cannot be trusted any more.
        """
        octets = connection.recv(1 << 16)
        if not octets:
            raise GroundLinkDown("the other side closed the ground connection")
        return self.feed(octets)

    def feed(self, octets: bytes) -> list[Message]:
        """Take octets in and return the messages that they complete."""
        self._buffer += octets
        messages: list[Message] = []
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if not 1 <= length <= _MAXIMUM_LENGTH:
                raise GroundMessageMalformed(f"a message of {length} octets is outside 1 to {_MAXIMUM_LENGTH}")
            if len(self._buffer) < _LENGTH.size + length:
                break
            body = bytes(self._buffer[_LENGTH.size : _LENGTH.size + length])
            del self._buffer[: _LENGTH.size + length]
            messages.append(_decode(body))
        return messages


def _string(text: str) -> bytes:
    raw = text.encode()
    if len(raw) > 255:
        raise GroundMessageMalformed(f"{text[:40]!r}… has {len(raw)} octets, 255 are allowed")
    return bytes((len(raw),)) + raw


class _Cursor:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._position = 1

    def unpack(self, layout: str) -> tuple[float, ...]:
        values = struct.unpack_from(layout, self._body, self._position)
        self._position += struct.calcsize(layout)
        return values

    def string(self) -> str:
        length = self._body[self._position]
        start = self._position + 1
        self._position = start + length
        if self._position > len(self._body):
            raise GroundMessageMalformed("a string is cut off")
        return self._body[start : self._position].decode()

    def rest(self) -> bytes:
        return self._body[self._position :]


def _decode_clock(body: _Cursor) -> ClockSet:
    wall_s, t_tai_s, rate = body.unpack(">ddd")
    return ClockSet(wall_s, t_tai_s, rate)


def _decode_tm(body: _Cursor) -> TmDelivery:
    index, received_tai_s = body.unpack(">Qd")
    return TmDelivery(int(index), received_tai_s, body.string(), body.rest())


def _decode_contact(body: _Cursor) -> ContactStatus:
    t_tai_s, visible = body.unpack(">dB")
    return ContactStatus(t_tai_s, bool(visible), body.string(), body.string())


_DECODERS: Final[Mapping[int, Callable[[_Cursor], Message]]] = {
    _Kind.HELLO: lambda body: Hello(int(body.unpack(">Q")[0])),
    _Kind.CLOCK: _decode_clock,
    _Kind.CLTU: lambda body: SendCltu(body.string(), body.string(), body.rest()),
    _Kind.ACKNOWLEDGE: lambda body: Acknowledge(int(body.unpack(">Q")[0])),
    _Kind.TM_FRAME: _decode_tm,
    _Kind.CONTACT: _decode_contact,
}

_ENCODERS: Final[Mapping[type, Callable[..., tuple[_Kind, bytes]]]] = {
    Hello: lambda one: (_Kind.HELLO, struct.pack(">Q", one.cursor)),
    ClockSet: lambda one: (_Kind.CLOCK, struct.pack(">ddd", one.wall_s, one.t_tai_s, one.rate)),
    SendCltu: lambda one: (_Kind.CLTU, _string(one.station) + _string(one.satellite) + one.cltu),
    Acknowledge: lambda one: (_Kind.ACKNOWLEDGE, struct.pack(">Q", one.cursor)),
    TmDelivery: lambda one: (
        _Kind.TM_FRAME,
        struct.pack(">Qd", one.index, one.received_tai_s) + _string(one.station) + one.frame,
    ),
    ContactStatus: lambda one: (
        _Kind.CONTACT,
        struct.pack(">dB", one.t_tai_s, one.visible) + _string(one.station) + _string(one.satellite),
    ),
}


def _decode(body: bytes) -> Message:
    decoder = _DECODERS.get(body[0])
    if decoder is None:
        raise GroundMessageMalformed(f"message kind {body[0]} is not one of {[int(kind) for kind in _Kind]}")
    try:
        return decoder(_Cursor(body))
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise GroundMessageMalformed(f"a {_Kind(body[0]).name} message is cut off or garbled: {error}") from error
