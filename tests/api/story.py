"""Small steps of the story that several tests take."""

from __future__ import annotations

import time
from typing import Any

from starlette.testclient import TestClient

Headers = dict[str, str]
STORY = "Downlink 800 MB from LSAT-1 at Svalbard before tomorrow noon, then point it at the sun for 45 minutes"


def intent_ended(client: TestClient, headers: Headers, intent_id: str, patience_s: float = 120.0) -> dict[str, Any]:
    """The intent once it no longer runs."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        intent: dict[str, Any] = client.get(f"/api/v1/intents/{intent_id}", headers=headers).json()
        if intent["status"] not in ("queued", "running"):
            return intent
        time.sleep(0.05)
    raise AssertionError(f"intent {intent_id} still runs after {patience_s} s")


def say(client: TestClient, headers: Headers, text: str, **more: Any) -> dict[str, Any]:
    """Post an intent and wait until it no longer runs."""
    answer = client.post("/api/v1/intents", json={"text": text, **more}, headers=headers)
    assert answer.status_code == 202, answer.text
    return intent_ended(client, headers, answer.json()["intent_id"])


def plan_of(client: TestClient, headers: Headers, plan_id: str) -> tuple[dict[str, Any], str]:
    """A plan and the hash in its ETag."""
    answer = client.get(f"/api/v1/plans/{plan_id}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json(), answer.headers["etag"].strip('"')
