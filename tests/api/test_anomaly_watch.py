"""The watch over live telemetry with scripted detectors: what is stored is judged once, soon, and never in the way of storing."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.service.anomaly_watch import AnomalyWatch, SatelliteWatch, WatchState
from core.errors import InputError, StoreError
from core.telemetry.archive_queries import ArchiveQueries
from core.telemetry.column_archive import StoredPart
from ml.anomaly.anomaly import Anomaly, LiveDetector
from tests.api.stream_bench import StreamBench, soc_packet
from tests.core.telemetry.intake import T0_TAI_S
from tests.ml.alerts.anomalies import anomaly

LOW = 0.5


class Scripted:
    """Finds an anomaly while the state of charge is low; primed from the archive, it finds the same ones with the same ids."""

    def __init__(self, satellite: str, archive: ArchiveQueries | None = None, model: str = "scripted 1") -> None:
        self.satellite, self.model = satellite, model
        self.taken: list[float] = []
        self.also: list[Anomaly] = []
        self.failing: Exception | None = None
        self.hold: threading.Event | None = None
        self.held = threading.Event()
        self._values: dict[float, float] = {}
        self._told: dict[str, Anomaly] = {}
        if archive is not None and "soc" in archive.parameters(satellite):
            known = archive.values(satellite, "soc", -np.inf, np.inf)
            self._values = dict(zip(known.generated_tai_s.tolist(), known.values.to_pylist(), strict=True))

    def take(self, part: StoredPart) -> None:
        if self.hold is not None:
            self.held.set()
            assert self.hold.wait(100)
        if self.failing is not None:
            raise self.failing
        for batch in part.decoded.containers:
            if "soc" in batch.columns:
                times = part.generated_tai_s[batch.rows].tolist()
                self.taken += times
                self._values.update(zip(times, batch.columns["soc"].engineering.tolist(), strict=True))

    def advance(self, now_tai_s: float) -> Sequence[Anomaly]:
        stretches: list[list[float]] = []
        open_ = False
        for at in sorted(self._values):
            if self._values[at] < LOW:
                stretches = stretches if open_ else [*stretches, []]
                stretches[-1].append(at)
            open_ = self._values[at] < LOW
        found = {}
        for place, times in enumerate(stretches):
            goes_on = open_ and place == len(stretches) - 1
            first_s, last_s = times[0] - T0_TAI_S, times[-1] - T0_TAI_S
            name = f"{self.satellite}-{first_s:.0f}"
            found[name] = anomaly(
                name,
                satellite=self.satellite,
                begin_s=first_s,
                newest_s=last_s,
                end_s=None if goes_on else last_s,
                model=self.model,
            )
        news = [one for name, one in found.items() if repr(self._told.get(name)) != repr(one)]
        self._told.update(found)
        also, self.also = self.also, []
        return [*also, *news]


class Watched:
    """An ingest, a desk, and a watch over them; opened again, it is a restart of the watch."""

    def __init__(self, bench: StreamBench) -> None:
        self.bench = bench
        self.made: list[Scripted] = []
        self.open_error: Exception | None = None
        self.model = "scripted 1"
        self.number = 0
        self.watch: AnomalyWatch | None = None
        bench.stream.on_part(lambda part: self.watch.take(part) if self.watch else None)

    def open(self, satellites: Sequence[str], now_tai_s: float) -> tuple[Mapping[str, LiveDetector], Mapping[str, str]]:
        if self.open_error is not None:
            raise self.open_error
        assert np.isfinite(now_tai_s)
        self.made += [Scripted(one, self.bench.archive.columns, self.model) for one in satellites if one != "LSAT-3"]
        return {one.satellite: one for one in self.made[-2:] if one.satellite in satellites}, {
            "LSAT-3": "too little telemetry: 0 h, at least 3 h are needed"
        }

    def start(self, **options: Any) -> AnomalyWatch:
        if self.watch is not None:
            self.watch.stop()
        chosen = {"period_s": 0.01, "retry_s": 0.05, **options}
        satellites = ("LSAT-1", "LSAT-2", "LSAT-3")
        self.watch = AnomalyWatch(
            self.bench.alerts, satellites, self.open, self.bench.alerts._clock, self.bench.archive.decoder, **chosen
        )
        self.watch.start()
        return self.watch

    def store(self, *levels: float, satellite: str = "LSAT-1") -> None:
        self.bench.take([soc_packet(satellite, self.number + place, soc) for place, soc in enumerate(levels)])
        self.number += len(levels)

    def of(self, satellite: str) -> SatelliteWatch:
        assert self.watch is not None
        return next(one for one in self.watch.satellites() if one.satellite == satellite)

    def steps(self) -> list[tuple[str, str]]:
        return [(str(one.entry.step), one.entry.alert.anomaly_id) for one in self.bench.alerts.steps(0, 1000)]


def until(holds: Callable[[], bool]) -> None:
    """Wait for something, however slow the machine is."""
    deadline_s = time.monotonic() + 100.0
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come"
        time.sleep(0.005)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    bench = StreamBench(tmp_path)
    made = Watched(bench)
    yield made
    if made.watch is not None:
        made.watch.stop()
    bench.close()


def test_what_is_stored_becomes_an_alert(watched: Watched) -> None:
    watched.store(0.9, 0.9)  # before the watch: from the archive
    watched.start()
    until(lambda: watched.of("LSAT-1").state is WatchState.WATCHING)
    watched.store(0.9, 0.3, 0.3)
    until(lambda: watched.steps() == [("opened", "LSAT-1-3")])
    watched.store(0.9)
    until(lambda: len(watched.steps()) == 2)
    assert watched.steps()[1] == ("ended", "LSAT-1-3")
    until(lambda: watched.of("LSAT-1").judged_tai_s == T0_TAI_S + 5)
    until(lambda: watched.of("LSAT-1").late_s == 0.0)
    one = watched.of("LSAT-1")
    assert (one.model, one.reason, one.packets, one.skipped, one.rebuilds) == ("scripted 1", "", 4, 0, 0)
    assert one.latency_s > 0.0
    assert watched.made[0].taken == [T0_TAI_S + place for place in (2, 3, 4, 5)], "each once, in order"


def test_a_satellite_without_a_model_says_why_and_holds_nothing(watched: Watched) -> None:
    watched.start()
    until(lambda: watched.of("LSAT-3").state is WatchState.NO_MODEL)
    watched.store(0.1, satellite="LSAT-3")
    one = watched.of("LSAT-3")
    assert one.reason.startswith("too little telemetry") and (one.packets, one.late_s) == (1, 0.0)
    assert watched.steps() == []


def test_a_restart_finds_the_same_anomaly_and_tells_nothing_twice(watched: Watched) -> None:
    watched.start()
    watched.store(0.9, 0.3)
    until(lambda: watched.steps() == [("opened", "LSAT-1-1")])
    watched.watch.stop()  # type: ignore[union-attr]
    watched.store(0.3)  # while nobody watches
    watched.start()
    until(lambda: watched.bench.alerts.store.get(alert_id(watched)).alert.newest_tai_s == T0_TAI_S + 2)
    watched.store(0.9)
    until(lambda: len(watched.steps()) > 1)
    assert watched.steps() == [("opened", "LSAT-1-1"), ("ended", "LSAT-1-1")]


def alert_id(watched: Watched) -> str:
    return watched.bench.alerts.steps(0, 1)[0].entry.alert.alert_id


@pytest.mark.parametrize("model", ["scripted 1", "scripted 2"])
def test_what_a_new_detector_does_not_find_ends_with_the_reason(watched: Watched, model: str) -> None:
    watched.start()
    watched.store(0.9, 0.3)
    until(lambda: watched.steps() == [("opened", "LSAT-1-1")])
    watched.watch.stop()  # type: ignore[union-attr]
    watched.model = model
    watched.bench.alerts.take([anomaly("LSAT-1-old", lead="mode", model="scripted 1")])
    watched.start()
    until(lambda: ("ended", "LSAT-1-old") in watched.steps())
    reasons = [one.entry.reason for one in watched.bench.alerts.steps(0, 100) if one.entry.step == "ended"]
    assert reasons == ["not found again when telemetry was judged anew by " + model]
    until(lambda: watched.bench.alerts.store.get(alert_id(watched)).alert.model == model)
    assert ("ended", "LSAT-1-1") not in watched.steps(), "the new one finds it as well"


@pytest.mark.parametrize("error", [InputError("soc", "is in furlongs"), ValueError("a defect")])
def test_a_failing_detector_is_told_and_made_anew_and_telemetry_goes_on(watched: Watched, error: Exception) -> None:
    watch = watched.start()
    until(lambda: watched.of("LSAT-1").state is WatchState.WATCHING)
    watched.made[0].failing = watched.open_error = error
    watched.store(0.9)
    until(lambda: watched.of("LSAT-1").state is WatchState.FAILED)
    assert str(error) in watched.of("LSAT-1").reason and watch.failures >= 1
    assert watched.of("LSAT-2").state is WatchState.WATCHING
    until(lambda: watch.trouble().startswith("LSAT-1: "))
    watched.store(0.3)  # nobody judges it now
    assert watched.bench.archive.newest("LSAT-1", "soc", np.inf).value == pytest.approx(0.3, abs=0.01)  # type: ignore[union-attr]
    watched.open_error = None
    until(lambda: watched.steps() == [("opened", "LSAT-1-1")])
    assert watched.of("LSAT-1").reason == ""


def test_models_that_cannot_be_opened_are_told_and_tried_again(watched: Watched) -> None:
    watched.open_error = InputError("model.weights", "SHA-256 is 00…, the manifest says 11…")
    watched.start()
    until(lambda: watched.of("LSAT-2").state is WatchState.FAILED)
    assert "SHA-256 is 00" in watched.of("LSAT-2").reason
    watched.store(0.3)
    watched.open_error = None
    until(lambda: watched.steps() == [("opened", "LSAT-1-0")])


def test_what_finds_no_room_is_counted_and_read_from_the_archive(watched: Watched) -> None:
    watched.start(most_packets=3)
    until(lambda: watched.of("LSAT-1").state is WatchState.WATCHING)
    first = watched.made[0]
    first.hold = threading.Event()
    watched.store(0.9)
    assert first.held.wait(100) and watched.of("LSAT-1").late_s > 0.0
    watched.store(0.9, 0.9)
    watched.store(0.3, 0.3)  # no room
    assert watched.of("LSAT-1").skipped == 2
    first.hold.set()
    until(lambda: watched.steps() == [("opened", "LSAT-1-3")])
    assert watched.of("LSAT-1").rebuilds == 1 and watched.of("LSAT-1").skipped == 2


def test_an_anomaly_that_contradicts_itself_is_told_and_holds_up_nothing_else(watched: Watched) -> None:
    watch = watched.start()
    until(lambda: watched.of("LSAT-1").state is WatchState.WATCHING)
    detector = watched.made[0]
    detector.also = [anomaly("wrong", score=math.nan)]
    watched.store(0.3)
    until(lambda: watched.steps() == [("opened", "LSAT-1-0")])
    until(lambda: "score: nan" in watched.of("LSAT-1").reason)
    assert watched.of("LSAT-1").state is WatchState.WATCHING and watch.failures == 1


def test_alerts_that_cannot_be_written_are_kept(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, take = watched.start(), type(watched.bench.alerts).take

    def full(*_: Any) -> Any:
        raise StoreError("the disk is full")

    monkeypatch.setattr(type(watched.bench.alerts), "take", full)
    watched.store(0.3)
    until(lambda: watch.failure == "the disk is full")
    assert watched.steps() == []
    monkeypatch.setattr(type(watched.bench.alerts), "take", take)
    until(lambda: watched.steps() == [("opened", "LSAT-1-0")])
    until(lambda: watch.failure == "")
