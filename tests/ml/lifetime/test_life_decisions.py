"""Predicted distributions, scores, the maintenance policy and schedules, against definitions written out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from ml.lifetime.distribution import Calibration, LifeSample, calibrated_tail, weighted_quantile
from ml.lifetime.fleet_schedule import Job, job_of, schedule_fleet
from ml.lifetime.policy import CostRatio, expected_cost, optimal_rate, policy_cost, wait_cycles
from ml.lifetime.scores import life_scores


def sample(lives: list[float], weights: list[float] | None = None) -> LifeSample:
    order = np.argsort(lives)
    shares = np.ones(len(lives)) if weights is None else np.array(weights)
    return LifeSample(np.array(lives)[order], (shares / shares.sum())[order], float(len(lives)))


def test_scores_are_those_of_the_challenge() -> None:
    """Saxena et al. 2008: exp(-d/13) - 1 for early and exp(d/10) - 1 for late predictions, summed."""
    scores = life_scores(np.array([100.0, 50.0]), np.array([113.0, 40.0]))
    assert scores.score == pytest.approx(2 * (np.e - 1))
    assert scores.rmse_cycles == pytest.approx(np.sqrt((169 + 100) / 2))
    assert life_scores(np.array([125.0]), np.array([180.0]), 125.0).rmse_cycles == 0.0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12), st.floats(0.0, 1.0))
def test_a_weighted_quantile_of_equal_weights_is_the_inverse_distribution_function(
    lives: list[int], level: float
) -> None:
    values = np.sort(np.array(lives, dtype=float))
    found = weighted_quantile(values, np.ones(len(values)), level)
    assert (values <= found).sum() >= level * len(values) - 1e-9
    assert (values < found).sum() <= level * len(values) + 1e-9


def test_intervals_cover_new_units_of_a_known_law_also_where_the_spread_changes() -> None:
    """Lives scatter by a fifth of the prediction: calibrated on 200 units, judged on 4,000 others; 90 % within 3 %."""
    random = np.random.default_rng(5)

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        predicted = random.uniform(10, 120, count)
        return predicted, predicted * random.normal(1.0, 0.2, count)

    predicted, lived = draw(200)
    calibration = Calibration(predicted, lived, np.arange(200), np.ones(200))
    own = [calibration.sample(one, number) for number, one in enumerate(predicted)]
    tail = calibrated_tail(own, lived, cap_cycles=1e9)
    new_predicted, new_lived = draw(4000)
    ends = np.array([calibration.sample(one).interval(tail) for one in new_predicted])
    covered = (ends[:, 0] <= new_lived) & (new_lived <= ends[:, 1])
    assert covered.mean() == pytest.approx(0.9, abs=0.03)
    for first, last in ((10, 40), (40, 80), (80, 120)):
        inside = (new_predicted >= first) & (new_predicted < last)
        assert covered[inside].mean() == pytest.approx(0.9, abs=0.07)


def test_a_unit_left_out_does_not_calibrate_itself() -> None:
    calibration = Calibration(
        np.array([50.0, 50.0, 50.0, 50.0]), np.array([10.0, 20.0, 30.0, 999.0]), np.arange(4), np.ones(4)
    )
    assert calibration.sample(50.0).lives.max() == 999.0
    assert calibration.sample(50.0, without_unit=3).lives.max() == 30.0


def test_costs_of_a_policy_by_hand() -> None:
    """Waits 10 and 30 of units that live 20 each, aged 80 and 60: one maintenance (1) at 90, one failure (5) at 80."""
    cost = policy_cost(np.array([10.0, 30.0]), np.array([20.0, 20.0]), np.array([80.0, 60.0]), CostRatio(5.0))
    assert cost.rate == pytest.approx(6 / 170)
    assert cost.failures == 0.5


def test_expected_costs_by_hand() -> None:
    life = sample([10.0, 20.0])
    found = expected_cost(life, CostRatio(5.0), 0.01, np.array([0, 10, 15, 25]))
    assert found.tolist() == pytest.approx([1.0, 1 - 0.10, 1 + 2 - 0.125, 5 - 0.15])
    assert wait_cycles(life, CostRatio(5.0), 0.01) == 10  # just before the first can fail


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=4), min_size=1, max_size=3), st.integers(2, 12))
def test_no_choice_of_waits_has_a_lower_cost_rate(lives: list[list[int]], ratio: int) -> None:
    """Against every combination of the waits that can matter: just at a possible life, or now."""
    samples = [sample([float(life) for life in one]) for one in lives]
    ages = np.arange(20.0, 20.0 + 10 * len(lives), 10.0)
    costs = CostRatio(float(ratio))
    rate = optimal_rate(samples, ages, np.ones(len(ages)), costs)

    def rate_of(waits: tuple[int, ...]) -> float:
        cost = cycles = 0.0
        for one, age, wait in zip(samples, ages, waits, strict=True):
            cost += 1 + (ratio - 1) * float((one.lives < wait) @ one.weights)
            cycles += age + float(np.minimum(one.lives, wait) @ one.weights)
        return cost / cycles

    best = min(rate_of(waits) for waits in itertools.product(*({0, *one} for one in lives)))
    assert rate == pytest.approx(best, rel=1e-9)
    ours = tuple(wait_cycles(one, costs, rate) for one in samples)
    assert rate_of(ours) == pytest.approx(best, rel=1e-9)


def test_costs_that_leave_nothing_to_decide_are_refused() -> None:
    for failure in (1.0, 0.5, float("nan"), float("inf")):
        with pytest.raises(InputError, match="a failure is to cost more"):
            CostRatio(failure)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 20), min_size=6, max_size=6), min_size=1, max_size=3),
    st.integers(1, 2),
    st.sets(st.integers(0, 5), max_size=2),
)
def test_a_schedule_of_a_fleet_costs_least(costs: list[list[int]], crews: int, closed: set[int]) -> None:
    """Against every schedule of three jobs of two slots each."""
    jobs = [Job(str(number), 2, np.array(one, dtype=float)) for number, one in enumerate(costs)]
    is_open = np.array([slot not in closed for slot in range(6)])

    def allowed(starts: tuple[int, ...]) -> bool:
        used = [0] * 6
        for start in starts:
            for slot in (start, start + 1):
                used[slot] += 1
        return all((not count or is_open[slot]) and count <= crews for slot, count in enumerate(used))

    every = [one for one in itertools.product(range(5), repeat=len(jobs)) if allowed(one)]
    if not every:
        with pytest.raises(InputError, match="no schedule"):
            schedule_fleet(jobs, np.where(is_open, crews, 0))
        return
    least = min(sum(one[start] for one, start in zip(costs, starts, strict=True)) for starts in every)
    found = schedule_fleet(jobs, np.where(is_open, crews, 0))
    starts = tuple(found.starts[str(number)] for number in range(len(jobs)))
    assert allowed(starts)
    assert found.proven and found.cost == pytest.approx(least, abs=1e-6)


def test_units_that_are_near_their_end_come_first_and_the_others_wait() -> None:
    """One crew, two units: alone each would be maintained in its best slot; together the one that cannot wait has it."""
    costs, rate = CostRatio(5.0), 0.01
    near, far = sample([30.0, 32.0, 35.0]), sample([30.0, 80.0, 90.0])
    jobs = [
        job_of(name, life, costs, rate, slots=1, horizon=4, cycles_per_slot=10.0)
        for name, life in (("near", near), ("far", far))
    ]
    for job, life in zip(jobs, (near, far), strict=True):
        assert np.argmin(job.costs) == 3  # 30 cycles: the last slot before either can fail
        assert job.costs[3] == pytest.approx(1.0 - rate * 30.0)
        assert wait_cycles(life, costs, rate) == 30
    found = schedule_fleet(jobs, np.ones(4, dtype=int))
    assert sorted(found.starts.values()) == [2, 3]
    with pytest.raises(InputError, match="cycles_per_slot"):
        job_of("near", near, costs, rate, slots=1, horizon=4, cycles_per_slot=0.0)


def test_jobs_that_make_no_sense_are_refused() -> None:
    for job in (Job("a", 0, np.ones(4)), Job("a", 5, np.ones(4)), Job("a", 1, np.array([1.0, np.nan, 1.0, 1.0]))):
        with pytest.raises(InputError, match=r"^a"):
            schedule_fleet([job], np.ones(4, dtype=int))
    with pytest.raises(InputError, match="twice"):
        schedule_fleet([Job("a", 1, np.ones(4)), Job("a", 1, np.ones(4))], np.ones(4, dtype=int))
