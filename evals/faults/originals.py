"""Valid plans to spoil, made by the real tools at a seeded time; the checks have nothing to say of any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from random import Random
from typing import Any, Final

from core.mission import reference_mission
from core.mission.catalogue import Catalogue, CatalogueObject
from core.plan.activity import Activity
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import Intent, MissionPlan, Severity
from core.plan.repair import repair_plan
from core.time import add_s, format_utc, parse_utc
from evals.faults.model import Original, Site
from evals.proposals import NotProposed, propose
from tools.initial import MissionFileReader

__all__ = ["ORIGINALS", "harmless_catalogue", "original"]

Calls = Sequence[tuple[str, dict[str, Any]]]

_BASE: Final = "2026-11-22T12:00:00Z"
_LATEST_S: Final = 6 * 3600.0
_TRIES: Final = 20
_REPAIRS: Final = 3


def original(name: str, seed: int) -> Original:
    """A valid plan of that kind.

    Raises:
        LookupError: The checks find something in every one that was tried.
    """
    return _made(name, seed)


@cache
def _made(name: str, seed: int) -> Original:
    random = Random(f"{name} {seed}")
    mission = reference_mission()
    for _ in range(_TRIES):
        now = add_s(parse_utc(_BASE), round(random.uniform(0.0, _LATEST_S)))
        try:
            plan = _planned(propose(mission, now, ORIGINALS[name](random, now)), now)
        except NotProposed:
            continue
        if plan is not None:
            return Original(plan, Site(mission, now, catalogue=harmless_catalogue(now)))
    raise LookupError(f"no valid plan of kind {name} in {_TRIES} tries with seed {seed}")


def _planned(activities: Sequence[Activity], now: datetime) -> MissionPlan | None:
    mission = reference_mission()
    reader = MissionFileReader(mission)
    initial = [
        reader.initial_resources(craft.id, now).model_copy(update={"as_of": now}) for craft in mission.spacecraft
    ]
    known = harmless_catalogue(now)
    intent = Intent(text="a valid plan", author="operator", channel="cli", received_at=now)
    plan = check_plan(draft_plan("plan-valid00", intent, activities, initial, mission, now), mission, now, (), known)
    for _ in range(_REPAIRS):
        if _clean(plan):
            return plan
        plan = check_plan(repair_plan(plan, mission, now).plan, mission, now, (), known)
    return plan if _clean(plan) else None


def _clean(plan: MissionPlan) -> bool:
    return plan.validation is not None and all(one.severity is Severity.INFO for one in plan.validation.findings)


def harmless_catalogue(now: datetime) -> Catalogue:
    """Fresh elements of two objects that stay thousands of kilometres away."""
    elements = reference_mission().spacecraft[0].elements
    high = elements.model_copy(update={"epoch_utc": now, "mean_motion_rev_day": 1.0027, "inclination_deg": 3.0})
    middle = elements.model_copy(update={"epoch_utc": now, "mean_motion_rev_day": 2.0, "inclination_deg": 55.0})
    return Catalogue("two objects", (CatalogueObject("HIGH", 90_001, high), CatalogueObject("MIDDLE", 90_002, middle)))


def _downlink_and_sun(random: Random, now: datetime) -> Calls:
    satellite = random.choice(["LSAT-1", "LSAT-2", "LSAT-3"])
    station = random.choice(["svalbard", "kiruna", "fairbanks"])
    volume_mb = random.randrange(300, 750, 10)
    return [
        (
            "schedule_downlink",
            {
                "satellite": satellite,
                "station": station,
                "data_volume_mb": volume_mb,
                "deadline": format_utc(add_s(now, 86_400.0)),
            },
        ),
        ("point_attitude", {"satellite": satellite, "pointing": "sun", "duration_min": random.randrange(15, 50)}),
    ]


def _image_and_downlink(random: Random, now: datetime) -> Calls:
    target = random.choice(["Port of Rotterdam", "Grand Canyon", "Buenos Aires", "Tokyo"])
    return [
        ("schedule_imaging", {"satellite": "LSAT-1", "target": target, "end": format_utc(add_s(now, 2 * 86_400.0))}),
        ("schedule_downlink", {"satellite": "LSAT-1", "station": "kiruna", "data_volume_mb": 900}),
        ("point_attitude", {"satellite": "LSAT-1", "pointing": "sun", "duration_min": random.randrange(15, 40)}),
        ("set_mode", {"satellite": "LSAT-3", "mode": "standby"}),
    ]


def _raise(random: Random, _now: datetime) -> Calls:
    altitude_km = 525.0 + random.randrange(6, 13)
    return [("plan_orbit_raise", {"satellite": "LSAT-2", "target_altitude_km": altitude_km})]


def _fleet(random: Random, _now: datetime) -> Calls:
    stations = random.sample(["svalbard", "kiruna", "fairbanks"], 2)
    return [
        ("schedule_downlink", {"satellite": "LSAT-1", "station": stations[0], "data_volume_mb": 400}),
        ("schedule_downlink", {"satellite": "LSAT-2", "station": stations[1], "data_volume_mb": 500}),
        ("set_mode", {"satellite": "LSAT-4", "mode": "standby"}),
        ("point_attitude", {"satellite": "LSAT-3", "pointing": "inertial", "duration_min": 20}),
    ]


ORIGINALS: Final[dict[str, Callable[[Random, datetime], Calls]]] = {
    "downlink": _downlink_and_sun,
    "image": _image_and_downlink,
    "raise": _raise,
    "fleet": _fleet,
}
