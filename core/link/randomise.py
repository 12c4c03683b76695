"""Pseudo-random sequences that keep symbol transitions on the channel (CCSDS 231.0-B-4 §6, CCSDS 131.0-B-5 §10).

Randomising twice gives the data again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

__all__ = ["randomise_tc", "randomise_tm"]

_TC_POWERS: Final = (6, 4, 3, 2, 1, 0)  # x^8 + x^6 + x^4 + x^3 + x^2 + x + 1
_TM_POWERS: Final = (7, 5, 3, 0)  # x^8 + x^7 + x^5 + x^3 + 1
_PERIOD: Final = 255  # bits and, as 255 and 8 have no common divisor, octets


def randomise_tc(data: bytes) -> bytes:
    """A telecommand frame, or several in one transmission unit, before BCH encoding."""
    return _apply(data, _sequence(_TC_POWERS))


def randomise_tm(data: bytes) -> bytes:
    """A telemetry frame before the attached sync marker is put in front."""
    return _apply(data, _sequence(_TM_POWERS))


def _apply(data: bytes, sequence: bytes) -> bytes:
    repeated = sequence * (len(data) // _PERIOD + 1)
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(repeated[: len(data)], "big")
    return mixed.to_bytes(len(data), "big")


@lru_cache
def _sequence(powers: tuple[int, ...]) -> bytes:
    """One period, in octets, of the register that starts with ones."""
    bits = [1] * 8
    while len(bits) < _PERIOD * 8:
        bits.append(sum(bits[len(bits) - 8 + power] for power in powers) % 2)
    return bytes(int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, _PERIOD * 8, 8))
