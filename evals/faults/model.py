"""A planted fault: which valid plan it spoils, how, and what must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from core.mission.catalogue import Catalogue
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mission
from core.plan.activity import Window
from core.plan.commitments import NO_COMMITMENTS, Commitments
from core.plan.model import Finding, MissionPlan

__all__ = ["Fault", "Original", "Outcome", "Planted", "Site"]


@dataclass(frozen=True)
class Site:
    """Where a plan is judged: its mission, the time, and what is known of other objects and other plans then."""

    mission: Mission
    now_utc: datetime
    conjunctions: tuple[ConjunctionMessage, ...] = ()
    catalogue: Catalogue | None = None
    others: Commitments = NO_COMMITMENTS


@dataclass(frozen=True)
class Original:
    """A valid plan and where it is valid."""

    plan: MissionPlan
    site: Site


@dataclass(frozen=True)
class Planted:
    """A spoilt plan, where it is judged, and the window that the finding must name (None: it has none)."""

    plan: MissionPlan
    site: Site
    window: Window | None = None

    def at(self, window: Window | None) -> Planted:
        """The same with the window that must be found."""
        return replace(self, window=window)


@dataclass(frozen=True)
class Fault:
    """One way to spoil a plan. ``original`` names the valid plan; ``severity`` is what the finding must have."""

    code: str
    name: str
    original: str
    plant: Callable[[Original, Random], Planted]
    severity: str = "block"


@dataclass(frozen=True)
class Outcome:
    """What the checks said of a planted fault: the finding that fits it, or why none does."""

    fault: Fault
    finding: Finding | None
    missed: str = ""
    others: tuple[str, ...] = field(default=())
