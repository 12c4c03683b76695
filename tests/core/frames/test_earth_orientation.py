"""UT1 against the daily IERS values, and honesty about where it comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.frames import Ut1Source, earth_orientation, ut1_minus_tai_s
from core.time import parse_utc, tai_s_from_utc, tai_utc_offset_s, utc_from_tai_s

INTERPOLATION_TOLERANCE_S = 0.0035  # ten-day nodes; zonal tides move UT1 by up to 3 ms between them


def test_ut1_follows_the_daily_iers_values(reference_data: Path) -> None:
    series = reference_data / "flight" / "brahe" / "eop" / "finals.all.iau2000.txt"
    days, ut1_utc = [], []
    for line in series.read_text().splitlines():
        if line[58:68].strip() and float(line[7:15]) < 61644.0:
            days.append(float(line[7:15]))
            ut1_utc.append(float(line[58:68]))
    utc_label_s = (np.array(days) - 51_544.5) * 86_400.0
    offset_s = np.array([tai_utc_offset_s(utc_from_tai_s(t + 37.0)) for t in utc_label_s[::11]])
    expected = np.array(ut1_utc)[::11] - offset_s
    assert np.abs(ut1_minus_tai_s(utc_label_s[::11] + offset_s) - expected).max() < INTERPOLATION_TOLERANCE_S


def test_the_source_of_ut1_is_told() -> None:
    def at(text: str) -> float:
        return tai_s_from_utc(parse_utc(text))

    assert earth_orientation(at("2020-01-01")).source is Ut1Source.MEASURED
    assert earth_orientation(at("2027-01-01")).source is Ut1Source.PREDICTED
    held = earth_orientation(at("2030-01-01"))
    assert held.source is Ut1Source.HELD
    assert held.ut1_uncertainty_s > earth_orientation(at("2027-01-01")).ut1_uncertainty_s
