"""Calibration and maintenance of a spacecraft: which attitude each work needs, for how long, and in which light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.orbit import Orbit, find_eclipses
from core.plan.activity import PointingMode

__all__ = ["NEEDS", "Light", "Need", "Work", "light_windows"]


class Work(StrEnum):
    """What is calibrated or maintained."""

    STAR_TRACKER_CALIBRATION = "star_tracker_calibration"
    GYRO_CALIBRATION = "gyro_calibration"
    SUN_SENSOR_CALIBRATION = "sun_sensor_calibration"
    MAGNETOMETER_CALIBRATION = "magnetometer_calibration"
    IMAGER_DARK_CALIBRATION = "imager_dark_calibration"
    WHEEL_MAINTENANCE = "wheel_maintenance"
    COMPUTER_MAINTENANCE = "computer_maintenance"


class Light(StrEnum):
    """Where in its orbit a spacecraft has to be."""

    ANY = "any"
    SUNLIT = "sunlit"  # outside the penumbra
    DARK = "dark"  # inside the umbra


@dataclass(frozen=True)
class Need:
    """An attitude that is held, for how long by default, in which light; nothing else is done meanwhile."""

    pointing: PointingMode
    duration_s: float
    light: Light
    words: str


# Durations are assumed: usual ones of the class of the reference mission, and an operator may say others.
NEEDS: Final[Mapping[Work, Need]] = {
    Work.STAR_TRACKER_CALIBRATION: Need(
        PointingMode.INERTIAL, 1200.0, Light.DARK, "calibration of the star trackers on stars, with no stray sunlight"
    ),
    Work.GYRO_CALIBRATION: Need(
        PointingMode.INERTIAL, 1800.0, Light.ANY, "calibration of the gyro's bias in an attitude that does not turn"
    ),
    Work.SUN_SENSOR_CALIBRATION: Need(
        PointingMode.SUN, 1200.0, Light.SUNLIT, "calibration of the Sun sensors on the whole Sun"
    ),
    Work.MAGNETOMETER_CALIBRATION: Need(
        PointingMode.NADIR, 5700.0, Light.ANY, "calibration of the magnetometer over a revolution's range of fields"
    ),
    Work.IMAGER_DARK_CALIBRATION: Need(
        PointingMode.NADIR, 300.0, Light.DARK, "dark calibration of the imager over the night side"
    ),
    Work.WHEEL_MAINTENANCE: Need(PointingMode.NADIR, 1800.0, Light.ANY, "maintenance of the reaction wheels"),
    Work.COMPUTER_MAINTENANCE: Need(PointingMode.NADIR, 1800.0, Light.ANY, "maintenance of the on-board computer"),
}


def light_windows(orbit: Orbit, light: Light, start_tai_s: float, end_tai_s: float) -> list[tuple[float, float]]:
    """Stretches of a span in which an orbit has some light, in order, TAI seconds since J2000.

    Raises:
        PropagationError: The orbit cannot be propagated over the span.
    """
    if light is Light.ANY:
        return [(start_tai_s, end_tai_s)]
    eclipses = find_eclipses(orbit, start_tai_s, end_tai_s)
    if light is Light.DARK:
        return [
            (one.umbra_start_tai_s, one.umbra_end_tai_s)
            for one in eclipses
            if one.umbra_start_tai_s is not None and one.umbra_end_tai_s is not None
        ]
    begins = [start_tai_s, *(one.end_tai_s for one in eclipses)]
    ends = [*(one.start_tai_s for one in eclipses), end_tai_s]
    return [(begin, end) for begin, end in zip(begins, ends, strict=True) if begin < end]
