"""Planted faults: each mutation of a valid plan is found with its code and window, and valid plans have no finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from core.mission.model import Mission
from core.plan.activity import (
    Activity,
    Anchor,
    BurnActivity,
    CommandSpec,
    DownlinkActivity,
    ImagingActivity,
    PointingActivity,
    PointingMode,
    Proposer,
    Provenance,
    RejectedAlternative,
    UplinkActivity,
    Window,
)
from core.plan.check import check_plan
from core.plan.commanding import expand
from core.plan.model import Approval, MissionPlan, Severity
from tests.planning import propose

Mutation = Callable[[MissionPlan], MissionPlan]


def test_valid_plans_have_no_blocking_finding(story: MissionPlan, busy: MissionPlan) -> None:
    for plan in (story, busy):
        assert plan.validation is not None
        assert plan.state == "validated"
        assert [one.code for one in plan.validation.findings if one.severity is not Severity.INFO] == []


def test_every_group_of_checks_ran(story: MissionPlan) -> None:
    assert story.validation is not None
    groups = {"STR", "TMP", "RES", "GEO", "ATT", "GND", "MAN", "COL", "AUT", "FRU", "CON"}
    assert set(story.validation.checks_run) == groups


@dataclass(frozen=True)
class Fault:
    """A way to break the story's plan, and the code that must be found for it."""

    name: str
    code: str
    mutate: Mutation


def _with(plan: MissionPlan, *activities: Activity) -> MissionPlan:
    return plan.model_copy(update={"activities": activities})


def _replace(plan: MissionPlan, kind: type, **changes: object) -> MissionPlan:
    """Change the plan's first activity of a kind, and give it the commands that follow."""
    done = False
    result: list[Activity] = []
    for one in plan.activities:
        if isinstance(one, kind) and not done:
            changed = one.model_copy(update=changes)
            result.append(changed.model_copy(update={"commands": expand(changed)}))
            done = True
        else:
            result.append(one)
    assert done
    return _with(plan, *result)


def _shifted(plan: MissionPlan, kind: type, seconds: float) -> MissionPlan:
    one = next(one for one in plan.activities if isinstance(one, kind))
    step = timedelta(seconds=seconds)
    return _replace(plan, kind, window=Window(start=one.window.start + step, end=one.window.end + step))


def _of(plan: MissionPlan, kind: type) -> Activity:
    return next(one for one in plan.activities if isinstance(one, kind))


def _low_charge(plan: MissionPlan) -> MissionPlan:
    return plan.model_copy(update={"initial": tuple(one.model_copy(update={"soc": 0.55}) for one in plan.initial)})


def _full_store(plan: MissionPlan) -> MissionPlan:
    return plan.model_copy(
        update={"initial": tuple(one.model_copy(update={"data_stored_bytes": 0}) for one in plan.initial)}
    )


def _old_state(plan: MissionPlan) -> MissionPlan:
    old = plan.horizon.start - timedelta(hours=30)
    return plan.model_copy(update={"initial": tuple(one.model_copy(update={"as_of": old}) for one in plan.initial)})


def _incomplete(plan: MissionPlan) -> MissionPlan:
    missing = RejectedAlternative(description="schedule_downlink for LSAT-1", code="GND-005", reason="no pass")
    return plan.model_copy(update={"unplanned": (missing,)})


def _stale(plan: MissionPlan) -> MissionPlan:
    return plan.model_copy(update={"input_hashes": {**plan.input_hashes, "mission": "0" * 64}})


def _foreign_approval(plan: MissionPlan) -> MissionPlan:
    approval = Approval(revision_hash="0" * 64, by="planner", role="planner", at=plan.horizon.start)
    return plan.model_copy(update={"approvals": (approval,)})


def _forged_command(plan: MissionPlan) -> MissionPlan:
    extra = CommandSpec(
        command="EXECUTE_BURN", arguments={"delta_v_m_s": 10.0, "duration_s": 5.0}, execute_at=plan.horizon.end
    )
    one = _of(plan, PointingActivity)
    forged = one.model_copy(update={"commands": (*one.commands, extra)})
    return _with(plan, *(forged if item is one else item for item in plan.activities))


def _no_uplink(plan: MissionPlan) -> MissionPlan:
    return _with(plan, *(one for one in plan.activities if not isinstance(one, UplinkActivity)))


