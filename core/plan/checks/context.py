"""What a check may look at, and short ways to say what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.authority import Policies, package_policies
from core.mission.catalogue import Catalogue
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mission
from core.orbit import FlownOrbit
from core.plan.activity import Activity, ImagingActivity, PointingMode, UplinkActivity, Window
from core.plan.commitments import NO_COMMITMENTS, Commitments
from core.plan.model import Finding, MissionPlan, Repair, Severity
from core.plan.simulate import SatelliteRun, Simulation
from core.time import utc_from_tai_s

__all__ = ["Check", "CheckContext", "limit_finding", "violation_windows"]


@dataclass(frozen=True)
class CheckContext:
    """A plan, its mission, how it flew in simulation, the time at which it is judged, and what else is known then.

    ``others`` is what other approved plans have promised: this plan's orbits do not have their burns, and their contacts are
    taken. ``policies`` are those in force: what approval the plan needs is asked of the same ones as its release.
    """

    plan: MissionPlan
    mission: Mission
    simulation: Simulation
    now_utc: datetime
    conjunctions: tuple[ConjunctionMessage, ...] = ()
    catalogue: Catalogue | None = None
    others: Commitments = NO_COMMITMENTS
    policies: Policies = field(default_factory=package_policies)

    @cached_property
    def orbits(self) -> dict[str, FlownOrbit]:
        """The orbit of every satellite that the plan simulates, with its burns."""
        return {name: run.orbit for name, run in self.simulation.runs.items()}

    def activities(self, satellite: str | None = None) -> list[Activity]:
        """Activities by start, of one satellite or of all."""
        chosen = [one for one in self.plan.activities if satellite in (None, one.satellite)]
        return sorted(chosen, key=lambda one: (one.window.start, one.activity_id))

    def turned(self, satellite: str) -> list[Activity]:
        """Activities that hold an attitude; an uplink goes through omnidirectional antennas and holds none."""
        return [one for one in self.activities(satellite) if not isinstance(one, UplinkActivity) and one.type != "mode"]

    def target_height_m(self, one: ImagingActivity) -> float:
        """Height of an image's target above the ellipsoid; 0 for a place that the mission does not name."""
        return next((place.height_m for place in self.mission.targets if place.name == one.target), 0.0)

    def drawing(self, satellite: str) -> list[Activity]:
        """Activities that draw power beyond the bus, or turn the array from the Sun."""
        return [
            one for one in self.activities(satellite) if one.type != "uplink" and one.pointing is not PointingMode.SUN
        ]

    def during(self, satellite: str, window: Window) -> tuple[str, ...]:
        """Ids of a satellite's activities that overlap a window."""
        return tuple(one.activity_id for one in self.activities(satellite) if one.window.overlaps(window))


Check = Callable[[CheckContext], Iterable[Finding]]


def violation_windows(run: SatelliteRun, violated: NDArray[np.bool_]) -> Iterator[tuple[Window, slice]]:
    """Each contiguous stretch of samples at which a limit is violated."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], violated, [False])).astype(np.int8)))
    last = len(run.t_tai_s) - 1
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        begin, end = max(int(first) - 1, 0), min(int(after), last)
        if begin == end:
            begin = max(begin - 1, 0)
        yield (
            Window(start=utc_from_tai_s(float(run.t_tai_s[begin])), end=utc_from_tai_s(float(run.t_tai_s[end]))),
            slice(int(first), int(after)),
        )


def limit_finding(
    code: str,
    satellite: str,
    window: Window | None,
    activities: tuple[str, ...],
    quantity: str,
    value: float,
    limit: float,
    margin: float,
    unit: str,
    explanation: str,
    repairs: tuple[Repair, ...] = (),
    severity: Severity = Severity.BLOCK,
) -> Finding:
    """A finding that compares a value with a limit."""
    return Finding(
        code=code,
        severity=severity,
        activities=activities,
        satellite=satellite,
        window=window,
        quantity=quantity,
        value=value,
        limit=limit,
        margin=margin,
        unit=unit,
        explanation=explanation,
        repairs=repairs,
    )
