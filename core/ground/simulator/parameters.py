"""The small table of parameters of the on-board software (service 20), and the memory that it lies in (service 6)."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final

from core.ground.simulator.state import OnboardState
from core.mission.model import Bus

__all__ = ["OnboardParameter", "ParameterTable"]

_SAFE_MODE_MARGIN: Final = 0.10  # below the minimum state of charge of operations
_LOW_CHARGE_MARGIN: Final = 0.02  # above it
_PERSISTENCE: Final = 3
_WORD: Final = ">d"
_WORD_LENGTH: Final = 8


@dataclass(frozen=True)
class OnboardParameter:
    """A parameter with its value after a start from the launch image, and the range that it may be set to."""

    name: str
    default: float
    minimum: float
    maximum: float


class ParameterTable:
    """Thresholds of failure detection and set points of thermostats; what has been changed lies in the state.

    In memory 1 the values lie one after another as 64-bit floats, most significant octet first.

    Args:
        bus: The design, which gives the defaults.
        state: Keeps the changes.
    """

    def __init__(self, bus: Bus, state: OnboardState) -> None:
        self._bus = bus
        self._state = state
        self.rows = _rows(bus)
        self._by_name = {one.name: one for one in self.rows}

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def get(self, name: str) -> float:
        """The present value."""
        return self._state.parameters.get(name, self._by_name[name].default)

    def set(self, name: str, value: float) -> bool:
        """Change a value; False, and nothing changes, where it or the table with it is not allowed."""
        return self._take({name: value})

    def image(self) -> bytes:
        """The content of memory 1."""
        return b"".join(struct.pack(_WORD, self.get(one.name)) for one in self.rows)

    def load(self, address: int, data: bytes) -> bool:
        """Overwrite whole words of memory 1; False, and nothing changes, where the result is not allowed."""
        if address % _WORD_LENGTH or len(data) % _WORD_LENGTH or not data:
            return False
        first, count = address // _WORD_LENGTH, len(data) // _WORD_LENGTH
        if first + count > len(self.rows):
            return False
        values = struct.unpack(f">{count}d", data)
        return self._take({one.name: value for one, value in zip(self.rows[first:], values, strict=False)})

    def thermostats(self, stuck_on: frozenset[str] = frozenset()) -> Bus:
        """The design with the thermostats as they are set; a heater that is stuck on never reaches its upper one."""
        heaters = tuple(
            one.model_copy(
                update={"on_below_degc": _ALWAYS_DEGC, "off_above_degc": _ALWAYS_DEGC + 1.0}
                if one.id in stuck_on
                else {
                    "on_below_degc": self.get(f"{one.id}_on_below_degc"),
                    "off_above_degc": self.get(f"{one.id}_off_above_degc"),
                }
            )
            for one in self._bus.thermal.heaters
        )
        return self._bus.model_copy(update={"thermal": self._bus.thermal.model_copy(update={"heaters": heaters})})

    def _take(self, changes: dict[str, float]) -> bool:
        for name, value in changes.items():
            row = self._by_name[name]
            if not (math.isfinite(value) and row.minimum <= value <= row.maximum):
                return False
        wanted = {one.name: changes.get(one.name, self.get(one.name)) for one in self.rows}
        for heater in self._bus.thermal.heaters:
            if not wanted[f"{heater.id}_on_below_degc"] < wanted[f"{heater.id}_off_above_degc"]:
                return False
        self._state.parameters |= changes
        return True


_ALWAYS_DEGC: Final = 200.0


def _rows(bus: Bus) -> tuple[OnboardParameter, ...]:
    minimum = bus.battery.minimum_soc
    rows = [
        OnboardParameter("safe_mode_soc", max(0.0, minimum - _SAFE_MODE_MARGIN), 0.05, 0.95),
        OnboardParameter("low_charge_soc", minimum + _LOW_CHARGE_MARGIN, 0.05, 0.95),
        OnboardParameter("rate_limit_deg_s", 2.0 * bus.slew_rate_deg_s, 0.1, 20.0),
        OnboardParameter("soc_persistence", 1, 1, 100),
        OnboardParameter("rate_persistence", _PERSISTENCE, 1, 100),
        OnboardParameter("temperature_persistence", _PERSISTENCE, 1, 100),
    ]
    for one in bus.thermal.heaters:
        low, high = bus.thermal.nodes[bus.thermal.index(one.node)].operating_degc
        rows.append(OnboardParameter(f"{one.id}_on_below_degc", one.on_below_degc, low, high))
        rows.append(OnboardParameter(f"{one.id}_off_above_degc", one.off_above_degc, low, high))
    return tuple(rows)
