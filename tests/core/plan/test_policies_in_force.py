"""AUT findings ask the policies in force, the same as the release; other policies make a report stale."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import main
from core.authority import Policies, Quorum, policies_of
from core.mission.model import Mission
from core.plan.check import check_plan
from core.plan.checks.authority import plan_subject
from core.plan.inputs import stale_inputs
from core.plan.model import Approval, MissionPlan, PlanState, Severity

DIRECTORS_ONLY = """\
@id("every-plan-has-two-directors")
@code("M-7")
@says("needs two flight directors on this mission")
forbid (principal, action == LlamaSpace::Action::"dispatch", resource)
unless { context.director_count >= 2 };

@id("directors-approve")
@code("M-8")
@says("only flight directors approve on this mission")
forbid (principal, action == LlamaSpace::Action::"approve", resource)
unless { principal in LlamaSpace::Role::"flight_director" };
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mission.cedar").write_text(DIRECTORS_ONLY)
    return tmp_path


@pytest.fixture
def own(folder: Path) -> Policies:
    return policies_of(folder)


def _found(plan: MissionPlan) -> Mapping[str, Any]:
    assert plan.validation is not None
    return {one.code: one for one in plan.validation.findings if one.code.startswith("AUT")}


def test_a_missions_own_policies_say_what_approval_a_plan_needs(
    story: MissionPlan, mission: Mission, now: datetime, own: Policies
) -> None:
    assert _found(check_plan(story, mission, now)) == {}  # the package asks for one planner
    needed = _found(check_plan(story, mission, now, policies=own))["AUT-001"]
    assert (needed.value, needed.severity) == (2.0, Severity.INFO)
    assert needed.explanation == ("routine commands: two different flight directors must approve this exact revision")


def test_an_approval_that_the_release_would_not_count_is_found_before_it(
    story: MissionPlan, mission: Mission, now: datetime, own: Policies
) -> None:
    by_planner = Approval(revision_hash=story.revision_hash(), by="petra", role="planner", at=now)
    approved = story.model_copy(update={"approvals": (by_planner,), "state": PlanState.APPROVED})
    assert set(_found(check_plan(approved, mission, now))) == set()
    found = _found(check_plan(approved, mission, now, policies=own))
    assert found["AUT-003"].explanation == (
        "petra approved as planner and may not: only flight directors approve on this mission"
    )
    release = Quorum.of(own, plan_subject(approved), [by_planner]).suffices(own, plan_subject(approved))
    assert not release.allowed and str(release.reason) in found["AUT-005"].explanation


def test_findings_of_other_policies_are_stale(
    story: MissionPlan, mission: Mission, now: datetime, own: Policies
) -> None:
    judged = check_plan(story, mission, now)
    assert stale_inputs(judged, mission, (), None) == ()
    assert stale_inputs(judged, mission, (), None, policies=own) == ("policies",)
    assert stale_inputs(check_plan(story, mission, now, policies=own), mission, (), None, policies=own) == ()


def test_the_command_line_judges_by_the_policies_of_its_settings(
    story: MissionPlan, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLAMASPACE_POLICIES", str(folder))
    file = folder / "plan.json"
    file.write_text(story.model_dump_json())
    main(["plan", "validate", str(file), "--json"])
    codes = [one["code"] for one in json.loads(capsys.readouterr().out)["findings"]]
    assert "AUT-001" in codes
