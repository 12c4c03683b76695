"""Messages of the bound transfer between the centre and one station: bind, transfer with answers, status, unbind.

It follows the operations of CCSDS 912.1-B (forward CLTU) and 911.1-B (return all frames) in the framing of
:mod:`core.ground.message_stream`.

| kind | from | content |
|---|---|---|
| 1 BIND | centre | u8 version, string initiator, string station |
| 2 BIND_RETURN | station | u8 result (0: bound), string reason |
| 3 TRANSFER | centre | u32 number, string satellite, CLTU octets |
| 4 TRANSFER_RETURN | station | u32 number, u8 result (0: radiated), string reason |
| 5 FRAME | station | f64 reception (TAI s since J2000), frame octets |
| 6 STATUS | both | u8 ready; sent when nothing else was for a while |
| 7 UNBIND | centre | u8 reason |
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from core.ground.message_stream import MessageStream, Reading, frame_message, pack_string

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
    return frame_message(kind, content)


def _decode_frame(body: Reading) -> Frame:
    (received_tai_s,) = body.unpack(">d")
    return Frame(received_tai_s, body.rest())


_DECODERS: Final[Mapping[int, Callable[[Reading], StationMessage]]] = {
    _Kind.BIND: lambda body: Bind(body.integer(">B"), body.string(), body.string()),
    _Kind.BIND_RETURN: lambda body: BindReturn(body.integer(">B"), body.string()),
    _Kind.TRANSFER: lambda body: Transfer(body.integer(">I"), body.string(), body.rest()),
    _Kind.TRANSFER_RETURN: lambda body: TransferReturn(body.integer(">I"), body.integer(">B"), body.string()),
    _Kind.FRAME: _decode_frame,
    _Kind.STATUS: lambda body: Status(bool(body.integer(">B"))),
    _Kind.UNBIND: lambda body: Unbind(body.integer(">B")),
}
_ENCODERS: Final[Mapping[type, Callable[..., tuple[_Kind, bytes]]]] = {
    Bind: lambda one: (_Kind.BIND, bytes((one.version,)) + pack_string(one.initiator) + pack_string(one.station)),
    BindReturn: lambda one: (_Kind.BIND_RETURN, bytes((one.result,)) + pack_string(one.reason)),
    Transfer: lambda one: (_Kind.TRANSFER, struct.pack(">I", one.number) + pack_string(one.satellite) + one.cltu),
    TransferReturn: lambda one: (
        _Kind.TRANSFER_RETURN,
        struct.pack(">IB", one.number, one.result) + pack_string(one.reason),
    ),
    Frame: lambda one: (_Kind.FRAME, struct.pack(">d", one.received_tai_s) + one.frame),
    Status: lambda one: (_Kind.STATUS, bytes((one.ready,))),
    Unbind: lambda one: (_Kind.UNBIND, bytes((one.reason,))),
}


class StationReader(MessageStream[StationMessage]):
    """Cuts a byte stream into messages."""

    def __init__(self) -> None:
        super().__init__(_Kind, _DECODERS)
