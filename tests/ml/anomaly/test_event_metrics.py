"""VUS-PR is what the benchmark's own code says; event scores count what their definition says."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import genpareto

from core.errors import InputError
from ml.anomaly.event_score import score_events
from ml.anomaly.return_level import return_level
from ml.anomaly.stretches import stretches
from ml.anomaly.vus import tsb_window, vus_pr

AUTHORITY = json.loads((Path(__file__).parents[2] / "authorities" / "vus" / "cases.json").read_text())


def flags(*events: tuple[int, int], samples: int = 100) -> NDArray[np.bool_]:
    """Events by their first sample and the one after the last."""
    made = np.zeros(samples, dtype=bool)
    for begin, end in events:
        made[begin:end] = True
    return made


@pytest.mark.parametrize("case", AUTHORITY["vus_pr"], ids=lambda one: one["what"])
def test_vus_pr_agrees_with_the_code_of_tsb_ad(case: dict) -> None:
    score = np.array(case["score"])
    labels = flags(*((begin, last + 1) for begin, last in case["events"]), samples=len(score))
    assert vus_pr(score, labels, case["window"]) == pytest.approx(case["vus_pr"], abs=1e-12)


@pytest.mark.parametrize("case", AUTHORITY["windows"], ids=lambda one: one["what"])
def test_the_window_agrees_with_the_code_of_tsb_ad(case: dict) -> None:
    assert tsb_window(np.array(case["values"])) == case["window"]


def test_a_constant_series_has_the_window_without_a_period() -> None:
    assert tsb_window(np.ones(500)) == 125


@given(st.integers(0, 60), st.integers(1, 25), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_vus_pr_is_a_share_and_knows_only_the_order(begin: int, length: int, window: int, seed: int) -> None:
    labels = flags((begin, begin + length))
    score = np.random.default_rng(seed).normal(size=100)
    found = vus_pr(score, labels, window)
    assert 0.0 <= found <= 1.0 + 1e-12
    assert vus_pr(np.exp(score), labels, window) == pytest.approx(found, abs=1e-12)
    assert vus_pr(score + 10.0 * labels, labels, window) >= found - 1e-12  # to raise all of an event cannot hurt


def test_a_score_that_is_the_label_is_perfect() -> None:
    labels = flags((20, 30), (60, 65), samples=400)
    assert vus_pr(labels.astype(float), labels, 0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("score", "labels", "window", "field"),
    [
        (np.zeros(4), np.ones(5, dtype=bool), 1, "score"),
        (np.array([0.0, np.nan]), np.ones(2, dtype=bool), 1, "score"),
        (np.zeros(5), np.zeros(5, dtype=bool), 1, "labels"),
        (np.zeros(5), np.ones(5, dtype=bool), -1, "window"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    score: NDArray[np.float64], labels: NDArray[np.bool_], window: int, field: str
) -> None:
    with pytest.raises(InputError) as refused:
        vus_pr(score, labels, window)
    assert refused.value.field == field


@given(st.lists(st.booleans(), max_size=60))
def test_stretches_are_the_true_flags_in_order(drawn: list[bool]) -> None:
    array = np.array(drawn, dtype=bool)
    found = stretches(array)
    assert [at for one in found for at in range(one.begin, one.end)] == np.flatnonzero(array).tolist()
    assert all(one.end < two.begin for one, two in pairwise(found))


@pytest.mark.parametrize(
    ("alarms", "counts"),
    [
        (flags(), (0, 2, 0)),
        (flags((20, 22)), (1, 1, 0)),
        (flags((20, 22), (25, 26)), (1, 1, 0)),  # two alarms in one event find it once
        (flags((29, 90)), (1, 1, 0)),  # an alarm finds the event that it begins in, not the next
        (flags((15, 25)), (0, 2, 1)),  # it was on before the event began: it told nothing of it
        (flags((30, 40)), (0, 2, 1)),  # one sample late
        (flags((0, 5), (40, 45), (62, 63)), (1, 1, 2)),
    ],
)
def test_an_event_is_found_by_an_alarm_that_begins_in_it(
    alarms: NDArray[np.bool_], counts: tuple[int, int, int]
) -> None:
    found = score_events([(alarms, flags((20, 30), (60, 70)))])
    assert (found.found, found.missed, found.false_alarms) == counts


def test_figures_of_events_follow_from_the_counts() -> None:
    labels = flags((20, 30), (60, 70))
    found = score_events([(flags((20, 22), (40, 44)), labels), (flags(samples=50), flags(samples=50))])
    assert found.recall == pytest.approx(1 / 2)
    precision = 1 / 2 * (1 - 4 / 130)  # of 130 nominal samples four are alarmed
    assert found.precision == pytest.approx(precision)
    assert found.f05 == pytest.approx(1.25 * precision * 0.5 / (0.25 * precision + 0.5))
    assert found.false_alarms_per_day(sampling_s=60.0) == pytest.approx(1 / (150 / 1440))
    assert score_events([(flags(), labels)]).f05 == 0.0


def test_an_alarm_that_never_ends_is_worth_little() -> None:
    labels = flags((20, 30), samples=1000)
    brief = score_events([(flags((20, 30), samples=1000), labels)])
    endless = score_events([(flags((20, 1000), samples=1000), labels)])
    assert brief.f05 == pytest.approx(1.0) and endless.f05 < 0.05


@pytest.mark.parametrize("shape", [0.0, 0.2])
def test_the_return_level_is_passed_as_often_as_asked(shape: float) -> None:
    # Peaks of a known law, far enough apart that none hides another.
    tail = genpareto(shape, scale=2.0)
    scores = np.zeros(400_000)
    scores[::200] = tail.rvs(2_000, random_state=3)
    level = return_level(scores, samples=2_000_000)  # 10,000 peaks
    assert level == pytest.approx(tail.ppf(1.0 - 1.0 / 10_000), rel=0.15)


def test_scores_that_do_not_vary_are_their_own_level() -> None:
    assert return_level(np.full(500, 0.25), samples=1e6) == 0.25


@given(st.integers(0, 2**32 - 1), st.floats(1e3, 1e6), st.floats(1.0, 100.0))
def test_the_return_level_rises_with_the_period(seed: int, samples: float, times: float) -> None:
    scores = np.random.default_rng(seed).exponential(size=1_000)
    assert return_level(scores, samples) <= return_level(scores, samples * times) + 1e-9
