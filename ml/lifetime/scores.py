"""How far predictions of remaining life are from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["LifeScores", "life_scores", "phm_score"]

_EARLY: Final = 13.0  # cycles; Saxena et al. 2008, equation of the PHM08 challenge
_LATE: Final = 10.0


@dataclass(frozen=True)
class LifeScores:
    """Root mean square error in cycles, and the score of the PHM08 challenge (the sum over units; late weighs more)."""

    rmse_cycles: float
    score: float


def life_scores(
    predicted: NDArray[np.float64], lived: NDArray[np.float64], cap_cycles: float | None = None
) -> LifeScores:
    """Scores of predictions against true lives, these capped where a cap is given."""
    truth = lived if cap_cycles is None else np.minimum(lived, cap_cycles)
    return LifeScores(float(np.sqrt(np.mean((predicted - truth) ** 2))), float(phm_score(predicted - truth).sum()))


def phm_score(error: NDArray[np.float64]) -> NDArray[np.float64]:
    """The challenge's penalty of each error, prediction less truth, in cycles."""
    return np.where(error < 0, np.expm1(-error / _EARLY), np.expm1(error / _LATE))
