"""Review over REST: approve, edit, reject, and everything that must not pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Service
from tests.api.story import intent_ended, plan_of, say

Headers = dict[str, str]


@pytest.fixture
def waiting(service: Service, operator: Headers) -> dict[str, Any]:
    """An intent whose plan waits for review."""
    intent = say(service.client, operator, "Hold nadir pointing on LSAT-4 for two hours.")
    assert intent["status"] == "awaiting_review"
    return intent


def _approve(service: Service, headers: Headers, plan_id: str, revision_hash: str, **more: Any) -> Any:
    body = {"revision_hash": revision_hash, **more}
    return service.client.post(f"/api/v1/plans/{plan_id}/approve", json=body, headers=headers)


def test_an_approval_releases_the_commands_and_ends_the_conversation(
    waiting: dict[str, Any], service: Service, operator: Headers, planner: Headers
) -> None:
    _, revision_hash = plan_of(service.client, planner, waiting["plan_id"])
    answer = _approve(service, planner, waiting["plan_id"], revision_hash)
    assert answer.status_code == 200, answer.text
    assert answer.json()["released"] is True
    commands = service.client.get(f"/api/v1/commands?plan_id={waiting['plan_id']}", headers=planner).json()["items"]
    assert [one["command"] for one in commands] == ["SET_POINTING"]
    again = _approve(service, planner, waiting["plan_id"], revision_hash)
    assert again.status_code == 200
    same = service.client.get(f"/api/v1/commands?plan_id={waiting['plan_id']}", headers=planner).json()["items"]
    assert [one["command_id"] for one in same] == [one["command_id"] for one in commands]
    deadline = intent_ended(service.client, operator, waiting["intent_id"])
    assert deadline["plan_id"] == waiting["plan_id"]


def test_whoever_wrote_the_intent_cannot_approve_it(service: Service, planner: Headers) -> None:
    intent = say(service.client, planner, "Point LSAT-3 at the sun for 20 minutes")
    _, revision_hash = plan_of(service.client, planner, intent["plan_id"])
    answer = _approve(service, planner, intent["plan_id"], revision_hash)
    assert (answer.status_code, answer.json()["code"]) == (403, "AUT-003")


def test_an_operator_cannot_approve(waiting: dict[str, Any], service: Service, operator: Headers) -> None:
    _, revision_hash = plan_of(service.client, operator, waiting["plan_id"])
    assert _approve(service, operator, waiting["plan_id"], revision_hash).status_code == 403


def test_an_approval_of_what_was_edited_meanwhile_is_refused(
    waiting: dict[str, Any], service: Service, planner: Headers, director: Headers
) -> None:
    plan, revision_hash = plan_of(service.client, planner, waiting["plan_id"])
    pointing = next(one for one in plan["activities"] if one["type"] == "pointing")
    change = {"kind": "shift", "activity_id": pointing["activity_id"], "shift_s": 120.0, "description": "later"}
    url = f"/api/v1/plans/{waiting['plan_id']}"
    bare = service.client.patch(url, json={"changes": [change]}, headers=planner)
    assert bare.status_code == 412
    edited = service.client.patch(
        url, json={"changes": [change]}, headers={**planner, "If-Match": f'"{revision_hash}"'}
    )
    assert edited.status_code == 200, edited.text
    assert (edited.json()["revision"], edited.json()["state"]) == (plan["revision"] + 1, "validated")
    late = _approve(service, director, waiting["plan_id"], revision_hash)
    assert (late.status_code, late.json()["code"]) == (409, "revision-changed")
    stale = service.client.patch(url, json={"changes": [change]}, headers={**planner, "If-Match": f'"{revision_hash}"'})
    assert stale.status_code == 412


def test_a_rejected_plan_is_never_released(
    waiting: dict[str, Any], service: Service, planner: Headers, director: Headers
) -> None:
    _, revision_hash = plan_of(service.client, planner, waiting["plan_id"])
    rejected = service.client.post(
        f"/api/v1/plans/{waiting['plan_id']}/reject", json={"reason": "not today"}, headers=planner
    )
    assert rejected.json()["state"] == "rejected"
    assert _approve(service, director, waiting["plan_id"], revision_hash).status_code == 409
    release = service.client.post(f"/api/v1/plans/{waiting['plan_id']}/release", headers=director)
    assert release.status_code == 409
    commands = service.client.get(f"/api/v1/commands?plan_id={waiting['plan_id']}", headers=planner).json()
    assert commands["items"] == []


def test_an_unapproved_plan_cannot_be_released(waiting: dict[str, Any], service: Service, director: Headers) -> None:
    answer = service.client.post(f"/api/v1/plans/{waiting['plan_id']}/release", headers=director)
    assert (answer.status_code, answer.json()["code"]) == (409, "plan-state")


def test_hazardous_commands_need_two_people_and_an_accepted_unknown(
    service: Service, operator: Headers, planner: Headers, director: Headers
) -> None:
    intent = say(service.client, operator, "Raise LSAT-2 to a 540 km circular orbit")
    plan, revision_hash = plan_of(service.client, planner, intent["plan_id"])
    assert {one["code"] for one in plan["validation"]["findings"]} >= {"COL-004", "AUT-001"}
    undecided = _approve(service, planner, intent["plan_id"], revision_hash)
    assert (undecided.status_code, undecided.json()["code"]) == (422, "COL-004")
    not_theirs = _approve(service, planner, intent["plan_id"], revision_hash, accept_unknown=["COL-004"])
    assert not_theirs.status_code == 403
    first = _approve(service, director, intent["plan_id"], revision_hash, accept_unknown=["COL-004"])
    assert first.status_code == 200, first.text
    assert (first.json()["approvals_needed"], first.json()["released"]) == (2, False)
    commands = service.client.get(f"/api/v1/commands?plan_id={intent['plan_id']}", headers=planner).json()
    assert commands["items"] == []
    second = _approve(service, planner, intent["plan_id"], revision_hash)
    assert second.status_code == 200, second.text
    assert second.json()["released"] is True
    commands = service.client.get(f"/api/v1/commands?plan_id={intent['plan_id']}", headers=planner).json()
    assert commands["items"]


def test_a_plan_can_be_written_by_hand(service: Service, operator: Headers, waiting: dict[str, Any]) -> None:
    plan, _ = plan_of(service.client, operator, waiting["plan_id"])
    activities = [one for one in plan["activities"] if one["type"] == "pointing"]
    answer = service.client.post(
        "/api/v1/plans", json={"intent": "by hand", "activities": activities}, headers=operator
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["plan_id"] != waiting["plan_id"]
    empty = service.client.post("/api/v1/plans", json={"intent": "by hand", "activities": []}, headers=operator)
    assert (empty.status_code, empty.json()["field"]) == (422, "body.activities")


def test_unknown_things_are_not_found(service: Service, operator: Headers) -> None:
    for path in (
        "plans/plan-nothere0",
        "intents/none",
        "commands/none",
        "conversations/none",
        "telemetry/latest?satellite=LSAT-9",
    ):
        answer = service.client.get(f"/api/v1/{path}", headers=operator)
        assert answer.status_code == 404, path
        assert answer.json()["detail"]


def test_lists_come_in_pages(service: Service, operator: Headers, waiting: dict[str, Any]) -> None:
    first = service.client.get("/api/v1/passes?limit=3", headers=operator).json()
    assert len(first["items"]) == 3 and first["next_cursor"]
    second = service.client.get(f"/api/v1/passes?limit=3&cursor={first['next_cursor']}", headers=operator).json()
    assert second["items"][0]["aos"] >= first["items"][-1]["aos"]
    assert service.client.get("/api/v1/plans?cursor=abc", headers=operator).status_code == 422
