"""The parts of a spacecraft whose life is predicted: which telemetry tells their use, and which law their wear follows.

No shipped data has worn parts of such a spacecraft, so that nothing is learned from failures here: what a part bears is its design's
qualification (``core.mission.design.wear``), and telemetry tells how much of that it has used and how fast it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from core.errors import InputError, NotFound
from core.mission.design import ArrayWear, BatteryWear, Component, UseWear, Wear
from core.mission.model import Bus
from core.telemetry.archive_queries import ArchiveQueries
from core.units import SOLAR_DAY_S
from ml.features.batch import archived_samples
from ml.features.samples import Samples
from ml.lifetime.component_life import ArrayHistory, RemainingDays, array_degradation, array_life, use_life
from ml.lifetime.usage import DailyUse, charge_wear, consumed, revolutions, time_on_h
from ml.lifetime.wear_law import WearLaw

__all__ = ["ComponentLife", "NoLife", "predict_component"]

_LOOK_BACK_DAYS: Final = 14.0  # that tell how fast a part is used
_ARRAY_YEARS: Final = 1.2
_YEAR_DAYS: Final = 365.25

Design = TypeVar("Design", ArrayWear, BatteryWear, UseWear)


class NoLife(InputError):
    """A life cannot be predicted, and why."""

    default_code = "no-life"


@dataclass(frozen=True)
class ComponentLife:
    """A part's predicted life, and what it rests on.

    Args:
        remaining: Of 90 % of such parts; None where the part was not used at all.
        used, bears: Use so far, and the use that nine in ten such parts bear; for an array, the power that it has lost and may
            lose, as a share of that at begin of life.
        unit: Of these.
        rate_per_day, rate_deviation: Use of a day, and the standard deviation of that mean.
        telemetry_days: Of telemetry that tell the rate; 0 where it is the design's.
        parameter: That tells it.
        since_known: Whether it is known from when on the part was used; else its use is counted from the first telemetry on.
    """

    remaining: RemainingDays | None
    used: float
    bears: float
    unit: str
    rate_per_day: float
    rate_deviation: float
    telemetry_days: float
    parameter: str
    since_known: bool


@dataclass(frozen=True)
class _History:
    archive: ArchiveQueries
    satellite: str
    since_tai_s: float | None
    now_tai_s: float

    def samples(self, parameter: str, days: float) -> Samples:
        begin_s = self.now_tai_s - days * SOLAR_DAY_S
        try:
            return archived_samples(self.archive, self.satellite, parameter, (begin_s, self.now_tai_s))[0]
        except NotFound as missing:
            raise NoLife("telemetry", f"no telemetry of {self.satellite} has {parameter}") from missing

    def days_in_use(self, use: DailyUse) -> float:
        begin_s = float(use.day[0]) * SOLAR_DAY_S if self.since_tai_s is None else self.since_tai_s
        return max(self.now_tai_s - begin_s, 0.0) / SOLAR_DAY_S


def predict_component(
    component: Component,
    satellite: str,
    bus: Bus,
    archive: ArchiveQueries,
    now_tai_s: float,
    in_use_since_tai_s: float | None = None,
) -> ComponentLife:
    """The remaining life of a part.

    Args:
        bus: The design, with what its parts bear.
        archive: Its telemetry.
        now_tai_s: Present mission time.
        in_use_since_tai_s: When the part began to be used; None where that is not known.
    Raises:
        NoLife: The design does not tell what the part bears, or telemetry does not tell how it was used.
    """
    history = _History(archive, satellite, in_use_since_tai_s, now_tai_s)
    if bus.wear is None:
        raise NoLife("wear", "the mission file does not tell what the parts of this design bear (`wear` of the bus)")
    try:
        return _MODELS[component](bus, bus.wear, history)
    except NoLife:
        raise
    except InputError as told:
        raise NoLife(told.field, f"{component.replace('_', ' ')}: {told.message}") from told


def _battery(_bus: Bus, wear: Wear, history: _History) -> ComponentLife:
    design = _known(wear.battery, "battery")
    soc = history.samples(design.parameter, _LOOK_BACK_DAYS)
    use = charge_wear(soc, design.depths, design.cycles)
    return _by_use(WearLaw(1.0, design.shape), use, "of a life", design.parameter, history)


def _wheel(number: int) -> Callable[[Bus, Wear, _History], ComponentLife]:
    def predict(_bus: Bus, wear: Wear, history: _History) -> ComponentLife:
        design = _known(wear.reaction_wheels, "reaction_wheels")
        if number > len(design.parameters):
            raise NoLife("component", f"there is no wheel {number}; the design has {len(design.parameters)}")
        name = design.parameters[number - 1]
        use = revolutions(history.samples(name, _LOOK_BACK_DAYS))
        return _by_use(_law(design), use, "revolutions", name, history)

    return predict


def _thrusters(bus: Bus, wear: Wear, history: _History) -> ComponentLife:
    """What went through them is known exactly: what was loaded less what is left."""
    design = _known(wear.thrusters, "thrusters")
    level = history.samples(design.parameters[0], _LOOK_BACK_DAYS)
    use = consumed(level)
    used = max(bus.propulsion.propellant_mass_kg - float(level.values[-1]), 0.0)
    return _by_use(_law(design), use, "kg", design.parameters[0], history, used)


def _transmitter(_bus: Bus, wear: Wear, history: _History) -> ComponentLife:
    design = _known(wear.transmitter, "transmitter")
    use = time_on_h(history.samples(design.parameters[0], _LOOK_BACK_DAYS))
    return _by_use(_law(design), use, "h", design.parameters[0], history)


def _array(bus: Bus, wear: Wear, history: _History) -> ComponentLife:
    design = _known(wear.solar_array, "solar_array")
    array = bus.solar_array
    per_year, deviation, seen = array_degradation(
        array.degradation_per_year, design.scatter, _daily_power(design, history)
    )
    years = array.age_years
    if history.since_tai_s is not None:
        years += max(history.now_tai_s - history.since_tai_s, 0.0) / (_YEAR_DAYS * SOLAR_DAY_S)
    left = (1.0 - per_year) ** years
    remaining = array_life(per_year, deviation, max(left, design.end_of_life_share), design.end_of_life_share)
    return ComponentLife(
        remaining=remaining,
        used=1.0 - left,
        bears=1.0 - design.end_of_life_share,
        unit="of the power",
        rate_per_day=per_year / _YEAR_DAYS,
        rate_deviation=deviation / _YEAR_DAYS,
        telemetry_days=0.0 if seen is None else _YEAR_DAYS,
        parameter=design.parameter,
        since_known=history.since_tai_s is not None,
    )


def _daily_power(design: ArrayWear, history: _History) -> ArrayHistory:
    begin_s = history.now_tai_s - _ARRAY_YEARS * _YEAR_DAYS * SOLAR_DAY_S
    try:
        found = history.archive.downsampled(
            history.satellite, design.parameter, begin_s, history.now_tai_s, SOLAR_DAY_S
        )
    except NotFound:  # then the design alone tells
        return ArrayHistory(np.empty(0, dtype=np.int64), np.empty(0))
    return ArrayHistory(np.floor_divide(found.start_tai_s, SOLAR_DAY_S).astype(np.int64), found.maximum)


_MODELS: Final[Mapping[Component, Callable[[Bus, Wear, _History], ComponentLife]]] = {
    Component.BATTERY: _battery,
    Component.SOLAR_ARRAY: _array,
    Component.REACTION_WHEEL_1: _wheel(1),
    Component.REACTION_WHEEL_2: _wheel(2),
    Component.REACTION_WHEEL_3: _wheel(3),
    Component.REACTION_WHEEL_4: _wheel(4),
    Component.THRUSTER: _thrusters,
    Component.TRANSMITTER: _transmitter,
}


def _known(design: Design | None, name: str) -> Design:
    if design is None:
        raise NoLife("wear", f"the mission file does not tell what such a part bears (`wear.{name}` of the bus)")
    return design


def _law(design: UseWear) -> WearLaw:
    return WearLaw(design.bears, design.shape)


def _by_use(
    law: WearLaw, use: DailyUse, unit: str, parameter: str, history: _History, used: float | None = None
) -> ComponentLife:
    so_far = use.rate_per_day * history.days_in_use(use) if used is None else used
    return ComponentLife(
        remaining=use_life(law, so_far, use),
        used=so_far,
        bears=law.bears,
        unit=unit,
        rate_per_day=use.rate_per_day,
        rate_deviation=use.rate_deviation,
        telemetry_days=use.seen_days,
        parameter=parameter,
        since_known=history.since_tai_s is not None or used is not None,
    )
