"""Reviewing a plan: who may decide, what exactly is approved, findings with repairs, edits."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import REVISION_HASH, Answer

pytestmark = pytest.mark.browser
OLGA_AS_PLANNER = {"username": "olga", "role": "planner"}
FLIGHT_DIRECTOR = {"username": "fred", "role": "flight_director"}


def finding(code: str, severity: str, **more: Any) -> dict[str, Any]:
    blank = dict.fromkeys(("satellite", "window", "value", "limit", "margin", "rule", "rule_revision"))
    return (
        blank
        | {"code": code, "severity": severity, "activities": [], "quantity": "soc", "unit": "1", "repairs": []}
        | {"explanation": f"what {code} found"}
        | more
    )


def give_findings(screen: Screen, *findings: dict[str, Any]) -> None:
    screen.service.plan["validation"]["findings"] = list(findings)


REPAIR = {"kind": "shift", "activity_id": "point-lsat-1-sun", "description": "start 10 min later", "shift_s": 600.0}


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ({"username": "olga", "role": "operator"}, "Approving needs the planner role; you are operator."),
        ({"username": "vera", "role": "viewer"}, "Approving needs the planner role; you are viewer."),
        ({"username": "ada", "role": "admin"}, "Approving needs the planner role; you are admin."),
        (OLGA_AS_PLANNER, "You wrote this request; another person must approve its plan."),
    ],
)
def test_who_may_not_approve_is_told_why(screen: Screen, user: dict[str, str], reason: str) -> None:
    screen.open_review(user)
    expect(screen.part("approve")).to_be_disabled()
    expect(screen.part("approve-reason")).to_have_text(reason)


def test_an_approval_names_the_exact_revision_and_its_commands(screen: Screen) -> None:
    def approve(call: Any) -> Answer:
        screen.service.plan["state"] = "released"
        return Answer({"plan": screen.service.plan, "approvals_needed": 1, "released": True})

    screen.service.answers[("POST", f"/plans/{screen.service.plan['plan_id']}/approve")] = approve
    screen.open_review()
    screen.part("approve").click()
    dialog = screen.page.get_by_role("dialog", name="Approve this revision")
    expect(dialog).to_contain_text(REVISION_HASH)
    expect(dialog).to_contain_text("START_DOWNLINK")
    expect(dialog).to_contain_text("SET_POINTING")
    screen.part("approve-confirm").click()
    expect(screen.part("plan-state")).to_have_attribute("data-state", "released")
    call = next(one for one in screen.service.calls if one.path.endswith("/approve"))
    assert call.body == {"revision_hash": REVISION_HASH, "comment": "", "accept_unknown": []}


def test_a_refused_approval_says_why_in_the_dialog(screen: Screen) -> None:
    refused = {
        "title": "Plan rejected",
        "status": 409,
        "detail": "the plan does not hold in the present state: RES-001",
    }
    screen.service.answers[("POST", f"/plans/{screen.service.plan['plan_id']}/approve")] = lambda call: Answer(
        refused, 409
    )
    screen.open_review()
    screen.part("approve").click()
    screen.part("approve-confirm").click()
    expect(screen.page.get_by_role("dialog").get_by_role("alert")).to_contain_text("RES-001")
    screen.page.keyboard.press("Escape")
    expect(screen.page.get_by_role("dialog")).to_have_count(0)


def test_a_flight_director_accepts_each_unknown_finding_by_name(screen: Screen) -> None:
    give_findings(screen, finding("COL-005", "unknown"), finding("GND-004", "unknown"))
    path = f"/plans/{screen.service.plan['plan_id']}/approve"
    outcome = {"plan": screen.service.plan, "approvals_needed": 1, "released": True}
    screen.service.answers[("POST", path)] = lambda call: Answer(outcome)
    screen.open_review(FLIGHT_DIRECTOR)
    screen.part("approve").click()
    expect(screen.part("approve-confirm")).to_be_disabled()
    screen.part("accept-unknown").nth(0).check()
    expect(screen.part("approve-confirm")).to_be_disabled()
    screen.part("accept-unknown").nth(1).check()
    screen.part("approve-confirm").click()
    screen.wait_until(lambda: bool(screen.service.called("POST", path)))
    assert screen.service.called("POST", path)[0].body["accept_unknown"] == ["COL-005", "GND-004"]


def test_unknown_and_blocking_findings_keep_a_planner_from_approving(screen: Screen) -> None:
    give_findings(screen, finding("COL-005", "unknown"))
    screen.open_review()
    expect(screen.part("approve-reason")).to_have_text(
        "Accepting unknown findings needs the flight director role; you are planner."
    )
    give_findings(screen, finding("RES-001", "block"), finding("RES-002", "block"))
    screen.service.send({"type": "plan", "plan": screen.service.summary()})
    expect(screen.part("approve-reason")).to_have_text("2 blocking findings must be solved first.")


def test_findings_come_worst_first_with_value_limit_and_margin(screen: Screen) -> None:
    give_findings(
        screen,
        finding("AUT-001", "info"),
        finding("RES-006", "warn"),
        finding("RES-001", "block", value=0.55, limit=0.6, margin=-0.05, rule="FR-01", rule_revision=1),
        finding("COL-005", "unknown"),
    )
    screen.open_review()
    rows = screen.part("finding-row")
    codes = rows.evaluate_all("all => all.map(one => one.dataset.code)")
    assert codes == ["RES-001", "COL-005", "RES-006", "AUT-001"]
    for words in ("55 %", "60 %", "−5 %", "FR-01", "what RES-001 found"):
        expect(rows.first).to_contain_text(words)


def test_a_repair_is_sent_for_the_revision_that_was_seen(screen: Screen) -> None:
    give_findings(screen, finding("RES-001", "block", activities=["point-lsat-1-sun"], repairs=[REPAIR]))
    path = f"/plans/{screen.service.plan['plan_id']}"

    def repair(call: Any) -> Answer:
        screen.service.plan |= {"revision": 2}
        screen.service.plan["validation"]["findings"] = []
        return Answer(screen.service.plan, headers={"ETag": f'"{"b" * 64}"'})

    screen.service.answers[("PATCH", path)] = repair
    screen.open_review()
    screen.part("apply-repair").click()
    expect(screen.part("finding-row")).to_have_count(0)
    call = screen.service.called("PATCH", path)[0]
    assert call.headers["if-match"] == f'"{REVISION_HASH}"'
    assert call.body == {"changes": [REPAIR]}


def test_an_activity_opens_by_keyboard_with_its_provenance_and_can_be_shifted(screen: Screen) -> None:
    path = f"/plans/{screen.service.plan['plan_id']}"
    changed = {"title": "Conflict", "status": 409, "detail": "it is at revision 2"}
    screen.service.answers[("PATCH", path)] = lambda call: Answer(changed, 409)
    screen.open_review()
    activity = screen.page.locator('[data-activity="downlink-lsat-1-svalbard"]')
    activity.focus()
    screen.page.keyboard.press("Enter")
    details = screen.part("activity-details")
    for words in ("earliest usable pass over svalbard", "schedule_downlink", "800 mb", "START_DOWNLINK", "800 MB"):
        expect(details).to_contain_text(words)
    details.get_by_label("Shift by").fill("-2.5")
    screen.part("edit-shift").click()
    expect(screen.page.get_by_role("alert")).to_contain_text("it is at revision 2")
    change = screen.service.called("PATCH", path)[0].body["changes"][0]
    assert (change["kind"], change["activity_id"], change["shift_s"]) == ("shift", "downlink-lsat-1-svalbard", -150)


def test_an_operator_sees_the_edits_but_cannot_make_them(screen: Screen) -> None:
    screen.open_review({"username": "otto", "role": "operator"})
    screen.part("timeline-activity").first.focus()
    screen.page.keyboard.press("Enter")
    expect(screen.part("edit-drop")).to_be_disabled()
    expect(screen.part("activity-details")).to_contain_text("Editing needs the planner role; you are operator.")


def test_a_rejection_needs_a_reason(screen: Screen) -> None:
    path = f"/plans/{screen.service.plan['plan_id']}/reject"

    def reject(call: Any) -> Answer:
        screen.service.plan["state"] = "rejected"
        return Answer(screen.service.plan, headers={"ETag": f'"{REVISION_HASH}"'})

    screen.service.answers[("POST", path)] = reject
    screen.open_review()
    screen.part("reject").click()
    expect(screen.part("reject-confirm")).to_be_disabled()
    screen.part("reject-reason").fill("the pass is too low")
    screen.part("reject-confirm").click()
    expect(screen.part("plan-state")).to_have_attribute("data-state", "rejected")
    assert screen.service.called("POST", path)[0].body == {"reason": "the pass is too low"}


def test_hazardous_commands_are_named_before_they_are_approved(screen: Screen) -> None:
    screen.service.plan["activities"][2]["commands"][0]["command"] = "EXECUTE_BURN"
    screen.open_review()
    expect(screen.part("approve-reason")).to_have_text("Hazardous commands: two different people must approve.")
    screen.part("approve").click()
    expect(screen.page.get_by_role("dialog").locator(".row-hazardous")).to_contain_text("EXECUTE_BURN")
    expect(screen.part("approve-confirm")).to_have_text("Approve as the first of two")
