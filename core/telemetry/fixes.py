"""GNSS fixes of a satellite from its archived orbit diagnostics."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.orbit.fixes import GnssFixes
from core.telemetry.archive import Archive

__all__ = ["archived_fixes", "last_event_tai_s"]

_POSITION: Final = ("gnss_x_itrf_m", "gnss_y_itrf_m", "gnss_z_itrf_m")
_VELOCITY: Final = ("gnss_vx_itrf_m_s", "gnss_vy_itrf_m_s", "gnss_vz_itrf_m_s")
_VALID, _AGE = "gnss_valid", "gnss_fix_age_s"


def archived_fixes(archive: Archive, satellite: str, start_tai_s: float, end_tai_s: float) -> GnssFixes:
    """The valid fixes reported in an interval, in time order; each once, however often it was reported."""
    columns = {
        name: {
            one.generated_tai_s: one.number
            for one in archive.samples(satellite, name, start_tai_s, end_tai_s)
            if one.number is not None
        }
        for name in (*_POSITION, *_VELOCITY, _VALID, _AGE)
    }
    reported = sorted(set.intersection(*(set(one) for one in columns.values())))
    rows = {
        generated - columns[_AGE][generated]: [columns[name][generated] for name in (*_POSITION, *_VELOCITY)]
        for generated in reported
        if columns[_VALID][generated]
    }
    t_tai_s = np.array(sorted(rows), dtype=np.float64)
    table = np.array([rows[one] for one in t_tai_s.tolist()], dtype=np.float64).reshape(-1, 6)
    return GnssFixes(t_tai_s, table[:, :3], table[:, 3:])


def last_event_tai_s(
    archive: Archive, satellite: str, events: frozenset[str], start_tai_s: float, end_tai_s: float
) -> float | None:
    """When the newest on-board event among some was generated in an interval; None where there was none."""
    told = archive.samples(satellite, "event_id", start_tai_s, end_tai_s)
    return max((one.generated_tai_s for one in told if one.text in events), default=None)
