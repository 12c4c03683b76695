"""From requests to a scheduling problem: where each could be served, by whom, and what that takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from core.attitude import half_turn_s, slew_duration_s
from core.errors import InputError, PhysicsError
from core.mission.flight_rules import gap_limit_s
from core.mission.model import Imager, Mission
from core.orbit import FlownOrbit
from core.plan.activity import Activity, BurnActivity, Proposer, Provenance, ResourceName, ResourceUse, Window
from core.plan.commanding import BURN_ATTITUDE_LEAD_S, IMAGE_ATTITUDE_LEAD_S
from core.plan.maintenance import NEEDS, light_windows
from core.plan.model import InitialResources
from core.plan.orbit import planned_orbit
from core.plan.schedule.charge import idle_charge_j, usable_battery_j
from core.plan.schedule.held import HELD_VALUE, commanded_s, held_candidates, held_contacts
from core.plan.schedule.looks import Look, look_for_images
from core.plan.schedule.problem import Candidate, Fleet, Problem, Request, SatelliteBudget
from core.plan.schedule.requests import (
    BurnRequest,
    DownlinkRequest,
    HoldRequest,
    ImagingRequest,
    MaintenanceRequest,
    ScheduleRequest,
)
from core.plan.schedule.sky import Sky
from core.plan.uplink import LOAD_TIME_S, REVIEW_TIME_S
from core.propulsion import plan_burn
from core.time import add_s, duration_s
from core.units import to_rad

__all__ = ["Offer", "Offers", "burn_activity", "make_offers"]

_MOST_CANDIDATES: Final = 16  # of one request: the best images, the earliest contacts, an even spread of free times
_LEAST_UPLINK_S: Final = 120.0
_LINK_MARGIN_S: Final = 10.0
_CHARGE_STEP_S: Final = 300.0
_FIRST_CONTACT_S: Final = 86_400.0
_TOLD: Final = 4  # refusals of one code: a reader wants reasons, not lists


@dataclass(frozen=True)
class Offer:
    """What becomes of a candidate: the request (None: the contact that loads a satellite's commands), and the geometry."""

    request: ScheduleRequest | None
    station: str | None = None
    contact_s: tuple[float, float] | None = None
    max_elevation_deg: float = 0.0
    off_nadir_deg: float = 0.0
    sun_elevation_deg: float = 0.0
    propellant_kg: float = 0.0
    within_s: tuple[float, float] | None = None  # the stretch of time that gives what is needed
    held: bool = False  # it is drafted already


@dataclass
class Offers:
    """A scheduling problem and what its candidates stand for, in the same order."""

    problem: Problem
    offers: tuple[Offer, ...]
    satellites: tuple[str, ...]
    orbits: Mapping[str, FlownOrbit]  # with the burns
    imagers: Mapping[str, Imager]


@dataclass
class _Draft:
    """The problem while it grows."""

    requests: list[Request] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    def add(self, request: Request, ways: Sequence[tuple[Candidate, Offer]]) -> None:
        self.requests.append(request)
        for candidate, offer in ways:
            self.candidates.append(candidate)
            self.offers.append(offer)


def make_offers(
    mission: Mission,
    requests: Sequence[ScheduleRequest],
    initial: Mapping[str, InitialResources],
    horizon: Window,
    now_utc: datetime,
    existing: Sequence[Activity] = (),
) -> Offers:
    """The scheduling problem of some requests.

    Every satellite that is asked for anything first gets the contact that loads its commands; nothing begins before.

    Args:
        mission: Satellites, stations, limits.
        requests: What is asked for; names are unique.
        initial: What each satellite starts with, by id; the mission file's values for those that are not there.
        horizon: When it may happen.
        now_utc: From when on people review the plan.
        existing: What is drafted already and stays where it is.
    Raises:
        InputError: A name is used twice, or a request names a satellite or station that the mission does not have.
        PhysicsError: No station sees a satellite in time to load anything.
    """
    names = [craft.id for craft in mission.spacecraft]
    _check(requests, mission, names)
    orbits = {name: planned_orbit(mission, name, existing, _propellant_kg(mission, name, initial)) for name in names}
    burning = [one for one in requests if isinstance(one, BurnRequest)]
    sky = Sky(mission, orbits, _beginning(horizon) if burning else horizon)
    concerned = _concerned(requests, names)
    draft = _Draft()
    ready_s = _uplinks(sky, concerned, max(0.0, duration_s(horizon.start, now_utc)) + REVIEW_TIME_S, existing, draft)
    for held, candidate in held_candidates(existing, sky, len(draft.requests)):
        draft.add(Request(held, HELD_VALUE), [(candidate, Offer(None, held=True))])
    if burning:
        burns = _place_burns(burning, sky, horizon.duration_s, ready_s, initial, draft)
        # What comes after a burn flies on another orbit: everything else is looked for on that.
        for name in {one.satellite for one in burns}:
            orbits[name] = planned_orbit(mission, name, [*existing, *burns], _propellant_kg(mission, name, initial))
        sky = Sky(mission, orbits, horizon)
    images = [one for one in requests if isinstance(one, ImagingRequest)]
    looks = look_for_images(images, sky, ready_s, _MOST_CANDIDATES)
    for one in requests:
        if isinstance(one, ImagingRequest):
            _offer_images(one, looks[one.name], sky, draft)
        elif isinstance(one, DownlinkRequest):
            _offer_downlinks(one, sky, ready_s, draft)
        elif isinstance(one, HoldRequest):
            _offer_holds(one, sky, ready_s, draft)
        elif isinstance(one, MaintenanceRequest):
            _offer_maintenance(one, sky, ready_s, draft)
    fleet = _fleet(sky, initial, concerned)
    problem = Problem(sky.horizon_s, fleet, tuple(draft.requests), tuple(draft.candidates))
    return Offers(
        problem, tuple(draft.offers), tuple(names), orbits, {name: mission.bus_of(name).imager for name in names}
    )


def _beginning(horizon: Window) -> Window:
    """As much as the first command contacts need."""
    return Window(start=horizon.start, end=min(horizon.end, add_s(horizon.start, _FIRST_CONTACT_S)))


def _check(requests: Sequence[ScheduleRequest], mission: Mission, names: Sequence[str]) -> None:
    seen: set[str] = set()
    known, stations = set(names), {one.id for one in mission.stations}
    for one in requests:
        if one.name in seen:
            raise InputError("requests.name", f"{one.name!r} is used twice")
        seen.add(one.name)
        asked = one.satellites if isinstance(one, ImagingRequest) else (one.satellite,)
        unknown = [name for name in asked if name not in known]
        if unknown:
            raise InputError(f"requests.{one.name}.satellite", f"{unknown} are not among {list(names)}")
        for station in one.stations if isinstance(one, DownlinkRequest) else ():
            if station not in stations:
                raise InputError(f"requests.{one.name}.stations", f"{station!r} is not one of {sorted(stations)}")


def _concerned(requests: Sequence[ScheduleRequest], names: Sequence[str]) -> list[int]:
    asked: set[str] = set()
    for one in requests:
        if isinstance(one, ImagingRequest) and not one.satellites:
            return list(range(len(names)))
        asked |= set(one.satellites) if isinstance(one, ImagingRequest) else {one.satellite}
    return [k for k, name in enumerate(names) if name in asked]


def _uplinks(
    sky: Sky, concerned: Sequence[int], from_s: float, existing: Sequence[Activity], draft: _Draft
) -> dict[int, float]:
    """A command contact for each satellite, the earliest that its station has free; from when commands execute."""
    taken = held_contacts(existing, sky)
    ready_s = commanded_s(existing, sky)
    options = [
        (aos, los, elevation, satellite, station)
        for satellite in concerned
        for station, one in enumerate(sky.stations)
        if "S" in one.bands
        for aos, los, elevation in sky.passes.get((satellite, station), ())
        if aos >= from_s and los - aos >= _LEAST_UPLINK_S
    ]
    for aos, los, elevation, satellite, station in sorted(options):
        setup_s = sky.stations[station].setup_s
        busy = taken.setdefault(station, [])
        if satellite in ready_s or any(aos < end + setup_s and begin < los + setup_s for begin, end in busy):
            continue
        busy.append((aos, los))
        ready_s[satellite] = aos + LOAD_TIME_S
        candidate = Candidate(
            request=len(draft.requests),
            satellite=satellite,
            start_s=aos,
            end_s=los,
            value=HELD_VALUE,
            station=station,
            turns=False,
        )
        offer = Offer(None, sky.stations[station].id, (aos, los), elevation)
        draft.add(Request(f"uplink-{sky.names[satellite].lower()}", HELD_VALUE), [(candidate, offer)])
    return ready_s


def _offer_images(one: ImagingRequest, look: Look, sky: Sky, draft: _Draft) -> None:
    """The accesses nearest to nadir, and why others are none."""
    found = look.fitting
    start_s = found.best_s - 0.5 * one.duration_s
    begin_s, end_s = start_s - IMAGE_ATTITUDE_LEAD_S, start_s + one.duration_s
    ways = [
        (
            Candidate(
                request=len(draft.requests),
                satellite=satellite,
                start_s=float(begin_s[k]),
                end_s=float(end_s[k]),
                value=one.priority * (0.8 + 0.2 * float(found.max_elevation_deg[k]) / 90.0),
                data_bytes=sky.bus(satellite).imager.data_rate_bit_s / 8.0 * one.duration_s,
                energy_j=sky.bus(satellite).loads.imager_w * one.duration_s,
                pointing=90.0 - float(found.max_elevation_deg[k]),
            ),
            Offer(one, sun_elevation_deg=float(found.sun_elevation_deg[k])),
        )
        for k, satellite in enumerate(found.satellite.tolist())
    ]
    draft.add(Request(one.name, one.priority, look.refused), ways)


def _offer_downlinks(one: DownlinkRequest, sky: Sky, ready_s: dict[int, float], draft: _Draft) -> None:
    satellite = sky.names.index(one.satellite)
    antenna = sky.bus(satellite).antenna
    needed_s = math.ceil(one.volume_bytes * 8000.0 / antenna.x_band_downlink_bit_s) / 1000.0
    earliest = max(sky.seconds(one.earliest, 0.0), ready_s.get(satellite, math.inf))
    latest = sky.seconds(one.latest_end, sky.horizon_s)
    looked: list[tuple[float, str]] = []
    fitting: list[tuple[float, int, tuple[float, float, float]]] = []
    for station, place in enumerate(sky.stations):
        if "X" not in place.bands or (one.stations and place.id not in one.stations):
            continue
        for seen in sky.passes.get((satellite, station), ()):
            start_s = max(seen[0] + _LINK_MARGIN_S, 0.0)
            if start_s < earliest:
                looked.append((start_s, "GND-001"))
            elif start_s + needed_s > seen[1] - _LINK_MARGIN_S:
                looked.append((start_s, "RES-004"))
            elif start_s + needed_s > latest:
                looked.append((start_s, "TMP-003"))
            else:
                fitting.append((start_s, station, seen))
    fitting.sort()
    ways = [
        _downlink_way(one, sky, len(draft.requests), satellite, needed_s, *way) for way in fitting[:_MOST_CANDIDATES]
    ]
    draft.add(Request(one.name, one.priority, _spread(looked)), ways)


def _downlink_way(
    one: DownlinkRequest,
    sky: Sky,
    request: int,
    satellite: int,
    needed_s: float,
    start_s: float,
    station: int,
    seen: tuple[float, float, float],
) -> tuple[Candidate, Offer]:
    rise_s, set_s, elevation_deg = seen
    candidate = Candidate(
        request=request,
        satellite=satellite,
        start_s=start_s,
        end_s=start_s + needed_s,
        value=one.priority * (1.0 - 0.1 * start_s / sky.horizon_s),  # rather sooner
        station=station,
        contact_start_s=rise_s,
        contact_end_s=set_s,
        data_bytes=-float(one.volume_bytes),
        energy_j=sky.bus(satellite).loads.x_band_w * needed_s,
    )
    return candidate, Offer(one, sky.stations[station].id, (rise_s, set_s), elevation_deg)


def _place_burns(
    requests: Sequence[BurnRequest],
    sky: Sky,
    horizon_s: float,
    ready_s: dict[int, float],
    initial: Mapping[str, InitialResources],
    draft: _Draft,
) -> list[BurnActivity]:
    """Each burn at its first chance, as the orbit of all that follows depends on it; most valuable requests first."""
    gap_s = gap_limit_s(sky.mission.flight_rules, "burn", "burn")
    free_s = dict(ready_s)
    left_kg: dict[str, float] = {}
    placed: list[BurnActivity] = []
    for one in sorted(requests, key=lambda request: -request.priority):
        satellite = sky.names.index(one.satellite)
        bus = sky.bus(satellite)
        on_board_kg = left_kg.get(one.satellite, _propellant_kg(sky.mission, one.satellite, initial))
        start_s = max(sky.seconds(one.earliest, 0.0), free_s.get(satellite, math.inf))
        start_s += BURN_ATTITUDE_LEAD_S + half_turn_s(bus)
        try:
            burn = plan_burn(bus, on_board_kg, one.delta_v_m_s)
        except PhysicsError:
            draft.add(Request(one.name, one.priority, ((0.0, "RES-005"),)), ())
            continue
        end_s = start_s + math.ceil(burn.duration_s)
        code = None
        if burn.duration_s > bus.propulsion.maximum_burn_s:
            code = "MAN-001"
        elif end_s > min(sky.seconds(one.latest_end, horizon_s), horizon_s):
            code = "TMP-003"
        if code is not None:
            draft.add(Request(one.name, one.priority, ((min(start_s, horizon_s), code),)), ())
            continue
        candidate = Candidate(
            request=len(draft.requests),
            satellite=satellite,
            start_s=start_s - BURN_ATTITUDE_LEAD_S,
            end_s=end_s,
            value=HELD_VALUE,
            propellant_kg=burn.propellant_kg,
        )
        offer = Offer(one, propellant_kg=burn.propellant_kg)
        draft.add(Request(one.name, HELD_VALUE), [(candidate, offer)])
        free_s[satellite], left_kg[one.satellite] = end_s + gap_s, on_board_kg - burn.propellant_kg
        placed.append(burn_activity(one, sky.window(start_s, end_s), burn.propellant_kg))
    return placed


def burn_activity(one: BurnRequest, window: Window, propellant_kg: float) -> BurnActivity:
    """The burn of a request at its time."""
    return BurnActivity(
        activity_id=one.name,
        satellite=one.satellite,
        window=window,
        latest_end=one.latest_end,
        resources=(ResourceUse(resource=ResourceName.PROPELLANT_KG, delta=-propellant_kg),),
        delta_v_m_s=one.delta_v_m_s,
        propellant_kg=propellant_kg,
        purpose=one.purpose,
        provenance=Provenance(
            proposed_by=Proposer.SOLVER, reason="its first chance: the orbit of all that follows depends on it"
        ),
    )


def _offer_holds(one: HoldRequest, sky: Sky, ready_s: dict[int, float], draft: _Draft) -> None:
    """Evenly spread starts in the window that the request and the satellite's commands leave."""
    _offer_stretches(one, one.duration_s, [(0.0, sky.horizon_s)], sky, ready_s, draft)


def _offer_maintenance(one: MaintenanceRequest, sky: Sky, ready_s: dict[int, float], draft: _Draft) -> None:
    """Starts in the light that the work needs."""
    need, orbit = NEEDS[one.work], sky.orbits[sky.names.index(one.satellite)]
    end_tai_s = sky.start_tai_s + sky.horizon_s
    lit = [
        (begin - sky.start_tai_s, end - sky.start_tai_s)
        for begin, end in light_windows(orbit, need.light, sky.start_tai_s, end_tai_s)
    ]
    _offer_stretches(one, one.duration_s or need.duration_s, lit, sky, ready_s, draft)


def _offer_stretches(
    one: HoldRequest | MaintenanceRequest,
    duration_s: float,
    stretches_s: Sequence[tuple[float, float]],
    sky: Sky,
    ready_s: dict[int, float],
    draft: _Draft,
) -> None:
    """An attitude held within one of some stretches of time; a satellite turns before it begins."""
    satellite = sky.names.index(one.satellite)
    earliest = max(sky.seconds(one.earliest, 0.0), ready_s.get(satellite, math.inf)) + half_turn_s(sky.bus(satellite))
    latest = min(sky.seconds(one.latest_end, sky.horizon_s), sky.horizon_s)
    looked: list[tuple[float, str]] = []
    starts: list[tuple[float, tuple[float, float]]] = []
    for begin, end in stretches_s:
        first, last = max(begin, earliest), min(end, latest) - duration_s
        if first <= last:
            share = max(1, _MOST_CANDIDATES // len(stretches_s))
            starts += [(float(start_s), (begin, end)) for start_s in np.linspace(first, last, share)]
        else:
            too_short = end - begin < duration_s and (begin, end) != (0.0, sky.horizon_s)
            code = "GEO-003" if too_short else "TMP-003"
            looked.append((max(min(first, sky.horizon_s), 0.0), code))
    chosen = [starts[k] for k in np.linspace(0, len(starts) - 1, min(len(starts), _MOST_CANDIDATES)).astype(int)]
    ways = [
        (
            Candidate(
                request=len(draft.requests),
                satellite=satellite,
                start_s=start_s,
                end_s=start_s + duration_s,
                value=one.priority * (1.0 - 0.1 * start_s / sky.horizon_s),
            ),
            Offer(one, within_s=stretch),
        )
        for start_s, stretch in chosen
    ]
    draft.add(Request(one.name, one.priority, _spread(looked or ([] if ways else [(0.0, "GEO-003")]))), ways)


def _propellant_kg(mission: Mission, satellite: str, initial: Mapping[str, InitialResources]) -> float:
    known = initial.get(satellite)
    return known.propellant_kg if known else mission.craft(satellite).initial.propellant_kg


def _spread(looked: Sequence[tuple[float, str]]) -> tuple[tuple[float, str], ...]:
    """At most a few of each code."""
    kept: list[tuple[float, str]] = []
    for code in dict.fromkeys(code for _, code in looked):
        kept += sorted(one for one in looked if one[1] == code)[:_TOLD]
    return tuple(sorted(kept))


def _fleet(sky: Sky, initial: Mapping[str, InitialResources], concerned: Sequence[int]) -> Fleet:
    turns_s = [half_turn_s(sky.bus(k)) for k in range(len(sky.names))]

    def turn_s(first: Candidate, second: Candidate) -> float:
        """Between two images each turns from nadir at most by its own angle; anything else may be half a circle."""
        if isinstance(first.pointing, float) and isinstance(second.pointing, float):
            angle_rad = to_rad(first.pointing + second.pointing)
            # An image's candidate begins with its command to turn; what it needs beyond that has to lie before.
            return max(0.0, slew_duration_s(sky.bus(first.satellite), angle_rad) - IMAGE_ATTITUDE_LEAD_S)
        return turns_s[first.satellite]

    used = set(concerned)
    budgets = tuple(_budget(sky, k, initial, with_battery=k in used) for k in range(len(sky.names)))
    stations = tuple(one.id for one in sky.stations)
    return Fleet(budgets, stations, tuple(one.setup_s for one in sky.stations), turn_s, max(turns_s))


def _budget(
    sky: Sky, satellite: int, initial: Mapping[str, InitialResources], *, with_battery: bool
) -> SatelliteBudget:
    name = sky.names[satellite]
    bus, craft = sky.bus(satellite), sky.mission.craft(name)
    known = initial.get(name)
    soc = known.soc if known else craft.initial.soc
    stored = known.data_stored_bytes if known else craft.initial.data_stored_bytes
    times_s = charge_j = None
    if with_battery:
        times_s = np.linspace(0.0, sky.horizon_s, max(2, math.ceil(sky.horizon_s / _CHARGE_STEP_S) + 1))
        charge_j = idle_charge_j(bus, sky.orbits[satellite], sky.start_tai_s + times_s)
    return SatelliteBudget(
        name=name,
        store_bytes=float(bus.data_store_bytes),
        initial_data_bytes=float(stored),
        battery_j=usable_battery_j(bus),
        initial_battery_j=min(soc * bus.battery.capacity_j, usable_battery_j(bus)),
        minimum_battery_j=bus.battery.minimum_soc * bus.battery.capacity_j,
        propellant_kg=max(0.0, _propellant_kg(sky.mission, name, initial) - bus.propulsion.reserve_kg),
        charge_times_s=times_s,
        charge_j=charge_j,
    )
