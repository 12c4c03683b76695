"""The telemetry stream beside real clients: sockets and server-sent events of a running service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from ml.anomaly.anomaly import Severity
from tests.api.conftest import Headers, LiveService, live_service
from tests.api.sockets import read_until, send
from tests.api.stream_bench import MESSAGE, arrow_message, rows_of
from tests.ml.alerts.anomalies import anomaly

_WAIT_S = 60.0


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service whose mission time runs fast, so that a contact with new telemetry is never far."""
    with live_service(tmp_path_factory.mktemp("stream"), clock_rate=120.0) as running:
        yield running


@pytest.fixture(scope="module")
def headers(live: LiveService) -> Headers:
    return live.as_role("operator")


def _open(live: LiveService, headers: Headers, query: str = "") -> ClientConnection:
    url = f"{live.socket_url}/api/v1/telemetry/stream{query}"
    socket: ClientConnection = connect(url, additional_headers=headers, max_size=None)
    return socket


def _events(live: LiveService, headers: Headers, **query: Any) -> Iterator[tuple[int | None, dict[str, Any]]]:
    with live.client.stream("GET", "/api/v1/telemetry/stream", params=query, headers=headers, timeout=120.0) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        number: int | None = None
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                number = int(value)
            elif name == "data":
                MESSAGE.validate_json(value)
                yield number, json.loads(value)
                number = None


def test_nobody_follows_telemetry_without_signing_in(live: LiveService) -> None:
    with connect(f"{live.socket_url}/api/v1/telemetry/stream") as socket:
        assert json.loads(socket.recv(timeout=_WAIT_S))["problem"]["status"] == 401
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=_WAIT_S)
        assert socket.close_code == 4401
    assert live.client.get("/api/v1/telemetry/stream").status_code == 401


def test_several_subscriptions_share_a_socket(live: LiveService, headers: Headers) -> None:
    with _open(live, headers) as socket:
        hello = json.loads(socket.recv(timeout=_WAIT_S))
        assert hello["type"] == "hello" and "LSAT-1" in hello["satellites"]
        send(socket, {"type": "subscribe", "id": "now", "parameters": ["soc"]})
        send(socket, {"type": "subscribe", "id": "all", "mode": "every", "containers": ["*"], "after": 0})
        send(socket, {"type": "subscribe", "id": "alarms", "alarms": True})
        awaited = {"samples", "newest"}  # in either order
        seen = read_until(socket, lambda one: awaited.discard(one["type"]) or not awaited)
        for one in [hello, *seen]:
            MESSAGE.validate_python(one)
        assert {one["id"] for one in seen if one["type"] == "subscribed"} == {"now", "all", "alarms"}
        assert all(one["id"] == "all" for one in seen if one["type"] == "samples")
        soc = next(one for one in seen if one["type"] == "newest")["samples"][0]
        assert (soc["parameter"], soc["limit_state"]) == ("soc", "normal")
        send(socket, {"type": "unsubscribe", "id": "all"})
        assert read_until(socket, lambda one: one["type"] == "unsubscribed")[-1]["id"] == "all"
        send(socket, {"type": "ping"})
        assert read_until(socket, lambda one: one["type"] == "pong")


@pytest.mark.parametrize(
    ("bad", "code", "named"),
    [
        ("{", "bad-message", "JSON"),
        ('{"type": "reboot"}', "bad-message", "subscribe"),
        ('{"type": "subscribe"}', "bad-message", "id"),
        ('{"type": "subscribe", "id": "x", "maximum_hz": 1e9}', "bad-message", "maximum_hz"),
        ('{"type": "subscribe", "id": "x", "replay": {"start": "now", "speed": 0}}', "bad-message", "replay.speed"),
        ('{"type": "subscribe", "id": "x", "parameters": ["sox"]}', "bad-input", "parameters"),
        ('{"type": "subscribe", "id": "x", "satellites": ["LSAT-9"]}', "unknown-satellite", "LSAT-9"),
        ('{"type": "subscribe", "id": "x", "mode": "every", "after": 9007199254740992}', "bad-input", "after"),
        ('{"type": "unsubscribe", "id": "x"}', "unknown-subscription", "x"),
        ('{"type": "replay", "id": "x", "action": "pause"}', "unknown-subscription", "x"),
        ("x" * 64_001, "bad-message", "64001"),
        (b"\x00\xff", "bad-message", ""),
    ],
)
def test_a_bad_message_gets_a_problem_and_the_socket_lives(
    bad: str | bytes, code: str, named: str, live: LiveService, headers: Headers
) -> None:
    with _open(live, headers) as socket:
        socket.send(bad)
        problem = read_until(socket, lambda one: one["type"] == "problem")[-1]["problem"]
        assert problem["code"] == code
        assert named in problem["detail"]
        send(socket, {"type": "ping"})
        assert read_until(socket, lambda one: one["type"] == "pong")


def test_samples_come_in_arrow_over_a_socket(live: LiveService, headers: Headers) -> None:
    with _open(live, headers) as socket:
        send(socket, {"type": "subscribe", "id": "b", "mode": "every", "format": "arrow", "after": 0})
        while not isinstance(message := socket.recv(timeout=_WAIT_S * 2), bytes):
            assert json.loads(message)["type"] in ("hello", "subscribed")
        head, tables = arrow_message(message)
    assert head["type"] == "samples" and head["id"] == "b" and head["cursor"] > 0
    assert all(one.num_rows and "packet:arrival" in one.column_names for one in tables) and tables


