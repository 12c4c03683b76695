"""Which links of a relay network can be at each instant of demand, and how long they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.frames import azimuth_elevation, sez_from_itrf
from evals.planning.track import FloatArray

__all__ = ["Links", "Site", "ground_lengths_m", "space_lengths_m"]


@dataclass(frozen=True)
class Site:
    """A ground endpoint; latitude and longitude in radians, height in metres."""

    name: str
    geodetic_rad_m: tuple[float, float, float]
    elevation_rad: float


@dataclass(frozen=True)
class Links:
    """Lengths in metres, infinite where there can be no link.

    ``ground_m`` has shape (instants, sites, satellites), ``space_m`` (instants, satellites, satellites).
    """

    ground_m: FloatArray
    space_m: FloatArray


def ground_lengths_m(r_itrf_m: FloatArray, sites: tuple[Site, ...], range_m: float) -> FloatArray:
    """Slant ranges, shape (instants, sites, satellites), of positions of shape (satellites, instants, 3)."""
    return np.stack([_seen_m(r_itrf_m, one, range_m).T for one in sites], axis=1)


def _seen_m(r_itrf_m: FloatArray, site: Site, range_m: float) -> FloatArray:
    looks = azimuth_elevation(sez_from_itrf(r_itrf_m, *site.geodetic_rad_m))
    fit = (looks.elevation_rad >= site.elevation_rad) & (looks.range_m <= range_m)
    return np.where(fit, looks.range_m, np.inf)


def space_lengths_m(a_itrf_m: FloatArray, b_itrf_m: FloatArray, range_m: float, earth_m: float) -> FloatArray:
    """Distances, shape (instants, a, b), of positions (a, instants, 3) and (b, instants, 3) whose line clears the Earth."""
    a, b = a_itrf_m.swapaxes(0, 1)[:, :, None, :], b_itrf_m.swapaxes(0, 1)[:, None, :, :]
    apart = b - a
    length_m = np.linalg.norm(apart, axis=3)
    squared = np.maximum(length_m**2, 1.0)
    along = np.clip(-np.einsum("nijx,nijx->nij", np.broadcast_to(a, apart.shape), apart) / squared, 0.0, 1.0)
    nearest_m = np.linalg.norm(a + along[..., None] * apart, axis=3)
    fit: NDArray[np.bool_] = (length_m > 0.0) & (length_m <= range_m) & (nearest_m > earth_m)
    return np.where(fit, length_m, np.inf)
