"""Faults of authority and consistency: approvals, evidence, commands, claims, stale inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Final

from core.mission.model import OrbitDoubt
from core.plan.activity import (
    BurnActivity,
    CommandSpec,
    DownlinkActivity,
    ImagingActivity,
    PointingActivity,
    Proposer,
    Provenance,
    RejectedAlternative,
    Window,
)
from core.plan.commitments import Commitments
from core.plan.model import Approval, PlanState
from core.time import add_s
from evals.faults.model import Fault, Original, Planted
from evals.faults.spoiling import changed, every_initial, first, in_mission, plan_with, swapped

__all__ = ["AUTHORITY"]


def _approved(one: Original, *by: tuple[str, str], revision: str | None = None, state: str = "validated") -> Planted:
    plan = plan_with(one).plan
    approvals = tuple(
        Approval(revision_hash=revision or plan.revision_hash(), by=name, role=role, at=plan.horizon.start)
        for name, role in by
    )
    return Planted(plan.model_copy(update={"approvals": approvals, "state": PlanState(state)}), one.site)


def _foreign(one: Original, _random: Random) -> Planted:
    return _approved(one, ("paula", "planner"), revision="0" * 64)


def _by_an_operator(one: Original, _random: Random) -> Planted:
    return _approved(one, ("olga", "operator"))


def _by_the_author(one: Original, _random: Random) -> Planted:
    return _approved(one, (one.plan.intent.author, "planner"))


def _by_one_person_twice(one: Original, _random: Random) -> Planted:
    return _approved(one, ("fred", "flight_director"), ("fred", "flight_director"))


def _released_without(one: Original, _random: Random) -> Planted:
    return _approved(one, state="released")


def _hazardous_with_one(one: Original, _random: Random) -> Planted:
    return _approved(one, ("fred", "flight_director"), state="approved")


def _hazardous_without_director(one: Original, _random: Random) -> Planted:
    return _approved(one, ("paula", "planner"), ("peter", "planner"), state="approved")


def _claims_too_little(one: Original, random: Random) -> Planted:
    burn = first(one, BurnActivity)
    less = changed(burn, propellant_kg=burn.propellant_kg * random.uniform(0.1, 0.9))
    return swapped(one, (burn, less)).at(burn.window)


def _claims_too_much(one: Original, random: Random) -> Planted:
    burn = first(one, BurnActivity)
    more = changed(burn, propellant_kg=burn.propellant_kg * random.uniform(1.1, 3.0))
    return swapped(one, (burn, more)).at(burn.window)


def _without_evidence(one: Original, _random: Random) -> Planted:
    item = first(one, PointingActivity)
    bare = Provenance(proposed_by=Proposer.MODEL, reason="because")
    return swapped(one, (item, changed(item, provenance=bare))).at(item.window)


def _forged_command(one: Original, _random: Random) -> Planted:
    item = first(one, PointingActivity)
    extra = CommandSpec(
        command="EXECUTE_BURN",
        arguments={"delta_v_m_s": 10.0, "duration_s": 5.0},
        execute_at=add_s(item.window.start, 5.0),
    )
    return swapped(one, (item, item.model_copy(update={"commands": (*item.commands, extra)}))).at(item.window)


def _altered_argument(one: Original, random: Random) -> Planted:
    item = first(one, DownlinkActivity)
    command = item.commands[0]
    altered = command.model_copy(
        update={"arguments": {**command.arguments, "volume_bytes": random.randrange(1, item.volume_bytes)}}
    )
    return swapped(one, (item, item.model_copy(update={"commands": (altered,)}))).at(item.window)


def _late_command(one: Original, random: Random) -> Planted:
    item = first(one, DownlinkActivity)
    command = item.commands[0]
    late = command.model_copy(update={"execute_at": add_s(command.execute_at, random.uniform(1.0, 60.0))})
    return swapped(one, (item, item.model_copy(update={"commands": (late,)}))).at(item.window)


def _missing_command(one: Original, _random: Random) -> Planted:
    item = first(one, PointingActivity)
    return swapped(one, (item, item.model_copy(update={"commands": ()}))).at(item.window)


def _stale(one: Original, name: str, value: str) -> Planted:
    return plan_with(one, input_hashes={**one.plan.input_hashes, name: value})


def _another_mission(one: Original, _random: Random) -> Planted:
    return _stale(one, "mission", "0" * 64)


def _other_models(one: Original, _random: Random) -> Planted:
    return _stale(one, "models", "2020.01-1")


def _known_of_orbits(one: Original, update: Mapping[str, object]) -> Planted:
    """What the ground has learnt of the orbits has changed, and the plan was made with that."""
    mission = one.site.mission
    crafts = tuple(craft.model_copy(update=update) for craft in mission.spacecraft)
    planted = in_mission(one, plan_with(one), mission.model_copy(update={"spacecraft": crafts}))
    return planted.at(one.plan.horizon)


def _burnt_since(one: Original, random: Random) -> Planted:
    since = add_s(one.plan.horizon.start, -random.uniform(60.0, 3000.0))
    return _known_of_orbits(
        one, {"orbit_doubt": OrbitDoubt(code="burnt-since", reason="a burn ended", since_utc=since)}
    )


def _missed_by_fixes(one: Original, random: Random) -> Planted:
    since, miss_m = add_s(one.plan.horizon.start, -600.0), random.uniform(2500.0, 50_000.0)
    doubt = OrbitDoubt(code="short-arc", reason="the fixes span 900 s", since_utc=since, miss_m=miss_m)
    return _known_of_orbits(one, {"orbit_doubt": doubt})


def _old_orbit(one: Original, random: Random) -> Planted:
    """The same elements, by the clock of a ground that has heard nothing for weeks."""
    late = add_s(one.site.now_utc, random.uniform(10.0, 30.0) * 86_400.0)
    return replace(plan_with(one), site=replace(one.site, now_utc=late)).at(one.plan.horizon)


def _burn_of_another_plan(one: Original, random: Random) -> Planted:
    """Another plan, approved, burns before this one is over."""
    start = add_s(one.plan.horizon.start, random.uniform(300.0, 3000.0))
    burn = BurnActivity(
        activity_id="burn-elsewhere",
        satellite=one.plan.satellites[0],
        window=Window(start=start, end=add_s(start, 30.0)),
        delta_v_m_s=random.uniform(0.2, 2.0),
        propellant_kg=0.1,
        purpose="orbit_raise",
        provenance=Provenance(proposed_by=Proposer.OPERATOR, reason="another plan"),
    )
    planted = replace(plan_with(one), site=replace(one.site, others=Commitments(burns=(burn,))))
    return planted.at(Window(start=start, end=one.plan.horizon.end))


def _mission_edited(one: Original, _random: Random) -> Planted:
    """The mission itself has changed by one number since the plan was made."""
    mission = one.site.mission
    targets = (
        mission.targets[0].model_copy(update={"height_m": mission.targets[0].height_m + 1.0}),
        *mission.targets[1:],
    )
    edited = replace(one.site, mission=mission.model_copy(update={"targets": targets}))
    return replace(plan_with(one), site=edited)


def _incomplete(one: Original, _random: Random) -> Planted:
    missing = RejectedAlternative(description="schedule_downlink for LSAT-1", code="GND-005", reason="no pass")
    return plan_with(one, unplanned=(missing,))


def _flattering_elevation(one: Original, random: Random) -> Planted:
    item = first(one, DownlinkActivity)
    away_deg = random.uniform(2.0, 20.0)
    true_deg = item.contact.max_elevation_deg
    claimed_deg = true_deg + away_deg if true_deg + away_deg < 90.0 else true_deg - away_deg
    contact = item.contact.model_copy(update={"max_elevation_deg": claimed_deg})
    return swapped(one, (item, changed(item, contact=contact))).at(item.window)


def _flattering_angle(one: Original, random: Random) -> Planted:
    item = first(one, ImagingActivity)
    claimed_deg = item.predicted_off_nadir_deg + random.uniform(1.0, 5.0)
    return swapped(one, (item, changed(item, predicted_off_nadir_deg=claimed_deg))).at(item.window)


def _retouched_profile(one: Original, random: Random) -> Planted:
    """The curve of the charge that a reviewer sees is not the one that was simulated."""
    chosen = next(item for item in one.plan.profiles if item.resource == "soc")
    lifted = tuple(min(value + random.uniform(0.05, 0.1), 1.5) for value in chosen.values)
    retouched = chosen.model_copy(update={"values": lifted})
    profiles = tuple(retouched if item is chosen else item for item in one.plan.profiles)
    return Planted(one.plan.model_copy(update={"profiles": profiles}), one.site, one.plan.horizon)


def _starts_low(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda _: {"soc": random.uniform(0.4, 0.58)})


def _starts_in_standby(one: Original, _random: Random) -> Planted:
    return every_initial(one, lambda _: {"mode": "standby"})


def _starts_full(one: Original, _random: Random) -> Planted:
    return every_initial(one, lambda _: {"data_stored_bytes": 64_000_000_000})


AUTHORITY: Final = (
    Fault("AUT-002", "an approval of another revision", "downlink", _foreign),
    Fault("AUT-003", "an approval by an operator", "downlink", _by_an_operator),
    Fault("AUT-003", "an approval by the author of the intent", "downlink", _by_the_author),
    Fault("AUT-004", "one person approves twice", "raise", _by_one_person_twice),
    Fault("AUT-005", "released without an approval", "downlink", _released_without),
    Fault("AUT-005", "hazardous commands with one approval", "raise", _hazardous_with_one),
    Fault("AUT-005", "hazardous commands without a flight director", "raise", _hazardous_without_director),
    Fault("CON-001", "less propellant claimed than a burn needs", "raise", _claims_too_little),
    Fault("CON-001", "more propellant claimed than a burn needs", "raise", _claims_too_much),
    Fault("CON-002", "a proposal without evidence", "downlink", _without_evidence),
    Fault("CON-003", "a command that no activity needs", "downlink", _forged_command),
    Fault("CON-003", "an argument altered", "downlink", _altered_argument),
    Fault("CON-003", "a command at another time", "downlink", _late_command),
    Fault("CON-003", "a command missing", "downlink", _missing_command),
    Fault("CON-004", "made for another mission", "downlink", _another_mission, "unknown"),
    Fault("CON-004", "made with other models", "downlink", _other_models, "unknown"),
    Fault("CON-004", "the mission edited since", "downlink", _mission_edited, "unknown"),
    Fault("CON-008", "a burn that no fixes have told the orbit of", "downlink", _burnt_since, "unknown"),
    Fault("CON-008", "an orbit that the fixes miss", "raise", _missed_by_fixes, "unknown"),
    Fault("CON-009", "elements that nothing has confirmed for weeks", "downlink", _old_orbit, "unknown"),
    Fault("CON-010", "a burn of another approved plan", "downlink", _burn_of_another_plan, "unknown"),
    Fault("CON-011", "images from a charge that holds them back", "image", _starts_low, "warn"),
    Fault("CON-011", "images from standby", "image", _starts_in_standby, "warn"),
    Fault("CON-011", "images from a full store", "image", _starts_full, "warn"),
    Fault("CON-011", "burns from a charge that holds them back", "raise", _starts_low, "warn"),
    Fault("CON-011", "burns from standby", "raise", _starts_in_standby, "warn"),
    Fault("CON-005", "a part of the request that is not there", "downlink", _incomplete, "warn"),
    Fault("CON-006", "a claimed elevation that the pass does not have", "downlink", _flattering_elevation),
    Fault("CON-006", "a claimed off-nadir angle that the pass does not have", "image", _flattering_angle),
    Fault("CON-007", "a retouched profile", "downlink", _retouched_profile),
)
