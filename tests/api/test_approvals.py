"""The approval inbox over REST: who can approve what, taking it back, and two people at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.app import build_runtime
from api.auth.accounts import User
from api.service.approvals import ask_again, expire_requests, open_request
from api.service.approve_plan import approve_plan, resume_releases
from api.settings import Settings
from api.signing_keys import open_signing_keys
from core.authority import Person, PolicyFileError, RequestState, Subject, policies_of
from core.errors import Conflict, InputError
from core.plan.model import Approval, PlanState
from tests.api.conftest import Headers, Service
from tests.api.story import plan_of, say
from tools.contract import Role

PETRA = User(username="planner", role=Role.PLANNER)
FRED = User(username="flight_director", role=Role.FLIGHT_DIRECTOR)


@pytest.fixture
def plan_id(service: Service, operator: Headers) -> Iterator[str]:
    """A routine plan that waits; nothing of it stays open for the tests that come after."""
    _nothing_open(service)
    intent = say(service.client, operator, "Hold nadir pointing on LSAT-4 for two hours.")
    assert intent["status"] == "awaiting_review", intent
    yield str(intent["plan_id"])
    _nothing_open(service)


def _request(service: Service, headers: Headers, plan_id: str, query: str = "") -> dict[str, Any]:
    found = service.client.get(f"/api/v1/approvals?limit=200{query}", headers=headers)
    assert found.status_code == 200, found.text
    mine = [one for one in found.json()["items"] if one["subject_id"] == plan_id]
    return mine[0] if mine else {}


def _approve(service: Service, headers: Headers, plan_id: str) -> Any:
    _, revision_hash = plan_of(service.client, headers, plan_id)
    body = {"revision_hash": revision_hash}
    return service.client.post(f"/api/v1/plans/{plan_id}/approve", json=body, headers=headers)


def _revoke(service: Service, headers: Headers, request_id: str, *, whole: bool = False) -> Any:
    body = {"reason": "not today", "whole": whole}
    return service.client.post(f"/api/v1/approvals/{request_id}/revoke", json=body, headers=headers)


def _states(service: Service, plan_id: str) -> set[str]:
    return {one.state.value for one in service.runtime.flight.commands(plan_id)}


def test_the_inbox_shows_what_i_can_approve_and_why_not(
    service: Service, operator: Headers, planner: Headers, director: Headers, plan_id: str
) -> None:
    waiting = _request(service, planner, plan_id)
    assert (waiting["state"], waiting["command_class"], waiting["missing"]) == ("pending", "routine", ["planner"])
    assert waiting["may_approve"] and waiting["author"] == "operator"
    assert [one["command"] for one in waiting["commands"]] == ["SET_POINTING"]
    plan, revision_hash = plan_of(service.client, planner, plan_id)
    assert waiting["subject_hash"] == revision_hash and waiting["revision"] == plan["revision"]
    assert waiting["opened_at"] < waiting["expires_at"] < waiting["opened_at"][:8] + "24"
    assert _request(service, operator, plan_id) == {}
    seen = _request(service, operator, plan_id, "&mine=false")
    assert not seen["may_approve"] and "only planners and flight directors" in seen["why_not"]
    assert _request(service, director, plan_id, "&command_class=hazardous") == {}
    one = service.client.get(f"/api/v1/approvals/{waiting['request_id']}", headers=director).json()
    assert one["request_id"] == waiting["request_id"]
    assert _approve(service, planner, plan_id).json()["released"] is True
    assert _request(service, planner, plan_id) == {}
    assert _request(service, planner, plan_id, "&state=released&mine=false")["state"] == "released"


def test_an_edit_supersedes_the_request_and_opens_another(service: Service, planner: Headers, plan_id: str) -> None:
    before = _request(service, planner, plan_id)
    plan, revision_hash = plan_of(service.client, planner, plan_id)
    pointing = next(one for one in plan["activities"] if one["type"] == "pointing")
    change = {"kind": "shift", "activity_id": pointing["activity_id"], "shift_s": 60.0, "description": "later"}
    edited = service.client.patch(
        f"/api/v1/plans/{plan_id}",
        json={"changes": [change]},
        headers={**planner, "If-Match": f'"{revision_hash}"'},
    )
    assert edited.status_code == 200, edited.text
    after = _request(service, planner, plan_id)
    assert after["request_id"] != before["request_id"] and after["revision"] == plan["revision"] + 1
    old = service.client.get(f"/api/v1/approvals/{before['request_id']}", headers=planner).json()
    assert (old["state"], old["why_not"]) == ("superseded", "the request is superseded")


def test_an_approver_takes_back_what_has_not_left(service: Service, planner: Headers, plan_id: str) -> None:
    request_id = _request(service, planner, plan_id)["request_id"]
    never = _revoke(service, planner, request_id)
    assert (never.status_code, never.json()["code"]) == (409, "no-approval")
    assert _approve(service, planner, plan_id).json()["released"] is True
    assert _states(service, plan_id) == {"scheduled"}
    revoked = _revoke(service, planner, request_id)
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    assert _states(service, plan_id) == {"refused"}
    assert service.runtime.plans.get(plan_id).state is PlanState.REJECTED
    events = service.runtime.events.read(subject=request_id)
    assert [one.kind for one in events][-2:] == ["approval.released", "approval.revoked"]
    assert events[-1].actor == "user:planner"


def test_a_flight_director_revokes_the_whole_and_nobody_else_does(
    service: Service, planner: Headers, director: Headers, operator: Headers, plan_id: str
) -> None:
    request_id = _request(service, planner, plan_id)["request_id"]
    _approve(service, planner, plan_id)
    assert _revoke(service, operator, request_id, whole=True).status_code == 403
    assert _revoke(service, planner, request_id, whole=True).status_code == 403
    assert _revoke(service, director, request_id, whole=True).json()["state"] == "revoked"
    assert _states(service, plan_id) == {"refused"}
    again = _approve(service, director, plan_id)
    assert (again.status_code, again.json()["code"]) == (409, "plan-state")


@pytest.fixture
def hazardous(service: Service, operator: Headers) -> Iterator[str]:
    """A plan with burns, which two people have to approve."""
    _nothing_open(service)
    plan_id = str(say(service.client, operator, "Raise LSAT-2 to a 540 km circular orbit")["plan_id"])
    yield plan_id
    _nothing_open(service)


def _nothing_open(service: Service) -> None:
    """Plans of other tests may hold the very same commands, which would be refused as duplicates."""
    flight = service.runtime.flight
    for plan_id in {one.plan_id for one in flight.fleet.pipeline.register.find() if not one.final}:
        flight.withdraw(plan_id, actor="service", reason="another test begins")


def test_two_people_at_the_same_moment_release_once(service: Service, hazardous: str) -> None:
    runtime, plan_id = service.runtime, hazardous
    revision_hash = runtime.plans.get(plan_id).revision_hash()
    gate = threading.Barrier(2)
    outcomes: list[bool] = []

    def approve(user: User, accepted: tuple[str, ...]) -> None:
        gate.wait()
        outcomes.append(approve_plan(runtime, plan_id, user, revision_hash, "", accepted).released)

    # The planner's half goes without the check, which stops at what only a flight director can accept.
    request = open_request(runtime, runtime.plans.get(plan_id))
    threads = [
        threading.Thread(target=approve, args=(FRED, ("COL-004",))),
        threading.Thread(target=_grant_only, args=(runtime, request.request_id, gate)),
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert outcomes in ([True], [False])
    resume_releases(runtime)
    assert runtime.plans.get(plan_id).state is PlanState.RELEASED
    with runtime.database.read() as connection:
        sets = connection.execute(
            text("SELECT count(*) FROM command_sets WHERE plan_id = :plan"), {"plan": plan_id}
        ).scalar()
    commands = runtime.flight.commands(plan_id)
    drafted = [one.subject for one in runtime.events.read(kinds=["command.drafted"], limit=5000)]
    assert sets == 1 and commands
    assert all(drafted.count(one.command_id) == 1 for one in commands)
    assert [one.kind for one in runtime.events.read(subject=request.request_id)].count("approval.released") == 1


def _grant_only(runtime: Any, request_id: str, gate: threading.Barrier) -> None:
    """The planner's half of an approval, without flying the plan again."""
    now_utc = runtime.clock.now_utc()

    def approve(connection: Any, changed: Any) -> None:
        approval = Approval(revision_hash=changed.subject_hash, by="planner", role="planner", at=now_utc)
        complete = changed.state is RequestState.APPROVED
        runtime.plans.approve_in(connection, changed.subject_id, approval, complete=complete, at_utc=now_utc)

    gate.wait()
    runtime.requests.grant(request_id, Person("planner", "planner"), now_utc, within=approve)


