"""Queues and stacks over REST: orders of people, their roles, and the way of a stack to its run."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from core.time import format_utc
from tests.api.conftest import Headers, Service

QUEUE = "/api/v1/commands/queues/LSAT-2/critical"


def _document(service: Service, **changes: Any) -> dict[str, Any]:
    begin = service.runtime.clock.now_utc() + timedelta(days=3)
    contact = {"station": "awarua", "start": format_utc(begin), "end": format_utc(begin + timedelta(minutes=8))}
    steps = [{"kind": "command", "step_id": "ping", "command": "PING"}, {"kind": "end", "step_id": "end"}]
    return {"title": "check-out", "satellite": "LSAT-2", "contacts": [contact], "steps": steps, **changes}


def test_an_operator_holds_a_queue_and_a_planner_enables_it(
    service: Service, operator: Headers, planner: Headers, viewer: Headers
) -> None:
    held = service.client.post(f"{QUEUE}/hold", json={"reason": "anomaly"}, headers=operator)
    assert (held.status_code, held.json()["state"], held.json()["changed_by"]) == (200, "held", "operator")
    change = {"state": "enabled", "reason": "over", "minimum_gap_s": 2.0}
    assert service.client.put(QUEUE, json=change, headers=operator).status_code == 403
    assert service.client.put(QUEUE, json=change, headers=planner).json()["minimum_gap_s"] == 2.0
    shown = service.client.get("/api/v1/commands/queues", headers=viewer).json()
    assert len(shown) == 4 * len(service.runtime.mission.spacecraft)
    assert service.client.get(QUEUE, headers=viewer).json() == []
    wrong = service.client.get("/api/v1/commands/queues/LSAT-9/critical", headers=viewer)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "satellite")


def test_a_stack_is_written_reviewed_started_and_aborted(service: Service, operator: Headers, planner: Headers) -> None:
    url = "/api/v1/stacks/stack-review1"
    client, document = service.client, _document(service)
    assert client.post(f"{url}/validate", json=document, headers=operator).status_code == 200
    written = client.put(url, json=document, headers=operator)
    assert written.status_code == 200, written.text
    assert client.put(url, json=document, headers=operator).status_code == 412
    tag = written.headers["etag"]
    again = client.put(url, json={**document, "title": "other"}, headers={**operator, "If-Match": tag})
    assert again.json()["stack"]["revision"] == 2
    stale = client.post(f"{url}/approve", json={"stack_hash": tag.strip('"')}, headers=planner)
    assert (stale.status_code, stale.json()["code"]) == (409, "revision-changed")
    approval = {"stack_hash": again.headers["etag"].strip('"')}
    assert client.post(f"{url}/approve", json=approval, headers=operator).status_code == 403
    assert client.post(f"{url}/approve", json=approval, headers=planner).json()["state"] == "approved"
    assert client.post(f"{url}/start", headers=planner).json()["state"] == "running"
    assert client.delete(url, headers=operator).status_code == 409
    ended = client.post(f"{url}/abort", json={"reason": "other plans"}, headers=operator)
    assert ended.json()["state"] == "aborted"


def test_whoever_wrote_a_stack_cannot_approve_it(service: Service, planner: Headers) -> None:
    url = "/api/v1/stacks/stack-review2"
    written = service.client.put(url, json=_document(service), headers=planner)
    approval = {"stack_hash": written.headers["etag"].strip('"')}
    answer = service.client.post(f"{url}/approve", json=approval, headers=planner)
    assert (answer.status_code, answer.json()["code"]) == (403, "AUT-003")
    assert service.client.delete(url, headers=planner).status_code == 204


def test_a_wrong_stack_is_refused_with_its_field(service: Service, operator: Headers) -> None:
    loop = [{"kind": "hold", "step_id": "a", "reason": "x"}]
    answer = service.client.put("/api/v1/stacks/stack-review3", json=_document(service, steps=loop), headers=operator)
    assert (answer.status_code, answer.json()["field"]) == (422, "steps.a")


def test_definitions_give_what_an_editor_needs_to_ask_for_an_argument(service: Service, viewer: Headers) -> None:
    answer = service.client.get("/api/v1/commands/definitions", headers=viewer).json()
    commands = {one["name"]: one for one in answer["commands"]}
    assert commands.keys() == service.runtime.mdb.commands.keys()
    burn = commands["EXECUTE_BURN"]
    assert (burn["command_class"], burn["idempotent"]) == ("hazardous", False)
    delta_v, duration = burn["arguments"]  # what the definition fixes is not asked for
    assert (delta_v["name"], delta_v["unit"]) == ("delta_v_m_s", "m/s")
    assert (delta_v["ranges"][0]["minimum"], delta_v["ranges"][0]["maximum"]) == (-20, 20)
    assert duration["default"] is None
    assert {"condition": "tank_pressure_pa >= 500000.0", "timeout_s": 900.0} in burn["constraints"]
    (verifier,) = commands["SET_MODE"]["verifiers"]
    assert (verifier["stage"], verifier["condition"]) == ("completed", "mode == mode of the command")
    (mode,) = commands["SET_MODE"]["arguments"]
    assert mode["labels"] == ["safe", "standby", "nominal", "payload"]
    assert {"soc"} <= {one["name"] for one in answer["parameters"]}


def test_commands_are_found_by_state_class_time_and_text(
    service: Service, operator: Headers, planner: Headers, viewer: Headers
) -> None:
    url, document = "/api/v1/stacks/stack-filters", _document(service)
    written = service.client.put(url, json=document, headers=operator)
    service.client.post(f"{url}/approve", json={"stack_hash": written.headers["etag"].strip('"')}, headers=planner)
    service.client.post(f"{url}/start", headers=planner)
    begin = document["contacts"][0]["start"]

    def found(**filters: str) -> list[str]:
        page = service.client.get("/api/v1/commands", params={"plan_id": "stack-filters", **filters}, headers=viewer)
        assert page.status_code == 200, page.text
        return [one["command_id"] for one in page.json()["items"]]

    for _ in range(4500):
        if found():
            break
        time.sleep(0.02)
    (one,) = found()
    assert found(state="scheduled", text="ping", start=begin, newest_first="true", **{"class": "routine"}) == [one]
    assert found(state="completed") == found(text="burn") == found(end=begin) == found(**{"class": "vital"}) == []
    queue = service.client.get("/api/v1/commands/queues/LSAT-2/routine", headers=viewer).json()
    (waits,) = [entry for entry in queue if entry["command"]["command_id"] == one]
    assert waits["contact"]["station"] == "awarua"
    assert begin <= waits["next_chance"] <= waits["latest_release"]
    detail = service.client.get(f"/api/v1/commands/{one}", headers=viewer).json()
    assert (detail["uplink"]["route"], detail["uplink"]["frames"], detail["uplink"]["attempts"]) == (None, [], 0)
    service.client.post(f"{url}/abort", json={"reason": "seen"}, headers=planner)


def _waiting(service: Service, headers: Headers, stack_id: str) -> list[dict[str, Any]]:
    found = service.client.get("/api/v1/approvals?kind=stack&limit=200", headers=headers).json()["items"]
    return [one for one in found if one["subject_id"] == stack_id]


HAZARDOUS = [
    {
        "kind": "command",
        "step_id": "load",
        "command": "LOAD_MEMORY",
        "arguments": {"memory_id": 1, "block_count": 1, "address": 0, "data": "ab"},
    },
    {"kind": "end", "step_id": "end"},
]


def test_a_hazardous_stack_is_approved_from_the_inbox_by_two_people(
    service: Service, operator: Headers, planner: Headers, director: Headers
) -> None:
    client, url = service.client, "/api/v1/stacks/stack-review4"
    client.put(url, json=_document(service, steps=HAZARDOUS), headers=operator)
    (waiting,) = _waiting(service, planner, "stack-review4")
    assert (waiting["command_class"], waiting["author"], waiting["may_approve"]) == ("hazardous", "operator", True)
    assert [one["command"] for one in waiting["commands"]] == ["LOAD_MEMORY"]
    approve, body = f"/api/v1/approvals/{waiting['request_id']}/approve", {"subject_hash": waiting["subject_hash"]}
    assert client.post(approve, json=body, headers=planner).json()["state"] == "pending"
    back = client.post(
        f"/api/v1/approvals/{waiting['request_id']}/revoke", json={"reason": "too early"}, headers=planner
    )
    assert (back.json()["state"], client.get(url, headers=planner).json()["approvals"]) == ("pending", [])
    assert client.post(approve, json=body, headers=planner).json()["state"] == "pending"
    approval = {"stack_hash": waiting["subject_hash"]}  # the other door leads to the same place
    assert client.post(f"{url}/approve", json=approval, headers=director).json()["state"] == "approved"
    assert _waiting(service, director, "stack-review4") == []
    assert client.post(f"{url}/start", headers=planner).json()["state"] == "running"
    revoke = f"/api/v1/approvals/{waiting['request_id']}/revoke"
    ended = client.post(revoke, json={"reason": "stop", "whole": True}, headers=director)
    assert ended.status_code == 200, ended.text
    assert ended.json()["state"] == "revoked"
    # The run may have seen the revocation before it was aborted.
    assert client.get(url, headers=planner).json()["state"] in ("aborted", "failed")


def test_a_deleted_and_an_aborted_stack_leave_nothing_to_approve(
    service: Service, operator: Headers, planner: Headers
) -> None:
    client, url, document = service.client, "/api/v1/stacks/stack-review5", _document(service)
    client.put(url, json=document, headers=operator)
    assert _waiting(service, planner, "stack-review5")
    client.delete(url, headers=operator)
    assert _waiting(service, planner, "stack-review5") == []
    client.put(url, json=document, headers=operator)  # the very same document again
    assert _waiting(service, planner, "stack-review5")
    client.post(f"{url}/abort", json={"reason": "no"}, headers=operator)
    assert _waiting(service, planner, "stack-review5") == []


def test_a_change_of_keys_is_a_stack_that_waits_for_two_people(
    service: Service, operator: Headers, planner: Headers, director: Headers
) -> None:
    url, contact = "/api/v1/stacks/rollover", _document(service)["contacts"][0]
    body = {"satellite": "LSAT-3", "contact": {**contact, "station": "nowhere"}}
    assert service.client.post(url, json=body, headers=operator).status_code == 403
    wrong = service.client.post(url, json=body, headers=planner)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "contacts.0.station")
    unknown = service.client.post(url, json={"satellite": "LSAT-99", "contact": contact}, headers=planner)
    assert unknown.status_code == 404
    drafted = service.client.post(url, json={"satellite": "LSAT-3", "contact": contact}, headers=planner)
    assert drafted.status_code == 200, drafted.text
    stack_id = drafted.json()["stack"]["stack_id"]
    kept = service.runtime.flight.fleet.keys.link.spacecraft["LSAT-3"]
    assert kept.rollover is not None and kept.rollover.stack_id == stack_id
    assert kept.rollover.other.key.get_secret_value() not in drafted.text
    assert _waiting(service, director, stack_id)[0]["command_class"] == "hazardous"
    assert _waiting(service, planner, stack_id) == []  # its author has no part in the approval
    again = service.client.post(url, json={"satellite": "LSAT-3", "contact": contact}, headers=planner)
    assert (again.status_code, again.json()["code"]) == (409, "rollover-begun")
