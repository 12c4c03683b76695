"""How values lie in bits: every integer, float, string and binary encoding of XTCE 1.2."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.mdb.references import FixedInteger, IntegerValue

__all__ = [
    "BIG_ENDIAN",
    "LITTLE_ENDIAN",
    "BinaryEncoding",
    "ByteOrder",
    "Encoding",
    "FloatEncoding",
    "FloatForm",
    "IntegerEncoding",
    "IntegerForm",
    "StringEncoding",
]

# The significance of each octet in the order of the octets, 0 being the least; or one of the two usual orders.
ByteOrder = tuple[int, ...]
BIG_ENDIAN: Final[ByteOrder] = ()
LITTLE_ENDIAN: Final[ByteOrder] = (0,)


class IntegerForm(StrEnum):
    """XTCE IntegerEncoding."""

    UNSIGNED = "unsigned"
    SIGN_MAGNITUDE = "signMagnitude"
    TWOS_COMPLEMENT = "twosComplement"
    ONES_COMPLEMENT = "onesComplement"
    BCD = "BCD"  # a digit in each octet
    PACKED_BCD = "packedBCD"  # a digit in each four bits


class FloatForm(StrEnum):
    """XTCE FloatEncoding; IEEE754_1985 and IEEE754 are one here."""

    IEEE754 = "IEEE754"
    MIL_STD_1750A = "MILSTD_1750A"
    DEC = "DEC"
    IBM = "IBM"
    TI = "TI"


@dataclass(frozen=True)
class IntegerEncoding:
    """An integer of 1 to 64 bits."""

    size_bits: int
    form: IntegerForm = IntegerForm.UNSIGNED
    byte_order: ByteOrder = BIG_ENDIAN
    least_significant_bit_first: bool = False


@dataclass(frozen=True)
class FloatEncoding:
    """A floating-point number; which sizes there are depends on the form."""

    size_bits: int
    form: FloatForm = FloatForm.IEEE754
    byte_order: ByteOrder = BIG_ENDIAN
    least_significant_bit_first: bool = False


@dataclass(frozen=True)
class StringEncoding:
    """Text in a buffer.

    Args:
        size: Bits of the buffer; None where it takes all that follows, or ends at its terminator.
        charset: Python's name of the character set.
        terminator: Octets that end the text early; empty for none.
        leading_size_bits: Bits of a size before the text, which counts the bits of the text; 0 for none.
        maximum_bits: Of a buffer whose size varies.
        variable: Whether the buffer's own size follows from the terminator or the leading size.
    """

    size: IntegerValue | None
    charset: str = "utf-8"
    terminator: bytes = b""
    leading_size_bits: int = 0
    maximum_bits: int | None = None
    variable: bool = False


@dataclass(frozen=True)
class BinaryEncoding:
    """Octets, or single bits; None where they take all that follows."""

    size: IntegerValue | None = field(default_factory=lambda: FixedInteger(8))


Encoding = IntegerEncoding | FloatEncoding | StringEncoding | BinaryEncoding
