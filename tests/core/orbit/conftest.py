"""Two orbits and their twins in skyfield, at an epoch whose UT1 both know from measurement."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from sgp4.api import WGS72, Satrec
from skyfield.api import EarthSatellite, load
from skyfield.timelib import Time, Timescale

from core.frames import shipped_earth_orientation
from core.mission.model import MeanElements
from core.orbit import Sgp4Orbit
from core.time import jd_tt, parse_utc

EPOCH = "2022-11-03T00:00:00Z"


@dataclass(frozen=True)
class Twin:
    """One orbit, ours and the peer's."""

    orbit: Sgp4Orbit
    peer: EarthSatellite
    timescale: Timescale

    def time(self, t_tai_s: NDArray[np.float64]) -> Time:
        """The peer's time of TAI seconds since J2000."""
        whole, part = np.array([jd_tt(float(t)) for t in np.atleast_1d(t_tai_s)]).T.copy()
        return self.timescale.tt_jd(whole, part)

    @staticmethod
    def tai_s(time: Time) -> NDArray[np.float64]:
        """TAI seconds since J2000 of the peer's time."""
        return np.asarray(((time.whole - 2_451_545.0) + time.tt_fraction) * 86_400.0 - 32.184)


def elements(motion: float, eccentricity: float, inclination_deg: float) -> MeanElements:
    return MeanElements(
        epoch_utc=parse_utc(EPOCH),
        mean_motion_rev_day=motion,
        eccentricity=eccentricity,
        inclination_deg=inclination_deg,
        raan_deg=19.8,
        argument_of_perigee_deg=270.0,
        mean_anomaly_deg=30.0,
        bstar_per_earth_radius=1e-4,
    )


def twin(el: MeanElements) -> Twin:
    timescale = load.timescale(builtin=True)
    # Skyfield's builtin tables have no polar motion: it gets the pole that we use.
    t_tai_s = 7.0e8 + 86_400.0 * np.arange(600.0)
    _, pole_x_rad, pole_y_rad, _, _, _ = shipped_earth_orientation().table.at(t_tai_s).T
    arcseconds = 648_000.0 / np.pi
    tt_jd = 2_451_545.0 + (t_tai_s + 32.184) / 86_400.0
    timescale.polar_motion_table = tt_jd, pole_x_rad * arcseconds, pole_y_rad * arcseconds
    orbit = Sgp4Orbit.from_elements(el)
    satrec = Satrec()
    satrec.sgp4init(
        WGS72,
        "i",
        1,
        float(orbit.native_elements[0]),
        el.bstar_per_earth_radius,
        0.0,
        0.0,
        el.eccentricity,
        math.radians(el.argument_of_perigee_deg),
        math.radians(el.inclination_deg),
        math.radians(el.mean_anomaly_deg),
        el.mean_motion_rev_day * 2.0 * math.pi / 1440.0,
        math.radians(el.raan_deg),
    )
    return Twin(orbit, EarthSatellite.from_satrec(satrec, timescale), timescale)


@pytest.fixture(scope="session", params=["low", "molniya"])
def twins(request: pytest.FixtureRequest) -> Twin:
    """A sun-synchronous orbit, then a deep-space one."""
    made = {"low": (15.14, 0.0012, 97.5), "molniya": (2.006, 0.7, 63.4)}
    return twin(elements(*made[request.param]))


@pytest.fixture(scope="session")
def low() -> Twin:
    """The sun-synchronous orbit."""
    return twin(elements(15.14, 0.0012, 97.5))
