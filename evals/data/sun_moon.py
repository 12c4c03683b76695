"""Makes core/frames/sun_moon.npz: the Sun and the Moon from 1972 to 2100, fitted to JPL DE440.

Usage: ``python -m evals.data.sun_moon linux_p1550p2650.440``. The file comes from JPL's public folder
``eph/planets/Linux/de440``; DE440 is a work of the US Government (Park et al. 2021, AJ 161:105).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evals.data.jpl_binary import JplEphemeris

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32] | NDArray[np.int16]

_DAY_S: Final = 86_400.0
_FIRST_TDB_S: Final = -10_227.5 * _DAY_S  # 1972-01-01T00:00
_END_TDB_S: Final = 36_524.5 * _DAY_S  # 2100-01-01T00:00
_MOON, _BARYCENTRE, _SUN = 9, 2, 10
_OUT: Final = Path("core/frames/sun_moon.npz")


def _fit(
    jpl: JplEphemeris, bodies: tuple[int, ...], step_day: float, head: int, tail: int, quantum_m: float
) -> tuple[NDArray[np.int32], NDArray[np.int16]]:
    """Chebyshev coefficients of equal spans in units of ``quantum_m``: the large ones in 32 bits, the rest in 16."""
    terms, nodes = head + tail, 40
    x = np.cos(np.pi * (np.arange(nodes) + 0.5) / nodes)
    starts = np.arange(_FIRST_TDB_S, _END_TDB_S, step_day * _DAY_S)
    t_tdb_s = starts[:, None] + 0.5 * (x + 1.0) * step_day * _DAY_S
    r_m = 1000.0 * jpl.position_km(bodies[0], t_tdb_s.ravel())
    for other in bodies[1:]:
        r_m = r_m - 1000.0 * jpl.position_km(other, t_tdb_s.ravel())
    weights = np.polynomial.chebyshev.chebvander(x, terms - 1) * (2.0 / nodes)
    weights[:, 0] *= 0.5
    counts = np.rint(np.einsum("snk,nt->skt", r_m.reshape(-1, nodes, 3), weights) / quantum_m)
    large, small = counts[..., :head], counts[..., head:]
    if np.abs(large).max() >= 2**31 or np.abs(small).max() >= 2**15:
        raise SystemExit(f"a coefficient does not fit: {np.abs(large).max():.3g}, {np.abs(small).max():.3g}")
    return large.astype(np.int32), small.astype(np.int16)


def main(path: Path) -> None:
    """Fit, write, and say how far the written file is from its origin."""
    jpl = JplEphemeris.read(path)
    moon_step_day, moon_quantum_m, sun_step_day, sun_quantum_m = 8.0, 0.25, 32.0, 100.0
    moon_head, moon_tail = _fit(jpl, (_MOON,), moon_step_day, 8, 6, moon_quantum_m)
    sun_head, sun_tail = _fit(jpl, (_SUN, _BARYCENTRE), sun_step_day, 6, 2, sun_quantum_m)
    np.savez_compressed(
        _OUT,
        start_tdb_s=_FIRST_TDB_S,
        end_tdb_s=_END_TDB_S,
        moon_share=1.0 / (1.0 + jpl.earth_moon_mass_ratio),
        moon_step_s=moon_step_day * _DAY_S,
        moon_quantum_m=moon_quantum_m,
        moon_head=moon_head,
        moon_tail=moon_tail,
        sun_step_s=sun_step_day * _DAY_S,
        sun_quantum_m=sun_quantum_m,
        sun_head=sun_head,
        sun_tail=sun_tail,
    )
    print(f"{_OUT}: {_OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
