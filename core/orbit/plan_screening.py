"""Screening of planned trajectories, burns and all, against a catalogue, without missing an approach.

A sieve first: between two states of a pair a minute apart the relative path leaves its chord by no more than the
acceleration allows, so objects whose chords all pass farther than that and the threshold cannot come near. The few that
are left are screened with the satellite by :func:`core.orbit.screening.screen`, which is complete by a bound of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError, PhysicsError
from core.mission.catalogue import Catalogue, CatalogueObject
from core.orbit.constellation import Constellation
from core.orbit.flown import FlownOrbit
from core.orbit.propagation import Orbit, Sgp4Code, Sgp4Orbit
from core.orbit.screening import screen
from core.time import tai_s_from_utc

__all__ = ["PlanScreening", "PlannedApproach", "UnscreenedObject", "screen_plan_trajectories"]

FloatArray = NDArray[np.float64]

_STEP_S: Final = 60.0
_OBJECTS_AT_ONCE: Final = 400  # some 20 MB of states for a day
_HARMONICS: Final = 1.01  # what all but the point mass adds to the acceleration, by far at most
_BELOW_SAMPLES_M: Final = 50_000.0  # by how much a radius may fall between samples, by far at most
_LONGEST_SCREEN_S: Final = 31.0 * 86_400.0
_SAME_INSTANT_S: Final = 1e-3


@dataclass(frozen=True)
class PlannedApproach:
    """A local minimum of the distance to an object of the catalogue.

    ``elements_age_s`` is the age of the object's elements at the closest approach: after some days they are kilometres off
    along the track, and an approach is a reason to ask for better data, not yet a danger. ``at_edge`` says that the screened
    span begins or ends there, and that the pair may come closer beyond.
    """

    satellite: str
    object_name: str
    norad_id: int | None
    tca_tai_s: float
    miss_m: float
    relative_speed_m_s: float
    elements_age_s: float
    at_edge: bool


@dataclass(frozen=True)
class UnscreenedObject:
    """An object of which nothing is known from an instant on, and why."""

    object_name: str
    norad_id: int | None
    from_tai_s: float
    reason: str


@dataclass(frozen=True)
class PlanScreening:
    """Approaches in order of time, and what was not looked at: what is not in either came no nearer than the threshold."""

    approaches: tuple[PlannedApproach, ...]
    unscreened: tuple[UnscreenedObject, ...]
    screened_objects: int
    source: str
    threshold_m: float


def screen_plan_trajectories(
    trajectories: Mapping[str, Orbit],
    catalogue: Catalogue,
    start_tai_s: float,
    end_tai_s: float,
    threshold_m: float = 5_000.0,
    *,
    own_norad_ids: Collection[int] = (),
) -> PlanScreening:
    """Every approach of planned trajectories to objects of a catalogue, at or below a threshold.

    Args:
        trajectories: The satellites' orbits by their ids, with burns where they burn. During a burn the orbit before it
            counts; a burn of minutes moves a satellite by metres until its end.
        catalogue: What to screen against.
        start_tai_s: TAI seconds since J2000.
        end_tai_s: Within 31 days after the start.
        threshold_m: Above 0, at most 1,000 km.
        own_norad_ids: Objects of the catalogue that are the satellites themselves: they are left out.
    Raises:
        InputError: There is no trajectory or no object, or a number is outside its range.
        PhysicsError: A burn leaves no orbit: there is no trajectory to screen.
        PropagationError: SGP4 fails for a satellite inside the span.
    Source: agrees with brute force over the catalogue (test_a_plan_is_screened_as_brute_force_does).
    """
    others = catalogue.without(own_norad_ids)
    if not trajectories or not len(others):
        raise InputError("screening", "needs a trajectory, and an object other than one's own")
    if not 0.0 < end_tai_s - start_tai_s <= _LONGEST_SCREEN_S:
        raise InputError("window", f"{(end_tai_s - start_tai_s) / 86_400.0:.3f} days are not in the range (0, 31] days")
    if not 0.0 < threshold_m <= 1e6:
        raise InputError("threshold_m", f"{threshold_m} m is not in the range (0, 1000 km]")
    found: list[PlannedApproach] = []
    unscreened: dict[int, UnscreenedObject] = {}
    for satellite, orbit in trajectories.items():
        if isinstance(orbit, FlownOrbit) and orbit.lost is not None:
            raise PhysicsError(f"{satellite}: {orbit.lost.reason}: there is no trajectory to screen", code="COL-004")
        found += _screened(satellite, orbit, others, (start_tai_s, end_tai_s), threshold_m, unscreened)
    return PlanScreening(
        approaches=tuple(sorted(found, key=lambda one: one.tca_tai_s)),
        unscreened=tuple(unscreened[place] for place in sorted(unscreened)),
        screened_objects=len(others) - len(unscreened),
        source=catalogue.source,
        threshold_m=threshold_m,
    )


def _screened(
    satellite: str,
    orbit: Orbit,
    others: Catalogue,
    span: tuple[float, float],
    threshold_m: float,
    unscreened: dict[int, UnscreenedObject],
) -> list[PlannedApproach]:
    """Approaches leg by leg; a minimum at the joint of two legs counts once, and only where both end in it."""
    legs = [
        _of_leg(satellite, leg, others, first, last, threshold_m, unscreened)
        for leg, first, last in orbit.legs_between(*span)
    ]
    joints = [last for _, _, last in orbit.legs_between(*span)][:-1]
    kept = []
    for one in (one for leg in legs for one in leg):
        joint = next((t for t in joints if abs(one.tca_tai_s - t) < _SAME_INSTANT_S), None)
        if joint is None or not one.at_edge:
            kept.append(one)
            continue
        twins = [
            other
            for leg in legs
            for other in leg
            if other.at_edge
            and (other.object_name, other.norad_id) == (one.object_name, one.norad_id)
            and abs(other.tca_tai_s - joint) < _SAME_INSTANT_S
        ]
        if len(twins) > 1 and one is twins[0]:
            kept.append(one)
    return kept


def _of_leg(
    satellite: str,
    leg: Sgp4Orbit,
    others: Catalogue,
    first_tai_s: float,
    last_tai_s: float,
    threshold_m: float,
    unscreened: dict[int, UnscreenedObject],
) -> list[PlannedApproach]:
    duration_s = last_tai_s - first_tai_s
    times_s = np.linspace(0.0, duration_s, max(2, int(np.ceil(duration_s / _STEP_S)) + 1))
    own_m = leg.propagate_teme(first_tai_s + times_s)[0]
    near: list[int] = []
    for begin in range(0, len(others), _OBJECTS_AT_ONCE):
        block = others.objects[begin : begin + _OBJECTS_AT_ONCE]
        states = Constellation([one.elements for one in block]).propagate_teme(first_tai_s, times_s)
        failed = states.codes != 0
        for place in np.flatnonzero(failed.any(axis=1)):
            epoch = int(np.argmax(failed[place]))
            _note(
                unscreened,
                begin + int(place),
                block[place],
                first_tai_s + times_s[epoch],
                int(states.codes[place, epoch]),
            )
        near += (begin + np.flatnonzero(_may_meet(own_m, states.r_teme_m, failed, times_s[1], threshold_m))).tolist()
    if not near:
        return []
    candidates = [others.objects[place] for place in near]
    fleet = Constellation([leg.elements, *(one.elements for one in candidates)])
    approaches = screen(fleet, first_tai_s, duration_s, threshold_m)
    return [
        _approach(satellite, candidates[other - 1], *row)
        for mine, other, *row in zip(
            approaches.first.tolist(),
            approaches.second.tolist(),
            approaches.tca_tai_s.tolist(),
            approaches.miss_m.tolist(),
            approaches.relative_speed_m_s.tolist(),
            approaches.at_edge.tolist(),
            strict=True,
        )
        if mine == 0
    ]


def _note(unscreened: dict[int, UnscreenedObject], place: int, one: CatalogueObject, t_tai_s: float, code: int) -> None:
    known = unscreened.get(place)
    if known is None or t_tai_s < known.from_tai_s:
        reason = Sgp4Code(code).name.lower().replace("_", " ")
        unscreened[place] = UnscreenedObject(one.name, one.norad_id, float(t_tai_s), f"SGP4 has no state: {reason}")


def _may_meet(
    own_m: FloatArray, others_m: FloatArray, failed: NDArray[np.bool_], step_s: float, threshold_m: float
) -> NDArray[np.bool_]:
    """Which objects (n,) may come within the threshold: by the chords of the relative path, and how far it may leave them."""
    apart_m = np.where(failed[..., np.newaxis], np.inf, others_m) - own_m
    with np.errstate(invalid="ignore"):
        along = np.diff(apart_m, axis=1)
        length2 = np.maximum(np.einsum("ntk,ntk->nt", along, along), 1e-12)
        share = np.clip(-np.einsum("ntk,ntk->nt", apart_m[:, :-1], along) / length2, 0.0, 1.0)
        nearest_m = np.linalg.norm(apart_m[:, :-1] + share[..., np.newaxis] * along, axis=2)
    radii_m = np.linalg.norm(np.where(failed[..., np.newaxis], np.inf, others_m), axis=2)
    lowest_m = np.maximum(radii_m.min(axis=1) - _BELOW_SAMPLES_M, 6e6)
    own_lowest_m = np.linalg.norm(own_m, axis=1).min() - _BELOW_SAMPLES_M
    pull_m_s2 = _HARMONICS * EARTH_MU_M3_S2 * (1.0 / lowest_m**2 + 1.0 / own_lowest_m**2)
    reach_m = threshold_m + pull_m_s2 * step_s**2 / 8.0  # the largest distance of an arc from its chord
    found: NDArray[np.bool_] = (np.nan_to_num(nearest_m, nan=np.inf) <= reach_m[:, np.newaxis]).any(axis=1)
    return found


def _approach(
    satellite: str, other: CatalogueObject, tca_tai_s: float, miss_m: float, speed_m_s: float, at_edge: bool
) -> PlannedApproach:
    return PlannedApproach(
        satellite=satellite,
        object_name=other.name,
        norad_id=other.norad_id,
        tca_tai_s=tca_tai_s,
        miss_m=miss_m,
        relative_speed_m_s=speed_m_s,
        elements_age_s=tca_tai_s - tai_s_from_utc(other.elements.epoch_utc),
        at_edge=at_edge,
    )
