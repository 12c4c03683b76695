"""Lageos-2 laser ranges: how well the orbit fits, beside the level that Orekit's own test of the same data asserts."""

from __future__ import annotations

from typing import Final

import numpy as np

from evals.bench.flight.lageos import fit_of_ours, laser_passes, rms_m
from evals.bench.model import BenchResult, Goal

__all__ = ["run"]

_OREKIT_M: Final = 0.261  # Orekit, NumericalOrbitDeterminationTest.testLageos2: standard deviation of 95 ranges


def run() -> list[BenchResult]:
    """One fit of state and radiation coefficient to all ranges, without station biases."""
    residuals = np.concatenate([one.values.ravel() for one in fit_of_ours(laser_passes()).residuals])
    return [
        BenchResult.compare(
            "laser_ranging",
            ours=rms_m(residuals),
            peer=_OREKIT_M,
            peer_name="Orekit (the level its test asserts; not run here)",
            unit="m",
            goal=1.0,
            goal_kind=Goal.AT_MOST,
            note=f"RMS of {len(residuals)} two-way laser ranges of Lageos-2 over 24 h from four stations, none left out",
        )
    ]
