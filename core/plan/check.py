"""One step for everyone who has a plan: fly it, judge it, and hand it back with profiles, objectives and findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.authority import Policies
from core.mission.catalogue import Catalogue
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mission
from core.plan.commitments import NO_COMMITMENTS, Commitments
from core.plan.model import Finding, MissionPlan, PlanState, Severity, ValidationReport
from core.plan.simulate import objectives, profiles, simulate
from core.plan.validate import structural_findings, validate

__all__ = ["check_plan", "is_valid", "unknowns"]


def check_plan(
    plan: MissionPlan,
    mission: Mission,
    now_utc: datetime,
    conjunctions: Sequence[ConjunctionMessage] = (),
    catalogue: Catalogue | None = None,
    others: Commitments = NO_COMMITMENTS,
    policies: Policies | None = None,
) -> MissionPlan:
    """The same revision, simulated and validated; its state is ``validated`` only if nothing blocks and nothing is unknown.

    Args:
        plan: The plan.
        mission: The mission it is for.
        now_utc: The time at which it is judged.
        conjunctions: Messages received about the plan's satellites.
        catalogue: Objects that maneuvers are screened against; without it they are not.
        others: What other approved plans have promised.
        policies: Those in force, which the release asks too; None for the package's alone.
    Raises:
        PhysicsError: The orbit cannot be propagated over the horizon.
    """
    if structural_findings(plan, mission):
        report = validate(plan, mission, None, now_utc, conjunctions, catalogue, others, policies)
        return plan.model_copy(
            update={"validation": report, "profiles": (), "objectives": (), "state": PlanState.DRAFT}
        )
    simulation = simulate(plan, mission)
    report = validate(plan, mission, simulation, now_utc, conjunctions, catalogue, others, policies)
    return plan.model_copy(
        update={
            "validation": report,
            "profiles": profiles(simulation, mission),
            "objectives": objectives(plan, simulation),
            "state": PlanState.VALIDATED if is_valid(report) else PlanState.DRAFT,
        }
    )


def is_valid(report: ValidationReport) -> bool:
    """Whether nothing blocks and nothing is unknown."""
    return not report.blocked and not unknowns(report)


def unknowns(report: ValidationReport) -> tuple[Finding, ...]:
    """Findings that nobody could decide: never a pass, but a flight director may accept them by name."""
    return tuple(finding for finding in report.findings if finding.severity is Severity.UNKNOWN)
