"""The page of alarms over the scripted service."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import Answer, Call

pytestmark = pytest.mark.browser
SOC: dict[str, Any] = {
    "satellite": "LSAT-1",
    "parameter": "soc",
    "state": "raised",
    "level": "warning",
    "worst": "critical",
    "raised": "2026-11-23T01:30:00Z",
    "shelved_until": None,
    "assigned_to": "",
    "tags": ["power"],
}
TANK = SOC | {"satellite": "LSAT-2", "parameter": "tank_pressure_pa", "level": "severe", "worst": "severe", "tags": []}
LIMITS = {
    "changed": False,
    "contextual": False,
    "bands": [{"level": "warning", "low": 0.4, "high": None, "inside": False}],
    "labels": {},
    "minimum_violations": 2,
    "minimum_conformance": 3,
}
PARAMETERS = [
    {"name": "mode", "kind": "enumerated", "unit": "", "description": "", "limits": LIMITS | {"bands": []}},
    {"name": "soc", "kind": "float", "unit": "1", "description": "state of charge", "limits": LIMITS},
]


def open_alarms(screen: Screen, alarms: list[dict[str, Any]], role: str = "planner") -> None:
    answers = screen.service.answers
    answers["GET", "/alarms"] = lambda call: Answer(alarms)
    answers["GET", "/telemetry/limits"] = lambda call: Answer([])
    answers["GET", "/telemetry/parameters"] = lambda call: Answer(
        {"satellite": "LSAT-1", "parameters": PARAMETERS, "containers": []}
    )
    screen.service.user = {"username": "petra", "role": role}
    screen.open_console()
    screen.part("tab-alarms").click()


def tell(screen: Screen, alarms: list[dict[str, Any]], what: str, alarm: dict[str, Any], **change: Any) -> None:
    """A step of an alarm, in the list and over the socket, as the page may read either last."""
    after = alarm | change
    alarms[:] = [
        one for one in alarms if (one["satellite"], one["parameter"]) != (after["satellite"], after["parameter"])
    ]
    if what != "cleared":
        alarms.append(after)
    screen.service.send({"type": "alarm", "step": what, "by": "", "reason": "", "alarm": after})


def test_open_alarms_stand_worst_first_are_filtered_and_follow_the_service_live(screen: Screen) -> None:
    alarms = [SOC, TANK]
    open_alarms(screen, alarms)
    rows = screen.part("alarm")
    expect(rows.nth(0)).to_have_attribute("data-alarm", "LSAT-2:tank_pressure_pa")
    expect(rows.nth(0)).to_contain_text("✕✕ severe")
    expect(rows.nth(1)).to_contain_text("worst: critical")
    expect(screen.part("alarm-count")).to_have_accessible_name("2 not acknowledged, worst now severe")
    tell(screen, alarms, "worsened", SOC, level="critical")
    expect(rows.nth(1)).to_have_attribute("data-level", "critical")
    tell(screen, alarms, "cleared", TANK, state="cleared")
    expect(rows).to_have_count(1)
    tell(screen, alarms, "raised", SOC, parameter="mode", tags=[])
    expect(rows).to_have_count(2)
    screen.part("alarms-tag").select_option("power")
    expect(rows).to_have_count(1)
    screen.part("alarms-level").select_option("severe")
    expect(screen.page.get_by_text("No alarm is like that")).to_be_visible()


def test_an_alarm_is_acknowledged_shelved_and_tagged_and_a_refusal_is_told(screen: Screen) -> None:
    alarms = [dict(SOC)]
    sent: list[Any] = []

    def acknowledge(call: Call) -> Answer:
        sent.append(call.body)
        if len(sent) == 1:
            detail = "the alarm of LSAT-1 soc is acknowledged already"
            return Answer({"title": "Conflict", "status": 409, "detail": detail, "code": "acknowledged"}, 409)
        alarms[0]["state"] = "acknowledged"
        return Answer(alarms)

    def shelve(call: Call) -> Answer:
        sent.append(call.body)
        alarms[0]["shelved_until"] = "2026-11-23T02:15:00Z"
        return Answer(alarms)

    def tag(call: Call) -> Answer:
        sent.append(call.body)
        alarms[0]["tags"] = call.body["tags"]
        return Answer(alarms)

    answers = screen.service.answers
    answers["POST", "/alarms/acknowledge"] = acknowledge
    answers["POST", "/alarms/shelve"] = shelve
    answers["POST", "/alarms/tag"] = tag
    open_alarms(screen, alarms)
    screen.part("alarm-acknowledge").click()
    expect(screen.part("reason-confirm")).to_be_disabled()
    screen.part("reason").fill("night side")
    screen.part("reason-confirm").click()
    expect(screen.page.get_by_role("alert")).to_contain_text("acknowledged already")
    screen.part("reason-confirm").click()
    expect(screen.part("alarm")).to_have_attribute("data-state", "acknowledged")
    expect(screen.part("alarm-count")).to_have_count(0)
    screen.part("alarm-shelve").click()
    screen.part("reason").fill("known")
    screen.part("shelve-minutes").fill("0")
    expect(screen.part("reason-confirm")).to_be_disabled()
    screen.page.get_by_role("button", name="15 min").click()
    screen.part("reason-confirm").click()
    expect(screen.part("alarm-shelved")).to_contain_text("2026-11-23 02:15:00 UTC")
    screen.part("alarm-tag").click()
    screen.part("reason").fill("power, night, power")
    screen.part("reason-confirm").click()
    expect(screen.part("alarm")).to_contain_text("night")
    named = {"satellite": "LSAT-1", "parameter": "soc"}
    assert sent[1:] == [
        named | {"reason": "night side"},
        named | {"minutes": 15, "reason": "known"},
        named | {"tags": ["power", "night"]},
    ]


def test_the_history_says_who_did_what_and_goes_further_back(screen: Screen) -> None:
    entry = {
        "entry_id": 9,
        "step": "acknowledged",
        "at": "2026-11-23T01:40:00Z",
        "by": "olga",
        "reason": "seen",
        "alarm": SOC,
    }
    raised = entry | {"entry_id": 3, "step": "raised", "by": "", "reason": ""}
    pages = [{"items": [entry], "next_cursor": "9"}, {"items": [raised], "next_cursor": None}]
    asked: list[int] = []

    def history(call: Call) -> Answer:
        asked.append(1)
        return Answer(pages[0] if len(asked) in (1, 2) else pages[1])

    screen.service.answers["GET", "/alarms/history"] = history
    open_alarms(screen, [SOC], role="viewer")
    expect(screen.part("alarm-acknowledge")).to_be_disabled()
    screen.part("alarm-history").click()
    steps = screen.part("alarm-steps").get_by_role("listitem")
    expect(steps.nth(0)).to_contain_text("2026-11-23 01:40:00 acknowledged")
    expect(steps.nth(0)).to_contain_text("by olga")
    screen.page.get_by_role("button", name="Earlier").click()
    expect(steps).to_have_count(2)
    expect(steps.nth(1)).to_contain_text("by telemetry")


def test_limits_are_changed_from_those_in_force_and_put_back(screen: Screen) -> None:
    changes: list[dict[str, Any]] = []
    sent: list[Any] = []

    def change(call: Call) -> Answer:
        sent.append(call.body)
        changes[:] = [call.body | {"by": "petra", "at": "2026-11-23T02:00:00Z"}]
        return Answer(changes)

    def restore(call: Call) -> Answer:
        sent.append(call.body)
        changes.clear()
        return Answer(changes)

    open_alarms(screen, [])
    screen.service.answers["GET", "/telemetry/limits"] = lambda call: Answer(changes)
    screen.service.answers["PUT", "/telemetry/limits"] = change
    screen.service.answers["POST", "/telemetry/limits/restore"] = restore
    screen.part("change-limits").click()
    screen.part("limits-parameter").select_option("soc")
    low = screen.page.get_by_label("warning: below")
    expect(low).to_have_value("0.4")
    low.fill("0.5x")
    screen.part("reason").fill("an older battery")
    expect(screen.part("reason-confirm")).to_be_disabled()
    low.fill("0.5")
    screen.part("reason-confirm").click()
    expect(screen.part("limit-change")).to_contain_text("below 0.5")
    screen.part("restore-limits").click()
    screen.part("reason").fill("over")
    screen.part("reason-confirm").click()
    expect(screen.page.get_by_text("All limits are those of the mission database.")).to_be_visible()
    named = {"satellite": "LSAT-1", "parameter": "soc"}
    band = {"level": "warning", "low": 0.5, "high": None}
    counts = {"minimum_violations": 2, "minimum_conformance": 3}
    assert sent == [named | {"bands": [band], "reason": "an older battery"} | counts, named | {"reason": "over"}]
