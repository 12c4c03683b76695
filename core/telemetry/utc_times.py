"""Many TAI times as UTC at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.time import utc_from_tai_s

__all__ = ["utc_microseconds"]

_STEP: float = 1e6


def utc_microseconds(times_tai_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Microseconds of UTC since 1970, leap seconds not counted, of TAI seconds since J2000 that do not fall.

    Within an inserted leap second the last microsecond before it is repeated, as in ``utc_from_tai_s``.
    """
    if not len(times_tai_s):
        return np.empty(0, dtype=np.int64)
    first, last = (_offset_us(float(one)) for one in (times_tai_s[0], times_tai_s[-1]))
    if first == last:
        return np.floor(times_tai_s * _STEP + 0.5).astype(np.int64) + first
    return np.array([_exact_us(float(one)) for one in times_tai_s], dtype=np.int64)


def _offset_us(t_tai_s: float) -> int:
    whole = float(np.floor(t_tai_s))
    return _exact_us(whole) - int(whole) * 1_000_000


def _exact_us(t_tai_s: float) -> int:
    instant = utc_from_tai_s(t_tai_s)
    return int(instant.timestamp()) * 1_000_000 + instant.microsecond
