"""Cheap checks on how far sensors are from what is expected: each a number per sensor and instant, causal."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHECKS", "Check", "ResidualChecks"]


class Check(IntEnum):
    """What is compared with a threshold."""

    LEVEL = 0  # off what the other sensors say, now
    JUMP = 1  # off what its own past says, now
    DRIFT = 2  # off what the other sensors say, over half an hour and always to one side
    BIAS = 3  # off what its own past says, over ten minutes and always to one side
    NOISE = 4  # off what its own past says, over ten minutes, to whichever side


CHECKS: Final = tuple(Check)
_LONG: Final = 1.0 / 32.0  # share of the newest in a moving mean, by instants
_SHORT: Final = 1.0 / 12.0
_MOST: Final = 3.0  # times what is usual; one wild value is for LEVEL and JUMP, and must not stay in means for hours


@dataclass
class ResidualChecks:
    """The moving means of one spacecraft.

    Args:
        sensors: How many.
    """

    sensors: int
    long: NDArray[np.float64] = field(init=False)
    short: NDArray[np.float64] = field(init=False)
    size: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.long, self.short, self.size = (np.zeros(self.sensors) for _ in range(3))

    def __call__(self, off: NDArray[np.float64]) -> NDArray[np.float64]:
        """The checks of the next instant, shape (checks, sensors); NaN where a sensor has no value.

        Args:
            off: How far each sensor is from the two expectations, over what is usual, shape (2, sensors); NaN where it has no value.
        """
        there = np.isfinite(off[0])
        cut = np.where(there, np.clip(off, -_MOST, _MOST), 0.0)
        self.long += np.where(there, _LONG * (cut[0] - self.long), 0.0)
        self.short += np.where(there, _SHORT * (cut[1] - self.short), 0.0)
        self.size += np.where(there, _SHORT * (np.abs(cut[1]) - self.size), 0.0)
        return np.stack(
            [
                np.abs(off[0]),
                np.abs(off[1]),
                np.where(there, np.abs(self.long), np.nan),
                np.where(there, np.abs(self.short), np.nan),
                np.where(there, self.size, np.nan),
            ]
        )
