"""GEO: what must be seen can be seen.

GEO-001 a contact outside the station's visibility, GEO-002 a target beyond the off-nadir limit, GEO-003 a target in the
dark, GEO-004 an attitude towards the Sun while the Sun is below the Earth's limb, GEO-005 the Sun or another body in a cone
that the design keeps it out of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.attitude import attitude_design
from core.mission.model import Bus
from core.orbit import Pass, find_passes, find_target_access
from core.plan.activity import Activity, ImagingActivity, PointingActivity, PointingMode, Window
from core.plan.checks.context import CheckContext, limit_finding, violation_windows
from core.plan.checks.repairs import drop_repair, next_pass_repair
from core.plan.model import Finding, Severity
from core.time import tai_s_from_utc, utc_from_tai_s
from core.units import to_deg, to_rad

__all__ = ["EDGE_TOLERANCE_S", "MINIMUM_SUN_ELEVATION_DEG", "geometry_checks"]

EDGE_TOLERANCE_S: Final = 1.0
MINIMUM_SUN_ELEVATION_DEG: Final = 5.0  # below this a visible-light image of the ground is of no use
_SEARCH_S: Final = 900.0


def geometry_checks(context: CheckContext) -> Iterator[Finding]:
    """All geometry faults."""
    for one in context.activities():
        if one.contact:
            yield from _contact(one, context)
        if isinstance(one, ImagingActivity):
            yield from _target(one, context, context.mission.bus_of(one.satellite))
        if isinstance(one, PointingActivity) and one.pointing is PointingMode.SUN:
            yield from _sun(one, context)
    for satellite in context.simulation.runs:
        yield from _keep_outs(satellite, context)


def _contact(one: Activity, context: CheckContext) -> Iterator[Finding]:
    assert one.contact is not None
    station = context.mission.station(one.contact.station)
    start, end = tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)
    passes = find_passes(context.orbits[one.satellite], station, start - _SEARCH_S, end + _SEARCH_S)
    covering = [p for p in passes if p.aos_tai_s <= start + EDGE_TOLERANCE_S and p.los_tai_s >= end - EDGE_TOLERANCE_S]
    if covering:
        return
    seen_s = max((min(end, p.los_tai_s) - max(start, p.aos_tai_s) for p in passes), default=0.0)
    seen_s = max(seen_s, 0.0)
    yield limit_finding(
        "GEO-001",
        one.satellite,
        one.window,
        (one.activity_id,),
        "visible time in contact",
        seen_s,
        end - start,
        seen_s - (end - start),
        "s",
        f"{one.activity_id}: {station.id} sees {one.satellite} above {station.minimum_elevation_deg:.0f}° "
        f"for {seen_s:.0f} s of the {end - start:.0f} s planned",
        (next_pass_repair(one, station.id, _reachable(passes, 0.5 * (start + end))),),
    )


def _reachable(passes: list[Pass], middle_tai_s: float) -> Window | None:
    """The pass near the contact, where there is one: it may have moved with the orbit, or the contact against it."""
    if not passes:
        return None
    nearest = min(passes, key=lambda one: abs(one.culmination_tai_s - middle_tai_s))
    return Window(start=utc_from_tai_s(nearest.aos_tai_s), end=utc_from_tai_s(nearest.los_tai_s))


def _target(one: ImagingActivity, context: CheckContext, bus: Bus) -> Iterator[Finding]:
    allowed_deg = min(one.max_off_nadir_deg, bus.imager.maximum_off_nadir_deg)
    start, end = tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)
    found = find_target_access(
        context.orbits[one.satellite],
        to_rad(one.latitude_deg),
        to_rad(one.longitude_deg),
        context.target_height_m(one),
        start - _SEARCH_S,
        end + _SEARCH_S,
        to_rad(allowed_deg),
    )
    covering = [a for a in found if a.start_tai_s <= start + EDGE_TOLERANCE_S and a.end_tai_s >= end - EDGE_TOLERANCE_S]
    if not covering:
        yield limit_finding(
            "GEO-002",
            one.satellite,
            one.window,
            (one.activity_id,),
            "off-nadir angle",
            one.predicted_off_nadir_deg,
            allowed_deg,
            allowed_deg - one.predicted_off_nadir_deg,
            "deg",
            f"{one.activity_id}: {one.target} is not within {allowed_deg:.0f}° off nadir for the whole window",
            (drop_repair(one.activity_id),),
        )
        return
    sun_deg = to_deg(covering[0].sun_elevation_rad)
    if sun_deg < MINIMUM_SUN_ELEVATION_DEG:
        yield limit_finding(
            "GEO-003",
            one.satellite,
            one.window,
            (one.activity_id,),
            "sun elevation at target",
            sun_deg,
            MINIMUM_SUN_ELEVATION_DEG,
            sun_deg - MINIMUM_SUN_ELEVATION_DEG,
            "deg",
            f"{one.activity_id}: the Sun stands {sun_deg:.1f}° above {one.target}; an image needs {MINIMUM_SUN_ELEVATION_DEG:.0f}°",
            (drop_repair(one.activity_id),),
        )


def _sun(one: PointingActivity, context: CheckContext) -> Iterator[Finding]:
    run = context.simulation.runs[one.satellite]
    start, end = tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)
    inside = (run.t_tai_s >= start) & (run.t_tai_s <= end)
    dark_s = float(((run.illumination[inside] <= 0.0).mean() if inside.any() else 0.0) * (end - start))
    if dark_s > 0:
        yield limit_finding(
            "GEO-004",
            one.satellite,
            Window(start=utc_from_tai_s(start), end=utc_from_tai_s(end)),
            (one.activity_id,),
            "time in umbra while pointing at the Sun",
            dark_s,
            0.0,
            -dark_s,
            "s",
            f"{one.activity_id}: {one.satellite} is in the Earth's shadow for about {dark_s:.0f} s of the sun pointing",
            severity=Severity.INFO,
        )


def _keep_outs(satellite: str, context: CheckContext) -> Iterator[Finding]:
    """A body inside a cone that the design keeps it out of, while it is seen at all."""
    run, bus = context.simulation.runs[satellite], context.mission.bus_of(satellite)
    for place, cone in enumerate(attitude_design(bus).keep_outs):
        margin_rad = run.flight.attitude.keep_out_margin_rad[:, place]
        for window, samples in violation_windows(run, margin_rad < 0.0):
            inside_deg = -to_deg(float(margin_rad[samples].min()))
            blamed = context.during(satellite, window)
            yield limit_finding(
                "GEO-005",
                satellite,
                window,
                blamed,
                f"angle of {cone.body} in {cone.id}",
                cone.angle_deg - inside_deg,
                cone.angle_deg,
                -inside_deg,
                "deg",
                f"{satellite}: {cone.body} comes within {cone.angle_deg - inside_deg:.0f}° of the boresight of {cone.id}; it is "
                f"kept {cone.angle_deg:.0f}° away",
                tuple(drop_repair(name) for name in blamed[:1]),
            )
