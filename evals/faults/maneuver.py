"""Faults of maneuvers and collisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Final

import numpy as np

from core.mission import parse_cdm
from core.mission.catalogue import CatalogueObject
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mode
from core.orbit.flown import orbit_through
from core.orbit.numerical import CartesianState
from core.plan.activity import BurnActivity, ModeActivity, Window
from core.plan.orbit import planned_orbit
from core.time import add_s, tai_s_from_utc
from evals.encounters import cdm_text
from evals.faults.model import Fault, Original, Planted
from evals.faults.spoiling import activities, changed, every_initial, first, in_mission, plan_with, span, swapped, whole

__all__ = ["MANEUVER"]


def _burns(one: Original) -> list[BurnActivity]:
    return [item for item in one.plan.activities if isinstance(item, BurnActivity)]


def _too_long(one: Original, random: Random) -> Planted:
    burn = first(one, BurnActivity)
    long = changed(burn, window=span(burn.window.start, 900.0 + random.uniform(1.0, 600.0)))
    return swapped(one, (burn, long)).at(long.window)


def _deorbits(one: Original, random: Random) -> Planted:
    burn = first(one, BurnActivity)
    down = changed(burn, delta_v_m_s=-random.uniform(110.0, 250.0))
    return swapped(one, (burn, down)).at(burn.window)


def _sinks_too_low(one: Original, random: Random) -> Planted:
    """A perigee of about 150 km: an orbit for some days, below the flight rule."""
    burn = first(one, BurnActivity)
    down = changed(burn, delta_v_m_s=-random.uniform(102.0, 106.0))
    kept = [item for item in one.plan.activities if not isinstance(item, BurnActivity)]
    return activities(one, *kept, down).at(burn.window)


def _misses(one: Original, factor: float) -> Planted:
    pairs = [(burn, changed(burn, delta_v_m_s=burn.delta_v_m_s * factor)) for burn in _burns(one)]
    return swapped(one, *pairs).at(_burns(one)[-1].window)


def _overshoots(one: Original, random: Random) -> Planted:
    return _misses(one, random.uniform(1.3, 2.0))


def _undershoots(one: Original, random: Random) -> Planted:
    return _misses(one, random.uniform(0.2, 0.7))


def _second_burn_dropped(one: Original, _random: Random) -> Planted:
    burns = _burns(one)
    kept = [item for item in one.plan.activities if item is not burns[-1]]
    return activities(one, *kept).at(burns[-2].window)


def _in_safe_mode(one: Original, _random: Random) -> Planted:
    return every_initial(one, lambda _: {"mode": "safe"}).at(first(one, BurnActivity).window)


def _after_safe_mode(one: Original, random: Random) -> Planted:
    burn = first(one, BurnActivity)
    start = add_s(burn.window.start, -random.uniform(600.0, 900.0))
    safe = ModeActivity(
        activity_id="go-safe",
        satellite=burn.satellite,
        window=span(start, 60.0),
        mode=Mode.SAFE,
        provenance=burn.provenance,
    )
    return activities(one, *one.plan.activities, changed(safe)).at(burn.window)


def _too_short(one: Original, random: Random) -> Planted:
    burn = first(one, BurnActivity)
    short = changed(burn, window=span(burn.window.start, burn.window.duration_s * random.uniform(0.3, 0.85)))
    return swapped(one, (burn, short)).at(short.window)


def _cold_thrusters(one: Original, _random: Random) -> Planted:
    """Thrusters whose thrust falls much with temperature: they give less than the plan counts on."""
    mission = one.site.mission
    buses = {}
    for name, bus in mission.buses.items():
        curve = bus.propulsion.curve.model_copy(update={"thrust_per_k": 0.009, "reference_degc": 40.0})
        buses[name] = bus.model_copy(update={"propulsion": bus.propulsion.model_copy(update={"curve": curve})})
    return in_mission(one, plan_with(one), mission.model_copy(update={"buses": buses})).at(
        first(one, BurnActivity).window
    )


def _message(one: Original, hours: float, age_h: float, **how: float) -> ConjunctionMessage:
    burn = first(one, BurnActivity)
    tca = burn.window.end + timedelta(hours=hours)
    text = cdm_text(tca, one.site.now_utc - timedelta(hours=age_h), satellite=burn.satellite, **how)  # type: ignore[arg-type]
    cdm = parse_cdm(text)
    return ConjunctionMessage(cdm.message_id, burn.satellite, 0, cdm.created_utc, cdm)


def _judged_with(one: Original, message: ConjunctionMessage) -> Planted:
    tca = message.cdm.tca_utc
    site = replace(one.site, conjunctions=(message,))
    return Planted(plan_with(one).plan, site, Window(start=add_s(tca, -1.0), end=add_s(tca, 1.0)))


def _flies_into(one: Original, _random: Random) -> Planted:
    """Soon after the first burn, which moves the satellite by less than the other object's uncertainty."""
    burn = first(one, BurnActivity)
    small = changed(burn, delta_v_m_s=0.002)
    kept = [item for item in one.plan.activities if not isinstance(item, BurnActivity)]
    spoilt = replace(one, plan=activities(one, *kept, small).plan)
    return _judged_with(spoilt, _message(one, 0.3, 2.0))


