"""What is live: clock, telemetry, contacts, commands; and the page itself: size, colours, focus."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import Answer

pytestmark = pytest.mark.browser
COMMAND: dict[str, Any] = {
    "command_id": "plan-1-r1-point-0",
    "plan_id": "plan-1",
    "activity_id": "point",
    "satellite": "LSAT-1",
    "command": "SET_POINTING",
    "arguments": {"pointing": "sun"},
    "class": "routine",
    "state": "scheduled",
    "execute_at": "2026-11-23T06:02:05Z",
    "station": "fairbanks",
    "updated_at": "2026-11-23T02:00:05Z",
    "detail": "",
}
HISTORY = [
    {"state": state, "at": "2026-11-23T02:00:05Z", "detail": {"reason": reason}}
    for state, reason in (("drafted", ""), ("validated", ""), ("authorised", "approved by petra"), ("scheduled", ""))
]


def parameter(name: str, value: Any, unit: str, limit_state: str = "normal") -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "limit_state": limit_state, "at": "2026-11-23T01:59:30Z"}


def test_a_command_is_followed_from_stage_to_stage_with_its_history(screen: Screen) -> None:
    path = f"/commands/{COMMAND['command_id']}"
    screen.service.answers[("GET", path)] = lambda call: Answer(COMMAND | {"history": HISTORY})
    screen.open_console()
    screen.service.send({"type": "command", "command": COMMAND})
    screen.part("tab-commands").click()
    row = screen.part("command-row")
    expect(row).to_have_attribute("data-state", "scheduled")
    row.get_by_role("button").click()
    expect(row).to_contain_text("approved by petra")
    for state in ("released", "uplinked", "accepted", "started", "completed"):
        screen.service.send({"type": "command", "command": COMMAND | {"state": state}})
        expect(row).to_have_attribute("data-state", state)
    expect(row.locator(".stage-past")).to_have_count(9)
    screen.service.send({"type": "command", "command": COMMAND | {"state": "failed", "detail": "no report"}})
    expect(row).to_have_attribute("data-state", "failed")
    expect(row).to_contain_text("no report")


def test_telemetry_shows_value_unit_limit_state_and_age(screen: Screen) -> None:
    screen.open_console()
    values = [
        parameter("soc", 0.58, "1", "critical"),
        parameter("bus_voltage_v", 31.2, "V"),
        parameter("mode", "nominal", ""),
    ]
    screen.service.send(
        {"type": "telemetry", "satellite": "LSAT-1", "at": "2026-11-23T01:59:30Z", "parameters": values}
    )
    charge = screen.page.locator('[data-parameter="soc"]')
    expect(charge).to_have_attribute("data-limit", "critical")
    expect(charge).to_contain_text("58 %")
    expect(charge.get_by_role("img", name="limit state critical")).to_be_visible()
    expect(screen.page.locator('[data-parameter="bus_voltage_v"]')).to_contain_text("31.2 V")
    expect(screen.page.locator('[data-parameter="mode"]')).to_contain_text("nominal")
    expect(screen.page.locator(".strip-age")).to_contain_text("age")


def test_the_fleet_shows_contact_and_the_next_pass(screen: Screen) -> None:
    screen.service.clock["rate"] = 1.0
    screen.open_console()
    craft = screen.page.locator('[data-satellite="LSAT-1"]').first
    expect(craft).to_contain_text("no contact")
    expect(craft).to_contain_text("svalbard in 3 h")
    screen.service.send({"type": "contact", "satellite": "LSAT-1", "station": "kiruna", "in_contact": True})
    expect(craft).to_contain_text("● kiruna")


def test_the_clock_runs_at_its_rate_and_an_operator_changes_it(screen: Screen) -> None:
    screen.service.answers[("PUT", "/clock")] = lambda call: Answer(screen.service.clock | call.body)
    screen.open_console()
    expect(screen.page.locator(".clock-time")).to_contain_text("2026-11-23 02:00:")
    expect(screen.page.locator(".clock-time")).to_contain_text("UTC")
    fast = screen.page.locator('[data-testid="clock-rate"][data-rate="300"]')
    fast.click()
    expect(fast).to_have_attribute("aria-pressed", "true")
    assert screen.service.called("PUT", "/clock")[0].body == {"rate": 300}


def test_real_spacecraft_have_no_speed_control_and_a_viewer_cannot_use_it(screen: Screen) -> None:
    screen.service.user = {"username": "vera", "role": "viewer"}
    screen.open_console()
    expect(screen.part("clock-rate").first).to_be_disabled()
    expect(screen.part("chat-input")).to_be_disabled()
    screen.service.send({"type": "clock", "clock": screen.service.clock | {"simulated": False, "rate": 1.0}})
    expect(screen.part("clock-rate")).to_have_count(0)


def test_a_ground_link_that_is_down_is_said(screen: Screen) -> None:
    screen.open_console()
    screen.service.send({"type": "link", "up": False, "detail": "connection refused"})
    expect(screen.part("link-state")).to_have_attribute("data-state", "no-ground")
    expect(screen.part("link-state")).to_contain_text("Ground link down")


@pytest.mark.parametrize("tab", ["plan", "approvals", "queue", "stacks", "commands", "passes", "audit"])
def test_nothing_scrolls_the_page_at_1280_by_800(screen: Screen, tab: str) -> None:
    screen.service.answers[("GET", "/audit")] = lambda call: Answer({"items": [], "next_cursor": None})
    screen.open_review()
    screen.service.send({"type": "command", "command": COMMAND | {"history": HISTORY}})
    screen.part(f"tab-{tab}").click()
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert screen.page.evaluate(size) == [1280, 800]
    panel = "(one => [one.scrollWidth, one.clientWidth])(document.querySelector('.side-body'))"
    inner, outer = screen.page.evaluate(panel)
    assert inner <= outer
    fleet = "(one => one.scrollWidth - one.clientWidth)(document.querySelector('.sidebar'))"
    assert screen.page.evaluate(fleet) == 0


def test_the_colours_follow_the_system_until_somebody_chooses_and_the_choice_stays(screen: Screen) -> None:
    screen.open_console()
    theme = "document.documentElement.dataset.theme"
    assert screen.page.evaluate(theme) == "dark"
    screen.page.get_by_role("button", name="Use the light colours").click()
    assert screen.page.evaluate(theme) == "light"
    screen.page.reload()
    screen.part("chat-input").wait_for()
    assert screen.page.evaluate(theme) == "light"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa_in_both_themes(screen: Screen, theme: str) -> None:
    screen.open_console()
    screen.page.evaluate("name => { document.documentElement.dataset.theme = name }", theme)
    ratios = screen.page.evaluate(_CONTRAST)
    too_low = {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5}  # WCAG 2.2, 1.4.3
    assert too_low == {}


# Relative luminance and contrast as WCAG 2.2 defines them.
_CONTRAST = """() => {
  const style = getComputedStyle(document.documentElement);
  const value = name => style.getPropertyValue(name).trim();
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = hex => [1, 3, 5].map(at => channel(parseInt(hex.slice(at, at + 2), 16)))
    .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const pairs = [["--text", "--bg"], ["--text", "--panel"], ["--muted", "--bg"], ["--muted", "--panel"], ["--muted", "--raised"],
    ["--accent", "--panel"], ["--accent", "--accent-soft"], ["--on-accent", "--accent"], ["--good", "--panel"],
    ["--good", "--good-soft"], ["--warn", "--panel"], ["--warn", "--warn-soft"], ["--bad", "--panel"], ["--bad", "--bad-soft"],
    ["--purple", "--panel"]];
  return Object.fromEntries(pairs.map(([one, other]) => [`${one} on ${other}`, ratio(value(one), value(other))]));
}"""


def test_every_control_has_a_name_and_can_be_reached_by_tab(screen: Screen) -> None:
    screen.open_review()
    nameless = screen.page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, textarea, [role=button]')]
        .filter(one => !(one.textContent.trim() || one.getAttribute('aria-label') || one.closest('label')))
        .map(one => one.outerHTML)"""
    )
    assert nameless == []
    wanted = {"chat-input", "approve", "reject", "timeline-activity", "tab-plan", "clock-rate"}
    seen: set[str] = set()
    for _ in range(80):
        screen.page.keyboard.press("Tab")
        found = screen.page.evaluate("document.activeElement?.dataset?.testid ?? ''")
        seen.add(found)
        if wanted <= seen:
            break
    assert wanted <= seen
