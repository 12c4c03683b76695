"""What is observed of a satellite, and how it depends on the satellite's state.

Every set of observations refers to the satellite's state at its own epochs. Light times are taken from the ranges that
were observed, which moves the satellite's epoch by less than a nanosecond for each decimetre of residual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2, SPEED_OF_LIGHT_M_S
from core.errors import InputError
from core.frames import rotate
from core.orbit.determination.laser_data import LaserPass
from core.orbit.determination.stations import TrackingStation
from core.orbit.determination.troposphere import LaserWeather, laser_delay_m

__all__ = [
    "AzimuthElevation",
    "LaserRange",
    "Observations",
    "Position",
    "Prediction",
    "RangeRate",
    "TwoWayRange",
    "laser_ranges",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """Predicted values (n, k), and their derivatives by position and velocity in GCRF (n, k, 6)."""

    values: FloatArray
    by_state: FloatArray


class Observations(Protocol):
    """A set of observations of one kind, from one place.

    ``t_tai_s`` (n,) are the epochs of the satellite; ``observed`` and ``sigma`` have shape (n, k) with k components, in
    SI. ``estimates_bias`` says whether a constant of each component is to be found with the orbit.
    """

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def t_tai_s(self) -> FloatArray: ...
    @property
    def observed(self) -> FloatArray: ...
    @property
    def sigma(self) -> FloatArray: ...
    @property
    def estimates_bias(self) -> bool: ...

    def predict(self, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> Prediction:
        """What a satellite at these positions and velocities (n, 3) would show."""
        ...

    def residual(self, predicted: FloatArray) -> FloatArray:
        """Observed minus predicted, (n, k); angles wrap."""
        ...

    def only(self, row: int) -> Observations:
        """One of the observations, as a set of its own."""
        ...


@dataclass(frozen=True)
class Position:
    """Positions in GCRF, m, shape (n, 3), as a GNSS receiver gives them after the turn out of ITRF."""

    t_tai_s: FloatArray
    observed: FloatArray
    sigma_m: float
    name: str = "position"
    unit: str = "m"
    estimates_bias: bool = False

    @property
    def sigma(self) -> FloatArray:
        """The standard deviation of every component."""
        return np.full_like(self.observed, self.sigma_m)

    def predict(self, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> Prediction:
        """The position itself."""
        by_state = np.zeros((len(r_gcrf_m), 3, 6))
        by_state[:, :, :3] = np.eye(3)
        return Prediction(r_gcrf_m, by_state)

    def residual(self, predicted: FloatArray) -> FloatArray:
        """Observed minus predicted."""
        return self.observed - predicted

    def only(self, row: int) -> Position:
        """One position."""
        return replace(self, t_tai_s=self.t_tai_s[row : row + 1], observed=self.observed[row : row + 1])


@dataclass(frozen=True)
class TwoWayRange:
    """Half the way of a signal from a station to the satellite and back, m, shape (n,), without media.

    ``t_tai_s`` is the time at the satellite.
    """

    station: TrackingStation
    t_tai_s: FloatArray
    range_m: FloatArray
    sigma_m: float
    estimates_bias: bool = False
    unit: str = "m"

    @property
    def name(self) -> str:
        """Kind and station."""
        return f"range {self.station.name}"

    @property
    def observed(self) -> FloatArray:
        """One column."""
        return self.range_m[:, np.newaxis]

    @property
    def sigma(self) -> FloatArray:
        """The standard deviation of every range."""
        return np.full((len(self.range_m), 1), self.sigma_m)

    def predict(self, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> Prediction:
        """Half of the way up, from where the station was, and down, to where it will be."""
        light_s = self.range_m / SPEED_OF_LIGHT_M_S
        values, by_position = np.zeros(len(light_s)), np.zeros((len(light_s), 3))
        for sign in (-1.0, 1.0):
            leg = r_gcrf_m - self.station.at(self.t_tai_s + sign * light_s).r_gcrf_m
            length = np.linalg.norm(leg, axis=1)
            values += 0.5 * length
            by_position += 0.5 * leg / length[:, np.newaxis]
        return Prediction(values[:, np.newaxis], _by_position(by_position))

    def residual(self, predicted: FloatArray) -> FloatArray:
        """Observed minus predicted."""
        return self.observed - predicted

    def only(self, row: int) -> TwoWayRange:
        """One range."""
        return replace(self, t_tai_s=self.t_tai_s[row : row + 1], range_m=self.range_m[row : row + 1])


@dataclass(frozen=True)
class LaserRange:
    """Laser ranges, m, shape (n,): two-way, through the air and the Sun's and Earth's curved space, to a reflector.

    ``centre_of_mass_m`` is how far the reflector stands before the satellite's centre.
    """

    geometric: TwoWayRange
    weather: LaserWeather
    wavelength_um: float
    centre_of_mass_m: float

    @property
    def name(self) -> str:
        """Kind and station."""
        return f"laser {self.geometric.station.name}"

    @property
    def unit(self) -> str:
        """Metres."""
        return "m"

    @property
    def t_tai_s(self) -> FloatArray:
        """Times of the bounce."""
        return self.geometric.t_tai_s

    @property
    def observed(self) -> FloatArray:
        """Half the two-way flight times the speed of light, one column."""
        return self.geometric.observed

    @property
    def sigma(self) -> FloatArray:
        """The standard deviation of every range."""
        return self.geometric.sigma

    @property
    def estimates_bias(self) -> bool:
        """Whether a constant of the station is estimated."""
        return self.geometric.estimates_bias

    def predict(self, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> Prediction:
        """Geometry, air, relativity and the offset of the reflector."""
        straight = self.geometric.predict(r_gcrf_m, v_gcrf_m_s)
        station = self.geometric.station
        elevation_rad = station.elevation_rad(self.t_tai_s, r_gcrf_m)
        air_m = laser_delay_m(self.weather, elevation_rad, station.latitude_rad, station.height_m, self.wavelength_um)
        to_station_m = np.full(len(r_gcrf_m), np.linalg.norm(station.r_itrf_m))
        bent_m = _shapiro_m(np.linalg.norm(r_gcrf_m, axis=1), to_station_m, straight.values[:, 0])
        added = air_m + bent_m - self.centre_of_mass_m
        return Prediction(straight.values + added[:, np.newaxis], straight.by_state)

    def residual(self, predicted: FloatArray) -> FloatArray:
        """Observed minus predicted."""
        return self.observed - predicted

    def only(self, row: int) -> LaserRange:
        """One range."""
        return replace(self, geometric=self.geometric.only(row), weather=self.weather.only(row))


def _shapiro_m(to_satellite_m: FloatArray, to_station_m: FloatArray, range_m: FloatArray) -> FloatArray:
    """What the Earth's mass adds to a range; IERS Conventions 2010, eq. 11.17."""
    around = to_satellite_m + to_station_m
    added: FloatArray = 2.0 * EARTH_MU_M3_S2 / SPEED_OF_LIGHT_M_S**2 * np.log((around + range_m) / (around - range_m))
    return added


