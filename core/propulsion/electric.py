"""The electric option: a long, steady push that costs power instead of propellant."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.constants import STANDARD_GRAVITY_M_S2
from core.errors import PhysicsError
from core.mission.design.propulsion import ElectricThruster

__all__ = ["ElectricBurn", "plan_electric_burn"]


@dataclass(frozen=True)
class ElectricBurn:
    """One push."""

    propellant_kg: float
    duration_s: float
    energy_j: float


def plan_electric_burn(
    thruster: ElectricThruster, wet_mass_kg: float, propellant_kg: float, delta_v_m_s: float
) -> ElectricBurn:
    """Propellant, time and energy of a velocity change at constant thrust.

    Args:
        thruster: The design.
        wet_mass_kg: Mass of the whole spacecraft before it.
        propellant_kg: What is left for this thruster.
        delta_v_m_s: Wanted change.
    Raises:
        PhysicsError: More propellant is needed than is left.
    Source: Sutton and Biblarz, Rocket Propulsion Elements, 9th ed., sections 4.1 and 17.1.
    """
    exhaust_m_s = thruster.specific_impulse_s * STANDARD_GRAVITY_M_S2
    used_kg = wet_mass_kg * -math.expm1(-abs(delta_v_m_s) / exhaust_m_s)
    if used_kg > propellant_kg:
        raise PhysicsError(
            f"delta-v {abs(delta_v_m_s):.2f} m/s needs {used_kg:.3f} kg of propellant; {propellant_kg:.3f} kg are left",
            code="propellant",
            needed_kg=used_kg,
            available_kg=propellant_kg,
        )
    duration_s = used_kg * exhaust_m_s / thruster.thrust_n
    return ElectricBurn(used_kg, duration_s, thruster.power_w * duration_s)
