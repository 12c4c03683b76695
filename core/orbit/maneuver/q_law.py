"""Low-thrust transfers between any two ellipses by the Q-law: thrust always lowers a measure of what is left to do.

Q is near the square of the time that the slowest elements need at their fastest rates. In equinoctial elements it has no
singularity at circular or equatorial orbits. The law is a feedback: near-optimal with good weights, never proved optimal.

Source: Petropoulos, AIAA 2004-5089 and AAS 05-162 (the law); Varga and Sanchez Perez, AAS 16-248 (equinoctial elements).
Motion is that of two bodies; eclipses and coasting arcs are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2, STANDARD_GRAVITY_M_S2
from core.errors import InputError, PhysicsError
from core.orbit.state import Keplerian

__all__ = ["LowThrustTransfer", "QLawError", "QLawWeights", "q_law_transfer"]

FloatArray = NDArray[np.float64]

_LONGEST_STEP_RAD: Final = 2.0 * math.pi / 32.0
_LARGEST_SHARE: Final = 0.1
_LEAST_MASS: Final = 0.05  # of the start's
_LOWEST_STEEPNESS: Final = 100.0  # of the penalty on a low perigee (Petropoulos 2005)
_NUDGE: Final = 1e-6


class QLawError(PhysicsError):
    """The target is not reached in the time or the propellant there is; ``facts`` say how far it came."""

    default_code = "q-law"


class _Elements(NamedTuple):
    """Semi-major axis, f and g along and across the equinox (eccentricity), h and k (tangent of half the inclination)."""

    a: float
    f: float
    g: float
    h: float
    k: float


@dataclass(frozen=True)
class QLawWeights:
    """How much each part counts; 0 leaves it free. ``lowest_perigee_m`` is kept by a penalty of this weight.

    ``arrived_within`` is of the target's axis, of one in eccentricity, and of tan(i/2) in the plane. What a revolution of
    thrust can change bounds it from below: nearer than a tenth of that the law circles about its target, and wastes fuel.
    """

    axis: float = 1.0
    eccentricity: float = 1.0
    plane: float = 1.0
    lowest_perigee: float = 1.0
    lowest_perigee_m: float = 6_578_000.0
    arrived_within: float = 0.01


@dataclass(frozen=True)
class LowThrustTransfer:
    """A transfer under continuous thrust, as flown: arrays (n,) at the start, once a revolution, and at the end."""

    t_s: FloatArray
    semi_major_axis_m: FloatArray
    eccentricity: FloatArray
    inclination_rad: FloatArray
    mass_kg: FloatArray
    delta_v_m_s: float
    revolutions: float

    @property
    def duration_s(self) -> float:
        """From the first thrust to arrival."""
        return float(self.t_s[-1])

    @property
    def propellant_kg(self) -> float:
        """What was burnt."""
        return float(self.mass_kg[0] - self.mass_kg[-1])


def q_law_transfer(
    start: Keplerian,
    target: Keplerian,
    thrust_n: float,
    mass_kg: float,
    specific_impulse_s: float,
    *,
    weights: QLawWeights | None = None,
    longest_s: float = 400.0 * 86_400.0,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> LowThrustTransfer:
    """Thrust without pause until axis, eccentricity vector and plane are the target's, within the weights' tolerance.

    Args:
        start: Where thrust begins, bound.
        target: Axis, eccentricity with its perigee, and plane; the anomaly does not count.
        thrust_n: Constant thrust.
        mass_kg: At the start.
        specific_impulse_s: Of the engine.
        weights: What counts, and how much.
        longest_s: When the transfer is given up.
        mu_m3_s2: Of the central body.
    Raises:
        InputError: A number is not above 0, an orbit is not bound, or an inclination is pi.
        QLawError: The target is not reached in time, or the mass is used up.
    """
    weights = weights or QLawWeights()
    for field, value in (("thrust_n", thrust_n), ("mass_kg", mass_kg), ("specific_impulse_s", specific_impulse_s)):
        if not (math.isfinite(value) and value > 0.0):
            raise InputError(field, f"{value} is not above 0")
    aim, first = _equinoctial(target, "target"), _equinoctial(start, "start")
    exhaust_m_s = specific_impulse_s * STANDARD_GRAVITY_M_S2
    law = _Law(aim, weights, thrust_n, thrust_n / exhaust_m_s, mu_m3_s2)
    longitude = start.raan_rad + start.argument_of_perigee_rad + start.true_anomaly_rad
    state = np.array([*first, 0.0, mass_kg])
    rows, turned = [_row(state)], 0.0
    while not law.arrived(_Elements(*state[:5].tolist())):
        step_rad = law.step_rad(longitude + turned, state)
        state = _step(law, longitude + turned, state, step_rad)
        whole, turned = math.floor(turned / (2.0 * math.pi)), turned + step_rad
        if not (state[5] < longest_s and state[6] > _LEAST_MASS * mass_kg):
            raise QLawError(
                f"the target is not reached: after {state[5] / 86_400.0:.1f} d the axis is {state[0] / 1000.0:.0f} km, the "
                f"eccentricity {math.hypot(state[1], state[2]):.4f}, the mass {state[6]:.1f} kg",
                t_s=float(state[5]),
                mass_kg=float(state[6]),
            )
        if math.floor(turned / (2.0 * math.pi)) > whole:
            rows.append(_row(state))
    t_s, axis_m, eccentricity, inclination_rad, left_kg = np.array([*rows, _row(state)]).T
    delta_v_m_s = exhaust_m_s * math.log(mass_kg / float(state[6]))
    return LowThrustTransfer(t_s, axis_m, eccentricity, inclination_rad, left_kg, delta_v_m_s, turned / (2.0 * math.pi))


def _equinoctial(orbit: Keplerian, field: str) -> _Elements:
    e, i = orbit.eccentricity, orbit.inclination_rad
    if not (orbit.semi_major_axis_m > 0.0 and 0.0 <= e < 1.0):
        raise InputError(field, f"an axis of {orbit.semi_major_axis_m} m and an eccentricity of {e} are no bound orbit")
    if not 0.0 <= i < math.pi - 1e-3:
        raise InputError(field, f"an inclination of {i} rad is not within 0 to below pi")
    perigee, tangent = orbit.raan_rad + orbit.argument_of_perigee_rad, math.tan(0.5 * i)
    return _Elements(
        orbit.semi_major_axis_m,
        e * math.cos(perigee),
        e * math.sin(perigee),
        tangent * math.cos(orbit.raan_rad),
        tangent * math.sin(orbit.raan_rad),
    )


def _row(state: FloatArray) -> list[float]:
    a, f, g, h, k, t_s, mass_kg = state.tolist()
    return [t_s, a, math.hypot(f, g), 2.0 * math.atan(math.hypot(h, k)), mass_kg]


@dataclass(frozen=True)
class _Law:
    """The thrust's direction at any place, and the rates that it makes."""

    target: _Elements
    weights: QLawWeights
    thrust_n: float
    flow_kg_s: float
    mu: float

    def arrived(self, at: _Elements) -> bool:
        """Whether every part that counts is the target's."""
        w, aim = self.weights, self.target
        return (
            (w.axis == 0.0 or abs(at.a - aim.a) < w.arrived_within * aim.a)
            and (w.eccentricity == 0.0 or math.hypot(at.f - aim.f, at.g - aim.g) < w.arrived_within)
            and (w.plane == 0.0 or math.hypot(at.h - aim.h, at.k - aim.k) < w.arrived_within)
        )

    def q(self, at: _Elements) -> float:
        """What is left to do, in squared seconds for an acceleration of 1 m/s2."""
        w, aim = self.weights, self.target
        e = min(math.hypot(at.f, at.g), 0.999)
        p = at.a * (1.0 - e * e)
        pace, wide = math.sqrt(p / self.mu), 0.5 * (1.0 + at.h**2 + at.k**2)
        fastest_a = 2.0 * at.a * math.sqrt(at.a / self.mu * (1.0 + e) / (1.0 - e))
        fastest_h = pace * wide / (math.sqrt(max(1.0 - at.g**2, 1e-9)) + at.f)
        fastest_k = pace * wide / (math.sqrt(max(1.0 - at.f**2, 1e-9)) + at.g)
        off = (at.a - aim.a) / aim.a
        far = math.sqrt(1.0 + (off / 3.0) ** 4)  # keeps the axis from growing without end
        left = w.axis * far * ((at.a - aim.a) / fastest_a) ** 2
        left += w.eccentricity * ((at.f - aim.f) ** 2 + (at.g - aim.g) ** 2) / (2.0 * pace) ** 2
        left += w.plane * (((at.h - aim.h) / fastest_h) ** 2 + ((at.k - aim.k) / fastest_k) ** 2)
        low = math.exp(min(_LOWEST_STEEPNESS * (1.0 - at.a * (1.0 - e) / w.lowest_perigee_m), 50.0))
        return (1.0 + w.lowest_perigee * low) * left

    def slopes(self, at: _Elements) -> list[float]:
        """Derivatives of Q by the elements, by central differences."""
        found = []
        for index, size in enumerate((at.a, 1.0, 1.0, 1.0, 1.0)):
            more, less = list(at), list(at)
            more[index] += _NUDGE * size
            less[index] -= _NUDGE * size
            found.append((self.q(_Elements(*more)) - self.q(_Elements(*less))) / (2.0 * _NUDGE * size))
        return found

    def step_rad(self, longitude: float, state: FloatArray) -> float:
        """An angle in which no more is done than a share of what is left."""
        at = _Elements(*state[:5].tolist())
        left_s = math.sqrt(self.q(at)) * float(state[6]) / self.thrust_n
        w = 1.0 + at.f * math.cos(longitude) + at.g * math.sin(longitude)
        p = at.a * (1.0 - at.f**2 - at.g**2)
        return min(_LONGEST_STEP_RAD, _LARGEST_SHARE * left_s * math.sqrt(self.mu * p) * (w / p) ** 2)

    def by_longitude(self, longitude: float, state: FloatArray) -> FloatArray:
        """Rates of elements, time and mass per radian of true longitude, with the thrust that lowers Q fastest."""
        at = _Elements(*state[:5].tolist())
        mass_kg = float(state[6])
        rates = _gauss_rates(at, longitude, self.mu)
        falls = [-sum(slope * rate for slope, rate in zip(self.slopes(at), column, strict=True)) for column in rates]
        size = math.sqrt(sum(fall * fall for fall in falls))
        push = [self.thrust_n / mass_kg * fall / size for fall in falls] if size > 0.0 else [0.0, 0.0, 0.0]
        w = 1.0 + at.f * math.cos(longitude) + at.g * math.sin(longitude)
        p = at.a * (1.0 - at.f**2 - at.g**2)
        across = (at.h * math.sin(longitude) - at.k * math.cos(longitude)) * math.sqrt(p / self.mu) / w
        per_s = math.sqrt(self.mu * p) * (w / p) ** 2 + across * push[2]
        elements = [sum(column[i] * a for column, a in zip(rates, push, strict=True)) for i in range(5)]
        return np.array([*elements, 1.0, -self.flow_kg_s]) / per_s


