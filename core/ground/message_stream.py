"""What the messages on ground connections share: a length and a kind before the content, and strings in it.

A message is a big-endian 32-bit length of what follows, one octet of kind, and the content. A string is one octet of
length and UTF-8.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final, Generic, TypeVar

from core.ground.errors import GroundMessageMalformed

__all__ = ["MessageStream", "Reading", "frame_message", "pack_string"]

_LENGTH: Final = struct.Struct(">I")
_MAXIMUM_LENGTH: Final = 1 << 16

M = TypeVar("M")


def frame_message(kind: int, content: bytes) -> bytes:
    """The content behind its length and kind."""
    return _LENGTH.pack(len(content) + 1) + bytes((kind,)) + content


def pack_string(text: str) -> bytes:
    """A string behind its length.

    Raises:
        GroundMessageMalformed: More than 255 octets.
    """
    raw = text.encode()
    if len(raw) > 255:
        raise GroundMessageMalformed(f"{text[:40]!r}… has {len(raw)} octets, 255 are allowed")
    return bytes((len(raw),)) + raw


class Reading:
    """The content of one message, read from its begin."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._position = 1

    def unpack(self, layout: str) -> tuple[float, ...]:
        """Numbers, as ``struct`` names them."""
        values = struct.unpack_from(layout, self._body, self._position)
        self._position += struct.calcsize(layout)
        return values

    def integer(self, layout: str) -> int:
        """One whole number."""
        return int(self.unpack(layout)[0])

    def string(self) -> str:
        """A string."""
        start = self._position + 1
        self._position = start + self._body[self._position]
        if self._position > len(self._body):
            raise GroundMessageMalformed("a string is cut off")
        return self._body[start : self._position].decode()

    def rest(self) -> bytes:
        """Everything that is left."""
        return self._body[self._position :]


class MessageStream(Generic[M]):
    """Cuts a byte stream into messages.

    Args:
        kinds: The kinds, to tell of them.
        decoders: How the content of each is read.
    """

    def __init__(self, kinds: type[IntEnum], decoders: Mapping[int, Callable[[Reading], M]]) -> None:
        self._kinds = kinds
        self._decoders = decoders
        self._buffer = bytearray()

    def feed(self, octets: bytes) -> list[M]:
        """Take octets in and return the messages that they complete.

        Raises:
            GroundMessageMalformed: The stream cannot be trusted any more.
        """
        self._buffer += octets
        messages: list[M] = []
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if not 1 <= length <= _MAXIMUM_LENGTH:
                raise GroundMessageMalformed(f"a message of {length} octets is outside 1 to {_MAXIMUM_LENGTH}")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            messages.append(self._decode(body))
        return messages

    def _decode(self, body: bytes) -> M:
        decoder = self._decoders.get(body[0])
        if decoder is None:
            raise GroundMessageMalformed(f"message kind {body[0]} is not one of {[int(kind) for kind in self._kinds]}")
        try:
            return decoder(Reading(body))
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            name = self._kinds(body[0]).name
            raise GroundMessageMalformed(f"a {name} message is cut off or garbled: {error}") from error
