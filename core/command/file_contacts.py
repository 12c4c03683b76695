"""The contacts through which files may go: coming passes, each station serving one spacecraft at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from core.command.model import Contact
from core.mission.model import Mission
from core.orbit import Sgp4Orbit, find_passes
from core.time import tai_s_from_utc, utc_from_tai_s

__all__ = ["coming_contacts"]

_MARGIN_S: Final = 5.0  # at both ends of a pass: orbits are known that well
_SHORTEST_S: Final = 30.0


def coming_contacts(
    mission: Mission, satellites: Iterable[str], now_utc: datetime, ahead: timedelta
) -> dict[str, tuple[Contact, ...]]:
    """The contacts of some spacecraft from an instant on, those that last included, in order of their beginning.

    Where two of these spacecraft pass over a station at the same time, the one that comes first has it.
    """
    begin_tai_s, end_tai_s = tai_s_from_utc(now_utc), tai_s_from_utc(now_utc + ahead)
    found = []
    for satellite in satellites:
        orbit = Sgp4Orbit.from_elements(mission.craft(satellite).elements)
        for station in mission.stations:
            for one in find_passes(orbit, station, begin_tai_s, end_tai_s):
                start_tai_s, stop_tai_s = one.aos_tai_s + _MARGIN_S, one.los_tai_s - _MARGIN_S
                if stop_tai_s - start_tai_s >= _SHORTEST_S:
                    found.append((start_tai_s, stop_tai_s, station.id, satellite))
    free_tai_s: dict[str, tuple[float, str]] = {}
    contacts: dict[str, list[Contact]] = {one: [] for one in satellites}
    for start_tai_s, stop_tai_s, station_id, satellite in sorted(found):
        taken_until_tai_s, by = free_tai_s.get(station_id, (start_tai_s, satellite))
        if start_tai_s < taken_until_tai_s and by != satellite:
            continue
        free_tai_s[station_id] = (stop_tai_s, satellite)
        made = Contact(station=station_id, start=utc_from_tai_s(start_tai_s), end=utc_from_tai_s(stop_tai_s))
        contacts[satellite].append(made)
    return {satellite: tuple(made) for satellite, made in contacts.items()}
