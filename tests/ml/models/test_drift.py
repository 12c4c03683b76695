"""Drift of telemetry from training: known shifts are told, chance and discrete values are not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import norm, poisson

from core.errors import InputError
from ml.models.drift import DriftLevel, ParameterDrift, TrainingReference, parameter_drift, rate_drift, reference_of

RANDOM = np.random.default_rng(7)
TRAINED = RANDOM.normal(20.0, 2.0, 50_000)


def _one(trained: np.ndarray, now: np.ndarray) -> ParameterDrift:
    (found,) = parameter_drift(reference_of({"temp": trained}), {"temp": now})
    return found


@pytest.mark.parametrize(
    ("shift", "level"),
    [(0.0, DriftLevel.ALIKE), (0.1, DriftLevel.ALIKE), (0.4, DriftLevel.SHIFTING), (1.0, DriftLevel.DRIFTED)],
)
def test_a_shift_of_a_normal_population_is_measured_as_theory_has_it(shift: float, level: DriftLevel) -> None:
    found = _one(TRAINED, RANDOM.normal(20.0 + 2.0 * shift, 2.0, 20_000))
    edges = norm.ppf(np.linspace(0.0, 1.0, 11))
    shares = np.diff(norm.cdf(edges - shift))
    index = float(np.sum((shares - 0.1) * np.log(shares / 0.1)))
    # A hundred quantiles stand for the population, so that a tenth of it is 10 or 11 of 101.
    assert found.index == pytest.approx(index, rel=0.05, abs=0.01)
    assert found.distance == pytest.approx(2.0 * norm.cdf(shift / 2.0) - 1.0, abs=0.02)
    assert found.level is level and found.values == 20_000
    assert found.median == pytest.approx(20.0 + 2.0 * shift, abs=0.1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, 7.0]), min_size=30, max_size=60), st.integers(10, 30))
def test_the_same_discrete_values_are_never_a_drift(values: list[float], times: int) -> None:
    trained = np.array(values)
    found = _one(trained, np.repeat(trained, times))
    assert found.level is DriftLevel.ALIKE, found


def test_a_constant_that_moves_and_a_mode_that_vanishes_are_drifts() -> None:
    assert _one(np.full(1000, 3.0), np.full(1000, 3.0)).level is DriftLevel.ALIKE
    moved = _one(np.full(1000, 3.0), np.full(1000, 3.1))
    assert (moved.level, moved.distance) == (DriftLevel.DRIFTED, 1.0)
    assert _one(RANDOM.integers(0, 3, 9000).astype(float), RANDOM.integers(0, 2, 9000).astype(float)).level is (
        DriftLevel.DRIFTED
    )


def test_too_little_to_say_is_said() -> None:
    few = _one(TRAINED, np.full(199, 90.0))
    assert few.level is DriftLevel.UNKNOWN and math.isnan(few.index) and few.values == 199
    assert _one(TRAINED, np.full(1000, math.nan)).level is DriftLevel.UNKNOWN
    missing = parameter_drift(reference_of({"temp": TRAINED}), {})
    assert missing[0].level is DriftLevel.UNKNOWN and math.isnan(missing[0].median)


def test_the_farthest_from_training_comes_first() -> None:
    reference = reference_of({"a": TRAINED, "b": TRAINED, "c": TRAINED, "d": TRAINED})
    now = {"a": TRAINED, "b": TRAINED + 2.0, "c": TRAINED + 4.0}
    assert [one.parameter for one in parameter_drift(reference, now)] == ["c", "b", "d", "a"]


def test_more_anomalies_than_in_training_are_told_by_their_probability() -> None:
    reference = TrainingReference(quantiles={}, anomalies_per_day=0.5)
    few, many = rate_drift(reference, 3, 3.0), rate_drift(reference, 9, 3.0)
    assert (few.level, few.expected) == (DriftLevel.ALIKE, 1.5)
    assert many.level is DriftLevel.DRIFTED
    assert many.probability == pytest.approx(1.0 - sum(poisson.pmf(count, 1.5) for count in range(9)))
    assert rate_drift(TrainingReference(quantiles={}), 3, 3.0).level is DriftLevel.UNKNOWN
    assert rate_drift(TrainingReference(quantiles={}, anomalies_per_day=0.0), 0, 3.0).level is DriftLevel.ALIKE
    with pytest.raises(InputError, match="days"):
        rate_drift(reference, 1, 0.0)


def test_a_reference_goes_with_a_manifest_and_is_checked() -> None:
    reference = reference_of({"temp": np.append(TRAINED, math.nan)}, 0.1)
    assert TrainingReference.model_validate_json(reference.model_dump_json()) == reference
    assert len(reference.quantiles["temp"]) == 101
    for wrong in ((1.0, 2.0), (1.0, 3.0, 2.0), (1.0, 2.0, math.inf)):
        with pytest.raises(ValidationError):
            TrainingReference(quantiles={"temp": wrong})
    with pytest.raises(InputError, match="temp"):
        reference_of({"temp": np.array([math.nan])})
