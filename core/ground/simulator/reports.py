"""The packets that a simulated spacecraft makes: verification, events, housekeeping, memory, schedule, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from core.ground.simulator.housekeeping import STRUCTURES, Structure, Values
from core.ground.simulator.state import OnboardState
from core.link import Acknowledge, RequestId, Telecommand, Telemetry, encode_cuc, encode_telemetry
from core.link.checksum import crc16
from core.mdb import MissionDatabase, encode_container

__all__ = ["EventId", "EventSeverity", "Failure", "ReportWriter", "Verification"]


class Verification(IntEnum):
    """Subtypes of service 1 (ECSS-E-ST-70-41C §8.1.2); the failure of each is one more."""

    ACCEPTANCE = 1
    START = 3
    PROGRESS = 5
    COMPLETION = 7


_ASKED_BY: Final = {
    Verification.ACCEPTANCE: Acknowledge.ACCEPTANCE,
    Verification.START: Acknowledge.START,
    Verification.PROGRESS: Acknowledge.PROGRESS,
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
    WRONG_ATTITUDE = 13
    UNKNOWN_REQUEST = 14
    UNKNOWN_PARAMETER = 15
    UNKNOWN_MEMORY = 16
    PROCEDURE_REFUSED = 17
    UNKNOWN_FILE = 18


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
    EXCESSIVE_RATE = 11
    TEMPERATURE_LIMIT = 12
    LOAD_SHED = 13
    LOAD_RESTORED = 14
    TRACKERS_LOST = 15
    TRACKERS_RECOVERED = 16
    ORBIT_LOST = 17
    PARAMETER_CHANGED = 18
    FILE_RECEIVED = 19
    FILE_REFUSED = 20


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
        self.raised: list[EventId] = []  # since it was last emptied, reported or not

    def verification(
        self,
        stage: Verification,
        request: RequestId,
        asked: Acknowledge,
        failure: Failure | None = None,
        step: int | None = None,
    ) -> bytes | None:
        """A report of service 1, with its step where it is one of progress; None where a success was not asked for."""
        if failure is None and _ASKED_BY[stage] not in asked:
            return None
        steps = b"" if step is None else step.to_bytes(1, "big")
        code = b"" if failure is None else failure.to_bytes(2, "big")
        return self._packet(1, stage + (failure is not None), request.encode() + steps + code)

    def event(self, event: EventId, severity: EventSeverity, value: float = 0.0) -> bytes | None:
        """A report of service 5; None where the event's reports are disabled."""
        self.raised.append(event)
        if event in self.state.events_disabled:
            return None
        names = self._mdb.parameters["event_id"].type.labels
        container = _EVENT_CONTAINERS[severity]
        data = encode_container(self._mdb, container, {"event_id": names[event], "event_value": value})
        return self._packet(5, severity, data)

    def structure(self, structure: Structure, values: Values) -> bytes:
        """A report of service 3: housekeeping, or a diagnostic structure."""
        data = encode_container(self._mdb, STRUCTURES[structure], values)
        if structure is Structure.HOUSEKEEPING:
            return self._packet(3, 25, data)
        return self._packet(3, 26, structure.to_bytes(1, "big") + data)

    def describes(self, structure: Structure, values: Values) -> bool:
        """Whether the mission database has a structure, and the spacecraft every value in it."""
        container = self._mdb.containers.get(STRUCTURES[structure])
        return container is not None and all(entry.name in values for entry in container.entries)

    def parameter(self, number: int, value: float) -> bytes:
        """A report of service 20, of one parameter."""
        label = self._mdb.parameters["onboard_parameter"].type.labels[number]
        content: Values = {
            "onboard_parameter_count": 1,
            "onboard_parameter": label,
            "onboard_parameter_value": value,
        }
        return self._packet(20, 2, encode_container(self._mdb, "OnboardParameterReport", content))

    def security(self, unit: bytes) -> bytes:
        """The answer of the security unit."""
        return self._packet(130, 2, encode_container(self._mdb, "SecurityReport", {"security_unit": unit}))

    def memory_dump(self, memory: int, address: int, data: bytes) -> bytes:
        """A report of service 6: a block's content."""
        return self._packet(6, 6, self._memory("MemoryDump", memory, address, len(data), {"memory_data": data}))

    def memory_check(self, memory: int, address: int, data: bytes) -> bytes:
        """A report of service 6: a block's checksum (CRC-16 of ECSS-E-ST-70-41C, annex B)."""
        checksum: Values = {"memory_checksum": crc16(data)}
        return self._packet(6, 10, self._memory("MemoryCheck", memory, address, len(data), checksum))

    def scheduled(self, release_tai_s: float, request: Telecommand) -> bytes:
        """A report of service 11: one telecommand that waits."""
        release = encode_cuc(release_tai_s)
        content: Values = {
            "scheduled_count": 1,
            "scheduled_release_coarse_s": int.from_bytes(release[:4], "big"),
            "scheduled_release_fine": int.from_bytes(release[4:], "big"),
            "scheduled_source": request.source_id,
            "scheduled_apid": request.apid,
            "scheduled_request_count": request.sequence_count,
        }
        return self._packet(11, 13, encode_container(self._mdb, "ScheduleSummary", content))

    def files(self, files: Mapping[str, int], free_bytes: int) -> list[bytes]:
        """Reports of service 23: the list of the files on board, one report for each, or one that says that there is none."""
        memory = self.state.files
        memory.list_count = (memory.list_count + 1) % (1 << 16)
        rows = list(enumerate(files.items(), start=1)) or [(0, ("", 0))]
        common: Values = {"file_list": memory.list_count, "file_total": len(files), "file_free_octets": free_bytes}
        return [
            self._packet(
                23,
                13,
                encode_container(
                    self._mdb, "FileSummary", common | {"file_number": number, "file_octets": size, "file_name": name}
                ),
            )
            for number, (name, size) in rows
        ]

    def _memory(self, container: str, memory: int, address: int, length: int, content: Values) -> bytes:
        block: Values = {
            "memory_id": memory,
            "memory_block_count": 1,
            "memory_address": address,
            "memory_length": length,
        }
        return encode_container(self._mdb, container, block | content)

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
