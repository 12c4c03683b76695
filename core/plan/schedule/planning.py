"""From requests to a plan: solve the schedule, make activities of what was chosen, and say why the rest is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from core.mission.model import Mission
from core.orbit import off_nadir_rad
from core.plan.activity import (
    Activity,
    ContactRef,
    DownlinkActivity,
    ImagingActivity,
    PointingActivity,
    Proposer,
    Provenance,
    RejectedAlternative,
    ResourceName,
    ResourceUse,
    UplinkActivity,
    Window,
)
from core.plan.commanding import BURN_ATTITUDE_LEAD_S, IMAGE_ATTITUDE_LEAD_S, expand
from core.plan.maintenance import NEEDS
from core.plan.model import InitialResources
from core.plan.schedule.offers import Offer, Offers, burn_activity, make_offers
from core.plan.schedule.problem import Candidate
from core.plan.schedule.requests import (
    BurnRequest,
    DownlinkRequest,
    HoldRequest,
    ImagingRequest,
    MaintenanceRequest,
    ScheduleRequest,
)
from core.plan.schedule.solve import Schedule, Step, Unplaced, solve
from core.time import add_s, format_utc, tai_s_from_utc
from core.units import to_deg, to_rad

__all__ = ["ScheduledPlan", "schedule_requests"]

_SAMPLES: Final = 3  # an image is centred on the moment nearest to nadir; its ends are farther


@dataclass(frozen=True)
class ScheduledPlan:
    """Activities for a plan, what is not in it and why, and how the search went."""

    activities: tuple[Activity, ...]
    unplanned: tuple[RejectedAlternative, ...]
    schedule: Schedule


def schedule_requests(
    mission: Mission,
    requests: Sequence[ScheduleRequest],
    initial: Mapping[str, InitialResources],
    horizon: Window,
    now_utc: datetime,
    budget_s: float,
    *,
    seed: int = 1,
    existing: Sequence[Activity] = (),
    on_better: Callable[[Step], None] | None = None,
) -> ScheduledPlan:
    """The best plan of some requests that is found within a time budget.

    Args:
        mission: Satellites, stations, limits.
        requests: What is asked for; names are unique.
        initial: What each satellite starts with, by id; the mission file's values for those that are not there.
        horizon: When it may happen.
        now_utc: From when on people review the plan.
        budget_s: Seconds of search after the first valid schedule.
        seed: Of the search.
        existing: What is drafted already: it stays where it is, and is not given back.
        on_better: Told of every better schedule.
    Raises:
        InputError: A name is used twice, or a request names a satellite or station that the mission does not have.
    """
    offers = make_offers(mission, requests, initial, horizon, now_utc, existing)
    schedule = solve(offers.problem, budget_s, seed=seed, on_better=on_better)
    chosen = [(offers.problem.candidates[index], offers.offers[index]) for index in schedule.chosen]
    # A satellite that is asked for nothing in the end needs no commands either.
    busy = {candidate.satellite for candidate, offer in chosen if offer.request is not None}
    activities = tuple(
        _activity(candidate, offer, offers, horizon)
        for candidate, offer in chosen
        if candidate.satellite in busy and not offer.held
    )
    unplanned = tuple(
        _unplanned(one, offers, horizon)
        for one in schedule.unplaced
        if not offers.problem.requests[one.request].name.startswith(("uplink-", "*"))
    )
    return ScheduledPlan(activities, unplanned, schedule)


def _activity(one: Candidate, offer: Offer, offers: Offers, horizon: Window) -> Activity:
    satellite = offers.satellites[one.satellite]
    window = Window(start=add_s(horizon.start, one.start_s), end=add_s(horizon.start, one.end_s))
    made = _MAKE[type(offer.request)](satellite, window, offer, offers, horizon)
    return made.model_copy(update={"commands": expand(made)})


def _contact(offer: Offer, horizon: Window) -> ContactRef:
    assert offer.contact_s is not None and offer.station is not None
    begin, end = (add_s(horizon.start, seconds) for seconds in offer.contact_s)
    return ContactRef(
        station=offer.station,
        window=Window(start=begin, end=end),
        max_elevation_deg=round(offer.max_elevation_deg, 3),
    )


def _why(reason: str) -> Provenance:
    return Provenance(proposed_by=Proposer.SOLVER, reason=reason)


def _uplink(satellite: str, window: Window, offer: Offer, _offers: Offers, horizon: Window) -> Activity:
    return UplinkActivity(
        activity_id=f"uplink-{satellite.lower()}",
        satellite=satellite,
        window=window,
        contact=_contact(offer, horizon),
        provenance=_why("the first contact that leaves time for review and that no other satellite holds"),
    )


def _downlink(satellite: str, window: Window, offer: Offer, _offers: Offers, horizon: Window) -> Activity:
    request = offer.request
    assert isinstance(request, DownlinkRequest)
    return DownlinkActivity(
        activity_id=request.name,
        satellite=satellite,
        window=window,
        latest_end=request.latest_end,
        contact=_contact(offer, horizon),
        volume_bytes=request.volume_bytes,
        resources=(ResourceUse(resource=ResourceName.DATA_STORE_BYTES, delta=-float(request.volume_bytes)),),
        provenance=_why("a contact in which the volume fits and that no other satellite holds"),
    )


def _image(satellite: str, window: Window, offer: Offer, offers: Offers, _horizon: Window) -> Activity:
    request = offer.request
    assert isinstance(request, ImagingRequest)
    imager = offers.imagers[satellite]
    start = add_s(window.start, IMAGE_ATTITUDE_LEAD_S)
    t = tai_s_from_utc(start) + np.linspace(0.0, request.duration_s, _SAMPLES)
    states = offers.orbits[satellite].propagate(t)
    angle_rad = off_nadir_rad(states, to_rad(request.latitude_deg), to_rad(request.longitude_deg), request.height_m)
    return ImagingActivity(
        activity_id=request.name,
        satellite=satellite,
        window=Window(start=start, end=window.end),
        latest_end=request.latest_end,
        resources=(
            ResourceUse(
                resource=ResourceName.DATA_STORE_BYTES,
                delta=imager.data_rate_bit_s / 8.0 * request.duration_s,
            ),
        ),
        target=request.name,
        latitude_deg=request.latitude_deg,
        longitude_deg=request.longitude_deg,
        max_off_nadir_deg=min(request.max_off_nadir_deg or 60.0, imager.maximum_off_nadir_deg),
        predicted_off_nadir_deg=round(to_deg(float(angle_rad.min())), 2),
        sun_elevation_deg=round(offer.sun_elevation_deg, 1),
        provenance=_why("the daylight access nearest to nadir that is free"),
    )


def _burn(_satellite: str, window: Window, offer: Offer, _offers: Offers, _horizon: Window) -> Activity:
    request = offer.request
    assert isinstance(request, BurnRequest)
    burning = Window(start=add_s(window.start, BURN_ATTITUDE_LEAD_S), end=window.end)
    return burn_activity(request, burning, offer.propellant_kg)


def _hold(satellite: str, window: Window, offer: Offer, _offers: Offers, _horizon: Window) -> Activity:
    request = offer.request
    assert isinstance(request, HoldRequest)
    return PointingActivity(
        activity_id=request.name,
        satellite=satellite,
        window=window,
        latest_end=request.latest_end,
        pointing=request.pointing,
        provenance=_why("a free time in the window"),
    )


def _maintenance(satellite: str, window: Window, offer: Offer, _offers: Offers, horizon: Window) -> Activity:
    request = offer.request
    assert isinstance(request, MaintenanceRequest) and offer.within_s is not None
    need = NEEDS[request.work]
    begin, end = (add_s(horizon.start, seconds) for seconds in offer.within_s)
    return PointingActivity(
        activity_id=request.name,
        satellite=satellite,
        window=window,
        earliest_start=begin,
        latest_end=min(end, request.latest_end or end),
        pointing=need.pointing,
        provenance=_why(f"{need.words}: a free time in the light that it needs"),
    )


_Make = Callable[[str, Window, Offer, Offers, Window], Activity]
_MAKE: Final[dict[type, _Make]] = {
    type(None): _uplink,
    DownlinkRequest: _downlink,
    ImagingRequest: _image,
    BurnRequest: _burn,
    HoldRequest: _hold,
    MaintenanceRequest: _maintenance,
}


def _unplanned(one: Unplaced, offers: Offers, horizon: Window) -> RejectedAlternative:
    """The reasons in words: each way that was tried, with the code that blocks it."""
    tried = [
        f"{format_utc(add_s(horizon.start, way.start_s).replace(microsecond=0))}"
        f"{f' {way.satellite}' if way.satellite else ''} {way.code}"
        f"{f' ({way.blocked_by})' if way.blocked_by else ''}"
        for way in one.refusals
    ]
    codes = [way.code for way in one.refusals]
    return RejectedAlternative(
        description=offers.problem.requests[one.request].name,
        code=max(set(codes), key=codes.count),
        reason=f"tried {'; '.join(tried)}",
    )
