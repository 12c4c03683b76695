"""A bus as the native attitude simulation takes it: SI, radians, body axes."""

from __future__ import annotations

import math
from enum import Enum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mission.design.attitude import AttitudeDesign, FlexibleModes, KeepOutBody, Wheels
from core.mission.model import Bus
from core.units import to_rad
from native import _core

__all__ = ["ControlLaw", "attitude_craft", "attitude_design", "inertia_kg_m2", "wheel_axes"]

FloatArray = NDArray[np.float64]

_ARCSEC: Final = math.pi / 648_000.0  # radians
_FULL_SPEED_RAD_S: Final = 628.3  # 6,000 rpm: rotors whose inertia is not given hold their momentum at it
_BODIES: Final = {KeepOutBody.SUN: 0, KeepOutBody.MOON: 1, KeepOutBody.EARTH: 2}


class ControlLaw(Enum):
    """How the error in attitude is fed back."""

    QUATERNION = 0
    MRP = 1  # modified Rodrigues parameters


def attitude_design(bus: Bus) -> AttitudeDesign:
    """The attitude section of a bus; without one a body without surfaces, dipole and sensors."""
    return bus.attitude or AttitudeDesign()


def inertia_kg_m2(bus: Bus) -> FloatArray:
    """Inertia matrix (3, 3), wheels locked."""
    xy, xz, yz = attitude_design(bus).products_of_inertia_kg_m2
    x, y, z = bus.inertia_kg_m2
    return np.array([[x, xy, xz], [xy, y, yz], [xz, yz, z]])


def wheel_axes(wheels: Wheels) -> FloatArray:
    """Spin axes in body axes, shape (count, 3): as given, or a pyramid about z between the other axes."""
    if wheels.axes is not None:
        return np.array(wheels.axes)
    cant_rad = to_rad(wheels.cant_deg)
    around_rad = math.pi / 4.0 + 2.0 * math.pi / wheels.count * np.arange(wheels.count)
    along, across = math.sin(cant_rad), math.cos(cant_rad)
    return np.stack([across * np.cos(around_rad), across * np.sin(around_rad), np.full(wheels.count, along)], axis=1)


@lru_cache(maxsize=32)
def attitude_craft(bus: Bus, law: ControlLaw = ControlLaw.QUATERNION) -> _core.AttitudeCraft:
    """The native spacecraft of a bus, made once.

    Raises:
        InputError: Wheels do not span space, or rotors and bending modes take more inertia than the body has.
    """
    design = attitude_design(bus)
    axes = design.axes
    parts: dict[str, object] = {
        "inertia_kg_m2": inertia_kg_m2(bus),
        "centre_of_mass_m": np.array(design.centre_of_mass_m),
        "residual_dipole_a_m2": np.array(design.residual_dipole_a_m2),
        "torquer_a_m2": np.full(3, bus.magnetorquer_a_m2),
        "drag_coefficient": bus.drag_coefficient,
        "plates": _rows(
            [[p.area_m2, *p.normal, *p.centre_m, p.specular, p.diffuse, float(p.tracks_sun)] for p in design.plates], 10
        ),
        "wheel_axes": wheel_axes(bus.wheels),
        "wheel": _wheel(bus.wheels),
        "jet_torques_n_m": _rows(
            [
                list(
                    np.cross(
                        t.position_m,
                        bus.propulsion.thrust_n * t.thrust_factor * np.array(t.measured_direction or t.direction),
                    )
                )
                for t in bus.propulsion.thrusters
            ],
            3,
        ),
        "trackers": _rows(_trackers(design), 9),
        "keep_outs": _rows([[*k.boresight, _BODIES[k.body], to_rad(k.angle_deg)] for k in design.keep_outs], 5),
        "axes": np.array(
            [
                axes.payload_boresight,
                axes.antenna_boresight,
                axes.thrust_axis,
                bus.solar_array.axis_body,
                bus.solar_array.normal_body,
            ]
        ),
        "gyro": _gyro(design),
        "coarse_sensors": np.array(
            [
                to_rad(design.sun_sensors.noise_deg) if design.sun_sensors else 0.0,
                design.magnetometer.noise_nt * 1.0e-9 if design.magnetometer else 0.0,
            ]
        ),
        "slew": _slew(bus, design),
        "control": _control(design, law),
        "bending": _bending(bus, design.flexible),
    }
    try:
        return _core.AttitudeCraft(parts)
    except _core.NativeError as error:
        raise InputError("attitude", str(error)) from error


def _rows(rows: list[list[float]], columns: int) -> FloatArray:
    return np.array(rows, dtype=np.float64).reshape(-1, columns)


def _wheel(wheels: Wheels) -> FloatArray:
    rotor_kg_m2 = wheels.rotor_inertia_kg_m2 or wheels.momentum_capacity_n_m_s / _FULL_SPEED_RAD_S
    return np.array(
        [
            wheels.momentum_capacity_n_m_s,
            wheels.maximum_torque_n_m,
            rotor_kg_m2,
            wheels.viscous_friction_n_m_s,
            wheels.coulomb_friction_n_m,
        ]
    )


def _trackers(design: AttitudeDesign) -> list[list[float]]:
    return [
        [
            *one.boresight,
            one.noise_arcsec * _ARCSEC,
            one.roll_noise_arcsec * _ARCSEC,
            to_rad(one.sun_exclusion_deg),
            to_rad(one.earth_exclusion_deg),
            to_rad(one.moon_exclusion_deg),
            to_rad(one.maximum_rate_deg_s),
        ]
        for one in design.star_trackers
    ]


def _gyro(design: AttitudeDesign) -> FloatArray:
    if design.gyro is None:
        return np.zeros(3)
    gyro = design.gyro
    return np.array(
        [
            to_rad(gyro.angle_random_walk_deg_sqrt_h) / 60.0,
            to_rad(gyro.rate_random_walk_deg_h_sqrt_h) / 3600.0 / 60.0,
            to_rad(gyro.bias_deg_h) / 3600.0,
        ]
    )


def _slew(bus: Bus, design: AttitudeDesign) -> FloatArray:
    limit = design.control.maximum_acceleration_deg_s2
    acceleration_rad_s2 = math.inf if limit is None else to_rad(limit)
    return np.array([bus.slew_rate_rad_s, acceleration_rad_s2, design.control.slew_torque_share, bus.settle_s])


def _control(design: AttitudeDesign, law: ControlLaw) -> FloatArray:
    control = design.control
    return np.array(
        [
            law.value,
            2.0 * math.pi * control.bandwidth_hz,
            control.damping,
            control.step_s,
            to_rad(control.settled_error_deg),
            control.unloading_time_s,
            control.desaturation_share,
            control.wheel_bias_share,
            to_rad(control.detumble_above_deg_s),
            to_rad(control.safe_spin_deg_s),
        ]
    )


def _bending(bus: Bus, flexible: FlexibleModes | None) -> FloatArray:
    if flexible is None:
        return np.zeros(7)
    coupling = np.sqrt(np.array(flexible.inertia_share) * np.array(bus.inertia_kg_m2))
    return np.array([*(2.0 * math.pi * np.array(flexible.frequency_hz)), *coupling, flexible.damping])
