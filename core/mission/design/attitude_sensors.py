"""The design of the attitude sensors: how well they measure, and what blinds them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.mission.parts import Direction, Identifier, MissionModel, NotNegative, Positive

__all__ = ["GnssReceiver", "Gyro", "Magnetometer", "StarTracker", "SunSensors"]

Exclusion = Annotated[float, Field(ge=0, le=90, allow_inf_nan=False)]


class StarTracker(MissionModel):
    """A star tracker; exclusion angles are from the boresight to the limb of the body that blinds it."""

    id: Identifier
    boresight: Direction  # body axes
    noise_arcsec: Positive  # across the boresight, one sigma
    roll_noise_arcsec: Positive  # about the boresight, one sigma
    sun_exclusion_deg: Exclusion
    earth_exclusion_deg: Exclusion
    moon_exclusion_deg: Exclusion = 0.0
    maximum_rate_deg_s: Positive = 3.0  # stars smear beyond it


class Gyro(MissionModel):
    """A three-axis rate gyro (Farrenkopf's model)."""

    angle_random_walk_deg_sqrt_h: Positive
    rate_random_walk_deg_h_sqrt_h: Positive  # how fast the bias wanders
    bias_deg_h: NotNegative  # one sigma at switch-on


class SunSensors(MissionModel):
    """Coarse sun sensors that see the whole sky."""

    noise_deg: Positive


class Magnetometer(MissionModel):
    """A three-axis magnetometer."""

    noise_nt: Positive


class GnssReceiver(MissionModel):
    """A GNSS receiver, one sigma on each axis."""

    position_noise_m: Positive
    velocity_noise_m_s: Positive
