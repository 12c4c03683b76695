"""Which consumers are on while the spacecraft is in a mode and does something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mission.design import PowerLoads

__all__ = ["consumers_on"]

BoolArray = NDArray[np.bool_]


def consumers_on(loads: PowerLoads, modes: Sequence[str], activities: Mapping[str, BoolArray]) -> BoolArray:
    """Consumers that are on in each interval, shape (n, consumers), before any shedding.

    Args:
        loads: The design.
        modes: Mode of each interval, n names.
        activities: Whether an activity lasts through each interval, by its name in the design, each of shape (n,).
    Raises:
        InputError: An activity has another length than the modes.
    """
    for name, lasts in activities.items():
        if lasts.shape != (len(modes),):
            raise InputError(f"activities.{name}", f"has shape {lasts.shape} for {len(modes)} intervals")
    on = np.zeros((len(modes), len(loads.consumers)), dtype=np.bool_)
    for place, consumer in enumerate(loads.consumers):
        on[:, place] = [mode in consumer.modes for mode in modes]
        if consumer.activity is not None and consumer.activity in activities:
            on[:, place] |= activities[consumer.activity]
    return on
