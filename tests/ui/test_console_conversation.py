"""Talking to the agent: streaming, tool calls, broken connections, ended sessions, refusals, the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import REQUEST, Screen
from tests.ui.scripted_service import Answer, recorded

pytestmark = pytest.mark.browser


def text_events(*pieces: str, message_id: str = "m1") -> list[dict[str, str]]:
    return [
        {"type": "TEXT_MESSAGE_START", "messageId": message_id, "role": "assistant"},
        *({"type": "TEXT_MESSAGE_CONTENT", "messageId": message_id, "delta": piece} for piece in pieces),
    ]


def run_started() -> dict[str, str]:
    return {"type": "RUN_STARTED", "threadId": "conv-0001", "runId": "conv-0001-intent-0001"}


def test_the_recorded_run_streams_steps_tool_calls_and_a_plan_to_review(screen: Screen) -> None:
    screen.open_console()
    screen.ask()
    sent = screen.service.called("POST", "/intents")[0]
    assert sent.body == {"text": REQUEST} and sent.headers["idempotency-key"]
    screen.service.tell(recorded("events"))
    expect(screen.part("message-user")).to_have_text(REQUEST)
    steps = screen.part("step").evaluate_all("all => all.map(one => [one.dataset.step, one.dataset.done])")
    assert [name for name, _ in steps] == ["interpret", "gather", "interpret", "draft", "check", "review"]
    assert all(done == "true" for _, done in steps)
    expect(screen.part("tool-card")).to_have_count(2)
    expect(screen.part("plan-state")).to_have_attribute("data-state", "validated")
    expect(screen.part("timeline-activity")).to_have_count(3)
    expect(screen.part("profile-chart")).to_have_count(6)
    expect(screen.part("message-assistant")).to_contain_text("2026-11-23 05:58:00 UTC")


def test_a_tool_card_opens_to_its_arguments_with_their_origins_and_its_result(screen: Screen) -> None:
    screen.open_console()
    screen.ask()
    screen.service.tell(recorded("events"))
    screen.part("plan-state").wait_for()
    card = screen.part("tool-card").first
    card.get_by_role("button").click()
    expect(card.get_by_role("button")).to_have_attribute("aria-expanded", "true")
    expect(card).to_contain_text("data_volume_mb")
    expect(card.locator(".origin-operator")).to_have_count(4)
    expect(card).to_contain_text("first_start")


def test_a_failed_tool_call_says_why_and_what_would_be_valid(screen: Screen) -> None:
    screen.open_console()
    screen.ask("Point LSAT-9 at the sun")
    result = '{"tool": "point_attitude", "error": "satellite LSAT-9 is unknown", "valid": {"satellite": "LSAT-1"}}'
    screen.service.tell(
        [
            run_started(),
            {"type": "TOOL_CALL_START", "toolCallId": "x", "toolCallName": "point_attitude"},
            {"type": "TOOL_CALL_RESULT", "toolCallId": "x", "content": result},
        ]
    )
    card = screen.part("tool-card")
    expect(card).to_have_attribute("data-state", "error")
    expect(card).to_contain_text("satellite LSAT-9 is unknown")
    card.get_by_role("button").click()
    expect(card).to_contain_text("LSAT-1")


def test_text_grows_as_it_streams_and_markup_in_it_stays_text(screen: Screen) -> None:
    screen.open_console()
    screen.ask()
    after = screen.service.tell([run_started(), *text_events("The **battery** ")])
    message = screen.part("message-assistant")
    expect(message).to_have_attribute("data-streaming", "true")
    expect(message.locator("strong")).to_have_text("battery")
    hostile = 'is <img src=x onerror="window.hacked=1"> full [link](javascript:window.hacked=1)'
    more = [
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": hostile},
        {"type": "TEXT_MESSAGE_END", "messageId": "m1"},
    ]
    screen.service.tell(more, after)
    expect(message).to_have_attribute("data-streaming", "false")
    expect(message.locator("img")).to_have_count(0)
    assert screen.page.evaluate("window.hacked") is None
    assert "javascript:" not in message.inner_html()


def test_a_broken_connection_shows_and_resumes_after_the_last_event_without_repeating(screen: Screen) -> None:
    screen.open_console()
    screen.ask()
    screen.service.tell([run_started(), *text_events("one ")])
    expect(screen.part("message-assistant")).to_have_text("one")
    screen.service.heard.clear()
    screen.service.sockets[-1].close(code=1011, reason="restart")
    expect(screen.part("link-state")).to_have_attribute("data-state", "down")
    expect(screen.page.get_by_text("The service is not reachable.")).to_be_visible()
    screen.wait_until(lambda: any(one["type"] == "subscribe" for one in screen.service.heard))
    assert screen.service.heard[0] == {"type": "subscribe", "conversation_id": "conv-0001", "after": 3}
    pieces = [
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": "one "},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m1", "delta": "two"},
    ]
    screen.service.tell(pieces, first=3)
    expect(screen.part("message-assistant")).to_have_text("one two")
    expect(screen.part("link-state")).to_have_attribute("data-state", "up")


def test_signing_in_names_a_wrong_password_and_then_opens_the_console(screen: Screen) -> None:
    screen.service.user = None
    wrong = {"title": "Not signed in", "status": 401, "detail": "the user name or the password is wrong"}
    screen.service.answers[("POST", "/auth/login")] = lambda call: Answer(wrong, 401)
    screen.open()
    screen.part("signin-username").fill("olga")
    screen.part("signin-password").fill("guess")
    screen.part("signin-submit").click()
    expect(screen.page.get_by_role("alert")).to_contain_text("the password is wrong")
    user = {"username": "olga", "role": "operator"}
    screen.service.answers[("POST", "/auth/login")] = lambda call: Answer({"user": user})
    screen.service.user = user
    screen.part("signin-submit").click()
    expect(screen.part("chat-input")).to_be_visible()
    assert screen.service.called("POST", "/auth/login")[0].body == {"username": "olga", "password": "guess"}


def test_an_ended_session_asks_to_sign_in_again_and_keeps_what_was_typed(screen: Screen) -> None:
    screen.open_console()
    user = screen.service.user
    screen.service.user = None
    screen.part("chat-input").fill("Point LSAT-1 at the sun")
    screen.page.keyboard.press("Enter")
    expect(screen.page.get_by_text("Your session has ended.")).to_be_visible()
    screen.service.user = user
    screen.service.answers[("POST", "/auth/login")] = lambda call: Answer({"user": user})
    screen.part("signin-username").fill("olga")
    screen.part("signin-password").fill("secret")
    screen.part("signin-submit").click()
    expect(screen.part("signin-submit")).to_have_count(0)
    expect(screen.part("chat-input")).to_have_value("Point LSAT-1 at the sun")


def test_a_refused_request_shows_the_services_words_and_a_second_try_has_the_same_key(screen: Screen) -> None:
    busy = {"title": "Conflict", "status": 409, "detail": "conversation is still busy", "code": "conversation-busy"}
    screen.service.answers[("POST", "/intents")] = lambda call: Answer(busy, 409)
    screen.open_console()
    screen.part("chat-input").fill("Again")
    screen.part("send").click()
    expect(screen.page.get_by_role("alert")).to_contain_text("conversation is still busy")
    expect(screen.part("chat-input")).to_have_value("Again")
    screen.part("send").click()
    screen.wait_until(lambda: len(screen.service.called("POST", "/intents")) == 2)
    first, second = screen.service.called("POST", "/intents")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_a_service_that_is_down_is_named_and_nothing_typed_is_lost(screen: Screen) -> None:
    screen.open_console()
    screen.service.reachable = False
    screen.part("chat-input").fill("Point LSAT-1 at the sun")
    screen.part("send").click()
    expect(screen.page.get_by_role("alert")).to_contain_text("cannot be reached")
    screen.service.reachable = True
    screen.page.reload()
    expect(screen.part("chat-input")).to_have_value("Point LSAT-1 at the sun")


def test_the_keyboard_alone_writes_sends_and_walks_the_tabs(screen: Screen) -> None:
    screen.open_console()
    screen.page.locator("body").click(position={"x": 600, "y": 100})
    screen.page.keyboard.press("/")
    expect(screen.part("chat-input")).to_be_focused()
    screen.page.keyboard.type("first")
    screen.page.keyboard.press("Shift+Enter")
    screen.page.keyboard.type("second / third")
    expect(screen.part("chat-input")).to_have_value("first\nsecond / third")
    screen.page.keyboard.press("Enter")
    screen.part("message-user").wait_for()
    assert screen.service.called("POST", "/intents")[0].body["text"] == "first\nsecond / third"
    expect(screen.part("chat-input")).to_have_value("")
    screen.part("tab-plan").focus()
    screen.page.keyboard.press("ArrowRight")
    expect(screen.part("tab-approvals")).to_have_attribute("aria-selected", "true")
    expect(screen.part("tab-approvals")).to_be_focused()


def test_an_example_request_fills_the_input_and_sends_nothing(screen: Screen) -> None:
    screen.open_console()
    screen.page.get_by_role("list", name="Example requests").get_by_role("button").first.click()
    expect(screen.part("chat-input")).to_have_value(REQUEST)
    assert screen.service.called("POST", "/intents") == []


def test_words_during_a_review_go_to_the_agent_as_a_response(screen: Screen) -> None:
    path = "/conversations/conv-0001/respond"
    intent = {"intent_id": "intent-0001", "conversation_id": "conv-0001"}
    screen.service.answers[("POST", path)] = lambda call: Answer(intent, 202)
    screen.open_console()
    screen.ask()
    screen.service.tell(recorded("events"))
    screen.part("plan-state").wait_for()
    expect(screen.part("send")).to_have_text("Respond")
    screen.part("chat-input").fill("Use Kiruna instead")
    screen.page.keyboard.press("Enter")
    expect(screen.part("message-user")).to_have_count(2)
    assert screen.service.called("POST", path)[0].body == {"text": "Use Kiruna instead"}
