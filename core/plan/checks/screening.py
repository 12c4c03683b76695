"""Screens what a satellite flies after its burns against the catalogue of other objects; see :mod:`.collision`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from core.errors import InputError, PhysicsError
from core.orbit import screen_plan_trajectories
from core.plan.activity import BurnActivity, Window
from core.plan.checks.context import CheckContext
from core.plan.model import Finding, Severity
from core.time import add_s, format_utc, tai_s_from_utc, utc_from_tai_s

__all__ = ["screened"]

_SCREENED_S: Final = 86_400.0  # after the last burn; by then the next tracking gives a better orbit than the plan
_NEAR_M: Final = 5_000.0  # what elements of a day are good for, along the track
_OLDEST_S: Final = 4.0 * 86_400.0  # element sets older than that are tens of kilometres off


def screened(satellite: str, burns: Sequence[BurnActivity], context: CheckContext) -> Iterator[Finding]:
    """COL-004 where the new trajectory cannot be screened, COL-005 for each object that comes near it."""
    activities = tuple(one.activity_id for one in burns)
    start = burns[0].window.start
    end = max(context.plan.horizon.end, add_s(burns[-1].window.end, _SCREENED_S))
    reason = _unscreenable(context)
    if reason is None:
        try:
            yield from _approaches(satellite, activities, Window(start=start, end=end), context)
        except (PhysicsError, InputError) as error:
            reason = error.message
    if reason is not None:
        yield Finding(
            code="COL-004",
            severity=Severity.UNKNOWN,
            activities=activities,
            satellite=satellite,
            window=Window(start=start, end=end),
            quantity="collision probability",
            unit="1",
            explanation=f"the trajectory of {satellite} after its burns has not been screened against other objects: {reason}",
        )


def _unscreenable(context: CheckContext) -> str | None:
    catalogue = context.catalogue
    if catalogue is None:
        return "there is no catalogue"
    age_s = median(one.age_s(context.now_utc) for one in catalogue.objects)
    if abs(age_s) > _OLDEST_S:
        return f"half of the elements of {catalogue.source} are more than {abs(age_s) / 86_400.0:.0f} days old"
    return None


def _approaches(
    satellite: str, activities: tuple[str, ...], window: Window, context: CheckContext
) -> Iterator[Finding]:
    assert context.catalogue is not None
    own = [craft.norad_id for craft in context.mission.spacecraft if craft.norad_id is not None]
    found = screen_plan_trajectories(
        {satellite: context.orbits[satellite]},
        context.catalogue,
        tai_s_from_utc(window.start),
        tai_s_from_utc(window.end),
        _NEAR_M,
        own_norad_ids=own,
    )
    for one in found.approaches:
        tca = utc_from_tai_s(one.tca_tai_s)
        yield Finding(
            code="COL-005",
            severity=Severity.UNKNOWN,
            activities=activities,
            satellite=satellite,
            window=Window(start=add_s(tca, -1.0), end=add_s(tca, 1.0)),
            quantity="miss distance",
            value=one.miss_m,
            limit=_NEAR_M,
            margin=one.miss_m - _NEAR_M,
            unit="m",
            explanation=f"after its burns {satellite} passes {one.object_name} at {one.miss_m / 1000.0:.1f} km on "
            f"{format_utc(tca)}, {one.relative_speed_m_s / 1000.0:.1f} km/s, by elements {one.elements_age_s / 86_400.0:.1f} days "
            f"old ({found.source}): a message with covariances has to decide",
        )
