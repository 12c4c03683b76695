"""Flies a spacecraft's coupled resources along a timeline: charge, temperatures, propellant and stored data.

Power, thermal and propulsion are stepped together in C++ (``native/include/llamaspace/resources.hpp``): the array's power
falls as it warms, loads heat nodes, heaters draw power, the battery's resistance follows its temperature, thrust follows
the tank's pressure. Steps adapt to a tolerance and end where a thermostat or the load shedding switches.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError, PhysicsError
from core.mission.model import Bus
from core.plan.resource_members import ResourceFactors
from core.plan.resource_surroundings import ResourceSurroundings
from core.power import power_model
from core.propulsion import propulsion_model
from core.thermal import thermal_network
from native import _core

__all__ = [
    "BROWN_OUT",
    "ResourceExtremes",
    "ResourceFlight",
    "ResourceFlightError",
    "ResourceStart",
    "ResourceTimeline",
    "fly_resources",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
FlagArray = NDArray[np.uint32]

BROWN_OUT: Final = 1 << 31  # in the shed flags: all is shed and power is still short

_NO_CONVERGENCE: Final = 10
_TOLERANCE_K: Final = 0.1
_TOLERANCE_SOC: Final = 1e-4
# In the order of the native columns.
_COLUMNS: Final = (
    "soc",
    "bus_voltage_v",
    "battery_current_a",
    "battery_power_w",
    "array_power_w",
    "array_available_w",
    "load_power_w",
    "unmet_w",
    "propellant_kg",
    "tank_pressure_pa",
    "thrust_n",
    "specific_impulse_s",
    "impulse_n_s",
    "stored_bytes",
    "sent_bytes",
    "lost_bytes",
)


class ResourceFlightError(PhysicsError):
    """The coupled resources could not be stepped to the tolerance."""

    default_code = "resource-flight"


@dataclass(frozen=True)
class ResourceTimeline:
    """What the spacecraft does in each of n - 1 intervals; arrays may have members in front, all or none of them.

    Attributes:
        t_s: Instants, shape (n,), increasing.
        consumers_on: Shape (..., n - 1, consumers), in the order of ``bus.loads.consumers``.
        recorded_byte_s: Data into the store, (..., n - 1); none while the imager is shed.
        sent_byte_s: Data out of it, (..., n - 1); none while the X-band transmitter is shed.
        thrusters_open: Sum of the thrusters' duties, (..., n - 1).
        heaters_enabled: Shape (..., n - 1, heaters); None: all.
    """

    t_s: FloatArray
    consumers_on: BoolArray
    recorded_byte_s: FloatArray
    sent_byte_s: FloatArray
    thrusters_open: FloatArray
    heaters_enabled: BoolArray | None = None


@dataclass(frozen=True)
class ResourceStart:
    """State of each member at the first instant.

    Attributes:
        soc: State of charge, (m,).
        temp_k: Node temperatures, (m, nodes), in the order of ``bus.thermal.node_ids``.
        propellant_kg: Propellant in the tank, (m,).
        stored_bytes: Data in the store, (m,).
        heaters_on: One bit per heater whose thermostat is on, (m,).
        shed: One bit per shedding step that is off, (m,).
    """

    soc: FloatArray
    temp_k: FloatArray
    propellant_kg: FloatArray
    stored_bytes: FloatArray
    heaters_on: FlagArray
    shed: FlagArray

    @classmethod
    def of(cls, soc: float, temp_k: FloatArray, propellant_kg: float, stored_bytes: float) -> ResourceStart:
        """One member, nothing shed, thermostats off where they may be either."""
        none = np.zeros(1, dtype=np.uint32)
        return cls(
            np.array([soc]), temp_k.reshape(1, -1), np.array([propellant_kg]), np.array([stored_bytes]), none, none
        )

    def repeated(self, members: int) -> ResourceStart:
        """Every member alike."""
        return ResourceStart(*(np.repeat(getattr(self, one.name), members, axis=0) for one in fields(self)))


@dataclass(frozen=True)
class ResourceExtremes:
    """Extremes over every step of a flight, recorded or not; shape (m,), temperatures (m, nodes)."""

    soc_min: FloatArray
    bus_voltage_min_v: FloatArray
    battery_current_min_a: FloatArray
    battery_current_max_a: FloatArray
    stored_bytes_max: FloatArray
    temp_min_k: FloatArray
    temp_max_k: FloatArray


@dataclass(frozen=True)
class ResourceFlight:
    """Flown resources: states at the recorded instants, and means of flows since the recorded instant before.

    All of shape (m, rows); ``temp_k`` (m, rows, nodes), ``heater_duty`` (m, rows, heaters). In the first row the flows are
    those of the second. ``battery_current_a`` and ``battery_power_w`` are positive while charging; ``array_power_w`` is
    used, ``array_available_w`` could have been; ``load_power_w`` is what the bus gives, heaters and losses included;
    ``unmet_w`` what it could not give. ``impulse_n_s``, ``sent_bytes`` and ``lost_bytes`` count from the start. ``shed``
    has a bit for every shedding step that was off at any time since the row before, and :data:`BROWN_OUT`.
    """

    t_s: FloatArray
    soc: FloatArray
    bus_voltage_v: FloatArray
    battery_current_a: FloatArray
    battery_power_w: FloatArray
    array_power_w: FloatArray
    array_available_w: FloatArray
    load_power_w: FloatArray
    unmet_w: FloatArray
    propellant_kg: FloatArray
    tank_pressure_pa: FloatArray
    thrust_n: FloatArray
    specific_impulse_s: FloatArray
    impulse_n_s: FloatArray
    stored_bytes: FloatArray
    sent_bytes: FloatArray
    lost_bytes: FloatArray
    temp_k: FloatArray
    heater_duty: FloatArray
    shed: FlagArray
    extremes: ResourceExtremes
    end: ResourceStart


def fly_resources(
    bus: Bus,
    timeline: ResourceTimeline,
    surroundings: ResourceSurroundings,
    start: ResourceStart,
    factors: ResourceFactors | None = None,
    *,
    every: int = 1,
    tolerance_k: float = _TOLERANCE_K,
    tolerance_soc: float = _TOLERANCE_SOC,
) -> ResourceFlight:
    """Fly all members of a start state along a timeline.

    Args:
        bus: The design.
        timeline: What it does.
        surroundings: What it meets, one row per interval.
        start: Where each member begins; ``flight.end`` of another flight continues that flight.
        factors: How members differ; None: not at all.
        every: Record every so many instants, and the last.
        tolerance_k: Estimated error that one step may have in any temperature.
        tolerance_soc: The same for the state of charge.
    Raises:
        InputError: A shape does not fit, a number is not finite or a start state is impossible; names the field.
        ResourceFlightError: A step vanishes.
    """
    members = len(start.soc)
    consumers = _masks(timeline.consumers_on, np.uint64)
    heater_count = len(bus.thermal.heaters)
    enabled = timeline.heaters_enabled
    if enabled is None:
        enabled = np.ones((*timeline.consumers_on.shape[:-1], heater_count), dtype=np.bool_)
    try:
        flown = _core.fly_resources(
            _design(bus),
            timeline.t_s,
            surroundings.columns(),
            _activity(timeline),
            consumers,
            _masks(enabled, np.uint32),
            start.soc,
            start.temp_k,
            start.propellant_kg,
            start.stored_bytes,
            start.heaters_on,
            start.shed,
            (factors or ResourceFactors.nominal(members)).columns(),
            every,
            tolerance_k,
            tolerance_soc,
        )
    except _core.NativeError as error:
        raise _named(error) from error
    return _flight(timeline.t_s, every, flown)


def _flight(t_s: FloatArray, every: int, flown: dict[str, NDArray[Any]]) -> ResourceFlight:
    values = flown["values"]
    soc, volts, least_a, most_a, stored = flown["extremes"].T
    columns = {name: np.ascontiguousarray(values[..., place]) for place, name in enumerate(_COLUMNS)}
    rows = np.unique(np.append(np.arange(0, len(t_s), every), len(t_s) - 1))
    last = {name: columns[name][:, -1] for name in ("soc", "propellant_kg", "stored_bytes")}
    end = ResourceStart(temp_k=flown["temp_k"][:, -1], heaters_on=flown["heaters_end"], shed=flown["shed_end"], **last)
    return ResourceFlight(
        t_s=t_s[rows],
        temp_k=flown["temp_k"],
        heater_duty=flown["heater_duty"],
        shed=flown["shed"],
        extremes=ResourceExtremes(soc, volts, least_a, most_a, stored, flown["temp_min_k"], flown["temp_max_k"]),
        end=end,
        **columns,
    )


@lru_cache(maxsize=64)
def _design(bus: Bus) -> _core.ResourceDesign:
    activities = [one.activity for one in bus.loads.consumers]

    def place(activity: str) -> int:
        return activities.index(activity) if activity in activities else -1

    return _core.ResourceDesign(
        power_model(bus.solar_array, bus.battery, bus.converters, bus.loads, bus.thermal),
        thermal_network(bus.thermal),
        propulsion_model(bus.propulsion, bus.thermal),
        bus.propulsion.propellant_mass_kg,
        float(bus.data_store_bytes),
        place("imaging"),
        place("x_band"),
    )


def _activity(timeline: ResourceTimeline) -> FloatArray:
    try:
        table = np.stack([timeline.recorded_byte_s, timeline.sent_byte_s, timeline.thrusters_open], axis=-1)
    except ValueError as error:
        raise InputError(
            "timeline", f"recorded_byte_s, sent_byte_s and thrusters_open differ in shape: {error}"
        ) from error
    return np.asarray(table if table.ndim == 3 else table[np.newaxis], dtype=np.float64)


def _masks(on: BoolArray, kind: type[np.unsignedinteger[Any]]) -> NDArray[Any]:
    """One bit per entry of the last axis, with a leading axis of members."""
    bits = np.array([1 << place for place in range(on.shape[-1])], dtype=kind)
    packed: NDArray[Any] = (on * bits).sum(axis=-1, dtype=kind)
    return packed if packed.ndim == 2 else packed[np.newaxis]


def _named(error: _core.NativeError) -> InputError | ResourceFlightError:
    message = str(error)
    if error.code == _NO_CONVERGENCE:
        return ResourceFlightError(message)
    field, _, rest = message.partition(" ")
    return InputError(field, rest or message)