def test_an_approval_by_somebody_who_lost_the_role_does_not_release(service: Service, plan_id: str) -> None:
    runtime = service.runtime
    runtime.accounts.add(f"paul-{plan_id[-4:]}", Role.PLANNER, "a-password-for-tests")
    paul = User(username=f"paul-{plan_id[-4:]}", role=Role.PLANNER)
    request = open_request(runtime, runtime.plans.get(plan_id))
    _grant_as(runtime, request.request_id, paul)
    assert runtime.plans.get(plan_id).state is PlanState.APPROVED  # a crash came before the release
    changed = service.client.put(
        f"/api/v1/accounts/{paul.username}", json={"role": "viewer"}, headers=service.as_role("admin")
    )
    assert (changed.status_code, changed.json()["role"]) == (200, "viewer")
    assert resume_releases(runtime) == 0
    plan = runtime.plans.get(plan_id)
    assert (plan.state, plan.approvals) == (PlanState.VALIDATED, ())
    told = runtime.events.read(subject=request.request_id)[-1]
    assert told.kind == "approval.withdrawn" and "no longer hold the role" in told.payload["reason"]
    assert runtime.flight.commands(plan_id) == []


def _grant_as(runtime: Any, request_id: str, user: User) -> None:
    now_utc = runtime.clock.now_utc()

    def approve(connection: Any, changed: Any) -> None:
        approval = Approval(revision_hash=changed.subject_hash, by=user.username, role=user.role, at=now_utc)
        runtime.plans.approve_in(connection, changed.subject_id, approval, complete=True, at_utc=now_utc)

    runtime.requests.grant(request_id, Person(user.username, user.role.value), now_utc, within=approve)


