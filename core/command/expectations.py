"""What an approved plan predicts of each satellite, and whether telemetry still agrees with it.

Commands leave minutes to hours after the approval. A measured value is compared with the prediction for the very instant
at which it was generated; a value from before the plan says nothing about it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import Connection, insert, select

from core.command.model import Command
from core.command.tables import COMMAND_TABLES, plan_expectations
from core.errors import CommandRefused
from core.mission.design.thermal import CELSIUS_K
from core.mission.model import Bus, Mission
from core.plan.activity import ResourceName
from core.plan.model import MissionPlan
from core.store import Database
from core.telemetry import LatestValue
from core.time import format_utc, tai_s_from_utc, utc_from_tai_s

__all__ = ["Expectations", "Tolerance"]

_STAGE: Final = "release"
_WHEEL_RATES: Final = tuple(f"wheel_{number}_speed_rad_s" for number in range(1, 9))


@dataclass(frozen=True)
class Tolerance:
    """How far a measured value may lie below and above its prediction; None: as far as it likes.

    The defaults are three to ten times what the twin differs from the simulated spacecraft after half a day.
    """

    parameter: str
    unit: str
    below: float | None
    above: float | None


TOLERANCES: Final[Mapping[ResourceName, Tolerance]] = {
    ResourceName.SOC: Tolerance("soc", "1", 0.1, None),
    ResourceName.PROPELLANT_KG: Tolerance("propellant_kg", "kg", 0.2, None),
    ResourceName.WHEEL_MOMENTUM_N_M_S: Tolerance("wheel momentum", "N m s", None, 1.0),
    ResourceName.TEMPERATURE_K: Tolerance("battery temperature", "K", 10.0, 10.0),
}


@dataclass(frozen=True)
class _Series:
    t_tai_s: np.ndarray
    values: np.ndarray

    def at(self, t_tai_s: float) -> float | None:
        if not self.t_tai_s[0] <= t_tai_s <= self.t_tai_s[-1]:
            return None
        return float(np.interp(t_tai_s, self.t_tai_s, self.values))


class Expectations:
    """Predictions of plans by revision, in the database.

    Args:
        database: Where they are.
        mission: Designs of its spacecraft.
    """

    def __init__(self, database: Database, mission: Mission) -> None:
        database.create(COMMAND_TABLES)
        self._database = database
        self._buses = {craft.id: mission.bus_of(craft.id) for craft in mission.spacecraft}
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, dict[ResourceName, _Series]]] = {}

    def enter(self, connection: Connection, plan: MissionPlan) -> None:
        """Keep what a plan predicts, in the transaction that enters its commands."""
        profiles = {
            "start_tai_s": tai_s_from_utc(plan.horizon.start),
            "profiles": [
                [one.satellite, str(one.resource), list(one.t_s), list(one.values)]
                for one in plan.profiles
                if one.resource in TOLERANCES and one.t_s
            ],
        }
        connection.execute(
            insert(plan_expectations).values(
                set_id=_key(plan.plan_id, plan.revision),
                profiles=json.dumps(profiles, separators=(",", ":")),
                plan=plan.model_copy(update={"profiles": (), "alternatives": ()}).model_dump_json(),
            )
        )

    def plan_of(self, command: Command) -> MissionPlan | None:
        """The plan that a command was submitted with, without its profiles; None where it was none."""
        query = select(plan_expectations.c.plan).where(
            plan_expectations.c.set_id == _key(command.plan_id, command.revision)
        )
        with self._database.read() as connection:
            text = connection.execute(query).scalar()
        return MissionPlan.model_validate_json(text) if text else None

    def check(self, command: Command, latest: Mapping[str, LatestValue]) -> None:
        """Refuse a command whose satellite is not as its plan predicts.

        Raises:
            CommandRefused: Names the quantity, what was predicted, what was measured and the tolerance.
        """
        predicted = self._of(command).get(command.satellite, {})
        for resource, series in predicted.items():
            measured = _MEASURED[resource](latest, self._buses[command.satellite])
            if measured is None:
                continue
            value, t_tai_s = measured
            expected = series.at(t_tai_s)
            if expected is None:
                continue
            tolerance = TOLERANCES[resource]
            low = tolerance.below is not None and value < expected - tolerance.below
            high = tolerance.above is not None and value > expected + tolerance.above
            if low or high:
                allowed = tolerance.below if low else tolerance.above
                raise CommandRefused(
                    f"the plan no longer holds: {tolerance.parameter} of {command.satellite} was {value:.3g} "
                    f"{tolerance.unit} at {format_utc(utc_from_tai_s(t_tai_s))}, the plan has {expected:.3g} "
                    f"{tolerance.unit} there, {'below' if low else 'above'} by more than {allowed:g} {tolerance.unit}",
                    code="CON-102",
                    stage=_STAGE,
                    quantity=tolerance.parameter,
                    value=value,
                    expected=expected,
                    tolerance=allowed,
                    unit=tolerance.unit,
                )

    def _of(self, command: Command) -> dict[str, dict[ResourceName, _Series]]:
        key = _key(command.plan_id, command.revision)
        with self._lock:
            if key not in self._kept:
                while len(self._kept) >= 64:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = self._load(key)
            return self._kept[key]

    def _load(self, key: str) -> dict[str, dict[ResourceName, _Series]]:
        with self._database.read() as connection:
            query = select(plan_expectations.c.profiles).where(plan_expectations.c.set_id == key)
            text = connection.execute(query).scalar()
        found: dict[str, dict[ResourceName, _Series]] = {}
        if text is None:
            return found
        content = json.loads(text)
        for satellite, resource, t_s, values in content["profiles"]:
            series = _Series(content["start_tai_s"] + np.asarray(t_s), np.asarray(values))
            found.setdefault(satellite, {})[ResourceName(resource)] = series
        return found


Measured = tuple[float, float]  # value in the profile's unit, and the instant it was generated, TAI s since J2000


def _plain(parameter: str, offset: float = 0.0) -> Callable[[Mapping[str, LatestValue], Bus], Measured | None]:
    def measured(latest: Mapping[str, LatestValue], _bus: Bus) -> Measured | None:
        found = latest.get(parameter)
        if found is None or found.sample.number is None:
            return None
        return found.sample.number + offset, found.sample.generated_tai_s

    return measured


def _wheel_momentum(latest: Mapping[str, LatestValue], bus: Bus) -> Measured | None:
    """That of the wheel that holds most, from the speeds, as profiles have it."""
    speeds: Sequence[LatestValue] = [latest[name] for name in _WHEEL_RATES if name in latest]
    inertia_kg_m2 = bus.wheels.rotor_inertia_kg_m2
    numbers = [abs(one.sample.number) for one in speeds if one.sample.number is not None]
    if not numbers or inertia_kg_m2 is None:
        return None
    return max(numbers) * inertia_kg_m2, min(one.sample.generated_tai_s for one in speeds)


_MEASURED: Final[Mapping[ResourceName, Callable[[Mapping[str, LatestValue], Bus], Measured | None]]] = {
    ResourceName.SOC: _plain("soc"),
    ResourceName.PROPELLANT_KG: _plain("propellant_kg"),
    ResourceName.WHEEL_MOMENTUM_N_M_S: _wheel_momentum,
    ResourceName.TEMPERATURE_K: _plain("battery_temp_c", CELSIUS_K),
}


def _key(plan_id: str, revision: int) -> str:
    return f"{plan_id}:{revision}"
