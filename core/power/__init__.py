"""Electrical power: array generation, loads by mode and activity, battery state of charge."""

from core.power.array import array_power_w, incidence_cosine
from core.power.battery import charge
from core.power.loads import load_power_w

__all__ = ["array_power_w", "charge", "incidence_cosine", "load_power_w"]
