"""The packets that a simulated spacecraft makes: verification, events and housekeeping."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Final

from core.ground.simulator.state import OnboardState, OngoingKind
from core.link import Acknowledge, RequestId, Telemetry, encode_telemetry
from core.mdb import MissionDatabase, encode_container
from core.mission.model import Bus
from core.orbit import OrbitState
from core.propulsion import tank_pressure_pa
from core.units import to_deg

__all__ = ["EventId", "EventSeverity", "Failure", "ReportWriter", "Verification", "housekeeping_values"]


class Verification(IntEnum):
    """Subtypes of service 1 (ECSS-E-ST-70-41C §8.1.2); the failure of each is one more."""

    ACCEPTANCE = 1
    START = 3
    COMPLETION = 7


_ASKED_BY: Final = {
    Verification.ACCEPTANCE: Acknowledge.ACCEPTANCE,
    Verification.START: Acknowledge.START,
    Verification.COMPLETION: Acknowledge.COMPLETION,
}


class Failure(IntEnum):
    """Failure codes of the reference database."""

    UNKNOWN_COMMAND = 1
    BAD_ARGUMENT = 2
    RELEASE_TIME_PASSED = 3
    SCHEDULE_FULL = 4
    WRONG_MODE = 5
    LOW_CHARGE = 6
    NO_DATA = 7
    NO_PROPELLANT = 8
    BUSY = 9
    STATION_NOT_VISIBLE = 10
    WRONG_SPACECRAFT = 11
    INTERRUPTED = 12


class EventId(IntEnum):
    """Events of the reference database."""

    STARTED = 1
    SAFE_MODE_ENTERED = 2
    SCHEDULE_EXECUTED = 3
    DOWNLINK_COMPLETED = 4
    POINTING_ENDED = 5
    LOW_CHARGE = 6
    SCHEDULE_RESET = 7
    FRAME_REJECTED = 8
    IMAGE_COMPLETED = 9
    BURN_COMPLETED = 10


class EventSeverity(IntEnum):
    """Subtypes of service 5."""

    INFORMATIVE = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4


class ReportWriter:
    """Numbers and encodes the packets of one spacecraft.

    Args:
        mdb: Layout of housekeeping.
        apid: The spacecraft's application process.
        state: Where the counters live.
    """

    def __init__(self, mdb: MissionDatabase, apid: int, state: OnboardState) -> None:
        self._mdb = mdb
        self._apid = apid
        self.state = state

    def verification(
        self, stage: Verification, request: RequestId, asked: Acknowledge, failure: Failure | None = None
    ) -> bytes | None:
        """A report of service 1; None where a success was not asked for."""
        if failure is None and _ASKED_BY[stage] not in asked:
            return None
        code = b"" if failure is None else failure.to_bytes(2, "big")
        return self._packet(1, stage + (failure is not None), request.encode() + code)

    def event(self, event: EventId, severity: EventSeverity, value: float = 0.0) -> bytes:
        """A report of service 5."""
        names = self._mdb.parameters["event_id"].type.labels
        container = _EVENT_CONTAINERS[severity]
        data = encode_container(self._mdb, container, {"event_id": names[event], "event_value": value})
        return self._packet(5, severity, data)

    def housekeeping(self, bus: Bus, orbit: OrbitState) -> bytes:
        """A report of service 3."""
        return self._packet(
            3, 25, encode_container(self._mdb, "Housekeeping", housekeeping_values(self.state, bus, orbit))
        )

    def connection_test(self) -> bytes:
        """The answer of service 17."""
        return self._packet(17, 2, b"")

    def _packet(self, service: int, subtype: int, data: bytes) -> bytes:
        state = self.state
        message = f"{service},{subtype}"
        count = state.message_counts.get(message, 0)
        state.message_counts[message] = (count + 1) % (1 << 16)
        number, state.packet_count = state.packet_count, (state.packet_count + 1) % (1 << 14)
        return encode_telemetry(Telemetry(self._apid, number, service, subtype, count, state.t_tai_s, data))


_EVENT_CONTAINERS: Final = {
    EventSeverity.INFORMATIVE: "EventInformative",
    EventSeverity.LOW: "EventLowSeverity",
    EventSeverity.MEDIUM: "EventMediumSeverity",
    EventSeverity.HIGH: "EventHighSeverity",
}
_OPEN_CIRCUIT_EMPTY: Final = 0.88  # of the nominal voltage; a straight line stands for the Li-ion curve
_OPEN_CIRCUIT_SPAN: Final = 0.26
_SETTLED_ERROR_DEG: Final = 0.02
_SLEWING_ERROR_DEG: Final = 30.0
_WHEEL_INERTIA_KG_M2: Final = 0.0064  # 4 N m s at 6,000 rpm


def housekeeping_values(
    state: OnboardState, bus: Bus, orbit: OrbitState
) -> dict[str, int | float | str | bytes | bool]:
    """Engineering values of the housekeeping packet."""
    voltage_v = bus.battery.voltage_v * (_OPEN_CIRCUIT_EMPTY + _OPEN_CIRCUIT_SPAN * state.soc)
    slewing = any(one.kind is OngoingKind.SLEW for one in state.ongoing)
    wheel_rad_s = state.wheel_momentum_n_m_s / bus.wheels.count / _WHEEL_INERTIA_KG_M2
    values: dict[str, int | float | str | bytes | bool] = {
        "structure_id": 1,
        "soc": state.soc,
        "bus_voltage_v": voltage_v,
        "battery_current_a": (state.array_power_w - state.load_power_w) / voltage_v,
        "array_power_w": state.array_power_w,
        "load_power_w": state.load_power_w,
        "data_stored_bytes": int(state.data_stored_bytes),
        "propellant_kg": state.propellant_kg,
        "tank_pressure_pa": int(tank_pressure_pa(bus.propulsion, state.propellant_kg)),
        "battery_temp_c": state.battery_temp_k - 273.15,  # ITS-90: 0 °C is 273.15 K
        "wheel_momentum_n_m_s": state.wheel_momentum_n_m_s,
        "mode": str(state.mode),
        "pointing": str(state.pointing),
        "attitude_error_deg": _SLEWING_ERROR_DEG if slewing else _SETTLED_ERROR_DEG,
        "latitude_deg": to_deg(orbit.latitude_rad),
        "longitude_deg": math.remainder(to_deg(orbit.longitude_rad), 360.0),
        "altitude_m": int(orbit.height_m),
        "in_eclipse": state.in_eclipse,
        "downlink_active": any(one.kind is OngoingKind.DOWNLINK for one in state.ongoing),
        "downlinked_bytes": int(state.downlinked_bytes),
        "uplink_accepted_count": state.accepted_count % (1 << 16),
        "uplink_rejected_count": state.rejected_count % (1 << 16),
        "downlink_frame_count": state.frame_count % (1 << 32),
        "schedule_count": len(state.schedule),
    }
    for number in range(1, 5):
        values[f"wheel_{number}_speed_rad_s"] = wheel_rad_s * (1 if number % 2 else -1)
    return values
