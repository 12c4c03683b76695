"""What the agent needs when it runs from the command line: the mission file, and no service behind it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.clock import FixedClock
from agent.deps import AgentDeps
from agent.llm import ModelSettings, make_chat
from agent.planner import CorePlanner
from api.settings import Settings
from core.authority import policies_of
from core.errors import NotFound
from core.mission import load_mission, reference_mission
from core.mission.catalogue_file import CatalogueFile, NoCatalogue
from core.mission.conjunctions import ConjunctionFolder
from core.mission.model import Mission
from core.mission.present import FixedMission
from core.plan.model import MissionPlan
from core.time import Clock, SystemClock, parse_utc
from knowledge import open_knowledge
from tools.catalog import CATALOG
from tools.contract import NoConjunctions
from tools.initial import MissionFileReader, OverriddenReader

__all__ = ["NoPlans", "clock_at", "deps_for", "mission_of"]


class NoPlans:
    """There are no stored plans without a service."""

    def get(self, plan_id: str) -> MissionPlan:
        """Always NotFound."""
        raise NotFound(f"there is no plan {plan_id}: the command line stores none", code="unknown-plan")

    def list_plans(self, limit: int = 50) -> list[MissionPlan]:
        """Always empty."""
        return []


def mission_of(path: Path | None) -> Mission:
    """The mission file's mission, or the reference mission."""
    return load_mission(path) if path else reference_mission()


def clock_at(now: str | None) -> Clock:
    """A clock that stands at an instant, or the system's."""
    return FixedClock(parse_utc(now, "--now")) if now else SystemClock()


def deps_for(
    mission: Mission,
    clock: Clock,
    model: str | None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    conjunctions: Path | None = None,
    catalogue: Path | None = None,
) -> AgentDeps:
    """The agent's dependencies over a mission file, whose initial values are taken as the present state.

    ``overrides`` replace initial resources by satellite; ``conjunctions`` is a folder of conjunction messages;
    ``catalogue`` is a file of elements that maneuvers are screened against.
    """
    settings = Settings()
    missions = FixedMission(mission)
    telemetry = OverriddenReader(MissionFileReader(mission, clock.now_utc()), overrides or {})
    chosen = ModelSettings(
        model=model or settings.model, timeout_s=settings.model_timeout_s, allow_network=not settings.forbid_model_calls
    )
    messages = ConjunctionFolder(conjunctions, mission) if conjunctions else NoConjunctions()
    objects = CatalogueFile(catalogue) if catalogue else NoCatalogue()
    return AgentDeps(
        missions=missions,
        clock=clock,
        catalog=CATALOG,
        planner=CorePlanner(missions, clock, telemetry, None, messages, objects, policies_of(settings.policies)),
        telemetry=telemetry,
        knowledge=open_knowledge(settings.data / "knowledge"),
        plans=NoPlans(),
        chat=make_chat(chosen),
        conjunctions=messages,
    )
