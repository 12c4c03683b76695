"""The register of commands: what is looked for is found whole, however many commands there are."""

from __future__ import annotations

import pytest
from loopback import Bench

from core.command.model import Command, CommandState
from core.time import tai_s_from_utc

COUNT = 1_100  # more than any page of anything


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("register"))
    made.submit(made.plan([("PING", 100.0 + 0.1 * index) for index in range(COUNT)]))
    made.submit(made.plan([("PING", 50.0)], plan_id="plan-other01", satellite="LSAT-2", station="kiruna"))
    return made


def test_a_plan_is_found_and_submitted_again_whole(many: Bench) -> None:
    found = many.pipeline.register.find(plan_id="plan-queue01")
    assert len(found) == COUNT and found == sorted(found, key=_order)
    plan = many.plan([("PING", 100.0 + 0.1 * index) for index in range(COUNT)])
    assert {one.command_id for one in many.submit(plan)} == {one.command_id for one in found}


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("offset", [0, 1, 600, 1_101, 2_000])
def test_a_scan_gives_every_command_once_in_order(many: Bench, newest_first: bool, offset: int) -> None:
    register = many.pipeline.register
    wanted = sorted(register.find(), key=_order, reverse=newest_first)
    assert list(register.scan(newest_first=newest_first, offset=offset)) == wanted[offset:]


def test_a_scan_keeps_to_what_was_chosen(many: Bench) -> None:
    register, start, end = many.pipeline.register, many.at(110.0), many.at(120.0)
    wanted = [one for one in register.find() if start <= one.execute_at < end]
    assert list(register.scan(start_tai_s=tai_s_from_utc(start), end_tai_s=tai_s_from_utc(end))) == wanted != []
    assert [one.satellite for one in register.scan(satellite="LSAT-2")] == ["LSAT-2"]
    assert list(register.scan(states=[CommandState.COMPLETED])) == []


def test_a_withdrawal_ends_all_that_wait(many: Bench) -> None:
    ended = many.pipeline.withdraw("plan-queue01", actor="user:fred", reason="other plans")
    assert len(ended) == COUNT
    assert {one.state for one in many.pipeline.register.find(plan_id="plan-queue01")} == {CommandState.REFUSED}


def _order(command: Command) -> tuple[float, str]:
    return tai_s_from_utc(command.execute_at), command.command_id
