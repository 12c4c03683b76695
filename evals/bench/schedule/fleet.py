"""Missions of any number of satellites in many planes, and requests all over the world; seeded."""

from __future__ import annotations

from random import Random
from typing import Final

from core.mission import reference_mission
from core.mission.model import Mission
from core.plan.activity import Window
from core.plan.schedule import DownlinkRequest, ImagingRequest, ScheduleRequest
from core.time import add_s, parse_utc

__all__ = ["fleet_problem"]

_START: Final = parse_utc("2026-11-22T12:00:00Z")
_PLANES: Final = 10
_DOWNLINK_SHARE: Final = 0.2
_DOWNLINK_BYTES: Final = 300_000_000
_LATITUDE_DEG: Final = 60.0


def fleet_problem(satellites: int, requests: int, days: float) -> tuple[Mission, list[ScheduleRequest], Window]:
    """The reference mission's first satellite spread over planes and phases, and what is asked of the fleet."""
    mission = reference_mission()
    first = mission.spacecraft[0]
    craft = [
        first.model_copy(
            update={
                "id": f"SAT-{k}",
                "name": f"SAT-{k}",
                "elements": first.elements.model_copy(
                    update={
                        "raan_deg": (first.elements.raan_deg + 360.0 / _PLANES * (k % _PLANES)) % 360.0,
                        "mean_anomaly_deg": (first.elements.mean_anomaly_deg + 360.0 / satellites * k) % 360.0,
                    }
                ),
            }
        )
        for k in range(satellites)
    ]
    random = Random(4)
    asked: list[ScheduleRequest] = []
    for k in range(requests):
        priority = random.choice((1.0, 2.0, 5.0))
        if random.random() < _DOWNLINK_SHARE:
            name = f"SAT-{random.randrange(satellites)}"
            asked.append(
                DownlinkRequest(name=f"data-{k}", satellite=name, volume_bytes=_DOWNLINK_BYTES, priority=priority)
            )
        else:
            asked.append(
                ImagingRequest(
                    name=f"image-{k}",
                    latitude_deg=random.uniform(-_LATITUDE_DEG, _LATITUDE_DEG),
                    longitude_deg=random.uniform(-180.0, 180.0),
                    priority=priority,
                )
            )
    fleet = mission.model_copy(update={"spacecraft": tuple(craft)})
    return fleet, asked, Window(start=_START, end=add_s(_START, 86_400.0 * days))
