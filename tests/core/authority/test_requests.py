"""Approval requests: bound to content, in time, exactly once, also with two people and two processes at once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from core.authority import ApprovalRequest, ApprovalRequests, NotAuthorised, Person, RequestState, Subject
from core.authority.engine import package_policies
from core.errors import CommandRefused, Conflict, NotFound
from core.events import EventLog
from core.store import Database, open_database

AT = datetime(2026, 11, 23, tzinfo=UTC)
LATE = AT + timedelta(hours=2)
SUBJECT = Subject("stack", "stack-1", "olga", "hazardous")
HASH = "a" * 64
FRED, PETRA, FAY = Person("fred", "flight_director"), Person("petra", "planner"), Person("fay", "flight_director")


class Desk:
    """Requests over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.events = EventLog(database)
        self.requests = ApprovalRequests(database, self.events, package_policies())

    def open(self, subject: Subject = SUBJECT, content: str = HASH, *, again: bool = False) -> ApprovalRequest:
        expires = AT + timedelta(hours=1) if not again else LATE + timedelta(hours=1)
        return self.requests.open(subject, content, 1, (), expires, LATE if again else AT, again=again)

    def kinds(self) -> list[str]:
        return [one.kind for one in self.events.read(kinds=["approval."])]

    def may_leave(self, content: str = HASH) -> None:
        with self.database.read() as connection:
            self.requests.check_in(connection, "stack-1", content)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = open_database(tmp_path / "requests.db")
    yield Desk(database)
    database.close()


def test_two_people_make_one_approval_and_then_one_release(desk: Desk) -> None:
    request = desk.open()
    assert desk.open() == request  # asking again finds it
    assert desk.requests.missing(request) == ("flight_director", "planner")
    first = desk.requests.grant(request.request_id, PETRA, AT, comment="looks right")
    assert (first.state, desk.requests.missing(first)) == (RequestState.PENDING, ("flight_director",))
    assert desk.requests.grant(request.request_id, PETRA, AT) == first  # once more is once
    with pytest.raises(CommandRefused, match="is pending"):
        desk.may_leave()
    second = desk.requests.grant(request.request_id, FRED, AT)
    assert second.state is RequestState.APPROVED and len(second.grants) == 2
    desk.may_leave()
    with pytest.raises(Conflict, match="takes no approval"):
        desk.requests.grant(request.request_id, FAY, AT)
    assert desk.requests.released(request.request_id, "service", AT).state is RequestState.RELEASED
    assert desk.requests.released(request.request_id, "service", AT).state is RequestState.RELEASED
    assert desk.kinds() == ["approval.opened", "approval.granted", "approval.granted", "approval.released"]


def test_a_denied_approval_is_on_record_and_changes_nothing(desk: Desk) -> None:
    request = desk.open()
    for person in (Person("olga", "flight_director"), Person("ada", "admin"), Person("oscar", "operator")):
        with pytest.raises(NotAuthorised):
            desk.requests.grant(request.request_id, person, AT)
    denied = desk.events.read(kinds=["authority.denied"])
    assert [one.actor for one in denied] == ["user:olga", "user:ada", "user:oscar"]
    assert desk.requests.get(request.request_id).grants == ()


def test_a_request_whose_time_is_over_takes_no_approval_and_can_be_asked_anew(desk: Desk) -> None:
    request = desk.open()
    desk.requests.grant(request.request_id, FRED, AT)
    with pytest.raises(Conflict, match=r"expired at 2026-11-23T01:00:00") as caught:
        desk.requests.grant(request.request_id, PETRA, LATE)
    assert caught.value.code == "AUT-004"
    cleared: list[str] = []
    closed = desk.requests.expire(LATE, lambda _connection, one: cleared.append(one.request_id))
    assert [one.state for one in closed] == [RequestState.EXPIRED] and cleared == [request.request_id]
    assert desk.requests.expire(LATE, lambda _connection, _one: cleared.append("twice")) == []
    assert desk.open().state is RequestState.EXPIRED
    anew = desk.open(again=True)
    assert (anew.state, anew.grants) == (RequestState.PENDING, ())
    assert anew.request_id != request.request_id
    with pytest.raises(CommandRefused, match="is expired and pending"):
        desk.may_leave()


def test_an_edit_voids_what_was_approved_before(desk: Desk) -> None:
    request = desk.open()
    desk.requests.grant(request.request_id, FRED, AT)
    edited = desk.open(content="b" * 64)
    assert edited.grants == ()
    assert desk.requests.get(request.request_id).state is RequestState.SUPERSEDED
    with pytest.raises(Conflict, match="is superseded"):
        desk.requests.grant(request.request_id, PETRA, AT)
    with pytest.raises(CommandRefused, match="is superseded"):
        desk.may_leave()


