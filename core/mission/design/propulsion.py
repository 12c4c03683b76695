"""The design of the propulsion: tank, thrusters, an electric option; and the dry mass that it pushes."""

from __future__ import annotations

import math
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final

from pydantic import Field, model_validator

from core.mission.parts import Direction, Fraction, Identifier, MissionModel, Name, NotNegative, Number, Positive

__all__ = ["BurnControl", "ElectricThruster", "MassItem", "Propulsion", "Tank", "Thruster", "ThrusterCurve"]

_MOST_MISALIGNED_DEG: Final = 5.0
_BLOWDOWN_AGREEMENT: Final = 0.03  # end pressure of the tank's gas law against the one stated
_THRUST_AGREEMENT: Final = 0.02  # the curve at begin-of-life pressure against thrust_n and specific_impulse_s

Coordinate = Annotated[float, Field(ge=-20.0, le=20.0)]  # of a part; a spacecraft is smaller


class MassItem(MissionModel):
    """One line of the dry-mass budget."""

    item: Name
    mass_kg: Positive


class Tank(MissionModel):
    """A tank of hydrazine under a fixed amount of gas.

    Density falls linearly with temperature; vapour pressure follows Clausius and Clapeyron between two points.
    """

    volume_m3: Positive
    loaded_at_degc: Annotated[float, Field(ge=0, le=60)]  # of the fill to pressure_begin_pa
    density_25c_kg_m3: Positive = 1003.6  # CRC Handbook of Chemistry and Physics, 97th ed., 3-298: hydrazine
    density_slope_kg_m3_k: Number = -0.87  # Schmidt, Hydrazine and its Derivatives, 2nd ed., density of the liquid
    vapour_25c_pa: NotNegative = 1918.0  # 14.4 mmHg: Schmidt, Hydrazine and its Derivatives, 2nd ed.
    boiling_k: Positive = 386.7  # CRC Handbook, 97th ed., 3-298: 113.55 degC at 101 325 Pa
    node: Identifier = "tank"  # thermal node


class BurnControl(StrEnum):
    """What holds the attitude against the torque of a burn."""

    OFF_PULSING = "off_pulsing"  # thrusters are shut for short whiles
    WHEELS = "wheels"  # all thrusters stay open, wheels take the torque


class Thruster(MissionModel):
    """Where a thruster sits, and which way it pushes the spacecraft; as drawn, and as measured after assembly."""

    id: Identifier
    position_m: tuple[Coordinate, Coordinate, Coordinate]  # body axes, from the centre of mass
    direction: Direction  # of the force on the spacecraft
    measured_direction: Direction | None = None  # the same as aligned; as drawn where it has not been measured
    thrust_factor: Annotated[float, Field(ge=0.8, le=1.2)] = 1.0  # its thrust over that of the curve

    @model_validator(mode="after")
    def _is_aligned(self) -> Thruster:
        measured = self.measured_direction or self.direction
        cosine = sum(a * b for a, b in zip(measured, self.direction, strict=True))
        off_deg = math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
        if off_deg > _MOST_MISALIGNED_DEG:
            raise ValueError(
                f"thruster {self.id}: measured_direction is {off_deg:.1f} deg from direction; at most "
                f"{_MOST_MISALIGNED_DEG:g} deg is a misalignment"
            )
        return self


class ThrusterCurve(MissionModel):
    """What one thruster gives over inlet pressure, and how it may be used."""

    pressure_pa: tuple[Positive, ...] = Field(min_length=2)
    thrust_n: tuple[Positive, ...]
    specific_impulse_s: tuple[Positive, ...]
    reference_degc: Number = 20.0  # propellant temperature of the curve
    thrust_per_k: Number = 0.0  # relative change per kelvin of the propellant
    specific_impulse_per_k: Number = 0.0
    minimum_on_s: Positive
    maximum_duty: Annotated[float, Field(gt=0, le=1)] = 1.0
    valve_cycle_life: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _curves_hold(self) -> ThrusterCurve:
        for name, values in (("pressure_pa", self.pressure_pa), ("thrust_n", self.thrust_n)):
            for low, high in pairwise(values):
                if not low < high:
                    raise ValueError(f"{name} must increase: {low:g} is followed by {high:g}")
        for name, values in (("thrust_n", self.thrust_n), ("specific_impulse_s", self.specific_impulse_s)):
            if len(values) != len(self.pressure_pa):
                raise ValueError(f"{name} has {len(values)} values for {len(self.pressure_pa)} of pressure_pa")
        return self


