"""Collisions counted among drawn orbits against published simulations, and burns where the plane misjudges."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from core.errors import InputError
from core.mission import Cdm, parse_cdm
from core.orbit import avoidance_options, curved_avoidance_options
from core.orbit.avoidance import message_after_burn
from core.orbit.collision_rate import ProbabilityBasis, assess_collision, expected_collisions
from core.orbit.collision_simulation import SimulationSettings, binomial_interval, simulate_collision
from core.orbit.conjunction import EncounterError


@pytest.fixture(scope="session")
def cases(reference_data: Path) -> dict[str, tuple[dict[str, Any], Cdm]]:
    """The public cases by file name."""
    folder = reference_data / "planning" / "cdm_pc"
    return {
        case["file"]: (case, parse_cdm((folder / case["file"]).read_text()))
        for case in json.loads((folder / "expected.json").read_text())
    }


def test_counted_collisions_agree_with_published_simulations(cases: dict[str, tuple[dict[str, Any], Cdm]]) -> None:
    """CARA's and Alfano's probabilities above 1e-3; one of each thirty thousand draws may miss by four deviations.

    Left out are Alfano's cases 9 and 10, where the pair stays together and a pair takes a hundred times longer.
    """
    slow = ("AlfanoTestCase09.cdm", "AlfanoTestCase10.cdm")
    judged = 0
    for case, cdm in cases.values():
        published = case.get("nc3d", case.get("mc1e8"))
        if published > 1e-3 and case["file"] not in slow:
            found = simulate_collision(cdm, case["hbr_m"], SimulationSettings(samples=20_000, seed=7))
            assert found.unbound == 0 and found.low <= found.probability <= found.high
            spread = math.sqrt(20_000 * published * (1.0 - published))
            assert abs(found.hits - 20_000 * published) < 4.0 * spread, case["file"]
            judged += 1
    assert judged >= 10


def test_a_message_that_the_plane_misjudges_is_counted_right(cases: dict[str, tuple[dict[str, Any], Cdm]]) -> None:
    """The plane says 4e-23, CARA's simulation 1.5e-4."""
    case, cdm = cases["000035946_conj_000030648_20221210_140311_20221206_003234.cdm"]
    found = simulate_collision(cdm, case["hbr_m"], SimulationSettings(samples=200_000, seed=3))
    assert case["pc2d"] < 1e-20 and found.low < case["sdmc"] < found.high


def test_objects_that_meet_twice_a_revolution_are_counted_once(cases: dict[str, tuple[dict[str, Any], Cdm]]) -> None:
    """Alfano's case 7: his simulation is of one meeting, and so is ours over a quarter of a revolution either way."""
    case, cdm = cases["AlfanoTestCase07.cdm"]
    found = simulate_collision(cdm, case["hbr_m"], SimulationSettings(samples=300_000, half_span_s=1000.0))
    assert found.low < case["mc1e8"] < found.high
    assert expected_collisions(cdm, case["hbr_m"]).expected > 1.5 * case["mc1e8"]


def test_the_count_follows_from_the_seed_alone(cases: dict[str, tuple[dict[str, Any], Cdm]]) -> None:
    case, cdm = cases["AlfanoTestCase03.cdm"]
    first, again, other = (
        simulate_collision(cdm, case["hbr_m"], SimulationSettings(samples=10_000, seed=seed, threads=threads)).hits
        for seed, threads in ((5, 1), (5, 3), (6, 1))
    )
    assert first == again != other


@pytest.mark.parametrize(("hits", "samples"), [(0, 100), (3, 1000), (50, 100), (999, 1000), (100, 100)])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.999])
def test_the_interval_is_wilsons(hits: int, samples: int, confidence: float) -> None:
    expected = binomtest(hits, samples).proportion_ci(confidence, method="wilson")
    assert binomial_interval(hits, samples, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)
    with pytest.raises(InputError, match="no interval"):
        binomial_interval(2, 1)


def test_the_simulation_is_the_last_resort(cases: dict[str, tuple[dict[str, Any], Cdm]]) -> None:
    """It is asked where a pair meets more than once, not where the rate says all; none seen counts with its bound."""
    settings = SimulationSettings(samples=20_000)
    case, cdm = cases["AlfanoTestCase03.cdm"]
    assert assess_collision(cdm, case["hbr_m"], simulation=settings).simulation is None
    case, cdm = cases["AlfanoTestCase07.cdm"]
    found = assess_collision(cdm, case["hbr_m"], simulation=settings)
    assert found.simulation is not None and found.basis is ProbabilityBasis.SIMULATION
    assert found.probability == found.simulation.believed > 0.0
    none = simulate_collision(cdm, 1e-3, settings)
    assert none.hits == 0 and none.believed == none.high > 1e-4
    bare = replace(cdm, objects=(replace(cdm.objects[0], state_covariance_rtn=None), cdm.objects[1]))
    assert assess_collision(bare, case["hbr_m"], simulation=settings).simulation is None
    with pytest.raises(EncounterError, match="no covariance of the velocity"):
        simulate_collision(bare, case["hbr_m"])


def test_a_burn_is_found_where_the_plane_would_choose_the_wrong_way(
    cases: dict[str, tuple[dict[str, Any], Cdm]],
) -> None:
    """The plane's burn leaves a collision above the limit; the one found along curved orbits is below it when flown."""
    case, cdm = cases["000035946_conj_000030648_20221210_140311_20221206_003234.cdm"]
    radius_m, available_s = case["hbr_m"], 36_000.0
    options = curved_avoidance_options(cdm, 0, radius_m, available_s, 1.0, 1e-5, 0.01)
    reached = [one for one in options if one.reaches_limit]
    assert reached == options[: len(reached)] and reached
    assert all(one.basis is ProbabilityBasis.CURVED_ORBITS for one in options)
    best = reached[0]
    flown = message_after_burn(cdm, 0, best.before_tca_s, best.delta_v_m_s)
    assert expected_collisions(flown, radius_m).expected == pytest.approx(best.probability) and best.probability <= 1e-5
    less = message_after_burn(cdm, 0, best.before_tca_s, best.delta_v_m_s - math.copysign(1e-3, best.delta_v_m_s))
    assert expected_collisions(less, radius_m).expected > 1e-5
    planes = avoidance_options(cdm, 0, radius_m, available_s, 1.0, 1e-5, 0.01)[0]
    wrong = message_after_burn(cdm, 0, planes.before_tca_s, planes.delta_v_m_s)
    assert planes.probability < 1e-20 and expected_collisions(wrong, radius_m).expected > 1e-5


def test_burn_times_are_spread_and_a_limit_too_low_says_how_far_they_get(
    cases: dict[str, tuple[dict[str, Any], Cdm]],
) -> None:
    case, cdm = cases["000035946_conj_000030648_20221210_140311_20221206_003234.cdm"]
    options = curved_avoidance_options(cdm, 0, case["hbr_m"], 36_000.0, 0.0002, 1e-12)
    assert not any(one.reaches_limit for one in options)
    assert len(options) == 8 and {one.half_revolutions for one in options} >= {
        1,
        max(o.half_revolutions for o in options),
    }
    assert np.all(np.diff([one.probability for one in options]) >= 0.0)
