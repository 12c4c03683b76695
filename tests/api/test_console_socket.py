"""The console's socket beside a real client: replay, live events, mistakes, slow readers, many at once."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from api.service import live as live_messages
from tests.api.conftest import Headers, LiveService, Service
from tests.api.sockets import events_of, open_console, read_sse, read_until, run_ended, send
from tests.api.story import say

QUESTION = "When can Kiruna see LSAT-3 in the next 12 hours?"


@pytest.fixture(scope="module")
def headers(live: LiveService) -> Headers:
    return live.as_role("operator")


def _ask(live: LiveService, headers: Headers, text: str = QUESTION, **more: Any) -> dict[str, Any]:
    answer = live.client.post("/api/v1/intents", json={"text": text, **more}, headers=headers)
    assert answer.status_code == 202, answer.text
    accepted: dict[str, Any] = answer.json()
    return accepted


def test_the_socket_says_hello_and_what_is_so_now(live: LiveService, headers: Headers) -> None:
    with open_console(live, headers) as socket:
        hello, link = json.loads(socket.recv(timeout=10)), json.loads(socket.recv(timeout=10))
        assert hello["type"] == "hello"
        assert hello["user"] == {"username": "operator", "role": "operator"}
        assert set(hello["clock"]) == {"now", "rate", "simulated", "maximum_rate"}
        assert link["type"] == "link" and isinstance(link["up"], bool)
        send(socket, {"type": "ping"})
        assert read_until(socket, lambda one: one["type"] == "pong")


def test_nobody_listens_without_signing_in(live: LiveService, service: Service) -> None:
    with connect(f"{live.socket_url}/api/v1/console") as socket:
        problem = json.loads(socket.recv(timeout=10))
        assert problem["problem"]["status"] == 401
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        assert socket.close_code == 4401
    with service.client.websocket_connect("/api/v1/console", headers={"Authorization": "Bearer forged"}) as socket:
        assert socket.receive_json()["problem"]["code"] == "bad-token"
        with pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)):
            socket.receive_json()


@pytest.mark.parametrize(
    "bad",
    [
        "{",
        "[]",
        "null",
        '{"type": "reboot"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "conversation_id": "", "after": 0}',
        '{"type": "subscribe", "conversation_id": "c", "after": -1}',
        '{"type": "subscribe", "conversation_id": "c", "after": 99999999999999999999}',
        '{"type": "ping", "extra": 1}',
        "x" * 64_001,
        b"\x00\xff\x00",
        b"",
    ],
)
def test_a_bad_message_gets_a_problem_and_the_socket_lives(
    bad: str | bytes, live: LiveService, headers: Headers
) -> None:
    with open_console(live, headers) as socket:
        socket.send(bad)
        problem = read_until(socket, lambda one: one["type"] == "problem")[-1]["problem"]
        assert (problem["status"], problem["code"]) == (422, "bad-message")
        assert problem["detail"] and "Traceback" not in problem["detail"]
        send(socket, {"type": "ping"})
        assert read_until(socket, lambda one: one["type"] == "pong")


def test_a_conversation_is_replayed_and_followed_without_a_gap_or_a_double(live: LiveService, headers: Headers) -> None:
    accepted = _ask(live, headers, "Point LSAT-3 at the sun for 20 minutes")
    with open_console(live, headers) as socket:
        send(socket, {"type": "subscribe", "conversation_id": accepted["conversation_id"], "after": 0})
        first = events_of(read_until(socket, run_ended), accepted["conversation_id"])
        respond = f"/api/v1/conversations/{accepted['conversation_id']}/respond"
        assert live.client.post(respond, json={"text": "why then?"}, headers=headers).status_code == 202
        second = events_of(read_until(socket, run_ended), accepted["conversation_id"])
    assert [one for one, _ in first + second] == list(range(1, len(first) + len(second) + 1))
    kinds = {event["type"] for _, event in first}
    assert {"RUN_STARTED", "STEP_STARTED", "STEP_FINISHED", "TOOL_CALL_START", "TOOL_CALL_RESULT", "CUSTOM"} <= kinds


def test_a_dropped_socket_loses_nothing_in_the_middle_of_a_run(live: LiveService, headers: Headers) -> None:
    accepted = _ask(live, headers, "Downlink 800 MB from LSAT-1 at Svalbard before tomorrow noon")
    conversation_id = accepted["conversation_id"]
    seen: list[tuple[int, dict[str, Any]]] = []
    for _ in range(200):
        with open_console(live, headers) as socket:
            after = seen[-1][0] if seen else 0
            send(socket, {"type": "subscribe", "conversation_id": conversation_id, "after": after})
            seen += events_of(read_until(socket, lambda one: one["type"] == "agui"), conversation_id)
            socket.close_timeout = 0.0
        if seen[-1][1]["type"] == "RUN_FINISHED":
            break
    stored = live.runtime.conversation_log.read(conversation_id)
    assert seen == stored
    assert read_sse(live, headers, conversation_id, 0) == stored


def test_server_sent_events_go_on_where_the_last_ones_ended(live: LiveService, headers: Headers) -> None:
    accepted = _ask(live, headers)
    all_events = read_sse(live, headers, accepted["conversation_id"], 0)
    middle = all_events[len(all_events) // 2][0]
    assert read_sse(live, headers, accepted["conversation_id"], middle) == all_events[len(all_events) // 2 + 1 :]
    resumed = read_sse(live, {**headers, "Last-Event-ID": str(middle)}, accepted["conversation_id"], 0)
    assert resumed[0][0] == middle + 1


def test_events_of_conversations_that_nobody_asked_for_are_not_sent(live: LiveService, headers: Headers) -> None:
    with open_console(live, headers) as socket:
        say(live.client, headers, QUESTION)
        send(socket, {"type": "ping"})
        assert not [one for one in read_until(socket, lambda one: one["type"] == "pong") if one["type"] == "agui"]


def test_consoles_hear_of_approval_requests_and_of_holds_of_single_commands(
    live: LiveService, headers: Headers
) -> None:
    planner = live.as_role("planner")
    with open_console(live, headers) as socket:
        plan_id = say(live.client, headers, "Point LSAT-3 at the sun for 20 minutes")["plan_id"]
        (asked,) = [
            one
            for one in live.client.get("/api/v1/approvals", headers=planner).json()["items"]
            if one["subject_id"] == plan_id
        ]
        opened = read_until(
            socket, lambda one: one["type"] == "approval_order" and one["detail"]["subject_id"] == plan_id
        )[-1]
        assert (opened["what"], opened["subject"]) == ("opened", asked["request_id"])
        consent = {"subject_hash": asked["subject_hash"]}
        url = f"/api/v1/approvals/{asked['request_id']}"
        released = live.client.post(f"{url}/approve", json=consent, headers=planner)
        assert released.status_code == 200, released.text
        command_id = live.client.get(f"/api/v1/commands?plan_id={plan_id}", headers=headers).json()["items"][0][
            "command_id"
        ]
        live.client.post(f"/api/v1/commands/{command_id}/hold", json={"reason": "wait"}, headers=headers)
        held = read_until(socket, lambda one: one["type"] == "command_order" and one["subject"] == command_id)[-1]
        assert (held["what"], held["subject"], held["by"]) == ("held", command_id, "user:operator")
        assert held["detail"]["reason"] == "wait"
        live.client.post(f"{url}/revoke", json={"reason": "seen"}, headers=planner)


def test_a_reader_that_falls_too_far_behind_is_told_to_connect_again(
    live: LiveService, headers: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_messages, "_CAPACITY", 50)
    with open_console(live, headers, max_queue=1) as socket:
        json.loads(socket.recv(timeout=10))
        filler = {"type": "plan", "plan": {"text": "x" * 500_000}}
        for _ in range(200):  # more than the kernel's buffers and the queue hold
            live.runtime.broadcaster.publish(filler)
        with pytest.raises(ConnectionClosed):
            while True:
                socket.recv(timeout=30)
        assert socket.close_code == 1013
    with open_console(live, headers) as again:
        assert json.loads(again.recv(timeout=10))["type"] == "hello"


def test_telemetry_waits_for_slow_readers_as_its_newest_value_only(live: LiveService, headers: Headers) -> None:
    with open_console(live, headers) as socket:
        json.loads(socket.recv(timeout=10))
        for number in range(5000):
            live.runtime.broadcaster.publish(
                {"type": "telemetry", "satellite": "LSAT-4", "at": None, "parameters": [{"name": "N", "value": number}]}
            )
        last = read_until(
            socket,
            lambda one: one["type"] == "telemetry" and one["parameters"][-1:] == [{"name": "N", "value": 4999}],
        )
        assert len(last) <= 5001


def test_twenty_consoles_see_the_same(live: LiveService, headers: Headers) -> None:
    accepted = _ask(live, headers)
    subscription = {"type": "subscribe", "conversation_id": accepted["conversation_id"], "after": 0}
    with ExitStack() as stack:
        sockets = [stack.enter_context(open_console(live, headers)) for _ in range(20)]
        for socket in sockets:
            send(socket, subscription)
        seen = [events_of(read_until(socket, run_ended), accepted["conversation_id"]) for socket in sockets]
    stored = live.runtime.conversation_log.read(accepted["conversation_id"])
    assert all(one == stored for one in seen)


def test_a_socket_that_leaves_is_forgotten(live: LiveService, headers: Headers) -> None:
    before = len(live.runtime.broadcaster._subscriptions)
    for _ in range(5):
        with open_console(live, headers) as socket:
            socket.recv(timeout=10)
    deadline = time.monotonic() + 90.0
    while len(live.runtime.broadcaster._subscriptions) > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(live.runtime.broadcaster._subscriptions) <= before
