"""Transmission constraints, verifiers with time-outs, and that only idempotent commands are ever sent again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import MDB, Bench

from core.mdb import CommandDefinition, MissionDatabase, TransmissionConstraint, VerificationStage, Verifier
from core.mdb.conditions import Comparison, Lasting, Operator

NOMINAL = Comparison(parameter="mode", operator=Operator.EQUAL, value="nominal", maximum_age_s=30.0)
COMPLETED = VerificationStage.COMPLETED
Make = Callable[..., Bench]


def _database(**changes: object) -> MissionDatabase:
    ping: CommandDefinition = replace(MDB.command("PING"), **changes)  # type: ignore[arg-type]
    return replace(MDB, commands={**MDB.commands, "PING": ping})


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def one(**changes: object) -> Bench:
        bench = Bench(tmp_path, mdb=_database(**changes))
        bench.submit(bench.plan([("PING", 100.0)], contacts=((90.0, 600.0),)))
        return bench

    return one


def _kinds(bench: Bench) -> list[str]:
    return [one.kind.removeprefix("command.") for one in bench.rig.events.read(kinds=["command."])]


def test_a_constraint_is_waited_for_as_long_as_it_says_and_then_refuses(make: Make) -> None:
    bench = make(constraints=(TransmissionConstraint(NOMINAL, timeout_s=60.0),))
    bench.go_to(101.0)
    assert (bench.states(), bench.link.sent) == (["scheduled"], [])
    bench.go_to(162.0)
    assert bench.states() == ["refused"]
    assert bench.reasons()[0].startswith("CON-101: PING may leave only when mode == nominal; mode was never received")


def test_a_constraint_that_holds_in_time_lets_the_command_go(make: Make) -> None:
    bench = make(constraints=(TransmissionConstraint(NOMINAL, timeout_s=60.0),))
    bench.go_to(101.0)
    bench.observe("mode", "safe")
    assert bench.states() == ["scheduled"]
    bench.observe("mode", "nominal")
    assert bench.states() == ["completed"]


def test_a_constraint_without_time_refuses_at_once_also_when_telemetry_is_stale(make: Make) -> None:
    bench = make(constraints=(TransmissionConstraint(NOMINAL),))
    bench.observe("mode", "nominal", age_s=31.0)
    bench.go_to(101.0)
    assert bench.states() == ["refused"] and "stale" in bench.reasons()[0]


def test_a_duration_looks_at_every_sample_in_the_archive(make: Make) -> None:
    lasting = Lasting(part=NOMINAL, duration_s=20.0)
    bench = make(constraints=(TransmissionConstraint(lasting, timeout_s=300.0),))
    bench.go_to(101.0)
    bench.observe("mode", "nominal")
    assert bench.states() == ["scheduled"]  # before that nothing is known


def test_telemetry_from_after_the_command_proves_it_and_older_does_not(make: Make) -> None:
    bench = make(verifiers=(Verifier(COMPLETED, timeout_s=60.0, condition=NOMINAL),))
    bench.observe("mode", "nominal")
    for craft in bench.link.crafts.values():
        craft.reports = ()
    bench.go_to(101.0)
    assert bench.states() == ["uplinked"]
    bench.observe("mode", "nominal")
    assert bench.states() == ["completed"]
    assert bench.reasons() == ["telemetry shows it: mode is nominal, as == nominal"]


@pytest.mark.parametrize(("required", "end"), [(True, "failed"), (False, "unverified")])
def test_a_missing_proof_is_never_silently_fine(make: Make, required: bool, end: str) -> None:
    bench = make(verifiers=(Verifier(COMPLETED, timeout_s=60.0, condition=NOMINAL, required=required),))
    for craft in bench.link.crafts.values():
        craft.reports = (1,)
    bench.go_to(101.0)
    assert bench.states() == ["accepted"]
    bench.go_to(161.1)
    assert bench.states() == [end]
    assert bench.reasons()[0].startswith("no proof that it was completed within 60 s: mode was never received")
    assert len(bench.link.sent) == 1


def test_a_stage_on_the_way_without_proof_is_noted_once(make: Make) -> None:
    started = Verifier(VerificationStage.STARTED, timeout_s=20.0, required=False)
    bench = make(verifiers=(started,))
    for craft in bench.link.crafts.values():
        craft.reports = (1,)
    bench.go_to(101.0)
    for seconds in (125.0, 130.0, 140.0):
        bench.go_to(seconds)
    assert bench.states() == ["accepted"] and _kinds(bench).count("unproved") == 1


def test_only_an_idempotent_command_is_sent_again_and_under_new_numbers(make: Make) -> None:
    bench = make(idempotent=True, verifiers=(Verifier(COMPLETED, timeout_s=30.0),))
    for craft in bench.link.crafts.values():
        craft.reports = (1,)
    bench.go_to(101.0)
    bench.go_to(132.0)
    assert bench.states() == ["accepted"] and _kinds(bench).count("retried") == 1
    assert len(set(bench.link.crafts["LSAT-1"].taken)) == 2
    for craft in bench.link.crafts.values():
        craft.reports = (1, 3, 7)
    bench.go_to(165.0)
    assert bench.states() == ["completed"] and _kinds(bench).count("retried") == 2
    assert len(bench.link.sent) == 3


def test_retries_end_with_the_policys_number(make: Make) -> None:
    bench = make(idempotent=True, verifiers=(Verifier(COMPLETED, timeout_s=30.0),))
    for craft in bench.link.crafts.values():
        craft.reports = ()
    bench.go_to(101.0)
    for seconds in range(110, 260, 10):
        bench.go_to(float(seconds))
    assert bench.states() == ["failed"] and len(bench.link.sent) == 3


def test_progress_seen_in_telemetry_proves_its_stage_and_changes_no_state(make: Make) -> None:
    bench = make(verifiers=(Verifier(VerificationStage.PROGRESS, timeout_s=30.0, condition=NOMINAL),))
    for craft in bench.link.crafts.values():
        craft.reports = (1, 3)
    bench.go_to(101.0)
    bench.observe("mode", "nominal")
    bench.go_to(140.0)
    assert bench.states() == ["started"] and _kinds(bench).count("progress") == 1
