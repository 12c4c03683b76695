"""CCSDS unsegmented time code (CCSDS 301.0-B-4 §3.2): 4 octets of seconds and 3 of fraction, epoch 1958 TAI.

The preamble field is fixed by agreement (0x2F: CCSDS epoch, 4 + 3 octets) and is not transmitted.
"""

from __future__ import annotations

from typing import Final

from core.link.errors import FrameMalformed

__all__ = ["CUC_LENGTH", "CUC_PREAMBLE", "decode_cuc", "encode_cuc"]

CUC_PREAMBLE: Final = 0b0_001_11_11  # §3.2.2: epoch 1958-01-01 TAI, 4 coarse and 3 fine octets
CUC_LENGTH: Final = 7
_J2000_SINCE_1958_S: Final = 1_325_419_200  # JD 2451545.0 - JD 2436204.5 = 15340.5 days
_FINE_STEPS: Final = 1 << 24


def encode_cuc(t_tai_s: float) -> bytes:
    """Time code of TAI seconds since J2000, rounded to 60 ns."""
    ticks = round((t_tai_s + _J2000_SINCE_1958_S) * _FINE_STEPS)
    if not 0 <= ticks < 1 << 56:
        raise FrameMalformed(f"time {t_tai_s} s TAI since J2000 does not fit a CUC of 4 + 3 octets from 1958")
    return ticks.to_bytes(CUC_LENGTH, "big")


def decode_cuc(code: bytes) -> float:
    """TAI seconds since J2000 of a time code."""
    if len(code) != CUC_LENGTH:
        raise FrameMalformed(f"a time code has {CUC_LENGTH} octets, not {len(code)}")
    coarse, fine = int.from_bytes(code[:4], "big"), int.from_bytes(code[4:], "big")
    return coarse - _J2000_SINCE_1958_S + fine / _FINE_STEPS
