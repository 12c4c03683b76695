"""The transmission constraints of the reference mission: what holds a command back, what lets it go, and on which telemetry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flying import PASSES, SATELLITE, STATION, FlyingBench
from loopback import Bench

from core.command import Command, CommandPolicy, CommandState
from core.plan.activity import CommandSpec, Window
from core.plan.model import MissionPlan
from core.telemetry import ArchivedSample
from core.time import add_s, utc_from_tai_s
from evals.bench.command.service import approval_of, plan_of

DIRECT = CommandPolicy(schedule_lead_s=1000.0)
IMAGE = {"duration_s": 5.0, "latitude_deg": 51.9, "longitude_deg": 4.1}
BURN = {"delta_v_m_s": 0.1, "duration_s": 10.0}
GOOD: dict[str, float | str] = {
    "mode": "nominal",
    "soc": 0.9,
    "data_stored_bytes": 1e9,
    "propellant_kg": 17.0,
    "tank_pressure_pa": 2.1e6,
}


@pytest.fixture
def direct(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path, policy=DIRECT)
    yield one
    one.close()


def _due(bench: Bench, mnemonic: str, arguments: dict[str, Any]) -> Command:
    """A command that could leave by its time."""
    plan = bench.plan([(mnemonic, 100.0)], contacts=((90.0, 600.0),), **{mnemonic: arguments})
    bench.submit(plan, [approval_of(plan), approval_of(plan, "fred", "flight_director")])
    bench.go_to(99.0)
    return bench.pipeline.register.open()[0]


def _observe(bench: Bench, **values: float | str) -> None:
    for parameter, value in {**GOOD, **values}.items():
        bench.observe(parameter, value)


@pytest.mark.parametrize(
    ("mnemonic", "arguments", "value", "reason"),
    [
        ("TAKE_IMAGE", IMAGE, {"mode": "safe"}, "waits for mode != safe: mode is safe"),
        ("TAKE_IMAGE", IMAGE, {"mode": "standby"}, "waits for mode != standby: mode is standby"),
        ("TAKE_IMAGE", IMAGE, {"soc": 0.55}, "waits for soc >= 0.6: soc is 0.55"),
        ("TAKE_IMAGE", IMAGE, {"data_stored_bytes": 6.4e10}, "waits for data_stored_bytes < 64000000000"),
        ("EXECUTE_BURN", BURN, {"tank_pressure_pa": 4.1e5}, "waits for tank_pressure_pa >= 500000"),
        ("EXECUTE_BURN", BURN, {"propellant_kg": 0.01}, "waits for propellant_kg > 0.05"),
    ],
)
def test_a_constraint_holds_a_command_back_with_its_reason_until_telemetry_satisfies_it(
    direct: Bench, mnemonic: str, arguments: dict[str, Any], value: dict[str, float | str], reason: str
) -> None:
    command = _due(direct, mnemonic, arguments)
    _observe(direct, **value)
    direct.go_to(101.0)
    assert not direct.link.sent and direct.pipeline.why_waiting(command).startswith(reason)
    _observe(direct)
    assert (len(direct.link.sent), direct.states()) == (1, ["completed"])


def test_telemetry_that_is_absent_or_old_lets_nothing_go(direct: Bench) -> None:
    command = _due(direct, "TAKE_IMAGE", IMAGE)
    direct.go_to(101.0)
    assert direct.pipeline.why_waiting(command) == "waits for mode != safe: mode was never received"
    for parameter, value in GOOD.items():
        direct.observe(parameter, value, age_s=121.0)
    stale = "waits for mode != safe: mode is stale: 121 s old, the limit is 120 s"
    assert not direct.link.sent and direct.pipeline.why_waiting(command) == stale
    _observe(direct)
    assert len(direct.link.sent) == 1


def test_waiting_counts_within_a_contact_and_ends_with_the_code_of_the_constraint(bench: Bench) -> None:
    contacts = ((90.0, 600.0), (6000.0, 8000.0))
    bench.submit(bench.plan([("TAKE_IMAGE", 9000.0)], contacts=contacts, TAKE_IMAGE=IMAGE))
    for seconds in (95.0, 200.0, 599.0, 3000.0, 6001.0):  # nothing is heard for longer than the constraint waits
        bench.go_to(seconds)
    assert bench.states() == ["scheduled"]
    for seconds in (6000.0 + 100.0 * number for number in range(1, 12)):
        bench.go_to(seconds)
        bench.observe("mode", "safe")
    assert bench.states() == ["refused"]
    assert bench.reasons()[0].startswith("CON-101: TAKE_IMAGE may leave only when mode != safe; mode is safe")


@pytest.fixture
def flying(tmp_path: Path) -> Iterator[FlyingBench]:
    one = FlyingBench(tmp_path)
    yield one
    one.close()


def _plan(bench: FlyingBench, plan_id: str, mnemonic: str, arguments: dict[str, Any], in_s: float) -> MissionPlan:
    """One command in the present pass, executed after so many seconds."""
    now_utc = utc_from_tai_s(bench.clock.now_tai_s())
    spec = CommandSpec(command=mnemonic, arguments=arguments, execute_at=add_s(now_utc, in_s))
    end_utc = utc_from_tai_s(PASSES[0][1] - 5.0)
    plan = plan_of(plan_id, SATELLITE, [Window(start=now_utc, end=end_utc)], [spec], now_utc, STATION)
    return plan


def _command(bench: FlyingBench, plan_id: str) -> Command:
    (command,) = bench.rig.pipeline.register.find(plan_id=plan_id)
    return command


def _mode_heard(bench: FlyingBench) -> str | None:
    return bench.rig.latest.of(SATELLITE, bench.clock.now_tai_s())["mode"].sample.text


def test_the_spacecrafts_own_safe_mode_holds_an_image_back_and_its_recovery_lets_it_go(flying: FlyingBench) -> None:
    """The constraint is violated and satisfied by what the simulated spacecraft does and reports, and by nothing else."""
    flying.submit(_plan(flying, "plan-safe0001", "SET_MODE", {"mode": "safe"}, 25.0))
    flying.fly(120.0, 1.0, lambda: _command(flying, "plan-safe0001").state is CommandState.COMPLETED)
    assert flying.link.craft.state.mode == "safe"
    flying.fly(120.0, 1.0, lambda: _mode_heard(flying) == "safe")
    flying.submit(_plan(flying, "plan-image001", "TAKE_IMAGE", IMAGE, 200.0))
    flying.fly(70.0, 1.0)
    held = _command(flying, "plan-image001")
    assert held.state is CommandState.SCHEDULED
    assert flying.rig.pipeline.why_waiting(held) == "waits for mode != safe: mode is safe, not != safe"
    flying.submit(_plan(flying, "plan-normal01", "SET_MODE", {"mode": "nominal"}, 25.0))
    flying.fly(120.0, 1.0, lambda: _command(flying, "plan-image001").state is not CommandState.SCHEDULED)
    assert flying.link.craft.state.mode == "nominal"
    flying.fly(300.0, 1.0, lambda: _command(flying, "plan-image001").final)
    assert _command(flying, "plan-image001").state is CommandState.COMPLETED
    assert {_command(flying, one).state for one in ("plan-safe0001", "plan-normal01")} == {CommandState.COMPLETED}


def _mode_command(bench: Bench, mode: str) -> Command:
    plan = bench.plan([("SET_MODE", 100.0)], contacts=((90.0, 600.0),), SET_MODE={"mode": mode})
    bench.submit(plan)
    bench.go_to(99.0)
    (command,) = bench.pipeline.register.open()
    return command


def test_a_mode_change_whose_reports_are_lost_is_proved_by_the_mode_that_telemetry_shows(direct: Bench) -> None:
    direct.link.crafts["LSAT-1"].reports = ()
    command = _mode_command(direct, "standby")
    direct.observe("mode", "standby")  # before it was carried out: proves nothing
    direct.go_to(101.0)
    direct.observe("mode", "nominal")
    assert direct.states() == ["uplinked"]
    direct.go_to(110.0)
    direct.observe("mode", "standby")
    done = direct.pipeline.register.get(command.command_id)
    assert (done.state, done.reason) == (CommandState.COMPLETED, "telemetry shows it: mode is standby, as == standby")


def test_a_mode_change_that_nothing_proves_within_a_day_has_failed(direct: Bench) -> None:
    direct.link.crafts["LSAT-1"].reports = (1,)
    _mode_command(direct, "standby")
    direct.go_to(101.0)
    direct.go_to(86_400.0 + 99.0)
    direct.observe("mode", "nominal")
    assert direct.states() == ["accepted"]
    direct.go_to(86_400.0 + 103.0)
    assert direct.states() == ["failed"]
    assert direct.reasons()[0] == "no proof that it was completed within 86400 s: mode is nominal, not == standby"


def test_a_reported_failure_counts_before_the_mode_that_had_been_there_already(direct: Bench) -> None:
    direct.link.crafts["LSAT-1"].reports = (1, 4)  # accepted, and its start failed
    _mode_command(direct, "nominal")
    direct.link.answering = False
    direct.go_to(101.0)
    shown = ArchivedSample("LSAT-1", "mode", direct.clock.now_tai_s(), None, "nominal", "", "normal")
    direct.rig.latest.update([shown])  # in the frames that bring the report
    direct.link.answering = True
    direct.go_to(102.0)
    assert direct.states() == ["failed"]
