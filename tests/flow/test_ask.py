"""``llamaspace ask`` from end to end: the answer's form, and honesty about what was not planned."""

from __future__ import annotations

import json

import pytest

from api.cli.main import main

NOW = "2026-11-22T12:00:00Z"


def _ask(text: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert main(["ask", text, "--now", NOW, "--json"]) in (0, 1)
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_the_story_is_one_json_document_with_a_validated_plan(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _ask(
        "Downlink 800 MB from LSAT-1 at Svalbard before tomorrow noon, then point it at the sun for 45 minutes", capsys
    )
    assert list(answer) == ["action", "calls", "plan", "text", "citations", "model", "usage", "seconds"]
    assert answer["action"] == "call"
    plan = answer["plan"]
    assert isinstance(plan, dict) and plan["state"] == "validated"


def test_a_part_that_could_not_be_planned_is_a_finding_of_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _ask(
        "Downlink 30 GB from LSAT-1 at Svalbard before 13:30 today, then point it at the sun for 20 minutes", capsys
    )
    plan = answer["plan"]
    assert isinstance(plan, dict)
    told = {one["code"]: one["explanation"] for one in plan["validation"]["findings"]}
    assert "schedule_downlink for LSAT-1" in told["CON-005"]