def test_revocation_stops_what_was_released(desk: Desk) -> None:
    request = desk.open()
    for person in (FRED, PETRA):
        desk.requests.grant(request.request_id, person, AT)
    desk.requests.released(request.request_id, "service", AT)
    desk.may_leave()
    revoked = desk.requests.revoke(request.request_id, "user:fay", AT, "wrong target")
    assert (revoked.state, revoked.reason) == (RequestState.REVOKED, "wrong target")
    assert desk.requests.revoke(request.request_id, "user:fay", AT, "again").reason == "wrong target"
    with pytest.raises(CommandRefused, match="is revoked") as caught:
        desk.may_leave()
    assert caught.value.code == "AUT-004"
    with pytest.raises(Conflict, match="is revoked"):
        desk.requests.withdraw_grants(request.request_id, ["petra"], "user:petra", AT, "", _nothing)


def test_an_approval_taken_back_makes_it_wait_again(desk: Desk) -> None:
    request = desk.open()
    for person in (FRED, PETRA):
        desk.requests.grant(request.request_id, person, AT)
    waiting = desk.requests.withdraw_grants(request.request_id, ["petra"], "user:petra", AT, "doubts", _nothing)
    assert (waiting.state, [one.by for one in waiting.grants]) == (RequestState.PENDING, ["fred"])
    with pytest.raises(CommandRefused, match="is pending"):
        desk.may_leave()


def test_what_goes_wrong_within_the_transaction_undoes_the_approval(desk: Desk) -> None:
    request = desk.open()

    def fails(_connection: Connection, _request: ApprovalRequest) -> None:
        raise Conflict("the plan has changed")

    with pytest.raises(Conflict, match="the plan has changed"):
        desk.requests.grant(request.request_id, FRED, AT, within=fails)
    assert desk.requests.get(request.request_id).grants == ()
    assert desk.kinds() == ["approval.opened"]


def test_nothing_leaves_without_a_request(desk: Desk) -> None:
    with pytest.raises(CommandRefused, match="is not there"):
        desk.may_leave()
    with pytest.raises(NotFound):
        desk.requests.get("apr-none")


def _nothing(_connection: Connection, _request: ApprovalRequest) -> None:
    """The subject keeps no approvals of its own."""


def test_people_who_approve_at_once_are_counted_one_after_the_other(desk: Desk) -> None:
    for number in range(4):
        request = desk.open(Subject("stack", f"stack-at-once-{number}", "olga", "hazardous"))
        gate = threading.Barrier(3)
        states: list[str] = []

        def approve(person: Person, request_id: str = request.request_id, at: threading.Barrier = gate) -> None:
            at.wait()
            try:
                states.append(desk.requests.grant(request_id, person, AT).state.value)  # noqa: B023
            except Conflict as late:
                states.append(late.code)  # noqa: B023

        threads = [threading.Thread(target=approve, args=(one,)) for one in (FRED, PETRA, FAY)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        # Two of the three make it; the last comes to something that is approved already.
        assert sorted(states) == ["approved", "pending", "request-state"]


_OTHER_PROCESS = """
import json, sys, time
from datetime import datetime
from pathlib import Path
from core.authority import ApprovalRequests, Person, package_policies
from core.events import EventLog
from core.store import open_database
path, request_id, name, role, at = sys.argv[1:]
database = open_database(Path(path))
requests = ApprovalRequests(database, EventLog(database), package_policies())
Path(path + "." + name).touch()
while len(list(Path(path).parent.glob("*.db.*ready*"))) < 2:
    time.sleep(0.001)
made = requests.grant(request_id, Person(name, role), datetime.fromisoformat(at))
print(json.dumps(made.state.value))
"""


def test_two_processes_on_one_database_make_one_approval(desk: Desk, tmp_path: Path) -> None:
    request = desk.open()
    path = str(tmp_path / "requests.db")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _OTHER_PROCESS, path, request.request_id, f"{name}-ready", role, AT.isoformat()],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for name, role in (("fred", "flight_director"), ("petra", "planner"))
    ]
    deadline = time.monotonic() + 60.0
    told = [one.communicate(timeout=deadline - time.monotonic())[0] for one in running]
    assert sorted(json.loads(one) for one in told) == ["approved", "pending"]
    assert desk.kinds().count("approval.granted") == 2
    assert desk.events.verify() == []
