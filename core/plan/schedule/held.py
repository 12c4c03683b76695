"""What is drafted already: it stays where it is, and takes its satellite, its station and its store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.plan.activity import Activity, BurnActivity, ResourceName, UplinkActivity
from core.plan.schedule.problem import Candidate
from core.plan.schedule.sky import Sky
from core.plan.uplink import LOAD_TIME_S

__all__ = ["HELD_VALUE", "commanded_s", "held_candidates", "held_contacts"]

HELD_VALUE: Final = 1e6  # of what everything else depends on: contacts that load commands, burns, earlier steps


def held_candidates(existing: Sequence[Activity], sky: Sky, first_request: int) -> list[tuple[str, Candidate]]:
    """A name and a candidate for each drafted activity that reaches into the horizon, requests counted from the first."""
    held: list[tuple[str, Candidate]] = []
    for one in existing:
        start_s, end_s = _clipped(one, sky)
        if start_s >= end_s:
            continue
        contact = None if one.contact is None else one.contact.window
        candidate = Candidate(
            request=first_request + len(held),
            satellite=sky.names.index(one.satellite),
            start_s=start_s,
            end_s=end_s,
            value=HELD_VALUE,
            station=_station(one, sky),
            contact_start_s=None if contact is None else sky.seconds(contact.start, 0.0),
            contact_end_s=None if contact is None else sky.seconds(contact.end, 0.0),
            data_bytes=_data_bytes(one),
            propellant_kg=one.propellant_kg if isinstance(one, BurnActivity) else 0.0,
            turns=not isinstance(one, UplinkActivity),
        )
        # A name that no request can have.
        held.append((f"*{one.activity_id}", candidate))
    return held


def held_contacts(existing: Sequence[Activity], sky: Sky) -> dict[int, list[tuple[float, float]]]:
    """When each station is taken, by its place in the mission."""
    taken: dict[int, list[tuple[float, float]]] = {}
    for one in existing:
        station = _station(one, sky)
        if station is not None and one.contact is not None:
            window = one.contact.window
            taken.setdefault(station, []).append((sky.seconds(window.start, 0.0), sky.seconds(window.end, 0.0)))
    return taken


def commanded_s(existing: Sequence[Activity], sky: Sky) -> dict[int, float]:
    """From when commands execute on satellites that a drafted contact loads."""
    return {
        sky.names.index(one.satellite): sky.seconds(one.window.start, 0.0) + LOAD_TIME_S
        for one in existing
        if isinstance(one, UplinkActivity)
    }


def _clipped(one: Activity, sky: Sky) -> tuple[float, float]:
    return max(sky.seconds(one.window.start, 0.0), 0.0), min(sky.seconds(one.window.end, 0.0), sky.horizon_s)


def _station(one: Activity, sky: Sky) -> int | None:
    names = [station.id for station in sky.stations]
    return names.index(one.contact.station) if one.contact is not None else None


def _data_bytes(one: Activity) -> float:
    return sum((use.delta or 0.0) for use in one.resources if use.resource is ResourceName.DATA_STORE_BYTES)
