"""Command contacts: when a spacecraft can next be told anything, and from when on it can act on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.errors import PhysicsError
from core.mission.model import Mission
from core.orbit import Pass, Sgp4Orbit, find_passes
from core.plan.activity import Activity, Window
from core.plan.booking import Bookings
from core.time import add_s, tai_s_from_utc, utc_from_tai_s

__all__ = ["LOAD_TIME_S", "REVIEW_TIME_S", "CommandContact", "first_command_at", "next_command_contact"]

LOAD_TIME_S: Final = 60.0  # from acquisition of signal until the commands are on board and verified
REVIEW_TIME_S: Final = 600.0  # for people to review and approve before the contact begins
_MINIMUM_CONTACT_S: Final = 120.0
_SEARCH_S: Final = 86_400.0


@dataclass(frozen=True)
class CommandContact:
    """A pass over a station through which commands go up."""

    station: str
    visible: Pass
    executable_utc: datetime


def next_command_contact(
    mission: Mission, satellite: str, now_utc: datetime, bookings: Bookings | None = None
) -> CommandContact:
    """The first S-band pass over any station that leaves time for review.

    Args:
        mission: The mission.
        satellite: Whom to command.
        now_utc: Time from which to look.
        bookings: Contacts that other satellites hold; a station that serves one of them then is passed over.
    Raises:
        PhysicsError: No station sees the satellite within a day.
    """
    orbit = Sgp4Orbit.from_elements(mission.craft(satellite).elements)
    earliest = tai_s_from_utc(now_utc) + REVIEW_TIME_S
    candidates = [
        (one.aos_tai_s, station.id, one)
        for station in mission.stations
        if "S" in station.bands
        for one in find_passes(orbit, station, earliest, earliest + _SEARCH_S)
        if one.los_tai_s - one.aos_tai_s >= _MINIMUM_CONTACT_S
        and not one.truncated_start
        and not (bookings and bookings.holder(station, _window(one), satellite))
    ]
    if not candidates:
        raise PhysicsError(f"no free station sees {satellite} within {_SEARCH_S / 3600:.0f} h", code="no-contact")
    aos_tai_s, station_id, visible = min(candidates, key=lambda item: item[0])
    return CommandContact(station_id, visible, add_s(now_utc, aos_tai_s + LOAD_TIME_S - tai_s_from_utc(now_utc)))


def _window(one: Pass) -> Window:
    return Window(start=utc_from_tai_s(one.aos_tai_s), end=utc_from_tai_s(one.los_tai_s))


def first_command_at(activities: Iterable[Activity]) -> datetime | None:
    """When the first command of some activities executes; None when they need none."""
    return min((command.execute_at for one in activities for command in one.commands), default=None)
