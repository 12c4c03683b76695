"""SGP4 of 2,000 satellites at 1,440 epochs, position and velocity: beside astroz and python-sgp4."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.orbit import Constellation, TemeStates
from core.time import tai_s_from_utc
from evals.bench.flight.catalogue import Entry, catalogue
from evals.bench.model import BenchResult, Goal, PeerMissing
from evals.bench.timing import alternate

__all__ = ["run"]

FloatArray = NDArray[np.float64]

_SATELLITES: Final = 2_000
_EPOCHS: Final = 1_440
_START: Final = datetime(2022, 11, 3, tzinfo=UTC)
_START_JD: Final = 2_459_886.5
_DEEP_REV_DAY: Final = 6.4  # periods of 225 minutes and more
_ERROR_GOAL_M: Final = 1e-4
_STATES: Final = _SATELLITES * _EPOCHS / 1e6


def run() -> list[BenchResult]:
    """Near-Earth satellites, then the catalogue's own mix with one deep-space object in nine; one thread."""
    entries = catalogue()
    near = [one for one in entries if one.tle.elements.mean_motion_rev_day > _DEEP_REV_DAY][:_SATELLITES]
    mixed = [entries[int(k)] for k in np.linspace(0, len(entries) - 1, _SATELLITES)]
    return [*_rows("sgp4_batch", near), *_rows("sgp4_batch_mixed", mixed)]


def _rows(name: str, entries: list[Entry]) -> list[BenchResult]:
    fleet = Constellation([one.tle.elements for one in entries])
    out = TemeStates.empty(_SATELLITES, _EPOCHS)
    since_start_s: FloatArray = np.arange(_EPOCHS, dtype=np.float64) * 60.0
    start_tai_s = tai_s_from_utc(_START)

    def ours() -> TemeStates:
        return fleet.propagate_teme(start_tai_s, since_start_s, out=out)

    astroz, astroz_r_m = _astroz(entries)
    python_sgp4, reference = _python_sgp4(entries)
    ours()
    error_m = _worst_m(out.r_teme_m, reference)
    results = []
    for peer_name, peer, peer_error_m, goal in (
        ("astroz", astroz, _worst_m(astroz_r_m, reference), 1.1),
        ("python-sgp4", python_sgp4, 0.0, 10.0),
    ):
        took = alternate(ours, peer)
        results.append(
            BenchResult.compare(
                f"{name}_{peer_name}",
                ours=_STATES / took.ours_s,
                peer=_STATES / took.peer_s,
                peer_name=peer_name,
                unit="million states per second",
                goal=goal,
                goal_kind=Goal.AT_LEAST,
                error=error_m,
                peer_error=peer_error_m,
                error_unit="m",
                error_goal=_ERROR_GOAL_M,
                note="error: farthest from python-sgp4; outputs reused by us, allocated by the peers' own interface",
            )
        )
    return results


def _worst_m(r_m: FloatArray, reference: TemeStates) -> float:
    apart_m: FloatArray = np.linalg.norm(r_m - reference.r_teme_m, axis=2)
    return float(np.nanmax(np.where(reference.codes == 0, apart_m, 0.0)))


def _python_sgp4(entries: list[Entry]) -> tuple[Callable[[], object], TemeStates]:
    try:
        from sgp4.api import Satrec, SatrecArray
    except ImportError as error:
        raise PeerMissing("sgp4") from error
    peers = SatrecArray([Satrec.twoline2rv(one.line1, one.line2) for one in entries])
    jd, fraction = np.full(_EPOCHS, _START_JD), np.arange(_EPOCHS) / 1440.0
    codes, r_km, v_km_s = peers.sgp4(jd, fraction)
    return lambda: peers.sgp4(jd, fraction), TemeStates(r_km * 1000.0, v_km_s * 1000.0, codes)


def _astroz(entries: list[Entry]) -> tuple[Callable[[], object], FloatArray]:
    """The peer's work, and its positions in the order of the entries."""
    try:
        astroz: Any = importlib.import_module("astroz")
    except ImportError as error:
        raise PeerMissing("astroz") from error
    text = "\n".join(f"OBJECT {k}\n{one.line1}\n{one.line2}" for k, one in enumerate(entries))
    constellation = astroz.Constellation(text)
    minutes = np.arange(_EPOCHS, dtype=np.float64)

    def fly() -> Any:
        return astroz.propagate(constellation, minutes, start_time=_START, output="teme", velocities=True)

    r_km, _ = fly()
    order = {number: column for column, number in enumerate(constellation.satnums)}
    columns = [order[int(one.tle.norad_id)] for one in entries]
    return fly, np.moveaxis(r_km[:, columns], 0, 1) * 1000.0
