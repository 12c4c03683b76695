"""GND: the ground can do its part.

GND-001 no command contact before the first command, GND-002 a station asked to serve two contacts at once, GND-003 the
commands do not fit into the contact, GND-004 a station without the band, GND-005 too little link margin, GND-006 a contact too
short to lock and load.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from core.link.budget import eb_n0_db
from core.orbit import look_angles
from core.plan.activity import Activity, DownlinkActivity, UplinkActivity, Window
from core.plan.checks.context import CheckContext, limit_finding
from core.plan.checks.repairs import next_pass_repair, reschedule_repair
from core.plan.model import Finding, Severity
from core.plan.uplink import LOAD_TIME_S, first_command_at
from core.time import add_s, duration_s, format_utc, tai_s_from_utc

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
        yield from _too_short(one)
        yield from _held_by_others(one, context)
        if isinstance(one, DownlinkActivity):
            yield from _link_margin(one, context)


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


def _held_by_others(one: Activity, context: CheckContext) -> Iterator[Finding]:
    """A pass in which the station serves a satellite of another approved plan."""
    if one.contact is None:
        return
    station = context.mission.station(one.contact.station)
    window = one.contact.window
    conflict = context.others.bookings.conflict(station, window, one.satellite)
    if conflict is not None:
        holder, theirs = conflict
        gap_s = max(duration_s(window.end, theirs.window.start), duration_s(theirs.window.end, window.start))
        yield limit_finding(
            "GND-002",
            one.satellite,
            window,
            (one.activity_id,),
            "gap between contacts",
            gap_s,
            station.setup_s,
            gap_s - station.setup_s,
            "s",
            f"{station.id} serves {holder} for another approved plan from {format_utc(theirs.window.start)} to "
            f"{format_utc(theirs.window.end)}; {one.satellite} needs another pass",
            (reschedule_repair(one),),
        )


def _too_short(one: Activity) -> Iterator[Finding]:
    if isinstance(one, UplinkActivity) and one.window.duration_s < LOAD_TIME_S:
        yield limit_finding(
            "GND-006",
            one.satellite,
            one.window,
            (one.activity_id,),
            "contact duration",
            one.window.duration_s,
            LOAD_TIME_S,
            one.window.duration_s - LOAD_TIME_S,
            "s",
            f"{one.activity_id} lasts {one.window.duration_s:.0f} s; to lock, load and verify takes {LOAD_TIME_S:.0f} s",
            (reschedule_repair(one),),
        )


def _link_margin(one: DownlinkActivity, context: CheckContext) -> Iterator[Finding]:
    """The X-band link at the largest range of the downlink: at one of its ends."""
    antenna = context.mission.bus_of(one.satellite).antenna
    station = context.mission.station(one.contact.station)
    ends = np.array([tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)])
    range_m = float(look_angles(context.orbits[one.satellite].propagate(ends), station).range_m.max())
    found_db = eb_n0_db(
        eirp_dbw=antenna.x_band_eirp_dbw,
        range_m=range_m,
        frequency_hz=antenna.x_band_frequency_hz,
        g_over_t_db_k=station.x_band_g_over_t_db_k,
        rate_bit_s=antenna.x_band_downlink_bit_s,
        losses_db=antenna.x_band_losses_db,
    )
    margin_db = found_db - antenna.x_band_required_eb_n0_db
    if margin_db < antenna.link_margin_db:
        yield limit_finding(
            "GND-005",
            one.satellite,
            one.window,
            (one.activity_id,),
            "link margin",
            margin_db,
            antenna.link_margin_db,
            margin_db - antenna.link_margin_db,
            "dB",
            f"{one.activity_id}: at {range_m / 1000:.0f} km the X-band link to {station.id} has {margin_db:.1f} dB of margin; "
            f"{antenna.link_margin_db:.1f} dB are kept",
            (next_pass_repair(one, station.id),),
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
