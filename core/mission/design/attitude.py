"""The design of the attitude control: the body that turns, what turns it, and what must not be looked at.

Body axes of the reference bus: +z the payload's boresight (nadir when it points to nadir), +x forward along the velocity
then, +y against the orbit normal. The array turns about y; at angle zero its normal is -z (``solar_array.axis_body`` and
``normal_body``), so that sun pointing puts -z to the Sun and the payload away from it. The thrusters push along +x.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from core.mission.design.attitude_sensors import GnssReceiver, Gyro, Magnetometer, StarTracker, SunSensors
from core.mission.parts import Direction, Fraction, Identifier, MissionModel, NotNegative, Positive, Vector

__all__ = [
    "AttitudeControl",
    "AttitudeDesign",
    "BodyAxes",
    "FlexibleModes",
    "KeepOutBody",
    "KeepOutCone",
    "Plate",
    "Wheels",
]


class Wheels(MissionModel):
    """Reaction wheels, all alike: a pyramid about body z unless ``axes`` says otherwise."""

    count: Annotated[int, Field(ge=3, le=8)]
    momentum_capacity_n_m_s: Positive
    maximum_torque_n_m: Positive
    cant_deg: Annotated[float, Field(ge=0, le=90)]  # elevation of the wheel axes above the pyramid's base
    axes: tuple[Direction, ...] | None = None  # body axes, one per wheel
    rotor_inertia_kg_m2: Positive | None = None
    viscous_friction_n_m_s: NotNegative = 0.0  # torque per rad/s
    coulomb_friction_n_m: NotNegative = 0.0

    @model_validator(mode="after")
    def _axes_span_space(self) -> Wheels:
        if self.axes is None:
            return self
        if len(self.axes) != self.count:
            raise ValueError(f"axes has {len(self.axes)} directions; count is {self.count}")
        least = float(np.linalg.svd(np.array(self.axes), compute_uv=False)[-1])
        if least < 0.1:
            raise ValueError(f"axes leave a direction without torque: least singular value {least:.3f}, at least 0.1")
        return self


class Plate(MissionModel):
    """A flat surface that air and light push on. One that tracks the Sun is seen from both sides and turns with the array."""

    id: Identifier
    area_m2: Positive
    normal: Direction  # outward, body axes; the normal at array angle zero where it tracks the Sun
    centre_m: Vector  # centre of pressure, body axes
    specular: Fraction  # share of light mirrored
    diffuse: Fraction  # share of light scattered
    tracks_sun: bool = False

    @model_validator(mode="after")
    def _reflects_at_most_all(self) -> Plate:
        if self.specular + self.diffuse > 1.0:
            raise ValueError(f"specular + diffuse is {self.specular + self.diffuse:g}; at most 1 is reflected")
        return self


class BodyAxes(MissionModel):
    """Directions of the spacecraft that pointing modes speak of, body axes."""

    payload_boresight: Direction = (0.0, 0.0, 1.0)
    antenna_boresight: Direction = (0.0, 0.0, 1.0)
    thrust_axis: Direction = (1.0, 0.0, 0.0)  # of the force on the spacecraft


class KeepOutBody(StrEnum):
    """What a boresight must stay away from."""

    SUN = "sun"
    MOON = "moon"
    EARTH = "earth"


class KeepOutCone(MissionModel):
    """A direction of the body that stays away from a bright body: from the Earth's limb, from the others' centre."""

    id: Identifier
    boresight: Direction  # body axes
    body: KeepOutBody
    angle_deg: Annotated[float, Field(gt=0, lt=90, allow_inf_nan=False)]


class AttitudeControl(MissionModel):
    """Gains and limits of the on-board control."""

    bandwidth_hz: Annotated[float, Field(gt=0, le=0.1, allow_inf_nan=False)] = 0.02
    damping: Annotated[float, Field(ge=0.3, le=2, allow_inf_nan=False)] = 0.9
    step_s: Annotated[float, Field(gt=0, le=2, allow_inf_nan=False)] = 0.5
    slew_torque_share: Annotated[float, Field(gt=0, le=0.9)] = 0.7  # of the wheels' torque; the rest is for control
    maximum_acceleration_deg_s2: Positive | None = None
    settled_error_deg: Positive = 0.02
    unloading_time_s: Positive = 600.0  # time constant of momentum unloading where the field allows
    wheel_bias_share: Annotated[float, Field(ge=0, le=0.5)] = (
        0.15  # of capacity, turned against each other: no rotor rests
    )
    desaturation_share: Annotated[float, Field(gt=0.3, le=1)] = (
        0.9  # of a wheel's capacity: thrusters unload from there
    )
    detumble_above_deg_s: Positive = 2.0
    safe_spin_deg_s: NotNegative = 0.2


class FlexibleModes(MissionModel):
    """One bending mode about each body axis, coupled to the body's rotation."""

    frequency_hz: tuple[Positive, Positive, Positive]
    damping: Annotated[float, Field(ge=0, lt=1)]
    inertia_share: tuple[Fraction, Fraction, Fraction]  # of the body's inertia about the axis that bends with the mode


class AttitudeDesign(MissionModel):
    """What the attitude simulation needs beyond the bus's moments of inertia, wheels, torquers and slew rate."""

    products_of_inertia_kg_m2: Vector = (0.0, 0.0, 0.0)  # elements xy, xz, yz of the inertia matrix
    centre_of_mass_m: Vector = (0.0, 0.0, 0.0)
    axes: BodyAxes = BodyAxes()
    plates: tuple[Plate, ...] = ()
    residual_dipole_a_m2: Vector = (0.0, 0.0, 0.0)
    star_trackers: tuple[StarTracker, ...] = ()
    gyro: Gyro | None = None
    sun_sensors: SunSensors | None = None
    magnetometer: Magnetometer | None = None
    gnss: GnssReceiver | None = None
    control: AttitudeControl = AttitudeControl()
    keep_outs: tuple[KeepOutCone, ...] = ()
    flexible: FlexibleModes | None = None

    @model_validator(mode="after")
    def _names_are_distinct(self) -> AttitudeDesign:
        for field in ("plates", "star_trackers", "keep_outs"):
            ids = [one.id for one in getattr(self, field)]
            twice = sorted({one for one in ids if ids.count(one) > 1})
            if twice:
                raise ValueError(f"{field}: id used twice: {twice}")
        return self
