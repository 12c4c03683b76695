"""A monopropellant blowdown system: pressure and thrust fall as propellant leaves the tank.

The pressurant expands isothermally, so pressure is inversely proportional to gas volume (Boyle), which grows linearly
with the propellant used; thrust is taken proportional to pressure. Source: Sutton and Biblarz, Rocket Propulsion
Elements, 9th ed., sections 2.1 (thrust, specific impulse), 4.1 (rocket equation) and 6.4 (blowdown pressurisation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.constants import STANDARD_GRAVITY_M_S2
from core.errors import PhysicsError
from core.mission.model import Bus, Propulsion

__all__ = ["Burn", "delta_v_m_s", "plan_burn", "tank_pressure_pa", "thrust_n"]


@dataclass(frozen=True)
class Burn:
    """One burn at the present tank pressure."""

    delta_v_m_s: float
    propellant_kg: float
    duration_s: float
    thrust_n: float


def tank_pressure_pa(propulsion: Propulsion, propellant_kg: float) -> float:
    """Tank pressure with so much propellant left."""
    used = 1.0 - propellant_kg / propulsion.propellant_mass_kg
    ratio = propulsion.pressure_begin_pa / propulsion.pressure_end_pa
    return propulsion.pressure_begin_pa / (1.0 + (ratio - 1.0) * used)


def thrust_n(propulsion: Propulsion, propellant_kg: float) -> float:
    """Thrust of all thrusters together at the present pressure."""
    share = tank_pressure_pa(propulsion, propellant_kg) / propulsion.pressure_begin_pa
    return propulsion.thruster_count * propulsion.thrust_n * share


def delta_v_m_s(bus: Bus, propellant_kg: float, used_kg: float) -> float:
    """Velocity change from burning ``used_kg`` with ``propellant_kg`` on board."""
    if not 0.0 <= used_kg <= propellant_kg:
        raise PhysicsError(f"cannot burn {used_kg:.3f} kg with {propellant_kg:.3f} kg on board", code="propellant")
    exhaust_m_s = bus.propulsion.specific_impulse_s * STANDARD_GRAVITY_M_S2
    wet_kg = bus.dry_mass_kg + propellant_kg
    return exhaust_m_s * math.log(wet_kg / (wet_kg - used_kg))


def plan_burn(bus: Bus, propellant_kg: float, wanted_delta_v_m_s: float) -> Burn:
    """Propellant and duration for a velocity change.

    Raises:
        PhysicsError: More propellant is needed than is on board.
    """
    magnitude_m_s = abs(wanted_delta_v_m_s)
    exhaust_m_s = bus.propulsion.specific_impulse_s * STANDARD_GRAVITY_M_S2
    wet_kg = bus.dry_mass_kg + propellant_kg
    used_kg = wet_kg * -math.expm1(-magnitude_m_s / exhaust_m_s)
    if used_kg > propellant_kg:
        raise PhysicsError(
            f"delta-v {magnitude_m_s:.2f} m/s needs {used_kg:.2f} kg of propellant; {propellant_kg:.2f} kg are on board",
            code="propellant",
            needed_kg=used_kg,
            available_kg=propellant_kg,
        )
    # Gas volume grows linearly with what is burnt, so the inverse of thrust does too: its mean over the burn is exact.
    inverse_thrusts = [1.0 / thrust_n(bus.propulsion, left_kg) for left_kg in (propellant_kg, propellant_kg - used_kg)]
    mean_thrust_n = 2.0 / sum(inverse_thrusts)
    return Burn(magnitude_m_s, used_kg, used_kg * exhaust_m_s / mean_thrust_n, mean_thrust_n)
