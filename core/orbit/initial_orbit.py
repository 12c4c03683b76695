"""Initial orbit determination: an orbit from three positions, or from three directions.

Positions, sites and states share one inertial frame whose origin is the Earth's centre; directions are topocentric, free
of light time and aberration. Motion between the observations is two-body.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.errors import InputError, PhysicsError
from core.orbit.lambert import Branch, lambert
from core.orbit.two_body import propagate_kepler

__all__ = [
    "InitialOrbit",
    "InitialOrbitError",
    "direction_of",
    "gauss",
    "gibbs",
    "gooding",
    "herrick_gibbs",
    "laplace",
]

FloatArray = NDArray[np.float64]
_RangeFunction = Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]]

_OUT_OF_PLANE_RAD: Final = math.radians(3.0)  # Vallado, algorithm 54: beyond it the positions are not of one orbit
_LEAST_APART_RAD: Final = math.radians(0.01)
_ROUNDS: Final = 60
_SOLVED_RAD: Final = 1e-10  # 0.02 milliarcseconds, far below any observation
_STARTS: Final = 80  # of each range
_LEAST_RANGE_M: Final = 1e5
_GREATEST_RANGE_M: Final = 2e8


class InitialOrbitError(PhysicsError):
    """The observations do not determine an orbit."""

    default_code = "initial-orbit"


@dataclass(frozen=True)
class InitialOrbit:
    """A state at the middle observation; ``residual_rad`` is the largest angle that its orbit leaves to a direction."""

    r_m: FloatArray
    v_m_s: FloatArray
    residual_rad: float


def direction_of(right_ascension_rad: FloatArray, declination_rad: FloatArray) -> FloatArray:
    """Unit vectors (n, 3) of right ascensions and declinations (n,)."""
    c = np.cos(declination_rad)
    return np.stack(
        [c * np.cos(right_ascension_rad), c * np.sin(right_ascension_rad), np.sin(declination_rad)], axis=-1
    )


def gibbs(positions_m: FloatArray, mu_m3_s2: float = EARTH_MU_M3_S2) -> FloatArray:
    """Velocity (3,) at the second of three successive positions (3, 3), from geometry alone.

    It suits positions some degrees apart; for less take :func:`herrick_gibbs`.

    Source: Vallado, Fundamentals of Astrodynamics and Applications, 4th edition, algorithm 54; agrees with example 7-3
        (test_vallado_example_7_3).
    Raises:
        InitialOrbitError: The positions are not in one plane with the centre, or too near to each other.
    """
    r1, r2, r3 = _positions(positions_m)
    d1, d2, d3 = (float(np.linalg.norm(r)) for r in (r1, r2, r3))
    z12, z23, z31 = np.cross(r1, r2), np.cross(r2, r3), np.cross(r3, r1)
    apart = min(_angle(r1, r2), _angle(r2, r3))
    if apart < _LEAST_APART_RAD:
        raise InitialOrbitError(
            f"two positions are {math.degrees(apart):.4f} degrees apart; Gibbs' method needs 0.01", apart_rad=apart
        )
    tilt = abs(math.asin(float(np.clip(r1 @ z23 / (d1 * np.linalg.norm(z23)), -1.0, 1.0))))
    _require_plane(tilt)
    n = d1 * z23 + d2 * z31 + d3 * z12
    d = z12 + z23 + z31
    s = (d2 - d3) * r1 + (d3 - d1) * r2 + (d1 - d2) * r3
    nd = float(np.linalg.norm(n) * np.linalg.norm(d))
    if not (nd > 0.0 and float(n @ d) > 0.0):
        raise InitialOrbitError("the positions are not those of an orbit about the centre")
    scale = math.sqrt(mu_m3_s2 / nd)
    velocity: FloatArray = scale * (np.cross(d, r2) / d2 + s)
    return velocity


def herrick_gibbs(positions_m: FloatArray, t_s: FloatArray, mu_m3_s2: float = EARTH_MU_M3_S2) -> FloatArray:
    """Velocity (3,) at the second of three near positions (3, 3) at times (3,), by a series in time.

    It suits positions up to a degree apart; beyond five degrees take :func:`gibbs`.

    Source: Vallado, 4th edition, algorithm 55; agrees with example 7-4 (test_vallado_example_7_4).
    Raises:
        InitialOrbitError: The positions are not in one plane with the centre.
        InputError: The times do not increase.
    """
    r1, r2, r3 = _positions(positions_m)
    t21, t32, t31 = (float(dt) for dt in (t_s[1] - t_s[0], t_s[2] - t_s[1], t_s[2] - t_s[0]))
    if not (t21 > 0.0 and t32 > 0.0):
        raise InputError("t_s", "the times of the positions must increase")
    across = np.cross(r2, r3)
    size = float(np.linalg.norm(across))
    if size > 0.0:
        _require_plane(abs(math.asin(float(np.clip(r1 @ across / (np.linalg.norm(r1) * size), -1.0, 1.0)))))
    k1, k2, k3 = (mu_m3_s2 / (12.0 * float(np.linalg.norm(r)) ** 3) for r in (r1, r2, r3))
    velocity: FloatArray = (
        -t32 * (1.0 / (t21 * t31) + k1) * r1
        + (t32 - t21) * (1.0 / (t21 * t32) + k2) * r2
        + t21 * (1.0 / (t32 * t31) + k3) * r3
    )
    return velocity


def gauss(
    directions: FloatArray, sites_m: FloatArray, t_s: FloatArray, mu_m3_s2: float = EARTH_MU_M3_S2
) -> list[InitialOrbit]:
    """Orbits through three directions, by Gauss' method, improved until they fit exactly; the best fit first.

    It suits arcs up to about 60 degrees. The polynomial for the middle distance may have several roots: each that leads
    to an orbit is returned.

    Args:
        directions: Unit vectors to the object, (3, 3).
        sites_m: Where they were observed from, (3, 3).
        t_s: When, (3,), increasing.
    Source: Curtis, Orbital Mechanics for Engineering Students, algorithms 5.5 and 5.6; agrees with examples 5.11 and
        5.12, and with Vallado, 4th edition, example 7-2 (test_curtis_examples_5_11_and_5_12, test_vallado_example_7_2).
    Raises:
        InitialOrbitError: The directions lie in one plane, or no root leads to an orbit.
    """
    lines, sites, times = _directions(directions, sites_m, t_s)
    found = [
        improved
        for guess in _gauss_guesses(lines, sites, times, mu_m3_s2)
        if (improved := _improved(guess, lines, sites, times, mu_m3_s2)) is not None
    ]
    return _distinct(found, "no root of Gauss' polynomial leads to an orbit through the directions")


def laplace(
    directions: FloatArray, sites_m: FloatArray, t_s: FloatArray, mu_m3_s2: float = EARTH_MU_M3_S2
) -> list[InitialOrbit]:
    """Orbits through three directions, by Laplace's method, improved until they fit exactly; the best fit first.

    It starts from the angular rates at the middle time, so it suits short arcs, and sites that move smoothly between the
    observations (one station, or a satellite). Each root of the polynomial that leads to an orbit is returned.

    Args:
        directions: Unit vectors to the object, (3, 3).
        sites_m: Where they were observed from, (3, 3).
        t_s: When, (3,), increasing.
    Source: Vallado, Fundamentals of Astrodynamics and Applications, 4th edition, section 7.3.1; meets Gauss' method on
        Curtis, example 5.11 (test_laplace_and_gauss_find_the_same_orbit).
    Raises:
        InitialOrbitError: The directions lie in one plane, or no root leads to an orbit.
    """
    lines, sites, times = _directions(directions, sites_m, t_s)
    found = [
        improved
        for guess in _laplace_guesses(lines, sites, times, mu_m3_s2)
        if (improved := _improved(guess, lines, sites, times, mu_m3_s2)) is not None
    ]
    return _distinct(found, "no root of Laplace's polynomial leads to an orbit through the directions")


def gooding(
    directions: FloatArray,
    sites_m: FloatArray,
    t_s: FloatArray,
    *,
    revolutions: int = 0,
    branch: Branch = Branch.LOW_ENERGY,
    retrograde: bool = False,
    mu_m3_s2: float = EARTH_MU_M3_S2,
) -> list[InitialOrbit]:
    """Orbits through three directions that may lie revolutions apart, by Gooding's method; the best fit first.

    The unknowns are the first and the last range. Lambert's problem between them gives an orbit, and its direction at
    the middle time is brought onto the observed one. Gooding leaves the start to the user; here a grid over both ranges
    from 100 km to 200,000 km gives the starts, so every solution that it separates is returned.

    Args:
        directions: Unit vectors to the object, (3, 3).
        sites_m: Where they were observed from, (3, 3).
        t_s: When, (3,), increasing.
        revolutions: Whole revolutions between the first and the last.
        branch: Which of the two transfers, with one revolution or more.
        retrograde: The sense of the orbit.
    Source: Gooding, Celest. Mech. Dyn. Astron. 66 (1997) 387.
    Raises:
        InitialOrbitError: No orbit is found.
    """
    lines, sites, times = _directions(directions, sites_m, t_s)
    side = np.cross(lines[1], np.eye(3)[int(np.argmin(np.abs(lines[1])))])
    side = side / np.linalg.norm(side)
    axes = np.array([side, np.cross(lines[1], side)])

    def orbits(ranges_m: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """States at the middle time and tangents of the angles to the observed direction, for ranges (n, 2)."""
        r1 = sites[0] + ranges_m[:, :1] * lines[0]
        r3 = sites[2] + ranges_m[:, 1:] * lines[2]
        flight = np.full(len(ranges_m), times[2] - times[0])
        found = lambert(
            r1, r3, flight, revolutions=revolutions, branch=branch, retrograde=retrograde, mu_m3_s2=mu_m3_s2
        )
        ok = found.found
        r = np.full((len(ranges_m), 3), np.nan)
        v = np.full((len(ranges_m), 3), np.nan)
        if ok.any():
            r[ok], v[ok] = propagate_kepler(r1[ok], found.v1_m_s[ok], times[1] - times[0], mu_m3_s2)
        seen = r - sites[1]
        ahead = seen @ lines[1]
        off = np.where(ahead[:, np.newaxis] > 0.0, (seen @ axes.T) / ahead[:, np.newaxis], np.nan)
        return r, v, off

    grid = np.geomspace(_LEAST_RANGE_M, _GREATEST_RANGE_M, _STARTS)
    starts = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)
    miss = np.linalg.norm(orbits(starts)[2], axis=1).reshape(_STARTS, _STARTS)
    found: list[InitialOrbit] = []
    for i, j in _local_minima(miss):
        ranges = _solve_ranges(orbits, np.array([grid[i], grid[j]]))
        if ranges is not None:
            r, v, _ = orbits(ranges[np.newaxis])
            found.append(InitialOrbit(r[0], v[0], _residual(r[0], v[0], lines, sites, times, mu_m3_s2)))
    return _distinct(found, "no pair of ranges leads to an orbit through the directions")


def _positions(positions_m: FloatArray) -> FloatArray:
    positions = np.asarray(positions_m, dtype=np.float64)
    if positions.shape != (3, 3) or not np.isfinite(positions).all():
        raise InputError("positions_m", f"shape {positions.shape} is not (3, 3), or a number is not finite")
    if not (np.linalg.norm(positions, axis=1) > 0.0).all():
        raise InputError("positions_m", "a position is at the Earth's centre")
    return positions


def _directions(
    directions: FloatArray, sites_m: FloatArray, t_s: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    lines, sites, times = (np.asarray(one, dtype=np.float64) for one in (directions, sites_m, t_s))
    if lines.shape != (3, 3) or sites.shape != (3, 3) or times.shape != (3,):
        raise InputError("directions", "three directions (3, 3), three sites (3, 3) and three times (3,) are needed")
    if not (times[0] < times[1] < times[2]):
        raise InputError("t_s", "the times of the directions must increase")
    sizes = np.linalg.norm(lines, axis=1, keepdims=True)
    if not (np.isfinite(sites).all() and (sizes > 0.0).all()):
        raise InputError("directions", "a direction or a site is not finite, or a direction is zero")
    return lines / sizes, sites, times - times[1]


def _require_plane(tilt_rad: float) -> None:
    if tilt_rad > _OUT_OF_PLANE_RAD:
        raise InitialOrbitError(
            f"the first position is {math.degrees(tilt_rad):.2f} degrees out of the plane of the others; "
            f"{math.degrees(_OUT_OF_PLANE_RAD):.0f} are allowed",
            tilt_rad=tilt_rad,
        )


def _angle(a: FloatArray, b: FloatArray) -> float:
    return math.atan2(float(np.linalg.norm(np.cross(a, b))), float(a @ b))


def _gauss_guesses(
    lines: FloatArray, sites: FloatArray, times: FloatArray, mu: float
) -> list[tuple[FloatArray, FloatArray]]:
    """States at the middle time, one for each real root of Gauss' polynomial."""
    t1, t3 = float(times[0]), float(times[2])
    whole = t3 - t1
    p = np.array([np.cross(lines[1], lines[2]), np.cross(lines[0], lines[2]), np.cross(lines[0], lines[1])])
    volume = float(lines[0] @ p[0])
    if abs(volume) < 1e-12:
        raise InitialOrbitError("the three directions lie in one plane; the middle distance is not determined")
    d = sites @ p.T
    a = (-d[0, 1] * t3 / whole + d[1, 1] + d[2, 1] * t1 / whole) / volume
    b = (d[0, 1] * (t3**2 - whole**2) * t3 / whole + d[2, 1] * (whole**2 - t1**2) * t1 / whole) / (6.0 * volume)
    e, r2 = float(sites[1] @ lines[1]), float(sites[1] @ sites[1])
    # In units of the site's distance, so that the polynomial's coefficients are of like size.
    unit = math.sqrt(r2)
    k = mu * b / unit**4
    polynomial = np.zeros(9)
    polynomial[[0, 2, 5, 8]] = [1.0, -((a / unit) ** 2 + 2.0 * a * e / r2 + 1.0), -2.0 * k * (a + e) / unit, -(k**2)]
    guesses = []
    for root in np.roots(polynomial):
        if abs(root.imag) > 1e-8 * abs(root) or root.real <= 0.0:
            continue
        u = mu / (float(root.real) * unit) ** 3
        f1, f3 = 1.0 - 0.5 * u * t1**2, 1.0 - 0.5 * u * t3**2
        g1, g3 = t1 - u * t1**3 / 6.0, t3 - u * t3**3 / 6.0
        det = f1 * g3 - f3 * g1
        c = np.array([g3 / det, -1.0, -g1 / det])
        ranges = -(c @ d[:, [0, 1, 2]]) / (c * np.array([volume, -volume, volume]))
        r = sites + ranges[:, np.newaxis] * lines
        guesses.append((r[1], (-f3 * r[0] + f1 * r[2]) / det))
    return guesses


