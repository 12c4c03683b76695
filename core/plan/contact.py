"""Moves an activity that needs a ground station to another pass, one that leaves the station free for the others."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from core.errors import PhysicsError
from core.mission.model import GroundStation
from core.orbit import Orbit, Pass, find_passes
from core.plan.activity import Activity, ContactRef, UplinkActivity, Window
from core.plan.booking import Bookings
from core.time import duration_s, format_utc, tai_s_from_utc, utc_from_tai_s
from core.units import to_deg

__all__ = ["at_next_contact"]

_SEARCH_S: Final = 2.0 * 86_400.0


def at_next_contact(
    one: Activity, station: GroundStation, earliest_utc: datetime, bookings: Bookings, orbit: Orbit
) -> Activity:
    """The activity over the first pass that begins at or after an instant, holds it whole, and clashes with nobody.

    An uplink takes the whole pass; anything else starts as long after acquisition as it did before.

    Raises:
        PhysicsError: No such pass within two days, or before the activity's deadline.
    """
    assert one.contact is not None
    lead_s = max(duration_s(one.contact.window.start, one.window.start), 0.0)
    begin = tai_s_from_utc(earliest_utc)
    for visible in find_passes(orbit, station, begin, begin + _SEARCH_S):
        contact = Window(start=utc_from_tai_s(visible.aos_tai_s), end=utc_from_tai_s(visible.los_tai_s))
        window = _within(one, visible, lead_s)
        if visible.truncated_start or window is None or bookings.holder(station, contact, one.satellite):
            continue
        if one.latest_end and window.end > one.latest_end:
            break
        elevation_deg = round(to_deg(visible.max_elevation_rad), 3)
        reference = ContactRef(station=station.id, window=contact, max_elevation_deg=elevation_deg)
        return one.model_copy(update={"contact": reference, "window": window})
    limit = f" before {format_utc(one.latest_end)}" if one.latest_end else f" within {_SEARCH_S / 3600:.0f} h"
    raise PhysicsError(f"no other free pass over {station.id} fits {one.activity_id}{limit}", code="no-contact")


def _within(one: Activity, visible: Pass, lead_s: float) -> Window | None:
    if isinstance(one, UplinkActivity):
        return Window(start=utc_from_tai_s(visible.aos_tai_s), end=utc_from_tai_s(visible.los_tai_s))
    start_tai_s = visible.aos_tai_s + lead_s
    end_tai_s = start_tai_s + one.window.duration_s
    if end_tai_s > visible.los_tai_s:
        return None
    return Window(start=utc_from_tai_s(start_tai_s), end=utc_from_tai_s(end_tai_s))
