"""What each telecommand of the reference database makes a simulated spacecraft do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import LinkError
from core.ground.simulator.reports import EventId, EventSeverity, Failure, ReportWriter
from core.ground.simulator.state import OnboardState, OngoingActivity, OngoingKind, ScheduledCommand
from core.link import Telecommand, decode_cuc, decode_telecommand
from core.link.time_code import CUC_LENGTH
from core.mission.model import Bus, Mode
from core.plan.activity import PointingMode

__all__ = ["FUNCTIONS", "Aboard", "Function", "interrupt", "ongoing"]

_SCHEDULE_CAPACITY: Final = 200
_RIGHT_ANGLE_DEG: Final = 90.0


@dataclass
class Aboard:
    """What a function may use: the state, the design, who sees the spacecraft, and where reports go."""

    state: OnboardState
    bus: Bus
    apid: int
    reports: ReportWriter
    visible: tuple[str, ...] = ()
    outbox: list[tuple[bytes, bool]] = field(default_factory=list)
    housekeeping_requested: bool = False

    def tell(self, packet: bytes | None, *, droppable: bool = False) -> None:
        """Queue a packet, where there is one."""
        if packet is not None:
            self.outbox.append((packet, droppable))


Outcome = Failure | OngoingActivity | None
Function = Callable[[Aboard, Mapping[str, Any], Telecommand], Outcome]


def ongoing(kind: OngoingKind, ends_tai_s: float, request: Telecommand, **more: Any) -> OngoingActivity:
    """An activity begun by a telecommand."""
    return OngoingActivity(
        kind=kind,
        ends_tai_s=ends_tai_s,
        apid=request.apid,
        sequence_count=request.sequence_count,
        acknowledge=int(request.acknowledge),
        **more,
    )


def interrupt(aboard: Aboard, kind: OngoingKind) -> list[OngoingActivity]:
    """Take the ongoing activities of a kind out; the caller reports on them."""
    ended = [one for one in aboard.state.ongoing if one.kind is kind]
    aboard.state.ongoing = [one for one in aboard.state.ongoing if one.kind is not kind]
    return ended


def _busy(aboard: Aboard, *kinds: OngoingKind) -> bool:
    return any(one.kind in kinds for one in aboard.state.ongoing)


def _ping(aboard: Aboard, _arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    aboard.tell(aboard.reports.connection_test())
    return None


def _report_housekeeping(aboard: Aboard, _arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    aboard.housekeeping_requested = True
    return None


def _set_mode(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    mode = Mode(arguments["mode"])
    if mode is not Mode.SAFE and aboard.state.soc < aboard.bus.battery.minimum_soc:
        return Failure.LOW_CHARGE
    aboard.state.mode = mode
    if mode is Mode.SAFE:
        aboard.state.pointing = PointingMode.SUN
    return None


def _set_pointing(aboard: Aboard, arguments: Mapping[str, Any], request: Telecommand) -> Outcome:
    state = aboard.state
    if _busy(aboard, OngoingKind.BURN, OngoingKind.IMAGE):
        return Failure.BUSY
    if state.mode is Mode.SAFE:
        return Failure.WRONG_MODE
    state.ongoing = [one for one in state.ongoing if one.kind is not OngoingKind.POINTING]
    state.pointing = PointingMode(arguments["pointing"])
    if arguments["duration_s"]:
        ends_tai_s = state.t_tai_s + arguments["duration_s"]
        state.ongoing.append(ongoing(OngoingKind.POINTING, ends_tai_s, request, reports=False))
    return ongoing(OngoingKind.SLEW, state.t_tai_s + _slew_s(aboard.bus, state.pointing), request)


def _slew_s(bus: Bus, pointing: PointingMode) -> float:
    """Time to turn and settle: within the imager's cone for the ground, a right angle for anything else."""
    ground = pointing in (PointingMode.NADIR, PointingMode.TARGET)
    angle_deg = bus.imager.maximum_off_nadir_deg if ground else _RIGHT_ANGLE_DEG
    return angle_deg / bus.slew_rate_deg_s + bus.settle_s


def _start_downlink(aboard: Aboard, arguments: Mapping[str, Any], request: Telecommand) -> Outcome:
    state = aboard.state
    if state.mode is Mode.SAFE:
        return Failure.WRONG_MODE
    if _busy(aboard, OngoingKind.DOWNLINK):
        return Failure.BUSY
    if arguments["station"] not in aboard.visible:
        return Failure.STATION_NOT_VISIBLE
    volume_bytes = arguments["volume_bytes"]
    if volume_bytes > state.data_stored_bytes:
        return Failure.NO_DATA
    needed_s = volume_bytes * 8.0 / aboard.bus.antenna.x_band_downlink_bit_s
    ends_tai_s = state.t_tai_s + min(needed_s, arguments["duration_s"])
    return ongoing(OngoingKind.DOWNLINK, ends_tai_s, request, volume_bytes=volume_bytes, station=arguments["station"])


def _stop_downlink(aboard: Aboard, _arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    for one in aboard.state.ongoing:
        if one.kind is OngoingKind.DOWNLINK:
            one.ends_tai_s = aboard.state.t_tai_s
    return None


def _take_image(aboard: Aboard, arguments: Mapping[str, Any], request: Telecommand) -> Outcome:
    state = aboard.state
    if state.mode is Mode.SAFE:
        return Failure.WRONG_MODE
    if _busy(aboard, OngoingKind.IMAGE, OngoingKind.SLEW, OngoingKind.BURN):
        return Failure.BUSY
    if state.soc < aboard.bus.battery.minimum_soc:
        return Failure.LOW_CHARGE
    return ongoing(OngoingKind.IMAGE, state.t_tai_s + arguments["duration_s"], request)


def _execute_burn(aboard: Aboard, arguments: Mapping[str, Any], request: Telecommand) -> Outcome:
    state = aboard.state
    if state.mode is Mode.SAFE:
        return Failure.WRONG_MODE
    if _busy(aboard, OngoingKind.BURN, OngoingKind.SLEW, OngoingKind.IMAGE):
        return Failure.BUSY
    if state.propellant_kg <= 0.0:
        return Failure.NO_PROPELLANT
    return ongoing(OngoingKind.BURN, state.t_tai_s + arguments["duration_s"], request)


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


FUNCTIONS: Final[Mapping[str, Function]] = {
    "PING": _ping,
    "REPORT_HK": _report_housekeeping,
    "SET_MODE": _set_mode,
    "SET_POINTING": _set_pointing,
    "START_DOWNLINK": _start_downlink,
    "STOP_DOWNLINK": _stop_downlink,
    "TAKE_IMAGE": _take_image,
    "EXECUTE_BURN": _execute_burn,
    "SCHEDULE_INSERT": _schedule_insert,
    "SCHEDULE_RESET": _schedule_reset,
}
