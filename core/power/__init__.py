"""Electrical power: array generation, loads by mode and activity, the battery pack and its state of charge."""

from core.power.array import array_power_w, incidence_cosine
from core.power.battery import charge
from core.power.loads import load_power_w
from core.power.pack import PackFlow, open_circuit_v, pack_flow, resistance_ohm
from core.power.packing import power_model
from core.power.switching import consumers_on

__all__ = [
    "PackFlow",
    "array_power_w",
    "charge",
    "consumers_on",
    "incidence_cosine",
    "load_power_w",
    "open_circuit_v",
    "pack_flow",
    "power_model",
    "resistance_ohm",
]
