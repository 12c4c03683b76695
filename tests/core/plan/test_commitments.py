"""A pass that a station has promised to another approved plan is neither planned, nor kept in a repair, nor passed over."""

from __future__ import annotations

from datetime import datetime

from core.mission.model import Mission
from core.plan.activity import UplinkActivity
from core.plan.booking import Bookings
from core.plan.check import check_plan
from core.plan.commitments import Commitments
from core.plan.draft import draft_plan
from core.plan.inputs import stale_inputs
from core.plan.model import MissionPlan, Severity
from core.plan.repair import repair_plan


def _taken(story: MissionPlan) -> Bookings:
    """Every contact of the story, held by a satellite that is not in it."""
    return Bookings(tuple(("LSAT-4", one.contact) for one in story.activities if one.contact))


def test_a_pass_that_is_promised_blocks_and_the_repair_takes_another(
    story: MissionPlan, mission: Mission, now: datetime
) -> None:
    others = Commitments(bookings=_taken(story))
    judged = check_plan(story, mission, now, others=others)
    assert judged.validation is not None
    found = [one for one in judged.validation.findings if one.code == "GND-002"]
    assert {one.severity for one in found} == {Severity.BLOCK}
    assert "serves LSAT-4 for another approved plan" in found[0].explanation
    for _ in range(4):
        judged = check_plan(repair_plan(judged, mission, now, others.bookings).plan, mission, now, others=others)
    assert judged.validation is not None
    assert not judged.validation.blocked
    promised = {(contact.station, contact.window.start) for _, contact in others.bookings.held}
    assert not promised & {(one.contact.station, one.contact.window.start) for one in judged.activities if one.contact}


def test_a_draft_uploads_in_a_pass_that_is_free(story: MissionPlan, mission: Mission, now: datetime) -> None:
    again = [one for one in story.activities if not isinstance(one, UplinkActivity)]
    plain = draft_plan("plan-free000", story.intent, again, story.initial, mission, now)
    free = draft_plan("plan-free000", story.intent, again, story.initial, mission, now, held=_taken(plain))
    first = next(one for one in plain.activities if isinstance(one, UplinkActivity))
    second = next(one for one in free.activities if isinstance(one, UplinkActivity))
    assert (first.contact.station, first.window) != (second.contact.station, second.window)


def test_findings_are_stale_when_another_plan_takes_a_pass(story: MissionPlan, mission: Mission, now: datetime) -> None:
    others = Commitments(bookings=_taken(story))
    assert stale_inputs(story, mission, (), None, others) == ("contacts of other plans",)
    judged = check_plan(story, mission, now, others=others)
    assert stale_inputs(judged, mission, (), None, others) == ()


def test_a_satellite_does_not_stand_in_its_own_way(story: MissionPlan, mission: Mission, now: datetime) -> None:
    own = Bookings.of(story.activities)
    judged = check_plan(story, mission, now, others=Commitments(bookings=own))
    assert judged.validation is not None
    assert not [one for one in judged.validation.findings if one.code == "GND-002"]
