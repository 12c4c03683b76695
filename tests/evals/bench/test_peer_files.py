"""The files that are written for peers hold what our own tables do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.polynomial import chebyshev

from core.frames import sun_moon_ephemeris
from core.time import J2000_JD
from evals.bench.flight.finals_file import finals2000a
from evals.bench.flight.planets_file import jpl_file

RECORD = 1018  # numbers in a record of DE430, whose header names where the bodies stand in it
MOON_FROM, MOON_TERMS, MOON_PIECES = 441, 13, 8
SUN_FROM, SUN_TERMS, SUN_PIECES = 753, 11, 2
STEP_DAY = 32.0


def _position_km(record: np.ndarray, start: int, terms: int, pieces: int, day: float) -> np.ndarray:
    length = STEP_DAY / pieces
    piece = int(day // length)
    series = record[start - 1 :][piece * 3 * terms : (piece + 1) * 3 * terms].reshape(3, terms)
    return np.asarray(chebyshev.chebval(2.0 * (day - piece * length) / length - 1.0, series.T))


def test_the_planets_file_holds_our_sun_and_moon(reference_data: Path) -> None:
    head = (reference_data / "flight/orekit/regular-data/de430-ephemeris/lnxp2023.430").read_bytes()
    first_jd = 2_457_407.5
    records = np.frombuffer(jpl_file(head, first_jd, records=2), "<f8").reshape(-1, RECORD)[2:]
    assert records[:, :2].tolist() == [[first_jd, first_jd + 32.0], [first_jd + 32.0, first_jd + 64.0]]
    sky = sun_moon_ephemeris()
    for index, day in ((0, 0.3), (0, 24.0), (1, 31.9)):
        t_tdb_s = np.array([86_400.0 * (first_jd - J2000_JD + STEP_DAY * index + day)])
        moon_km = _position_km(records[index], MOON_FROM, MOON_TERMS, MOON_PIECES, day)
        sun_km = _position_km(records[index], SUN_FROM, SUN_TERMS, SUN_PIECES, day)
        np.testing.assert_allclose(moon_km, sky.moon_gcrf_m(t_tdb_s)[0] / 1000.0, atol=0.1)
        # Ten terms over sixteen days leave out the month that the Earth itself makes about the common centre.
        np.testing.assert_allclose(sun_km, sky.sun_gcrf_m(t_tdb_s)[0] / 1000.0, atol=50.0)


def test_ut1_minus_utc_stays_below_a_second_over_leap_seconds() -> None:
    for first in (
        datetime(2016, 2, 1, tzinfo=UTC),
        datetime(2016, 12, 30, tzinfo=UTC),
        datetime(2022, 9, 1, tzinfo=UTC),
    ):
        for line in finals2000a(first, 4).splitlines():
            assert abs(float(line[58:68])) < 0.9
