"""COL: an orbit change is screened for conjunctions before it is flown.

COL-004 a maneuver whose new trajectory nobody has screened. There is no screening model here yet, so this is an honest
``unknown``: it keeps the plan from being validated until a flight director accepts it by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.plan.activity import BurnActivity, Window
from core.plan.checks.context import CheckContext
from core.plan.model import Finding, Severity

__all__ = ["collision_checks"]


def collision_checks(context: CheckContext) -> Iterator[Finding]:
    """Unscreened trajectories of satellites that burn; without burns the catalogued orbit is unchanged."""
    for satellite in context.simulation.runs:
        burns = [one for one in context.activities(satellite) if isinstance(one, BurnActivity)]
        if burns:
            yield Finding(
                code="COL-004",
                severity=Severity.UNKNOWN,
                activities=tuple(one.activity_id for one in burns),
                satellite=satellite,
                window=Window(start=burns[0].window.start, end=context.plan.horizon.end),
                quantity="collision probability",
                unit="1",
                explanation=f"the trajectory of {satellite} after its burns has not been screened against other objects",
            )
