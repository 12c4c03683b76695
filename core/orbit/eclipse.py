"""The Earth's shadow: when a satellite enters and leaves it, and how much of the Sun it sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.frames import shipped_earth_orientation, sun_moon_ephemeris
from core.orbit.propagation import Orbit
from core.orbit.search import search
from native import _core

__all__ = ["Eclipse", "find_eclipses", "illumination"]


@dataclass(frozen=True)
class Eclipse:
    """A stay in the penumbra, with the umbra inside it where there is one."""

    start_tai_s: float
    end_tai_s: float
    umbra_start_tai_s: float | None
    umbra_end_tai_s: float | None


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def find_eclipses(orbit: Orbit, start_tai_s: float, end_tai_s: float) -> list[Eclipse]:
    """Eclipses by the Earth in time order; a conical shadow of a sphere of equatorial radius.

    The real Earth is flatter: over the poles an edge can come 3 s later and go 3 s earlier.

    Raises:
        InputError: The span is empty or longer than 400 days.
        PropagationError: SGP4 fails inside the span.
        EphemerisSpanError: The span leaves the years of the Sun's ephemeris, 1972 to 2099.
    """

    earth = shipped_earth_orientation().table

    def find(
        elements: NDArray[np.float64], epoch_tai_s: float, first_tai_s: float, last_tai_s: float
    ) -> NDArray[np.float64]:
        return _core.find_eclipses(elements, epoch_tai_s, first_tai_s, last_tai_s, earth, sun_moon_ephemeris())

    return [
        Eclipse(float(start), float(end), _known(float(umbra_start)), _known(float(umbra_end)))
        for start, end, umbra_start, umbra_end in search(orbit, start_tai_s, end_tai_s, find)
    ]


def illumination(r_gcrf_m: NDArray[np.float64], t_tai_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the Sun's disc that each position sees, 0 in the umbra to 1 in full sun, shape (n,).

    Args:
        r_gcrf_m: Positions, shape (n, 3).
        t_tai_s: TAI seconds since J2000, shape (n,).
    Source: Montenbruck and Gill, Satellite Orbits, section 3.4.2; the same shadow as :func:`find_eclipses`.
    """
    return _core.illumination(r_gcrf_m, t_tai_s, sun_moon_ephemeris())
