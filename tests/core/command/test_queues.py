"""Queues, holds, priorities, dependencies, gaps, bookings, lost passes and the uplink's rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from loopback import Bench

from core.command.model import CommandState, Dependency
from core.command.queues import QueueState
from core.command.register import CommandRegister
from core.errors import CommandRefused, Conflict, InputError, NotFound, StoreError
from core.mdb import CommandClass
from core.mdb.conditions import AllOf, Comparison, Lasting, Not, Operator
from core.telemetry import TelemetryIngest

ROUTINE = CommandClass.ROUTINE
CHARGED = Comparison(parameter="soc", operator=Operator.AT_LEAST, value=0.7, maximum_age_s=60.0)


def _sent(bench: Bench) -> int:
    return len(bench.link.sent)


def test_a_direct_command_leaves_at_its_time_and_is_completed_by_its_reports(bench: Bench) -> None:
    bench.submit(bench.plan([("PING", 100.0)]))
    bench.go_to(99.9)
    assert (_sent(bench), bench.states()) == (0, ["scheduled"])
    bench.go_to(100.001)
    assert (_sent(bench), bench.states()) == (1, ["completed"])
    kinds = [one.kind for one in bench.rig.events.read(kinds=["command."])]
    assert kinds == [
        f"command.{one}"
        for one in (
            "drafted",
            "validated",
            "authorised",
            "scheduled",
            "released",
            "uplinked",
            "accepted",
            "started",
            "completed",
        )
    ]


def test_a_held_queue_keeps_commands_until_it_is_enabled_and_the_setting_outlives_a_restart(bench: Bench) -> None:
    orders = bench.pipeline.orders
    orders.set_queue("LSAT-1", ROUTINE, QueueState.HELD, by="petra", reason="anomaly")
    bench.submit(bench.plan([("PING", 100.0)]))
    bench.go_to(101.0)
    (command,) = bench.pipeline.register.open()
    assert _sent(bench) == 0
    assert bench.pipeline.why_waiting(command) == "held in queue LSAT-1/routine by petra: anomaly"
    again = Bench(bench.folder, bench.link)
    again.settle()
    assert again.pipeline.queues.of("LSAT-1", ROUTINE).state is QueueState.HELD and _sent(bench) == 0
    again.pipeline.orders.set_queue("LSAT-1", ROUTINE, QueueState.ENABLED, by="petra", reason="over")
    again.settle()
    assert again.states() == ["completed"]
    told = [one.kind for one in again.rig.events.read(kinds=["queue."])]
    assert told == ["queue.held", "queue.enabled"]
    again.close()


def test_a_disabled_queue_refuses_what_is_new_and_what_comes_up(bench: Bench) -> None:
    bench.submit(bench.plan([("PING", 100.0)]))
    bench.pipeline.orders.set_queue("LSAT-1", ROUTINE, QueueState.DISABLED, by="fred", reason="safe")
    with pytest.raises(CommandRefused, match="was disabled by fred: safe") as caught:
        bench.submit(bench.plan([("PING", 200.0)], plan_id="plan-queue02"))
    assert caught.value.code == "QUE-001"
    bench.go_to(101.0)
    assert (_sent(bench), bench.states()) == (0, ["refused"])
    assert bench.reasons()[0].startswith("QUE-001: ")


def test_a_held_command_waits_alone_and_expires_with_the_reason(bench: Bench) -> None:
    first, second = bench.submit(bench.plan([("PING", 100.0), ("PING", 101.0)]))
    bench.pipeline.orders.hold(first.command_id, by="olga", reason="look first")
    bench.go_to(102.0)
    assert bench.states() == ["scheduled", "completed"]
    bench.go_to(700.0)
    assert bench.states() == ["expired", "completed"]
    assert bench.reasons()[0] == "its contacts passed without a release: held by olga: look first"
    with pytest.raises(Conflict, match="no longer waits"):
        bench.pipeline.orders.hold(second.command_id, by="olga", reason="late")


def test_a_hold_is_let_go_once_and_nothing_else_is(bench: Bench) -> None:
    (command,) = bench.submit(bench.plan([("PING", 100.0)]))
    orders = bench.pipeline.orders
    with pytest.raises(Conflict, match="nobody holds"):
        orders.let_go(command.command_id, by="olga", reason="why not")
    orders.hold(command.command_id, by="olga", reason="look")
    bench.go_to(150.0)
    orders.let_go(command.command_id, by="petra", reason="fine")
    bench.settle()
    assert bench.states() == ["completed"]


def test_a_hold_that_comes_when_the_command_is_ready_still_holds(bench: Bench) -> None:
    (command,) = bench.submit(bench.plan([("PING", 100.0)]))
    bench.link.connected = False
    bench.go_to(101.0)
    bench.pipeline.orders.hold(command.command_id, by="olga", reason="look")
    bench.link.connected = True
    bench.settle()
    assert _sent(bench) == 0


def test_what_is_more_urgent_leaves_first(bench: Bench) -> None:
    commands = bench.submit(bench.plan([("PING", 100.0), ("PING", 101.0), ("PING", 102.0)]))
    bench.pipeline.orders.set_priority(commands[2].command_id, 10, by="petra")
    bench.link.connected = False
    bench.go_to(110.0)
    bench.link.connected, bench.link.session = True, 2
    bench.settle()
    order = sorted(bench.pipeline.register.find(), key=lambda one: one.request_count or 0)
    assert [one.execute_at for one in order] == [commands[k].execute_at for k in (2, 0, 1)]
    with pytest.raises(InputError, match="outside -100 to 100"):
        bench.pipeline.orders.set_priority(commands[0].command_id, 101, by="petra")


def test_a_command_waits_for_another_to_be_completed(bench: Bench) -> None:
    first, second = bench.submit(bench.plan([("PING", 100.0), ("PING", 101.0)]))
    after = [Dependency(command_id=first.command_id)]
    bench.pipeline.orders.add_restraint(second.command_id, by="petra", after=after)
    bench.link.answering = False
    bench.go_to(105.0)
    assert bench.states() == ["uplinked", "scheduled"]
    assert "is completed; it is uplinked" in bench.pipeline.why_waiting(bench.pipeline.register.get(second.command_id))
    bench.link.answering = True
    bench.settle()
    assert bench.states() == ["completed", "completed"]


def test_a_command_whose_dependency_failed_is_refused_and_circles_cannot_be_made(bench: Bench) -> None:
    first, second = bench.submit(bench.plan([("PING", 100.0), ("PING", 101.0)]))
    orders = bench.pipeline.orders
    orders.add_restraint(second.command_id, by="petra", after=[Dependency(command_id=first.command_id)])
    with pytest.raises(InputError, match="waits for it already"):
        orders.add_restraint(first.command_id, by="petra", after=[Dependency(command_id=second.command_id)])
    with pytest.raises(NotFound):
        orders.add_restraint(first.command_id, by="petra", after=[Dependency(command_id="plan-none")])
    (third,) = bench.submit(bench.plan([("PING", 102.0)], plan_id="plan-queue02"))
    orders.add_restraint(third.command_id, by="petra", after=[Dependency(command_id=first.command_id)])
    bench.pipeline.withdraw("plan-queue01", actor="user:petra", reason="no")
    bench.settle()
    refused = bench.pipeline.register.get(third.command_id)
    assert (refused.state, refused.reason[:8]) == (CommandState.REFUSED, "QUE-002:")
    assert refused.reason.endswith("ended refused")


def test_releases_keep_the_minimum_gap(bench: Bench) -> None:
    bench.pipeline.orders.set_queue("LSAT-1", ROUTINE, QueueState.ENABLED, by="petra", reason="slow", minimum_gap_s=5.0)
    bench.submit(bench.plan([("PING", 100.0), ("PING", 100.1), ("PING", 100.2)]))
    left = []
    for seconds in (100.3, 104.0, 105.4, 109.0, 110.5):
        bench.go_to(seconds)
        left.append(_sent(bench))
    assert left == [1, 1, 2, 2, 3]
    with pytest.raises(InputError, match="minimum_gap_s"):
        bench.pipeline.orders.set_queue(
            "LSAT-1", ROUTINE, QueueState.ENABLED, by="petra", reason="x", minimum_gap_s=-1.0
        )


def test_a_station_serves_one_spacecraft_at_a_time(bench: Bench) -> None:
    bench.submit(bench.plan([("PING", 100.0)]))
    overlapping = {"plan_id": "plan-queue02", "satellite": "LSAT-2", "contacts": ((599.0, 900.0),)}
    with pytest.raises(CommandRefused, match=r"svalbard serves LSAT-1 from .* for plan-queue01; LSAT-2") as caught:
        bench.submit(bench.plan([("PING", 700.0)], **overlapping))
    assert caught.value.code == "GND-002"
    assert len(bench.submit(bench.plan([("PING", 700.0)], station="kiruna", **overlapping))) == 1
    bench.pipeline.withdraw("plan-queue01", actor="user:petra", reason="other plans")
    other = bench.plan([("PING", 100.0)], plan_id="plan-queue03", satellite="LSAT-3")
    assert len(bench.submit(other)) == 1


def test_commands_of_a_lost_pass_take_the_next_one_or_expire_and_the_planner_is_told(bench: Bench) -> None:
    contacts = ((50.0, 300.0), (1000.0, 1300.0))
    bench.submit(bench.plan([("PING", 2000.0), ("PING", 100.0)], contacts=contacts))
    with pytest.raises(NotFound, match="no contact with kiruna"):
        bench.pipeline.orders.lose_contact("LSAT-1", "kiruna", bench.at(100.0), by="user:olga", reason="rain")
    bench.pipeline.orders.lose_contact("LSAT-1", "svalbard", bench.at(100.0), by="user:olga", reason="antenna fails")
    bench.go_to(110.0)
    assert (_sent(bench), bench.states()) == (0, ["expired", "scheduled"])
    assert "antenna fails" in bench.reasons()[0]
    (told,) = bench.rig.events.read(kinds=["contact."])
    assert (told.kind, told.payload["plans"], told.payload["reason"]) == (
        "contact.lost",
        ["plan-queue01"],
        "antenna fails",
    )
    bench.go_to(1001.0)
    assert _sent(bench) == 1
    again = Bench(bench.folder, bench.link)
    assert [bool(one.lost_reason) for one in again.pipeline.bookings.all("LSAT-1")] == [True, False]
    again.close()


def test_what_does_not_fit_into_the_contact_at_the_uplinks_rate_waits_for_the_next(bench: Bench) -> None:
    # At 64 kbit/s half a second takes 4,000 octets: some 30 frames of an inserted PING.
    instants = [("PING", 3000.0 + k) for k in range(60)]
    bench.submit(bench.plan(instants, contacts=((100.0, 100.5), (1000.0, 1300.0))))
    bench.go_to(100.001)
    assert 10 < _sent(bench) < 60
    first = _sent(bench)
    waiting = [one for one in bench.pipeline.register.open() if one.state is CommandState.SCHEDULED]
    assert bench.pipeline.why_waiting(waiting[0]).startswith("does not fit into what is left of the contact")
    for seconds in (1000.001, 1001.0, 1002.0, 1003.0):
        bench.go_to(seconds)
    assert _sent(bench) == 60 and first < 60


def test_a_condition_that_is_stale_or_false_holds_back_and_says_which(bench: Bench) -> None:
    (command,) = bench.submit(bench.plan([("PING", 100.0)]))
    bench.pipeline.orders.add_restraint(command.command_id, by="petra", condition=CHARGED)
    with pytest.raises(Conflict, match="already"):
        bench.pipeline.orders.add_restraint(command.command_id, by="petra", condition=CHARGED)

    def why() -> str:
        return bench.pipeline.why_waiting(bench.pipeline.register.get(command.command_id))

    bench.go_to(101.0)
    assert why() == "waits for soc >= 0.7: soc was never received"
    bench.observe("soc", 0.9, age_s=70.0)
    assert "soc is stale: 70 s old, the limit is 60 s" in why()
    bench.observe("soc", 0.6)
    assert "soc is 0.6, not >= 0.7" in why()
    bench.observe("soc", 0.7)
    assert bench.states() == ["completed"]


def test_conditions_join_and_read_well() -> None:
    quiet = Not(part=Comparison(parameter="mode", operator=Operator.EQUAL, value="safe"))
    joined = Lasting(part=AllOf(parts=(CHARGED, quiet)), duration_s=30.0)
    assert str(joined) == "(soc >= 0.7 and not mode == safe) for 30 s"
    with pytest.raises(ValueError, match="== and != only"):
        Comparison(parameter="mode", operator=Operator.LESS, value="safe")


def test_an_operator_cannot_make_an_unapproved_command_leave(bench: Bench) -> None:
    """A priority, an empty hold or an enabled queue changes nothing of what has to be signed."""
    (command,) = bench.submit(bench.plan([("PING", 100.0)]))
    bench.pipeline.withdraw(command.plan_id, actor="user:petra", reason="no")
    with pytest.raises(Conflict):
        bench.pipeline.orders.set_priority(command.command_id, 5, by="olga")
    bench.go_to(101.0)
    assert (_sent(bench), bench.states()) == (0, ["refused"])


@pytest.mark.parametrize("broken", [CommandRegister.write, TelemetryIngest.ingest])
def test_a_store_that_fails_for_a_moment_costs_neither_a_release_nor_telemetry(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, broken: Callable[..., Any]
) -> None:
    bench.submit(bench.plan([("PING", 100.0)]))
    bench.go_to(99.9)
    failures: list[str] = []

    def fails_twice(self: object, *given: Any) -> Any:
        if len(failures) < 2:
            failures.append("the disk is full")
            raise StoreError(failures[-1])
        return broken(self, *given)

    owner = TelemetryIngest if broken is TelemetryIngest.ingest else CommandRegister
    monkeypatch.setattr(owner, broken.__name__, fails_twice)
    for _ in range(2):
        with pytest.raises(StoreError):
            bench.go_to(100.001)
    bench.settle()
    assert (len(failures), _sent(bench), bench.states()) == (2, 1, ["completed"])


def test_what_cannot_leave_without_a_connection_is_tried_less_and_less_often(bench: Bench) -> None:
    bench.link.connected = False
    bench.submit(bench.plan([("PING", 30.0)]))
    bench.go_to(31.0)
    waits = [bench.pipeline._wait_s() for _ in range(20)]
    assert waits == sorted(waits) and waits[0] <= 0.001 and 0.02 < waits[-1] <= 0.05
    bench.link.connected = True
    bench.link.session += 1
    bench.settle()
    assert bench.states() == ["completed"]
