"""What several tests do with the console's socket."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.api.conftest import Headers, LiveService

Message = dict[str, Any]


def open_console(live: LiveService, headers: Headers, **options: Any) -> ClientConnection:
    """A connected console; closing it is the caller's."""
    socket: ClientConnection = connect(f"{live.socket_url}/api/v1/console", additional_headers=headers, **options)
    return socket


def read_until(socket: ClientConnection, wanted: Callable[[Message], bool], patience_s: float = 120.0) -> list[Message]:
    """Messages up to and including the first that is wanted."""
    deadline = time.monotonic() + patience_s
    seen: list[Message] = []
    while True:
        left_s = deadline - time.monotonic()
        assert left_s > 0, f"not seen within {patience_s} s; seen: {[one['type'] for one in seen]}"
        message: Message = json.loads(socket.recv(timeout=left_s))
        seen.append(message)
        if wanted(message):
            return seen


def send(socket: ClientConnection, message: Message) -> None:
    """Send one message."""
    socket.send(json.dumps(message))


def events_of(messages: list[Message], conversation_id: str) -> list[tuple[int, Message]]:
    """Sequence numbers and events of a conversation."""
    return [
        (one["sequence"], one["event"])
        for one in messages
        if one["type"] == "agui" and one["conversation_id"] == conversation_id
    ]


def run_ended(message: Message) -> bool:
    """Whether a message ends a run."""
    return message["type"] == "agui" and message["event"]["type"] in ("RUN_FINISHED", "RUN_ERROR")


def read_sse(live: LiveService, headers: Headers, conversation_id: str, after: int) -> list[tuple[int, Message]]:
    """Server-sent events of a conversation up to the end of its run."""
    found: list[tuple[int, Message]] = []
    url = f"/api/v1/conversations/{conversation_id}/events?after={after}"
    with live.client.stream("GET", url, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        number = 0
        for line in stream.iter_lines():
            field, _, value = line.partition(": ")
            if field == "id":
                number = int(value)
            elif field == "data":
                found.append((number, json.loads(value)))
                if found[-1][1]["type"] in ("RUN_FINISHED", "RUN_ERROR"):
                    return found
    raise AssertionError("the stream ended before the run did")