def test_a_request_that_expired_has_to_be_asked_anew(service: Service, plan_id: str) -> None:
    runtime = replace(service.runtime, approval_lifetime_s=1e-6)
    plan = runtime.plans.get(plan_id)
    with runtime.database.write() as connection:
        connection.execute(text("DELETE FROM approval_requests WHERE subject_id = :plan"), {"plan": plan_id})
    expired = open_request(runtime, plan)
    with pytest.raises(Conflict, match="expired at") as caught:
        approve_plan(runtime, plan_id, PETRA, plan.revision_hash())
    assert caught.value.code == "AUT-004"
    expire_requests(runtime)
    assert runtime.requests.get(expired.request_id).state is RequestState.EXPIRED
    ask_again(service.runtime, plan)
    assert approve_plan(service.runtime, plan_id, PETRA, plan.revision_hash()).released


def test_a_rejected_plan_closes_its_request(service: Service, planner: Headers, plan_id: str) -> None:
    request_id = _request(service, planner, plan_id)["request_id"]
    service.client.post(f"/api/v1/plans/{plan_id}/reject", json={"reason": "no"}, headers=planner)
    closed = service.client.get(f"/api/v1/approvals/{request_id}", headers=planner).json()
    assert (closed["state"], closed["reason"]) == ("revoked", "the plan was rejected: no")


def test_a_request_is_approved_by_its_own_id_also_where_it_is_no_plan(
    service: Service, planner: Headers, director: Headers, plan_id: str
) -> None:
    waiting = _request(service, planner, plan_id)
    url = f"/api/v1/approvals/{waiting['request_id']}/approve"
    other = service.client.post(url, json={"subject_hash": "0" * 64}, headers=planner)
    assert (other.status_code, other.json()["code"]) == (409, "revision-changed")
    done = service.client.post(url, json={"subject_hash": waiting["subject_hash"]}, headers=planner)
    assert (done.status_code, done.json()["state"]) == (200, "released"), done.text
    runtime, now_utc = service.runtime, service.runtime.clock.now_utc()
    other_kind = Subject("note", f"note-of-{plan_id}", "operator", "hazardous")
    request = runtime.requests.open(other_kind, "c" * 64, 1, (), now_utc + timedelta(hours=1), now_utc)
    url = f"/api/v1/approvals/{request.request_id}/approve"
    for headers, state in ((planner, "pending"), (director, "approved")):
        answer = service.client.post(url, json={"subject_hash": "c" * 64}, headers=headers)
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
    revoked = _revoke(service, director, request.request_id, whole=True)
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")


def test_a_wrong_policy_or_a_vault_without_a_token_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "own.cedar").write_text('@id("x")\npermit (principal, action, resource) when { resource.nothing };')
    with pytest.raises(PolicyFileError, match=r"policy 'x': .*nothing.*own\.cedar:1"):
        build_runtime(Settings(data=tmp_path / "data", policies=tmp_path))
    with pytest.raises(InputError, match="needs a token"):
        open_signing_keys(Settings(data=tmp_path / "data", key_store="vault"))


def test_a_service_judges_plans_by_the_policies_that_it_releases_by(
    tmp_path: Path, service: Service, plan_id: str
) -> None:
    (tmp_path / "own.cedar").write_text(
        '@id("two")\n@code("M-1")\n@says("needs two directors")\n'
        'forbid (principal, action == LlamaSpace::Action::"dispatch", resource) unless { context.director_count >= 2 };'
    )
    plan = service.runtime.plans.get(plan_id)
    strict = replace(service.runtime, policies=policies_of(tmp_path))
    assert "policies" in strict.stale_inputs(plan) and "policies" not in service.runtime.stale_inputs(plan)
    judged = strict.check(plan).validation
    assert judged is not None and [one.value for one in judged.findings if one.code == "AUT-001"] == [2.0]
