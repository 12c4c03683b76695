"""An approved plan against the real simulator process over TCP: every command completed exactly once, come what may."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from story import SATELLITE, Story, approval, contact_plan, executions, new_clock, story_plan

from core.command import Command, CommandState, Route
from core.link import decode_telemetry
from core.time.clock import ClockAnchor

WHOLE_LIFE = [
    "drafted",
    "validated",
    "authorised",
    "scheduled",
    "released",
    "uplinked",
    "accepted",
    "started",
    "completed",
]
VOLUME_BYTES = 800_000_000
TOLERANCE_BYTES = 20_000  # 1 ms of X-band at 150 Mbit/s
ORDER = list(CommandState)


def _assert_everything_happened_once(story: Story, commands: list[Command]) -> None:
    assert {one.state for one in commands} == {CommandState.COMPLETED}, [(one.state, one.reason) for one in commands]
    for command_id, kinds in executions(story).items():
        assert max(Counter(kinds).values()) == 1, (command_id, kinds)
        assert kinds == [kind for kind in WHOLE_LIFE if kind in kinds]
    completions = Counter(
        decode_telemetry(packet.raw).data[2:4]
        for packet in story.fleet.archive.packets(service=1, limit=100_000)
        if packet.subtype == 7 and packet.satellite == SATELLITE
    )
    # One for each command and one for the insertion of each; none twice.
    assert (len(completions), max(completions.values())) == (2 * len(commands), 1)
    assert story.events.verify() == []


def _wait(done: Callable[[], bool], timeout_s: float = 300.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _some_reached(state: CommandState, commands: list[Command]) -> bool:
    return any(ORDER.index(one.state) >= ORDER.index(state) for one in commands)


def _kill_the_simulator(story: Story) -> None:
    """Mission time slows down meanwhile, so that a second of restarting does not cost the whole pass."""
    story.run_at(10.0)
    restarts, connections = story.fleet.simulator.restarts, story.fleet.link.session
    pid = story.fleet.simulator.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    story.until(lambda _: story.fleet.simulator.restarts > restarts and story.fleet.link.session > connections)
    story.run_at(400.0)


def _downlinked(story: Story) -> float:
    return story.fleet.latest.of(SATELLITE, story.clock.now_tai_s())["downlinked_bytes"].sample.number or 0.0


@pytest.mark.parametrize("rate", [300.0, 1200.0])
def test_every_command_of_an_approved_plan_is_completed_once(tmp_path: Path, rate: float) -> None:
    story = Story(tmp_path, new_clock(1.0))
    story.fleet.start()
    try:
        story.until(lambda _: story.fleet.link.connected)
        story.run_at(rate)
        plan = story_plan(story.clock)
        first = story.fleet.pipeline.submit(plan, [approval(plan)])
        assert story.fleet.pipeline.submit(plan, [approval(plan)]) == first
        commands = story.until(lambda all_of: all(one.final for one in all_of))
        _assert_everything_happened_once(story, commands)
        story.until(lambda _: _downlinked(story) >= VOLUME_BYTES - TOLERANCE_BYTES)
        assert _downlinked(story) <= VOLUME_BYTES + TOLERANCE_BYTES
        estimate = story.fleet.reader.initial_resources(SATELLITE, story.clock.now_utc())
        assert estimate is not None
        assert 0.5 < estimate.soc <= 1.0
    finally:
        story.stop()


@pytest.mark.parametrize("rate", [60.0, 600.0])
def test_a_command_due_within_its_contact_is_sent_directly_at_its_time(tmp_path: Path, rate: float) -> None:
    """The clock runs at one until the ground segment stands and the plan is submitted: starting takes its time."""
    clock = new_clock(1.0)
    clock.re_anchor(ClockAnchor(clock.anchor.wall_s, clock.anchor.t_tai_s + 900.0 - rate, 1.0))
    story = Story(tmp_path, clock)
    story.fleet.start()
    try:
        story.until(lambda _: story.fleet.link.connected)
        plan = contact_plan(story.clock, offset_s=15.0)
        story.fleet.pipeline.submit(plan, [approval(plan)])
        story.run_at(rate)
        (command,) = story.until(lambda all_of: all(one.final for one in all_of))
        assert (command.state, command.route, command.carrier_count) == (CommandState.COMPLETED, Route.DIRECT, None)
        assert max(Counter(executions(story)[command.command_id]).values()) == 1
    finally:
        story.stop()


def test_killing_the_simulator_again_and_again_changes_no_outcome(tmp_path: Path) -> None:
    story = Story(tmp_path, new_clock(1.0))
    story.fleet.start()
    try:
        plan = story_plan(story.clock)
        story.fleet.pipeline.submit(plan, [approval(plan)])
        story.until(
            lambda _: story.fleet.link.connected
        )  # however long a machine takes to start, no command is late for it
        story.run_at(400.0)
        for state in (CommandState.RELEASED, CommandState.ACCEPTED, CommandState.STARTED, CommandState.COMPLETED):
            story.until(partial(_some_reached, state))
            _kill_the_simulator(story)
        commands = story.until(lambda all_of: all(one.final for one in all_of))
        _assert_everything_happened_once(story, commands)
        assert story.fleet.simulator.restarts == 4
        story.until(lambda _: _downlinked(story) >= VOLUME_BYTES - TOLERANCE_BYTES)
        assert _downlinked(story) <= VOLUME_BYTES + TOLERANCE_BYTES
    finally:
        story.stop()


def test_killing_the_service_again_and_again_changes_no_outcome(tmp_path: Path) -> None:
    clock, chance = new_clock(300.0), random.Random(7)
    plan = story_plan(clock)
    (tmp_path / "plan.json").write_text(plan.model_dump_json())
    (tmp_path / "now").write_text(repr(clock.anchor.t_tai_s))
    command = [sys.executable, str(Path(__file__).parent / "service_process.py"), str(tmp_path), "300"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for kill in range(8):
        written = (tmp_path / "now").stat().st_mtime_ns
        process = subprocess.Popen(command, env=environment)
        if kill % 3:  # every third one dies while it starts
            _wait(lambda before=written: (tmp_path / "now").stat().st_mtime_ns > before)
        time.sleep(chance.uniform(0.2, 2.5))
        process.kill()
        process.wait()
    assert subprocess.run(command, env=environment, timeout=400, check=False).returncode == 0
    story = Story(tmp_path, clock)
    try:
        _assert_everything_happened_once(story, story.fleet.pipeline.register.find())
    finally:
        story.database.close()


def test_a_withdrawn_plan_sends_nothing(tmp_path: Path) -> None:
    story = Story(tmp_path, new_clock(600.0))
    story.fleet.start()
    try:
        plan = story_plan(story.clock)
        story.fleet.pipeline.submit(plan, [approval(plan)])
        refused = story.fleet.pipeline.withdraw(plan.plan_id, actor="user:petra", reason="changed our mind")
        assert [one.state for one in refused] == [CommandState.REFUSED] * 3
        time.sleep(1.5)
        assert not story.fleet.archive.packets(service=1)
    finally:
        story.stop()
