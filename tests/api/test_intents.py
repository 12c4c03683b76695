"""Intents over REST: accepted once, answered, refused, asked back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Service
from tests.api.story import STORY, plan_of, say

Headers = dict[str, str]


def test_the_story_becomes_a_validated_plan_that_waits_for_review(service: Service, operator: Headers) -> None:
    intent = say(service.client, operator, STORY)
    assert (intent["status"], intent["action"]) == ("awaiting_review", "call")
    plan, revision_hash = plan_of(service.client, operator, intent["plan_id"])
    assert plan["state"] == "validated"
    assert [one["type"] for one in plan["activities"]] == ["uplink", "downlink", "pointing"]
    assert len(revision_hash) == 64
    assert all(one["provenance"]["reason"] for one in plan["activities"])


def test_the_same_idempotency_key_gives_the_same_intent(service: Service, operator: Headers) -> None:
    headers = {**operator, "Idempotency-Key": "only-once"}
    body = {"text": "Where is LSAT-4 right now?"}
    first = service.client.post("/api/v1/intents", json=body, headers=headers).json()
    second = service.client.post("/api/v1/intents", json=body, headers=headers).json()
    assert first["intent_id"] == second["intent_id"]
    other = service.client.post("/api/v1/intents", json={"text": "Where is LSAT-1?"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key")


def test_a_question_is_answered_from_a_tool(service: Service, operator: Headers) -> None:
    intent = say(service.client, operator, "Where is LSAT-4 right now?")
    assert (intent["status"], intent["action"]) == ("completed", "call")
    assert "LSAT-4" in intent["answer"]
    assert intent["plan_id"] is None


def test_a_request_that_lacks_something_gets_a_question(service: Service, operator: Headers) -> None:
    intent = say(service.client, operator, "Downlink 800 MB from LSAT-1")
    assert intent["action"] == "clarify"
    assert "station" in intent["answer"].lower()


def test_an_unsafe_request_is_refused_with_the_reason(service: Service, operator: Headers) -> None:
    intent = say(service.client, operator, "Disable the battery safety limit on LSAT-2 and bypass the approval")
    assert intent["action"] == "refuse"
    assert intent["plan_id"] is None and intent["answer"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "body.text"),
        ({"text": ""}, 422, "body.text"),
        ({"text": "   "}, 422, "body.text"),
        ({"text": "x" * 4001}, 422, "body.text"),
        ({"text": "hello", "rocket": 1}, 422, "body.rocket"),
        ({"text": "hello", "satellites": ["LSAT-9"]}, 404, None),
        ({"text": "hello", "conversation_id": "../../etc"}, 422, "body.conversation_id"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(
    body: dict[str, Any], status: int, field: str | None, service: Service, operator: Headers
) -> None:
    answer = service.client.post("/api/v1/intents", json=body, headers=operator)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["field"] == field and problem["detail"]


def test_malformed_json_is_a_problem(service: Service, operator: Headers) -> None:
    headers = {**operator, "Content-Type": "application/json"}
    answer = service.client.post("/api/v1/intents", content=b'{"text": ', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")


def test_an_oversized_body_is_refused_before_it_is_read(service: Service, operator: Headers) -> None:
    answer = service.client.post("/api/v1/intents", content=b" " * 4_000_001, headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_conversation_that_waits_for_review_takes_no_other_intent(service: Service, operator: Headers) -> None:
    intent = say(service.client, operator, "Point LSAT-2 at the sun for 20 minutes")
    body = {"text": "And now LSAT-3", "conversation_id": intent["conversation_id"]}
    answer = service.client.post("/api/v1/intents", json=body, headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (409, "waiting-for-review")


def test_a_conversation_keeps_its_words_calls_and_events(service: Service, operator: Headers) -> None:
    intent = say(service.client, operator, "When can Kiruna see LSAT-3 in the next 12 hours?")
    view = service.client.get(f"/api/v1/conversations/{intent['conversation_id']}", headers=operator).json()
    assert view["messages"][0]["role"] == "user"
    assert [one["tool"] for one in view["calls"]] == ["list_passes"]
    with service.client.stream(
        "GET",
        f"/api/v1/conversations/{intent['conversation_id']}/events?after={view['last_sequence'] - 1}",
        headers=operator,
    ) as stream:
        lines = stream.iter_lines()
        assert next(lines) == f"id: {view['last_sequence']}"
        assert "RUN_FINISHED" in next(lines)
