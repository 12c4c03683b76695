"""Time scales: UTC for people, TAI seconds since J2000 for arithmetic, and the mission clock."""

from core.time.clock import Clock, MissionClock, SystemClock
from core.time.scales import (
    J2000_JD,
    TT_MINUS_TAI_S,
    add_s,
    as_utc,
    duration_s,
    format_utc,
    jd_tt,
    jd_ut1,
    jd_utc,
    parse_utc,
    tai_s_from_utc,
    tai_utc_offset_s,
    utc_from_tai_s,
)

__all__ = [
    "J2000_JD",
    "TT_MINUS_TAI_S",
    "Clock",
    "MissionClock",
    "SystemClock",
    "add_s",
    "as_utc",
    "duration_s",
    "format_utc",
    "jd_tt",
    "jd_ut1",
    "jd_utc",
    "parse_utc",
    "tai_s_from_utc",
    "tai_utc_offset_s",
    "utc_from_tai_s",
]
