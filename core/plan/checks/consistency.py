"""CON: what the plan claims is what the simulation gives.

CON-001 simulation differs from a claimed resource change, CON-002 an activity that rests on no tool call and no person,
CON-003 commands that do not follow from their activity, CON-004 inputs that have changed since the plan was made,
CON-005 a part of the request that is not in the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.plan.activity import Activity, BurnActivity, Proposer
from core.plan.checks.context import CheckContext, limit_finding
from core.plan.commanding import expand
from core.plan.inputs import input_hashes
from core.plan.model import Finding, Severity
from core.propulsion import plan_burn

__all__ = ["consistency_checks"]

_PROPELLANT_TOLERANCE: Final = 0.05  # share of the claim; the tank pressure at the burn is simulated, not claimed


def consistency_checks(context: CheckContext) -> Iterator[Finding]:
    """All contradictions between claim, evidence and simulation."""
    for one in context.activities():
        if isinstance(one, BurnActivity):
            yield from _propellant(one, context)
        yield from _evidence(one)
        yield from _commands(one)
    yield from _inputs(context)
    for missing in context.plan.unplanned:
        yield Finding(
            code="CON-005",
            severity=Severity.WARN,
            quantity="request",
            explanation=f"asked for, but not in this plan: {missing.description}: {missing.reason}",
        )


def _propellant(one: BurnActivity, context: CheckContext) -> Iterator[Finding]:
    available_kg = float(context.simulation.runs[one.satellite].propellant_kg[0])
    needed_kg = plan_burn(
        context.mission.bus_of(one.satellite), max(available_kg, one.propellant_kg), one.delta_v_m_s
    ).propellant_kg
    differs_kg = abs(needed_kg - one.propellant_kg)
    limit_kg = _PROPELLANT_TOLERANCE * needed_kg
    if differs_kg > limit_kg:
        yield limit_finding(
            "CON-001",
            one.satellite,
            one.window,
            (one.activity_id,),
            "claimed propellant",
            one.propellant_kg,
            needed_kg,
            limit_kg - differs_kg,
            "kg",
            f"{one.activity_id} claims {one.propellant_kg:.3f} kg of propellant; {abs(one.delta_v_m_s):.2f} m/s needs {needed_kg:.3f} kg",
        )


def _evidence(one: Activity) -> Iterator[Finding]:
    if one.provenance.proposed_by is Proposer.MODEL and not one.provenance.tool_calls:
        yield Finding(
            code="CON-002",
            severity=Severity.BLOCK,
            activities=(one.activity_id,),
            satellite=one.satellite,
            window=one.window,
            quantity="evidence",
            explanation=f"{one.activity_id} was proposed by the model without a tool call behind it",
        )


def _commands(one: Activity) -> Iterator[Finding]:
    if one.commands != expand(one):
        yield Finding(
            code="CON-003",
            severity=Severity.BLOCK,
            activities=(one.activity_id,),
            satellite=one.satellite,
            window=one.window,
            quantity="commands",
            value=float(len(one.commands)),
            explanation=f"the commands of {one.activity_id} do not carry out what the activity says",
        )


def _inputs(context: CheckContext) -> Iterator[Finding]:
    present = input_hashes(context.mission)
    for name, recorded in context.plan.input_hashes.items():
        if name in present and present[name] != recorded:
            yield Finding(
                code="CON-004",
                severity=Severity.UNKNOWN,
                quantity=name,
                explanation=f"{name} has changed since the plan was computed: plan again or validate again",
            )
