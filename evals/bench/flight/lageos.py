"""A day of laser ranges of Lageos-2 that is fitted here and by peers: normal points, stations, first guess, our fit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.frames import gcrf_from_eme2000
from core.orbit.determination import (
    Estimate,
    LaserPass,
    OrbitFit,
    StationCoordinates,
    TrackingStation,
    fit_orbit,
    laser_ranges,
    parse_crd,
    parse_sinex,
)
from core.orbit.numerical import Atmosphere, CartesianState, ForceModel, SpacecraftProperties
from core.time import parse_ascii
from evals.bench.reference import reference_data

__all__ = [
    "AREA_M2",
    "CENTRE_OF_MASS_M",
    "EPOCH",
    "MASS_KG",
    "RADIATION_COEFFICIENT",
    "first_guess",
    "fit_of_ours",
    "laser_passes",
    "rms_m",
    "station_coordinates",
]

FloatArray = NDArray[np.float64]

# The case of Orekit's NumericalOrbitDeterminationTest.testLageos2 (od_test_Lageos2.in).
EPOCH: Final = "2016-02-13T16:00:00Z"
MASS_KG: Final = 405.38
AREA_M2: Final = 0.2827
RADIATION_COEFFICIENT: Final = 1.134
CENTRE_OF_MASS_M: Final = 0.251  # ILRS, LAGEOS centre-of-mass correction
_POSITION_EME2000_M: Final = (7526990.0, -9646310.0, 1464110.0)
_VELOCITY_EME2000_M_S: Final = (3033.0, 1715.0, -4447.0)


def laser_passes() -> list[LaserPass]:
    """The normal points, in passes."""
    return parse_crd((_folder() / "lageos2_20160214.npt").read_text())


@cache
def station_coordinates() -> Mapping[int, StationCoordinates]:
    """Every station of SLRF2014, with its eccentricity."""
    return parse_sinex(
        (_folder() / "SLRF2014_POS+VEL_2030.0_200428.snx").read_text(), (_folder() / "ecc_une.snx").read_text()
    )


def first_guess() -> CartesianState:
    """Where both fits begin, some kilometres from the orbit."""
    return CartesianState(
        parse_ascii(EPOCH),
        gcrf_from_eme2000(np.array(_POSITION_EME2000_M)),
        gcrf_from_eme2000(np.array(_VELOCITY_EME2000_M_S)),
    )


def fit_of_ours(passes: list[LaserPass]) -> OrbitFit:
    """One fit of state and radiation coefficient to all ranges, without station biases."""
    start = first_guess()
    observations = [
        laser_ranges(
            [one for one in passes if one.station == code],
            TrackingStation(str(code), station_coordinates()[code].at(start.t_tai_s)),
            sigma_m=0.02,
            centre_of_mass_m=CENTRE_OF_MASS_M,
        )
        for code in sorted({one.station for one in passes})
    ]
    return fit_orbit(
        start,
        observations,
        SpacecraftProperties(MASS_KG, AREA_M2, 2.0, AREA_M2, RADIATION_COEFFICIENT),
        ForceModel(atmosphere=Atmosphere.NONE),
        estimate=Estimate(radiation_coefficient=True, coefficient_sigma=0.1),
    )


def rms_m(residuals_m: FloatArray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(residuals_m**2)))


def _folder() -> Path:
    return reference_data() / "flight/orekit/orbit-determination/Lageos2"
