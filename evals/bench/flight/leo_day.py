"""A day in low orbit under all forces, beside satkit: the work of the rows ``leo_20x20`` and ``leo_70x70``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.orbit.numerical import (
    Atmosphere,
    CartesianState,
    ForceModel,
    Integration,
    SpacecraftProperties,
    propagate,
)
from core.time import tai_s_from_utc
from evals.bench.flight.finals_file import finals2000a
from evals.bench.model import BenchResult, Goal, PeerMissing
from evals.bench.timing import alternate

__all__ = ["compare_day"]

FloatArray = NDArray[np.float64]

_EPOCH_UTC: Final = datetime(2024, 3, 1, tzinfo=UTC)
_DAY_S: Final = 86_400.0
_STATE: Final = np.array(
    [-3250088.033, 5992349.811, 914087.259, -1534.548998, -1930.917163, 7202.060521]
)  # 500 km, polar
_CRAFT: Final = SpacecraftProperties(100.0, 1.0, 2.2, 1.0, 1.3)
_TIGHT: Final = 1e-9  # m per step of ours
_PEER_TIGHT: Final = 1e-13
_PEER_SLACK_M: Final = 0.5  # the peer's fastest setting within this of its own tight solution


@dataclass(frozen=True)
class _Peer:
    """A setting of satkit, what it takes and how far it is from satkit's tight solution."""

    name: str
    settings: Any
    seconds: float
    error_m: float


def compare_day(name: str, degree: int, goal: float) -> list[BenchResult]:
    """One row: milliseconds of a day, and each one's error against its own tight solution.

    Raises:
        PeerMissing: satkit or its data are not installed.
    """
    try:
        import satkit
        import satkit_data
    except ImportError as error:
        raise PeerMissing("satkit") from error
    with _peer_data(satkit, Path(satkit_data.__file__).parent / "data"):
        return [_row(satkit, name, degree, goal)]


def _row(satkit: Any, name: str, degree: int, goal: float) -> BenchResult:
    forces = ForceModel(degree=degree, order=degree)
    tight = _fly(forces, Integration.verner98(_TIGHT))
    peer_tight = _peer_fly(satkit, _peer_settings(satkit, degree))
    error_m = float(np.linalg.norm(_fly(forces, None) - tight))
    peer = _fastest(satkit, degree, peer_tight)
    medians = alternate(lambda: _fly(forces, None), lambda: _peer_fly(satkit, peer.settings), repeats=15)
    return BenchResult.compare(
        name,
        ours=1e3 * medians.ours_s,
        peer=1e3 * medians.peer_s,
        peer_name=f"satkit {satkit.__version__}",
        unit="ms",
        goal=goal,
        goal_kind=Goal.AT_MOST,
        error=error_m,
        peer_error=peer.error_m,
        error_unit="m",
        error_goal=min(0.05, peer.error_m),
        note=(
            f"500 km, near polar, a day; EGM2008 {degree} x {degree}, NRLMSISE-00 with space weather, radiation with "
            f"shadow, Sun, Moon, solid tides, relativity. Errors are against each one's own tight solution. satkit runs "
            f"its fastest setting within {_PEER_SLACK_M} m of that: {peer.name}. The two tight solutions differ by "
            f"{_physics(satkit, degree)} (satkit's sunlight does not fall with distance, and its air turns about the "
            "axis of GCRF)."
        ),
    )


def _fly(forces: ForceModel, integration: Integration | None, craft: SpacecraftProperties = _CRAFT) -> FloatArray:
    start = CartesianState(tai_s_from_utc(_EPOCH_UTC), _STATE[:3], _STATE[3:])
    flown = propagate(start, np.array([start.t_tai_s + _DAY_S]), craft, forces, integration=integration)
    r_gcrf_m: FloatArray = flown.r_gcrf_m[0]
    return r_gcrf_m


def _peer_fly(satkit: Any, settings: Any, air: bool = True) -> FloatArray:
    per_mass = _CRAFT.drag_area_m2 / _CRAFT.mass_kg if air else 0.0
    light = _CRAFT.radiation_coefficient * _CRAFT.radiation_area_m2 / _CRAFT.mass_kg if air else 0.0
    properties = satkit.satproperties(cdaoverm=_CRAFT.drag_coefficient * per_mass, craoverm=light)
    flown = satkit.propagate(
        _STATE,
        satkit.time(_EPOCH_UTC.year, _EPOCH_UTC.month, _EPOCH_UTC.day),
        duration_days=1.0,
        propsettings=settings,
        satproperties=properties,
    )
    return np.asarray(flown.pos, dtype=np.float64)


def _peer_settings(satkit: Any, degree: int, **more: Any) -> Any:
    tight = {"abs_error": _PEER_TIGHT, "rel_error": _PEER_TIGHT}
    return satkit.propsettings(gravity_degree=degree, enable_interp=False, **(more or tight))


def _fastest(satkit: Any, degree: int, tight: FloatArray) -> _Peer:
    """The fastest of satkit's settings that stay near its tight solution."""
    candidates = {
        f"Gauss-Jackson 8, {step_s:.0f} s": {"integrator": satkit.integrator.gauss_jackson8, "gj_step_seconds": step_s}
        for step_s in (20.0, 30.0, 45.0)
    } | {
        f"Verner 9(8), {tolerance:g}": {"abs_error": tolerance, "rel_error": tolerance}
        for tolerance in (1e-8, 1e-9, 1e-10)
    }
    tried = []
    for name, more in candidates.items():
        settings = _peer_settings(satkit, degree, **more)
        timed = alternate(lambda: None, lambda chosen=settings: _peer_fly(satkit, chosen), repeats=3)  # type: ignore[misc]
        error_m = float(np.linalg.norm(_peer_fly(satkit, settings) - tight))
        tried.append(_Peer(name, settings, timed.peer_s, error_m))
    return min((one for one in tried if one.error_m <= _PEER_SLACK_M), key=lambda one: one.seconds)


def _physics(satkit: Any, degree: int) -> str:
    """How far the tight solutions are apart, with and without air and light."""
    forces = ForceModel(degree=degree, order=degree)
    still = replace(forces, atmosphere=Atmosphere.NONE, radiation=False)
    tight, settings = Integration.verner98(_TIGHT), _peer_settings(satkit, degree)
    all_m = np.linalg.norm(_fly(forces, tight) - _peer_fly(satkit, settings))
    still_m = np.linalg.norm(_fly(still, tight) - _peer_fly(satkit, settings, air=False))
    return f"{all_m:.2f} m, and by {1e3 * still_m:.1f} mm without air and light"


@contextmanager
def _peer_data(satkit: Any, shipped: Path) -> Iterator[None]:
    """satkit's data with the Earth orientation that we use, in the form of finals2000A that it reads."""
    with tempfile.TemporaryDirectory() as folder:
        for file in shipped.iterdir():
            (Path(folder) / file.name).symlink_to(file)
        (Path(folder) / "finals2000A.all").write_text(finals2000a(_EPOCH_UTC - timedelta(days=60), 120))
        satkit.utils.set_datadir(folder)
        yield
