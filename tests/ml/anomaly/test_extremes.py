"""Thresholds from peaks, against laws whose quantiles are known."""

from __future__ import annotations

import numpy as np
import pytest

from ml.anomaly.extremes import peaks, threshold_for_rate

PER_DAY = 1440


@pytest.mark.parametrize("seed", range(5))
def test_threshold_of_exponential_values_is_near_its_quantile(seed: int) -> None:
    days = 60
    values = np.random.default_rng(seed).exponential(1.0, days * PER_DAY)
    found = threshold_for_rate([values], days, 0.01, apart=0)
    true = np.log(PER_DAY / 0.01)  # exceeded 0.01 times a day: 100 days, more than there are
    assert 0.8 * true < found < 1.35 * true  # a law with a shape to find, from 1,700 peaks


def test_a_bounded_law_gives_a_threshold_that_is_hardly_beyond_its_bound() -> None:
    values = np.random.default_rng(1).uniform(0.0, 1.0, 60 * PER_DAY)
    assert threshold_for_rate([values], 60, 0.001, apart=0) < 1.2


def test_rarer_alarms_need_higher_thresholds() -> None:
    values = np.random.default_rng(2).exponential(1.0, 20 * PER_DAY)
    found = [threshold_for_rate([values], 20, rate, apart=30) for rate in (1.0, 0.1, 0.01)]
    assert found == sorted(found) and len(set(found)) == 3


def test_without_values_or_with_constant_ones_there_is_no_false_alarm() -> None:
    assert threshold_for_rate([np.full(10, np.nan)], 1, 0.1, apart=0) == np.inf
    assert threshold_for_rate([np.full(1000, 0.5)], 1, 0.1, apart=0) > 0.5


def test_peaks_are_the_greatest_of_runs() -> None:
    values = np.array([0, 2, 3, 0, 5, 0, 0, 0, 4, 0], dtype=float)
    assert peaks(values, 1.0, apart=2).tolist() == [5.0, 4.0]
    assert peaks(values, 1.0, apart=1).tolist() == [3.0, 5.0, 4.0]
    assert not len(peaks(values, 9.0, apart=1))
