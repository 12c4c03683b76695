"""The stages of the command pipeline on the ground: what they refuse, and that they fail closed."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "ground"))

from story import MISSION, SATELLITE, Story, approval, new_clock, story_plan

from core.authority import DecisionLog
from core.command import Command, CommandPolicy, CommandState, open_keys, spacecraft_key_file
from core.command.authorise import CommandAuthority, sign_set, verify_set
from core.command.keystore import FileKeyStore, KeyPurpose
from core.command.model import FINAL_STATES, can_follow
from core.command.present import check_present
from core.command.schedule import Route, latest_release_utc, release_now
from core.command.signing import Seal
from core.command.validate import draft_commands
from core.errors import CommandRefused, Conflict, InputError
from core.events import EventLog
from core.mdb import CommandClass, reference_mdb
from core.plan.model import Approval, Finding, MissionPlan, Severity
from core.store import open_database
from core.telemetry import LatestValue
from core.telemetry.archive import ArchivedSample
from core.time import MissionClock, add_s

CLOCK = new_clock(1.0)
PLAN = story_plan(CLOCK)
COMMANDS = draft_commands(PLAN, MISSION, reference_mdb(), CLOCK.now_utc())


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    one = Story(tmp_path, new_clock(1.0))
    yield one
    one.database.close()


def _approval(role: str, by: str = "someone") -> Approval:
    return Approval(revision_hash=PLAN.revision_hash(), by=by, role=role, at=CLOCK.now_utc())


def _hazardous() -> Command:
    return COMMANDS[0].model_copy(update={"command_class": CommandClass.HAZARDOUS})


@pytest.fixture
def check() -> Iterator[Callable[[Sequence[Command], Sequence[Approval]], None]]:
    """Stage 2 over a database of its own."""
    database = open_database("sqlite://")
    authority = CommandAuthority(DecisionLog(database, EventLog(database)))
    yield lambda commands, approvals: authority.check(commands, approvals, author="olga", now_utc=CLOCK.now_utc())
    database.close()


@pytest.mark.parametrize(
    ("command_class", "roles", "enough"),
    [
        (CommandClass.ROUTINE, {"oscar": "operator"}, False),
        (CommandClass.ROUTINE, {"ada": "admin"}, False),
        (CommandClass.ROUTINE, {"olga": "planner"}, False),
        (CommandClass.ROUTINE, {"petra": "planner"}, True),
        (CommandClass.VITAL, {"petra": "planner"}, True),
        (CommandClass.CRITICAL, {"petra": "planner", "paul": "planner"}, False),
        (CommandClass.CRITICAL, {"fred": "flight_director"}, True),
        (CommandClass.HAZARDOUS, {"fred": "flight_director"}, False),
        (CommandClass.HAZARDOUS, {"petra": "planner", "paul": "planner"}, False),
        (CommandClass.HAZARDOUS, {"fred": "flight_director", "oscar": "operator"}, False),
        (CommandClass.HAZARDOUS, {"fred": "flight_director", "petra": "planner"}, True),
        (CommandClass.HAZARDOUS, {"fred": "flight_director", "fay": "flight_director"}, True),
        (CommandClass.HAZARDOUS, {"olga": "flight_director", "petra": "planner"}, False),
    ],
)
def test_each_class_needs_its_authority(
    check: Callable[..., None], command_class: CommandClass, roles: dict[str, str], enough: bool
) -> None:
    command = COMMANDS[0].model_copy(update={"command_class": command_class})
    approvals = [_approval(role, by) for by, role in roles.items()]
    if enough:
        check([command], approvals)
        return
    with pytest.raises(CommandRefused, match=str(command_class)):
        check([command], approvals)


def test_approvals_of_a_stack_are_asked_without_a_record() -> None:
    database = open_database("sqlite://")
    events = EventLog(database)
    authority = CommandAuthority(DecisionLog(database, events))
    fred, petra = _approval("flight_director", "fred"), _approval("planner", "petra")
    both = [COMMANDS[0], _hazardous()]
    assert authority.suffices([COMMANDS[0]], [petra], author="olga", kind="stack")
    assert not authority.suffices(both, [petra], author="olga", kind="stack")
    assert authority.suffices(both, [petra, fred], author="olga", kind="stack")
    assert not authority.suffices(both, [petra, fred], author="fred", kind="stack")
    assert events.read() == []
    with database.write() as connection:
        asked = {"author": "olga", "now_utc": CLOCK.now_utc(), "kind": "stack", "connection": connection}
        with pytest.raises(CommandRefused, match="two different people"):
            authority.check(both, [petra], **asked)  # type: ignore[arg-type]
    told = events.read()[-1]
    assert (told.kind, told.payload["subject_kind"]) == ("authority.denied", "stack")
    database.close()


def test_one_person_in_two_roles_is_one_person(check: Callable[..., None]) -> None:
    with pytest.raises(CommandRefused, match="two different people"):
        check([_hazardous()], [_approval("planner", "fred"), _approval("flight_director", "fred")])


def _seal(folder: Path) -> Seal:
    return Seal(FileKeyStore(folder / "signing-keys.json"), KeyPurpose.COMMAND_SET)


def test_a_signed_set_holds_for_exactly_its_commands(tmp_path: Path) -> None:
    seal = _seal(tmp_path)
    signed = sign_set(COMMANDS, seal)
    content, signature = signed.content, signed.signature
    for command in COMMANDS:
        verify_set(command, content, signature, seal, CLOCK.now_utc())
    changed = [
        {"application_data_hex": "00"},
        {"arguments": {"mode": "nadir"}},
        {"command_class": CommandClass.VITAL},
        {"execute_at": COMMANDS[0].execute_at + timedelta(seconds=1)},
        {"satellite": "LSAT-2"},
        {"mnemonic": "PING"},
        {"service": 17},
        {"subtype": 2},
        {"activity_id": "another"},
        {"revision": 7},
        {"revision_hash": "0" * 64},
        {"plan_id": "plan-other"},
        {"contacts": ()},
    ]
    for change in changed:
        with pytest.raises(CommandRefused, match="not in the signed command set"):
            verify_set(COMMANDS[0].model_copy(update=change), content, signature, seal, CLOCK.now_utc())
    with pytest.raises(CommandRefused, match="does not verify"):
        verify_set(COMMANDS[0], content + b" ", signature, seal, CLOCK.now_utc())
    with pytest.raises(CommandRefused, match="does not verify"):
        verify_set(COMMANDS[0], content, signature, _seal(tmp_path / "other"), CLOCK.now_utc())
    with pytest.raises(CommandRefused, match="expired"):
        verify_set(COMMANDS[0], content, signature, seal, add_s(CLOCK.now_utc(), 7200.0))


def _blocked(plan: MissionPlan) -> MissionPlan:
    assert plan.validation is not None
    finding = Finding(code="RES-001", severity=Severity.BLOCK, quantity="soc", explanation="too low")
    return plan.model_copy(update={"validation": plan.validation.model_copy(update={"findings": (finding,)})})


def _edited(plan: MissionPlan) -> MissionPlan:
    return plan.model_copy(update={"revision": 2})


def _unvalidated(plan: MissionPlan) -> MissionPlan:
    return plan.model_copy(update={"validation": None})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_blocked, "validation blocks it"),
        (_edited, "no validation report of this revision"),
        (_unvalidated, "no validation report"),
    ],
)
def test_a_plan_that_is_not_valid_as_it_stands_is_refused(story: Story, change: object, message: str) -> None:
    plan = change(story_plan(story.clock))  # type: ignore[operator]
    with pytest.raises(CommandRefused, match=message):
        story.fleet.pipeline.submit(plan, [approval(plan)])
    refused = story.events.read(kinds=["command.set_refused"])
    assert len(refused) == 1 and message in refused[0].payload["reason"]
    assert story.fleet.pipeline.register.find() == []


def test_an_approval_of_another_revision_or_none_is_refused(story: Story) -> None:
    plan = story_plan(story.clock)
    with pytest.raises(CommandRefused, match="no approval"):
        story.fleet.pipeline.submit(plan, [])
    with pytest.raises(CommandRefused, match="is of revision"):
        other = approval(plan).model_copy(update={"revision_hash": "a" * 64})
        story.fleet.pipeline.submit(plan, [approval(plan), other])


def test_a_state_that_is_too_old_is_refused_with_age_and_limit(story: Story) -> None:
    plan = story_plan(story.clock)
    story.clock.re_anchor(type(story.clock.anchor)(story.clock.anchor.wall_s, story.clock.now_tai_s() + 90_000, 1.0))
    with pytest.raises(CommandRefused, match=r"9\d{4} s old, the limit is 86400 s"):
        story.fleet.pipeline.submit(plan, [approval(plan)])


def test_another_plan_with_the_same_command_is_a_duplicate(story: Story) -> None:
    first, second = story_plan(story.clock), story_plan(story.clock, "plan-story2")
    second = second.model_copy(update={"activities": first.activities})
    report = second.validation
    assert report is not None
    second = second.model_copy(
        update={"validation": report.model_copy(update={"revision_hash": second.revision_hash()})}
    )
    story.fleet.pipeline.submit(first, [approval(first)])
    with pytest.raises(CommandRefused, match="already open as plan-story1"):
        story.fleet.pipeline.submit(second, [approval(second)])
    story.fleet.pipeline.withdraw("plan-story1", actor="user:petra", reason="replaced")
    assert len(story.fleet.pipeline.submit(second, [approval(second)])) == 3


def test_a_new_revision_waits_until_the_old_one_is_withdrawn(story: Story) -> None:
    plan = story_plan(story.clock)
    story.fleet.pipeline.submit(plan, [approval(plan)])
    newer = plan.model_copy(update={"revision": 2})
    assert newer.validation is not None
    newer = newer.model_copy(
        update={"validation": newer.validation.model_copy(update={"revision_hash": newer.revision_hash()})}
    )
    with pytest.raises(Conflict, match="withdraw it first"):
        story.fleet.pipeline.submit(newer, [approval(newer)])


def test_nothing_leaves_without_a_connection(story: Story) -> None:
    plan = story_plan(story.clock)
    story.fleet.pipeline.submit(plan, [approval(plan)])
    contact = story.fleet.pipeline.register.find()[0].contacts[0]
    _move_clock(story.clock, (contact.start - story.clock.now_utc()).total_seconds() + 30)
    story.fleet.pipeline.tick()
    assert {one.state for one in story.fleet.pipeline.register.find()} == {CommandState.SCHEDULED}


def test_a_command_whose_contacts_have_passed_expires(story: Story) -> None:
    plan = story_plan(story.clock)
    story.fleet.pipeline.submit(plan, [approval(plan)])
    _move_clock(story.clock, 80_000.0)
    story.fleet.pipeline.tick()
    commands = story.fleet.pipeline.register.find()
    assert {one.state for one in commands} == {CommandState.EXPIRED}
    assert {one.reason for one in commands} == {"its contacts passed without a release"}


def _move_clock(clock: MissionClock, forward_s: float) -> None:
    clock.re_anchor(type(clock.anchor)(clock.anchor.wall_s, clock.anchor.t_tai_s + forward_s, 1.0))


def test_release_waits_for_a_contact_and_prefers_the_on_board_schedule() -> None:
    command = COMMANDS[0]
    contact = command.contacts[0]
    assert release_now(command, add_s(contact.start, -1.0), 20.0) is None
    early = release_now(command, add_s(contact.start, 1.0), 20.0)
    assert early is not None and early.route is Route.ON_BOARD_SCHEDULE
    inside = command.model_copy(update={"execute_at": add_s(contact.start, 60.0)})
    assert release_now(inside, add_s(contact.start, 50.0), 20.0) is None
    direct = release_now(inside, add_s(contact.start, 61.0), 20.0)
    assert direct is not None and direct.route is Route.DIRECT
    assert latest_release_utc(inside) == contact.end
    assert latest_release_utc(command) == contact.end


def test_a_fast_clock_needs_more_mission_time_before_execution() -> None:
    policy = CommandPolicy()
    assert policy.lead_s(new_clock(1.0)) == 20.0
    assert policy.lead_s(new_clock(1200.0)) == pytest.approx(480.0)


def test_safe_mode_in_telemetry_holds_back_what_it_forbids() -> None:
    sample = ArchivedSample(SATELLITE, "mode", 0.0, None, "safe", "", "normal")
    latest = {"mode": LatestValue(sample, 12.0)}
    with pytest.raises(CommandRefused, match="reports safe mode"):
        check_present(COMMANDS[0], latest, frozenset())
    check_present(COMMANDS[0], latest, frozenset({"SET_MODE"}))
    check_present(COMMANDS[0].model_copy(update={"mnemonic": "PING"}), latest, frozenset())
    check_present(COMMANDS[0], {}, frozenset())


def test_states_only_move_forward_and_final_ones_not_at_all() -> None:
    for before in CommandState:
        for after in CommandState:
            assert not (can_follow(before, after) and can_follow(after, before))
            assert not (before in FINAL_STATES and can_follow(before, after))


def test_keys_are_private_kept_and_the_spacecraft_hold_no_signing_key(tmp_path: Path) -> None:
    keys = open_keys(tmp_path, MISSION)
    again = open_keys(tmp_path, MISSION)
    assert again.store.list_keys() == keys.store.list_keys()
    assert again.link.dump() == keys.link.dump()
    assert set(keys.link.spacecraft) == {craft.id for craft in MISSION.spacecraft}
    stored = json.loads((tmp_path / "signing-keys.json").read_text())["keys"]
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    aboard = spacecraft_key_file(tmp_path).read_text()
    assert all(one["private_hex"] not in aboard and one["private_hex"] not in repr(keys) for one in stored)
    assert str(keys.link.spacecraft[SATELLITE].tc_key.get_secret_value()) not in repr(keys)


def test_a_key_file_that_others_may_read_or_that_is_damaged_is_refused(tmp_path: Path) -> None:
    open_keys(tmp_path, MISSION)
    path = spacecraft_key_file(tmp_path)
    path.chmod(0o644)
    with pytest.raises(InputError, match="its mode must be 600"):
        open_keys(tmp_path, MISSION)
    path.chmod(0o600)
    path.write_text("{")
    with pytest.raises(InputError, match="is not a readable key file"):
        open_keys(tmp_path, MISSION)
