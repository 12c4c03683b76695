"""How the members of a Monte Carlo run differ from the design."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError

__all__ = ["ResourceFactors", "ResourceSpread"]

FloatArray = NDArray[np.float64]

_WIDEST_SPREAD: Final = 0.3


@dataclass(frozen=True)
class ResourceSpread:
    """Standard deviations of the factors of :class:`ResourceFactors`, as shares.

    Defaults are what is usual before flight data narrow them: ECSS-E-ST-20C (power budgets), Gilmore, chapter 15 (surface
    properties, conductances; an uncertainty of some 10 K), and acceptance tests of thrusters.
    """

    array_power: float = 0.03
    battery_capacity: float = 0.03
    battery_resistance: float = 0.10
    load: float = 0.05
    absorptivity: float = 0.05
    emissivity: float = 0.03
    conductance: float = 0.10
    thrust: float = 0.02
    specific_impulse: float = 0.01


@dataclass(frozen=True)
class ResourceFactors:
    """How each member of a Monte Carlo run differs from the design: factors on its parameters, each of shape (m,)."""

    array_power: FloatArray
    battery_capacity: FloatArray
    battery_resistance: FloatArray
    load: FloatArray
    absorptivity: FloatArray
    emissivity: FloatArray
    conductance: FloatArray
    thrust: FloatArray
    specific_impulse: FloatArray

    @classmethod
    def nominal(cls, members: int) -> ResourceFactors:
        """The design itself."""
        return cls(*(np.ones(members) for _ in fields(cls)))

    @classmethod
    def drawn(cls, members: int, seed: int, spread: ResourceSpread | None = None) -> ResourceFactors:
        """Independent normal factors about 1, cut at three standard deviations; one seed gives one draw.

        Raises:
            InputError: A spread is not from 0 to 0.3, beyond which a factor could vanish.
        """
        rng = np.random.default_rng(seed)
        drawn = []
        for one in fields(cls):
            sigma = getattr(spread or ResourceSpread(), one.name)
            if not 0.0 <= sigma <= _WIDEST_SPREAD:
                raise InputError(f"spread.{one.name}", f"{sigma} must be from 0 to {_WIDEST_SPREAD}")
            drawn.append(1.0 + sigma * np.clip(rng.standard_normal(members), -3.0, 3.0))
        return cls(*drawn)

    def columns(self) -> FloatArray:
        """Shape (m, 9)."""
        return np.column_stack([getattr(self, one.name) for one in fields(self)])
