"""Propulsion: the rocket equation and a blowdown thruster."""

from core.propulsion.blowdown import Burn, delta_v_m_s, plan_burn, tank_pressure_pa, thrust_n

__all__ = ["Burn", "delta_v_m_s", "plan_burn", "tank_pressure_pa", "thrust_n"]
