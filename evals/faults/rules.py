"""Faults against every flight rule of the reference mission."""

from __future__ import annotations

from random import Random
from typing import Final

from core.mission.model import Mode
from core.orbit import find_eclipses
from core.plan.activity import (
    BurnActivity,
    DownlinkActivity,
    ImagingActivity,
    ModeActivity,
    PointingActivity,
    PointingMode,
    Window,
)
from core.plan.orbit import planned_orbit
from core.time import add_s, tai_s_from_utc, utc_from_tai_s
from evals.faults.model import Fault, Original, Planted
from evals.faults.spoiling import (
    activities,
    changed,
    every_initial,
    first,
    in_mission,
    later,
    plan_with,
    span,
    swapped,
    whole,
)

__all__ = ["RULES"]


def _charge_below(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda _: {"soc": random.uniform(0.5, 0.59)}).at(one.plan.horizon)


def _reserve_touched(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda _: {"propellant_kg": 3.0 + random.uniform(0.0, 0.02)}).at(one.plan.horizon)


def _store_nearly_full(one: Original, random: Random) -> Planted:
    return every_initial(one, lambda _: {"data_stored_bytes": round(64e9 * random.uniform(0.91, 0.97))}).at(
        one.plan.horizon
    )


def _long_sun(one: Original, random: Random) -> Planted:
    point = first(one, PointingActivity)
    long = changed(point, pointing=PointingMode.SUN, window=span(point.window.start, 5400.0 + random.uniform(60, 3600)))
    return activities(one, *(long if item is point else item for item in one.plan.activities)).at(long.window)


def _burns(one: Original) -> list[BurnActivity]:
    return [item for item in one.plan.activities if isinstance(item, BurnActivity)]


def _burns_too_close(one: Original, random: Random) -> Planted:
    before, after = _burns(one)[:2]
    start = add_s(before.window.end, random.uniform(400.0, 2600.0))
    near = changed(after, window=span(start, after.window.duration_s))
    return swapped(one, (after, near)).at(whole(before, near))


def _image_in_shadow(one: Original, _random: Random) -> Planted:
    """The image moved into the middle of the next stay in the shadow."""
    image = first(one, ImagingActivity)
    orbit = planned_orbit(one.site.mission, image.satellite, one.plan.activities)
    begin = tai_s_from_utc(image.window.end)
    shadow = find_eclipses(orbit, begin, begin + 7000.0)[0]
    middle = utc_from_tai_s(0.5 * (shadow.start_tai_s + shadow.end_tai_s))
    dark = changed(image, window=span(middle, image.window.duration_s))
    return activities(one, *(dark if item is image else item for item in one.plan.activities)).at(dark.window)


def _seven_burns(one: Original, random: Random) -> Planted:
    """Small burns an hour apart, up and down in turn."""
    burn = first(one, BurnActivity)
    size = random.uniform(0.05, 0.1)
    small = [
        changed(
            burn,
            activity_id=f"burn-{number}",
            window=span(add_s(burn.window.start, number * 3600.0), burn.window.duration_s),
            delta_v_m_s=size if number % 2 else -size,
            target_altitude_km=None,
            anchor=None,
        )
        for number in range(7)
    ]
    kept = [item for item in one.plan.activities if not isinstance(item, BurnActivity)]
    return activities(one, *kept, *small).at(whole(*small))


def _image_while_burning(one: Original, _random: Random) -> Planted:
    burn = first(one, BurnActivity)
    middle = add_s(burn.window.start, 0.5 * burn.window.duration_s)
    image = ImagingActivity(
        activity_id="image-while-burning",
        satellite=burn.satellite,
        window=span(middle, 8.0),
        target="below",
        latitude_deg=0.0,
        longitude_deg=0.0,
        max_off_nadir_deg=30.0,
        predicted_off_nadir_deg=0.0,
        sun_elevation_deg=45.0,
        provenance=burn.provenance,
    )
    return activities(one, *one.plan.activities, changed(image)).at(image.window)


def _two_spacecraft_burn(one: Original, random: Random) -> Planted:
    burn = first(one, BurnActivity)
    other = changed(
        burn,
        activity_id="burn-other",
        satellite="LSAT-3",
        window=later(burn.window, random.uniform(0.0, 0.8) * burn.window.duration_s),
        target_altitude_km=None,
        anchor=None,
    )
    planted = activities(one, *one.plan.activities, other)
    start = one.plan.initial[0].model_copy(update={"satellite": "LSAT-3"})
    initial = (*(item for item in one.plan.initial if item.satellite != "LSAT-3"), start)
    shared = Window(start=other.window.start, end=burn.window.end)
    return Planted(planted.plan.model_copy(update={"initial": initial}), one.site, shared)


def _little_charge_while_burning(one: Original, random: Random) -> Planted:
    """A mission whose rule for burning wants a fuller battery than there is after a stay in the shadow."""
    mission = one.site.mission
    rules = tuple(
        rule.model_copy(update={"condition": rule.condition.model_copy(update={"minimum": random.uniform(1.01, 1.2)})})
        if rule.id == "FR-11"
        else rule
        for rule in mission.flight_rules
    )
    strict = mission.model_copy(update={"flight_rules": rules})
    return in_mission(one, plan_with(one), strict).at(whole(*_burns(one)))


def _unprepared_mode(one: Original, random: Random) -> Planted:
    template = first(one, DownlinkActivity)
    at = add_s(one.plan.activities[0].window.start, 21_600.0 + random.uniform(2_000.0, 9_000.0))
    mode = ModeActivity(
        activity_id="back-to-nominal",
        satellite=template.satellite,
        window=span(at, 60.0),
        mode=Mode.NOMINAL,
        provenance=template.provenance,
    )
    window = Window(start=add_s(at, -21_600.0), end=at)
    return activities(one, *one.plan.activities, changed(mode)).at(window)


RULES: Final = (
    Fault("FRU-001", "charge below the rule", "downlink", _charge_below),
    Fault("FRU-002", "the propellant reserve touched", "raise", _reserve_touched),
    Fault("FRU-003", "a store nearly full", "image", _store_nearly_full, "warn"),
    Fault("FRU-004", "sun pointing longer than the rule", "downlink", _long_sun, "warn"),
    Fault("FRU-005", "two burns too close", "raise", _burns_too_close),
    Fault("FRU-006", "an image in the Earth's shadow", "image", _image_in_shadow),
    Fault("FRU-008", "seven burns in a day", "raise", _seven_burns),
    Fault("FRU-009", "an image while burning", "raise", _image_while_burning),
    Fault("FRU-010", "two spacecraft burn at once", "raise", _two_spacecraft_burn, "warn"),
    Fault("FRU-011", "little charge while burning", "raise", _little_charge_while_burning),
    Fault("FRU-012", "a change to nominal mode that nothing prepares", "downlink", _unprepared_mode),
)
