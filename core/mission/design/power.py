"""The design of the electrical power: array, battery, converters, loads and what is switched off first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from core.mission.parts import Direction, Fraction, Identifier, MissionModel, NotNegative, Number, Positive

__all__ = ["Battery", "Cells", "Consumer", "Converters", "ModeName", "PowerLoads", "ShedStep", "SolarArray"]

ModeName = Literal["safe", "standby", "nominal", "payload"]

_VOLTAGE_AGREEMENT: Final = 0.1  # a pack's mean open-circuit voltage against its nominal one
_LOAD_AGREEMENT_W: Final = 0.5  # consumers against the load table that they break down


class SolarArray(MissionModel):
    """A flat array, steered about one axis or fixed."""

    area_m2: Positive
    efficiency: Fraction  # at 28 degC, begin of life
    articulated_axes: Literal[0, 1, 2]
    degradation_per_year: Fraction = 0.0
    age_years: NotNegative = 0.0
    temperature_coefficient_per_k: Annotated[float, Field(ge=-0.01, le=0.0)]  # relative, about 28 degC
    tracking_efficiency: Annotated[float, Field(gt=0, le=1)]  # of the maximum power point tracker
    axis_body: Direction = (0.0, 1.0, 0.0)  # that a one-axis array turns about
    normal_body: Direction = (0.0, 0.0, -1.0)  # of a fixed array
    node: Identifier = "solar_array"  # thermal node

    @property
    def remaining_share(self) -> float:
        """What degradation has left of the power."""
        return float((1.0 - self.degradation_per_year) ** self.age_years)


class Cells(MissionModel):
    """The cells of a pack: how many, and the curves of one."""

    series: Annotated[int, Field(ge=1, le=200)]
    parallel: Annotated[int, Field(ge=1, le=500)]
    capacity_a_h: Positive
    soc: tuple[Fraction, ...] = Field(min_length=2)  # of the open-circuit voltages, 0 to 1
    open_circuit_v: tuple[Positive, ...]
    resistance_temp_degc: tuple[Number, ...] = Field(min_length=1)
    resistance_soc: tuple[Fraction, ...] = Field(min_length=1)
    resistance_ohm: tuple[tuple[Positive, ...], ...]  # one row per temperature, one value per state of charge

    @model_validator(mode="after")
    def _curves_hold(self) -> Cells:
        _increasing("soc", self.soc)
        _increasing("open_circuit_v", self.open_circuit_v)
        _increasing("resistance_temp_degc", self.resistance_temp_degc)
        _increasing("resistance_soc", self.resistance_soc)
        if self.soc[0] != 0.0 or self.soc[-1] != 1.0:
            raise ValueError(f"soc runs from {self.soc[0]} to {self.soc[-1]}; it must run from 0 to 1")
        if len(self.open_circuit_v) != len(self.soc):
            raise ValueError(f"open_circuit_v has {len(self.open_circuit_v)} values for {len(self.soc)} of soc")
        if len(self.resistance_ohm) != len(self.resistance_temp_degc):
            raise ValueError(
                f"resistance_ohm has {len(self.resistance_ohm)} rows for "
                f"{len(self.resistance_temp_degc)} temperatures of resistance_temp_degc"
            )
        for index, row in enumerate(self.resistance_ohm):
            if len(row) != len(self.resistance_soc):
                raise ValueError(
                    f"resistance_ohm row {index} has {len(row)} values for {len(self.resistance_soc)} of resistance_soc"
                )
        return self

    @property
    def mean_open_circuit_v(self) -> float:
        """Mean over the charge of one cell."""
        knots = zip(pairwise(self.soc), pairwise(self.open_circuit_v), strict=True)
        return sum(0.5 * (low_v + high_v) * (high - low) for (low, high), (low_v, high_v) in knots)


class Battery(MissionModel):
    """A Li-ion battery."""

    voltage_v: Positive
    capacity_a_h: Positive
    minimum_soc: Fraction
    charge_efficiency: Fraction = 0.97
    discharge_efficiency: Fraction = 0.97
    cells: Cells
    coulombic_efficiency: Annotated[float, Field(gt=0, le=1)]
    capacity_fade: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of the capacity lost to age
    resistance_growth: NotNegative = 0.0  # share by which the resistance has grown with age
    maximum_charge_a: Positive
    maximum_discharge_a: Positive
    end_of_charge_v: Positive
    minimum_voltage_v: Positive
    node: Identifier = "battery"  # thermal node

    @model_validator(mode="after")
    def _pack_holds(self) -> Battery:
        cells_a_h = self.cells.parallel * self.cells.capacity_a_h
        if abs(cells_a_h - self.capacity_a_h) > 0.01 * self.capacity_a_h:
            raise ValueError(
                f"capacity_a_h {self.capacity_a_h:g} A h is not that of {self.cells.parallel} parallel cells of "
                f"{self.cells.capacity_a_h:g} A h, {cells_a_h:g} A h"
            )
        mean_v = self.cells.series * self.cells.mean_open_circuit_v
        if abs(mean_v - self.voltage_v) > _VOLTAGE_AGREEMENT * self.voltage_v:
            raise ValueError(
                f"voltage_v {self.voltage_v:g} V is more than {_VOLTAGE_AGREEMENT:.0%} from the mean open-circuit "
                f"voltage of {self.cells.series} cells in series, {mean_v:.1f} V"
            )
        empty_v, full_v = (self.cells.series * self.cells.open_circuit_v[end] for end in (0, -1))
        if not self.minimum_voltage_v < self.end_of_charge_v:
            raise ValueError(
                f"minimum_voltage_v {self.minimum_voltage_v:g} V must be below end_of_charge_v {self.end_of_charge_v:g} V"
            )
        if not empty_v < self.end_of_charge_v:
            raise ValueError(
                f"end_of_charge_v {self.end_of_charge_v:g} V must be above an empty pack's {empty_v:.1f} V"
            )
        if not self.minimum_voltage_v < full_v:
            raise ValueError(
                f"minimum_voltage_v {self.minimum_voltage_v:g} V must be below a full pack's {full_v:.1f} V"
            )
        return self

    @property
    def capacity_j(self) -> float:
        """Stored energy when full."""
        return self.voltage_v * self.capacity_a_h * 3600.0


class Converters(MissionModel):
    """What stands between array, battery and loads."""

    array_efficiency: Annotated[float, Field(gt=0, le=1)]
    distribution_efficiency: Annotated[float, Field(gt=0, le=1)]
    quiescent_w: NotNegative
    node: Identifier  # that their losses heat


class Consumer(MissionModel):
    """One load: on in modes, while an activity lasts, or both."""

    id: Identifier
    power_w: NotNegative
    node: Identifier  # that it heats
    heat_share: Fraction = 1.0  # the rest leaves as radio waves or light
    modes: tuple[ModeName, ...] = ()
    activity: Literal["imaging", "x_band", "s_band", "burn"] | None = None


class ShedStep(MissionModel):
    """Consumers that are switched off together when charge is short; the first step goes first."""

    consumers: tuple[Identifier, ...] = Field(min_length=1)
    below_soc: Fraction
    restore_soc: Fraction

    @model_validator(mode="after")
    def _has_a_band(self) -> ShedStep:
        if not self.below_soc < self.restore_soc:
            raise ValueError(f"restore_soc {self.restore_soc:g} must be above below_soc {self.below_soc:g}")
        return self


class PowerLoads(MissionModel):
    """Electrical loads: the table by kind, and the consumers that it is made of."""

    bus_w: NotNegative
    imager_w: NotNegative
    x_band_w: NotNegative
    s_band_w: NotNegative
    heaters_w: NotNegative
    safe_mode_w: NotNegative
    consumers: tuple[Consumer, ...] = Field(min_length=1, max_length=64)
    shedding: tuple[ShedStep, ...] = Field(default=(), max_length=16)

    @model_validator(mode="after")
    def _consumers_make_the_table(self) -> PowerLoads:
        ids = [one.id for one in self.consumers]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"consumers: id used twice: {twice}")
        for name, table_w, found_w in self._sums():
            if abs(table_w - found_w) > _LOAD_AGREEMENT_W:
                raise ValueError(f"{name} {table_w:g} W is not the sum of its consumers, {found_w:g} W")
        for step, later in pairwise(self.shedding):
            if later.below_soc > step.below_soc:
                raise ValueError(
                    f"shedding: below_soc {later.below_soc:g} of a later step exceeds {step.below_soc:g} of the one before"
                )
        unknown = sorted({one for step in self.shedding for one in step.consumers} - set(ids))
        if unknown:
            raise ValueError(f"shedding: {unknown} are not consumers: {ids}")
        return self

    def _sums(self) -> Iterator[tuple[str, float, float]]:
        yield "bus_w", self.bus_w, sum(one.power_w for one in self.consumers if "nominal" in one.modes)
        yield "safe_mode_w", self.safe_mode_w, sum(one.power_w for one in self.consumers if "safe" in one.modes)
        for name, activity, table_w in (
            ("imager_w", "imaging", self.imager_w),
            ("x_band_w", "x_band", self.x_band_w),
            ("s_band_w", "s_band", self.s_band_w),
        ):
            yield name, table_w, sum(one.power_w for one in self.consumers if one.activity == activity)


def _increasing(name: str, values: tuple[float, ...]) -> None:
    for low, high in pairwise(values):
        if not low < high:
            raise ValueError(f"{name} must increase: {low:g} is followed by {high:g}")
