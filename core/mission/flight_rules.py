"""Flight rules are data: a condition over profiles and activities, what breaking it means, and who may waive it.

A condition is one of a few kinds, each of which the plan's check can decide and explain; see ``flight_rules.yaml`` of
the reference mission for one of every kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from core.mission.parts import Identifier, MissionModel, Positive

__all__ = [
    "ActivityQuantity",
    "AttributeCondition",
    "Condition",
    "CountCondition",
    "ExclusionCondition",
    "FlightRule",
    "GapCondition",
    "OrbitCondition",
    "OrbitQuantity",
    "PreparationCondition",
    "ProfileCondition",
    "ProfileQuantity",
    "RuleSeverity",
    "Selector",
    "contradiction",
    "gap_limit_s",
    "rule_minimum",
    "selectors",
]

Finite = Annotated[float, Field(allow_inf_nan=False)]


class RuleSeverity(StrEnum):
    """What a broken rule means."""

    BLOCK = "block"
    WARN = "warn"


class ProfileQuantity(StrEnum):
    """A simulated quantity of one satellite over time; each has one meaning and unit."""

    SOC = "soc"
    BUS_POWER_W = "bus_power_w"
    DATA_STORE_FRACTION = "data_store_fraction"
    PROPELLANT_KG = "propellant_kg"
    WHEEL_MOMENTUM_N_M_S = "wheel_momentum_n_m_s"
    BATTERY_TEMPERATURE_K = "battery_temperature_k"
    SHADOW_FRACTION = "shadow_fraction"  # of the Sun's disc that the Earth covers


class ActivityQuantity(StrEnum):
    """A number that an activity carries."""

    DURATION_S = "duration_s"
    DELTA_V_M_S = "delta_v_m_s"  # its size
    VOLUME_BYTES = "volume_bytes"
    OFF_NADIR_DEG = "off_nadir_deg"
    SUN_ELEVATION_DEG = "sun_elevation_deg"
    MAX_ELEVATION_DEG = "max_elevation_deg"  # of its contact


class OrbitQuantity(StrEnum):
    """A quantity of the orbit that burns lead to."""

    PERIGEE_ALTITUDE_M = "perigee_altitude_m"


class Selector(MissionModel):
    """Which activities a condition is about: those that have everything that is given."""

    type: Literal["uplink", "downlink", "imaging", "pointing", "mode", "burn"] | None = None
    pointing: Literal["sun", "nadir", "inertial", "target", "velocity"] | None = None
    purpose: Literal["orbit_raise", "orbit_lower", "collision_avoidance", "station_keeping"] | None = None
    mode: Literal["safe", "standby", "nominal", "payload"] | None = None
    station: Identifier | None = None
    satellites: Annotated[tuple[Identifier, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _selects(self) -> Selector:
        if not self.model_fields_set:
            raise ValueError("a selector names at least one of type, pointing, purpose, mode, station, satellites")
        return self

    def __str__(self) -> str:
        """Words for an explanation."""
        shown = [str(one) for one in (self.pointing, self.mode, self.purpose, self.type or "activity") if one]
        words = " ".join(shown).replace("_", " ")
        return f"{words} at {self.station}" if self.station else words


class _Limited(MissionModel):
    minimum: Finite | None = None
    maximum: Finite | None = None

    @model_validator(mode="after")
    def _has_limits(self) -> _Limited:
        if self.minimum is None and self.maximum is None:
            raise ValueError("a condition needs a minimum, a maximum or both")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum:g} is above maximum {self.maximum:g}: nothing could keep the rule")
        return self


class ProfileCondition(_Limited):
    """A simulated quantity stays within limits, always or while some activities last."""

    kind: Literal["profile"]
    quantity: ProfileQuantity
    during: Selector | None = None


class AttributeCondition(_Limited):
    """A number that every such activity carries is within limits."""

    kind: Literal["attribute"]
    activity: Selector
    quantity: ActivityQuantity


class OrbitCondition(_Limited):
    """The orbit after every burn is within limits."""

    kind: Literal["orbit"]
    quantity: OrbitQuantity


class GapCondition(MissionModel):
    """From the end of one activity to the start of the next such one of the same satellite passes at least so long."""

    kind: Literal["gap"]
    first: Selector
    then: Selector
    minimum_s: Positive


class CountCondition(MissionModel):
    """At most so many such activities of one satellite begin within any span of that length."""

    kind: Literal["count"]
    activity: Selector
    within_s: Positive
    maximum: Annotated[int, Field(ge=0)]


class ExclusionCondition(MissionModel):
    """Two kinds of activities do not overlap: on one satellite, or anywhere in the fleet."""

    kind: Literal["exclusion"]
    activity: Selector
    other: Selector
    scope: Literal["satellite", "fleet"] = "satellite"


class PreparationCondition(MissionModel):
    """Before every such activity another one of the same satellite ends, at most so long before."""

    kind: Literal["preparation"]
    activity: Selector
    needs: Selector
    within_s: Positive


Condition = Annotated[
    ProfileCondition
    | AttributeCondition
    | OrbitCondition
    | GapCondition
    | CountCondition
    | ExclusionCondition
    | PreparationCondition,
    Field(discriminator="kind"),
]


class FlightRule(MissionModel):
    """A limit that operations keep."""

    id: Annotated[str, Field(pattern=r"^FR-[0-9]{2,3}$")]
    revision: Annotated[int, Field(ge=1)]
    severity: RuleSeverity
    text: Annotated[str, Field(min_length=1)]
    waiver_authority: str
    condition: Condition


def contradiction(rules: Iterable[FlightRule]) -> str | None:
    """Two rules that no plan can keep together, in words; None where there are none."""
    lowest: dict[str, tuple[float, str]] = {}
    highest: dict[str, tuple[float, str]] = {}
    for rule in rules:
        condition = rule.condition
        if isinstance(condition, ProfileCondition) and condition.during is None:
            name = condition.quantity.value
            if condition.minimum is not None:
                lowest[name] = max(lowest.get(name, (condition.minimum, rule.id)), (condition.minimum, rule.id))
            if condition.maximum is not None:
                highest[name] = min(highest.get(name, (condition.maximum, rule.id)), (condition.maximum, rule.id))
    for name, (minimum, low_rule) in lowest.items():
        maximum, high_rule = highest.get(name, (float("inf"), ""))
        if minimum > maximum:
            return f"{low_rule} wants {name} at {minimum:g} or more and {high_rule} at {maximum:g} or less"
    return None


def selectors(rule: FlightRule) -> tuple[Selector, ...]:
    """Every selector of a rule's condition."""
    fields = (getattr(rule.condition, name) for name in type(rule.condition).model_fields)
    return tuple(one for one in fields if isinstance(one, Selector))


def rule_minimum(rules: Iterable[FlightRule], quantity: ProfileQuantity | OrbitQuantity, floor: float) -> float:
    """The highest minimum that any rule sets for a quantity at all times, or the floor where that is higher."""
    limits = [floor]
    for rule in rules:
        condition = rule.condition
        if not isinstance(condition, ProfileCondition | OrbitCondition) or condition.quantity is not quantity:
            continue
        always = isinstance(condition, OrbitCondition) or condition.during is None
        if always and condition.minimum is not None:
            limits.append(condition.minimum)
    return max(limits)


def gap_limit_s(rules: Iterable[FlightRule], first_type: str, then_type: str) -> float:
    """The longest gap that any rule wants between two types of activities, s; 0 where none does."""
    gaps = [
        rule.condition.minimum_s
        for rule in rules
        if isinstance(rule.condition, GapCondition)
        and rule.condition.first.type in (None, first_type)
        and rule.condition.then.type in (None, then_type)
    ]
    return max(gaps, default=0.0)
