"""STR: the plan hangs together: known names, unique ids, anchors that resolve.

STR-001 duplicate activity id, STR-002 anchor to nothing, STR-003 unknown satellite or station, STR-004 circle of
anchors, STR-005 no initial state for a satellite, STR-006 nothing to do, STR-007 two initial states for a satellite,
STR-008 an initial state that the spacecraft cannot have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from core.errors import NotFound
from core.mission.model import Mission, Mode
from core.plan.model import Finding, MissionPlan, Severity

__all__ = ["structure_checks"]

_COLDEST_K: Final = 100.0
_HOTTEST_K: Final = 450.0


def structure_checks(plan: MissionPlan, mission: Mission) -> Iterator[Finding]:
    """Every structural fault; the plan is not simulated while there is one."""
    yield from _duplicates(plan)
    yield from _anchors(plan)
    yield from _names(plan, mission)
    yield from _initial_states(plan, mission)
    if not plan.activities:
        yield _block("STR-006", (), "activities", "the plan has no activities: there is nothing to validate")


def _duplicates(plan: MissionPlan) -> Iterator[Finding]:
    for activity_id, count in Counter(one.activity_id for one in plan.activities).items():
        if count > 1:
            yield _block(
                "STR-001",
                (activity_id,),
                "activity_id",
                f"the id {activity_id} is used by {count} activities",
                count,
                1,
            )


def _anchors(plan: MissionPlan) -> Iterator[Finding]:
    anchored_to = {one.activity_id: one.anchor.activity_id for one in plan.activities if one.anchor}
    known = {one.activity_id for one in plan.activities}
    for activity_id, target in anchored_to.items():
        if target not in known:
            yield _block(
                "STR-002", (activity_id,), "anchor", f"{activity_id} is anchored to {target}, which is not in the plan"
            )
            continue
        seen = [activity_id]
        while target in anchored_to and target not in seen:
            seen.append(target)
            target = anchored_to[target]
        if target == activity_id:
            yield _block("STR-004", tuple(seen), "anchor", f"the anchors of {', '.join(seen)} form a circle")


def _names(plan: MissionPlan, mission: Mission) -> Iterator[Finding]:
    starting = {initial.satellite for initial in plan.initial}
    for one in plan.activities:
        try:
            mission.craft(one.satellite)
            if one.contact:
                mission.station(one.contact.station)
        except NotFound as error:
            yield _block("STR-003", (one.activity_id,), "name", f"{one.activity_id}: {error.message}")
            continue
        if one.satellite not in starting:
            yield _block("STR-005", (one.activity_id,), "initial", f"the plan has no initial state for {one.satellite}")
    for satellite in starting - {craft.id for craft in mission.spacecraft}:
        yield _block("STR-003", (), "name", f"the initial state names {satellite!r}, which the mission does not have")


def _initial_states(plan: MissionPlan, mission: Mission) -> Iterator[Finding]:
    for satellite, count in Counter(one.satellite for one in plan.initial).items():
        if count > 1:
            yield _block("STR-007", (), "initial", f"{satellite} has {count} initial states", count, 1)
    known = {craft.id for craft in mission.spacecraft}
    for one in plan.initial:
        if one.satellite not in known:
            continue
        bus = mission.bus_of(one.satellite)
        for quantity, value, most, unit in (
            ("propellant_kg", one.propellant_kg, bus.propulsion.propellant_mass_kg, "kg"),
            ("data_stored_bytes", float(one.data_stored_bytes), float(bus.data_store_bytes), "bytes"),
        ):
            if value > most:
                text = f"{one.satellite} cannot start with {quantity} {value:g} {unit}: it holds {most:g}"
                yield _block("STR-008", (), quantity, text, value, most)
        unknown = sorted(set(one.temperatures_k) - set(bus.thermal.node_ids))
        if unknown:
            text = (
                f"{one.satellite} has no thermal nodes {', '.join(unknown)}: it has {', '.join(bus.thermal.node_ids)}"
            )
            yield _block("STR-008", (), "temperatures_k", text)
        for node, temp_k in one.temperatures_k.items():
            if not _COLDEST_K < temp_k < _HOTTEST_K:
                text = f"{one.satellite} cannot start with {node} at {temp_k:g} K: {_COLDEST_K:g} to {_HOTTEST_K:g} K are credible"
                yield _block("STR-008", (), "temperatures_k", text, temp_k)
        if one.mode not in set(Mode):
            text = f"{one.satellite} cannot start in mode {one.mode!r}: it has {', '.join(Mode)}"
            yield _block("STR-008", (), "mode", text)


def _block(
    code: str,
    activities: tuple[str, ...],
    quantity: str,
    explanation: str,
    value: float | None = None,
    limit: float | None = None,
) -> Finding:
    margin = limit - value if value is not None and limit is not None else None
    return Finding(
        code=code,
        severity=Severity.BLOCK,
        activities=activities,
        quantity=quantity,
        value=value,
        limit=limit,
        margin=margin,
        explanation=explanation,
    )
