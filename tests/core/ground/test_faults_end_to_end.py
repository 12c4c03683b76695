"""The fault script that ships, flown by the real simulator process over TCP: telemetry, on-board reactions, labels."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from story import Story, new_clock

from core.ground.simulator.examples import BAD_DAY
from core.mdb import decode_packet, reference_mdb

BATTERY, TRACKERS, LEAK, WHEELS = "LSAT-1", "LSAT-2", "LSAT-3", "LSAT-4"
BEGIN_S = 300.0


class FaultyStory(Story):
    """A service's share of a story whose spacecraft suffer the shipped script."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, new_clock(1.0), BAD_DAY)

    def events_of(self, satellite: str) -> list[str]:
        """Names of the on-board events (service 5) that telemetry has brought."""
        packets = self.fleet.archive.packets(service=5, limit=100_000)
        decoded = [decode_packet(reference_mdb(), one.raw) for one in packets if one.satellite == satellite]
        return [str(one.parameters["event_id"].value) for one in decoded]

    def has_sample(self, satellite: str, t_tai_s: float) -> bool:
        """Whether there is telemetry that was generated after an instant."""
        newest = self.fleet.archive.newest(satellite, "soc", math.inf)
        return newest is not None and newest.generated_tai_s >= t_tai_s

    def series(self, satellite: str, parameter: str) -> tuple[list[float], list[float]]:
        """Instants, TAI s since J2000, and values of a parameter."""
        samples = self.fleet.archive.samples(satellite, parameter, 0.0, math.inf)
        return [one.generated_tai_s for one in samples], [float(one.number or 0.0) for one in samples]


def test_the_shipped_script_reaches_telemetry_fdir_and_labels(tmp_path: Path) -> None:
    story = FaultyStory(tmp_path)
    story.fleet.start()
    try:
        story.until(lambda _: story.fleet.link.connected)
        start_tai_s = story.clock.now_tai_s()
        story.run_at(1200.0)
        story.until(lambda _: story.has_sample(LEAK, start_tai_s + 2600.0))  # a pass in which it has leaked
        story.until(lambda _: "safe_mode_entered" in story.events_of(BATTERY))
        story.until(lambda _: "trackers_lost" in story.events_of(TRACKERS))
        assert _mode(story) == "safe"

        times, soc = story.series(BATTERY, "soc")
        assert min(soc) < 0.5 < soc[0]
        times, torque = story.series(WHEELS, "wheel_1_torque_n_m")
        began = np.array(times) > start_tai_s + BEGIN_S + 60.0
        assert np.median(np.abs(np.array(torque)[began])) > 2.0 * np.median(np.abs(np.array(torque)[~began]))
        times, propellant = story.series(LEAK, "propellant_kg")
        assert propellant[-1] < propellant[0] - 0.01
        _, duty = story.series(LEAK, "battery_heater_duty")
        assert duty[-1] == 1.0
    finally:
        story.stop()

    labels = [json.loads(line) for line in (tmp_path / "simulator" / "faults.jsonl").read_text().splitlines()]
    begun = {(one["satellite"], one["id"]): one["t_tai_s"] - start_tai_s for one in labels if one["begins"]}
    assert abs(begun[BATTERY, "shorted-cells"] - BEGIN_S) < 30.0  # the spacecraft began to fly just before
    ended = [one["t_tai_s"] - start_tai_s for one in labels if not one["begins"]]
    assert [abs(one - BEGIN_S - 1800.0) < 30.0 for one in ended] == [True, True]  # both trackers, after half an hour
    assert len(labels) == len({(one["satellite"], one["number"]) for one in labels})


def _mode(story: FaultyStory) -> str | float | None:
    return story.fleet.latest.of(BATTERY, story.clock.now_tai_s())["mode"].sample.value
