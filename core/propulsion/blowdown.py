"""Burns of a monopropellant blowdown system: pressure, thrust and specific impulse fall as propellant leaves the tank.

The tank and the thrusters' curve are those of :mod:`core.propulsion.tank`, at the curve's reference temperature. Source:
Sutton and Biblarz, Rocket Propulsion Elements, 9th ed., sections 2.1 (thrust, specific impulse), 4.1 (rocket equation) and
6.4 (blowdown pressurisation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import STANDARD_GRAVITY_M_S2
from core.errors import PhysicsError
from core.mission.design.thermal import CELSIUS_K
from core.mission.model import Bus, Propulsion
from core.propulsion.burn_balance import burn_balance
from core.propulsion.tank import pressure_pa

__all__ = ["Burn", "burn_torque_n_m", "delta_v_m_s", "plan_burn", "tank_pressure_pa", "thrust_n"]

FloatArray = NDArray[np.float64]

_STEPS: Final = 64  # of propellant: thrust and impulse are smooth, and a burn rarely takes a tenth of the tank


@dataclass(frozen=True)
class Burn:
    """One burn from the present tank pressure; thrust is its mean."""

    delta_v_m_s: float
    propellant_kg: float
    duration_s: float
    thrust_n: float


def tank_pressure_pa(propulsion: Propulsion, propellant_kg: float) -> float:
    """Tank pressure with so much propellant left, at the curve's reference temperature."""
    return pressure_pa(propulsion, propellant_kg, propulsion.curve.reference_degc + CELSIUS_K)


def thrust_n(propulsion: Propulsion, propellant_kg: float) -> float:
    """Mean thrust of all thrusters together in a burn at the present pressure."""
    thrust, _ = _flow(propulsion, np.array([propellant_kg]))
    return float(thrust[0])


def burn_torque_n_m(propulsion: Propulsion, propellant_kg: float) -> FloatArray:
    """Torque that a burn leaves to the wheels at the present pressure, body axes (3,); zeros where thrusters balance it."""
    balance = burn_balance(propulsion)
    return balance.torque_n_m(thrust_n(propulsion, propellant_kg) / balance.open)


def delta_v_m_s(bus: Bus, propellant_kg: float, used_kg: float) -> float:
    """Velocity change from burning ``used_kg`` with ``propellant_kg`` on board."""
    if not 0.0 <= used_kg <= propellant_kg:
        raise PhysicsError(f"cannot burn {used_kg:.3f} kg with {propellant_kg:.3f} kg on board", code="propellant")
    _, gained_m_s, _ = _burning(bus, propellant_kg, used_kg)
    return float(gained_m_s[-1])


def plan_burn(bus: Bus, propellant_kg: float, wanted_delta_v_m_s: float) -> Burn:
    """Propellant and duration for a velocity change.

    Raises:
        PhysicsError: More propellant is needed than is on board; ``needed_kg`` and ``available_kg`` say how much.
    """
    magnitude_m_s = abs(wanted_delta_v_m_s)
    if magnitude_m_s == 0.0:
        return Burn(0.0, 0.0, 0.0, thrust_n(bus.propulsion, propellant_kg))
    # The least impulse that the curve knows bounds what may be used from above.
    least_m_s = min(bus.propulsion.curve.specific_impulse_s) * STANDARD_GRAVITY_M_S2
    most_kg = (bus.dry_mass_kg + propellant_kg) * -math.expm1(-magnitude_m_s / least_m_s)
    used_kg, gained_m_s, lasted_s = _burning(bus, propellant_kg, min(1.001 * most_kg, propellant_kg))
    if gained_m_s[-1] < magnitude_m_s:
        raise PhysicsError(
            f"delta-v {magnitude_m_s:.2f} m/s needs {most_kg:.2f} kg of propellant; {propellant_kg:.2f} kg are on board",
            code="propellant",
            needed_kg=most_kg,
            available_kg=propellant_kg,
        )
    needed_kg = float(np.interp(magnitude_m_s, gained_m_s, used_kg))
    duration_s = float(np.interp(magnitude_m_s, gained_m_s, lasted_s))
    mean_mass_kg = bus.dry_mass_kg + propellant_kg - 0.5 * needed_kg
    return Burn(magnitude_m_s, needed_kg, duration_s, mean_mass_kg * magnitude_m_s / duration_s)


def _burning(bus: Bus, propellant_kg: float, used_kg: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Propellant used, velocity gained and time gone, step by step, shape (steps + 1,)."""
    used = np.linspace(0.0, used_kg, _STEPS + 1)
    left = propellant_kg - 0.5 * (used[:-1] + used[1:])
    thrust, impulse_s = _flow(bus.propulsion, left)
    exhaust_m_s = impulse_s * STANDARD_GRAVITY_M_S2
    wet = bus.dry_mass_kg + propellant_kg - used
    gained = np.concatenate([[0.0], np.cumsum(exhaust_m_s * np.log(wet[:-1] / wet[1:]))])
    lasted = np.concatenate([[0.0], np.cumsum(np.diff(used) * exhaust_m_s / thrust)])
    return used, gained, lasted


def _flow(propulsion: Propulsion, left_kg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Thrust of all thrusters, less what control takes, and specific impulse with so much propellant left, shape (n,)."""
    temp_k = propulsion.curve.reference_degc + CELSIUS_K
    inlet_pa = np.array([pressure_pa(propulsion, float(one), temp_k) for one in left_kg])
    thrust = np.interp(inlet_pa, propulsion.curve.pressure_pa, propulsion.curve.thrust_n)
    impulse = np.interp(inlet_pa, propulsion.curve.pressure_pa, propulsion.curve.specific_impulse_s)
    return burn_balance(propulsion).open * thrust, np.asarray(impulse, dtype=np.float64)