def _gauss_rates(at: _Elements, longitude: float, mu: float) -> list[list[float]]:
    """Rates of the five elements by a radial, a transverse and a normal acceleration of one.

    Source: Walker, Ireland and Owens, Celestial Mechanics 36 (1985) 409, with the axis in place of the parameter.
    """
    c, s = math.cos(longitude), math.sin(longitude)
    w, p = 1.0 + at.f * c + at.g * s, at.a * (1.0 - at.f**2 - at.g**2)
    pace, tilt = math.sqrt(p / mu), at.h * s - at.k * c
    half = 0.5 * pace * (1.0 + at.h**2 + at.k**2) / w
    along = 2.0 * at.a * at.a / math.sqrt(mu * p)
    return [
        [along * (at.f * s - at.g * c), pace * s, -pace * c, 0.0, 0.0],
        [along * w, pace * ((w + 1.0) * c + at.f) / w, pace * ((w + 1.0) * s + at.g) / w, 0.0, 0.0],
        [0.0, -pace * tilt * at.g / w, pace * tilt * at.f / w, half * c, half * s],
    ]


def _step(law: _Law, longitude: float, state: FloatArray, step_rad: float) -> FloatArray:
    """One step of the fourth-order Runge-Kutta method."""
    first = law.by_longitude(longitude, state)
    second = law.by_longitude(longitude + 0.5 * step_rad, state + 0.5 * step_rad * first)
    third = law.by_longitude(longitude + 0.5 * step_rad, state + 0.5 * step_rad * second)
    fourth = law.by_longitude(longitude + step_rad, state + step_rad * third)
    moved: FloatArray = state + step_rad / 6.0 * (first + 2.0 * second + 2.0 * third + fourth)
    return moved
