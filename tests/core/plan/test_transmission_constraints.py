"""A plan in preparation says which of its commands telemetry would hold back: what is violated is a warning."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.mdb import reference_mdb
from core.mdb.conditions import parameters_of
from core.mission.model import Mission
from core.plan.check import check_plan
from core.plan.model import Finding, MissionPlan, Severity


def _told(plan: MissionPlan, mission: Mission, now: datetime, **start: Any) -> list[Finding]:
    first, *others = plan.initial
    changed = plan.model_copy(update={"initial": (first.model_copy(update=start), *others)})
    report = check_plan(changed, mission, now).validation
    assert report is not None
    return [one for one in report.findings if one.code == "CON-011"]


@pytest.fixture
def imaging(busy: MissionPlan) -> MissionPlan:
    assert busy.initial[0].satellite == "LSAT-1"
    return busy


def test_a_good_and_present_start_holds_nothing_back(imaging: MissionPlan, mission: Mission, now: datetime) -> None:
    assert _told(imaging, mission, now, as_of=now) == []


def test_what_the_present_state_forbids_is_a_warning_with_its_reason(
    imaging: MissionPlan, mission: Mission, now: datetime
) -> None:
    found = _told(imaging, mission, now, as_of=now, mode="standby")
    assert [(one.severity, one.satellite) for one in found] == [(Severity.WARN, "LSAT-1")]
    assert found[0].explanation == (
        "TAKE_IMAGE may leave only when mode != standby; in the state that the plan starts from mode is standby, not != "
        "standby: held back until telemetry shows it, and refused after 900 s of a contact"
    )
    assert [
        next(one.type for one in imaging.activities if one.activity_id == name) for name in found[0].activities
    ] == ["imaging"]


def test_an_old_state_is_judged_as_it_was_and_what_is_not_known_of_it_is_left_to_the_release(
    imaging: MissionPlan, mission: Mission, now: datetime
) -> None:
    hour_ago = now - timedelta(hours=1)
    assert _told(imaging, mission, now, as_of=hour_ago) == []
    found = _told(imaging, mission, now, as_of=hour_ago, soc=0.5)
    assert {one.severity for one in found} == {Severity.WARN} and "soc is 0.5, not >= 0.6" in found[0].explanation


def test_every_constraint_of_the_reference_mission_is_on_telemetry_that_it_declares() -> None:
    mdb = reference_mdb()
    named = {
        name for one in mdb.commands.values() for rule in one.constraints for name in parameters_of(rule.condition)
    }
    assert named == {"mode", "soc", "data_stored_bytes", "propellant_kg", "tank_pressure_pa"}
    assert named <= {parameter.name for parameter in mdb.parameters_in("Housekeeping")}