def test_an_id_is_given_once(live: LiveService, headers: Headers) -> None:
    with _open(live, headers) as socket:
        for _ in range(2):
            send(socket, {"type": "subscribe", "id": "x", "parameters": ["soc"]})
        problem = read_until(socket, lambda one: one["type"] == "problem")[-1]
        assert (problem["id"], problem["problem"]["status"]) == ("x", 409)


def test_the_address_of_a_socket_can_name_what_it_wants(live: LiveService, headers: Headers) -> None:
    with _open(live, headers, "?satellite=LSAT-1&parameter=soc") as socket:
        told = read_until(socket, lambda one: one["type"] == "newest")[-1]
        assert [(one["satellite"], one["parameter"]) for one in told["samples"]] == [("LSAT-1", "soc")]
    with _open(live, headers, "?satellite=LSAT-9") as socket:
        problem = read_until(socket, lambda one: one["type"] == "problem")[-1]["problem"]
        assert problem["code"] == "unknown-satellite"
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=_WAIT_S)
        assert socket.close_code == 1008


def test_server_sent_events_go_on_after_the_last_one(live: LiveService, headers: Headers) -> None:
    wanted: dict[str, Any] = {"mode": "every", "parameter": "soc", "maximum_hz": 100}
    rows: list[Any] = []
    cursor = 0
    for _ in range(2):  # two visits of one message each
        for number, message in _events(live, {**headers, "Last-Event-ID": str(cursor)}, **wanted):
            if message["type"] == "samples" and message["blocks"]:
                assert number == message["cursor"] > cursor
                cursor = number
                rows += rows_of(message)
                break
    whole: list[Any] = []
    for _, message in _events(live, headers, after=0, **wanted):
        whole += rows_of(message)
        if len(whole) >= len(rows):
            break
    assert rows and whole[: len(rows)] == rows


def test_steps_of_anomalies_come_as_server_sent_events_and_go_on_after_the_last_one(
    live: LiveService, headers: Headers
) -> None:
    desk = live.runtime.anomalies.desk
    desk.take([anomaly("a"), anomaly("b", lead="mode")])
    desk.take([anomaly("a", newest_s=5, severity=Severity.SERIOUS)])
    cursor, seen = 0, []
    for wanted in (1, 2):
        for number, message in _events(
            live, {**headers, "Last-Event-ID": str(cursor)}, anomalies=True, parameter="soc", maximum_hz=100
        ):
            if message["type"] == "anomalies":
                assert number == message["cursor"] > cursor
                cursor = number
                seen += [one["step"] for one in message["steps"]]
                break
        if wanted == 1:
            desk.take([anomaly("a", end_s=9, severity=Severity.SERIOUS)])
    assert seen == ["opened", "worsened", "ended"]
    with _open(live, headers) as socket:
        send(socket, {"type": "subscribe", "id": "a", "anomalies": True, "parameters": ["mode"], "after": 0})
        told = read_until(socket, lambda one: one["type"] == "anomalies")[-1]
        assert [one["alert"]["parameters"] for one in told["steps"]] == [["mode"]]


def test_a_replay_comes_as_server_sent_events_and_ends(live: LiveService, headers: Headers) -> None:
    fleet = live.runtime.flight.fleet
    _events_seen = next(
        message
        for _, message in _events(live, headers, mode="every", parameter="soc", after=0)
        if message["type"] == "samples" and message["blocks"]
    )
    first = rows_of(_events_seen)[0]
    known = fleet.archive.samples(first[1], "soc", first[3], first[3])
    messages = []
    for number, message in _events(
        live,
        headers,
        mode="every",
        parameter="soc",
        satellite=first[1],
        replay_start="2026-11-22T12:00:00Z",
        replay_speed=10_000,
    ):
        assert number is None
        messages.append(message)
        if message["type"] == "replay" and message["replay"]["state"] == "ended":
            break
    rows = [row for one in messages for row in rows_of(one)]
    assert (rows[0][3], rows[0][4]["soc"]) == (first[3], known[0].value)


def test_the_description_of_the_api_has_every_message(live: LiveService) -> None:
    document = live.client.get("/api/v1/openapi.json").json()
    text = json.dumps(document["paths"]["/api/v1/telemetry/stream"]["get"]["responses"]["200"])
    references = set(re.findall(r'"\$ref": "#/(paths[^"]+)"', text))
    assert references
    for one in references:
        place: Any = document
        for part in one.split("/"):
            place = place[part.replace("~1", "/").replace("~0", "~")]
        assert place["type"] in ("object", "string")


def test_what_a_query_cannot_mean_is_refused(live: LiveService, headers: Headers) -> None:
    for query, field in (
        ({"replay_end": "2026-11-22T12:00:00Z"}, "replay_start"),
        ({"parameter": "sox"}, "parameters"),
    ):
        answer = live.client.get("/api/v1/telemetry/stream", params=query, headers=headers)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert live.client.get("/api/v1/telemetry/stream?maximum_hz=0", headers=headers).status_code == 422
