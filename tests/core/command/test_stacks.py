"""Stacks: what is refused before it can run, how runs wait, branch and end, and that a crash repeats no step."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from loopback import Bench
from pydantic import ValidationError

from core.command.queues import QueueState
from core.command.stack import Stack
from core.command.stack_table import StackState
from core.errors import CommandRefused, Conflict, InputError, NotFound, StoreError
from core.mdb import CommandClass
from core.plan.model import Approval

CHARGED = {"kind": "compare", "parameter": "soc", "operator": ">=", "value": 0.7}
PING = {"kind": "command", "step_id": "ping", "command": "PING"}
DONE = {"kind": "wait_verifier", "step_id": "pinged", "of": "ping", "timeout_s": 60}
END = {"kind": "end", "step_id": "end"}
FAILED = {"kind": "end", "step_id": "failed", "failed": True}
SAFE = {"kind": "command", "step_id": "safe", "command": "SET_MODE", "arguments": {"mode": "safe"}}


def _stack(bench: Bench, *steps: dict[str, Any], revision: int = 1, **changes: Any) -> Stack:
    contact = {"station": "svalbard", "start": bench.at(50.0), "end": bench.at(650.0)}
    content = {
        "stack_id": "stack-check01",
        "revision": revision,
        "title": "check-out",
        "author": "olga",
        "satellite": "LSAT-1",
        "contacts": [contact],
        "steps": list(steps),
        **changes,
    }
    return Stack.model_validate(content)


def _approval(bench: Bench, stack: Stack, by: str = "petra", role: str = "planner") -> Approval:
    return Approval(revision_hash=stack.stack_hash(), by=by, role=role, at=bench.clock.now_utc())


def _started(bench: Bench, *steps: dict[str, Any]) -> Any:
    stacks = bench.pipeline.stacks
    stack = _stack(bench, *steps)
    stacks.save(stack)
    assert stacks.approve(stack.stack_id, _approval(bench, stack)).state is StackState.APPROVED
    stacks.start(stack.stack_id, by="petra")
    return stacks


def _now(bench: Bench) -> tuple[str, str]:
    record = bench.pipeline.stacks.get("stack-check01")
    return str(record.state), record.position


@pytest.mark.parametrize(
    ("steps", "field", "message"),
    [
        ([{**PING, "command": "NO_SUCH"}, END], "steps.ping.command", "NO_SUCH"),
        ([{**SAFE, "arguments": {"mode": "sideways"}}, END], "SET_MODE.mode", "sideways"),
        ([{**PING, "contact": 1}, END], "steps.ping.contact", "outside 0 to 0"),
        ([PING], "steps.ping", "runs on past its last step"),
        ([PING, PING, END], "steps", "used twice"),
        ([PING, END, {**PING, "step_id": "lost"}, {**END, "step_id": "end2"}], "steps.lost", "no way through"),
        ([PING, {**DONE, "otherwise": "nowhere"}, END], "steps.pinged", "which is no step"),
        ([PING, {**DONE, "otherwise": "ping"}, END], "steps.pinged", "has no loops"),
        ([{**DONE, "of": "end"}, END], "steps.pinged.of", "no command step before it"),
        (
            [{"kind": "branch", "step_id": "if", "condition": CHARGED, "then": "ping", "otherwise": "if"}, PING, END],
            "steps.if",
            "has no loops",
        ),
        (
            [
                {
                    "kind": "wait_condition",
                    "step_id": "w",
                    "condition": {**CHARGED, "parameter": "sock"},
                    "timeout_s": 1,
                },
                END,
            ],
            "steps.w.condition",
            "'sock'",
        ),
    ],
)
def test_a_stack_that_could_not_run_is_refused_with_step_and_reason(
    bench: Bench, steps: list[dict[str, Any]], field: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        bench.pipeline.stacks.save(_stack(bench, *steps))
    assert caught.value.field == field


def test_a_document_with_unknown_fields_or_values_out_of_range_is_no_stack(bench: Bench) -> None:
    for wrong in ({**PING, "commnd": "PING"}, {**DONE, "timeout_s": -1}, {"kind": "loop", "step_id": "a"}):
        with pytest.raises(ValidationError):
            _stack(bench, wrong, END)


def test_a_run_sends_waits_for_proof_and_time_and_ends(bench: Bench) -> None:
    stacks = _started(bench, PING, DONE, {"kind": "wait_time", "step_id": "rest", "duration_s": 30}, END)
    bench.go_to(10.0)
    assert (_now(bench), bench.link.sent) == (("running", "pinged"), [])
    bench.go_to(51.0)
    assert _now(bench) == ("running", "rest") and len(bench.link.sent) == 1
    bench.go_to(80.0)
    assert _now(bench) == ("running", "rest")
    bench.go_to(81.5)
    assert _now(bench) == ("completed", "end")
    kinds = [one.kind for one in bench.rig.events.read(kinds=["stack."])]
    assert kinds == [
        "stack.drafted",
        "stack.approved",
        "stack.started",
        "stack.step",
        "stack.step",
        "stack.step",
        "stack.completed",
    ]
    with pytest.raises(Conflict, match="is completed"):
        stacks.start("stack-check01", by="petra")


def test_every_command_that_any_way_may_send_needs_its_authority(bench: Bench) -> None:
    burn = {"kind": "command", "step_id": "load", "command": "LOAD_MEMORY", "arguments": LOAD}
    branch = {"kind": "branch", "step_id": "if", "condition": CHARGED, "then": "load", "otherwise": "end"}
    stacks, stack = bench.pipeline.stacks, _stack(bench, PING, branch, burn, END)
    stacks.save(stack)
    record = stacks.approve(stack.stack_id, _approval(bench, stack))
    assert record.state is StackState.DRAFT and "LOAD_MEMORY is hazardous" in record.reason
    with pytest.raises(Conflict, match="has to be approved"):
        stacks.start(stack.stack_id, by="petra")
    assert (
        stacks.approve(stack.stack_id, _approval(bench, stack, "fred", "flight_director")).state is StackState.APPROVED
    )


LOAD = {"memory_id": 1, "block_count": 1, "address": 0, "data": "ab"}


def test_an_approval_binds_the_hash_and_an_edit_is_a_new_revision(bench: Bench) -> None:
    stacks, stack = bench.pipeline.stacks, _stack(bench, PING, END)
    stacks.save(stack)
    other = _stack(bench, PING, END, title="other")
    with pytest.raises(Conflict, match="has changed since you saw it"):
        stacks.approve(stack.stack_id, _approval(bench, other))
    with pytest.raises(Conflict, match="the next revision is 2"):
        stacks.save(other)
    edited = _stack(bench, PING, END, revision=2, title="other")
    stacks.save(edited)
    with pytest.raises(Conflict, match="has changed since you saw it"):
        stacks.approve(stack.stack_id, _approval(bench, stack))
    with pytest.raises(NotFound):
        stacks.get("stack-none00")


@pytest.mark.parametrize(("soc", "sent"), [(0.9, 2), (0.5, 1)])
def test_a_branch_goes_by_telemetry(bench: Bench, soc: float, sent: int) -> None:
    branch = {"kind": "branch", "step_id": "if", "condition": CHARGED, "then": "again", "otherwise": "end"}
    bench.observe("soc", soc)
    _started(bench, PING, DONE, branch, {**PING, "step_id": "again"}, END)
    bench.go_to(51.0)
    assert _now(bench) == ("completed", "end") and len(bench.link.sent) == sent


def test_a_branch_that_cannot_be_decided_asks_a_person(bench: Bench) -> None:
    branch = {"kind": "branch", "step_id": "if", "condition": CHARGED, "then": "ping", "otherwise": "end"}
    stacks = _started(bench, branch, PING, END)
    bench.go_to(51.0)
    record = stacks.get("stack-check01")
    assert record.state is StackState.PAUSED and "soc was never received" in record.reason
    with pytest.raises(Conflict, match="neither 'ping' nor 'end'"):
        stacks.resume("stack-check01", by="petra", to="if")
    stacks.resume("stack-check01", by="petra", to="end")
    bench.settle()
    assert _now(bench) == ("completed", "end") and bench.link.sent == []


def test_a_condition_that_does_not_come_leads_the_other_way_or_fails(bench: Bench) -> None:
    wait = {"kind": "wait_condition", "step_id": "w", "condition": CHARGED, "timeout_s": 20, "otherwise": "failed"}
    stacks = _started(bench, wait, PING, END, FAILED)
    bench.go_to(10.0)
    assert _now(bench) == ("running", "w")
    bench.go_to(20.5)
    assert _now(bench) == ("failed", "failed")
    events = bench.rig.events.read(kinds=["stack.step"])
    assert "soc was never received" in events[0].payload["reason"]
    assert stacks.get("stack-check01").reason.startswith("it ended at step failed")


def test_a_command_that_ends_badly_fails_the_stack_unless_it_says_where_to_go(bench: Bench) -> None:
    stacks = _started(bench, PING, END)
    bench.link.connected = False
    bench.go_to(700.0)
    record = stacks.get("stack-check01")
    assert (
        record.state is StackState.FAILED and "1 of 1 commands were not completed, first ping: expired" in record.reason
    )


def test_what_a_failed_stack_has_entered_does_not_fly_on(bench: Bench) -> None:
    stacks = _started(bench, PING, {**DONE, "timeout_s": 20}, END)  # the time is over before the contact opens
    bench.go_to(1.0)
    bench.go_to(22.0)
    assert (_now(bench), bench.states()) == (("failed", "pinged"), ["refused"])
    assert "its stack failed" in bench.reasons()[0]
    bench.go_to(80.0)
    assert (bench.link.sent, stacks.get("stack-check01").state) == ([], StackState.FAILED)


def test_a_hold_waits_for_a_person_and_abort_ends_for_good(bench: Bench) -> None:
    stacks = _started(bench, {"kind": "hold", "step_id": "look", "reason": "check the picture"}, PING, END)
    bench.go_to(40.0)
    assert stacks.get("stack-check01").reason == "check the picture"
    stacks.resume("stack-check01", by="petra")
    bench.settle()
    assert _now(bench) == ("running", "end") and bench.states() == ["scheduled"]
    stacks.abort("stack-check01", by="fred", reason="other plans")
    bench.go_to(60.0)
    assert (_now(bench)[0], bench.states(), bench.link.sent) == ("aborted", ["refused"], [])


def test_a_disabled_queue_refuses_the_approval_and_pauses_a_run(bench: Bench) -> None:
    orders, routine = bench.pipeline.orders, CommandClass.ROUTINE
    stacks = _started(bench, {"kind": "wait_time", "step_id": "w", "duration_s": 5}, PING, END)
    orders.set_queue("LSAT-1", routine, QueueState.DISABLED, by="fred", reason="safe")
    bench.go_to(6.0)
    assert _now(bench) == ("paused", "ping") and "disabled by fred" in stacks.get("stack-check01").reason
    other = _stack(bench, PING, END, stack_id="stack-check02")
    stacks.save(other)
    with pytest.raises(CommandRefused, match="disabled by fred"):
        stacks.approve(other.stack_id, _approval(bench, other))
    orders.set_queue("LSAT-1", routine, QueueState.ENABLED, by="fred", reason="fine")
    stacks.resume("stack-check01", by="petra")
    bench.go_to(51.0)
    assert _now(bench) == ("completed", "end")


@pytest.mark.parametrize("crash_at_s", [1.0, 10.0, 51.0, 60.0])
def test_a_restart_goes_on_where_the_run_stood_and_repeats_nothing(bench: Bench, crash_at_s: float) -> None:
    rest = {"kind": "wait_time", "step_id": "rest", "duration_s": 20}
    _started(bench, PING, DONE, rest, {**PING, "step_id": "again"}, END)
    bench.go_to(crash_at_s)
    bench.link.session += 1
    again = Bench(bench.folder, bench.link)
    for seconds in (max(52.0, crash_at_s), 61.0, 72.0, 85.0):
        again.go_to(seconds)
    assert _now(again) == ("completed", "end")
    taken = bench.link.crafts["LSAT-1"].taken
    assert len(taken) == len(set(taken)) == 2
    steps = [one.payload["position"] for one in again.rig.events.read(kinds=["stack.step"])]
    assert steps == ["pinged", "rest", "again", "end"]
    again.close()


def test_what_a_paused_stack_has_entered_waits_until_it_is_resumed(bench: Bench) -> None:
    orders = bench.pipeline.orders
    stacks = _started(bench, PING, {**PING, "step_id": "again"}, END)
    bench.go_to(10.0)
    assert bench.states() == ["scheduled", "scheduled"]
    own = stacks.get("stack-check01").stack.command_id("again")
    orders.hold(own, by="fred", reason="not yet")
    stacks.pause("stack-check01", by="petra", reason="look first")
    bench.go_to(60.0)
    assert bench.link.sent == [] and "petra paused its stack: look first" in " ".join(map(str, _waits(bench)))
    stacks.resume("stack-check01", by="petra")
    bench.go_to(70.0)
    assert len(bench.link.sent) == 1 and bench.states().count("completed") == 1  # what a person holds stays held
    orders.let_go(own, by="fred", reason="now")
    bench.go_to(80.0)
    assert _now(bench) == ("completed", "end") and len(bench.link.sent) == 2


def _waits(bench: Bench) -> list[str]:
    return [bench.pipeline.why_waiting(one) for one in bench.pipeline.register.find()]


def test_a_stack_that_cannot_go_on_keeps_no_other_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {"kind": "wait_time", "step_id": "rest", "duration_s": 5}
    stacks = _started(bench, rest, PING, END)
    other = _stack(bench, rest, PING, END, stack_id="stack-check02")
    stacks.save(other)
    stacks.approve(other.stack_id, _approval(bench, other))
    stacks.start(other.stack_id, by="petra")
    told, tell = [], stacks.table.tell

    def failing(connection: Any, kind: str, record: Any, actor: str) -> None:
        if record.stack.stack_id == "stack-check01" and kind == "step" and not told:
            told.append(kind)
            raise StoreError("no space left on the device")
        tell(connection, kind, record, actor)

    monkeypatch.setattr(stacks.table, "tell", failing)
    with pytest.raises(StoreError, match="no space left"):
        bench.go_to(6.0)
    assert told and stacks.get(other.stack_id).position == "end"
    bench.go_to(60.0)
    assert (_now(bench)[0], stacks.get(other.stack_id).state) == ("completed", StackState.COMPLETED)


def test_the_database_is_free_while_a_key_store_elsewhere_signs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    store, queues = bench.rig.keys.store, bench.pipeline.queues
    sign, states = store.sign, []

    def slow(key_id: str, message: bytes) -> bytes:
        def order() -> None:
            gap_s = float(len(states))
            queues.change("LSAT-2", CommandClass.ROUTINE, QueueState.HELD, gap_s, by="fred", reason="r", at_utc=now_utc)
            states.append(gap_s)

        now_utc = bench.clock.now_utc()
        other = threading.Thread(target=order)
        other.start()
        other.join()  # an order that waited for the transaction of this signature would end in a StoreError
        return sign(key_id, message)

    monkeypatch.setattr(type(store), "sign", lambda _store, key_id, message: slow(key_id, message))
    stack = _stack(bench, PING, END)
    bench.pipeline.stacks.save(stack)
    assert bench.pipeline.stacks.approve(stack.stack_id, _approval(bench, stack)).state is StackState.APPROVED
    bench.submit(bench.plan([("PING", 30.0)], satellite="LSAT-3"))
    assert states == [0.0, 1.0]
