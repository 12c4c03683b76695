"""Lambert's problem: transfers below one revolution between low and geostationary orbits, beside satkit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.constants import EARTH_MU_M3_S2
from core.orbit.lambert import lambert, most_revolutions
from core.orbit.two_body import propagate_kepler
from evals.bench.model import BenchResult, Goal, PeerMissing
from evals.bench.timing import alternate

__all__ = ["run"]

FloatArray = NDArray[np.float64]

PROBLEMS = 20_000
SEED = 20_261_123


def run() -> list[BenchResult]:
    """One row: transfers per second, and the worst miss of a bound transfer that is flown by two-body motion."""
    try:
        import satkit
    except ImportError as error:
        raise PeerMissing("satkit") from error
    r1, r2, t_s = _problems()
    rows = list(zip(r1, r2, t_s.tolist(), strict=True))
    medians = alternate(
        lambda: lambert(r1, r2, t_s), lambda: [satkit.lambert(a, b, t, EARTH_MU_M3_S2) for a, b, t in rows]
    )
    ours = lambert(r1, r2, t_s).v1_m_s
    theirs = np.array([satkit.lambert(a, b, t, EARTH_MU_M3_S2)[0][0] for a, b, t in rows])
    return [
        BenchResult.compare(
            "lambert",
            ours=PROBLEMS / medians.ours_s,
            peer=PROBLEMS / medians.peer_s,
            peer_name="satkit",
            unit="transfers/s",
            goal=4.0,
            goal_kind=Goal.AT_LEAST,
            error=_worst_miss_m(r1, r2, t_s, ours),
            peer_error=_worst_miss_m(r1, r2, t_s, theirs),
            error_unit="m",
            error_goal=1e-3,
            note=(
                f"{PROBLEMS} prograde problems between 6,700 and 42,000 km that allow no whole revolution, so that both "
                "find one transfer each. Ours takes all at once, satkit one a call, as its interface is. The miss is "
                "that of bound transfers flown by universal variables."
            ),
        )
    ]


def _problems() -> tuple[FloatArray, FloatArray, FloatArray]:
    rng = np.random.default_rng(SEED)
    many = 4 * PROBLEMS
    ends = []
    for _ in range(2):
        direction = rng.normal(size=(many, 3))
        ends.append(direction * (rng.uniform(6.7e6, 4.2e7, many) / np.linalg.norm(direction, axis=1))[:, None])
    t_s = rng.uniform(900.0, 20_000.0, many)
    single = np.flatnonzero(most_revolutions(ends[0], ends[1], t_s) == 0)[:PROBLEMS]
    return ends[0][single], ends[1][single], t_s[single]


def _worst_miss_m(r1: FloatArray, r2: FloatArray, t_s: FloatArray, v1: FloatArray) -> float:
    bound = (v1**2).sum(axis=1) < 2.0 * EARTH_MU_M3_S2 / np.linalg.norm(r1, axis=1)
    arrived, _ = propagate_kepler(r1[bound], v1[bound], t_s[bound])
    return float(np.linalg.norm(arrived - r2[bound], axis=1).max())
