"""Rest-to-rest turns between attitudes: how long they take and where they go, round forbidden cones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.attitude.craft import attitude_craft, attitude_design
from core.attitude.quaternion import from_rotation_vector, multiply, out_of_body
from core.errors import InputError, PhysicsError
from core.mission.design.attitude import KeepOutBody
from core.mission.model import Bus
from core.units import to_deg, to_rad
from native import _core

__all__ = ["KeepOutError", "Sky", "SlewLeg", "SlewPlan", "plan_slew", "slew_between_s"]

FloatArray = NDArray[np.float64]


class KeepOutError(PhysicsError):
    """A boresight would enter its forbidden cone; ``facts`` hold ``keep_out``, ``angle_rad`` and ``limit_rad``."""

    default_code = "keep-out"


@dataclass(frozen=True)
class Sky:
    """Directions of the bright bodies from the spacecraft, GCRF (3,), and the angle of the Earth's limb from its centre."""

    sun_gcrf: FloatArray | None = None
    moon_gcrf: FloatArray | None = None
    earth_gcrf: FloatArray | None = None
    earth_limb_rad: float = 0.0

    def direction(self, body: KeepOutBody) -> FloatArray | None:
        """Where a body is; None where the caller did not say."""
        return {
            KeepOutBody.SUN: self.sun_gcrf,
            KeepOutBody.MOON: self.moon_gcrf,
            KeepOutBody.EARTH: self.earth_gcrf,
        }[body]


@dataclass(frozen=True)
class SlewLeg:
    """A turn about one body axis from rest to rest: acceleration, coast at the rate, and braking."""

    axis: FloatArray
    angle_rad: float
    acceleration_rad_s2: float
    rate_rad_s: float
    duration_s: float
    q_end: FloatArray

    def turned_rad(self, since_s: float) -> float:
        """Angle turned after a time in the leg."""
        t_s, ramp_s = min(max(since_s, 0.0), self.duration_s), self.rate_rad_s / self.acceleration_rad_s2
        if t_s < ramp_s:
            return 0.5 * self.acceleration_rad_s2 * t_s**2
        left_s = self.duration_s - t_s
        if left_s < ramp_s:
            return self.angle_rad - 0.5 * self.acceleration_rad_s2 * left_s**2
        return self.rate_rad_s * (t_s - 0.5 * ramp_s)


@dataclass(frozen=True)
class SlewPlan:
    """Legs of a turn, and the time in which the spacecraft settles after it."""

    legs: tuple[SlewLeg, ...]
    settle_s: float

    @property
    def turning_s(self) -> float:
        """Duration without settling."""
        return sum(leg.duration_s for leg in self.legs)

    @property
    def duration_s(self) -> float:
        """Duration with settling."""
        return self.turning_s + (self.settle_s if self.turning_s > 0.0 else 0.0)

    def attitude(self, since_s: float) -> FloatArray:
        """Attitude (4,) a time after the start."""
        for leg in self.legs:
            if since_s < leg.duration_s:
                return multiply(from_rotation_vector((leg.turned_rad(since_s) - leg.angle_rad) * leg.axis), leg.q_end)
            since_s -= leg.duration_s
        return self.legs[-1].q_end


def plan_slew(bus: Bus, q_from: FloatArray, q_to: FloatArray, sky: Sky | None = None) -> SlewPlan:
    """The turn that the control would fly between two inertial attitudes (4,): the same code as the flight.

    The wheels' torque share and half of their momentum, the slew rate and the acceleration limit bound it. With a sky
    it goes round the keep-out cones of the bodies whose directions are given.

    Raises:
        KeepOutError: An end lies inside a cone, or no turn of one or two legs stays outside.
        InputError: Not quaternions.
    Source: Wie, Space Vehicle Dynamics and Control, 2nd edition (2008), section 7.3; Sidi (1997), section 7.2.
    """
    around = sky or Sky()
    for q in (q_from, q_to):
        _refuse_inside(bus, q, around)
    bodies = [around.direction(body) for body in (KeepOutBody.SUN, KeepOutBody.MOON, KeepOutBody.EARTH)]
    directions = np.array([np.zeros(3) if one is None else one for one in bodies])
    try:
        rows = attitude_craft(bus).plan_slew(q_from, q_to, np.zeros(3), directions, around.earth_limb_rad)
    except _core.NativeError as error:
        if error.code == 30:
            raise KeepOutError(f"{error} (slew rate {to_deg(bus.slew_rate_rad_s):g} deg/s)") from error
        raise InputError("attitude", str(error)) from error
    return SlewPlan(tuple(_leg(row) for row in rows), bus.settle_s)


def _leg(row: FloatArray) -> SlewLeg:
    angle_rad, acceleration_rad_s2, rate_rad_s, duration_s = (float(value) for value in row[3:7])
    return SlewLeg(row[:3], angle_rad, acceleration_rad_s2, rate_rad_s, duration_s, row[8:12])


def slew_between_s(bus: Bus, q_from: FloatArray, q_to: FloatArray, sky: Sky | None = None) -> float:
    """How long the turn between two inertial attitudes takes, settling included; errors as :func:`plan_slew`."""
    return plan_slew(bus, q_from, q_to, sky).duration_s


def _refuse_inside(bus: Bus, q: FloatArray, sky: Sky) -> None:
    for cone in attitude_design(bus).keep_outs:
        body = sky.direction(cone.body)
        if body is None:
            continue
        boresight = out_of_body(q, np.array(cone.boresight))
        angle_rad = float(np.arctan2(np.linalg.norm(np.cross(boresight, body)), boresight @ body))
        limit_rad = to_rad(cone.angle_deg) + (sky.earth_limb_rad if cone.body is KeepOutBody.EARTH else 0.0)
        if angle_rad < limit_rad:
            raise KeepOutError(
                f"{cone.id} points {to_deg(angle_rad):.1f} deg from the {cone.body.value}; "
                f"at least {to_deg(limit_rad):.1f} deg are needed",
                keep_out=cone.id,
                angle_rad=angle_rad,
                limit_rad=limit_rad,
            )
