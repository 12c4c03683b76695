"""The cheapest transfer of two impulses between two moving objects, over departure and arrival times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError, PhysicsError
from core.orbit.lambert import Branch, lambert

__all__ = ["Track", "TwoImpulseTransfer", "best_two_impulse_transfer"]

FloatArray = NDArray[np.float64]
# Positions and velocities, (n, 3) each, of an object at times (n,), in one inertial frame.
Track = Callable[[FloatArray], tuple[FloatArray, FloatArray]]

_CANDIDATES: Final = 4  # cells of the grid that are refined
_WINDOW: Final = 7
_ZOOMS: Final = 12


@dataclass(frozen=True)
class TwoImpulseTransfer:
    """Times of both impulses, s, and the impulses (3,) in the tracks' frame, m/s."""

    departure_s: float
    arrival_s: float
    departure_delta_v_m_s: FloatArray
    arrival_delta_v_m_s: FloatArray
    revolutions: int
    branch: Branch
    retrograde: bool

    @property
    def total_delta_v_m_s(self) -> float:
        """Sum of both magnitudes."""
        return float(np.linalg.norm(self.departure_delta_v_m_s) + np.linalg.norm(self.arrival_delta_v_m_s))


@dataclass(frozen=True)
class _Way:
    revolutions: int
    branch: Branch
    retrograde: bool


