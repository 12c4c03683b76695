"""One simulated spacecraft: telecommand chain, schedule, activities, physics, FDIR and telemetry frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.errors import InputError, LinkError
from core.ground.simulator.functions import FUNCTIONS, Aboard, interrupt
from core.ground.simulator.reports import EventId, EventSeverity, Failure, ReportWriter, Verification
from core.ground.simulator.state import OnboardState, OngoingActivity, OngoingKind
from core.ground.simulator.visibility import Visibility
from core.link import (
    Acknowledge,
    AntiReplay,
    Farm,
    FarmVerdict,
    FrameMalformed,
    FrameService,
    RequestId,
    SpacecraftLinkKeys,
    Telecommand,
    TmFrame,
    TmFrameHeader,
    decode_cltu,
    decode_tc_frame,
    decode_telecommand,
    encode_clcw,
    encode_tm_frame,
    fill_frames,
    unprotect,
)
from core.link.checksum import CRC_LENGTH
from core.link.tc_frame import TC_HEADER_LENGTH, tc_frame_length
from core.link.tm_frame import tm_capacity
from core.mdb import ArgumentRefused, MissionDatabase, decode_command
from core.mission.model import Mission, Mode
from core.orbit import Sgp4Orbit, state_at
from core.plan.activity import PointingMode
from core.plan.twin import MAXIMUM_STEP_S, Drive, Twin, TwinState

__all__ = ["SimulatedSpacecraft"]

_SEGMENT_HEADER_LENGTH: Final = 1
_VCID: Final = 0
_STORED_HOUSEKEEPING_PERIOD_S: Final = 60.0
_SAFE_MODE_MARGIN: Final = 0.10  # below the minimum state of charge of operations
_LOW_CHARGE_MARGIN: Final = 0.02  # above it
_HYSTERESIS: Final = 0.03
_COMPLETE: Final = 0.999  # of a downlink's volume
_EDGE_S: Final = 1e-6
_END_EVENTS: Final = {
    OngoingKind.DOWNLINK: EventId.DOWNLINK_COMPLETED,
    OngoingKind.IMAGE: EventId.IMAGE_COMPLETED,
    OngoingKind.BURN: EventId.BURN_COMPLETED,
}


class SimulatedSpacecraft:
    """A spacecraft in mission time; the owner stores ``state`` and ``outbox`` in one transaction.

    Args:
        mission: Orbit, design and stations.
        satellite: Which spacecraft of it.
        mdb: Meaning of its packets.
        keys: The link keys that it holds.
        state: Where it left off.
        housekeeping_s: Period of housekeeping in contact, mission s.
    """

    def __init__(
        self,
        mission: Mission,
        satellite: str,
        mdb: MissionDatabase,
        keys: SpacecraftLinkKeys,
        state: OnboardState,
        housekeeping_s: float,
    ) -> None:
        craft = mission.craft(satellite)
        self.satellite = satellite
        self.state = state
        self._mdb = mdb
        self._scid = craft.spacecraft_id
        self._tc = keys.tc_association()
        self._tm = keys.tm_association()
        self._housekeeping_s = housekeeping_s
        self._orbit = Sgp4Orbit.from_elements(craft.elements)
        self._twin = Twin(mission.bus_of(satellite), self._orbit)
        self._visibility = Visibility(mission, self._orbit)
        reports = ReportWriter(mdb, craft.spacecraft_id, state)
        self._aboard = Aboard(state, mission.bus_of(satellite), craft.spacecraft_id, reports)
        self._aboard.visible = self._visibility.at(state.t_tai_s)

    @property
    def visible(self) -> tuple[str, ...]:
        """Stations that see it now."""
        return self._aboard.visible

    def take_outbox(self) -> list[tuple[bytes, bool]]:
        """Packets made since the last call, and whether a full store may drop each."""
        made, self._aboard.outbox = self._aboard.outbox, []
        return made

    def announce_start(self) -> None:
        """Report the first moment of its life."""
        self._aboard.tell(self._aboard.reports.event(EventId.STARTED, EventSeverity.INFORMATIVE))

    # Telecommands

    def receive_cltu(self, cltu: bytes) -> None:
        """The telecommand chain; whatever does not verify is counted and has no effect."""
        try:
            packet = self._receive_frame(decode_cltu(cltu))
            command = decode_telecommand(packet) if packet is not None else None
        except LinkError:
            self._reject()
            return
        if command is not None:
            self._execute(command)

    def _receive_frame(self, raw: bytes) -> bytes | None:
        """The packet of a frame that is authentic, in sequence and new; None where a frame carries none for us."""
        frame = decode_tc_frame(raw)
        if frame.scid != self._scid or frame.vcid != _VCID:
            raise FrameMalformed(f"frame for spacecraft {frame.scid}, channel {frame.vcid} is not ours")
        farm = self._farm()
        if frame.service is FrameService.BC:
            farm.receive(frame)
            self._remember(farm)
            return None
        # Authenticity comes before FARM-1, so that a forged frame cannot move V(R); the anti-replay memory moves after
        # it, so that a retransmission is judged by FARM-1.
        content = raw[: tc_frame_length(raw) - CRC_LENGTH]
        opened = unprotect(self._tc, content, TC_HEADER_LENGTH + _SEGMENT_HEADER_LENGTH)
        verdict = farm.receive(frame)
        self._remember(farm)
        if verdict is not FarmVerdict.ACCEPTED:
            return None
        replay = AntiReplay(self.state.last_sequence_number)
        replay.accept(opened.sequence_number)
        self.state.last_sequence_number = replay.last
        return opened.data

    def _farm(self) -> Farm:
        state = self.state
        return Farm(
            vcid=_VCID,
            expected=state.farm_expected,
            lockout=state.farm_lockout,
            wait=state.farm_wait,
            retransmit=state.farm_retransmit,
            farm_b_counter=state.farm_b_counter,
        )

    def _remember(self, farm: Farm) -> None:
        state = self.state
        state.farm_expected, state.farm_b_counter = farm.expected, farm.farm_b_counter
        state.farm_lockout, state.farm_wait, state.farm_retransmit = farm.lockout, farm.wait, farm.retransmit

    def _reject(self) -> None:
        self.state.rejected_count += 1
        event = self._aboard.reports.event(EventId.FRAME_REJECTED, EventSeverity.LOW, self.state.rejected_count)
        self._aboard.tell(event, droppable=True)

    def _execute(self, command: Telecommand) -> None:
        """Verify, start and, where it takes no time, complete a telecommand (service 1)."""
        failure = None
        try:
            decoded = decode_command(self._mdb, command.service, command.subtype, command.data)
        except ArgumentRefused:
            failure = Failure.BAD_ARGUMENT
        except (InputError, LinkError):
            failure = Failure.UNKNOWN_COMMAND
        if command.apid != self._aboard.apid:
            failure = Failure.WRONG_SPACECRAFT
        self._verify(Verification.ACCEPTANCE, command, failure)
        if failure is not None:
            self.state.rejected_count += 1
            return
        self.state.accepted_count += 1
        outcome = FUNCTIONS[decoded.definition.name](self._aboard, decoded.arguments, command)
        if isinstance(outcome, Failure):
            self._verify(Verification.START, command, outcome)
            return
        self._verify(Verification.START, command)
        if outcome is None:
            self._verify(Verification.COMPLETION, command)
        else:
            self.state.ongoing.append(outcome)

    def _verify(self, stage: Verification, command: Telecommand, failure: Failure | None = None) -> None:
        report = self._aboard.reports.verification(stage, command.request_id, command.acknowledge, failure)
        self._aboard.tell(report)

    # Time

    def advance(self, until_tai_s: float) -> None:
        """Fly to an instant: physics, schedule, ends of activities, housekeeping, failure detection."""
        while self.state.t_tai_s < until_tai_s:
            self._fly(self._next_boundary(until_tai_s))
            self._see()
            self._end_activities()
            self._release_schedule()
            self._detect_failures()
            self._housekeep()

    def _next_boundary(self, until_tai_s: float) -> float:
        state = self.state
        candidates = [until_tai_s, state.t_tai_s + MAXIMUM_STEP_S, state.next_housekeeping_tai_s]
        candidates += [one.ends_tai_s for one in state.ongoing]
        candidates += [one.release_tai_s for one in state.schedule[:1]]
        edge = self._visibility.next_edge(state.t_tai_s, min(until_tai_s, state.t_tai_s + MAXIMUM_STEP_S))
        if edge is not None:
            candidates.append(edge + _EDGE_S)
        return min(one for one in candidates if one > state.t_tai_s)

    def _fly(self, until_tai_s: float) -> None:
        state = self.state
        drive = self._drive()
        before = TwinState(
            state.t_tai_s,
            state.soc,
            state.data_stored_bytes,
            state.propellant_kg,
            state.mode,
            state.pointing,
            state.wheel_momentum_n_m_s,
            state.battery_temp_k,
        )
        step = self._twin.step(before, drive, until_tai_s)
        sent = drive.downlink_bit_s / 8.0 * (until_tai_s - state.t_tai_s)
        for one in state.ongoing:
            if one.kind is OngoingKind.DOWNLINK:
                one.done_bytes += sent
        state.downlinked_bytes += sent
        state.t_tai_s, state.soc = until_tai_s, step.state.soc
        store_bytes = self._twin.bus.data_store_bytes
        state.data_stored_bytes = min(float(store_bytes), step.state.data_stored_bytes)
        state.propellant_kg = step.state.propellant_kg
        state.wheel_momentum_n_m_s = step.state.wheel_momentum_n_m_s
        state.battery_temp_k = step.state.battery_temp_k
        state.array_power_w, state.load_power_w = step.array_power_w, step.load_power_w
        state.in_eclipse = step.illumination < 0.5

    def _drive(self) -> Drive:
        state = self.state
        downlinks = [one for one in state.ongoing if one.kind is OngoingKind.DOWNLINK and one.station in self.visible]
        return Drive(
            mode=state.mode,
            pointing=state.pointing,
            imaging=any(one.kind is OngoingKind.IMAGE for one in state.ongoing),
            downlink_bit_s=self._twin.bus.antenna.x_band_downlink_bit_s if downlinks else 0.0,
            s_band=bool(self.visible),
            burning=any(one.kind is OngoingKind.BURN for one in state.ongoing),
        )

    def _see(self) -> None:
        visible = self._visibility.at(self.state.t_tai_s)
        if visible and not self._aboard.visible:
            self.state.next_housekeeping_tai_s = self.state.t_tai_s
        self._aboard.visible = visible

    def _end_activities(self) -> None:
        state = self.state
        ended = [one for one in state.ongoing if one.ends_tai_s <= state.t_tai_s + _EDGE_S]
        state.ongoing = [one for one in state.ongoing if one.ends_tai_s > state.t_tai_s + _EDGE_S]
        for one in ended:
            self._end(one, None if _succeeded(one) else Failure.INTERRUPTED)

    def _end(self, one: OngoingActivity, failure: Failure | None) -> None:
        reports = self._aboard.reports
        if one.kind is OngoingKind.POINTING:
            self.state.pointing = PointingMode.NADIR
            self._aboard.tell(reports.event(EventId.POINTING_ENDED, EventSeverity.INFORMATIVE))
        if one.kind in _END_EVENTS and failure is None:
            self._aboard.tell(reports.event(_END_EVENTS[one.kind], EventSeverity.INFORMATIVE, one.done_bytes))
        if one.reports:
            request, asked = RequestId(one.apid, one.sequence_count), Acknowledge(one.acknowledge)
            self._aboard.tell(reports.verification(Verification.COMPLETION, request, asked, failure))

    def _release_schedule(self) -> None:
        state = self.state
        while state.schedule and state.schedule[0].release_tai_s <= state.t_tai_s + _EDGE_S:
            command = decode_telecommand(bytes.fromhex(state.schedule.pop(0).packet_hex))
            event = self._aboard.reports.event(
                EventId.SCHEDULE_EXECUTED, EventSeverity.INFORMATIVE, command.sequence_count
            )
            self._aboard.tell(event)
            self._execute(command)
            self._end_activities()

    def _detect_failures(self) -> None:
        state, minimum = self.state, self._twin.bus.battery.minimum_soc
        if state.soc < minimum + _LOW_CHARGE_MARGIN and not state.low_charge:
            state.low_charge = True
            self._aboard.tell(self._aboard.reports.event(EventId.LOW_CHARGE, EventSeverity.MEDIUM, state.soc))
        if state.soc > minimum + _LOW_CHARGE_MARGIN + _HYSTERESIS:
            state.low_charge = False
        if state.soc < minimum - _SAFE_MODE_MARGIN and state.mode is not Mode.SAFE:
            self._enter_safe_mode()

    def _enter_safe_mode(self) -> None:
        for kind in OngoingKind:
            for one in interrupt(self._aboard, kind):
                self._end(one, Failure.INTERRUPTED)
        self.state.mode, self.state.pointing = Mode.SAFE, PointingMode.SUN
        event = self._aboard.reports.event(EventId.SAFE_MODE_ENTERED, EventSeverity.HIGH, self.state.soc)
        self._aboard.tell(event)

    def _housekeep(self) -> None:
        state, aboard = self.state, self._aboard
        due = state.t_tai_s >= state.next_housekeeping_tai_s - _EDGE_S
        if due:
            period_s = self._housekeeping_s if aboard.visible else _STORED_HOUSEKEEPING_PERIOD_S
            state.next_housekeeping_tai_s = state.t_tai_s + period_s
        if due or aboard.housekeeping_requested:
            aboard.housekeeping_requested = False
            orbit = state_at(self._orbit, state.t_tai_s)
            aboard.tell(aboard.reports.housekeeping(aboard.bus, orbit), droppable=True)

    # Telemetry

    def frames(self, packets: Sequence[bytes]) -> list[bytes]:
        """Protected frames with these packets and the present control word; at least one."""
        state = self.state
        clcw = encode_clcw(self._farm().report())
        made = []
        for pointer, data in fill_frames(list(packets), tm_capacity(self._tm)):
            state.frame_count += 1
            count = state.frame_count
            header = TmFrameHeader(self._scid, _VCID, True, count & 0xFF, count & 0xFF, pointer)
            made.append(encode_tm_frame(TmFrame(header, count, data, clcw), self._tm))
        return made


def _succeeded(one: OngoingActivity) -> bool:
    return one.kind is not OngoingKind.DOWNLINK or one.done_bytes >= _COMPLETE * one.volume_bytes
