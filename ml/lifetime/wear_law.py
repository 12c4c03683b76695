"""How much more use a part bears that has borne some already: a Weibull law, conditioned on the use so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError

__all__ = ["WearLaw"]

_BORNE_BY: Final = 0.9  # the share of parts that bear what a design states


@dataclass(frozen=True)
class WearLaw:
    """The law of the use at failure of one kind of part.

    Args:
        bears: The use that nine in ten parts bear, in any unit of use.
        shape: Of the Weibull law.
    Raises:
        InputError: One of them is not positive.
    """

    bears: float
    shape: float

    def __post_init__(self) -> None:
        for name in ("bears", "shape"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise InputError(name, f"{value:g} is not a positive number")

    @property
    def scale(self) -> float:
        """The use that 1 in e of the parts bears."""
        return float(self.bears / (-math.log(_BORNE_BY)) ** (1.0 / self.shape))

    def survival(self, use: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of parts that bear a use."""
        found: NDArray[np.float64] = np.exp(-((np.asarray(use) / self.scale) ** self.shape))
        return found

    def remaining(self, used: float, levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Quantiles of the use that a part bears beyond what it has borne.

        Args:
            used: So far, at least 0.
            levels: Between 0 and 1, exclusive.
        """
        before = (used / self.scale) ** self.shape
        # log1p: near new, the difference of two large powers would lose what is left
        found: NDArray[np.float64] = self.scale * (before - np.log1p(-np.asarray(levels))) ** (1.0 / self.shape) - used
        return found
