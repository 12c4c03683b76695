"""Electrical power: array generation, the battery pack, which consumers are on."""

from core.power.array import array_power_w, incidence_cosine
from core.power.pack import PackFlow, open_circuit_v, pack_flow, resistance_ohm
from core.power.packing import power_model
from core.power.switching import consumers_on

__all__ = [
    "PackFlow",
    "array_power_w",
    "consumers_on",
    "incidence_cosine",
    "open_circuit_v",
    "pack_flow",
    "power_model",
    "resistance_ohm",
]
