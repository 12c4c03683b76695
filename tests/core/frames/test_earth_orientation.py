"""Earth orientation against the daily IERS values, and honesty about where it comes from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.frames import (
    EarthOrientationData,
    Ut1Source,
    dcm_itrf_from_gcrf,
    earth_orientation,
    load_earth_orientation,
    shipped_earth_orientation,
    ut1_minus_tai_s,
)
from core.frames.iers import EarthOrientationSeries, read_finals
from core.time import parse_utc, tai_s_from_utc, tai_utc_offset_s, utc_from_tai_s

ARCSECOND_RAD = np.pi / 648_000.0
NODE_TOLERANCE_S = 1.5e-6  # days begin 37 s after 0 h TAI throughout; it was 11 s in 1973, and a day 3 ms longer
BETWEEN_TOLERANCE_S = 5e-6  # docstring of core.frames.earth_orientation
BETWEEN_TOLERANCE_RAD = 1e-4 * ARCSECOND_RAD  # the same


@pytest.fixture(scope="module")
def finals(reference_data: Path) -> Path:
    return reference_data / "flight" / "brahe" / "eop" / "finals.all.iau2000.txt"


def at(text: str) -> float:
    return tai_s_from_utc(parse_utc(text))


def test_the_shipped_table_is_the_iers_series(finals: Path) -> None:
    rows = [line for line in finals.read_text().splitlines() if line[58:68].strip()]
    utc_label_s = np.array([(float(line[7:15]) - 51_544.5) * 86_400.0 for line in rows])
    offset_s = np.array([tai_utc_offset_s(utc_from_tai_s(t + 43_200.0)) for t in utc_label_s])
    ours = shipped_earth_orientation().table.at(utc_label_s + offset_s)
    ut1 = np.array([float(line[58:68]) for line in rows]) - offset_s
    poles = np.array([[float(line[18:27]), float(line[37:46])] for line in rows]) * ARCSECOND_RAD
    assert np.abs(ours[:, 0] - ut1).max() < NODE_TOLERANCE_S
    assert np.abs(ours[:, 1:3] - poles).max() < 2e-6 * ARCSECOND_RAD
    observed = np.array([bool(line[97:106].strip()) for line in rows])
    offsets = np.array([[float(line[97:106]), float(line[116:125])] for line in np.array(rows)[observed]])
    assert np.abs(ours[observed, 3:5] - offsets * 1e-3 * ARCSECOND_RAD).max() < 2e-6 * ARCSECOND_RAD
    lengths = np.array([bool(line[79:86].strip()) for line in rows])
    published_s = np.array([float(line[79:86]) for line in np.array(rows)[lengths]]) * 1e-3
    assert np.median(np.abs(ours[lengths, 5] - published_s)) < 2e-5  # ours is the slope of UT1


def test_between_the_days_a_cubic_keeps_the_tolerance(finals: Path) -> None:
    # Every second day of the modern series, interpolated to the days left out: 2^4 times the error of the real table.
    series = read_finals(finals.read_text())
    recent = series.days[int(54_000.0 - series.first_mjd_utc) : int(61_000.0 - series.first_mjd_utc)]
    sparse, left_out = recent[::2], recent[1::2]
    weights = np.array([-1.0, 9.0, 9.0, -1.0]) / 16.0
    between = np.stack([sparse[k : len(sparse) - 3 + k] for k in range(4)], axis=2) @ weights
    worst = np.abs(between - left_out[1 : 1 + len(between)])
    assert np.percentile(worst[:, 0], 99) / 16.0 < BETWEEN_TOLERANCE_S
    assert np.percentile(worst[:, 1:3], 99) / 16.0 < BETWEEN_TOLERANCE_RAD


def test_the_table_is_interpolated_by_a_cubic() -> None:
    day = np.arange(12.0)
    columns = [1e-4 * (day - 3.0) ** 3, day, day**2, 0.0 * day, day - 5.0, 2.0 * day]
    table = EarthOrientationData.of(EarthOrientationSeries(58_000.0, 58_005.0, np.stack(columns, axis=1))).table
    t_day = np.linspace(0.0, 11.0, 89)
    rows = table.at(table.first_tai_s + t_day * 86_400.0)
    assert np.abs(rows[:, 0] - 1e-4 * (t_day - 3.0) ** 3).max() < 1e-12
    assert np.abs(rows[:, 2] - t_day**2).max() < 1e-10
    outside = table.at(np.array([table.first_tai_s - 1e6, table.last_tai_s + 1e6]))
    assert np.array_equal(outside, table.at(np.array([table.first_tai_s, table.last_tai_s])))


def test_the_source_and_the_uncertainty_are_told() -> None:
    measured, predicted = earth_orientation(at("2020-01-01")), earth_orientation(at("2027-01-01"))
    assert (measured.source, predicted.source) == (Ut1Source.MEASURED, Ut1Source.PREDICTED)
    held = earth_orientation(at("2030-01-01"))
    assert held.source is Ut1Source.HELD
    assert held.ut1_uncertainty_s > predicted.ut1_uncertainty_s > measured.ut1_uncertainty_s
    assert held.pole_uncertainty_rad > predicted.pole_uncertainty_rad > measured.pole_uncertainty_rad
    assert 0.05 < np.hypot(measured.pole_x_rad, measured.pole_y_rad) / ARCSECOND_RAD < 0.6
    assert earth_orientation(at("1972-06-01")).source is Ut1Source.HELD


def test_a_users_file_replaces_the_shipped_table(finals: Path, tmp_path: Path) -> None:
    lines = finals.read_text().splitlines()[18_000:18_400]
    slower = [f"{line[:58]}{float(line[58:68]) + 0.5:10.7f}{line[68:]}" for line in lines]
    path = tmp_path / "finals.all"
    path.write_text("\n".join(slower) + "\n")
    mine = load_earth_orientation(path)
    middle = np.array([0.5 * (mine.table.first_tai_s + mine.table.last_tai_s)])
    assert ut1_minus_tai_s(middle, mine)[0] - ut1_minus_tai_s(middle)[0] == pytest.approx(0.5, abs=1e-5)
    assert np.abs(dcm_itrf_from_gcrf(middle, mine) - dcm_itrf_from_gcrf(middle)).max() > 1e-5
    assert earth_orientation(float(middle[0]), mine).source is Ut1Source.MEASURED
    assert earth_orientation(at("2026-01-01"), mine).source is Ut1Source.HELD


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda lines: [*lines[:5], *lines[6:]], "does not follow"),
        (lambda lines: [*lines[:5], lines[5][:58] + " 0.x123456" + lines[5][68:], *lines[6:]], "line 6, column 59"),
        (lambda lines: lines[:3], "four are the least"),
        (lambda lines: ["é", *lines], "cannot be read"),
    ],
)
def test_a_damaged_file_is_refused(finals: Path, tmp_path: Path, damage: object, told: str) -> None:
    assert callable(damage)
    path = tmp_path / "finals.all"
    path.write_text("\n".join(damage(finals.read_text().splitlines()[:50])))
    with pytest.raises(InputError, match=told):
        load_earth_orientation(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_earth_orientation(tmp_path / "none")
