"""What each function telecommand of the reference database makes a simulated spacecraft do (service 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.errors import InputError, LinkError
from core.ground.simulator.aboard import Aboard, Function, Outcome, ongoing
from core.ground.simulator.file_services import FILE_SERVICES
from core.ground.simulator.reports import Failure
from core.ground.simulator.services import SERVICES
from core.ground.simulator.state import OngoingKind
from core.link import Telecommand, decode_telecommand
from core.mdb import decode_command
from core.mission.model import Mode
from core.plan.activity import PointingMode
from core.units import to_rad

__all__ = ["FUNCTIONS"]

_PAYLOAD_AND_THRUSTERS_OFF: Final = frozenset({Mode.SAFE, Mode.STANDBY})
_BURN_ATTITUDE_RAD: Final = to_rad(10.0)  # thrust axis off its direction: the loss of delta-v is then 1.5 %


def _busy(aboard: Aboard, *kinds: OngoingKind) -> bool:
    return any(one.kind in kinds for one in aboard.state.ongoing)


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
    state.target_deg = arguments["latitude_deg"], arguments["longitude_deg"]
    ends_tai_s = state.t_tai_s + arguments["duration_s"]
    if arguments["duration_s"]:
        state.ongoing.append(ongoing(OngoingKind.POINTING, ends_tai_s, request, reports=False))
    if state.pointing is PointingMode.VELOCITY:
        state.braking = _next_burn_brakes(aboard, ends_tai_s)
    return ongoing(OngoingKind.SLEW, state.t_tai_s + aboard.physics.slew_s(), request)


def _next_burn_brakes(aboard: Aboard, until_tai_s: float) -> bool:
    """Whether the first burn that waits for its time pushes against the velocity: the turn is made for that burn."""
    for one in aboard.state.schedule:
        if one.release_tai_s > until_tai_s:
            return False
        waiting = decode_telecommand(bytes.fromhex(one.packet_hex))
        try:
            decoded = decode_command(aboard.mdb, waiting.service, waiting.subtype, waiting.data)
        except (InputError, LinkError):
            continue  # its own execution will refuse it
        if decoded.definition.name == "EXECUTE_BURN":
            return bool(decoded.arguments["delta_v_m_s"] < 0.0)
    return False


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
    if state.mode in _PAYLOAD_AND_THRUSTERS_OFF:
        return Failure.WRONG_MODE
    if _busy(aboard, OngoingKind.IMAGE, OngoingKind.SLEW, OngoingKind.BURN):
        return Failure.BUSY
    if state.soc < aboard.bus.battery.minimum_soc:
        return Failure.LOW_CHARGE
    return ongoing(OngoingKind.IMAGE, state.t_tai_s + arguments["duration_s"], request)


def _execute_burn(aboard: Aboard, arguments: Mapping[str, Any], request: Telecommand) -> Outcome:
    state = aboard.state
    if state.mode in _PAYLOAD_AND_THRUSTERS_OFF:
        return Failure.WRONG_MODE
    if _busy(aboard, OngoingKind.BURN, OngoingKind.SLEW, OngoingKind.IMAGE):
        return Failure.BUSY
    if state.propellant_kg <= 0.0:
        return Failure.NO_PROPELLANT
    delta_v_m_s = arguments["delta_v_m_s"]
    if aboard.physics.thrust_error_rad(delta_v_m_s) > _BURN_ATTITUDE_RAD:
        return Failure.WRONG_ATTITUDE
    return ongoing(
        OngoingKind.BURN,
        state.t_tai_s + arguments["duration_s"],
        request,
        begun_tai_s=state.t_tai_s,
        delta_v_m_s=delta_v_m_s,
        begun_mass_kg=aboard.bus.dry_mass_kg + state.propellant_kg,
    )


FUNCTIONS: Final[Mapping[str, Function]] = {
    **SERVICES,
    **FILE_SERVICES,
    "SET_MODE": _set_mode,
    "SET_POINTING": _set_pointing,
    "START_DOWNLINK": _start_downlink,
    "STOP_DOWNLINK": _stop_downlink,
    "TAKE_IMAGE": _take_image,
    "EXECUTE_BURN": _execute_burn,
}
