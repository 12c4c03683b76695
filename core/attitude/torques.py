"""Torques of the environment: gravity gradient, air, sunlight and residual dipole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.attitude.craft import attitude_craft
from core.attitude.environment import AttitudeEnvironment, EnvironmentTorques
from core.errors import InputError
from core.mission.model import Bus
from native import _core

__all__ = ["environment_torques"]

FloatArray = NDArray[np.float64]


def environment_torques(bus: Bus, environment: AttitudeEnvironment, q_body_gcrf: FloatArray) -> EnvironmentTorques:
    """What turns the spacecraft from outside at each sample of an environment, for attitudes of shape (n, 4).

    Plates feel air with the bus's drag coefficient and light with their own reflectivities; one plate does not shade
    another; an array that tracks the Sun is turned about its axis as near to the Sun as it can be.

    Raises:
        InputError: Shapes differ.
    Source: Wertz (ed.), Spacecraft Attitude Determination and Control (1978), section 17.2.
    """
    try:
        rows = _core.environment_torques(attitude_craft(bus), environment.native, environment.seconds, q_body_gcrf)
    except _core.NativeError as error:
        raise InputError("q_body_gcrf", str(error)) from error
    return EnvironmentTorques(rows[:, 0:3], rows[:, 3:6], rows[:, 6:9], rows[:, 9:12])
