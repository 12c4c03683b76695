"""Runs every check over a plan and collects the findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.authority import Policies, package_policies
from core.mission.catalogue import Catalogue
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mission
from core.plan.checks import CHECKS, STRUCTURE, CheckContext
from core.plan.commitments import NO_COMMITMENTS, Commitments
from core.plan.inputs import judged_inputs
from core.plan.model import Finding, MissionPlan, Severity, ValidationReport
from core.plan.simulate import Simulation

__all__ = ["structural_findings", "validate"]

_ORDER = {Severity.BLOCK: 0, Severity.UNKNOWN: 1, Severity.WARN: 2, Severity.INFO: 3}


def structural_findings(plan: MissionPlan, mission: Mission) -> tuple[Finding, ...]:
    """Faults that make a simulation meaningless; empty when the plan can be flown."""
    return tuple(STRUCTURE(plan, mission))


def validate(
    plan: MissionPlan,
    mission: Mission,
    simulation: Simulation | None,
    now_utc: datetime,
    conjunctions: Sequence[ConjunctionMessage] = (),
    catalogue: Catalogue | None = None,
    others: Commitments = NO_COMMITMENTS,
    policies: Policies | None = None,
) -> ValidationReport:
    """All findings, the blocking ones first.

    Args:
        plan: The plan.
        mission: The mission it is for.
        simulation: How it flew; None when its structure did not allow a flight, and then only structure is judged.
        now_utc: The time at which it is judged.
        conjunctions: Messages received about the plan's satellites.
        catalogue: Objects that maneuvers are screened against; without it they are not.
        others: What other approved plans have promised.
        policies: Those in force, which the release asks too; None for the package's alone.
    """
    findings = list(structural_findings(plan, mission))
    run = ["STR"]
    if simulation is not None and not findings:
        known = (tuple(conjunctions), catalogue, others, policies or package_policies())
        context = CheckContext(plan, mission, simulation, now_utc, *known)
        for group, check in CHECKS.items():
            findings.extend(check(context))
            run.append(group)
    findings.sort(
        key=lambda one: (_ORDER[one.severity], one.window.start if one.window else plan.horizon.start, one.code)
    )
    return ValidationReport(
        revision_hash=plan.revision_hash(),
        input_hashes=judged_inputs(mission, plan.satellites, conjunctions, catalogue, others, policies),
        validated_at=now_utc,
        checks_run=tuple(run),
        findings=tuple(findings),
    )
