"""Values to and from bits."""

from __future__ import annotations

import struct
from typing import Final

from core.mdb.errors import PacketUndecodable
from core.mdb.model import Encoding, EncodingKind

__all__ = ["BitReader", "BitWriter", "Raw"]

Raw = int | float | str | bytes
_FLOAT_FORMAT: Final = {32: ">f", 64: ">d"}


class BitReader:
    """Takes values from bytes, bit by bit.

    Args:
        data: What to read.
        end: Octets at the end that are not to be read, such as the error control.
    """

    def __init__(self, data: bytes, end: int = 0) -> None:
        self._bits = int.from_bytes(data, "big")
        self._length = len(data) * 8
        self._limit = self._length - end * 8
        self._position = 0

    def read(self, encoding: Encoding) -> Raw:
        """The next value.

        Raises:
            PacketUndecodable: The data ends before it.
        """
        size = self._limit - self._position if encoding.size_bits is None else encoding.size_bits
        word = self._take(size)
        if encoding.kind is EncodingKind.UNSIGNED or encoding.kind is EncodingKind.TWOS_COMPLEMENT:
            return _integer(word, size, encoding)
        raw = word.to_bytes(size // 8, "little" if encoding.little_endian else "big")
        if encoding.kind is EncodingKind.FLOAT:
            value: float = struct.unpack(_FLOAT_FORMAT[size], raw)[0]
            return value
        return raw.rstrip(b"\0").decode("utf-8", "replace") if encoding.kind is EncodingKind.STRING else raw

    def _take(self, size: int) -> int:
        if size < 0 or self._position + size > self._limit:
            raise PacketUndecodable(f"the data ends at bit {self._limit}, {self._position + size} are needed")
        self._position += size
        return self._bits >> (self._length - self._position) & ((1 << size) - 1)

    @property
    def remaining_bits(self) -> int:
        """Bits that are not read yet."""
        return self._limit - self._position


class BitWriter:
    """Puts values into bytes, bit by bit."""

    def __init__(self) -> None:
        self._bits = 0
        self._length = 0

    def write(self, encoding: Encoding, value: Raw) -> None:
        """Append a value that fits its encoding."""
        raw = _octets(encoding, value)
        size = len(raw) * 8 if encoding.size_bits is None else encoding.size_bits
        self._bits = self._bits << size | int.from_bytes(raw, "big")
        self._length += size

    def finish(self) -> bytes:
        """All that was written, padded to a whole byte with zeros."""
        padding = -self._length % 8
        return (self._bits << padding).to_bytes((self._length + padding) // 8, "big")


def _integer(word: int, size: int, encoding: Encoding) -> int:
    if encoding.little_endian:
        word = int.from_bytes(word.to_bytes(size // 8, "little"), "big")
    if encoding.kind is EncodingKind.TWOS_COMPLEMENT and word >> (size - 1):
        return word - (1 << size)
    return word


def _octets(encoding: Encoding, value: Raw) -> bytes:
    size = encoding.size_bits
    if isinstance(value, (bytes, str)):
        raw = value.encode() if isinstance(value, str) else value
        return raw if size is None else raw.ljust(size // 8, b"\0")
    if size is None:
        raise PacketUndecodable("a number needs a size in bits")
    is_float = encoding.kind is EncodingKind.FLOAT
    raw = struct.pack(_FLOAT_FORMAT[size], value) if is_float else _integer_octets(int(value), size)
    return raw[::-1] if encoding.little_endian else raw


def _integer_octets(value: int, size: int) -> bytes:
    return (value & ((1 << size) - 1)).to_bytes((size + 7) // 8, "big")
