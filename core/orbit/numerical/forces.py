"""What acts on a satellite: the force model, the spacecraft's face to air and light, and the data of their time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.frames import (
    EarthOrientationData,
    dcm_cirs_from_gcrf,
    moon_position_gcrf_m,
    shipped_earth_orientation,
    sun_moon_ephemeris,
    tdb_s_from_tai_s,
)
from core.orbit.numerical.gravity import GravityField, TideSystem, gravity_model
from core.orbit.space_weather import SpaceWeather, shipped_space_weather, tai_minus_utc_s
from native import _core

__all__ = [
    "Atmosphere",
    "EmpiricalAcceleration",
    "EnvironmentData",
    "ForceModel",
    "Panel",
    "SpacecraftProperties",
    "satellite_of",
]

FloatArray = NDArray[np.float64]

_KNOT_S: Final = 10_800.0  # eight knots carry nutation to 1e-12 rad and the Moon to 1 m (test_sky_track)
_MARGIN_KNOTS: Final = 4


class Atmosphere(Enum):
    """The model of the air; all turn with the Earth."""

    NONE = 0
    EXPONENTIAL = 1  # Vallado, table 8-4
    HARRIS_PRIESTER = 2  # mean solar activity
    NRLMSISE00 = 3  # with space weather


@dataclass(frozen=True)
class EmpiricalAcceleration:
    """An acceleration of unknown cause in radial, transverse and normal directions, m/s2.

    A constant, and once per revolution with cosine and sine of the argument of latitude, which is counted from the
    ascending node on the equator of GCRF: orbits that lie in that equator have none.
    """

    constant_rtn_m_s2: tuple[float, float, float] = (0.0, 0.0, 0.0)
    cosine_rtn_m_s2: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sine_rtn_m_s2: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def native(self) -> FloatArray:
        """Rows of constant, cosine and sine parts, (3, 3)."""
        return np.array([self.constant_rtn_m_s2, self.cosine_rtn_m_s2, self.sine_rtn_m_s2], dtype=np.float64)


@dataclass(frozen=True)
class ForceModel:
    """The forces of a propagation.

    ``harris_priester_exponent`` goes from 2 for equatorial to 6 for polar orbits. Solid tides are step 1 of the IERS
    Conventions 2010; relativity is the Schwarzschild and Lense-Thirring terms. ``earth_radiation`` is the sunlight that
    the Earth scatters and its own heat, by zones and season (Knocke, Ries and Tapley 1988); it pushes as sunlight does, by
    the radiation area and coefficient or the panels. ``empirical`` is what a fit has found that these leave out.
    ``ocean_tides`` are the waves of FES2004 up to degree 8 (IERS Conventions 2010, section 6.3), without admittances.
    """

    gravity: GravityField = GravityField.EGM2008
    degree: int = 20
    order: int = 20
    sun: bool = True
    moon: bool = True
    solid_tides: bool = True
    relativity: bool = True
    radiation: bool = True
    moon_shadow: bool = True
    atmosphere: Atmosphere = Atmosphere.NRLMSISE00
    harris_priester_exponent: float = 4.0
    earth_radiation: bool = False
    empirical: EmpiricalAcceleration | None = None
    ocean_tides: bool = False

    @classmethod
    def kepler(cls) -> ForceModel:
        """A point mass and nothing else."""
        return cls.conservative(degree=0)

    @classmethod
    def conservative(cls, degree: int, gravity: GravityField = GravityField.EGM2008) -> ForceModel:
        """The Earth's field alone."""
        return cls(
            gravity=gravity,
            degree=degree,
            order=degree,
            sun=False,
            moon=False,
            solid_tides=False,
            relativity=False,
            radiation=False,
            atmosphere=Atmosphere.NONE,
        )


@dataclass(frozen=True)
class Panel:
    """A flat face. ``normal_rtn`` is fixed in radial, transverse, normal axes, or the panel turns to the Sun.

    ``diffuse`` and ``specular`` are the shares of light scattered and mirrored; the rest is absorbed.
    """

    area_m2: float
    normal_rtn: tuple[float, float, float] = (1.0, 0.0, 0.0)
    diffuse: float = 0.0
    specular: float = 0.0
    tracks_sun: bool = False