def laser_ranges(
    passes: Sequence[LaserPass],
    station: TrackingStation,
    *,
    sigma_m: float,
    centre_of_mass_m: float,
    estimates_bias: bool = False,
) -> LaserRange:
    """The ranges of passes over one station, in the order of time.

    Args:
        passes: Passes over this station, in one wavelength.
        station: The station.
        sigma_m: Standard deviation of a normal point.
        centre_of_mass_m: How far the reflector stands before the satellite's centre.
        estimates_bias: Whether a constant of the station is estimated.
    Raises:
        InputError: No pass, or passes in different wavelengths.
    """
    wavelengths = {one.wavelength_um for one in passes}
    if len(wavelengths) != 1:
        raise InputError("passes", f"{len(passes)} passes in {len(wavelengths)} wavelengths; give one or more, in one")
    transmit = np.concatenate([one.transmit_tai_s for one in passes])
    flight = np.concatenate([one.flight_s for one in passes])
    order = np.argsort(transmit)
    geometric = TwoWayRange(
        station=station,
        t_tai_s=(transmit + 0.5 * flight)[order],
        range_m=0.5 * SPEED_OF_LIGHT_M_S * flight[order],
        sigma_m=sigma_m,
        estimates_bias=estimates_bias,
    )
    weather = LaserWeather(
        *(
            np.concatenate([getattr(one.weather, name) for one in passes])[order]
            for name in ("pressure_pa", "temperature_k", "humidity")
        )
    )
    return LaserRange(geometric, weather, wavelengths.pop(), centre_of_mass_m)