def _stale_message(one: Original, random: Random) -> Planted:
    return _judged_with(one, _message(one, 1.0, random.uniform(49.0, 90.0)))


def _undecidable(one: Original, _random: Random) -> Planted:
    """The burns move the satellite further than the message can tell of."""
    return _judged_with(one, _message(one, 6.0, 2.0))


def _screened(one: Original) -> Window:
    """From the first burn to a day after the last one."""
    burns = whole(*_burns(one))
    return Window(start=burns.start, end=max(one.plan.horizon.end, add_s(burns.end, 86_400.0)))


def _nobody_screens(one: Original, _random: Random) -> Planted:
    return Planted(plan_with(one).plan, replace(one.site, catalogue=None), _screened(one))


def _old_catalogue(one: Original, random: Random) -> Planted:
    """Elements of weeks ago say nothing of where their objects are."""
    assert one.site.catalogue is not None
    back = timedelta(days=random.uniform(6.0, 40.0))
    objects = tuple(
        replace(item, elements=item.elements.model_copy(update={"epoch_utc": item.elements.epoch_utc - back}))
        for item in one.site.catalogue.objects
    )
    stale = replace(one.site, catalogue=replace(one.site.catalogue, objects=objects))
    return Planted(plan_with(one).plan, stale, _screened(one))


def _somebody_in_the_way(one: Original, random: Random) -> Planted:
    """An object of the catalogue that crosses the orbit after the burns, a kilometre from where the satellite is then."""
    burns = _burns(one)
    when = add_s(burns[-1].window.end, random.uniform(2_000.0, 40_000.0))
    t = np.array([tai_s_from_utc(when)])
    own = planned_orbit(one.site.mission, burns[0].satellite, one.plan.activities).propagate(t)
    radial = own.r_gcrf_m[0] / np.linalg.norm(own.r_gcrf_m[0])
    normal = np.cross(radial, own.v_gcrf_m_s[0])
    crossing = CartesianState(float(t[0]), own.r_gcrf_m[0] + 1_000.0 * radial, normal)
    other = CatalogueObject("CROSSING", 90_003, orbit_through(crossing, 0.0).elements)
    assert one.site.catalogue is not None
    known = replace(one.site.catalogue, objects=(*one.site.catalogue.objects, other))
    near = Window(start=add_s(when, -30.0), end=add_s(when, 30.0))
    return Planted(plan_with(one).plan, replace(one.site, catalogue=known), near)


MANEUVER: Final = (
    Fault("MAN-001", "a burn longer than allowed", "raise", _too_long),
    Fault("MAN-002", "a burn that deorbits", "raise", _deorbits),
    Fault("MAN-002", "a perigee below the flight rule", "raise", _sinks_too_low),
    Fault("MAN-003", "burns that overshoot", "raise", _overshoots),
    Fault("MAN-003", "burns that undershoot", "raise", _undershoots),
    Fault("MAN-003", "the last burn left out", "raise", _second_burn_dropped),
    Fault("MAN-004", "a burn from safe mode", "raise", _in_safe_mode),
    Fault("MAN-004", "a burn after going to safe mode", "raise", _after_safe_mode),
    Fault("MAN-005", "a burn too short for its delta-v", "raise", _too_short),
    Fault("MAN-006", "thrusters too cold for the planned delta-v", "raise", _cold_thrusters),
    Fault("COL-001", "a burn into a conjunction", "raise", _flies_into),
    Fault("COL-002", "a conjunction message of days before", "raise", _stale_message, "unknown"),
    Fault("COL-003", "a conjunction that the burns leave undecided", "raise", _undecidable, "unknown"),
    Fault("COL-004", "a maneuver that nobody screens", "raise", _nobody_screens, "unknown"),
    Fault("COL-004", "a catalogue of weeks ago", "raise", _old_catalogue, "unknown"),
    Fault("COL-005", "an object in the way after the burns", "raise", _somebody_in_the_way, "unknown"),
)
