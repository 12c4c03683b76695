"""The built console in headless Chromium, over a scripted service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.ui.scripted_service import CONSOLE, CONVERSATION, ORIGIN, ScriptedService, recorded

expect.set_options(timeout=60_000)
REQUEST = recorded("plan")["intent"]["text"]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    if not (CONSOLE / "index.html").is_file():
        pytest.fail(f"{CONSOLE} holds no built console: run `make console`")
    # Module scope: the synchronous driver's event loop must be gone before asynchronous tests of other modules run.
    with sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield started
        started.close()


@dataclass
class Screen:
    """One page and the service behind it."""

    page: Page
    service: ScriptedService

    def open(self) -> None:
        self.page.goto(f"{ORIGIN}/")

    def part(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def open_console(self) -> None:
        self.open()
        self.part("chat-input").wait_for()
        self.page.wait_for_function("document.querySelector('[data-testid=link-state]').dataset.state === 'up'")

    def ask(self, text: str = REQUEST) -> None:
        """Send a request and wait until the console follows its conversation."""
        self.part("chat-input").fill(text)
        self.page.keyboard.press("Enter")
        self.part("message-user").wait_for()
        self.wait_until(lambda: any(one["type"] == "subscribe" for one in self.service.heard))

    def open_review(self, user: dict[str, str] | None = None) -> None:
        """Open the conversation that waits with the plan, as somebody."""
        self.service.user = user or {"username": "petra", "role": "planner"}
        self.service.conversation = {
            "conversation_id": CONVERSATION,
            "status": "awaiting_review",
            "messages": [{"role": "user", "content": REQUEST}],
            "calls": [],
            "plan_id": self.service.plan["plan_id"],
            "revision": 1,
            "interrupt": None,
            "last_sequence": 0,
        }
        self.open_console()
        self.part("conversation").click()
        self.part("plan-state").wait_for()

    def wait_until(self, holds: Any) -> None:
        """Let the page work until something holds on the test's side."""
        for _ in range(2400):
            if holds():
                return
            self.page.wait_for_timeout(25)
        pytest.fail("the page did not do what was expected within a minute")


@pytest.fixture
def screen(browser: Browser) -> Iterator[Screen]:
    """A fresh page at 1280x800; a script error on it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    service = ScriptedService()
    service.attach(page)
    yield Screen(page, service)
    context.close()
    assert errors == []