def _circle(plan: MissionPlan) -> MissionPlan:
    down, point = _of(plan, DownlinkActivity), _of(plan, PointingActivity)
    plan = _replace(plan, DownlinkActivity, anchor=Anchor(activity_id=point.activity_id, edge="end"))
    return _replace(plan, PointingActivity, anchor=Anchor(activity_id=down.activity_id, edge="end"))


def _double_booked(plan: MissionPlan) -> MissionPlan:
    down = _of(plan, DownlinkActivity)
    other = down.model_copy(update={"activity_id": "downlink-other", "satellite": "LSAT-2"})
    starting = next(one for one in plan.initial if one.satellite == "LSAT-1").model_copy(update={"satellite": "LSAT-2"})
    return _with(plan, *plan.activities, other).model_copy(update={"initial": (*plan.initial, starting)})


def _overlapping(plan: MissionPlan) -> MissionPlan:
    point, down = _of(plan, PointingActivity), _of(plan, DownlinkActivity)
    return _replace(plan, PointingActivity, window=Window(start=down.window.start, end=point.window.end), anchor=None)


def _long_sun(plan: MissionPlan) -> MissionPlan:
    point = _of(plan, PointingActivity)
    window = Window(start=point.window.start, end=point.window.start + timedelta(hours=3))
    horizon = Window(start=plan.horizon.start, end=plan.horizon.end + timedelta(hours=3))
    return _replace(plan, PointingActivity, window=window).model_copy(update={"horizon": horizon})


def _early(plan: MissionPlan) -> MissionPlan:
    point = _of(plan, PointingActivity)
    return _replace(plan, PointingActivity, earliest_start=point.window.start + timedelta(minutes=5))


def _late(plan: MissionPlan) -> MissionPlan:
    point = _of(plan, PointingActivity)
    return _replace(plan, PointingActivity, latest_start=point.window.start - timedelta(minutes=5))


def _missed_deadline(plan: MissionPlan) -> MissionPlan:
    point = _of(plan, PointingActivity)
    return _replace(plan, PointingActivity, latest_end=point.window.end - timedelta(minutes=5))


def _rushed_slew(plan: MissionPlan) -> MissionPlan:
    down, point = _of(plan, DownlinkActivity), _of(plan, PointingActivity)
    start = down.window.end + timedelta(seconds=5)
    return _replace(
        plan, PointingActivity, window=Window(start=start, end=start + (point.window.end - point.window.start))
    )


FAULTS = [
    Fault("an id used twice", "STR-001", lambda p: _with(p, *p.activities, _of(p, PointingActivity))),
    Fault(
        "an anchor to nothing",
        "STR-002",
        lambda p: _replace(p, PointingActivity, anchor=Anchor(activity_id="gone", edge="end")),
    ),
    Fault("an unknown satellite", "STR-003", lambda p: _replace(p, PointingActivity, satellite="LSAT-9")),
    Fault("a circle of anchors", "STR-004", _circle),
    Fault("no initial state", "STR-005", lambda p: p.model_copy(update={"initial": ()})),
    Fault("nothing to do", "STR-006", lambda p: _with(p)),
    Fault("a start in the past", "TMP-001", lambda p: _shifted(p, PointingActivity, -7200)),
    Fault("beyond the horizon", "TMP-002", lambda p: _shifted(p, PointingActivity, 20_000)),
    Fault("after its deadline", "TMP-003", _missed_deadline),
    Fault("before its earliest start", "TMP-004", _early),
    Fault("after its latest start", "TMP-004", _late),
    Fault("two attitudes at once", "TMP-005", _overlapping),
    Fault("before its anchor", "TMP-006", lambda p: _shifted(p, PointingActivity, -300)),
    Fault("an empty battery", "RES-001", _low_charge),
    Fault("nothing stored to downlink", "RES-003", _full_store),
    Fault(
        "more data than the link carries",
        "RES-004",
        lambda p: _replace(p, DownlinkActivity, volume_bytes=5_000_000_000),
    ),
    Fault("a state from the day before yesterday", "RES-008", _old_state),
    Fault("a contact out of sight", "GEO-001", lambda p: _shifted(p, DownlinkActivity, 1800)),
    Fault("no time to turn", "ATT-001", _rushed_slew),
    Fault("no command contact", "GND-001", _no_uplink),
    Fault("a command contact too late", "GND-001", lambda p: _shifted(p, UplinkActivity, 5400)),
    Fault("a station booked twice", "GND-002", _double_booked),
    Fault("an approval of another revision", "AUT-002", _foreign_approval),
    Fault("a command that no activity needs", "CON-003", _forged_command),
    Fault("an input that has changed", "CON-004", _stale),
    Fault("a part of the request that is not there", "CON-005", _incomplete),
    Fault("sun pointing longer than the flight rule allows", "FRU-004", _long_sun),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.code} {fault.name}")
