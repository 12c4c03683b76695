"""The policies as a table of decisions, the validator that stands before them, and what is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cedarpy
import pytest

from core.authority import (
    Action,
    DecisionLog,
    NotAuthorised,
    Person,
    Policies,
    PolicyFileError,
    Quorum,
    Subject,
    load_policies,
    missing_approvals,
    package_policies,
)
from core.errors import InputError
from core.events import EventLog
from core.store import open_database

AT = datetime(2026, 11, 23, tzinfo=UTC)
POLICIES = package_policies()
ROLES = ("viewer", "operator", "planner", "flight_director", "admin")
FOLDER = Path(__file__).parents[3] / "core" / "authority" / "policies"

# action: the roles that may, of viewer, operator, planner, flight_director, admin
WITH_THE_MISSION = {
    Action.READ: "vopfa",
    Action.READ_AUDIT: "vopfa",
    Action.VERIFY_AUDIT: "vopfa",
    Action.SUBMIT_INTENT: "opf",
    Action.DRAFT_PLAN: "opf",
    Action.VALIDATE_PLAN: "opf",
    Action.SET_CLOCK: "opf",
    Action.EDIT_STACK: "opf",
    Action.HOLD_QUEUE: "opf",
    Action.STOP_STACK: "opf",
    Action.REPORT_CONTACT: "opf",
    Action.HANDLE_ALARM: "opf",
    Action.EDIT_LIMITS: "pf",
    Action.EDIT_PLAN: "pf",
    Action.REVIEW_PLAN: "pf",
    Action.LOAD_CONJUNCTIONS: "pf",
    Action.EDIT_QUEUE: "pf",
    Action.RESUME_QUEUE: "pf",
    Action.RUN_STACK: "pf",
    Action.LIST_KEYS: "a",
    Action.ROTATE_KEYS: "a",
    Action.PRUNE_AUDIT: "a",
    Action.MANAGE_ACCOUNTS: "a",
    Action.REVOKE_KEYS: "fa",
    Action.EXPORT_AUDIT: "fa",
}


@pytest.mark.parametrize("action", WITH_THE_MISSION)
@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_may_do_with_the_mission(role: str, action: Action) -> None:
    assert POLICIES.may(Person("somebody", role), action).allowed == (role[0] in WITH_THE_MISSION[action])


# action, role, class, approvals that are there -> allowed, and the code of the refusal
WITH_A_SUBJECT = [
    (Action.APPROVE, "viewer", "routine", "", False, "AUT-003"),
    (Action.APPROVE, "operator", "routine", "", False, "AUT-003"),
    (Action.APPROVE, "planner", "routine", "", True, ""),
    (Action.APPROVE, "flight_director", "routine", "", True, ""),
    (Action.APPROVE, "admin", "routine", "", False, "AUT-003"),
    (Action.APPROVE, "planner", "vital", "", True, ""),
    (Action.APPROVE, "operator", "vital", "", False, "AUT-003"),
    (Action.APPROVE, "planner", "critical", "", False, "AUT-001"),
    (Action.APPROVE, "flight_director", "critical", "", True, ""),
    (Action.APPROVE, "admin", "critical", "", False, "AUT-003"),
    (Action.APPROVE, "planner", "hazardous", "", True, ""),
    (Action.APPROVE, "planner", "hazardous", "p", False, "AUT-001"),
    (Action.APPROVE, "planner", "hazardous", "f", True, ""),
    (Action.APPROVE, "flight_director", "hazardous", "p", True, ""),
    (Action.APPROVE, "flight_director", "hazardous", "f", True, ""),
    (Action.APPROVE, "admin", "hazardous", "pf", False, "AUT-003"),
    (Action.ACCEPT_UNKNOWN, "planner", "routine", "", False, ""),
    (Action.ACCEPT_UNKNOWN, "flight_director", "routine", "", True, ""),
    (Action.ACCEPT_UNKNOWN, "admin", "routine", "", False, "AUT-003"),
    (Action.REJECT, "operator", "routine", "", False, ""),
    (Action.REJECT, "planner", "routine", "", True, ""),
    (Action.RELEASE, "operator", "routine", "", False, ""),
    (Action.RELEASE, "planner", "routine", "", True, ""),
    (Action.RELEASE, "admin", "routine", "", False, "AUT-003"),
    (Action.REVOKE_OWN, "planner", "hazardous", "p", True, ""),
    (Action.REVOKE_OWN, "operator", "hazardous", "p", False, ""),
    (Action.REVOKE, "planner", "hazardous", "p", False, ""),
    (Action.REVOKE, "flight_director", "hazardous", "p", True, ""),
    (Action.REVOKE, "admin", "hazardous", "p", False, ""),
]


def _quorum(approvals: str) -> Quorum:
    """``pf``: a planner and a flight director, different people."""
    people = {f"{role}{number}" for number, role in enumerate(approvals)}
    return Quorum(frozenset(people), frozenset(one for one in people if one.startswith("f")))


@pytest.mark.parametrize(("action", "role", "command_class", "approvals", "allowed", "code"), WITH_A_SUBJECT)
def test_what_each_role_may_do_with_a_subject(
    action: Action, role: str, command_class: str, approvals: str, allowed: bool, code: str
) -> None:
    subject = Subject("plan", "plan-1", "olga", command_class)
    decision = POLICIES.may_with(Person("somebody", role), action, subject, _quorum(approvals).context())
    assert (decision.allowed, decision.code) == (allowed, code)
    assert decision.policies or not allowed


DISPATCH = [
    ("routine", "", False),
    ("routine", "p", True),
    ("routine", "f", True),
    ("vital", "p", True),
    ("critical", "p", False),
    ("critical", "pp", False),
    ("critical", "f", True),
    ("hazardous", "", False),
    ("hazardous", "f", False),
    ("hazardous", "pp", False),
    ("hazardous", "pf", True),
    ("hazardous", "ff", True),
    ("unheard-of", "ff", False),
]


@pytest.mark.parametrize(("command_class", "approvals", "allowed"), DISPATCH)
def test_which_approvals_let_which_class_go(command_class: str, approvals: str, allowed: bool) -> None:
    subject = Subject("stack", "stack-1", "olga", command_class)
    assert POLICIES.may_dispatch(subject, _quorum(approvals).context()).allowed == allowed


@pytest.mark.parametrize("role", ["planner", "flight_director"])
def test_the_author_never_approves_and_never_counts(role: str) -> None:
    subject = Subject("plan", "plan-1", "fred", "routine")
    decision = POLICIES.may_with(Person("fred", role), Action.APPROVE, subject, Quorum().context())
    assert (decision.allowed, decision.code, decision.policies) == (False, "AUT-003", ("author-never-approves",))
    told = Quorum(frozenset({"fred", "petra"}), frozenset({"fred"}))
    assert POLICIES.may_dispatch(subject, told.context()).code == "AUT-003"


@dataclass(frozen=True)
class _Yes:
    by: str
    role: str


def test_only_approvals_that_may_be_given_count_and_one_person_counts_once() -> None:
    subject = Subject("plan", "plan-1", "olga", "hazardous")
    given = [_Yes("paul", "planner"), _Yes("ada", "admin"), _Yes("olga", "flight_director"), _Yes("oscar", "operator")]
    quorum = Quorum.of(POLICIES, subject, [*given, _Yes("fred", "flight_director"), _Yes("fred", "planner")])
    assert quorum == Quorum(frozenset({"fred", "paul"}), frozenset({"fred"}))


PEOPLE = (
    _Yes("petra", "planner"),
    _Yes("paul", "planner"),
    _Yes("fred", "flight_director"),
    _Yes("fay", "flight_director"),
    _Yes("olga", "flight_director"),  # the author
    _Yes("ada", "admin"),
    _Yes("oscar", "operator"),
)


@pytest.mark.parametrize("command_class", ["routine", "vital", "critical", "hazardous"])
def test_every_set_of_approvals_is_judged_as_decision_0022_says(command_class: str) -> None:
    subject = Subject("plan", "plan-1", "olga", command_class)
    for number in range(2 ** len(PEOPLE)):
        given = [one for place, one in enumerate(PEOPLE) if number >> place & 1]
        people = {one.by for one in given if one.role in ("planner", "flight_director")} - {"olga"}
        directors = people & {"fred", "fay"}
        enough = {"critical": bool(directors), "hazardous": len(people) >= 2 and bool(directors)}
        expected = enough.get(command_class, bool(people))
        quorum = Quorum.of(POLICIES, subject, given)
        assert quorum.suffices(POLICIES, subject).allowed == expected, given


def test_what_is_missing_follows_from_the_policies() -> None:
    def missing(command_class: str, approvals: str = "") -> tuple[str, ...]:
        return missing_approvals(POLICIES, Subject("plan", "p", "olga", command_class), _quorum(approvals))

    assert missing("routine") == ("planner",)
    assert missing("critical") == ("flight_director",)
    assert missing("hazardous") == ("flight_director", "planner")
    assert missing("hazardous", "p") == ("flight_director",)
    assert missing("hazardous", "f") == ("planner",)
    assert missing("hazardous", "pf") == ()
    assert missing("unheard-of") == ("nobody",)


def test_a_role_that_is_not_known_and_a_request_that_is_wrong_are_denied() -> None:
    subject = Subject("plan", "plan-1", "olga", "routine")
    assert not POLICIES.may(Person("x", "root"), Action.READ).allowed
    broken = POLICIES.may_with(Person("petra", "planner"), Action.APPROVE, subject, {"approver_count": "many"})
    assert (broken.allowed, broken.code) == (False, "AUT-006")
    assert "could not be decided" in broken.reason
    empty = POLICIES.may_dispatch(subject, {})
    assert (empty.allowed, empty.code) == (False, "AUT-006")


def test_names_cannot_smuggle_policy_text() -> None:
    name = 'x", role: "y'
    subject = Subject("plan", 'p"] || true', name, "routine")
    assert POLICIES.may_with(Person(name, "planner"), Action.APPROVE, subject, Quorum().context()).code == "AUT-003"


def test_the_package_passes_cedars_own_validator() -> None:
    schema = cedarpy.Schema.from_str((FOLDER / "llamaspace.cedarschema").read_text())
    files = sorted(FOLDER.glob("*.cedar"))
    assert len(files) >= 3
    for path in files:
        result = cedarpy.validate_policies(path.read_text(), schema)
        assert result.validation_passed, (path.name, result.errors)


def test_every_action_stands_in_the_schema_and_the_schema_has_no_other() -> None:
    text = (FOLDER / "llamaspace.cedarschema").read_text()
    groups = {"reading", "operating", "planning", "administering", "commanding"}
    declared = {
        name.strip()
        for block in text.split("action ")[1:]
        for name in block.split("appliesTo")[0].split(" in [")[0].split(";")[0].split("\n")[0].split(",")
    }
    assert declared - groups == {one.value for one in Action}


def test_a_missions_policies_tighten_and_cannot_loosen(tmp_path: Path) -> None:
    (tmp_path / "mission.cedar").write_text(
        '@id("nobody-speeds-time-up")\n@code("M-1")\n@says("time runs at its own rate here")\n'
        'forbid (principal, action == LlamaSpace::Action::"set_clock", resource);\n\n'
        '@id("everybody-approves")\npermit (principal, action in LlamaSpace::Action::"commanding", resource);\n'
    )
    own = load_policies(tmp_path)
    refused = own.may(Person("olga", "operator"), Action.SET_CLOCK)
    assert (refused.code, refused.reason) == ("M-1", "time runs at its own rate here")
    subject = Subject("plan", "p", "olga", "hazardous")
    for person in (Person("ada", "admin"), Person("olga", "flight_director")):
        assert own.may_with(person, Action.APPROVE, subject, Quorum().context()).code == "AUT-003"
    assert not own.may_dispatch(subject, _quorum("pp").context()).allowed


@pytest.mark.parametrize(
    ("text", "line", "policy", "problem"),
    [
        ('\n\n@id("a")\npermit (principal, action reading, resource);', 3, "a", "unexpected token"),
        ('@id("a")\npermit (principal, action == LlamaSpace::Action::"fly", resource);', 1, "a", "fly"),
        ('@id("a")\nforbid (principal, action, resource) when { resource.autor == 1 };', 1, "a", "autor"),
        ("permit (principal, action, resource);", 1, "?", "each needs its own"),
        ('@id("viewers-read")\nforbid (principal, action, resource);', 1, "viewers-read", "two policies of this id"),
    ],
)
def test_a_wrong_policy_is_named_with_file_and_line(
    tmp_path: Path, text: str, line: int, policy: str, problem: str
) -> None:
    (tmp_path / "mission.cedar").write_text(text)
    with pytest.raises(PolicyFileError, match=problem) as caught:
        load_policies(tmp_path)
    assert (caught.value.line, caught.value.policy) == (line, policy)
    assert caught.value.path.endswith("mission.cedar")


def test_a_folder_without_policies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder with policy files"):
        load_policies(tmp_path / "nothing")


def test_denials_and_what_lets_commands_go_are_events_and_reads_are_not() -> None:
    database = open_database("sqlite://")
    events = EventLog(database)
    log = DecisionLog(database, events)
    olga, fred = Person("olga", "operator"), Person("fred", "flight_director")
    subject = Subject("plan", "plan-1", "olga", "critical")
    log.require(POLICIES.may(olga, Action.READ), olga, None, AT)
    log.require(POLICIES.may(olga, Action.SUBMIT_INTENT), olga, None, AT)
    approve = POLICIES.may_with(fred, Action.APPROVE, subject, Quorum().context())
    log.require(approve, fred, subject, AT, Quorum().context())
    with pytest.raises(NotAuthorised, match="no policy permits edit_plan to operator") as caught:
        log.require(POLICIES.may(olga, Action.EDIT_PLAN), olga, None, AT)
    assert caught.value.decision.policies == ()
    allowed, denied = events.read()
    assert (allowed.kind, allowed.subject, allowed.actor) == ("authority.allowed", "plan-1", "user:fred")
    assert allowed.payload["policies"] == ["planners-approve"] and allowed.payload["command_class"] == "critical"
    assert (denied.kind, denied.subject, denied.actor) == ("authority.denied", "mission", "user:olga")
    assert denied.payload["action"] == "edit_plan" and denied.payload["role"] == "operator"
    database.close()


def test_the_table_holds_sixty_decisions_and_more() -> None:
    assert len(WITH_THE_MISSION) * len(ROLES) + len(WITH_A_SUBJECT) + len(DISPATCH) >= 60
    assert isinstance(POLICIES, Policies) and set(WITH_THE_MISSION) <= set(Action)
