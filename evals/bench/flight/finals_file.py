"""The Earth orientation that ships with the package as a file that peers read, so that both turn the Earth alike."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np

from core.frames import shipped_earth_orientation
from core.time import tai_s_from_utc, tai_utc_offset_s
from core.units import to_deg

__all__ = ["finals2000a"]


def finals2000a(first_utc: datetime, days: int) -> str:
    """Rows of finals2000A (IERS, readme.finals2000A) from the table that ships with the package."""
    lines = []
    for day in range(days):
        utc = first_utc + timedelta(days=day)
        t_tai_s = tai_s_from_utc(utc)
        ut1_s, x, y, dx, dy, lod_s = shipped_earth_orientation().table.at(np.array([t_tai_s]))[0]
        mjd = (utc - datetime(1858, 11, 17, tzinfo=UTC)).days
        x, y, dx, dy = (3_600.0 * to_deg(float(angle)) for angle in (x, y, dx, dy))
        ut1_utc_s = math.fsum([float(ut1_s), tai_utc_offset_s(utc)])
        lines.append(
            f"{utc:%y}{utc.month:2d}{utc.day:2d} {mjd:8.2f} I {x:9.6f}{0.00001:9.6f} {y:9.6f}{0.00001:9.6f}"
            f"  I{ut1_utc_s:10.7f}{0.000001:10.7f} {1e3 * lod_s:7.4f}{0.0001:7.4f}"
            f"  I {1e3 * dx:9.3f}{0.01:9.3f} {1e3 * dy:9.3f}{0.01:9.3f}".ljust(185)
        )
    return "\n".join(lines) + "\n"
