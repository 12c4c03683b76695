"""An orbit with burns in it: SGP4 up to a burn, the burn flown numerically, SGP4 of new mean elements after it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import STANDARD_GRAVITY_M_S2
from core.errors import InputError, PhysicsError
from core.frames.geodetic import WGS84_RADIUS_M
from core.orbit.numerical import Burn, CartesianState, ForceModel, ManeuverAxes, SpacecraftProperties, propagate
from core.orbit.propagation import Ephemeris, Sgp4Orbit
from core.orbit.state import keplerian_from_cartesian
from core.orbit.tle_fit import mean_elements_through

__all__ = ["Boost", "FlownOrbit", "LostOrbit", "OrbitLeg", "fly_boosts", "orbit_through"]

FloatArray = NDArray[np.float64]

_ARC_STEP_S: Final = 20.0  # a cubic through states so far apart is off by micrometres
_REVOLUTION_SAMPLES: Final = 36
# The burn's effect within minutes: the field's finer parts move both flights alike.
_ARC_FORCES: Final = ForceModel.conservative(4)


@dataclass(frozen=True)
class Boost:
    """A burn along the velocity (positive) or against it, with constant thrust from start to end.

    ``mass_kg`` is the spacecraft's mass at the start; ``delta_v_m_s`` is what the burn would give free of gravity.
    """

    start_tai_s: float
    end_tai_s: float
    delta_v_m_s: float
    mass_kg: float
    specific_impulse_s: float

    @property
    def thrust_n(self) -> float:
        """The thrust that gives the delta-v in that time, by the rocket equation."""
        exhaust_m_s = self.specific_impulse_s * STANDARD_GRAVITY_M_S2
        used_kg = self.mass_kg * -np.expm1(-abs(self.delta_v_m_s) / exhaust_m_s)
        return float(used_kg * exhaust_m_s / (self.end_tai_s - self.start_tai_s))


@dataclass(frozen=True)
class OrbitLeg:
    """A stretch between burns; ``arc`` is the burn that led to it."""

    start_tai_s: float
    orbit: Sgp4Orbit
    arc: Ephemeris | None = None


@dataclass(frozen=True)
class LostOrbit:
    """Which burn leaves no orbit to fly on, and the perigee that it leads to, above the equatorial radius."""

    boost: int
    perigee_altitude_m: float
    reason: str


@dataclass(frozen=True)
class FlownOrbit:
    """A satellite's orbit with its burns: legs in time order, the first from the beginning of time.

    Where a burn leaves no orbit to fly on, ``lost`` says so, and the last leg before that burn stands for all that
    follows: nothing computed with it after that burn means anything.
    """

    legs: tuple[OrbitLeg, ...]
    lost: LostOrbit | None = None

    @classmethod
    def undisturbed(cls, orbit: Sgp4Orbit) -> FlownOrbit:
        """An orbit without burns."""
        return cls((OrbitLeg(-np.inf, orbit),))

    def leg_at(self, t_tai_s: float) -> Sgp4Orbit:
        """The orbit that is flown at an instant; during a burn, the one before it."""
        return self.legs[bisect_right([leg.start_tai_s for leg in self.legs], t_tai_s) - 1].orbit

    def legs_between(self, start_tai_s: float, end_tai_s: float) -> Iterator[tuple[Sgp4Orbit, float, float]]:
        """The orbits flown in a span, each with its own part of it."""
        starts = [leg.start_tai_s for leg in self.legs]
        for leg, begin, end in zip(self.legs, starts, [*starts[1:], np.inf], strict=True):
            first, last = max(begin, start_tai_s), min(end, end_tai_s)
            if first < last:
                yield leg.orbit, first, last

    def propagate(self, t_tai_s: FloatArray) -> Ephemeris:
        """States in GCRF at TAI seconds since J2000, shape (n,), in any order.

        Raises:
            PropagationError: SGP4 fails; names the first failing epoch and the reason.
        """
        t = np.atleast_1d(np.asarray(t_tai_s, dtype=np.float64))
        flown = np.searchsorted([leg.start_tai_s for leg in self.legs], t, side="right") - 1
        if not flown.any() and len(self.legs) == 1:
            return self.legs[0].orbit.propagate(t)
        r_gcrf_m, v_gcrf_m_s = np.empty((t.size, 3)), np.empty((t.size, 3))
        for index, leg in enumerate(self.legs):
            mine = flown == index
            if mine.any():
                states = leg.orbit.propagate(t[mine])
                r_gcrf_m[mine], v_gcrf_m_s[mine] = states.r_gcrf_m, states.v_gcrf_m_s
            if leg.arc is not None:
                burning = (t > leg.arc.t_tai_s[0]) & (t < leg.arc.t_tai_s[-1])
                r_gcrf_m[burning], v_gcrf_m_s[burning] = _between(leg.arc, t[burning])
        return Ephemeris(t, r_gcrf_m, v_gcrf_m_s)


def fly_boosts(orbit: Sgp4Orbit, boosts: Iterable[Boost]) -> FlownOrbit:
    """The orbit with burns flown one after another.

    A burn starts from the osculating state of SGP4 and is integrated with its thrust; mean elements through the state
    at its end, with the drag term kept, carry on. So states are continuous, and what is asked of the orbit after a burn
    is answered by the same theory as before.

    Raises:
        InputError: Two burns overlap.
        PropagationError: SGP4 fails before a burn.
    """
    legs = [OrbitLeg(-np.inf, orbit)]
    for number, boost in enumerate(sorted(boosts, key=lambda one: one.start_tai_s)):
        if boost.start_tai_s < legs[-1].start_tai_s:
            raise InputError("boosts", f"the burn at {boost.start_tai_s} s begins before another ends")
        before = legs[-1].orbit
        arc = _burn_arc(before, boost)
        end = CartesianState(boost.end_tai_s, arc.r_gcrf_m[-1], arc.v_gcrf_m_s[-1])
        try:
            after = orbit_through(end, before.elements.bstar_per_earth_radius)
            after.propagate(boost.end_tai_s + np.linspace(0.0, after.period_s, _REVOLUTION_SAMPLES))
        except PhysicsError as error:
            return FlownOrbit(tuple(legs), LostOrbit(number, _perigee_altitude_m(end), error.message))
        legs.append(OrbitLeg(boost.end_tai_s, after, arc))
    return FlownOrbit(tuple(legs))


def _perigee_altitude_m(state: CartesianState) -> float:
    kepler = keplerian_from_cartesian(state.r_gcrf_m, state.v_gcrf_m_s)
    return kepler.semi_major_axis_m * (1.0 - kepler.eccentricity) - WGS84_RADIUS_M


def orbit_through(state: CartesianState, bstar_per_earth_radius: float) -> Sgp4Orbit:
    """The SGP4 orbit that passes through an osculating state.

    Raises:
        TleFitError: There are no mean elements through the state (an escape, a collision with the Earth).
    """
    one = Ephemeris(np.array([state.t_tai_s]), state.r_gcrf_m[np.newaxis], state.v_gcrf_m_s[np.newaxis])
    return Sgp4Orbit.from_elements(mean_elements_through(one, bstar_per_earth_radius))


def _burn_arc(orbit: Sgp4Orbit, boost: Boost) -> Ephemeris:
    """What SGP4 gives without the burn, and what the burn adds to it in numerical flight.

    The velocities of SGP4 are not quite the derivatives of its positions, by centimetres per second: numerical flight
    alone would carry that into the orbit after the burn.
    """
    count = max(2, int(np.ceil((boost.end_tai_s - boost.start_tai_s) / _ARC_STEP_S)) + 1)
    epochs = np.linspace(boost.start_tai_s, boost.end_tai_s, count)
    drifting = orbit.propagate(epochs)
    if boost.delta_v_m_s == 0.0:
        return drifting
    state = CartesianState(boost.start_tai_s, drifting.r_gcrf_m[0], drifting.v_gcrf_m_s[0])
    craft = SpacecraftProperties(mass_kg=boost.mass_kg)
    direction = (float(np.sign(boost.delta_v_m_s)), 0.0, 0.0)
    thrust = Burn(
        boost.start_tai_s,
        boost.end_tai_s,
        boost.thrust_n,
        boost.specific_impulse_s,
        direction,
        ManeuverAxes.VELOCITY,
    )
    burnt = propagate(state, epochs, craft, _ARC_FORCES, maneuvers=[thrust])
    unburnt = propagate(state, epochs, craft, _ARC_FORCES)
    return Ephemeris(
        epochs,
        drifting.r_gcrf_m + (burnt.r_gcrf_m - unburnt.r_gcrf_m),
        drifting.v_gcrf_m_s + (burnt.v_gcrf_m_s - unburnt.v_gcrf_m_s),
    )


def _between(arc: Ephemeris, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cubic Hermite positions and their derivative inside an arc."""
    k = np.clip(np.searchsorted(arc.t_tai_s, t, side="right") - 1, 0, len(arc.t_tai_s) - 2)
    h = (arc.t_tai_s[k + 1] - arc.t_tai_s[k])[:, np.newaxis]
    s = ((t - arc.t_tai_s[k])[:, np.newaxis]) / h
    r0, r1, v0, v1 = arc.r_gcrf_m[k], arc.r_gcrf_m[k + 1], arc.v_gcrf_m_s[k] * h, arc.v_gcrf_m_s[k + 1] * h
    r = (2 * s**3 - 3 * s**2 + 1) * r0 + (s**3 - 2 * s**2 + s) * v0 + (3 * s**2 - 2 * s**3) * r1 + (s**3 - s**2) * v1
    v = ((6 * s**2 - 6 * s) * (r0 - r1) + (3 * s**2 - 4 * s + 1) * v0 + (3 * s**2 - 2 * s) * v1) / h
    return r, v
