"""Conditions on telemetry: comparisons joined by and, or, not and a duration, decided with the age of every value.

A value that is too old, or never came, decides nothing: a condition that needs it is not satisfied, and neither is its
negation. The answer says so.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Annotated, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "DEFAULT_AGE_S",
    "AllOf",
    "AnyOf",
    "Comparison",
    "Condition",
    "Lasting",
    "Not",
    "Observed",
    "Operator",
    "TelemetryView",
    "Truth",
    "Verdict",
    "ages_of",
    "decide",
    "parameters_of",
]

Positive = Annotated[float, Field(gt=0, le=604_800, allow_inf_nan=False)]
DEFAULT_AGE_S: Final = 300.0


class Operator(StrEnum):
    """How a parameter is compared."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Comparison(_Part):
    """A parameter's newest value against a number or a label; a value older than ``maximum_age_s`` decides nothing."""

    kind: Literal["compare"] = "compare"
    parameter: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_./-]{0,127}$")]
    operator: Operator
    value: Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=128)]
    maximum_age_s: Positive = DEFAULT_AGE_S

    @model_validator(mode="after")
    def _labels_have_no_order(self) -> Comparison:
        if isinstance(self.value, str) and self.operator not in (Operator.EQUAL, Operator.NOT_EQUAL):
            raise ValueError(f"{self.parameter} {self.operator} {self.value!r}: labels compare with == and != only")
        return self

    def __str__(self) -> str:
        return f"{self.parameter} {self.operator} {self.value}"


class AllOf(_Part):
    """Every part holds."""

    kind: Literal["all"] = "all"
    parts: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=32)]

    def __str__(self) -> str:
        return "(" + " and ".join(str(one) for one in self.parts) + ")"


class AnyOf(_Part):
    """At least one part holds."""

    kind: Literal["any"] = "any"
    parts: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=32)]

    def __str__(self) -> str:
        return "(" + " or ".join(str(one) for one in self.parts) + ")"


class Not(_Part):
    """The part is known not to hold."""

    kind: Literal["not"] = "not"
    part: Condition

    def __str__(self) -> str:
        return f"not {self.part}"


class Lasting(_Part):
    """The part has held without a break for so long, in every sample that came meanwhile."""

    kind: Literal["for"] = "for"
    part: Condition
    duration_s: Positive

    def __str__(self) -> str:
        return f"{self.part} for {self.duration_s:g} s"


Condition = Annotated[Comparison | AllOf | AnyOf | Not | Lasting, Field(discriminator="kind")]
for _model in (AllOf, AnyOf, Not, Lasting):
    _model.model_rebuild()


class Truth(Enum):
    """Whether a condition holds; unknown is never a yes."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Observed:
    """A parameter's value and when it was generated on board, TAI s since J2000."""

    value: float | str
    generated_tai_s: float


@dataclass(frozen=True)
class Verdict:
    """The answer and why; ``reason`` names values, ages and limits."""

    truth: Truth
    reason: str

    @property
    def satisfied(self) -> bool:
        """Whether it certainly holds."""
        return self.truth is Truth.YES


class TelemetryView(Protocol):
    """What a condition needs to know of one satellite's telemetry."""

    def newest(self, parameter: str, at_tai_s: float) -> Observed | None:
        """The value generated last, up to an instant."""
        ...

    def between(self, parameter: str, start_tai_s: float, end_tai_s: float) -> list[Observed]:
        """All values generated in an interval, oldest first."""
        ...


@dataclass(frozen=True)
class _Asked:
    """One question: about which telemetry, at which instant, and which of its values count."""

    view: TelemetryView
    at_tai_s: float
    since_tai_s: float | None
    least_age_s: float


def decide(
    condition: Condition,
    view: TelemetryView,
    at_tai_s: float,
    since_tai_s: float | None = None,
    least_age_s: float = 0.0,
) -> Verdict:
    """Whether a condition holds at an instant.

    Args:
        condition: What is asked.
        view: One satellite's telemetry.
        at_tai_s: The instant, TAI s since J2000; ages are counted back from it.
        since_tai_s: Values generated before it count as none, such as those from before a command.
        least_age_s: No value is too old before it has this age, whatever the condition says: what its way takes.
    """
    return _decided(condition, _Asked(view, at_tai_s, since_tai_s, least_age_s))