class ElectricThruster(MissionModel):
    """An electric thruster beside the chemical ones, with its own propellant."""

    power_w: Positive
    thrust_n: Positive
    specific_impulse_s: Positive
    propellant_mass_kg: Positive
    efficiency: Fraction  # jet power over electrical power

    @model_validator(mode="after")
    def _makes_no_energy(self) -> ElectricThruster:
        jet_w = 0.5 * self.thrust_n * self.specific_impulse_s * 9.80665  # standard gravity, 3rd CGPM (1901)
        if abs(jet_w - self.efficiency * self.power_w) > 0.05 * self.power_w:
            raise ValueError(
                f"efficiency {self.efficiency:g} of {self.power_w:g} W does not make the jet's {jet_w:.0f} W: half of "
                "thrust times specific impulse times standard gravity"
            )
        return self


class Propulsion(MissionModel):
    """A monopropellant blowdown system."""

    propellant_mass_kg: Positive
    thruster_count: Annotated[int, Field(ge=1, le=64)]
    thrust_n: Positive  # of one thruster, at begin-of-life pressure
    specific_impulse_s: Positive
    pressure_begin_pa: Positive
    pressure_end_pa: Positive
    reserve_kg: NotNegative  # kept for collision avoidance and disposal
    maximum_burn_s: Positive
    tank: Tank
    thrusters: tuple[Thruster, ...] = Field(min_length=1, max_length=64)
    curve: ThrusterCurve
    burn_control: BurnControl = BurnControl.OFF_PULSING
    plume_keep_out_deg: Annotated[float, Field(ge=0, lt=90)]  # half angle about each jet that nothing may enter
    electric: ElectricThruster | None = None

    @model_validator(mode="after")
    def _parts_fit(self) -> Propulsion:
        if len(self.thrusters) != self.thruster_count:
            raise ValueError(
                f"thruster_count {self.thruster_count} is not the number of thrusters, {len(self.thrusters)}"
            )
        ids = [one.id for one in self.thrusters]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"thrusters: id used twice: {twice}")
        if not self.pressure_end_pa < self.pressure_begin_pa:
            raise ValueError(
                f"pressure_end_pa {self.pressure_end_pa:g} Pa must be below pressure_begin_pa {self.pressure_begin_pa:g} Pa"
            )
        if self.reserve_kg > self.propellant_mass_kg:
            raise ValueError(
                f"reserve_kg {self.reserve_kg:g} kg exceeds propellant_mass_kg {self.propellant_mass_kg:g} kg"
            )
        self._tank_fits()
        self._curve_fits()
        return self

    def _tank_fits(self) -> None:
        density = self.tank.density_25c_kg_m3 + self.tank.density_slope_kg_m3_k * (self.tank.loaded_at_degc - 25.0)
        liquid_m3 = self.propellant_mass_kg / density
        if liquid_m3 >= self.tank.volume_m3:
            raise ValueError(
                f"propellant_mass_kg {self.propellant_mass_kg:g} kg needs {1e3 * liquid_m3:.2f} l; "
                f"tank.volume_m3 is {1e3 * self.tank.volume_m3:.2f} l"
            )
        end_pa = self.pressure_begin_pa * (1.0 - liquid_m3 / self.tank.volume_m3)
        if abs(end_pa - self.pressure_end_pa) > _BLOWDOWN_AGREEMENT * self.pressure_end_pa:
            raise ValueError(
                f"pressure_end_pa {self.pressure_end_pa:g} Pa is not what tank.volume_m3 {self.tank.volume_m3:g} m3 "
                f"leaves of pressure_begin_pa when empty, {end_pa:.0f} Pa"
            )

    def _curve_fits(self) -> None:
        low_pa, high_pa = self.curve.pressure_pa[0], self.curve.pressure_pa[-1]
        if not low_pa <= self.pressure_end_pa or not self.pressure_begin_pa <= high_pa:
            raise ValueError(
                f"curve.pressure_pa from {low_pa:g} to {high_pa:g} Pa must cover the tank's {self.pressure_end_pa:g} to "
                f"{self.pressure_begin_pa:g} Pa"
            )
        for name, stated, values in (
            ("thrust_n", self.thrust_n, self.curve.thrust_n),
            ("specific_impulse_s", self.specific_impulse_s, self.curve.specific_impulse_s),
        ):
            curve = _interpolated(self.pressure_begin_pa, self.curve.pressure_pa, values)
            if abs(curve - stated) > _THRUST_AGREEMENT * stated:
                raise ValueError(f"{name} {stated:g} is not what the curve gives at pressure_begin_pa, {curve:g}")


def _interpolated(at: float, places: tuple[float, ...], values: tuple[float, ...]) -> float:
    for (low, high), (before, after) in zip(pairwise(places), pairwise(values), strict=True):
        if at <= high:
            return before + (after - before) * (at - low) / (high - low)
    return values[-1]
