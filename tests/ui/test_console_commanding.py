"""Commanding from the console: queues, approvals, history and stacks, over the scripted service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import REVISION_HASH, Answer, Call
from tests.ui.test_console_live import COMMAND, HISTORY

pytestmark = pytest.mark.browser
PLANNER = {"username": "petra", "role": "planner"}
STACK_HASH = "5" * 64
CONTACT = {"station": "svalbard", "start": "2026-11-23T05:58:00Z", "end": "2026-11-23T06:07:00Z"}
QUEUE: dict[str, Any] = {
    "satellite": "LSAT-1",
    "command_class": "routine",
    "state": "enabled",
    "minimum_gap_s": 0.0,
    "changed_by": "",
    "reason": "",
}
DEFINITIONS = {
    "commands": [
        {
            "name": "EXECUTE_BURN",
            "description": "Fire the thrusters",
            "command_class": "hazardous",
            "consequence": "severe",
            "risk": "",
            "idempotent": False,
            "constraints": [],
            "verifiers": [],
            "arguments": [
                {
                    "name": "delta_v_m_s",
                    "kind": "float",
                    "unit": "m/s",
                    "description": "",
                    "default": None,
                    "labels": [],
                    "ranges": [{"minimum": -20, "maximum": 20, "minimum_excluded": False, "maximum_excluded": False}],
                    "ranges_are_raw": False,
                    "characters": None,
                }
            ],
        }
    ],
    "parameters": [{"name": "soc", "kind": "float", "unit": "1", "labels": []}],
}


def _page(*items: dict[str, Any]) -> Answer:
    return Answer({"items": items, "next_cursor": None})


def _request(screen: Screen, **changes: Any) -> dict[str, Any]:
    plan = screen.service.plan
    return {
        "request_id": "apr-1",
        "subject_kind": "plan",
        "subject_id": plan["plan_id"],
        "subject_hash": REVISION_HASH,
        "revision": plan["revision"],
        "author": "olga",
        "command_class": "routine",
        "commands": [],
        "state": "pending",
        "opened_at": "2026-11-23T02:00:00Z",
        "expires_at": "2026-11-23T06:00:00Z",
        "grants": [],
        "reason": "",
        "missing": ["planner"],
        "may_approve": True,
        "why_not": "",
        **changes,
    }


def _stack(**changes: Any) -> dict[str, Any]:
    steps = [
        {
            "step_id": "burn",
            "kind": "command",
            "command": "EXECUTE_BURN",
            "arguments": {"delta_v_m_s": 0.2},
            "contact": 0,
        },
        {"step_id": "look", "kind": "hold", "reason": "look at the rates"},
        {"step_id": "end", "kind": "end", "failed": False},
    ]
    stack = {
        "stack_id": "stack-abc123",
        "revision": 1,
        "title": "trim",
        "author": "olga",
        "satellite": "LSAT-1",
        "contacts": [CONTACT],
        "steps": steps,
    }
    return {
        "stack": stack,
        "state": "draft",
        "approvals": [],
        "position": "",
        "entered_at": None,
        "reason": "",
    } | changes


def test_a_queue_is_held_with_a_reason_and_says_what_waits_and_why(screen: Screen) -> None:
    queue = dict(QUEUE)
    waiting = {
        "command": COMMAND,
        "priority": 3,
        "held_by": "",
        "waits_for": "waits until plan-1-r1-a-0 is completed; it is scheduled",
        "contact": CONTACT,
        "next_chance": CONTACT["start"],
        "latest_release": CONTACT["end"],
    }

    def hold(call: Call) -> Answer:
        queue.update(state="held", changed_by="olga", reason=call.body["reason"])
        return Answer(queue)

    answers = screen.service.answers
    answers["GET", "/commands/queues"] = lambda call: Answer([{"queue": queue, "waiting": 1}])
    answers["GET", "/commands/queues/LSAT-1/routine"] = lambda call: Answer([waiting])
    answers["POST", "/commands/queues/LSAT-1/routine/hold"] = hold
    screen.open_console()
    screen.part("tab-queue").click()
    row = screen.part("waiting-command")
    expect(row).to_contain_text("it is scheduled")
    expect(row).to_contain_text("next chance in 3 h")
    expect(row.get_by_label("Priority")).to_have_value("3")
    expect(screen.part("queue-group")).to_contain_text("plan-1")
    expect(screen.part("queue-disable")).to_be_disabled()  # an operator may stop, a planner may change
    screen.part("queue-hold").click()
    expect(screen.part("reason-confirm")).to_be_disabled()
    screen.part("reason").fill("anomaly")
    screen.part("reason-confirm").click()
    expect(screen.part("queue-state")).to_have_attribute("data-state", "held")
    expect(screen.part("queue-cell")).to_have_accessible_name("LSAT-1 routine: held, 1 waiting")
    queue.update(state="enabled", changed_by="petra")
    order = {"subject": "LSAT-1/routine", "what": "changed", "by": "user:petra", "at": "2026-11-23T02:01:00Z"}
    screen.service.send({"type": "queue_order", **order, "detail": {}})
    expect(screen.part("queue-state")).to_have_attribute("data-state", "enabled")


def test_a_lost_contact_is_announced_on_every_page(screen: Screen) -> None:
    screen.open_console()
    detail = {**CONTACT, "reason": "antenna drive", "plans": ["plan-1"]}
    order = {"subject": "LSAT-1", "what": "lost", "by": "user:otto", "at": "2026-11-23T02:01:00Z", "detail": detail}
    screen.service.send({"type": "contact_order", **order})
    told = screen.part("lost-contact").get_by_role("alert")
    for words in ("LSAT-1 with svalbard", "05:58:00 to 06:07:00 UTC", "antenna drive", "otto"):
        expect(told).to_contain_text(words)
    told.get_by_role("button", name="Dismiss").click()
    expect(screen.part("lost-contact")).to_have_count(0)


def test_an_approver_sees_arguments_and_hash_and_consents_to_exactly_them(screen: Screen) -> None:
    asked = [_request(screen)]

    def consent(call: Call) -> Answer:
        asked[0] = _request(screen, state="released", missing=[], may_approve=False)
        return Answer(asked[0])

    answers = screen.service.answers
    answers["GET", "/approvals"] = lambda call: _page(*asked)
    answers["POST", "/approvals/apr-1/approve"] = consent
    screen.service.user = PLANNER
    screen.open_console()
    screen.part("tab-approvals").click()
    mine = screen.page.locator("section[data-testid=inbox-you-can-approve]")
    expect(mine.get_by_test_id("inbox-needs")).to_contain_text("planner")
    expect(mine.get_by_test_id("inbox-expiry")).to_contain_text("expires in 3 h")
    mine.get_by_test_id("inbox-open").click()
    expect(screen.part("inbox-hash")).to_have_text(REVISION_HASH)
    expect(screen.part("inbox-line").first).to_contain_text("volume_bytes 800000000")
    screen.part("consent-comment").fill("as agreed")
    screen.part("consent").click()
    expect(screen.part("inbox")).to_contain_text("its commands are on their way")
    body = screen.service.called("POST", "/approvals/apr-1/approve")[0].body
    assert body == {"subject_hash": REVISION_HASH, "comment": "as agreed", "accept_unknown": []}


def test_what_changed_since_one_looked_is_told_and_has_to_be_looked_at(screen: Screen) -> None:
    plan = screen.service.plan
    asked = [_request(screen)]
    tags = [REVISION_HASH]
    answers = screen.service.answers
    answers["GET", "/approvals"] = lambda call: _page(*asked)
    answers["GET", f"/plans/{plan['plan_id']}"] = lambda call: Answer(plan, headers={"ETag": f'"{tags[0]}"'})
    refused = {"title": "Conflict", "status": 409, "detail": "the request expired", "code": "AUT-004"}
    answers["POST", "/approvals/apr-1/approve"] = lambda call: Answer(refused, 409)
    screen.service.user = PLANNER
    screen.open_console()
    screen.part("tab-approvals").click()
    screen.part("inbox-open").first.click()
    expect(screen.part("consent")).to_be_enabled()
    command = next(one for one in plan["activities"] if one["commands"])["commands"][0]
    name = next(iter(command["arguments"]))
    command["arguments"][name] = 4242
    plan["revision"] = 2
    tags[0] = "9" * 64
    asked[0] = _request(screen, revision=2, subject_hash=tags[0])
    order = {"subject": "apr-1", "what": "superseded", "by": "service", "at": "2026-11-23T02:01:00Z", "detail": {}}
    screen.service.send({"type": "approval_order", **order})
    expect(screen.part("inbox-changes")).to_contain_text("→ 4242")
    expect(screen.part("consent")).to_be_disabled()
    screen.part("looked").check()
    screen.part("consent").click()
    expect(screen.part("inbox")).to_contain_text("Not approved: the request expired")
    expect(screen.part("inbox")).to_contain_text("check it again to ask anew")


def test_what_waits_for_others_says_why_and_a_director_revokes_it_all(screen: Screen) -> None:
    why = "whoever wrote it cannot approve it"
    asked = _request(screen, may_approve=False, why_not=why, author="fiona")
    answers = screen.service.answers
    answers["GET", "/approvals"] = lambda call: _page(asked)
    answers["POST", "/approvals/apr-1/revoke"] = lambda call: Answer(asked | {"state": "revoked"})
    screen.service.user = {"username": "fiona", "role": "flight_director"}
    screen.open_console()
    screen.part("tab-approvals").click()
    others = screen.page.locator("section[data-testid=inbox-waits-for-others]")
    expect(others).to_contain_text(why)
    others.get_by_test_id("revoke-all").click()
    screen.part("reason").fill("other plans")
    screen.part("reason-confirm").click()
    expect(screen.part("inbox")).to_contain_text("nothing more of it leaves")
    assert screen.service.called("POST", "/approvals/apr-1/revoke")[0].body == {"reason": "other plans", "whole": True}


def test_the_history_is_filtered_tells_who_decided_and_is_saved(screen: Screen, tmp_path: Path) -> None:
    burn = COMMAND | {
        "command_id": "plan-2-r1-burn-0",
        "plan_id": "plan-2",
        "command": "EXECUTE_BURN",
        "class": "hazardous",
    }
    decision = {
        "sequence": 7,
        "kind": "authority.allowed",
        "subject": "plan-2",
        "actor": "user:petra",
        "at_utc": "2026-11-23T02:00:04Z",
        "payload": {"action": "approve", "role": "planner", "policies": ["planners-approve"], "context": {}},
        "previous_hash": "0" * 64,
        "hash": "1" * 64,
    }
    answers = screen.service.answers
    answers["GET", "/commands"] = lambda call: _page(COMMAND, burn)
    answers["GET", "/audit"] = lambda call: _page(decision)
    answers["GET", f"/commands/{burn['command_id']}"] = lambda call: Answer(burn | {"history": HISTORY})
    answers["GET", f"/commands/{COMMAND['command_id']}"] = lambda call: Answer(COMMAND | {"history": HISTORY})
    screen.open_console()
    screen.part("tab-commands").click()
    expect(screen.part("command-row")).to_have_count(2)
    screen.part("history-class").select_option("hazardous")
    expect(screen.part("command-row")).to_have_count(1)
    screen.part("command-row").get_by_role("button").click()
    expect(screen.part("decisions")).to_contain_text("petra (planner) by planners-approve")
    with screen.page.expect_download() as saved:
        screen.part("export-json").click()
    saved.value.save_as(tmp_path / "commands.json")
    assert {one["command"] for one in json.loads((tmp_path / "commands.json").read_text())} == {
        "SET_POINTING",
        "EXECUTE_BURN",
    }
    screen.part("command-audit").click()
    expect(screen.part("audit-subject")).to_contain_text(str(burn["command_id"]))


def test_a_stack_is_written_with_typed_arguments_and_refused_at_its_step(screen: Screen) -> None:
    refused = {
        "title": "Wrong",
        "status": 422,
        "detail": "no way reaches it",
        "code": "bad-input",
        "field": "steps.end",
    }
    answers = screen.service.answers
    answers["GET", "/commands/definitions"] = lambda call: Answer(DEFINITIONS)
    screen.open_console()
    screen.part("tab-stacks").click()
    screen.part("stack-new").click()
    screen.part("stack-title").fill("trim")
    screen.part("add-contact").select_option(index=1)
    screen.part("add-step").first.select_option("command")
    screen.part("step-command").select_option("EXECUTE_BURN")
    delta_v = screen.part("argument")
    delta_v.fill("25")
    expect(delta_v).to_have_attribute("aria-invalid", "true")
    screen.part("stack-save").click()
    expect(screen.part("step-error")).to_contain_text("25 is outside -20 to 20 m/s")
    delta_v.fill("0.2")

    screen.page.route("**/api/v1/stacks/stack-*", lambda route: route.fulfill(status=422, json=refused))
    screen.part("stack-save").click()
    wrong = screen.page.locator('[data-testid=step-card][data-step="end"]')
    expect(wrong.get_by_test_id("step-error")).to_contain_text("no way reaches it")


def test_a_running_stack_shows_where_it_stands_and_goes_on_past_a_hold(screen: Screen) -> None:
    record = _stack(state="running", position="burn", entered_at="2026-11-23T02:00:00Z")

    def resume(call: Call) -> Answer:
        record.update(state="running", position="end", reason="")
        return Answer(record)

    answers = screen.service.answers
    answers["GET", "/commands/definitions"] = lambda call: Answer(DEFINITIONS)
    answers["GET", "/stacks"] = lambda call: Answer([record])
    answers["GET", "/stacks/stack-abc123"] = lambda call: Answer(record, headers={"ETag": f'"{STACK_HASH}"'})
    answers["POST", "/stacks/stack-abc123/resume"] = resume
    screen.service.user = PLANNER
    screen.open_console()
    screen.part("tab-stacks").click()
    screen.part("stack-row").click()
    here = screen.page.locator('[data-testid=step-row][data-here="true"]')
    expect(here).to_have_attribute("data-step", "burn")
    expect(here).to_have_attribute("aria-current", "step")
    record.update(state="paused", position="look", reason="look at the rates")
    order = {"subject": "stack-abc123", "what": "paused", "by": "service", "at": "2026-11-23T02:01:00Z", "detail": {}}
    screen.service.send({"type": "stack", **order})
    expect(here).to_have_attribute("data-step", "look")
    screen.part("stack-resume").click()
    expect(here).to_have_attribute("data-step", "end")
    assert screen.service.called("POST", "/stacks/stack-abc123/resume")[0].body == {"to": None}


@pytest.mark.parametrize(
    ("state", "words"),
    [("none", "Searched"), ("searching", "Looking"), ("failed", "The search failed"), ("found", "+1 h")],
)
def test_alternatives_say_how_the_search_went(screen: Screen, state: str, words: str) -> None:
    other = {"description": "by kiruna", "differences": {"completion_s": 3600.0}, "blocking_codes": ["PWR-001"]}
    answer = {"state": state, "reason": "it ran out of time", "alternatives": [other] if state == "found" else []}
    path = f"/plans/{screen.service.plan['plan_id']}/alternatives"
    screen.service.answers["GET", path] = lambda call: Answer(answer)
    screen.open_review()
    expect(screen.part("alternatives")).to_contain_text(words)
    if state == "found":
        expect(screen.part("alternative")).to_contain_text("blocked by PWR-001")
