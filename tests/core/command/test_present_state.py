"""Does the approved plan still hold at the release: against its own predictions, and flown again from the present?"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from loopback import MDB, Bench, ProvedDryRuns

sys.path.insert(0, str(Path(__file__).parents[1] / "ground"))

from story import MISSION, SATELLITE, new_clock, story_plan

from core.command import CommandPolicy, CommandState
from core.command.dry_run import DryRunQuestion, MeasuredResources, fly_rest, remaining_plan
from core.command.dry_runs import TwinDryRuns
from core.command.model import Command
from core.command.validate import draft_commands
from core.errors import CommandRefused
from core.mdb import CommandClass
from core.plan.activity import ResourceName
from core.plan.model import ResourceProfile
from core.telemetry import ArchiveTelemetryReader
from core.time import add_s
from evals.bench.command.service import approval_of

CLOCK = new_clock(1.0)
PLAN = story_plan(CLOCK)


def _measured(soc: float, at_s: float) -> MeasuredResources:
    return MeasuredResources(
        satellite=SATELLITE,
        soc=soc,
        data_stored_bytes=10_000_000_000,
        propellant_kg=17.5,
        mode="nominal",
        as_of=add_s(PLAN.horizon.start, at_s),
    )


def _profile(resource: ResourceName, unit: str, value: float) -> ResourceProfile:
    return ResourceProfile(satellite="LSAT-1", resource=resource, unit=unit, t_s=(0.0, 900.0), values=(value, value))


@pytest.mark.parametrize(
    ("parameter", "value", "refused"),
    [
        ("soc", 0.82, ""),
        ("soc", 0.95, ""),
        ("soc", 0.75, "soc of LSAT-1 was 0.75 1"),
        ("battery_temp_c", 36.0, "battery temperature of LSAT-1 was 309 K"),
        ("wheel_1_speed_rad_s", 500.0, "wheel momentum of LSAT-1 was 3.1"),
        ("propellant_kg", 17.5, "propellant_kg of LSAT-1 was 17.5 kg"),
    ],
)
def test_a_spacecraft_that_is_not_where_the_plan_had_it_gets_no_command(
    bench: Bench, parameter: str, value: float, refused: str
) -> None:
    profiles = (
        _profile(ResourceName.SOC, "1", 0.9),
        _profile(ResourceName.TEMPERATURE_K, "K", 293.0),
        _profile(ResourceName.WHEEL_MOMENTUM_N_M_S, "N m s", 1.0),
        _profile(ResourceName.PROPELLANT_KG, "kg", 18.0),
    )
    plan = bench.plan([("PING", 100.0), ("SET_POINTING", 101.0)], contacts=((90.0, 600.0),), SET_POINTING=POINTING)
    plan = plan.model_copy(update={"profiles": profiles})
    bench.submit(plan, [approval_of(plan)])
    bench.go_to(95.0)
    bench.observe("mode", "nominal")
    bench.observe(parameter, value)
    bench.go_to(102.0)
    ping, pointing = bench.pipeline.register.find()
    assert ping.state is CommandState.COMPLETED  # harmless ones are how one finds out more
    assert pointing.state is (CommandState.REFUSED if refused else CommandState.COMPLETED)
    assert refused in pointing.reason
    assert not refused or pointing.reason.startswith("CON-102: the plan no longer holds")


POINTING = {"pointing": "sun", "duration_s": 60, "latitude_deg": 0.0, "longitude_deg": 0.0}


def test_above_routine_no_dry_run_means_no_release(tmp_path: Path) -> None:
    runs = ProvedDryRuns("the rest is being flown")
    bench = Bench(tmp_path, dry_runs=runs)
    bench.submit(
        bench.plan([("SET_MODE", 100.0), ("PING", 100.0)], contacts=((90.0, 600.0),), SET_MODE={"mode": "nominal"})
    )
    bench.go_to(101.0)
    by_name = {one.mnemonic: one for one in bench.pipeline.register.find()}
    assert (by_name["PING"].state, by_name["SET_MODE"].state) == (CommandState.COMPLETED, CommandState.SCHEDULED)
    assert bench.pipeline.why_waiting(by_name["SET_MODE"]) == "the rest is being flown"
    runs.said = ""
    bench.go_to(107.0)
    assert set(bench.states()) == {"completed"}


def test_what_remains_of_a_plan_starts_now_with_what_was_measured() -> None:
    downlink = PLAN.activities[-1]
    now_utc = add_s(downlink.window.start, 10.0)
    rest = remaining_plan(PLAN, now_utc, {SATELLITE: _measured(0.8, 60.0)})
    assert rest is not None
    assert [one.activity_id for one in rest.activities] == ["downlink"]
    assert (rest.horizon.start, rest.activities[0].window.start) == (now_utc, now_utc)
    assert (rest.initial[0].soc, rest.initial[0].source) == (0.8, "telemetry")
    older = remaining_plan(PLAN, now_utc, {SATELLITE: _measured(0.8, -60.0)})
    assert older is not None and older.initial[0].soc == PLAN.initial[0].soc
    assert remaining_plan(PLAN, PLAN.horizon.end, {}) is None


def test_the_rest_is_judged_from_the_measured_state() -> None:
    now_utc = add_s(PLAN.horizon.start, 120.0)
    good, bad = (
        fly_rest(DryRunQuestion(key="k", plan=PLAN, now=now_utc, measured=(_measured(soc, 100.0),)), MISSION)
        for soc in (0.9, 0.45)
    )
    assert (good.code, good.failed) == ("", "")
    assert bad.code == "RES-001"


def test_flights_run_in_their_own_process_and_say_yes_no_or_nothing_yet(bench: Bench) -> None:
    commands = draft_commands(PLAN, MISSION, MDB, CLOCK.now_utc())
    vital = commands[0].model_copy(update={"command_class": CommandClass.VITAL})
    reader = ArchiveTelemetryReader(bench.rig.archive, MDB)
    runs, flown = TwinDryRuns(MISSION, reader, CLOCK, CommandPolicy()), threading.Event()
    full = PLAN.initial[0].model_copy(update={"data_stored_bytes": 10_000_000_000})
    plans = {"now": PLAN.model_copy(update={"initial": (full,), "validation": None})}

    def plan_of(_command: Command) -> object:
        return plans["now"]

    runs.connect(plan_of, lambda _plan_id: flown.set())  # type: ignore[arg-type]
    assert "is being flown in the twin" in runs.missing(vital)
    assert flown.wait(30.0) and runs.missing(vital) == ""
    flown.clear()
    empty = full.model_copy(update={"soc": 0.45})
    plans["now"] = PLAN.model_copy(update={"initial": (empty,), "validation": None})
    other = vital.model_copy(update={"revision": 2})
    assert runs.missing(other) != ""
    assert flown.wait(30.0)
    with pytest.raises(CommandRefused, match="flown from the present state") as caught:
        runs.missing(other)
    assert caught.value.code == "RES-001"
    runs.close()
