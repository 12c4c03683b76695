"""Attacks on the authority of stacks: each ends in a typed refusal and a record, and nothing leaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import Bench
from sqlalchemy import text

from core.authority import ApprovalRequest, ApprovalRequests, NotAuthorised, RequestState, package_policies
from core.command import CommandPipeline, PipelineDeps
from core.command.authorise import subject_of
from core.command.keystore import KeyPurpose
from core.command.signing import Seal
from core.command.stack import Stack, stack_commands
from core.command.stack_table import StackRecord, StackState
from core.errors import CommandRefused, Conflict, StoreError
from core.plan.model import Approval

PING = {"kind": "command", "step_id": "ping", "command": "PING"}
LOAD = {
    "kind": "command",
    "step_id": "load",
    "command": "LOAD_MEMORY",
    "arguments": {"memory_id": 1, "block_count": 1, "address": 0, "data": "ab"},
}
END = {"kind": "end", "step_id": "end"}


class Attacked:
    """A pipeline with requests, over spacecraft that would take everything."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder)
        deps: PipelineDeps = self.bench.pipeline._deps
        seal = Seal(deps.keys.store, KeyPurpose.APPROVAL)
        self.requests = ApprovalRequests(deps.database, deps.events, package_policies(), seal)
        self.bench.pipeline = CommandPipeline(PipelineDeps(**{**vars(deps), "requests": self.requests}))
        self.stacks = self.bench.pipeline.stacks

    def stack(self, *steps: dict[str, Any], **changes: Any) -> Stack:
        contact = {"station": "svalbard", "start": self.bench.at(50.0), "end": self.bench.at(650.0)}
        content = {
            "stack_id": "stack-attack1",
            "revision": 1,
            "title": "check-out",
            "author": "olga",
            "satellite": "LSAT-1",
            "contacts": [contact],
            "steps": [*steps, END],
            **changes,
        }
        return Stack.model_validate(content)

    def offer(self, stack: Stack, expires_s: float = 650.0) -> ApprovalRequest:
        """Save a stack and ask for its approval."""
        self.stacks.save(stack)
        deps, now_utc = self.bench.pipeline._deps, self.bench.clock.now_utc()
        subject = subject_of(stack_commands(stack, deps.mission, deps.mdb, now_utc), stack.author, "stack")
        expires_utc = self.bench.at(expires_s)
        return self.requests.open(subject, stack.stack_hash(), stack.revision, (), expires_utc, now_utc)

    def approve(self, stack: Stack, by: str = "petra", role: str = "planner") -> StackRecord:
        at_utc = self.bench.clock.now_utc()
        given = Approval(revision_hash=stack.stack_hash(), by=by, role=role, at=at_utc)
        return self.stacks.approve(stack.stack_id, given)

    def run(self, statement: str, **values: object) -> None:
        with self.bench.rig.database.write() as connection:
            connection.execute(text(statement), values)

    def nothing_left(self) -> None:
        self.bench.go_to(60.0)
        self.bench.go_to(700.0)
        assert self.bench.link.sent == []
        with self.bench.rig.database.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM uplink_frames")).scalar() == 0


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[Attacked]:
    one = Attacked(tmp_path)
    yield one
    one.bench.close()


def test_the_author_approves(attacked: Attacked) -> None:
    stack = attacked.stack(PING)
    request = attacked.offer(stack)
    with pytest.raises(NotAuthorised) as caught:
        attacked.approve(stack, "olga", "flight_director")
    assert caught.value.code == "AUT-003"
    assert attacked.bench.rig.events.read(kinds=["authority.denied"])
    assert attacked.requests.get(request.request_id).grants == ()
    with pytest.raises(Conflict, match="has to be approved"):
        attacked.stacks.start(stack.stack_id, by="petra")


def test_approvals_without_a_request_are_words(attacked: Attacked) -> None:
    stack = attacked.stack(PING)
    attacked.stacks.save(stack)
    with pytest.raises(CommandRefused, match="the approval request of stack-attack1 is not there") as caught:
        attacked.approve(stack)
    assert caught.value.code == "AUT-004"


def test_two_people_for_a_hazardous_branch_and_one_grant_alone_does_not_start(attacked: Attacked) -> None:
    stack = attacked.stack(PING, LOAD)
    request = attacked.offer(stack)
    assert request.command_class == "hazardous"
    assert attacked.approve(stack).state is StackState.DRAFT
    with pytest.raises(NotAuthorised, match="has to be a flight director's"):
        attacked.approve(stack, "paul")
    with pytest.raises(Conflict, match="has to be approved"):
        attacked.stacks.start(stack.stack_id, by="petra")
    assert attacked.approve(stack, "fred", "flight_director").state is StackState.APPROVED
    attacked.stacks.start(stack.stack_id, by="petra")
    assert attacked.requests.get(request.request_id).state is RequestState.RELEASED


