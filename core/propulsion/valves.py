"""Pulses that valves can make, and what they cost of the valves' life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mission.design.propulsion import Propulsion

__all__ = ["PulseTrain", "pulse_train"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PulseTrain:
    """Pulses of each thruster in a period that repeats.

    Attributes:
        on_s: Length of the pulse of each thruster, shape (thrusters,); 0 for none, the period for steady firing.
        cycles: Openings of each valve over the duration, shape (thrusters,).
        life_left_share: Smallest share of the valve life left after it, over the thrusters.
        dropped: Thrusters whose duty needed a shorter pulse than their valve can make, shape (thrusters,).
    """

    on_s: FloatArray
    cycles: NDArray[np.int64]
    life_left_share: float
    dropped: NDArray[np.bool_]


def pulse_train(
    propulsion: Propulsion, duty: FloatArray, period_s: float, duration_s: float, cycles_before: NDArray[np.int64]
) -> PulseTrain:
    """Pulses that make duties on the mean over a period, repeated for a duration.

    A pulse shorter than the minimum on-time is not made (it is reported); one that would leave a shorter gap than that
    becomes steady firing, which opens the valve once.

    Args:
        propulsion: Minimum on-time and cycle life.
        duty: Share of the time that each valve is open, shape (thrusters,).
        period_s: Length of the repeating period.
        duration_s: How long it repeats.
        cycles_before: Openings of each valve so far, shape (thrusters,).
    Raises:
        InputError: A duty is outside 0 to 1, or the period shorter than the minimum on-time.
    """
    shortest_s = propulsion.curve.minimum_on_s
    if not (np.isfinite(duty).all() and (duty >= 0.0).all() and (duty <= 1.0 + 1e-12).all()):
        raise InputError("duty", f"{duty.tolist()} must be within 0 to 1")
    if not shortest_s <= period_s <= duration_s:
        raise InputError(
            "period_s", f"{period_s} s must be from the valve's {shortest_s} s to the duration of {duration_s} s"
        )
    on_s = np.minimum(duty, 1.0) * period_s
    dropped = (on_s > 0.0) & (on_s < shortest_s)
    on_s[dropped] = 0.0
    steady = on_s > period_s - shortest_s
    on_s[steady] = period_s
    periods = int(np.ceil(duration_s / period_s - 1e-9))
    cycles = np.where(on_s == 0.0, 0, np.where(steady, 1, periods)).astype(np.int64)
    left = 1.0 - float((cycles_before + cycles).max()) / propulsion.curve.valve_cycle_life
    return PulseTrain(on_s, cycles, left, dropped)
