"""Risks: nothing spread breaks nothing, shares follow from margins and spreads, and intervals hold what they must."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from scipy.stats import binomtest

from core.errors import InputError
from core.mission.model import Mission
from core.plan.dispersion import _wilson, limit_risks
from core.plan.model import MissionPlan
from core.plan.resource_members import ResourceSpread
from core.plan.simulate import simulate

STILL = ResourceSpread(*([0.0] * 9))


def test_a_valid_plan_without_spread_breaks_nothing(story: MissionPlan, mission: Mission) -> None:
    certain = tuple(one.model_copy(update={"sigma": {"soc": 0.0, "propellant_kg": 0.0}}) for one in story.initial)
    plan = story.model_copy(update={"initial": certain})
    risks = limit_risks(plan, mission, simulate(plan, mission), members=20, spread=STILL)
    assert {one.probability for one in risks} == {0.0}
    assert all(one.worst_5_percent == pytest.approx(one.nominal, rel=1e-6, abs=1e-6) for one in risks)


def test_the_share_below_a_limit_is_that_of_the_start(story: MissionPlan, mission: Mission) -> None:
    """With nothing but an uncertain charge, the risk is the tail of its normal distribution."""
    nominal = simulate(story, mission)
    run = nominal.runs["LSAT-1"]
    lowest = float(run.flight.resources.extremes.soc_min[0])
    margin, sigma = lowest - 0.6, 0.05
    begin = next(one for one in story.initial if one.satellite == "LSAT-1").soc - margin + 0.5 * sigma
    start = tuple(
        one.model_copy(update={"soc": begin, "sigma": {"soc": sigma, "propellant_kg": 0.0}}) for one in story.initial
    )
    plan = story.model_copy(update={"initial": start})
    flown = simulate(plan, mission)
    least = float(flown.runs["LSAT-1"].flight.resources.extremes.soc_min[0])
    risks = limit_risks(plan, mission, flown, members=2000, spread=STILL)
    charge = next(one for one in risks if one.satellite == "LSAT-1" and one.quantity == "state of charge")
    expected = NormalDist().cdf((0.6 - least) / sigma)
    # A fuller battery gives a little higher voltage and so draws less: the spread at the end is not quite that at the start.
    assert charge.probability == pytest.approx(expected, abs=0.05)
    assert charge.at_least < charge.probability < charge.at_most


def test_usual_spreads_leave_the_story_safe_and_warm_parts_near_their_limits(
    story: MissionPlan, mission: Mission
) -> None:
    risks = limit_risks(story, mission, simulate(story, mission), members=200)
    charge = next(one for one in risks if one.quantity == "state of charge")
    assert charge.probability == 0.0 and 0.0 < charge.at_most < 0.03
    assert charge.worst_5_percent < charge.nominal
    assert [one.probability for one in risks] == sorted((one.probability for one in risks), reverse=True)


@pytest.mark.parametrize(("count", "of"), [(0, 20), (3, 50), (50, 50), (7, 1000)])
def test_intervals_are_wilsons(count: int, of: int) -> None:
    expected = binomtest(count, of).proportion_ci(0.95, method="wilson")
    low, high = _wilson(count, of)
    assert math.isclose(low, expected.low, abs_tol=1e-4)
    assert math.isclose(high, expected.high, abs_tol=1e-4)


def test_a_number_of_members_out_of_range_is_refused(story: MissionPlan, mission: Mission) -> None:
    with pytest.raises(InputError, match="between 2 and 20000"):
        limit_risks(story, mission, simulate(story, mission), members=1)
