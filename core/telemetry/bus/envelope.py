"""What a record of a topic holds: one received frame or packet, and where and when it was received.

All numbers are big-endian. The record's key is the spacecraft's name, so that its records stay in order.

| octets | version 1 |
|---|---|
| 2 | ``LT`` |
| 1 | version |
| 1 | 0 a frame, 1 a packet |
| 8 | index of the record at its source, unsigned |
| 8 | time of reception, TAI s since J2000, IEEE 754 |
| 1 + n | length and name of the station, UTF-8 |
| 1 + n | length and name of the source, UTF-8 |
| the rest | the frame or packet |
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from core.errors import InputError, LinkError

__all__ = ["VERSION", "BusRecord", "RecordKind", "UnknownVersion"]

VERSION: Final = 1
_MAGIC: Final = b"LT"
_HEAD: Final = struct.Struct(">2sBBQd")
_LONGEST_NAME: Final = 255
_GREATEST_INDEX: Final = (1 << 64) - 1


class UnknownVersion(LinkError):
    """A record was written by a newer release: reading on would lose it."""

    default_code = "bus-record-version"


class RecordKind(IntEnum):
    """What was received."""

    FRAME = 0
    PACKET = 1


@dataclass(frozen=True)
class BusRecord:
    """What a station received.

    Args:
        kind: A transfer frame, or a space packet without one.
        source: Whose numbering ``index`` is of, such as a station's store.
        index: Place at the source.
        station: Where it was received.
        received_tai_s: When, TAI s since J2000.
        raw: Its octets.
    """

    kind: RecordKind
    source: str
    index: int
    station: str
    received_tai_s: float
    raw: bytes

    def pack(self) -> bytes:
        """As the value of a record.

        Raises:
            InputError: A name is too long, the index or the time is no such number, or there are no octets.
        """
        names = []
        for field in ("station", "source"):
            name = getattr(self, field).encode()
            if len(name) > _LONGEST_NAME:
                raise InputError(field, f"{len(name)} octets; at most {_LONGEST_NAME} are allowed")
            names.append(bytes((len(name),)) + name)
        if not 0 <= self.index <= _GREATEST_INDEX:
            raise InputError("index", f"{self.index} is not from 0 to {_GREATEST_INDEX}")
        if not math.isfinite(self.received_tai_s):
            raise InputError("received_tai_s", f"{self.received_tai_s} is no time")
        if not self.raw:
            raise InputError("raw", "a record without octets")
        return b"".join((_HEAD.pack(_MAGIC, VERSION, self.kind, self.index, self.received_tai_s), *names, self.raw))

    @classmethod
    def unpack(cls, value: bytes) -> BusRecord:
        """Out of the value of a record.

        Raises:
            UnknownVersion: It is of a newer version.
            LinkError: It is no record.
        """
        try:
            magic, version, kind, index, received_tai_s = _HEAD.unpack_from(value)
            if magic == _MAGIC and version > VERSION:
                raise UnknownVersion(
                    f"a record of version {version} cannot be read; this release knows up to {VERSION}"
                )
            if magic != _MAGIC or not version or not math.isfinite(received_tai_s):
                raise ValueError("it does not begin as one")
            at, names = _HEAD.size, []
            for _ in range(2):
                end = at + 1 + value[at]
                names.append(value[at + 1 : end].decode())
                at = end
            if at >= len(value):
                raise ValueError("it ends too early")
            return cls(RecordKind(kind), names[1], index, names[0], received_tai_s, value[at:])
        except (struct.error, ValueError, IndexError) as error:
            raise LinkError(f"{len(value)} octets are no record of received telemetry: {error}") from error