def ages_of(condition: Condition) -> frozenset[float]:
    """Every greatest age that a condition's comparisons allow, s."""
    if isinstance(condition, Comparison):
        return frozenset({condition.maximum_age_s})
    if isinstance(condition, (Not, Lasting)):
        return ages_of(condition.part)
    return frozenset().union(*(ages_of(one) for one in condition.parts))


def _decided(condition: Condition, asked: _Asked) -> Verdict:
    return _DECIDERS[type(condition)](condition, asked)


def parameters_of(condition: Condition) -> frozenset[str]:
    """Every parameter that a condition looks at."""
    if isinstance(condition, Comparison):
        return frozenset({condition.parameter})
    if isinstance(condition, (Not, Lasting)):
        return parameters_of(condition.part)
    return frozenset().union(*(parameters_of(one) for one in condition.parts))


def _compare(condition: Comparison, asked: _Asked) -> Verdict:
    observed = asked.view.newest(condition.parameter, asked.at_tai_s)
    if observed is None:
        return Verdict(Truth.UNKNOWN, f"{condition.parameter} was never received")
    age_s, limit_s = asked.at_tai_s - observed.generated_tai_s, max(condition.maximum_age_s, asked.least_age_s)
    if asked.since_tai_s is not None and observed.generated_tai_s < asked.since_tai_s:
        return Verdict(Truth.UNKNOWN, f"{condition.parameter} has not been received since")
    if age_s > limit_s:
        return Verdict(
            Truth.UNKNOWN,
            f"{condition.parameter} is stale: {age_s:.0f} s old, the limit is {limit_s:.0f} s",
        )
    if isinstance(observed.value, str) is not isinstance(condition.value, str):
        return Verdict(
            Truth.UNKNOWN, f"{condition.parameter} is {observed.value!r}, which {condition.value!r} cannot be"
        )
    holds = _COMPARE[condition.operator](observed.value, condition.value)
    shown = observed.value if isinstance(observed.value, str) else f"{observed.value:g}"
    said = f"{condition.parameter} is {shown}, {'as' if holds else 'not'} {condition.operator} {condition.value}"
    return Verdict(Truth.YES if holds else Truth.NO, said)


def _all(condition: AllOf, asked: _Asked) -> Verdict:
    verdicts = [_decided(one, asked) for one in condition.parts]
    return _first(verdicts, (Truth.NO, Truth.UNKNOWN), Truth.YES)


def _any(condition: AnyOf, asked: _Asked) -> Verdict:
    verdicts = [_decided(one, asked) for one in condition.parts]
    return _first(verdicts, (Truth.YES, Truth.UNKNOWN), Truth.NO)


def _first(verdicts: list[Verdict], decisive: tuple[Truth, ...], otherwise: Truth) -> Verdict:
    for truth in decisive:
        found = next((one for one in verdicts if one.truth is truth), None)
        if found is not None:
            return found
    return Verdict(otherwise, "; ".join(one.reason for one in verdicts))


def _not(condition: Not, asked: _Asked) -> Verdict:
    inner = _decided(condition.part, asked)
    return Verdict(_NEGATED[inner.truth], inner.reason)


def _lasting(condition: Lasting, asked: _Asked) -> Verdict:
    """It must hold now, at the beginning of the interval, and at every sample between."""
    at_tai_s = asked.at_tai_s
    begin_tai_s = at_tai_s - condition.duration_s
    instants = {
        one.generated_tai_s
        for name in parameters_of(condition)
        for one in asked.view.between(name, begin_tai_s, at_tai_s)
    }
    for instant in (at_tai_s, begin_tai_s, *sorted(instants)):
        verdict = _decided(condition.part, replace(asked, at_tai_s=instant))
        if not verdict.satisfied:
            said = f"{verdict.reason} ({at_tai_s - instant:.0f} s ago, within {condition.duration_s:g} s)"
            return Verdict(verdict.truth, said)
    return Verdict(Truth.YES, f"{condition.part} for {condition.duration_s:g} s")


_NEGATED: Final = {Truth.YES: Truth.NO, Truth.NO: Truth.YES, Truth.UNKNOWN: Truth.UNKNOWN}
_COMPARE: Final[Mapping[Operator, Callable[..., bool]]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}
_DECIDERS: Final[Mapping[type, Callable[..., Verdict]]] = {
    Comparison: _compare,
    AllOf: _all,
    AnyOf: _any,
    Not: _not,
    Lasting: _lasting,
}
