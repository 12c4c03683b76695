"""The whole way: a conjunction message comes in, an operator asks, a plan with the least burn comes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.cli.main import main
from core.time import parse_utc
from evals.encounters import CDM_ID, OTHER, cdm_text
from tests.api.conftest import START, Headers, Service, make_runtime
from tests.api.story import plan_of, say

NOW = parse_utc(START)
TEXT = cdm_text(NOW + timedelta(hours=20), NOW - timedelta(hours=2))
REQUEST = f"Avoid conjunction {CDM_ID} with LSAT-1, keep it under 0.5 m/s"
_PLAIN = {"Content-Type": "text/plain"}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own, in which no message has been received."""
    app = create_app(runtime := make_runtime(tmp_path_factory.mktemp("conjunctions")))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Service(app=app, runtime=runtime, client=client)


def post(service: Service, headers: Headers, text: str | bytes) -> Any:
    return service.client.post("/api/v1/conjunctions", content=text, headers=headers | _PLAIN)


def test_a_received_message_becomes_a_plan_with_the_least_burn(fresh: Service) -> None:
    operator, planner = fresh.as_role("operator"), fresh.as_role("planner")
    before = say(fresh.client, operator, REQUEST)
    assert before["plan_id"] is None and "has been received" in before["answer"]

    received = post(fresh, planner, TEXT)
    assert received.status_code == 201, received.text
    view = received.json()
    assert (view["conjunction_id"], view["satellite"], view["other_object"]) == (CDM_ID, "LSAT-1", OTHER)
    assert view["collision_probability"] > 1e-4 and view["faults"] == [] and view["problem"] is None
    again = post(fresh, planner, TEXT)
    assert again.status_code == 201 and again.json()["received_at"] == view["received_at"]
    listed = fresh.client.get("/api/v1/conjunctions?satellite=LSAT-1", headers=operator).json()["items"]
    assert [one["conjunction_id"] for one in listed] == [CDM_ID]

    intent = say(fresh.client, operator, REQUEST)
    assert intent["status"] == "awaiting_review", intent
    plan, _ = plan_of(fresh.client, operator, intent["plan_id"])
    burn, uplink = (next(one for one in plan["activities"] if one["type"] == kind) for kind in ("burn", "uplink"))
    assert burn["purpose"] == "collision_avoidance" and 0 < abs(burn["delta_v_m_s"]) <= 0.5
    assert uplink["window"]["end"] <= burn["window"]["start"]
    findings = {one["code"]: one["severity"] for one in plan["validation"]["findings"]}
    assert findings["AUT-001"] == "info" and findings["COL-004"] == "unknown"
    assert "block" not in findings.values()
    # The answer has the probability before and after.
    assert f"{view['collision_probability']:.2e}" in burn["provenance"]["reason"]
    conversation = fresh.client.get(f"/api/v1/conversations/{intent['conversation_id']}", headers=operator).json()
    told = [one["output"] for one in conversation["calls"] if one["tool"] == "plan_collision_avoidance"]
    assert told[0]["probability_before"] == pytest.approx(view["collision_probability"], rel=1e-3)
    assert told[0]["probability_after"] <= 1e-5


def test_the_event_log_records_who_brought_the_message(fresh: Service) -> None:
    planner = fresh.as_role("planner")
    post(fresh, planner, TEXT)
    events = fresh.client.get(f"/api/v1/audit?subject={CDM_ID}", headers=planner).json()["items"]
    assert [(one["kind"], one["actor"]) for one in events] == [("conjunction.received", "user:planner")]


def test_only_a_planner_may_bring_a_message(fresh: Service) -> None:
    assert post(fresh, fresh.as_role("operator"), TEXT).status_code == 403
    assert fresh.client.post("/api/v1/conjunctions", content=TEXT, headers=_PLAIN).status_code == 401


@pytest.mark.parametrize(
    ("text", "status", "field", "words"),
    [
        (TEXT.replace("CR_R", "CR_X", 1), 422, "CR_R", "is missing in OBJECT1"),
        (TEXT.replace("MISS_DISTANCE", "MISS DISTANCE"), 422, "CDM", "line 6"),
        (TEXT.replace("LSAT-1", "HUBBLE"), 422, "OBJECT_NAME", "not satellites of this mission"),
        (cdm_text(NOW + timedelta(hours=9), NOW), 409, None, CDM_ID),
        ("x" * 200_001, 422, None, "200000"),
        (b"\xff\xfe\x00", 422, None, ""),
    ],
)
def test_a_bad_message_is_a_problem_that_names_keyword_and_line(
    fresh: Service, text: str | bytes, status: int, field: str | None, words: str
) -> None:
    planner = fresh.as_role("planner")
    post(fresh, planner, TEXT)
    answer = post(fresh, planner, text)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]
    if field is not None:
        assert answer.json()["field"] == field


def test_the_command_line_reads_messages_from_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLAMASPACE_DATA", str(tmp_path / "data"))
    (tmp_path / "first.cdm").write_text(TEXT)
    assert main(["ask", REQUEST, "--now", START, "--conjunctions", str(tmp_path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [one["tool"] for one in answer["calls"]] == ["plan_collision_avoidance"]
    assert "burn" in {one["type"] for one in answer["plan"]["activities"]}
    assert OTHER in answer["text"] and "7.02e-03" in answer["text"]
    (tmp_path / "second.cdm").write_text("nothing")
    assert main(["ask", REQUEST, "--now", START, "--conjunctions", str(tmp_path)]) == 2
    assert "second.cdm" in capsys.readouterr().err


def test_a_message_is_there_after_a_restart(tmp_path: Path) -> None:
    for attempt in range(2):
        with TestClient(create_app(runtime := make_runtime(tmp_path)), raise_server_exceptions=False) as client:
            running = Service(app=client.app, runtime=runtime, client=client)  # type: ignore[arg-type]
            planner = running.as_role("planner")
            if attempt == 0:
                assert post(running, planner, TEXT).status_code == 201
            items = client.get("/api/v1/conjunctions", headers=planner).json()["items"]
            assert [one["conjunction_id"] for one in items] == [CDM_ID]
