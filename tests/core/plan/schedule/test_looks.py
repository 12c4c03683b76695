"""A large fleet is looked at in shares: what that gives is part of what all of it sees, and all of it where that is little."""

from __future__ import annotations

import numpy as np
import pytest

from core.plan.activity import Window
from core.plan.orbit import planned_orbit
from core.plan.schedule.looks import Look, look_for_images
from core.plan.schedule.requests import ImagingRequest
from core.plan.schedule.sky import Sky
from core.time import add_s
from evals.bench.schedule.fleet import fleet_problem

SATELLITES = 60
MOST = 16


@pytest.fixture(scope="module")
def horizon() -> Window:
    return fleet_problem(1, 0, 7.0)[2]


@pytest.fixture(scope="module")
def sky(horizon: Window) -> Sky:
    mission, _, _ = fleet_problem(SATELLITES, 0, 7.0)
    names = [craft.id for craft in mission.spacecraft]
    return Sky(mission, {name: planned_orbit(mission, name, ()) for name in names}, horizon)


@pytest.fixture(scope="module")
def images(horizon: Window) -> list[ImagingRequest]:
    nairobi = {"latitude_deg": -1.29, "longitude_deg": 36.82}
    day = add_s(horizon.start, 86_400.0)
    return [
        ImagingRequest(name="week", **nairobi),
        ImagingRequest(name="hours", **nairobi, earliest=day, latest_end=add_s(day, 6 * 3600.0)),
        ImagingRequest(name="named", **nairobi, satellites=("SAT-5", "SAT-44")),
        ImagingRequest(name="night", latitude_deg=85.0, longitude_deg=10.0),
    ]


@pytest.fixture(scope="module")
def looks(sky: Sky, images: list[ImagingRequest]) -> dict[str, Look]:
    return look_for_images(images, sky, dict.fromkeys(range(SATELLITES), 0.0), MOST)


def test_what_a_share_sees_is_part_of_what_the_fleet_sees(
    sky: Sky, images: list[ImagingRequest], looks: dict[str, Look]
) -> None:
    every = sky.accesses(images, range(SATELLITES))
    for name, look in looks.items():
        all_of_it = set(zip(every[name].satellite.tolist(), every[name].best_s.tolist(), strict=True))
        assert all_of_it.issuperset(zip(look.fitting.satellite.tolist(), look.fitting.best_s.tolist(), strict=True))
        assert np.all(np.diff(look.fitting.max_elevation_deg) <= 0.0)
    assert len(looks["week"].fitting) == MOST and not len(looks["night"].fitting)


def test_a_request_that_is_hard_to_serve_is_looked_for_everywhere(
    sky: Sky, images: list[ImagingRequest], looks: dict[str, Look]
) -> None:
    every, day = sky.accesses(images, range(SATELLITES))["hours"], 86_400.0
    by_daylight = every.taken(
        np.flatnonzero(
            (every.sun_elevation_deg > 15.5) & (every.best_s > day + 200.0) & (every.best_s < day + 6 * 3600.0 - 4.0)
        )
    )
    assert 0 < len(by_daylight) < MOST
    found = looks["hours"].fitting
    assert set(by_daylight.satellite.tolist()) <= set(found.satellite.tolist()) and len(found) < MOST
    assert set(looks["named"].fitting.satellite.tolist()) == {5, 44}


def test_what_cannot_serve_says_why(looks: dict[str, Look]) -> None:
    assert {code for _, code in looks["night"].refused} == {"GEO-003"}
    assert {"GEO-003", "TMP-003", "TMP-004"} == {code for _, code in looks["hours"].refused}
