"""Alarms over REST: what people do with them, and limits that they change; and that each route asks for its own action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from core.authority import Action, Person, Policies
from core.mdb import reference_mdb
from core.mdb.batch import Column, ContainerBatch, DecodedBatch
from core.mdb.program import CompiledField
from tests.api.conftest import Headers, Service

SOC = reference_mdb().parameters["soc"].type
NAMED = {"satellite": "LSAT-4", "parameter": "soc"}
LOW = 0.3


def _report(service: Service, soc: float) -> None:
    """A packet of LSAT-4 has been stored."""
    desk, now_tai_s = service.runtime.flight.fleet.alarms, service.runtime.clock.now_tai_s()
    raised = [one.raised_by(soc) for one in SOC.alarms.ranges]
    column = Column(CompiledField("soc", SOC, 0), np.array([soc]), levels=np.array([sum(raised)], dtype=np.uint8))
    decoded = DecodedBatch((ContainerBatch("hk", np.arange(1), {"soc": column}),))
    desk.take("LSAT-4", np.array([now_tai_s]), desk.limits.apply("LSAT-4", decoded))


@pytest.fixture
def alarm(service: Service, operator: Headers) -> Iterator[None]:
    _report(service, LOW)
    yield
    _report(service, 0.9)
    service.client.post("/api/v1/alarms/acknowledge", json=NAMED, headers=operator)
    assert _open(service, operator) == []


def _open(service: Service, headers: Headers, **filters: Any) -> list[dict[str, Any]]:
    answer = service.client.get("/api/v1/alarms", params={"satellite": "LSAT-4", **filters}, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.mark.usefixtures("alarm")
def test_an_alarm_is_seen_shelved_assigned_and_told_of(service: Service, operator: Headers, viewer: Headers) -> None:
    (raised,) = _open(service, viewer)
    assert (raised["parameter"], raised["state"]) == ("soc", "raised") and raised["level"] != "normal"
    post = service.client.post
    assert post("/api/v1/alarms/comment", json={**NAMED, "text": "again"}, headers=viewer).status_code == 403
    assert (
        post("/api/v1/alarms/shelve", json={**NAMED, "minutes": 30, "reason": ""}, headers=operator).status_code == 422
    )
    assert (
        post("/api/v1/alarms/shelve", json={**NAMED, "minutes": 30, "reason": "known"}, headers=operator).status_code
        == 200
    )
    assert _open(service, viewer, shelved=False) == [] and _open(service, viewer)[0]["shelved_until"]
    assert post("/api/v1/alarms/unshelve", json=NAMED, headers=operator).status_code == 200
    wrong = post("/api/v1/alarms/assign", json={**NAMED, "to": "nobody"}, headers=operator)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "to")
    assert post("/api/v1/alarms/assign", json={**NAMED, "to": "planner"}, headers=operator).status_code == 200
    assert post("/api/v1/alarms/tag", json={**NAMED, "tags": ["power"]}, headers=operator).status_code == 200
    assert post("/api/v1/alarms/comment", json={**NAMED, "text": "night"}, headers=operator).status_code == 200
    (now,) = _open(service, viewer, tag="power")
    assert (now["assigned_to"], now["tags"], _open(service, viewer, tag="other")) == ("planner", ["power"], [])
    first = service.client.get("/api/v1/alarms/history", params={**NAMED, "limit": 3}, headers=viewer).json()
    assert [one["step"] for one in first["items"]] == ["commented", "tagged", "assigned"]
    more = {**NAMED, "limit": 3, "cursor": first["next_cursor"]}
    rest = service.client.get("/api/v1/alarms/history", params=more, headers=viewer).json()
    assert [one["step"] for one in rest["items"]] == ["unshelved", "shelved", "raised"]
    assert post("/api/v1/alarms/acknowledge", json={**NAMED, "reason": "seen"}, headers=operator).status_code == 200
    twice = post("/api/v1/alarms/acknowledge", json=NAMED, headers=operator)
    assert (twice.status_code, twice.json()["code"]) == (409, "acknowledged")
    other = post("/api/v1/alarms/acknowledge", json={**NAMED, "parameter": "mode"}, headers=operator)
    assert other.status_code == 404
    told = service.client.get("/api/v1/audit", params={"kind": "alarm.acknowledged"}, headers=viewer).json()["items"]
    assert (told[-1]["actor"], told[-1]["subject"]) == ("user:operator", "LSAT-4:soc")


def test_limits_are_changed_by_planners_hold_at_once_and_are_put_back(
    service: Service, operator: Headers, planner: Headers
) -> None:
    url, bands = "/api/v1/telemetry/limits", [{"level": "critical", "low": 0.95}]
    wanted = {**NAMED, "bands": bands, "reason": "a test"}
    assert service.client.put(url, json=wanted, headers=operator).status_code == 403
    twice = service.client.put(url, json={**wanted, "bands": bands * 2}, headers=planner)
    assert twice.status_code == 422 and "given twice" in twice.text
    nothing = service.client.put(url, json={**wanted, "parameter": "no_such"}, headers=planner)
    assert (nothing.status_code, nothing.json()["field"]) == (422, "parameter")
    (changed,) = service.client.put(url, json=wanted, headers=planner).json()
    assert (changed["by"], changed["bands"][0]["low"]) == ("planner", 0.95)
    _report(service, 0.9)
    assert [one["level"] for one in _open(service, operator)] == ["critical"]
    restored = service.client.post(f"{url}/restore", json={**NAMED, "reason": "over"}, headers=planner)
    assert (restored.status_code, restored.json()) == (200, [])
    _report(service, 0.9)
    service.client.post("/api/v1/alarms/acknowledge", json=NAMED, headers=operator)
    assert _open(service, operator) == []
    assert service.client.post(f"{url}/restore", json={**NAMED, "reason": "over"}, headers=planner).status_code == 404


QUEUES, STACK = "/api/v1/commands/queues/LSAT-1/routine", "/api/v1/stacks/stack-nothing1"
LOST = {"satellite": "LSAT-1", "station": "awarua", "at": "2026-01-01T00:00:00Z", "reason": "r"}


@pytest.mark.parametrize(
    ("method", "url", "body", "action"),
    [
        ("POST", f"{QUEUES}/hold", {"reason": "r"}, Action.HOLD_QUEUE),
        ("PUT", QUEUES, {"state": "held", "reason": "r"}, Action.EDIT_QUEUE),
        ("PUT", QUEUES, {"state": "enabled", "reason": "r"}, Action.RESUME_QUEUE),
        ("POST", "/api/v1/commands/cmd-1/hold", {"reason": "r"}, Action.HOLD_QUEUE),
        ("POST", "/api/v1/commands/cmd-1/let-go", {"reason": "r"}, Action.RESUME_QUEUE),
        ("PUT", "/api/v1/commands/cmd-1/priority", {"priority": 1}, Action.EDIT_QUEUE),
        ("POST", "/api/v1/commands/contacts/lost", LOST, Action.REPORT_CONTACT),
        ("DELETE", STACK, None, Action.EDIT_STACK),
        ("POST", f"{STACK}/approve", {"stack_hash": "0" * 64}, Action.REVIEW_PLAN),
        ("POST", f"{STACK}/start", None, Action.RUN_STACK),
        ("POST", f"{STACK}/resume", {}, Action.RUN_STACK),
        ("POST", f"{STACK}/pause", {"reason": "r"}, Action.STOP_STACK),
        ("POST", f"{STACK}/abort", {"reason": "r"}, Action.STOP_STACK),
        ("GET", "/api/v1/audit", None, Action.READ_AUDIT),
        ("GET", "/api/v1/audit/verify", None, Action.VERIFY_AUDIT),
        ("POST", "/api/v1/alarms/acknowledge", NAMED, Action.HANDLE_ALARM),
        ("POST", "/api/v1/anomalies/alert-none/feedback", {"verdict": "confirmed"}, Action.HANDLE_ALARM),
        ("PUT", "/api/v1/telemetry/limits", {**NAMED, "bands": [], "reason": "r"}, Action.EDIT_LIMITS),
    ],
)
def test_a_route_asks_the_policies_for_the_action_that_it_is(
    service: Service,
    planner: Headers,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    url: str,
    body: dict[str, Any] | None,
    action: Action,
) -> None:
    may = Policies.may

    def refusing(policies: Policies, person: Person, asked: Action, *more: Any) -> Any:
        """A mission's policies that keep this one action from a planner."""
        return may(policies, Person(person.name, "nobody") if asked is action else person, asked, *more)

    monkeypatch.setattr(Policies, "may", refusing)
    answer = service.client.request(method, url, json=body, headers=planner)
    assert answer.status_code == 403, answer.text
