"""Drift as the service tells it: the archive's last days beside what the model in use was trained on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.service.anomalies import drift_answer
from api.service.drift_watch import DriftWatch
from core.time import MissionClock
from core.time.clock import ClockAnchor
from ml.models.drift import DriftLevel, TrainingReference, reference_of
from tests.api.stream_bench import StreamBench, soc_packet
from tests.api.test_anomaly_watch import Scripted
from tests.core.telemetry.intake import T0_TAI_S
from tests.ml.alerts.anomalies import anomaly

DAY_S = 86_400.0


class Trained(Scripted):
    """A detector whose model says what it was trained on."""

    reference: TrainingReference | None = None


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[StreamBench]:
    made = StreamBench(tmp_path)
    yield made
    made.close()


def _watch(bench: StreamBench, *detectors: Scripted, days_on: float = 0.1, **options: Any) -> DriftWatch:
    clock = MissionClock(ClockAnchor(0.0, T0_TAI_S + days_on * DAY_S, 1.0), lambda: 0.0)
    known = {one.satellite: one for one in detectors}
    return DriftWatch(bench.archive.columns, bench.alerts.store, lambda: known, clock, **options)


def test_what_is_unlike_training_is_told(bench: StreamBench) -> None:
    random = np.random.default_rng(3)
    socs = random.uniform(0.6, 0.7, 1000)
    bench.take([soc_packet("LSAT-1", 5 * place, float(soc)) for place, soc in enumerate(socs)])
    bench.archive.columns.compact()
    sound, moved, silent = Trained("LSAT-1"), Trained("LSAT-1", model="moved 1"), Scripted("LSAT-2")
    sound.reference = reference_of({"soc": random.uniform(0.6, 0.7, 5000), "no_such": np.arange(9.0)}, 0.1)
    moved.reference = reference_of({"soc": random.uniform(0.8, 0.9, 5000)}, 0.1)
    watch = _watch(bench, sound, silent)
    watch.look()
    found = watch.found()
    assert [(one.parameter, one.level, one.values) for one in found["LSAT-1"].parameters] == [
        ("no_such", DriftLevel.UNKNOWN, 0),
        ("soc", DriftLevel.ALIKE, 1000),
    ]
    told = drift_answer(found["LSAT-1"])
    assert (told.level, told.anomalies, told.anomalies_expected) == (DriftLevel.ALIKE, 0, pytest.approx(0.3))
    assert drift_answer(found["LSAT-2"]).summary == "not known: the model brings no reference of its training"
    bench.alerts.take([anomaly(f"a{place}", begin_s=100.0 * place) for place in range(6)])
    other = _watch(bench, moved)
    other.look()
    told = drift_answer(other.found()["LSAT-1"])
    assert told.level is DriftLevel.DRIFTED and told.anomalies == 6
    assert told.summary.startswith("the model sees telemetry unlike its training: soc; it found 6 anomalies in 3 days")
    assert told.parameters[0].median == pytest.approx(0.65, abs=0.01)


def test_a_look_holds_for_its_time_and_for_its_model(bench: StreamBench) -> None:
    detector = Trained("LSAT-1")
    watch = _watch(bench, detector)
    watch.look()
    first = watch.found()["LSAT-1"]
    watch.look()
    assert watch.found()["LSAT-1"] is first
    detector.model = "scripted 2"
    watch.look()
    assert watch.found()["LSAT-1"].model == "scripted 2"


def test_only_the_last_days_count(bench: StreamBench) -> None:
    bench.take([soc_packet("LSAT-1", place, 0.5) for place in range(300)])
    detector = Trained("LSAT-1")
    detector.reference = reference_of({"soc": np.full(9, 0.5)})
    late = _watch(bench, detector, days_on=4.0, days=3.0)
    late.look()
    (soc,) = late.found()["LSAT-1"].parameters
    assert soc.values == 0 and math.isnan(soc.median)
    assert drift_answer(late.found()["LSAT-1"]).summary == "not known: too little telemetry in 3 days"