@dataclass(frozen=True)
class SpacecraftProperties:
    """Mass, and areas with their coefficients: of a sphere, or of ``panels`` where there are any.

    With panels the drag coefficient scales the area that the panels show to the wind, and the light's push follows from
    their optical properties alone.
    """

    mass_kg: float
    drag_area_m2: float = 0.0
    drag_coefficient: float = 2.2
    radiation_area_m2: float = 0.0
    radiation_coefficient: float = 1.3
    panels: tuple[Panel, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mass_kg) and self.mass_kg > 0.0):
            raise InputError("mass_kg", f"{self.mass_kg} kg is not positive")
        for name in ("drag_area_m2", "drag_coefficient", "radiation_area_m2", "radiation_coefficient"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise InputError(name, f"{value} is negative or not finite")
        for panel in self.panels:
            if panel.area_m2 < 0.0 or min(panel.diffuse, panel.specular, 1.0 - panel.diffuse - panel.specular) < 0.0:
                raise InputError("panels", f"{panel} has a negative area, or reflects more light than it gets")

    def native_areas(self) -> FloatArray:
        """Drag area and coefficient, radiation area and coefficient."""
        return np.array([self.drag_area_m2, self.drag_coefficient, self.radiation_area_m2, self.radiation_coefficient])

    def native_panels(self) -> FloatArray:
        """Rows: unit normal, area, diffuse, specular, whether it tracks the Sun."""
        rows = []
        for panel in self.panels:
            length = math.hypot(*panel.normal_rtn)
            if not length > 0.0:
                raise InputError("panels", f"a normal of {panel.normal_rtn} has no direction")
            normal = [c / length for c in panel.normal_rtn]
            rows.append([*normal, panel.area_m2, panel.diffuse, panel.specular, float(panel.tracks_sun)])
        return np.array(rows, dtype=np.float64).reshape(-1, 7)


@dataclass(frozen=True)
class EnvironmentData:
    """Tables that change with time: those that ship with the package, unless newer ones are given."""

    earth: EarthOrientationData = field(default_factory=shipped_earth_orientation)
    weather: SpaceWeather = field(default_factory=shipped_space_weather)


def satellite_of(
    forces: ForceModel,
    craft: SpacecraftProperties,
    data: EnvironmentData,
    start_tai_s: float,
    end_tai_s: float,
) -> _core.Satellite:
    """The native model of a spacecraft and its forces over a span of time (TAI seconds since J2000).

    Raises:
        InputError: A degree beyond the field.
        EphemerisSpanError: The span leaves 1972 to 2099.
    """
    tide_system = {TideSystem.TIDE_FREE: 0, TideSystem.ZERO_TIDE: 1}[forces.gravity.tide_system]
    needs_air = forces.atmosphere is Atmosphere.NRLMSISE00
    return _core.Satellite(
        gravity=gravity_model(forces.gravity, forces.degree, forces.order),
        sky=_sky_track(data.earth, math.floor(start_tai_s / _KNOT_S), math.ceil(end_tai_s / _KNOT_S)),
        sun=forces.sun,
        moon=forces.moon,
        solid_tides=forces.solid_tides,
        tide_system=tide_system,
        radiation=forces.radiation,
        moon_shadow=forces.moon_shadow,
        relativity=forces.relativity,
        drag=forces.atmosphere.value,
        harris_priester_exponent=forces.harris_priester_exponent,
        weather=data.weather.native if needs_air else None,
        tai_minus_utc_s=float(tai_minus_utc_s(np.array([start_tai_s]))[0]),
        areas=craft.native_areas(),
        panels=craft.native_panels(),
        earth_radiation=forces.earth_radiation,
        empirical=None if forces.empirical is None else forces.empirical.native(),
        ocean=_ocean_tide() if forces.ocean_tides else None,
    )


@cache
def _ocean_tide() -> _core.OceanTideTable:
    """The shipped table."""
    packaged = files("core.orbit.numerical").joinpath("fes2004.npz")
    with packaged.open("rb") as file, np.load(file, allow_pickle=False) as data:
        return _core.OceanTideTable(data["doodson"].astype(np.float64), data["rows"])


@lru_cache(maxsize=32)
def _sky_track(earth: EarthOrientationData, first_knot: int, last_knot: int) -> _core.SkyTrack:
    """Earth orientation, the Sun and the Moon at knots around a span, for interpolation."""
    t_tai_s: FloatArray = _KNOT_S * np.arange(
        first_knot - _MARGIN_KNOTS, last_knot + _MARGIN_KNOTS + 1, dtype=np.float64
    )
    moon_m = moon_position_gcrf_m(t_tai_s)
    sun_m = sun_moon_ephemeris().sun_gcrf_m(tdb_s_from_tai_s(t_tai_s))
    orientation = earth.table.at(t_tai_s)
    celestial = celestial_pole(dcm_cirs_from_gcrf(t_tai_s, earth))
    rows = np.column_stack([celestial, orientation[:, 1], orientation[:, 2], orientation[:, 0], sun_m, moon_m])
    return _core.SkyTrack(float(t_tai_s[0]), _KNOT_S, rows)


def celestial_pole(dcm_cirs_from_gcrf: FloatArray) -> FloatArray:
    """X, Y and the CIO locator s, rad, of rotations (n, 3, 3) into the celestial intermediate frame.

    Source: IERS Conventions 2010, eq. 5.6 to 5.10, read backwards.
    """
    x, y, z = dcm_cirs_from_gcrf[:, 2, 0], dcm_cirs_from_gcrf[:, 2, 1], dcm_cirs_from_gcrf[:, 2, 2]
    a = 1.0 / (1.0 + z)
    without_s = np.stack(
        [
            np.stack([1.0 - a * x * x, -a * x * y, -x], axis=1),
            np.stack([-a * x * y, 1.0 - a * y * y, -y], axis=1),
            np.stack([x, y, z], axis=1),
        ],
        axis=1,
    )
    turn = np.einsum("nij,nkj->nik", dcm_cirs_from_gcrf, without_s)
    found: FloatArray = np.stack([x, y, -np.arctan2(turn[:, 0, 1], turn[:, 0, 0])], axis=1)
    return found
