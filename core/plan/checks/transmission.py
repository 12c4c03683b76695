"""Transmission constraints of a plan's commands, seen from the state that the plan starts from.

CON-011 a command that would be held back in that state: a warning, as the state may be another one when the command leaves.
The state's age does not matter here: one that is too old for any plan is told by RES, and the release desk, which decides in
the end, takes nothing but live telemetry and holds back what that leaves unknown. Only what a plan's start states is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import inf

from core.mdb import CommandDefinition, reference_mdb
from core.mdb.commands import TransmissionConstraint
from core.mdb.conditions import Observed, Truth, Verdict, decide, parameters_of
from core.plan.activity import Activity
from core.plan.checks.context import CheckContext
from core.plan.model import Finding, InitialResources, Severity
from core.time import tai_s_from_utc

__all__ = ["transmission_findings"]


def transmission_findings(context: CheckContext) -> Iterator[Finding]:
    """What would hold the plan's commands back if they were to leave now."""
    now_tai_s = tai_s_from_utc(context.now_utc)
    starts = {one.satellite: _Start.of(one) for one in context.plan.initial}
    for satellite, start in starts.items():
        held: dict[TransmissionConstraint, list[Activity]] = {}
        for activity in context.activities(satellite):
            for constraint in _constraints_of(activity):
                held.setdefault(constraint, []).append(activity)
        for constraint, activities in held.items():
            if not parameters_of(constraint.condition) <= start.values.keys():
                continue
            verdict = decide(constraint.condition, start, now_tai_s, least_age_s=inf)
            if verdict.truth is Truth.NO:
                yield _finding(satellite, constraint, activities, verdict)


def _finding(
    satellite: str, constraint: TransmissionConstraint, activities: list[Activity], verdict: Verdict
) -> Finding:
    names = sorted({spec.command for one in activities for spec in one.commands if _has(spec.command, constraint)})
    return Finding(
        code="CON-011",
        severity=Severity.WARN,
        activities=tuple(dict.fromkeys(one.activity_id for one in activities)),
        satellite=satellite,
        quantity="transmission constraint",
        explanation=(
            f"{', '.join(names)} may leave only when {constraint.condition}; in the state that the plan starts from "
            f"{verdict.reason}: held back until telemetry shows it, and refused after {constraint.timeout_s:.0f} s of a contact"
        ),
    )


def _constraints_of(activity: Activity) -> Iterator[TransmissionConstraint]:
    seen = dict.fromkeys(one for spec in activity.commands for one in _defined(spec.command))
    yield from seen


def _has(mnemonic: str, constraint: TransmissionConstraint) -> bool:
    return constraint in _defined(mnemonic)


def _defined(mnemonic: str) -> tuple[TransmissionConstraint, ...]:
    definition = _definitions().get(mnemonic)
    return definition.constraints if definition is not None else ()


@cache
def _definitions() -> Mapping[str, CommandDefinition]:
    return reference_mdb().commands


@dataclass(frozen=True)
class _Start:
    """The state that a plan starts from, as telemetry that came at one instant."""

    values: Mapping[str, float | str]
    as_of_tai_s: float

    @classmethod
    def of(cls, initial: InitialResources) -> _Start:
        values: dict[str, float | str] = {
            "mode": str(initial.mode),
            "soc": initial.soc,
            "data_stored_bytes": float(initial.data_stored_bytes),
            "propellant_kg": initial.propellant_kg,
        }
        return cls(values, tai_s_from_utc(initial.as_of))

    def newest(self, parameter: str, _at_tai_s: float) -> Observed | None:
        return Observed(self.values[parameter], self.as_of_tai_s)

    def between(self, parameter: str, start_tai_s: float, end_tai_s: float) -> list[Observed]:
        inside = start_tai_s <= self.as_of_tai_s <= end_tai_s
        return [Observed(self.values[parameter], self.as_of_tai_s)] if inside else []
