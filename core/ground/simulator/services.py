"""The standard services of a simulated spacecraft: reports (3, 5), memory (6), schedule (11), test (17), parameters (20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.errors import LinkError
from core.ground.simulator.aboard import Aboard, Function, Outcome
from core.ground.simulator.housekeeping import Structure
from core.ground.simulator.reports import EventId, EventSeverity, Failure
from core.ground.simulator.state import ScheduledCommand
from core.link import Telecommand, decode_cuc, decode_telecommand
from core.link.errors import FrameMalformed
from core.link.procedure_units import decode_unit, encode_unit
from core.link.time_code import CUC_LENGTH

__all__ = ["SERVICES"]

_SCHEDULE_CAPACITY: Final = 200


def _ping(aboard: Aboard, _arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    aboard.tell(aboard.reports.connection_test())
    return None


# Service 3, housekeeping and diagnostics


def _report_structure(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    aboard.requested.append(Structure(arguments["structure_id"]))
    return None


def _enable_structure(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    disabled = aboard.state.reports_disabled
    aboard.state.reports_disabled = [one for one in disabled if one != arguments["structure_id"]]
    return None


def _disable_structure(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    if arguments["structure_id"] not in aboard.state.reports_disabled:
        aboard.state.reports_disabled.append(arguments["structure_id"])
    return None


def _set_period(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    aboard.state.report_periods_s[str(arguments["structure_id"])] = arguments["period_s"]
    return None


# Service 5, event reports


def _enable_event(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    event = EventId[arguments["event"].upper()]
    aboard.state.events_disabled = [one for one in aboard.state.events_disabled if one != event]
    return None


def _disable_event(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    event = EventId[arguments["event"].upper()]
    if event not in aboard.state.events_disabled:
        aboard.state.events_disabled.append(int(event))
    return None


# Service 6, memory: the table of parameters is the only one


def _block(aboard: Aboard, arguments: Mapping[str, Any]) -> bytes | None:
    image, address = aboard.table.image(), arguments["address"]
    end = address + arguments["length"]
    return image[address:end] if end <= len(image) else None


def _dump_memory(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    data = _block(aboard, arguments)
    if data is None:
        return Failure.UNKNOWN_MEMORY
    aboard.tell(aboard.reports.memory_dump(arguments["memory_id"], arguments["address"], data))
    return None


def _check_memory(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    data = _block(aboard, arguments)
    if data is None:
        return Failure.UNKNOWN_MEMORY
    aboard.tell(aboard.reports.memory_check(arguments["memory_id"], arguments["address"], data))
    return None


def _load_memory(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    if not aboard.table.load(arguments["address"], arguments["data"]):
        return Failure.UNKNOWN_MEMORY
    aboard.tell(aboard.reports.event(EventId.PARAMETER_CHANGED, EventSeverity.INFORMATIVE, 0.0))
    return None


# Service 11, the time-based schedule


def _schedule_insert(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    state = aboard.state
    fine_length = CUC_LENGTH - 4
    release_tai_s = decode_cuc(
        arguments["release_coarse_s"].to_bytes(4, "big") + arguments["release_fine"].to_bytes(fine_length, "big")
    )
    try:
        embedded = decode_telecommand(arguments["telecommand"])
    except LinkError:
        return Failure.BAD_ARGUMENT
    if embedded.apid != aboard.apid:
        return Failure.WRONG_SPACECRAFT
    if release_tai_s <= state.t_tai_s:
        return Failure.RELEASE_TIME_PASSED
    if len(state.schedule) >= _SCHEDULE_CAPACITY:
        return Failure.SCHEDULE_FULL
    state.schedule.append(ScheduledCommand(release_tai_s=release_tai_s, packet_hex=arguments["telecommand"].hex()))
    state.schedule.sort(key=lambda one: one.release_tai_s)
    return None


def _schedule_reset(aboard: Aboard, _arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    discarded = len(aboard.state.schedule)
    aboard.state.schedule = []
    aboard.tell(aboard.reports.event(EventId.SCHEDULE_RESET, EventSeverity.INFORMATIVE, discarded))
    return None


def _delete_scheduled(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    wanted = arguments["source"], arguments["apid"], arguments["request_count"]
    kept = [one for one in aboard.state.schedule if _request_of(one) != wanted]
    if len(kept) == len(aboard.state.schedule):
        return Failure.UNKNOWN_REQUEST
    aboard.state.schedule = kept
    return None


def _report_schedule(aboard: Aboard, _arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    """One report for each request that waits; none where the schedule is empty."""
    for one in aboard.state.schedule:
        aboard.tell(aboard.reports.scheduled(one.release_tai_s, decode_telecommand(bytes.fromhex(one.packet_hex))))
    return None


def _request_of(one: ScheduledCommand) -> tuple[int, int, int]:
    waiting = decode_telecommand(bytes.fromhex(one.packet_hex))
    return waiting.source_id, waiting.apid, waiting.sequence_count


# Service 20, parameters of the on-board software


def _number(aboard: Aboard, label: str) -> int:
    labels = aboard.mdb.parameters["onboard_parameter"].type.labels
    return next(number for number, one in labels.items() if one == label)


def _report_parameter(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    name = arguments["parameter"]
    if name not in aboard.table:
        return Failure.UNKNOWN_PARAMETER
    aboard.tell(aboard.reports.parameter(_number(aboard, name), aboard.table.get(name)))
    return None


def _set_parameter(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    name = arguments["parameter"]
    if name not in aboard.table:
        return Failure.UNKNOWN_PARAMETER
    if not aboard.table.set(name, arguments["value"]):
        return Failure.BAD_ARGUMENT
    changed = aboard.reports.event(EventId.PARAMETER_CHANGED, EventSeverity.INFORMATIVE, _number(aboard, name))
    aboard.tell(changed)
    return None


# Service 130 of the mission: extended procedures of space data link security


def _security_procedure(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    try:
        answer = aboard.security.execute(decode_unit(arguments["unit"]))
    except FrameMalformed:
        return Failure.BAD_ARGUMENT
    except LinkError:
        return Failure.PROCEDURE_REFUSED
    if answer is not None:
        aboard.tell(aboard.reports.security(encode_unit(answer)))
    return None


SERVICES: Final[Mapping[str, Function]] = {
    "PING": _ping,
    "REPORT_HK": _report_structure,
    "ENABLE_HK": _enable_structure,
    "DISABLE_HK": _disable_structure,
    "SET_HK_PERIOD": _set_period,
    "REPORT_DIAGNOSTICS": _report_structure,
    "ENABLE_DIAGNOSTICS": _enable_structure,
    "DISABLE_DIAGNOSTICS": _disable_structure,
    "SET_DIAGNOSTICS_PERIOD": _set_period,
    "ENABLE_EVENT": _enable_event,
    "DISABLE_EVENT": _disable_event,
    "LOAD_MEMORY": _load_memory,
    "DUMP_MEMORY": _dump_memory,
    "CHECK_MEMORY": _check_memory,
    "SCHEDULE_INSERT": _schedule_insert,
    "SCHEDULE_RESET": _schedule_reset,
    "DELETE_SCHEDULED": _delete_scheduled,
    "REPORT_SCHEDULE": _report_schedule,
    "REPORT_PARAMETER": _report_parameter,
    "SET_PARAMETER": _set_parameter,
    "SECURITY_PROCEDURE": _security_procedure,
}
