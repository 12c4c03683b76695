"""How the air delays laser light: zenith delay and mapping function of Mendes and Pavlis.

Source: Mendes and Pavlis, Geophysical Research Letters 31 (2004), L14602; Mendes et al. 29 (2002), 1414; both in IERS
Conventions 2010, section 9.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["LaserWeather", "laser_delay_m", "laser_mapping", "laser_zenith_delay_m"]

FloatArray = NDArray[np.float64]

_CO2: Final = 0.99995995  # 375 parts per million
_K0, _K1, _K2, _K3 = 238.0185, 19990.975, 57.362, 579.55174  # um-2; IERS Conventions 2010, eq. 9.6
_W0, _W1, _W2, _W3 = 295.235, 2.6422, -0.032380, 0.004028  # IERS Conventions 2010, eq. 9.9
# Rows a1, a2, a3; columns: constant, per degree Celsius, per cosine of latitude, per metre of height (table 9.1).
_MAPPING: Final = np.array(
    [
        [0.121008e-2, 0.17295e-5, 0.3191e-4, -0.18478e-7],
        [0.304965e-2, 0.2346e-5, -0.1035e-3, -0.1856e-7],
        [0.68777e-1, 0.1972e-4, -0.3458e-2, 0.1060e-6],
    ]
)
_ZERO_CELSIUS_K: Final = 273.15


@dataclass(frozen=True)
class LaserWeather:
    """Weather at a laser station at each observation, shapes (n,): pressure, temperature, relative humidity 0 to 1."""

    pressure_pa: FloatArray
    temperature_k: FloatArray
    humidity: FloatArray

    @property
    def vapour_pressure_pa(self) -> FloatArray:
        """Partial pressure of water vapour, with the enhancement of air.

        Source: Davis, Metrologia 29 (1992), 67, appendix: the equation of CIPM-81/91.
        """
        t, celsius = self.temperature_k, self.temperature_k - _ZERO_CELSIUS_K
        saturated = np.exp(1.2378847e-5 * t**2 - 1.9121316e-2 * t + 33.93711047 - 6.3431645e3 / t)
        enhancement = 1.00062 + 3.14e-8 * self.pressure_pa + 5.6e-7 * celsius**2
        vapour: FloatArray = self.humidity * saturated * enhancement
        return vapour

    def only(self, row: int) -> LaserWeather:
        """The weather of one observation."""
        one = slice(row, row + 1)
        return LaserWeather(self.pressure_pa[one], self.temperature_k[one], self.humidity[one])


def laser_delay_m(
    weather: LaserWeather, elevation_rad: FloatArray, latitude_rad: float, height_m: float, wavelength_um: float
) -> FloatArray:
    """One-way delay along the line of sight, m, shape (n,); good to 7 mm above 10 degrees of elevation."""
    zenith_m = laser_zenith_delay_m(
        weather.pressure_pa, weather.vapour_pressure_pa, latitude_rad, height_m, wavelength_um
    )
    return zenith_m * laser_mapping(elevation_rad, weather.temperature_k, latitude_rad, height_m)


def laser_zenith_delay_m(
    pressure_pa: FloatArray,
    vapour_pressure_pa: FloatArray,
    latitude_rad: float,
    height_m: float,
    wavelength_um: float,
) -> FloatArray:
    """Hydrostatic and wet delay at the zenith, m, shape (n,).

    Source: IERS Conventions 2010, eq. 9.4 to 9.9; agrees with the test case of its routine FCUL_ZD_HPA to 4e-6 m.
    """
    s2 = 1.0 / wavelength_um**2
    site = 1.0 - 0.00266 * np.cos(2.0 * latitude_rad) - 0.00000028 * height_m
    dry = _K1 * (_K0 + s2) / (_K0 - s2) ** 2 + _K3 * (_K2 + s2) / (_K2 - s2) ** 2
    dry *= 0.01 * _CO2
    wet = 0.003101 * (_W0 + 3.0 * _W1 * s2 + 5.0 * _W2 * s2**2 + 7.0 * _W3 * s2**3)
    pressure_hpa, vapour_hpa = pressure_pa / 100.0, vapour_pressure_pa / 100.0
    delay: FloatArray = (0.002416579 * dry * pressure_hpa + 1e-4 * (5.316 * wet - 3.759 * dry) * vapour_hpa) / site
    return delay


def laser_mapping(
    elevation_rad: FloatArray, temperature_k: FloatArray, latitude_rad: float, height_m: float
) -> FloatArray:
    """Delay at an elevation over delay at the zenith, shape (n,).

    Source: IERS Conventions 2010, eq. 9.10 (FCULa); agrees with its routine FCULA to 1e-12.
    """
    celsius = np.asarray(temperature_k) - _ZERO_CELSIUS_K
    a1, a2, a3 = (row[0] + row[1] * celsius + row[2] * np.cos(latitude_rad) + row[3] * height_m for row in _MAPPING)
    s = np.sin(elevation_rad)
    mapping: FloatArray = (1.0 + a1 / (1.0 + a2 / (1.0 + a3))) / (s + a1 / (s + a2 / (s + a3)))
    return mapping
