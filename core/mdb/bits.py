"""Values to and from bits, in every encoding: the readable reference of what native code does in bulk."""

from __future__ import annotations

import math
import struct
from typing import Final

from core.mdb.encoding import (
    LITTLE_ENDIAN,
    BinaryEncoding,
    ByteOrder,
    Encoding,
    FloatEncoding,
    FloatForm,
    IntegerEncoding,
    IntegerForm,
    StringEncoding,
)
from core.mdb.errors import PacketUndecodable
from core.mdb.float_forms import float_from_bits, mil_std_1750a_bits
from core.mdb.references import Raw, Values

__all__ = ["BitReader", "BitWriter", "fits"]

_IEEE: Final = {16: ">e", 32: ">f", 64: ">d"}


class BitReader:
    """Takes values from octets, bit by bit.

    Args:
        data: What to read.
        end: Octets at the end that are not to be read, such as the error control.
    """

    def __init__(self, data: bytes, end: int = 0) -> None:
        self._data = data
        self.limit = max(0, len(data) - end) * 8
        self.position = 0

    def read(self, encoding: Encoding, values: Values) -> Raw | None:
        """The next value; None where its bits are no value of the encoding (a digit above nine, octets that are no text).

        Raises:
            PacketUndecodable: The data ends before it, or its size cannot be.
        """
        if isinstance(encoding, IntegerEncoding):
            return _integer(self.ordered(encoding.size_bits, encoding), encoding)
        if isinstance(encoding, FloatEncoding):
            word = self.ordered(encoding.size_bits, encoding)
            if encoding.form is not FloatForm.IEEE754:
                return float_from_bits(encoding.form, encoding.size_bits, word)
            number: float = struct.unpack(_IEEE[encoding.size_bits], word.to_bytes(encoding.size_bits // 8, "big"))[0]
            return number
        if isinstance(encoding, StringEncoding):
            return self._string(encoding, values)
        size = self.remaining_bits if encoding.size is None else encoding.size.of(values)
        return self.take(size).to_bytes((size + 7) // 8, "big")

    def take(self, size: int) -> int:
        """The next bits as an unsigned number."""
        end = self.position + size
        if size < 0 or self.position < 0 or end > self.limit:
            raise PacketUndecodable(f"the data ends at bit {self.limit}, {end} are needed")
        first, last = self.position // 8, (end + 7) // 8
        self.position = end
        word = int.from_bytes(self._data[first:last], "big") >> (last * 8 - end)
        return word & ((1 << size) - 1)

    @property
    def remaining_bits(self) -> int:
        """Bits that are not read yet."""
        return self.limit - self.position

    def ordered(self, size: int, encoding: IntegerEncoding | FloatEncoding) -> int:
        """The next bits as an unsigned number, its most significant bit first."""
        word = _in_order(self.take(size), size, encoding.byte_order)
        return _bits_reversed(word, size) if encoding.least_significant_bit_first else word

    def _string(self, encoding: StringEncoding, values: Values) -> str | None:
        if encoding.variable:
            octets = self._variable(encoding)
        else:
            size = self.remaining_bits if encoding.size is None else encoding.size.of(values)
            if encoding.maximum_bits is not None and size > encoding.maximum_bits:
                raise PacketUndecodable(f"a text of {size} bits exceeds its maximum of {encoding.maximum_bits}")
            if size % 8:
                raise PacketUndecodable(f"a text of {size} bits has no whole number of octets")
            octets = self.take(size).to_bytes(size // 8, "big")
            octets = _within(octets, encoding)
        try:
            return octets.rstrip(b"\0").decode(encoding.charset) if _pads(encoding) else octets.decode(encoding.charset)
        except UnicodeDecodeError:
            return None

    def _variable(self, encoding: StringEncoding) -> bytes:
        maximum = encoding.maximum_bits or 0
        if encoding.leading_size_bits:
            size = self.take(encoding.leading_size_bits)
            if size > maximum or size % 8:
                raise PacketUndecodable(f"a text of {size} bits is no whole number of octets up to {maximum} bits")
            return self.take(size).to_bytes(size // 8, "big")
        octets = b""
        while not octets.endswith(encoding.terminator):
            if len(octets) * 8 >= maximum:
                raise PacketUndecodable(f"a text does not end within its maximum of {maximum} bits")
            octets += self.take(8).to_bytes(1, "big")
        return octets.removesuffix(encoding.terminator)


def _pads(encoding: StringEncoding) -> bool:
    """Whether zeros at the end fill a buffer."""
    return (
        not encoding.variable and not encoding.leading_size_bits and encoding.charset in ("utf-8", "ascii", "latin-1")
    )


def _within(octets: bytes, encoding: StringEncoding) -> bytes:
    """The text in a buffer of fixed size."""
    if encoding.leading_size_bits:
        start = encoding.leading_size_bits // 8
        size = int.from_bytes(octets[:start], "big")
        if size % 8 or start + size // 8 > len(octets):
            raise PacketUndecodable(f"a text of {size} bits does not fit its buffer of {len(octets)} octets")
        return octets[start : start + size // 8]
    return octets.partition(encoding.terminator)[0] if encoding.terminator else octets


class BitWriter:
    """Puts values into octets, bit by bit."""

    def __init__(self) -> None:
        self._bits = 0
        self._length = 0

    @property
    def length(self) -> int:
        """Bits written so far."""
        return self._length

    def write(self, encoding: Encoding, value: Raw, values: Values) -> None:
        """Append a value that fits its encoding (``fits``).

        Raises:
            PacketUndecodable: Its size is not that which another value says.
        """
        if isinstance(encoding, IntegerEncoding):
            word = _integer_word(int(value), encoding)
            self.put(_out_of_order(word, encoding.size_bits, encoding), encoding.size_bits)
        elif isinstance(encoding, FloatEncoding):
            word = _float_word(float(value), encoding)
            self.put(_out_of_order(word, encoding.size_bits, encoding), encoding.size_bits)
        elif isinstance(encoding, StringEncoding):
            self._string(encoding, str(value) if not isinstance(value, bytes) else value, values)
        else:
            raw = value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes) else b""
            self._sized(raw, None if encoding.size is None else encoding.size.of(values))

    def put(self, word: int, size: int) -> None:
        """Append bits."""
        self._bits = self._bits << size | word
        self._length += size

    def put_at(self, position: int, word: int, size: int) -> None:
        """Overwrite bits, or write beyond the end after zeros."""
        if position + size > self._length:
            self.put(0, position + size - self._length)
        shift = self._length - position - size
        self._bits = self._bits & ~(((1 << size) - 1) << shift) | word << shift

    def finish(self) -> bytes:
        """All that was written, padded to a whole octet with zeros."""
        padding = -self._length % 8
        return (self._bits << padding).to_bytes((self._length + padding) // 8, "big")

    def _string(self, encoding: StringEncoding, value: str | bytes, values: Values) -> None:
        raw = value if isinstance(value, bytes) else value.encode(encoding.charset)
        if encoding.leading_size_bits:
            raw = (len(raw) * 8).to_bytes(encoding.leading_size_bits // 8, "big") + raw
        elif encoding.variable:
            raw += encoding.terminator
        size = None if encoding.variable or encoding.size is None else encoding.size.of(values)
        self._sized(raw, size)

    def _sized(self, raw: bytes, size: int | None) -> None:
        bits = len(raw) * 8
        if size is not None and bits > size:
            raise PacketUndecodable(f"{bits} bits exceed the {size} that are said elsewhere")
        self.put(int.from_bytes(raw, "big"), bits)
        if size is not None:
            self.put(0, size - bits)


def fits(encoding: Encoding, value: Raw) -> str | None:
    """Why a raw value cannot be written; None where it can."""
    if isinstance(encoding, IntegerEncoding):
        low, high = _bounds(encoding)
        return (
            None if low <= int(value) <= high else f"{value!r} does not fit {encoding.size_bits} bits ({low} to {high})"
        )
    if isinstance(encoding, FloatEncoding):
        if encoding.form is FloatForm.MIL_STD_1750A:
            wide = mil_std_1750a_bits(float(value), encoding.size_bits) is None
        else:
            wide = encoding.form is not FloatForm.IEEE754 or _ieee_overflows(float(value), encoding.size_bits)
        return f"{value!r} does not fit a {encoding.form} float of {encoding.size_bits} bits" if wide else None
    if isinstance(encoding, BinaryEncoding) or not isinstance(value, str):
        return None
    try:
        octets = len(value.encode(encoding.charset))
    except UnicodeEncodeError:
        return f"{value!r} has characters that {encoding.charset} has not"
    if encoding.variable and 8 * octets > (encoding.maximum_bits or 0):
        return f"{octets} octets exceed the maximum of {(encoding.maximum_bits or 0) // 8}"
    if encoding.terminator and encoding.terminator in value.encode(encoding.charset):
        return f"{value!r} holds the characters {encoding.terminator.hex()} that would end it"
    return None


def _bounds(encoding: IntegerEncoding) -> tuple[int, int]:
    size = encoding.size_bits
    if encoding.form is IntegerForm.TWOS_COMPLEMENT:
        return -(1 << size - 1), (1 << size - 1) - 1
    if encoding.form in (IntegerForm.SIGN_MAGNITUDE, IntegerForm.ONES_COMPLEMENT):
        return -(1 << size - 1) + 1, (1 << size - 1) - 1
    if encoding.form is IntegerForm.UNSIGNED:
        return 0, (1 << size) - 1
    digits = size // (8 if encoding.form is IntegerForm.BCD else 4)
    return 0, 10**digits - 1


def _ieee_overflows(value: float, size: int) -> bool:
    if math.isinf(value) or math.isnan(value):
        return False
    try:
        struct.pack(_IEEE[size], value)
    except OverflowError:
        return True
    return False


def _integer(word: int, encoding: IntegerEncoding) -> int | None:
    size, form = encoding.size_bits, encoding.form
    if form in (IntegerForm.BCD, IntegerForm.PACKED_BCD):
        return _decimal(word, size, 8 if form is IntegerForm.BCD else 4)
    if form is IntegerForm.UNSIGNED or not word >> (size - 1):
        return word
    if form is IntegerForm.TWOS_COMPLEMENT:
        return word - (1 << size)
    if form is IntegerForm.ONES_COMPLEMENT:
        return word - (1 << size) + 1
    return -(word & ((1 << size - 1) - 1))


def _decimal(word: int, size: int, width: int) -> int | None:
    number = 0
    for shift in range(size - width, -1, -width):
        digit = word >> shift & ((1 << width) - 1)
        if digit > 9:
            return None
        number = 10 * number + digit
    return number


def _integer_word(value: int, encoding: IntegerEncoding) -> int:
    size, form = encoding.size_bits, encoding.form
    if form in (IntegerForm.BCD, IntegerForm.PACKED_BCD):
        width, word = (8 if form is IntegerForm.BCD else 4), 0
        for position, digit in enumerate(reversed(str(value))):
            word |= int(digit) << width * position
        return word
    if form is IntegerForm.ONES_COMPLEMENT and value < 0:
        value -= 1
    elif form is IntegerForm.SIGN_MAGNITUDE and value < 0:
        value = 1 << size - 1 | -value
    return value & ((1 << size) - 1)


def _float_word(value: float, encoding: FloatEncoding) -> int:
    if encoding.form is FloatForm.IEEE754:
        return int.from_bytes(struct.pack(_IEEE[encoding.size_bits], value), "big")
    word = mil_std_1750a_bits(value, encoding.size_bits) if encoding.form is FloatForm.MIL_STD_1750A else None
    if word is None:
        raise PacketUndecodable(f"{value!r} cannot be written as a {encoding.form} float")
    return word


def _in_order(word: int, size: int, order: ByteOrder) -> int:
    """The word with its most significant octet first."""
    if not order:
        return word
    octets = word.to_bytes(size // 8, "big")
    if order == LITTLE_ENDIAN:
        return int.from_bytes(octets, "little")
    return sum(octet << 8 * significance for octet, significance in zip(octets, order, strict=True))


def _out_of_order(word: int, size: int, encoding: IntegerEncoding | FloatEncoding) -> int:
    if encoding.least_significant_bit_first:
        word = _bits_reversed(word, size)
    order = encoding.byte_order
    if not order:
        return word
    if order == LITTLE_ENDIAN:
        return int.from_bytes(word.to_bytes(size // 8, "big"), "little")
    return int.from_bytes(bytes(word >> 8 * significance & 0xFF for significance in order), "big")


def _bits_reversed(word: int, size: int) -> int:
    return int(f"{word:0{size}b}"[::-1], 2)
