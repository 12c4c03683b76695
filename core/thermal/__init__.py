"""Thermal: a lumped battery node with its heater."""

from core.thermal.node import BATTERY_NODE, ThermalNode, heater_duty, warm

__all__ = ["BATTERY_NODE", "ThermalNode", "heater_duty", "warm"]
