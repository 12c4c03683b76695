"""Communications link control word: the spacecraft's report on what it received (CCSDS 232.0-B-4 §4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.link.errors import FrameMalformed

__all__ = ["CLCW_LENGTH", "Clcw", "decode_clcw", "encode_clcw"]

CLCW_LENGTH: Final = 4
_COP_1: Final = 0b01  # §4.2.1.5


@dataclass(frozen=True)
class Clcw:
    """State of one virtual channel's FARM-1."""

    vcid: int
    report_value: int
    lockout: bool = False
    wait: bool = False
    retransmit: bool = False
    farm_b_counter: int = 0
    no_rf_available: bool = False
    no_bit_lock: bool = False


def encode_clcw(clcw: Clcw) -> bytes:
    """The four octets of the operational control field."""
    word = (
        _COP_1 << 24
        | clcw.vcid << 18
        | clcw.no_rf_available << 15
        | clcw.no_bit_lock << 14
        | clcw.lockout << 13
        | clcw.wait << 12
        | clcw.retransmit << 11
        | (clcw.farm_b_counter & 0b11) << 9
        | clcw.report_value & 0xFF
    )
    return word.to_bytes(CLCW_LENGTH, "big")


def decode_clcw(raw: bytes) -> Clcw:
    """The control word in four octets.

    Raises:
        FrameMalformed: Not a type-1 report of version 0 with COP-1 in effect.
    """
    word = int.from_bytes(raw, "big")
    if len(raw) != CLCW_LENGTH or word >> 29 or word >> 24 & 0b11 != _COP_1:
        raise FrameMalformed(f"{raw.hex()} is no link control word of COP-1")
    return Clcw(
        vcid=word >> 18 & 0x3F,
        no_rf_available=bool(word >> 15 & 1),
        no_bit_lock=bool(word >> 14 & 1),
        lockout=bool(word >> 13 & 1),
        wait=bool(word >> 12 & 1),
        retransmit=bool(word >> 11 & 1),
        farm_b_counter=word >> 9 & 0b11,
        report_value=word & 0xFF,
    )