def _rates_at_middle(values: FloatArray, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First and second derivatives of the parabola through three vectors (3, 3), at the middle time, which is zero."""
    t1, t3 = float(times[0]), float(times[2])
    first = -t3 / (t1 * (t1 - t3)) * values[0] - (t1 + t3) / (t1 * t3) * values[1] - t1 / (t3 * (t3 - t1)) * values[2]
    second = 2.0 * (values[0] / (t1 * (t1 - t3)) + values[1] / (t1 * t3) + values[2] / (t3 * (t3 - t1)))
    return first, second


def _laplace_guesses(
    lines: FloatArray, sites: FloatArray, times: FloatArray, mu: float
) -> list[tuple[FloatArray, FloatArray]]:
    """States at the middle time, one for each real root of Laplace's polynomial."""
    line, site = lines[1], sites[1]
    line1, line2 = _rates_at_middle(lines, times)
    site1, site2 = _rates_at_middle(sites, times)
    volume = float(np.linalg.det([line, line1, line2]))
    size = float(np.linalg.norm(line1) ** 3)
    if not abs(volume) > 1e-9 * size:
        raise InitialOrbitError("the three directions lie in one plane; the middle distance is not determined")
    # The range and its rate are a + b mu / r^3 and c + d mu / r^3.
    a = -float(np.linalg.det([line, line1, site2])) / volume
    b = -float(np.linalg.det([line, line1, site])) / volume
    c = -0.5 * float(np.linalg.det([line, site2, line2])) / volume
    d = -0.5 * float(np.linalg.det([line, site, line2])) / volume
    unit = float(np.linalg.norm(site))
    e, k = float(line @ site), mu * b / unit**4
    polynomial = np.zeros(9)
    polynomial[[0, 2, 5, 8]] = [
        1.0,
        -((a / unit) ** 2 + 2.0 * a * e / unit**2 + 1.0),
        -2.0 * k * (a + e) / unit,
        -(k**2),
    ]
    guesses = []
    for root in np.roots(polynomial):
        if abs(root.imag) > 1e-8 * abs(root) or root.real <= 0.0:
            continue
        pull = mu / (float(root.real) * unit) ** 3
        distance, rate = a + b * pull, c + d * pull
        guesses.append((site + distance * line, site1 + rate * line + distance * line1))
    return guesses


def _improved(
    guess: tuple[FloatArray, FloatArray], lines: FloatArray, sites: FloatArray, times: FloatArray, mu: float
) -> InitialOrbit | None:
    """A state made to pass through all three directions by Newton's method; None where it does not converge."""
    state = np.concatenate(guess)
    scale = np.repeat([float(np.linalg.norm(state[:3])), float(np.linalg.norm(state[3:]))], 3)
    if not np.isfinite(state).all() or not (scale > 0.0).all():
        return None
    across = [np.linalg.svd(line[np.newaxis])[2][1:] for line in lines]

    def off(states: FloatArray) -> FloatArray:
        """Angles (n, 6) that states (n, 6) leave to the directions, as tangents in two axes each."""
        out = []
        for axes, line, site, t in zip(across, lines, sites, times, strict=True):
            r, _ = propagate_kepler(states[:, :3], states[:, 3:], np.full(len(states), t), mu)
            out.append(((r - site) @ axes.T) / ((r - site) @ line)[:, np.newaxis])
        return np.concatenate(out, axis=1)

    try:
        miss = off(state[np.newaxis])[0]
        for _ in range(_ROUNDS):
            if float(np.abs(miss).max()) < _SOLVED_RAD:
                break
            nudges = 1e-6 * np.diag(scale)
            sides = off(state + np.concatenate([nudges, -nudges]))
            slopes = (sides[:6] - sides[6:]).T / (2.0 * 1e-6)
            step = np.linalg.lstsq(slopes, -miss, rcond=None)[0] * scale
            step *= min(1.0, 0.2 / float(np.abs(step / scale).max()))
            state = state + step
            miss = off(state[np.newaxis])[0]
    except (InputError, np.linalg.LinAlgError):
        return None
    residual = _residual(state[:3], state[3:], lines, sites, times, mu)
    return InitialOrbit(state[:3], state[3:], residual) if residual < 1e3 * _SOLVED_RAD else None


def _residual(
    r: FloatArray, v: FloatArray, lines: FloatArray, sites: FloatArray, times: FloatArray, mu: float
) -> float:
    places, _ = propagate_kepler(r, v, times, mu)
    return max(_angle(place - site, line) for place, site, line in zip(places, sites, lines, strict=True))


def _local_minima(miss: FloatArray) -> list[tuple[int, int]]:
    """Cells of a grid that are no worse than their neighbours, the best first; cells without a value do not count."""
    padded = np.pad(np.where(np.isfinite(miss), miss, np.inf), 1, constant_values=np.inf)
    centre = padded[1:-1, 1:-1]
    least = np.isfinite(centre)
    for di in (0, 1, 2):
        for dj in (0, 1, 2):
            least &= centre <= padded[di : di + miss.shape[0], dj : dj + miss.shape[1]]
    cells = [(int(i), int(j)) for i, j in np.argwhere(least)]
    return sorted(cells, key=lambda cell: float(miss[cell]))


def _solve_ranges(orbits: _RangeFunction, ranges: FloatArray) -> FloatArray | None:
    """Newton's method with halved steps on the logarithms of both ranges; None where it does not converge."""
    at = np.log(ranges)
    miss = orbits(np.exp(at)[np.newaxis])[2][0]
    for _ in range(_ROUNDS):
        if float(np.abs(miss).max()) < _SOLVED_RAD:
            return np.exp(at)
        nudged = at + 1e-6 * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        sides = orbits(np.exp(nudged))[2]
        slopes = np.stack([sides[0] - sides[1], sides[2] - sides[3]], axis=1) / 2e-6
        if not np.isfinite(slopes).all():
            return None
        step = np.linalg.lstsq(slopes, -miss, rcond=None)[0]
        step *= min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-300))
        for _ in range(12):
            tried = orbits(np.exp(at + step)[np.newaxis])[2][0]
            if np.isfinite(tried).all() and float(np.linalg.norm(tried)) < float(np.linalg.norm(miss)):
                break
            step = 0.5 * step
        else:
            return None
        at, miss = at + step, tried
    return None


def _distinct(found: list[InitialOrbit], reason: str) -> list[InitialOrbit]:
    """Without repetitions, the best fit first."""
    kept: list[InitialOrbit] = []
    for one in sorted(found, key=lambda orbit: orbit.residual_rad):
        if all(np.linalg.norm(one.r_m - other.r_m) > 1e-5 * np.linalg.norm(one.r_m) for other in kept):
            kept.append(one)
    if not kept:
        raise InitialOrbitError(reason)
    return kept
