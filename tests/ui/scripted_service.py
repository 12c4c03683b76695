"""A service that says what a test tells it to, in the browser's own network layer: no port, no timing.

It answers the REST calls of docs/api.md from a table, holds the console's sockets, and gives the built console.
"""

from __future__ import annotations

import copy
import json
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page, Request, Route, WebSocketRoute

__all__ = ["CONVERSATION", "REVISION_HASH", "Answer", "ScriptedService", "recorded"]

CONSOLE = Path(__file__).resolve().parents[2] / "api" / "console"
ORIGIN = "http://console.test"
CONVERSATION = "conv-0001"
_RECORDED = json.loads((Path(__file__).parent / "recorded" / "downlink_story.json").read_text())
REVISION_HASH: str = _RECORDED["plan"]["validation"]["revision_hash"]


def recorded(name: str) -> Any:
    """A part of the recorded run, free to change."""
    return copy.deepcopy(_RECORDED[name])


@dataclass(frozen=True)
class Answer:
    """A response; a body that is a dict with ``status`` and ``title`` counts as problem details."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    method: str
    path: str
    body: Any
    headers: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)


class ScriptedService:
    """The service as one test needs it; change ``plan``, ``user`` or ``answers`` before or while the page runs."""

    def __init__(self) -> None:
        self.user: dict[str, str] | None = {"username": "olga", "role": "operator"}
        self.plan: dict[str, Any] = recorded("plan")
        self.conversation: dict[str, Any] | None = None
        self.clock = {"now": "2026-11-23T02:00:00Z", "rate": 60.0, "simulated": True, "maximum_rate": 1000.0}
        self.calls: list[Call] = []
        self.sockets: list[WebSocketRoute] = []
        self.heard: list[dict[str, Any]] = []
        self.streams: list[WebSocketRoute] = []
        self.asked: list[dict[str, Any]] = []  # over sockets of the telemetry stream
        self.answers: dict[tuple[str, str], Callable[[Call], Answer]] = {}
        self.reachable = True

    def attach(self, page: Page) -> None:
        """Stand between the page and its network."""
        page.route(f"{ORIGIN}/**", self._route)
        page.route_web_socket("**/api/v1/console", self._socket)
        page.route_web_socket("**/api/v1/telemetry/stream", self._stream)

    def send(self, message: dict[str, Any]) -> None:
        """A message over the newest socket."""
        self.sockets[-1].send(json.dumps(message))

    def tell(self, events: list[dict[str, Any]], first: int = 1) -> int:
        """AG-UI events of the conversation, numbered from ``first``; returns the next number."""
        for offset, event in enumerate(events):
            self.send({"type": "agui", "conversation_id": CONVERSATION, "sequence": first + offset, "event": event})
        return first + len(events)

    def summary(self) -> dict[str, Any]:
        """The plan in one line."""
        severities = [one["severity"] for one in self.plan["validation"]["findings"]]
        return {
            "plan_id": self.plan["plan_id"],
            "revision": self.plan["revision"],
            "state": self.plan["state"],
            "intent": self.plan["intent"]["text"],
            "author": self.plan["intent"]["author"],
            "satellites": ["LSAT-1"],
            "start": self.plan["horizon"]["start"],
            "end": self.plan["horizon"]["end"],
            "revision_hash": REVISION_HASH,
            "blocking": severities.count("block"),
            "unknown": severities.count("unknown"),
            "warnings": severities.count("warn"),
            "updated_at": "2026-11-23T02:00:00Z",
        }

    def called(self, method: str, path: str) -> list[Call]:
        """The calls that the page has made to a path."""
        return [one for one in self.calls if (one.method, one.path) == (method, path)]

    def _socket(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.heard.append(json.loads(text)))
        socket.send(json.dumps({"type": "hello", "user": self.user, "clock": self.clock}))
        socket.send(json.dumps({"type": "link", "up": True, "detail": "six stations"}))

    def _stream(self, socket: WebSocketRoute) -> None:
        self.streams.append(socket)
        socket.on_message(lambda text: self.asked.append(json.loads(text)))

    def stream(self, message: dict[str, Any]) -> None:
        """A message over the newest socket of the telemetry stream."""
        self.streams[-1].send(json.dumps(message))

    def _route(self, route: Route, request: Request) -> None:
        path = request.url.removeprefix(ORIGIN).split("?")[0]
        if not path.startswith("/api/"):
            file = CONSOLE / (path.lstrip("/") or "index.html")
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            route.fulfill(status=200, body=file.read_bytes(), content_type=kind)
            return
        if not self.reachable:
            route.abort("connectionrefused")
            return
        body = json.loads(request.post_data) if request.post_data else None
        query = dict(parse_qsl(urlsplit(request.url).query))
        call = Call(request.method, path.removeprefix("/api/v1"), body, request.headers, query)
        self.calls.append(call)
        answer = self._answer(call)
        content = "" if answer.body is None else json.dumps(answer.body)
        kind = "application/problem+json" if answer.status >= 400 else "application/json"
        route.fulfill(status=answer.status, body=content, content_type=kind, headers=answer.headers or None)

    def _answer(self, call: Call) -> Answer:
        chosen = self.answers.get((call.method, call.path))
        if chosen is not None:
            return chosen(call)
        if self.user is None:
            return Answer({"title": "Not signed in", "status": 401, "detail": "sign in first"}, 401)
        usual = self._usual().get((call.method, call.path))
        missing = {"title": "Not found", "status": 404, "detail": f"nothing scripted at {call.method} {call.path}"}
        return usual() if usual else Answer(missing, 404)

    def _usual(self) -> dict[tuple[str, str], Callable[[], Answer]]:
        plan_path = f"/plans/{self.plan['plan_id']}"
        conversations = [self.conversation] if self.conversation else []
        return {
            ("GET", "/auth/me"): lambda: Answer(self.user),
            ("GET", "/mission"): lambda: Answer(_MISSION),
            ("GET", "/spacecraft/positions"): lambda: Answer({"at": self.clock["now"], "positions": []}),
            ("GET", "/passes"): lambda: Answer({"items": _PASSES, "next_cursor": None}),
            ("GET", "/telemetry/latest"): lambda: Answer({"satellite": "LSAT-1", "as_of": None, "parameters": []}),
            ("GET", "/plans"): lambda: Answer(_page([self.summary()] if self.conversation else [])),
            ("GET", "/commands"): lambda: Answer(_page([])),
            ("GET", "/commands/queues"): lambda: Answer([]),
            ("GET", "/commands/contacts"): lambda: Answer([]),
            ("GET", "/commands/definitions"): lambda: Answer({"commands": [], "parameters": []}),
            ("GET", "/approvals"): lambda: Answer(_page([])),
            ("GET", "/stacks"): lambda: Answer([]),
            ("GET", "/alarms"): lambda: Answer([]),
            ("GET", "/anomalies"): lambda: Answer(_page([])),
            ("GET", "/anomalies/watch"): lambda: Answer({"failure": "", "failures": 0, "satellites": []}),
            ("GET", "/anomalies/stretches"): lambda: Answer([]),
            ("GET", "/audit"): lambda: Answer(_page([])),
            ("GET", f"{plan_path}/alternatives"): lambda: Answer({"state": "none", "reason": "", "alternatives": []}),
            ("GET", "/conversations"): lambda: Answer(_page([_entry(one) for one in conversations])),
            ("GET", f"/conversations/{CONVERSATION}"): lambda: Answer(self.conversation),
            ("GET", plan_path): lambda: Answer(self.plan, headers={"ETag": f'"{REVISION_HASH}"'}),
            ("POST", "/intents"): lambda: self._accept(),
        }

    def _accept(self) -> Answer:
        text = self.calls[-1].body["text"]
        self.conversation = {
            "conversation_id": CONVERSATION,
            "status": "running",
            "messages": [{"role": "user", "content": text}],
            "calls": [],
            "plan_id": None,
            "revision": None,
            "interrupt": None,
            "last_sequence": 0,
        }
        intent = {"intent_id": "intent-0001", "conversation_id": CONVERSATION, "text": text, "status": "queued"}
        return Answer(intent, 202)


def _page(items: list[Any]) -> dict[str, Any]:
    return {"items": items, "next_cursor": None}


def _entry(conversation: dict[str, Any]) -> dict[str, Any]:
    return {
        "conversation_id": conversation["conversation_id"],
        "title": conversation["messages"][0]["content"],
        "author": "olga",
        "updated_at": "2026-11-23T02:00:00Z",
        "status": conversation["status"],
        "plan_id": conversation["plan_id"],
    }


_MISSION = {
    "name": "LSAT",
    "revision": 1,
    "description": "Four Earth-observation minisatellites",
    "spacecraft": [{"id": f"LSAT-{n}", "aliases": [], "norad_id": None, "bus": "lsat"} for n in (1, 2, 3, 4)],
    "stations": [],
}
_PASSES = [
    {
        "satellite": "LSAT-1",
        "station": "svalbard",
        "aos": "2026-11-23T05:57:50.754796Z",
        "los": "2026-11-23T06:01:07.218820Z",
        "max_elevation_deg": 6.407,
    }
]