def test_two_people_approve_at_the_same_moment(attacked: Attacked) -> None:
    stack = attacked.stack(PING, LOAD)
    request = attacked.offer(stack)
    gate = threading.Barrier(2)
    states: list[StackState] = []

    def approve(by: str) -> None:
        gate.wait()
        states.append(attacked.approve(stack, by, "flight_director").state)

    threads = [threading.Thread(target=approve, args=(by,)) for by in ("fred", "frida")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert StackState.APPROVED in states
    record = attacked.stacks.get(stack.stack_id)
    assert (record.state, {one.by for one in record.approvals}) == (StackState.APPROVED, {"fred", "frida"})
    kinds = [one.kind for one in attacked.bench.rig.events.read(subject=request.request_id)]
    assert kinds == ["approval.opened", "approval.granted", "approval.granted"]
    with attacked.bench.rig.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM command_sets")).scalar() == 1


def test_the_request_expires_before_anybody_approves_and_before_the_start(attacked: Attacked) -> None:
    stack = attacked.stack(PING)
    attacked.offer(stack, expires_s=20.0)
    attacked.approve(stack)
    attacked.bench.go_to(30.0)
    attacked.requests.expire(attacked.bench.clock.now_utc(), lambda *_: None)
    with pytest.raises(CommandRefused, match="is expired"):
        attacked.stacks.start(stack.stack_id, by="petra")
    late = attacked.stack(PING, stack_id="stack-attack2")
    attacked.offer(late, expires_s=25.0)
    with pytest.raises(Conflict, match="expired at"):
        attacked.approve(late)
    attacked.nothing_left()


def test_an_approval_is_revoked_between_approval_and_release(attacked: Attacked) -> None:
    stack = attacked.stack(PING)
    request = attacked.offer(stack)
    attacked.approve(stack)
    attacked.stacks.start(stack.stack_id, by="petra")
    attacked.bench.settle()
    assert attacked.bench.states() == ["scheduled"]
    attacked.requests.revoke(request.request_id, "user:fred", attacked.bench.clock.now_utc(), "wrong craft")
    attacked.nothing_left()
    assert attacked.bench.states() == ["refused"]
    assert "the approval request of stack-attack1 is revoked" in attacked.bench.reasons()[0]


def test_an_approval_is_revoked_before_a_later_step_is_entered(attacked: Attacked) -> None:
    stack = attacked.stack({"kind": "wait_time", "step_id": "w", "duration_s": 5}, PING)
    request = attacked.offer(stack)
    attacked.approve(stack)
    attacked.stacks.start(stack.stack_id, by="petra")
    attacked.requests.revoke(request.request_id, "user:fred", attacked.bench.clock.now_utc(), "wrong craft")
    attacked.nothing_left()
    record = attacked.stacks.get(stack.stack_id)
    assert record.state is StackState.FAILED and "is revoked" in record.reason
    assert attacked.bench.states() == []


def test_a_stack_is_edited_after_one_of_two_approvals(attacked: Attacked) -> None:
    stack = attacked.stack(LOAD)
    first = attacked.offer(stack)
    attacked.approve(stack)
    edited = attacked.stack(LOAD, PING, revision=2)
    attacked.offer(edited)
    assert attacked.requests.get(first.request_id).state is RequestState.SUPERSEDED
    with pytest.raises(Conflict, match="is superseded and takes no approval"):
        attacked.approve(stack, "fred", "flight_director")
    assert attacked.approve(edited, "fred", "flight_director").state is StackState.DRAFT  # petra's is not carried over
    attacked.nothing_left()


def _other_steps(content: dict[str, Any]) -> None:
    content["stack"]["steps"][0]["command"] = "ENTER_SAFE_MODE"


def _other_contact(content: dict[str, Any]) -> None:
    content["stack"]["contacts"][0]["station"] = "awarua"


@pytest.mark.parametrize("alter", [_other_steps, _other_contact])
def test_the_stored_document_is_altered_after_approval(
    attacked: Attacked, alter: Callable[[dict[str, Any]], None]
) -> None:
    stack = attacked.stack({**PING, "step_id": "ping"})
    attacked.offer(stack)
    attacked.approve(stack)
    content = json.loads(attacked.stacks.get(stack.stack_id).model_dump_json())
    alter(content)
    attacked.run("UPDATE stacks SET content = :c", c=json.dumps(content))
    with pytest.raises(CommandRefused, match="the approval request of stack-attack1 is not there"):
        attacked.stacks.start(stack.stack_id, by="petra")
    attacked.nothing_left()


def test_a_draft_is_declared_approved_by_hand(attacked: Attacked) -> None:
    stack = attacked.stack(PING)
    attacked.offer(stack)
    content = json.loads(attacked.stacks.get(stack.stack_id).model_dump_json()) | {"state": "approved"}
    attacked.run("UPDATE stacks SET content = :c, state = 'approved'", c=json.dumps(content))
    with pytest.raises(CommandRefused, match="is pending"):
        attacked.stacks.start(stack.stack_id, by="petra")
    attacked.run("UPDATE approval_requests SET state = 'approved'")
    with pytest.raises(CommandRefused, match="are not signed as they stand"):
        attacked.stacks.start(stack.stack_id, by="petra")
    attacked.nothing_left()


def test_a_grant_is_written_into_the_database_by_hand(attacked: Attacked) -> None:
    stack = attacked.stack(LOAD)
    request = attacked.offer(stack)
    attacked.approve(stack)
    content = json.loads(attacked.requests.get(request.request_id).model_dump_json())
    content["grants"].append({**content["grants"][0], "by": "fred", "role": "flight_director"})
    attacked.run("UPDATE approval_requests SET content = :c", c=json.dumps(content))
    assert (
        attacked.approve(stack, "fred", "flight_director").state is StackState.DRAFT
    )  # the forged one stays, and counts for nothing
    with pytest.raises(Conflict, match="has to be approved"):
        attacked.stacks.start(stack.stack_id, by="petra")


def test_a_refused_entry_takes_the_grant_with_it(attacked: Attacked) -> None:
    stack = attacked.stack(PING)
    request = attacked.offer(stack)
    attacked.bench.go_to(649.0)
    attacked.run("INSERT INTO command_sets VALUES (:s, :p, '', x'', 0)", s="stack-attack1:1", p="stack-attack1")
    with pytest.raises(StoreError):
        attacked.approve(stack)
    assert attacked.requests.get(request.request_id).state is RequestState.PENDING
    assert attacked.stacks.get(stack.stack_id).approvals == ()
