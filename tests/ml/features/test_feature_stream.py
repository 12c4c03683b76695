"""Streams of features: bounded, and saying what they do not know."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from core.errors import InputError
from ml.features import Feature, FeatureStream, Knowledge
from ml.features.samples import Samples, sayable

NOW = 8.486e8
CONTENT = {"name": "mean", "version": 1, "unit": "1", "owner": "tests"}
MEAN = {"kind": "window", "parameter": "x", "statistic": "mean", "window_s": 100}
FEATURE = Feature.model_validate(CONTENT | {"definition": MEAN})


def samples(times: list[float], values: list[object], received: list[float] | None = None) -> Samples:
    generated = np.array(times, dtype=float) + NOW
    came = generated if received is None else np.array(received, dtype=float) + NOW
    return sayable(generated, came, pa.chunked_array([pa.array(values)]))


def at(stream: FeatureStream, *instants: float) -> list[float]:
    return stream.values(np.array(instants) + NOW)["mean"].tolist()


def test_a_late_sample_counts_for_what_can_still_be_asked_for() -> None:
    stream = FeatureStream([FEATURE], "A", 30, -math.inf)
    stream.take_samples("x", samples([0, 50], [1.0, 2.0]))
    assert at(stream, 20, 60) == [1.0, 1.5]
    stream.take_samples("x", samples([10], [6.0]))
    assert stream.counts.after_final == 1  # answers for 10 to 20 are final, and were given without it
    assert at(stream, 20, 60) == [3.5, 3.0]
    with pytest.raises(InputError, match="instants_tai_s"):
        at(stream, 19)


def test_what_was_before_the_stream_is_not_known() -> None:
    stream = FeatureStream([FEATURE], "A", 30, NOW)
    stream.take_samples("x", samples([50, 120], [1.0, 2.0]))
    table = stream.values(np.array([NOW + 99, NOW + 101]))
    assert table.complete.tolist() == [[False, True]]
    assert np.isnan(table["mean"]).tolist() == [True, False]


def test_memory_is_bounded_by_time_and_by_number() -> None:
    stream = FeatureStream([FEATURE], "A", 30, -math.inf, most_samples=200)
    for second in range(0, 5000, 10):
        stream.take_samples("x", samples([second], [float(second)]))
    held = stream._kept["x"].samples
    assert len(held) <= 14
    stream.take_samples("x", samples([5000 + one / 1000 for one in range(1000)], [1.0] * 1000))
    assert len(stream._kept["x"].samples) == 200
    assert stream.counts.crowded_out > 0
    assert all(math.isnan(one) for one in at(stream, 5001, 5090))
    assert stream.values(np.array([NOW + 5102])).complete.all()


def test_a_wrong_clock_does_not_end_the_stream() -> None:
    stream = FeatureStream([FEATURE], "A", 30, -math.inf)
    stream.take_samples("x", samples([0], [1.0]))
    stream.take_samples("x", Samples(np.array([NOW + 1e9]), np.array([NOW + 1]), np.array([5.0])))
    stream.take_samples("x", samples([10], [3.0]))
    assert stream.counts.ahead == 1
    assert at(stream, 10) == [2.0]


def test_what_says_nothing_is_no_sample() -> None:
    stream = FeatureStream([FEATURE], "A", 30, -math.inf)
    stream.take_samples("x", samples([1, 2, 3, 4], [1.0, None, math.nan, math.inf]))
    assert at(stream, 5) == [1.0]


def test_texts_have_no_mean_and_do_not_mix_with_numbers() -> None:
    stream = FeatureStream([FEATURE], "A", 30, -math.inf)
    stream.take_samples("x", samples([1], ["on"]))
    with pytest.raises(InputError, match="x are texts"):
        at(stream, 5)
    with pytest.raises(InputError, match="numbers and texts"):
        stream.take_samples("x", samples([2], [1.0]))


def test_numbers_too_great_for_a_sum_give_nothing_instead_of_infinity() -> None:
    stream = FeatureStream([FEATURE], "A", 30, -math.inf)
    stream.take_samples("x", samples([1, 2], [1.7e308, 1.7e308]))
    assert math.isnan(at(stream, 5)[0])


def test_the_stream_knows_what_was_received_when() -> None:
    stream = FeatureStream([FEATURE], "A", 100, -math.inf)
    stream.take_samples("x", samples([0, 10], [1.0, 3.0], [1, 80]))
    instants = np.array([NOW + 20, NOW + 90])
    assert stream.values(instants, Knowledge.RECEIVED)["mean"].tolist() == [1.0, 2.0]
    assert stream.values(instants)["mean"].tolist() == [2.0, 2.0]


@pytest.mark.parametrize("lateness_s", [-1.0, math.nan, math.inf])
def test_a_lateness_that_is_no_time_is_refused(lateness_s: float) -> None:
    with pytest.raises(InputError, match="lateness_s"):
        FeatureStream([FEATURE], "A", lateness_s, NOW)


def test_two_versions_of_one_feature_are_refused() -> None:
    with pytest.raises(InputError, match="one name"):
        FeatureStream([FEATURE, FEATURE.model_copy(update={"version": 2})], "A", 1, NOW)


def test_the_table_says_what_its_columns_are() -> None:
    stream = FeatureStream([FEATURE], "A", 30, -math.inf)
    stream.take_samples("x", samples([1], [4.0]))
    table = stream.values(np.array([NOW + 5]))
    assert table.to_arrow().field("mean").metadata[b"definition_hash"].decode() == FEATURE.definition_hash
    with pytest.raises(InputError, match="'median' is not one of"):
        table["median"]