@dataclass(frozen=True)
class _Problem:
    chaser: Track
    target: Track
    span_s: tuple[float, float]
    arrival_counts: bool
    least_perigee_radius_m: float
    mu_m3_s2: float

    def impulses(self, way: _Way, departure_s: FloatArray, arrival_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Both impulses (n, 3) of transfers at given times (n,); NaN where there is none."""
        r1, v1 = self.chaser(departure_s)
        r2, v2 = self.target(arrival_s)
        flight_s = np.where(arrival_s > departure_s, arrival_s - departure_s, -1.0)
        found = lambert(
            r1,
            r2,
            flight_s,
            revolutions=way.revolutions,
            branch=way.branch,
            retrograde=way.retrograde,
            mu_m3_s2=self.mu_m3_s2,
        )
        low = _passes_below(r1, found.v1_m_s, r2, way.revolutions, self.least_perigee_radius_m, self.mu_m3_s2)
        leave = np.where(low[:, None], np.nan, found.v1_m_s - v1)
        return leave, v2 - found.v2_m_s

    def cost_m_s(self, way: _Way, departure_s: FloatArray, arrival_s: FloatArray) -> FloatArray:
        """Delta-v to be least, (n,); infinite where there is no transfer."""
        leave, arrive = self.impulses(way, departure_s, arrival_s)
        total = np.linalg.norm(leave, axis=1) + (np.linalg.norm(arrive, axis=1) if self.arrival_counts else 0.0)
        cost: FloatArray = np.where(np.isfinite(total), total, np.inf)
        return cost


def best_two_impulse_transfer(
    chaser: Track,
    target: Track,
    start_s: float,
    end_s: float,
    *,
    most_revolutions: int = 0,
    retrograde: bool = False,
    arrival_counts: bool = True,
    least_perigee_radius_m: float = 0.0,
    steps: int = 80,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> TwoImpulseTransfer:
    """The cheapest transfer that leaves and arrives within a span.

    A grid over both times is searched, with up to so many revolutions and both branches; its best cells are refined.
    The answer is the best that this grid can see: narrow valleys between its points may hide.

    Args:
        chaser: Who transfers.
        target: Who is met.
        most_revolutions: Whole revolutions to try on the way.
        retrograde: Transfers against the sense of positive z.
        arrival_counts: Whether the second impulse is given (a rendezvous) or not (a fly-by).
        least_perigee_radius_m: Transfers that pass lower are left out.
        steps: Of the grid, in each direction.
    Raises:
        InputError: The span or the grid is empty.
        PhysicsError: No transfer exists on the grid.
    """
    if not start_s < end_s or steps < 2:
        raise InputError("end_s", f"a search from {start_s} to {end_s} s in {steps} steps is empty")
    problem = _Problem(chaser, target, (start_s, end_s), arrival_counts, least_perigee_radius_m, mu_m3_s2)
    ways = [_Way(0, Branch.LOW_ENERGY, retrograde)]
    ways += [_Way(n, branch, retrograde) for n in range(1, most_revolutions + 1) for branch in Branch]
    times_s = np.linspace(start_s, end_s, steps)
    first, second = np.triu_indices(steps, k=1)
    found: list[tuple[float, _Way, float, float]] = []
    for way in ways:
        cost = problem.cost_m_s(way, times_s[first], times_s[second])
        for k in np.argsort(cost)[:_CANDIDATES]:
            if np.isfinite(cost[k]):
                found.append((float(cost[k]), way, float(times_s[first[k]]), float(times_s[second[k]])))
    if not found:
        raise PhysicsError("no transfer of two impulses exists on the grid", start_s=start_s, end_s=end_s)
    found.sort(key=lambda one: one[0])
    step_s = float(times_s[1] - times_s[0])
    refined = [(_refine(problem, way, (leave, arrive), step_s), way) for _, way, leave, arrive in found[:_CANDIDATES]]
    (_, leave_s, arrive_s), way = min(refined, key=lambda one: one[0][0])
    leave, arrive = problem.impulses(way, np.array([leave_s]), np.array([arrive_s]))
    return TwoImpulseTransfer(
        leave_s,
        arrive_s,
        leave[0],
        arrive[0] if arrival_counts else np.zeros(3),
        way.revolutions,
        way.branch,
        way.retrograde,
    )


def _refine(problem: _Problem, way: _Way, at_s: tuple[float, float], step_s: float) -> tuple[float, float, float]:
    """Zoom in on a cell: cost and both times."""
    best = (np.inf, *at_s)
    offsets = np.linspace(-1.0, 1.0, _WINDOW)
    for _ in range(_ZOOMS):
        leave, arrive = (
            np.clip(centre + one.ravel() * step_s, *problem.span_s)
            for centre, one in zip(best[1:], np.meshgrid(offsets, offsets, indexing="ij"), strict=True)
        )
        cost = problem.cost_m_s(way, leave, arrive)
        k = int(np.argmin(cost))
        best = min(best, (float(cost[k]), float(leave[k]), float(arrive[k])))
        step_s *= 0.5
    return best


def _passes_below(
    r1: FloatArray, v1: FloatArray, r2: FloatArray, revolutions: int, least_radius_m: float, mu: float
) -> NDArray[np.bool_]:
    """Which transfers come nearer to the centre than allowed, (n,), between their ends."""
    if least_radius_m <= 0.0:
        return np.zeros(len(r1), dtype=np.bool_)
    h = np.cross(r1, v1)
    e_vector = np.cross(v1, h) / mu - r1 / np.linalg.norm(r1, axis=1)[:, None]
    e = np.linalg.norm(e_vector, axis=1)
    perigee = np.einsum("ij,ij->i", h, h) / mu / (1.0 + e)

    def anomaly(r: FloatArray) -> FloatArray:
        across = np.einsum("ij,ij->i", np.cross(e_vector, r), h / np.linalg.norm(h, axis=1)[:, None])
        turned: FloatArray = np.arctan2(across, np.einsum("ij,ij->i", e_vector, r)) % (2.0 * np.pi)
        return turned

    crosses = (anomaly(r2) < anomaly(r1)) if revolutions == 0 else np.ones(len(r1), dtype=np.bool_)
    lowest = np.where(crosses, perigee, np.minimum(np.linalg.norm(r1, axis=1), np.linalg.norm(r2, axis=1)))
    below: NDArray[np.bool_] = lowest < least_radius_m
    return below
