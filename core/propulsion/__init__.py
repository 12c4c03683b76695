"""Propulsion: burns, the blowdown tank, thruster allocation and valves, gauging and leaks, rules, the electric option."""

from core.propulsion.allocation import Allocation, allocate
from core.propulsion.blowdown import Burn, burn_torque_n_m, delta_v_m_s, plan_burn, tank_pressure_pa, thrust_n
from core.propulsion.burn_balance import BurnBalance, burn_balance
from core.propulsion.electric import ElectricBurn, plan_electric_burn
from core.propulsion.gauging import (
    BurnRecord,
    LeakTest,
    PropellantEstimate,
    bookkeeping_estimate,
    combined_estimate,
    leak_test,
    pvt_estimate,
)
from core.propulsion.packing import propulsion_model
from core.propulsion.rules import PropulsionBreach, burn_breaches, plume_breaches
from core.propulsion.tank import ThrusterFlow, pressurant_mol, pressure_pa, thruster_flow
from core.propulsion.valves import PulseTrain, pulse_train

__all__ = [
    "Allocation",
    "Burn",
    "BurnBalance",
    "BurnRecord",
    "ElectricBurn",
    "LeakTest",
    "PropellantEstimate",
    "PropulsionBreach",
    "PulseTrain",
    "ThrusterFlow",
    "allocate",
    "bookkeeping_estimate",
    "burn_balance",
    "burn_breaches",
    "burn_torque_n_m",
    "combined_estimate",
    "delta_v_m_s",
    "leak_test",
    "plan_burn",
    "plan_electric_burn",
    "plume_breaches",
    "pressurant_mol",
    "pressure_pa",
    "propulsion_model",
    "pulse_train",
    "pvt_estimate",
    "tank_pressure_pa",
    "thrust_n",
    "thruster_flow",
]
