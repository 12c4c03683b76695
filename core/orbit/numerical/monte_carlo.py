"""Many flights at once: scattered starts, masses and coefficients over the same epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.orbit.numerical.cartesian import CartesianState
from core.orbit.numerical.forces import EnvironmentData, ForceModel, SpacecraftProperties, satellite_of
from core.orbit.numerical.integration import Integration, chosen_integration
from core.orbit.numerical.maneuvers import Maneuver, native_maneuvers
from core.orbit.numerical.propagate import REENTRY_HEIGHT_M
from native import _core

__all__ = ["CaseEnd", "StateBundle", "propagate_many"]

FloatArray = NDArray[np.float64]


class CaseEnd(IntEnum):
    """How one flight of many ended."""

    COMPLETE = 0
    STOPPED = 1
    REENTERED = 2
    FAILED = 3


@dataclass(frozen=True)
class StateBundle:
    """States of m flights at n epochs: r_gcrf_m and v_gcrf_m_s (m, n, 3), mass_kg (m, n); NaN after a flight's end."""

    t_tai_s: FloatArray
    r_gcrf_m: FloatArray
    v_gcrf_m_s: FloatArray
    mass_kg: FloatArray
    ends: tuple[CaseEnd, ...]
    integration: Integration


def propagate_many(
    t_tai_s: float,
    states_gcrf: FloatArray,
    epochs_tai_s: FloatArray,
    craft: SpacecraftProperties,
    forces: ForceModel | None = None,
    *,
    mass_kg: FloatArray | None = None,
    drag_coefficient: FloatArray | None = None,
    radiation_coefficient: FloatArray | None = None,
    maneuvers: Sequence[Maneuver] = (),
    integration: Integration | None = None,
    reentry_height_m: float = REENTRY_HEIGHT_M,
    threads: int = 1,
    data: EnvironmentData | None = None,
) -> StateBundle:
    """Flights from many states at one instant; a flight that re-enters or fails does not end the others.

    Args:
        t_tai_s: The instant of all states, TAI seconds since J2000.
        states_gcrf: Position and velocity in GCRF, m and m/s, shape (m, 6).
        epochs_tai_s: As for :func:`core.orbit.numerical.propagate`, shape (n,).
        craft: The nominal spacecraft; ``mass_kg``, ``drag_coefficient`` and ``radiation_coefficient``, shape (m,), give
            each flight its own.
        threads: How many flights at a time; the results do not depend on it.
    Raises:
        InputError: Shapes that do not fit. What stops a single flight is in ``ends``.
    """
    states = np.asarray(states_gcrf, dtype=np.float64)
    epochs = np.atleast_1d(np.asarray(epochs_tai_s, dtype=np.float64))
    if states.ndim != 2 or states.shape[1] != 6 or states.shape[0] == 0:
        raise InputError("states_gcrf", f"must have shape (m, 6), not {states.shape}")
    if epochs.size == 0 or threads < 1:
        raise InputError("epochs_tai_s", "there must be an epoch to fly to, and a thread to fly on")
    columns = [
        _column(value, nominal, len(states), name)
        for value, nominal, name in (
            (mass_kg, craft.mass_kg, "mass_kg"),
            (drag_coefficient, craft.drag_coefficient, "drag_coefficient"),
            (radiation_coefficient, craft.radiation_coefficient, "radiation_coefficient"),
        )
    ]
    forces = forces or ForceModel()
    span = (min(t_tai_s, float(epochs[-1])), max(t_tai_s, float(epochs[-1])))
    first = CartesianState(t_tai_s, states[0, :3], states[0, 3:])
    chosen = chosen_integration(integration or Integration(), first, span, forces, bool(maneuvers))
    impulses, burns = native_maneuvers(maneuvers)
    try:
        rows, ends = _core.fly_cases(
            satellite_of(forces, craft, data or EnvironmentData(), *span),
            t_tai_s,
            np.column_stack([states, *columns]),
            epochs,
            **chosen.native(),
            lowest_height_m=reentry_height_m,
            impulses=impulses,
            burns=burns,
            threads=threads,
        )
    except _core.NativeError as error:
        raise InputError("propagation", str(error)) from error
    return StateBundle(
        t_tai_s=epochs,
        r_gcrf_m=rows[:, :, :3],
        v_gcrf_m_s=rows[:, :, 3:6],
        mass_kg=rows[:, :, 6],
        ends=tuple(CaseEnd(int(end)) for end in ends),
        integration=chosen,
    )


def _column(value: FloatArray | None, nominal: float, length: int, name: str) -> FloatArray:
    if value is None:
        return np.full(length, nominal)
    column = np.asarray(value, dtype=np.float64)
    if column.shape != (length,):
        raise InputError(name, f"must have shape ({length},), not {column.shape}")
    return column
