"""Sunlight that the Earth sends back to a satellite, from a map of its mean reflectance."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from native import _core

__all__ = ["albedo_share", "reflectance_map"]

FloatArray = NDArray[np.float64]


@cache
def reflectance_map() -> FloatArray:
    """Mean reflectance of 2018 in steps of 10 degrees, from the south pole and from 180 degrees west, shape (18, 36).

    Source: CERES (NASA Langley Research Center), as given by Basilisk; see the file's heading.
    """
    path = files("core.thermal").joinpath("earth_albedo_2018.csv")
    with path.open("r", encoding="utf-8") as file:
        table = np.loadtxt(file, delimiter=",", comments="#")
    table.setflags(write=False)
    return np.asarray(table, dtype=np.float64)


def albedo_share(r_itrf_m: FloatArray, sun_itrf: FloatArray, reflectance: FloatArray | None = None) -> FloatArray:
    """Share of the sunlight that the visible Earth sends back, night side included, shape (n,).

    It is the flux on a plate that faces the Earth over sunlight times view factor; a plate of another tilt is taken to
    see the same share of its own view factor. The ground scatters as Lambert's law says.

    Args:
        r_itrf_m: Positions, shape (n, 3).
        sun_itrf: Unit vectors to the Sun, shape (n, 3).
        reflectance: Map in equal steps of latitude and longitude; default: :func:`reflectance_map`.
    Source: Gilmore, Spacecraft Thermal Control Handbook, 2nd ed., section 2.2; with a map of one value it agrees with
    an integral over the ground to 1 % of the sunlight reflected (test_albedo).
    """
    return _core.albedo_shares(r_itrf_m, sun_itrf, reflectance_map() if reflectance is None else reflectance)
