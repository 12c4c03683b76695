"""Messages between the control centre and the station network, over one TCP connection.

They are framed as in :mod:`core.ground.message_stream`:

| kind | from | content |
|---|---|---|
| 1 HELLO | centre | u64 cursor: frames after this index are wanted |
| 2 CLOCK | centre | f64 wall (Unix s), f64 mission time (TAI s since J2000), f64 rate |
| 3 CLTU | centre | string station, string satellite, CLTU octets |
| 4 ACKNOWLEDGE | centre | u64 cursor: frames up to this index are stored and need not be kept |
| 5 TM_FRAME | network | u64 index, f64 reception time (TAI s since J2000), string station, frame octets |
| 6 CONTACT | network | f64 time (TAI s since J2000), u8 visible, string station, string satellite |
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from core.ground.errors import GroundLinkDown
from core.ground.message_stream import MessageStream, Reading, frame_message, pack_string

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
    return frame_message(kind, content)


def _decode_clock(body: Reading) -> ClockSet:
    wall_s, t_tai_s, rate = body.unpack(">ddd")
    return ClockSet(wall_s, t_tai_s, rate)


def _decode_tm(body: Reading) -> TmDelivery:
    index, received_tai_s = body.unpack(">Qd")
    return TmDelivery(int(index), received_tai_s, body.string(), body.rest())


def _decode_contact(body: Reading) -> ContactStatus:
    t_tai_s, visible = body.unpack(">dB")
    return ContactStatus(t_tai_s, bool(visible), body.string(), body.string())


_DECODERS: Final[Mapping[int, Callable[[Reading], Message]]] = {
    _Kind.HELLO: lambda body: Hello(body.integer(">Q")),
    _Kind.CLOCK: _decode_clock,
    _Kind.CLTU: lambda body: SendCltu(body.string(), body.string(), body.rest()),
    _Kind.ACKNOWLEDGE: lambda body: Acknowledge(body.integer(">Q")),
    _Kind.TM_FRAME: _decode_tm,
    _Kind.CONTACT: _decode_contact,
}

_ENCODERS: Final[Mapping[type, Callable[..., tuple[_Kind, bytes]]]] = {
    Hello: lambda one: (_Kind.HELLO, struct.pack(">Q", one.cursor)),
    ClockSet: lambda one: (_Kind.CLOCK, struct.pack(">ddd", one.wall_s, one.t_tai_s, one.rate)),
    SendCltu: lambda one: (_Kind.CLTU, pack_string(one.station) + pack_string(one.satellite) + one.cltu),
    Acknowledge: lambda one: (_Kind.ACKNOWLEDGE, struct.pack(">Q", one.cursor)),
    TmDelivery: lambda one: (
        _Kind.TM_FRAME,
        struct.pack(">Qd", one.index, one.received_tai_s) + pack_string(one.station) + one.frame,
    ),
    ContactStatus: lambda one: (
        _Kind.CONTACT,
        struct.pack(">dB", one.t_tai_s, one.visible) + pack_string(one.station) + pack_string(one.satellite),
    ),
}


class MessageReader(MessageStream[Message]):
    """Cuts a byte stream into messages."""

    def __init__(self) -> None:
        super().__init__(_Kind, _DECODERS)

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
