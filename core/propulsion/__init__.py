"""Propulsion: the rocket equation and a blowdown thruster."""

from core.propulsion.blowdown import Burn, delta_v_m_s, plan_burn, tank_pressure_pa, thrust_n
from core.propulsion.packing import propulsion_model

__all__ = ["Burn", "delta_v_m_s", "plan_burn", "propulsion_model", "tank_pressure_pa", "thrust_n"]
