"""Floating-point numbers that are not IEEE 754, to and from their bits.

Sources: MIL-STD-1750A §4.1.5; VAX architecture reference manual (F_floating); IBM System/360 principles of operation
(GA22-6821); TMS320C3x user's guide (SPRU031) §5.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from core.mdb.encoding import FloatForm

__all__ = ["float_from_bits", "mil_std_1750a_bits"]


def float_from_bits(form: FloatForm, size_bits: int, word: int) -> float:
    """The number in a word; every pattern is a number, except the reserved operand of DEC, which is NaN."""
    return _READERS[form](size_bits, word)


def mil_std_1750a_bits(value: float, size_bits: int) -> int | None:
    """The nearest 32 or 48 bit number, normalised; None where it is too large (too small becomes zero)."""
    fraction_bits = 23 if size_bits == 32 else 39
    fraction, exponent = math.frexp(value)
    mantissa = round(fraction * (1 << fraction_bits))
    if mantissa == 1 << fraction_bits:  # rounded up to 1.0
        mantissa, exponent = mantissa >> 1, exponent + 1
    elif mantissa == -(1 << fraction_bits - 1):  # -0.5 is normalised as -1.0
        mantissa, exponent = mantissa << 1, exponent - 1
    if mantissa == 0 or exponent < -128:
        return 0
    if exponent > 127:
        return None
    whole = mantissa & ((1 << fraction_bits + 1) - 1)
    if size_bits == 32:
        return whole << 8 | exponent & 0xFF
    return (whole >> 16) << 24 | (exponent & 0xFF) << 16 | whole & 0xFFFF


def _signed(word: int, bits: int) -> int:
    return word - (1 << bits) if word >> (bits - 1) & 1 else word


def _mil_std_1750a(size_bits: int, word: int) -> float:
    """Two's complement fraction and exponent; the extended form adds 16 bits of fraction at the end."""
    if size_bits == 32:
        return math.ldexp(_signed(word >> 8, 24), _signed(word & 0xFF, 8) - 23)
    fraction = (word >> 24) << 16 | word & 0xFFFF
    return math.ldexp(_signed(fraction, 40), _signed(word >> 16 & 0xFF, 8) - 39)


def _dec(_size_bits: int, word: int) -> float:
    """F_floating: 16-bit words in the order of memory, each little-endian; hidden bit, excess 128."""
    octets = word.to_bytes(4, "big")
    first, second = int.from_bytes(octets[:2], "little"), int.from_bytes(octets[2:], "little")
    sign, exponent = first >> 15, first >> 7 & 0xFF
    if exponent == 0:
        return math.nan if sign else 0.0
    fraction = (1 << 23 | (first & 0x7F) << 16 | second) / (1 << 24)
    return math.ldexp(-fraction if sign else fraction, exponent - 128)


def _ibm(size_bits: int, word: int) -> float:
    """Hexadecimal floating point: base 16, excess 64, no hidden bit."""
    fraction_bits = size_bits - 8
    fraction = word & ((1 << fraction_bits) - 1)
    exponent = (word >> fraction_bits & 0x7F) - 64
    value = math.ldexp(fraction, 4 * exponent - fraction_bits)
    return -value if word >> (size_bits - 1) else value


def _ti(size_bits: int, word: int) -> float:
    """Single (32) and extended (40) precision of the TMS320C3x: exponent first, two's complement with a hidden bit."""
    fraction_bits = size_bits - 9
    exponent = _signed(word >> (size_bits - 8), 8)
    if exponent == -128:
        return 0.0
    fraction = word & ((1 << fraction_bits) - 1)
    sign = word >> fraction_bits & 1
    return math.ldexp(fraction + (-2 << fraction_bits if sign else 1 << fraction_bits), exponent - fraction_bits)


_READERS: Final[Mapping[FloatForm, Callable[[int, int], float]]] = {
    FloatForm.MIL_STD_1750A: _mil_std_1750a,
    FloatForm.DEC: _dec,
    FloatForm.IBM: _ibm,
    FloatForm.TI: _ti,
}
