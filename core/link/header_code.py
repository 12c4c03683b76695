"""Frame header error control of AOS and USLP: a shortened Reed-Solomon (10,6) code over GF(2^4) (CCSDS 732.0-B-4 §4.1.2.6)."""

from __future__ import annotations

from typing import Final

__all__ = ["header_parity"]

_POLYNOMIAL: Final = 0b10011  # x^4 + x + 1
_INFORMATION: Final = 6


def _tables() -> tuple[tuple[int, ...], dict[int, int]]:
    powers, value = [], 1
    for _ in range(15):
        powers.append(value)
        value <<= 1
        if value & 0b10000:
            value ^= _POLYNOMIAL
    return tuple(powers), {power: index for index, power in enumerate(powers)}


_POWERS, _LOGARITHMS = _tables()


def _product(a: int, b: int) -> int:
    return _POWERS[(_LOGARITHMS[a] + _LOGARITHMS[b]) % 15] if a and b else 0


def _generator() -> tuple[int, ...]:
    """(x + a^6)(x + a^7)(x + a^8)(x + a^9), highest power first, without the leading one."""
    polynomial = [1]
    for root in range(6, 10):
        shifted = [*polynomial, 0]
        for index, coefficient in enumerate(polynomial):
            shifted[index + 1] ^= _product(coefficient, _POWERS[root])
        polynomial = shifted
    return tuple(polynomial[1:])


_GENERATOR: Final = _generator()


def header_parity(master: bytes, signalling: int) -> bytes:
    """The two octets of check symbols.

    Args:
        master: The first two octets of the frame: version, spacecraft and virtual channel.
        signalling: The signalling field, one octet.
    """
    content = (*master, signalling)
    if len(content) * 2 != _INFORMATION:
        raise ValueError(f"the code covers two octets and a signalling field, not {len(content)} octets")
    register = [0, 0, 0, 0]
    for octet in content:
        for symbol in (octet >> 4, octet & 0xF):
            feedback = symbol ^ register[0]
            register = [*register[1:], 0]
            register = [one ^ _product(feedback, tap) for one, tap in zip(register, _GENERATOR, strict=True)]
    return bytes((register[0] << 4 | register[1], register[2] << 4 | register[3]))
