"""Planned trajectories against a catalogue: everything that brute force finds, with burns and without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from core.errors import InputError, PhysicsError
from core.mission import Catalogue, read_catalogue
from core.orbit import Boost, Constellation, FlownOrbit, Orbit, Sgp4Orbit, fly_boosts, screen, screen_plan_trajectories
from core.orbit.flown import LostOrbit
from core.time import parse_utc, tai_s_from_utc

FloatArray = NDArray[np.float64]

START_TAI_S = tai_s_from_utc(parse_utc("2022-11-03T12:00:00Z"))
HOURS_12_S = 43_200.0
THRESHOLD_M = 30_000.0


@pytest.fixture(scope="module")
def catalogue(reference_data: Path) -> Catalogue:
    """Every fifth real object in low orbit."""
    whole = read_catalogue(reference_data / "flight" / "catalogue" / "active.tle")
    low = [one for one in whole.objects if one.elements.mean_motion_rev_day > 11.0]
    return replace(whole, objects=tuple(low[::5]))


@pytest.fixture(scope="module")
def own(reference_data: Path) -> Sgp4Orbit:
    """A satellite at 525 km, sun-synchronous, that is not in the catalogue."""
    whole = read_catalogue(reference_data / "flight" / "catalogue" / "active.tle")
    sun_synchronous = next(
        one
        for one in whole.objects
        if 15.05 < one.elements.mean_motion_rev_day < 15.2 and 97.0 < one.elements.inclination_deg < 98.5
    )
    return Sgp4Orbit.from_elements(sun_synchronous.elements.model_copy(update={"mean_anomaly_deg": 33.0}))


def brute_force(orbit: Orbit, catalogue: Catalogue) -> list[tuple[str, float, float]]:
    """Minima from samples ten seconds apart, refined one by one: name, seconds since the start, metres."""
    t_s = np.arange(0.0, HOURS_12_S + 1.0, 10.0)
    mine = orbit.propagate(START_TAI_S + t_s).r_gcrf_m
    found = []
    for one in catalogue.objects:
        other = Sgp4Orbit.from_elements(one.elements)
        apart = np.linalg.norm(other.propagate(START_TAI_S + t_s).r_gcrf_m - mine, axis=1)
        low = (apart[1:-1] <= apart[:-2]) & (apart[1:-1] < apart[2:]) & (apart[1:-1] < THRESHOLD_M + 80_000.0)
        for k in np.flatnonzero(low) + 1:

            def distance_m(s: float, other: Sgp4Orbit = other) -> float:
                at = np.array([START_TAI_S + s])
                return float(np.linalg.norm(other.propagate(at).r_gcrf_m - orbit.propagate(at).r_gcrf_m))

            best = minimize_scalar(
                distance_m, bounds=(t_s[k - 1], t_s[k + 1]), method="bounded", options={"xatol": 1e-5}
            )
            if best.fun <= THRESHOLD_M:
                found.append((one.name, float(best.x), float(best.fun)))
    return sorted(found, key=lambda row: row[1])


@pytest.mark.parametrize("burns", [False, True])
def test_a_plan_is_screened_as_brute_force_does(own: Sgp4Orbit, catalogue: Catalogue, burns: bool) -> None:
    orbit: Orbit = own
    if burns:
        middle_s = START_TAI_S + 15_000.0
        orbit = fly_boosts(own, [Boost(middle_s - 60.0, middle_s + 60.0, 0.6, 168.0, 220.0)])
    found = screen_plan_trajectories({"OWN": orbit}, catalogue, START_TAI_S, START_TAI_S + HOURS_12_S, THRESHOLD_M)
    inside = [one for one in found.approaches if not one.at_edge]
    expected = brute_force(orbit, catalogue)
    assert len(expected) > 5 and [one.object_name for one in inside] == [name for name, _, _ in expected]
    for one, (_, s, miss_m) in zip(inside, expected, strict=True):
        assert one.tca_tai_s - START_TAI_S == pytest.approx(s, abs=0.05)
        assert one.miss_m == pytest.approx(miss_m, abs=1.0)
        assert one.satellite == "OWN" and one.relative_speed_m_s > 0.0
    assert found.screened_objects + len(found.unscreened) == len(catalogue)


def test_the_burn_changes_what_is_met(own: Sgp4Orbit, catalogue: Catalogue) -> None:
    burnt = fly_boosts(own, [Boost(START_TAI_S, START_TAI_S + 120.0, 1.0, 168.0, 220.0)])
    span = (START_TAI_S, START_TAI_S + HOURS_12_S)
    found = screen_plan_trajectories({"A": own, "B": burnt}, catalogue, *span, THRESHOLD_M)
    assert [one.tca_tai_s for one in found.approaches] == sorted(one.tca_tai_s for one in found.approaches)
    times = {
        name: np.array([one.tca_tai_s for one in found.approaches if one.satellite == name]) for name in ("A", "B")
    }
    assert times["A"].size and times["B"].size and not np.array_equal(times["A"], times["B"])


def test_it_finds_what_the_screening_of_all_against_all_finds(own: Sgp4Orbit, catalogue: Catalogue) -> None:
    found = screen_plan_trajectories({"OWN": own}, catalogue, START_TAI_S, START_TAI_S + HOURS_12_S, THRESHOLD_M)
    fleet = Constellation([own.elements, *(one.elements for one in catalogue.objects)])
    whole = screen(fleet, START_TAI_S, HOURS_12_S, THRESHOLD_M)
    mine = whole.first == 0
    assert [one.miss_m for one in found.approaches] == pytest.approx(whole.miss_m[mine].tolist(), abs=1e-3)
    for one, other in zip(found.approaches, whole.second[mine], strict=True):
        elements = catalogue.objects[int(other) - 1].elements
        assert one.elements_age_s == pytest.approx(one.tca_tai_s - tai_s_from_utc(elements.epoch_utc))


def test_what_cannot_be_screened_is_said(own: Sgp4Orbit, catalogue: Catalogue) -> None:
    decaying = replace(
        catalogue.objects[0],
        name="FALLING",
        elements=catalogue.objects[0].elements.model_copy(
            update={"mean_motion_rev_day": 16.4, "bstar_per_earth_radius": 0.5}
        ),
    )
    some = replace(catalogue, objects=(decaying, *catalogue.objects[1:20]))
    found = screen_plan_trajectories({"OWN": own}, some, START_TAI_S, START_TAI_S + 20.0 * 86_400.0)
    (lost,) = found.unscreened
    assert lost.object_name == "FALLING" and "SGP4 has no state" in lost.reason
    assert lost.from_tai_s >= START_TAI_S and found.screened_objects == 19


def test_a_plan_without_a_trajectory_is_refused(own: Sgp4Orbit, catalogue: Catalogue) -> None:
    lost = replace(FlownOrbit.undisturbed(own), lost=LostOrbit(0, 50e3, "the burn ends the orbit"))
    with pytest.raises(PhysicsError, match="no trajectory to screen"):
        screen_plan_trajectories({"OWN": lost}, catalogue, START_TAI_S, START_TAI_S + 60.0)
    with pytest.raises(InputError, match="needs a trajectory"):
        screen_plan_trajectories({}, catalogue, START_TAI_S, START_TAI_S + 60.0)
    with pytest.raises(InputError, match="31"):
        screen_plan_trajectories({"OWN": own}, catalogue, START_TAI_S, START_TAI_S + 32.0 * 86_400.0)
    with pytest.raises(InputError, match="threshold"):
        screen_plan_trajectories({"OWN": own}, catalogue, START_TAI_S, START_TAI_S + 60.0, 0.0)