def test_a_planted_fault_is_found_with_its_code(
    fault: Fault, story: MissionPlan, mission: Mission, now: datetime
) -> None:
    broken = check_plan(fault.mutate(story), mission, now)
    assert broken.validation is not None
    found = [one for one in broken.validation.findings if one.code == fault.code]
    assert found, f"found {[one.code for one in broken.validation.findings]}"
    assert all(one.explanation for one in found)
    if found[0].severity in (Severity.BLOCK, Severity.UNKNOWN):
        assert broken.state == "draft"


def test_a_claim_without_evidence_is_found(story: MissionPlan, mission: Mission, now: datetime) -> None:
    bare = Provenance(proposed_by=Proposer.MODEL, reason="because")
    broken = check_plan(_replace(story, PointingActivity, provenance=bare), mission, now)
    assert "CON-002" in [one.code for one in broken.validation.findings] if broken.validation else False


def test_an_image_in_the_dark_or_out_of_reach_is_found(busy: MissionPlan, mission: Mission, now: datetime) -> None:
    image = _of(busy, ImagingActivity)
    assert isinstance(image, ImagingActivity)
    elsewhere = check_plan(_replace(busy, ImagingActivity, longitude_deg=-60.0), mission, now)
    assert elsewhere.validation is not None
    assert "GEO-002" in [one.code for one in elsewhere.validation.findings]
    night = check_plan(
        _replace(busy, ImagingActivity, latitude_deg=-image.latitude_deg + 100 if image.latitude_deg > 60 else 85.0),
        mission,
        now,
    )
    assert night.validation is not None
    assert {"GEO-002", "GEO-003"} & {one.code for one in night.validation.findings}


@pytest.fixture(scope="module")
def raised(mission: Mission, now: datetime, make_plan: Callable[..., MissionPlan]) -> MissionPlan:
    return make_plan(propose(mission, now, [("plan_orbit_raise", {"satellite": "LSAT-2", "target_altitude_km": 540})]))


def test_a_burn_is_unknown_until_screened_and_needs_two_people(raised: MissionPlan) -> None:
    assert raised.validation is not None
    severities = {one.code: one.severity for one in raised.validation.findings}
    assert severities == {"COL-004": Severity.UNKNOWN, "AUT-001": Severity.INFO}
    assert raised.state == "draft"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"delta_v_m_s": -200.0}, "MAN-002"),
        ({"delta_v_m_s": 20.0}, "MAN-003"),
        ({"propellant_kg": 0.01}, "CON-001"),
        ({"propellant_kg": 17.0}, "RES-005"),
    ],
)
def test_a_wrong_burn_is_found(
    changes: dict[str, float], code: str, raised: MissionPlan, mission: Mission, now: datetime
) -> None:
    broken = check_plan(_replace(raised, BurnActivity, **changes), mission, now)
    assert broken.validation is not None
    assert code in [one.code for one in broken.validation.findings]


def test_a_burn_that_is_too_long_is_found(raised: MissionPlan, mission: Mission, now: datetime) -> None:
    burn = _of(raised, BurnActivity)
    window = Window(start=burn.window.start, end=burn.window.start + timedelta(minutes=40))
    broken = check_plan(_replace(raised, BurnActivity, window=window), mission, now)
    assert broken.validation is not None
    assert "MAN-001" in [one.code for one in broken.validation.findings]


def test_pointing_in_shadow_is_told_but_does_not_block(story: MissionPlan) -> None:
    assert story.validation is not None
    assert all(one.severity is Severity.INFO for one in story.validation.findings if one.code == "GEO-004")
    assert _of(story, PointingActivity).pointing is PointingMode.SUN
