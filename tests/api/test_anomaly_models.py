"""The shipped models in the service: who is judged by them, and what is said where nobody is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import core.mission
from api.service.anomaly_watch import WatchState
from tests.api.conftest import make_runtime
from tests.api.test_anomaly_watch import until

SENTINEL = Path(core.mission.__file__).parent / "reference" / "sentinel2a.yaml"
FLEET = ["LSAT-1", "LSAT-2", "LSAT-3", "LSAT-4"]


def _states(folder: Path, **settings: Any) -> list[tuple[str, WatchState, str, str]]:
    """Satellites with state, model and reason, once that is known."""
    runtime = make_runtime(folder, **settings)
    watch = runtime.anomalies.watch
    watch.start()
    try:
        until(lambda: all(one.state is not WatchState.OPENING for one in watch.satellites()))
        return [(one.satellite, one.state, one.model, one.reason) for one in watch.satellites()]
    finally:
        watch.stop()
        runtime.conversations.close()
        runtime.flight.fleet.archive.close()
        runtime.database.close()


def test_the_reference_mission_is_judged_by_the_shipped_model(tmp_path: Path) -> None:
    found = _states(tmp_path, anomalies=True)
    assert [one[:2] for one in found] == [(one, WatchState.WATCHING) for one in FLEET]
    assert all(model.startswith("lsat") and not reason for *_, model, reason in found)


def test_a_spacecraft_of_another_design_is_not_judged_by_that_model(tmp_path: Path) -> None:
    ((satellite, state, model, reason),) = _states(tmp_path, anomalies=True, mission=SENTINEL)
    assert (satellite, state, model) == ("SENTINEL-2A", WatchState.NO_MODEL, "")
    assert "SENTINEL-2A is built otherwise (bus astrobus_l)" in reason


def test_where_judging_is_off_it_is_said(tmp_path: Path) -> None:
    found = _states(tmp_path, anomalies=False)
    assert [one[:2] for one in found] == [(one, WatchState.NO_MODEL) for one in FLEET]
    assert all("the setting `anomalies` is off" in reason for *_, reason in found)
