"""A crash exactly between any two stages: each command is executed once, or never and reported so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from loopback import MISSION, START_TAI_S, Bench, Loopback

from core.command import CommandState, open_keys
from core.command.seam import Boundary
from core.time import MissionClock
from core.time.clock import ClockAnchor
from evals.bench.command.station import AcceptingStation

SPECS = [("PING", 100.0), ("PING", 100.5), ("PING", 5000.0)]  # two sent directly, one to the on-board schedule
CONTACTS = ((90.0, 600.0),)


class Killed(BaseException):
    """The process is gone; nothing may catch this."""


def _assert_once(bench: Bench, commands: int) -> None:
    """Every command took one place on board at most, and its end is on record once."""
    taken = bench.link.crafts["LSAT-1"].taken
    assert len(taken) == len(set(taken)) == commands
    _assert_told_once(bench, commands)


def _assert_told_once(bench: Bench, commands: int) -> None:
    told = Counter((one.kind, one.subject) for one in bench.rig.events.read(kinds=["command."], limit=1000))
    assert max(told.values()) == 1
    assert len([kind for kind, _ in told if kind == "command.completed"]) == commands - 1
    assert bench.rig.events.verify() == []


@pytest.mark.parametrize("boundary", list(Boundary))
@pytest.mark.parametrize("nth", [1, 2])
def test_a_service_that_ends_at_a_boundary_goes_on_from_there(tmp_path: Path, boundary: Boundary, nth: int) -> None:
    met: Counter[Boundary] = Counter()

    def seam(one: Boundary) -> None:
        met[one] += 1
        if one is boundary and met[one] == nth:
            raise Killed

    bench = Bench(tmp_path, seam=seam)
    plan = bench.plan(SPECS, contacts=CONTACTS)
    try:
        bench.submit(plan)
        for seconds in (91.0, 100.1, 100.6, 101.0):
            bench.go_to(seconds)
        assert met[boundary] < nth  # the boundary is met once only
    except Killed:
        pass
    link = bench.link
    link.session += 1
    again = Bench(tmp_path, link)
    again.submit(plan)  # as the service does after a start; it finds what is there
    for seconds in (101.0, 115.0, 140.0):
        again.go_to(seconds)
    _assert_once(again, len(SPECS))
    assert [one.state for one in again.pipeline.register.open()] == [CommandState.ACCEPTED]
    bench.close()
    again.close()


def test_a_crash_that_outlasts_the_contact_reports_what_was_never_sent(tmp_path: Path) -> None:
    def seam(one: Boundary) -> None:
        if one is Boundary.FRAME_STORED:
            raise Killed

    bench = Bench(tmp_path, seam=seam)
    plan = bench.plan(SPECS[:2], contacts=(*CONTACTS, (2000.0, 2600.0)))
    bench.submit(plan)
    with pytest.raises(Killed):
        bench.go_to(100.1)
    bench.link.session += 1
    again = Bench(tmp_path, bench.link)
    again.go_to(2001.0)
    again.go_to(100_000.0)
    assert again.states() == ["failed", "expired"] and again.link.crafts["LSAT-1"].taken == []
    bench.close()
    again.close()


def test_kill_9_at_every_boundary_executes_each_command_once(tmp_path: Path) -> None:
    """The same with a real process, a real signal and a real socket."""
    cases, stations = [], {}
    for boundary in Boundary:
        folder = tmp_path / boundary
        clock = MissionClock(ClockAnchor(0.0, START_TAI_S, 1.0), lambda: 0.0)
        keys = open_keys(folder / "keys", MISSION).link
        station = AcceptingStation(keys, lambda: START_TAI_S + 101.0, period_s=0.02)
        planner = Bench(folder, Loopback(keys, clock))
        plan = planner.plan(SPECS, contacts=CONTACTS)
        planner.close()
        (folder / "plan.json").write_text(plan.model_dump_json())
        stations[boundary] = station
        cases.append([str(folder), station.address[1], str(boundary), 1])
    script = Path(__file__).with_name("boundary_process.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    ended = subprocess.run(
        [sys.executable, str(script), json.dumps(cases)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert [int(one) for one in ended.stdout.split()] == [-signal.SIGKILL] * len(cases), ended.stderr
    for boundary, station in stations.items():
        station.close()
        clock = MissionClock(ClockAnchor(0.0, START_TAI_S + 97.0, 1.0), lambda: 0.0)
        keys = open_keys(tmp_path / boundary / "keys", MISSION).link
        link = Loopback(keys, clock, session=2, crafts=station.spacecraft, index=1000)
        link.again += station.unacknowledged
        link.heard.update(station.spacecraft)
        again = Bench(tmp_path / boundary, link)
        again.submit(plan)
        for seconds in (101.0, 115.0, 140.0):
            again.go_to(seconds)
        _assert_once(again, len(SPECS))
        again.close()
