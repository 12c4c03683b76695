"""The magnetic field beside an independent evaluation of IGRF-14, and where the model ends."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.attitude import GeomagneticSpanError, magnetic_field_gcrf_t, magnetic_field_itrf_t
from core.errors import InputError
from core.frames import dcm_itrf_from_gcrf, itrf_from_geodetic
from core.time import tai_s_from_utc

AUTHORITY = Path(__file__).parents[2] / "authorities" / "igrf" / "field.csv"


def test_the_field_is_that_of_an_independent_evaluation() -> None:
    """1e-3 nT: the model itself is good to some 100 nT; the reference is printed to 1e-4 nT."""
    rows = list(csv.DictReader(AUTHORITY.read_text().splitlines()))
    t_tai_s = np.array([tai_s_from_utc(datetime.fromisoformat(row["date_utc"]).replace(tzinfo=UTC)) for row in rows])
    latitude, longitude = (
        np.radians([float(row[f"{name}_deg"]) for row in rows]) for name in ("latitude", "longitude")
    )
    r_itrf_m = itrf_from_geodetic(latitude, longitude, np.array([float(row["height_m"]) for row in rows]))
    expected_nt = np.array([[float(row[f"{axis}_itrf_nt"]) for axis in "xyz"] for row in rows])
    assert np.abs(magnetic_field_itrf_t(t_tai_s, r_itrf_m) * 1.0e9 - expected_nt).max() < 1.0e-3


def test_the_field_in_gcrf_is_the_one_in_itrf_turned() -> None:
    t_tai_s = np.array([8.0e8, 8.0e8 + 40_000.0])
    r_gcrf_m = np.array([[7.0e6, 1.0e5, 2.0e6], [-1.0e6, 6.5e6, -2.0e6]])
    dcm = dcm_itrf_from_gcrf(t_tai_s)
    in_itrf = magnetic_field_itrf_t(t_tai_s, np.einsum("nij,nj->ni", dcm, r_gcrf_m))
    turned = np.einsum("nij,nj->ni", dcm, magnetic_field_gcrf_t(t_tai_s, r_gcrf_m))
    np.testing.assert_allclose(turned, in_itrf, rtol=1e-12)


def test_a_year_beyond_the_model_and_wrong_shapes_are_refused() -> None:
    late = tai_s_from_utc(datetime(2031, 5, 1, tzinfo=UTC))
    with pytest.raises(GeomagneticSpanError, match=r"2031.33 is outside IGRF-14") as raised:
        magnetic_field_itrf_t(np.array([late]), np.array([[7.0e6, 0.0, 0.0]]))
    assert raised.value.facts["last_year"] == 2030.0
    with pytest.raises(InputError, match="r_itrf_m"):
        magnetic_field_itrf_t(np.array([8.0e8, 8.0e8]), np.array([[7.0e6, 0.0, 0.0]]))