@dataclass(frozen=True)
class RangeRate:
    """How fast the distance to a station grows, m/s, shape (n,), instantaneous, at the time of the satellite."""

    station: TrackingStation
    t_tai_s: FloatArray
    range_rate_m_s: FloatArray
    sigma_m_s: float
    estimates_bias: bool = False
    unit: str = "m/s"

    @property
    def name(self) -> str:
        """Kind and station."""
        return f"range rate {self.station.name}"

    @property
    def observed(self) -> FloatArray:
        """One column."""
        return self.range_rate_m_s[:, np.newaxis]

    @property
    def sigma(self) -> FloatArray:
        """The standard deviation of every rate."""
        return np.full((len(self.range_rate_m_s), 1), self.sigma_m_s)

    def predict(self, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> Prediction:
        """Relative velocity along the line of sight."""
        path = self.station.at(self.t_tai_s)
        leg, speed = r_gcrf_m - path.r_gcrf_m, v_gcrf_m_s - path.v_gcrf_m_s
        length = np.linalg.norm(leg, axis=1, keepdims=True)
        towards = leg / length
        rate = np.einsum("ni,ni->n", towards, speed)[:, np.newaxis]
        by_state = np.concatenate([(speed - rate * towards) / length, towards], axis=1)[:, np.newaxis, :]
        return Prediction(rate, by_state)

    def residual(self, predicted: FloatArray) -> FloatArray:
        """Observed minus predicted."""
        return self.observed - predicted

    def only(self, row: int) -> RangeRate:
        """One rate."""
        return replace(self, t_tai_s=self.t_tai_s[row : row + 1], range_rate_m_s=self.range_rate_m_s[row : row + 1])


@dataclass(frozen=True)
class AzimuthElevation:
    """Azimuth from north through east and elevation, rad, shape (n, 2), geometric, corrected for refraction."""

    station: TrackingStation
    t_tai_s: FloatArray
    observed: FloatArray
    sigma_rad: float
    estimates_bias: bool = False
    unit: str = "rad"

    @property
    def name(self) -> str:
        """Kind and station."""
        return f"angles {self.station.name}"

    @property
    def sigma(self) -> FloatArray:
        """Standard deviations on the sky: an azimuth is less certain near the zenith."""
        sky = np.full_like(self.observed, self.sigma_rad)
        sky[:, 0] /= np.maximum(np.cos(self.observed[:, 1]), 1e-3)
        return sky

    def predict(self, r_gcrf_m: FloatArray, v_gcrf_m_s: FloatArray) -> Prediction:
        """Angles of the line of sight in the station's east, north, up axes."""
        path = self.station.at(self.t_tai_s)
        east, north, up = rotate(path.enu_from_gcrf, r_gcrf_m - path.r_gcrf_m).T
        level2 = east**2 + north**2
        level, range2 = np.sqrt(level2), level2 + up**2
        angles = np.stack([np.arctan2(east, north), np.arctan2(up, level)], axis=1)
        zero = np.zeros_like(east)
        by_enu = np.stack(
            [
                np.stack([north / level2, -east / level2, zero], axis=1),
                np.stack([-east * up / (level * range2), -north * up / (level * range2), level / range2], axis=1),
            ],
            axis=1,
        )
        by_state = np.zeros((len(east), 2, 6))
        by_state[:, :, :3] = by_enu @ path.enu_from_gcrf
        return Prediction(angles, by_state)

    def residual(self, predicted: FloatArray) -> FloatArray:
        """Observed minus predicted, within half a turn."""
        turned: FloatArray = (self.observed - predicted + np.pi) % (2.0 * np.pi) - np.pi
        return turned

    def only(self, row: int) -> AzimuthElevation:
        """One pair of angles."""
        return replace(self, t_tai_s=self.t_tai_s[row : row + 1], observed=self.observed[row : row + 1])


def _by_position(rows: FloatArray) -> FloatArray:
    """Derivatives by position alone, (n, 1, 6)."""
    by_state = np.zeros((len(rows), 1, 6))
    by_state[:, 0, :3] = rows
    return by_state
