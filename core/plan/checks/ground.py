"""GND: the ground can do its part.

GND-001 no command contact before the first command, GND-002 a station asked to serve two contacts at once, GND-003 the
commands do not fit into the contact, GND-004 a station without the band.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from core.plan.activity import Activity, DownlinkActivity, UplinkActivity, Window
from core.plan.checks.context import CheckContext, limit_finding, reschedule_repair
from core.plan.model import Finding, Severity
from core.plan.uplink import LOAD_TIME_S, first_command_at
from core.time import add_s, duration_s, format_utc

__all__ = ["ground_checks"]

# A command as CLTU: PUS-11 insertion, SDLS and frame overhead, BCH; see core.link. An upper bound.
_COMMAND_BITS: Final = 4096.0
_ROUNDING_S: Final = 1e-3  # times are kept to the microsecond


def ground_checks(context: CheckContext) -> Iterator[Finding]:
    """All ground faults."""
    for satellite in context.simulation.runs:
        yield from _uplink(satellite, context)
    for station in {one.contact.station for one in context.activities() if one.contact}:
        yield from _bookings(station, context)
    for one in context.activities():
        yield from _band(one, context)


def _uplink(satellite: str, context: CheckContext) -> Iterator[Finding]:
    activities = context.activities(satellite)
    first = first_command_at(activities)
    if first is None:
        return
    uplinks = [one for one in activities if isinstance(one, UplinkActivity)]
    ready = [add_s(one.window.start, LOAD_TIME_S) for one in uplinks]
    late_s = duration_s(first, min(ready)) if ready else None
    if late_s is None or late_s > _ROUNDING_S:
        needing = [one for one in activities if one.commands and one.commands[0].execute_at == first]
        reason = f"the first one loads them {late_s:.0f} s too late" if late_s is not None else "the plan has none"
        yield Finding(
            code="GND-001",
            severity=Severity.BLOCK,
            activities=tuple(one.activity_id for one in needing),
            satellite=satellite,
            window=Window(start=min(context.now_utc, add_s(first, -1.0)), end=first),
            quantity="command contact before first command",
            value=late_s,
            limit=0.0,
            margin=-late_s if late_s is not None else None,
            unit="s",
            explanation=f"{satellite} needs a command contact before {format_utc(first)}, and {reason}",
            repairs=(reschedule_repair(needing[0]),),
        )
        return
    yield from _volume(satellite, context, activities, uplinks)


def _volume(
    satellite: str, context: CheckContext, activities: list[Activity], uplinks: list[UplinkActivity]
) -> Iterator[Finding]:
    bits = sum(len(one.commands) for one in activities) * _COMMAND_BITS
    possible = (
        sum(one.window.duration_s for one in uplinks) * context.mission.bus_of(satellite).antenna.s_band_uplink_bit_s
    )
    if bits > possible:
        yield limit_finding(
            "GND-003",
            satellite,
            uplinks[0].window,
            tuple(one.activity_id for one in uplinks),
            "uplink volume",
            bits,
            possible,
            possible - bits,
            "bit",
            f"{satellite}: the commands need {bits / 8000:.1f} kB; the planned contacts carry {possible / 8000:.1f} kB",
        )


def _bookings(station: str, context: CheckContext) -> Iterator[Finding]:
    served = sorted(
        {
            (one.contact.window.start, one.contact.window.end, one.satellite)
            for one in context.activities()
            if one.contact and one.contact.station == station
        }
    )
    setup_s = context.mission.station(station).setup_s
    for (first_start, first_end, first_satellite), (second_start, second_end, second_satellite) in pairwise(served):
        if first_satellite == second_satellite:
            continue
        gap_s = duration_s(first_end, second_start)
        if gap_s < setup_s:
            involved = [
                one
                for one in context.activities()
                if one.contact
                and one.contact.station == station
                and (one.satellite, one.contact.window.start)
                in ((first_satellite, first_start), (second_satellite, second_start))
            ]
            yield limit_finding(
                "GND-002",
                second_satellite,
                Window(start=second_start, end=second_end),
                tuple(one.activity_id for one in involved),
                "gap between contacts",
                gap_s,
                setup_s,
                gap_s - setup_s,
                "s",
                f"{station} serves {first_satellite} and then {second_satellite} with {gap_s:.0f} s between; it needs {setup_s:.0f} s to set up",
                # Whoever comes second moves, and the first where the second cannot.
                tuple(reschedule_repair(one) for one in reversed(involved)),
            )


def _band(one: Activity, context: CheckContext) -> Iterator[Finding]:
    if one.contact is None:
        return
    needed = "X" if isinstance(one, DownlinkActivity) else "S"
    station = context.mission.station(one.contact.station)
    if needed not in station.bands:
        yield Finding(
            code="GND-004",
            severity=Severity.BLOCK,
            activities=(one.activity_id,),
            satellite=one.satellite,
            window=one.window,
            quantity="band",
            explanation=f"{one.activity_id} needs {needed}-band; {station.id} has {', '.join(station.bands)}",
        )
