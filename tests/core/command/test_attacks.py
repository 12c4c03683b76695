"""Attacks on the authority of commands: each ends in a typed refusal and a record, and nothing leaves."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parents[1] / "ground"))

from story import Story, approval, new_clock, story_plan

from core.authority import ApprovalRequests, Person, Subject, package_policies
from core.command import Command, CommandPipeline, CommandState, PipelineDeps
from core.command.keystore import FileKeyStore, KeyPurpose
from core.command.model import Route
from core.command.release import _Leaving
from core.command.signing import Seal
from core.errors import CommandRefused
from core.plan.model import Approval, MissionPlan
from core.time import add_s


class Attacked:
    """A pipeline with one plan that two people have approved, before its contact."""

    def __init__(self, folder: Path) -> None:
        self.story = Story(folder, new_clock(1.0))
        self.folder = folder
        deps: PipelineDeps = self.story.fleet.pipeline._deps
        seal = Seal(self.story.fleet.keys.store, KeyPurpose.APPROVAL)
        self.requests = ApprovalRequests(deps.database, deps.events, package_policies(), seal)
        self.pipeline = CommandPipeline(PipelineDeps(**{**vars(deps), "requests": self.requests}))
        self.plan = story_plan(self.story.clock)

    def ask(self, plan: MissionPlan, by: str = "petra") -> str:
        """A request that somebody has approved."""
        now_utc = self.story.clock.now_utc()
        subject = Subject("plan", plan.plan_id, plan.intent.author, "routine")
        expires = add_s(now_utc, 7 * 86_400.0)
        request = self.requests.open(subject, plan.revision_hash(), plan.revision, (), expires, now_utc)
        self.requests.grant(request.request_id, Person(by, "planner"), now_utc)
        return request.request_id

    def submit(self, plan: MissionPlan | None = None) -> list[Command]:
        plan = plan or self.plan
        return self.pipeline.submit(plan, [approval(plan)])

    def run(self, statement: str, **values: object) -> None:
        with self.story.database.write() as connection:
            connection.execute(text(statement), values)

    def release(self, command_id: str, forward_s: float = 0.0) -> Command:
        """What a pipeline that starts again does with a command when its contact is there; without a link, only a refusal."""
        pipeline = CommandPipeline(self.pipeline._deps)
        desk, command = pipeline._desk, pipeline.register.open_command(command_id)
        assert command is not None
        now_utc = self.story.clock.now_utc() + timedelta(seconds=forward_s)
        try:
            desk._check(command, now_utc)
        except CommandRefused as refusal:
            desk._end(command, CommandState.REFUSED, refusal.message, now_utc, code=refusal.code)
        else:
            desk._release([_Leaving(command, Route.ON_BOARD_SCHEDULE)])
        return pipeline.register.get(command_id)

    def refused(self, command_id: str, reason: str, forward_s: float = 0.0) -> None:
        """It is refused for that reason, an event says so, and no frame of it was ever stored."""
        ended = self.release(command_id, forward_s)
        assert (ended.state, reason in ended.reason) == (CommandState.REFUSED, True), ended.reason
        told = self.story.events.read(subject=command_id)[-1]
        assert told.kind == "command.refused" and reason in told.payload["reason"]
        with self.story.database.read() as connection:
            assert connection.execute(text("SELECT count(*) FROM uplink_frames")).scalar() == 0


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[Attacked]:
    one = Attacked(tmp_path)
    yield one
    one.story.database.close()


def _edited(plan: MissionPlan) -> MissionPlan:
    """The next revision, validated as it stands."""
    newer = plan.model_copy(update={"revision": plan.revision + 1})
    assert newer.validation is not None
    report = newer.validation.model_copy(update={"revision_hash": newer.revision_hash()})
    return newer.model_copy(update={"validation": report})


def test_the_author_approves_in_the_databases_own_words(attacked: Attacked) -> None:
    attacked.ask(attacked.plan)
    forged = Approval(
        revision_hash=attacked.plan.revision_hash(),
        by=attacked.plan.intent.author,
        role="flight_director",
        at=attacked.story.clock.now_utc(),
    )
    with pytest.raises(CommandRefused, match="needs the approval of a planner or flight director") as caught:
        attacked.pipeline.submit(attacked.plan, [forged])
    assert caught.value.code == "AUT-001"
    kinds = [one.kind for one in attacked.story.events.read(kinds=["authority.denied", "command.set_refused"])]
    assert kinds == ["authority.denied", "command.set_refused"]


def test_approvals_without_a_request_are_words(attacked: Attacked) -> None:
    with pytest.raises(CommandRefused, match="the approval request of plan-story1 is not there") as caught:
        attacked.submit()
    assert caught.value.code == "AUT-004"
    assert attacked.story.events.read(kinds=["command.set_refused"])


def test_the_approval_of_another_revision_is_replayed(attacked: Attacked) -> None:
    attacked.ask(attacked.plan)
    newer = _edited(attacked.plan)
    with pytest.raises(CommandRefused, match="is of revision"):
        attacked.pipeline.submit(newer, [approval(attacked.plan)])
    relabelled = approval(attacked.plan).model_copy(update={"revision_hash": newer.revision_hash()})
    with pytest.raises(CommandRefused, match="the approval request of plan-story1 is not there"):
        attacked.pipeline.submit(newer, [relabelled])
    assert attacked.pipeline.register.find() == []


def test_a_plan_is_edited_after_its_approval(attacked: Attacked) -> None:
    attacked.ask(attacked.plan)
    now_utc = attacked.story.clock.now_utc()
    attacked.requests.supersede("plan", attacked.plan.plan_id, _edited(attacked.plan).revision_hash(), now_utc)
    with pytest.raises(CommandRefused, match="is superseded"):
        attacked.submit()


def test_an_approval_is_revoked_between_submission_and_release(attacked: Attacked) -> None:
    request_id = attacked.ask(attacked.plan)
    commands = attacked.submit()
    attacked.requests.revoke(request_id, "user:fred", attacked.story.clock.now_utc(), "wrong target")
    attacked.refused(commands[0].command_id, "the approval request of plan-story1 is revoked")


def test_the_signed_set_expires(attacked: Attacked) -> None:
    attacked.ask(attacked.plan)
    attacked.refused(attacked.submit()[0].command_id, "the authorisation expired at", forward_s=90_000.0)


def _no_token(grants: list[dict[str, Any]]) -> None:
    grants[0]["token"] = ""


def _another_person(grants: list[dict[str, Any]]) -> None:
    grants[0]["by"] = "paul"


def _another_role(grants: list[dict[str, Any]]) -> None:
    grants[0]["role"] = "flight_director"


def _token_of_the_other_plan(grants: list[dict[str, Any]]) -> None:
    grants[0]["token"] = grants[1]["token"]
    del grants[1]


@pytest.mark.parametrize("forge", [_no_token, _another_person, _another_role, _token_of_the_other_plan])
def test_an_approval_is_written_into_the_database_by_hand(
    attacked: Attacked, forge: Callable[[list[dict[str, Any]]], None]
) -> None:
    request_id, other_id = attacked.ask(attacked.plan), attacked.ask(_later(attacked))
    content = json.loads(attacked.requests.get(request_id).model_dump_json())
    if forge is _token_of_the_other_plan:
        content["grants"].append(json.loads(attacked.requests.get(other_id).model_dump_json())["grants"][0])
    forge(content["grants"])
    attacked.run("UPDATE approval_requests SET content = :c WHERE request_id = :r", c=json.dumps(content), r=request_id)
    with pytest.raises(CommandRefused, match="the approvals of plan-story1 are not signed as they stand") as caught:
        attacked.submit()
    assert caught.value.code == "AUT-003"
    assert attacked.story.events.read(kinds=["command.set_refused"])
    assert attacked.pipeline.register.find() == []


def test_the_request_of_another_plan_is_put_in_the_place_of_this_one(attacked: Attacked) -> None:
    other = attacked.ask(_later(attacked))
    attacked.run(
        "UPDATE approval_requests SET subject_id = :p, subject_hash = :h WHERE request_id = :r",
        p=attacked.plan.plan_id,
        h=attacked.plan.revision_hash(),
        r=other,
    )
    with pytest.raises(CommandRefused, match="are not signed as they stand"):
        attacked.submit()


def _altered_set(attacked: Attacked, command: Command) -> None:
    attacked.run("UPDATE command_sets SET content = replace(content, 'sun', 'nadir')")


def _altered_row(attacked: Attacked, command: Command) -> None:
    changed = command.model_copy(update={"application_data_hex": "ffff"})
    attacked.run(
        "UPDATE commands SET content = :c WHERE command_id = :i", c=changed.model_dump_json(), i=command.command_id
    )


def _milder_class(attacked: Attacked, command: Command) -> None:
    changed = json.loads(command.model_dump_json()) | {"command_class": "hazardous"}
    attacked.run("UPDATE commands SET content = :c WHERE command_id = :i", c=json.dumps(changed), i=command.command_id)


def _no_signature(attacked: Attacked, command: Command) -> None:
    attacked.run("UPDATE command_sets SET signature = :s", s=b"")


def _bare_signature(attacked: Attacked, command: Command) -> None:
    attacked.run("UPDATE command_sets SET signature = :s", s=bytes(64))


def _wrong_key(attacked: Attacked, command: Command) -> None:
    """A set that somebody signs anew, with a key of their own under the id of ours."""
    others = FileKeyStore(attacked.folder / "mallory" / "signing-keys.json")
    _sign_anew(attacked, Seal(others, KeyPurpose.COMMAND_SET))


def _wrong_purpose(attacked: Attacked, command: Command) -> None:
    _sign_anew(attacked, Seal(attacked.story.fleet.keys.store, KeyPurpose.AUDIT))


def _compromised_key(attacked: Attacked, command: Command) -> None:
    store = attacked.story.fleet.keys.store
    store.revoke(store.active(KeyPurpose.COMMAND_SET).key_id, "copied")


def _sign_anew(attacked: Attacked, seal: Seal) -> None:
    with attacked.story.database.read() as connection:
        content = connection.execute(text("SELECT content FROM command_sets")).scalar_one()
    attacked.run("UPDATE command_sets SET signature = :s", s=seal.sign_detached(content.encode()))


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (_altered_set, "does not verify"),
        (_altered_row, "is not in the signed command set as it stands now"),
        (_milder_class, "is not in the signed command set as it stands now"),
        (_no_signature, "does not verify"),
        (_bare_signature, "does not verify"),
        (_wrong_key, "there is no key"),
        (_wrong_purpose, "it was signed for 'audit'"),
        (_compromised_key, "is compromised"),
    ],
)
def test_what_is_stored_is_altered_before_release(
    attacked: Attacked, attack: Callable[[Attacked, Command], None], reason: str
) -> None:
    attacked.ask(attacked.plan)
    commands = attacked.submit()
    attack(attacked, commands[0])
    attacked.refused(commands[0].command_id, reason)


def test_the_signatures_of_two_sets_are_swapped(attacked: Attacked) -> None:
    other: MissionPlan = _later(attacked)
    for plan in (attacked.plan, other):
        attacked.ask(plan)
    first, second = attacked.submit()[0], attacked.submit(other)[0]
    rows: dict[str, Any] = {}
    with attacked.story.database.read() as connection:
        for row in connection.execute(text("SELECT plan_id, signature, content FROM command_sets")):
            rows[row.plan_id] = row
    for mine, theirs in ((first.plan_id, second.plan_id), (second.plan_id, first.plan_id)):
        attacked.run("UPDATE command_sets SET signature = :s WHERE plan_id = :p", s=rows[theirs].signature, p=mine)
    attacked.refused(first.command_id, "does not verify")
    # Signature and content together are a set that holds, of other commands.
    attacked.run(
        "UPDATE command_sets SET content = :c WHERE plan_id = :p", c=rows[first.plan_id].content, p=second.plan_id
    )
    attacked.refused(second.command_id, "is not in the signed command set as it stands now")


def _later(attacked: Attacked) -> MissionPlan:
    """Another plan, whose command executes a minute later."""
    plan = story_plan(attacked.story.clock, "plan-story2")
    activities = tuple(
        one.model_copy(
            update={
                "commands": tuple(
                    spec.model_copy(update={"execute_at": spec.execute_at + timedelta(seconds=60)})
                    for spec in one.commands
                )
            }
        )
        for one in plan.activities
    )
    later = plan.model_copy(update={"activities": activities})
    assert later.validation is not None
    report = later.validation.model_copy(update={"revision_hash": later.revision_hash()})
    return later.model_copy(update={"validation": report})
