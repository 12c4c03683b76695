"""The low orbit and the spacecraft of these tests, and ephemerides made by others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.orbit.numerical import CartesianState, SpacecraftProperties
from core.time import parse_utc, tai_s_from_utc

FloatArray = NDArray[np.float64]
AUTHORITIES = Path(__file__).resolve().parents[3] / "authorities" / "numerical_propagation"


@dataclass(frozen=True)
class Reference:
    """An ephemeris by another program."""

    t_tai_s: FloatArray
    r_gcrf_m: FloatArray
    v_gcrf_m_s: FloatArray

    @property
    def start(self) -> CartesianState:
        return CartesianState(float(self.t_tai_s[0]), self.r_gcrf_m[0], self.v_gcrf_m_s[0])


def read_reference(name: str) -> Reference:
    rows = np.loadtxt(AUTHORITIES / f"{name}.csv", delimiter=",")
    return Reference(tai_s_from_utc(parse_utc("2024-03-01T00:00:00Z")) + rows[:, 0], rows[:, 1:4], rows[:, 4:7])


@pytest.fixture(scope="session")
def low_orbit() -> CartesianState:
    """500 km, near polar."""
    return read_reference("gravity_20").start


@pytest.fixture(scope="session")
def craft() -> SpacecraftProperties:
    """100 kg, 1 m2 to air and light."""
    return SpacecraftProperties(100.0, 1.0, 2.2, 1.0, 1.3)
