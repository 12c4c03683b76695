"""Collision probabilities of public messages beside NASA CARA's own values and Monte Carlo runs.

CARA's tools need MATLAB, so no peer runs here: the peer's figures are those published with the messages.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from core.mission.cdm import Cdm, parse_cdm
from core.orbit.collision_rate import CollisionAssessment, assess_collision
from evals.bench.model import BenchResult, Goal
from evals.bench.reference import reference_data

__all__ = ["run"]


def run() -> list[BenchResult]:
    """Three rows: values in the plane, verdicts on it, and best values within the Monte Carlo interval."""
    cases = _cases()
    started = time.perf_counter()
    found = [assess_collision(cdm, case["hbr_m"]) for case, cdm in cases]
    each_ms = 1e3 * (time.perf_counter() - started) / len(cases)
    pairs = [(case, one) for (case, _), one in zip(cases, found, strict=True)]
    return [_values(pairs, each_ms), _verdicts(pairs), _inside(pairs)]


def _values(pairs: list[tuple[dict[str, Any], CollisionAssessment]], each_ms: float) -> BenchResult:
    near = [abs(one.plane_probability / case["pc2d"] - 1.0) for case, one in pairs]
    return _row(
        "collision_probability_plane",
        ours=sum(error <= 1e-3 for error in near),
        peer=len(pairs),
        goal=1.0,
        error=float(max(near)),
        note=(
            "Messages whose two-dimensional value is within 1e-3 of the published one; the error is the worst relative "
            f"one. A whole assessment, curved orbits included, takes {each_ms:.0f} ms."
        ),
    )


def _verdicts(pairs: list[tuple[dict[str, Any], CollisionAssessment]]) -> BenchResult:
    judged = [(case, one) for case, one in pairs if "pc2d_violation" in case]
    right = sum(one.plane_holds == (not case["pc2d_violation"]) for case, one in judged)
    return _row(
        "collision_probability_validity",
        ours=right,
        peer=len(judged),
        goal=33 / 35,
        note="Verdicts on the two-dimensional value that agree with CARA's usage violations.",
    )


def _inside(pairs: list[tuple[dict[str, Any], CollisionAssessment]]) -> BenchResult:
    judged = [(case, one) for case, one in pairs if "sdmc" in case]
    inside = sum(case["sdmc_lo"] <= one.probability <= case["sdmc_hi"] for case, one in judged)
    theirs = sum(case["sdmc_lo"] <= case["nc3d"] <= case["sdmc_hi"] for case, _ in judged)
    apart = float(np.max([abs(one.probability / case["nc3d"] - 1.0) for case, one in judged]))
    return _row(
        "collision_probability_best",
        ours=inside,
        peer=theirs,
        goal=33 / theirs,
        error=apart,
        note=(
            f"Best values within the 95 % Monte Carlo interval, of {len(judged)}; the peer's is CARA's 3D-Nc, and the "
            "error is the worst relative difference from it."
        ),
    )


def _row(name: str, *, ours: int, peer: int, goal: float, error: float | None = None, note: str) -> BenchResult:
    return BenchResult.compare(
        name,
        ours=float(ours),
        peer=float(peer),
        peer_name="NASA CARA, published",
        unit="messages",
        goal=goal,
        goal_kind=Goal.AT_LEAST,
        error=error,
        error_unit=None if error is None else "relative",
        note=note,
    )


def _cases() -> list[tuple[dict[str, Any], Cdm]]:
    expected = reference_data() / "planning" / "cdm_pc" / "expected.json"
    return [
        (case, parse_cdm((expected.parent / case["file"]).read_text())) for case in json.loads(expected.read_text())
    ]
