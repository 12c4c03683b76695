"""The whole story in a real browser, against the real service and its simulator: ask, review, approve, watch it fly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.flow.service_process import PASSWORD, ServiceProcess

STORY = "Downlink 800 MB from LSAT-1 at Svalbard before tomorrow noon, then point it at the sun for 45 minutes"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    process = ServiceProcess(tmp_path_factory.mktemp("console") / "data")
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


def _sign_in(browser: Browser, service: ServiceProcess, username: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(15_000)
    page.goto(service.address)
    page.get_by_test_id("signin-username").fill(username)
    page.get_by_test_id("signin-password").fill(PASSWORD)
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_test_id("chat-input")).to_be_visible()
    return page


@pytest.mark.timeout(240)
def test_a_sentence_becomes_acknowledged_commands(browser: Browser, service: ServiceProcess, tmp_path: Path) -> None:
    errors: list[str] = []
    operator = _sign_in(browser, service, "operator")
    operator.on("pageerror", lambda error: errors.append(str(error)))
    operator.get_by_test_id("chat-input").fill(STORY)
    operator.keyboard.press("Enter")
    expect(operator.get_by_test_id("tool-card")).to_have_count(2)
    expect(operator.get_by_test_id("message-assistant").first).to_contain_text("3 activities, validated")
    expect(operator.get_by_test_id("plan-state").first).to_contain_text("validated")
    expect(operator.get_by_test_id("timeline-activity")).to_have_count(3)
    operator.screenshot(path=tmp_path / "1-drafted.png")

    planner = _sign_in(browser, service, "planner")
    planner.on("pageerror", lambda error: errors.append(str(error)))
    planner.get_by_test_id("conversation").first.click()
    expect(planner.get_by_test_id("plan-state").first).to_contain_text("validated")
    expect(planner.get_by_test_id("profile-chart").first).to_be_visible()
    planner.screenshot(path=tmp_path / "2-review.png")
    planner.get_by_test_id("approve").first.click()
    planner.get_by_test_id("approve-confirm").click()
    expect(planner.get_by_test_id("plan-state").first).to_contain_text("released")

    operator.get_by_test_id("tab-commands").click()
    expect(operator.get_by_test_id("command-row")).to_have_count(2)
    _run_faster(operator)
    for row in range(2):
        expect(operator.get_by_test_id("command-row").nth(row)).to_have_attribute(
            "data-state", "completed", timeout=90_000
        )
    expect(operator.get_by_test_id("telemetry-value").first).to_be_visible()
    operator.screenshot(path=tmp_path / "3-completed.png")
    assert errors == []


def _run_faster(page: Page) -> None:
    page.locator('[data-testid="clock-rate"][data-rate="60"]').click()
    expect(page.locator('[data-testid="clock-rate"][data-rate="60"]')).to_have_attribute("aria-pressed", "true")


def test_a_reload_brings_the_conversation_back(browser: Browser, service: ServiceProcess) -> None:
    page = _sign_in(browser, service, "operator")
    page.get_by_test_id("chat-input").fill("When can Kiruna see LSAT-3 in the next 12 hours?")
    page.keyboard.press("Enter")
    answer = page.get_by_test_id("message-assistant").last
    expect(answer).to_contain_text("kiruna", ignore_case=True)
    said = answer.inner_text()
    page.reload()
    page.get_by_test_id("conversation").first.click()
    expect(page.get_by_test_id("message-assistant").last).to_have_text(said)


def test_the_console_says_when_the_service_is_gone_and_comes_back(browser: Browser, service: ServiceProcess) -> None:
    page = _sign_in(browser, service, "operator")
    expect(page.get_by_test_id("link-state")).to_have_attribute("data-state", "up")
    port = service.address.rsplit(":", 1)[1]
    service.kill()
    expect(page.get_by_test_id("link-state")).to_have_attribute("data-state", "down")
    service.start(port=port)
    expect(page.get_by_test_id("link-state")).to_have_attribute("data-state", "up", timeout=30_000)
