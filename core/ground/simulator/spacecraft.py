"""One simulated spacecraft: telecommand chain, schedule, activities, physics, FDIR and telemetry frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import InputError, LinkError
from core.ground.simulator.aboard import Aboard, interrupt
from core.ground.simulator.faults import Fault
from core.ground.simulator.file_services import tell_received
from core.ground.simulator.functions import FUNCTIONS
from core.ground.simulator.housekeeping import Structure, report_values
from core.ground.simulator.injection import FaultInjection
from core.ground.simulator.monitoring import MONITORING_PERIOD_S, detect, safe_mode_wanted
from core.ground.simulator.onboard_files import OnboardFiles
from core.ground.simulator.parameters import ParameterTable
from core.ground.simulator.physics import Physics
from core.ground.simulator.reports import EventId, EventSeverity, Failure, ReportWriter, Verification
from core.ground.simulator.security import OnboardSecurity
from core.ground.simulator.state import OnboardState, OngoingActivity, OngoingKind
from core.ground.simulator.visibility import Visibility
from core.link import (
    Acknowledge,
    Farm,
    FarmVerdict,
    FrameMalformed,
    FrameService,
    PacketType,
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
)
from core.link.cfdp import is_unit_packet, unit_in_packet, unit_packet
from core.link.checksum import CRC_LENGTH
from core.link.segment import SEGMENT_HEADER_LENGTH
from core.link.space_packet import SEQUENCE_COUNT_MODULO
from core.link.tc_frame import TC_HEADER_LENGTH, tc_frame_length
from core.link.tm_frame import tm_capacity
from core.mdb import ArgumentRefused, MissionDatabase, decode_command
from core.mission.model import Bus, Mission, Mode
from core.plan.activity import PointingMode

__all__ = ["SimulatedSpacecraft"]

_VCID: Final = 0
_STORED_HOUSEKEEPING_PERIOD_S: Final = 60.0
_MAXIMUM_STEP_S: Final = 60.0
_COMPLETE: Final = 0.999  # of a downlink's volume
_EDGE_S: Final = 1e-6
_UNIT_SHARE: Final = 0.5  # of the downlink's rate, for units of files
_UNITS_AT_ONCE: Final = 16
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
        faults: What goes wrong with it, by script.
        files: Where its files lie; None for a spacecraft without a file store.
    """

    def __init__(
        self,
        mission: Mission,
        satellite: str,
        mdb: MissionDatabase,
        keys: SpacecraftLinkKeys,
        state: OnboardState,
        housekeeping_s: float,
        faults: Sequence[Fault] = (),
        files: Path | None = None,
    ) -> None:
        craft = mission.craft(satellite)
        self.satellite = satellite
        self.state = state
        self._mdb = mdb
        self._scid = craft.spacecraft_id
        self._tm = keys.tm_association()
        self._housekeeping_s = housekeeping_s
        self._mission = mission
        bus = mission.bus_of(satellite)
        self._physics = Physics(mission, satellite, state)
        self._visibility = Visibility(mission, self._physics.orbit)
        reports = ReportWriter(mdb, craft.spacecraft_id, state)
        table = ParameterTable(bus, state)
        self._security = OnboardSecurity(keys, state)
        delivery = mission.file_delivery
        self._unit_apid = delivery.apid
        self._unit_byte_s = _UNIT_SHARE * bus.antenna.s_band_downlink_bit_s / 8.0
        self._unit_octets = 0.0  # that may be sent now
        self._largest_unit = delivery.down_segment_octets
        self._files = (
            OnboardFiles(
                files,
                delivery.onboard_store_bytes,
                craft.spacecraft_id,
                delivery.entity_id,
                delivery.down_segment_octets,
                state.files,
            )
            if files is not None
            else None
        )
        self._aboard = Aboard(
            state, bus, craft.spacecraft_id, mdb, reports, self._physics, table, self._security, self._files
        )
        self._aboard.visible = self._visibility.at(state.t_tai_s)
        self._injection = FaultInjection(faults, state)
        self._configured: dict[str, float] | None = None
        self._configure()
        if state.fix is None:
            self._physics.navigate()
        values = {one: report_values(one, state, bus, self._physics.attitude()) for one in Structure}
        self._structures = [one for one in Structure if reports.describes(one, values[one])]

    @property
    def visible(self) -> tuple[str, ...]:
        """Stations that see it now."""
        return self._aboard.visible

    @property
    def bus(self) -> Bus:
        """Its design."""
        return self._aboard.bus

    def take_outbox(self) -> list[tuple[bytes, bool]]:
        """Packets made since the last call, and whether a full store may drop each."""
        made, self._aboard.outbox = self._aboard.outbox, []
        return made

    def settle(self) -> None:
        """Do what only follows once the state is stored."""
        if self._files is not None:
            self._files.settle()

    def announce_start(self) -> None:
        """Report the first moment of its life."""
        self._aboard.tell(self._aboard.reports.event(EventId.STARTED, EventSeverity.INFORMATIVE))

    # Telecommands

    def receive_cltu(self, cltu: bytes) -> None:
        """The telecommand chain; whatever does not verify is counted and has no effect."""
        try:
            packet = self._receive_frame(decode_cltu(cltu))
            if packet is not None and is_unit_packet(packet, self._unit_apid):
                self._receive_unit(packet)
                return
            command = decode_telecommand(packet) if packet is not None else None
        except LinkError:
            self._reject()
            return
        if command is not None:
            self._execute(command)

    def _receive_unit(self, packet: bytes) -> None:
        """Take a unit of file delivery in; it goes to the file store and nowhere else."""
        unit = unit_in_packet(packet, PacketType.TELECOMMAND, self._unit_apid)
        if self._files is None:
            raise FrameMalformed("there is no file store on board")
        ended = self._files.receive(unit, self.state.t_tai_s)
        if ended is not None:
            tell_received(self._aboard, ended)

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
        opened = self._security.open(content, TC_HEADER_LENGTH + SEGMENT_HEADER_LENGTH)
        verdict = farm.receive(frame)
        self._remember(farm)
        if verdict is not FarmVerdict.ACCEPTED:
            return None
        self._security.accept(opened.sequence_number)
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
        self._security.refuse_frame()
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
            self._configure()
            before_tai_s = self.state.t_tai_s
            self._fly(self._next_boundary(until_tai_s))
            self._see()
            self._send_units(self.state.t_tai_s - before_tai_s)
            self._report_progress()
            self._end_activities()
            self._release_schedule()
            self._detect_failures()
            self._report_structures()

    def _next_boundary(self, until_tai_s: float) -> float:
        state = self.state
        candidates = [until_tai_s, state.t_tai_s + _MAXIMUM_STEP_S, state.next_monitoring_tai_s]
        candidates += self._injection.next_tai_s()
        candidates += [self._due_tai_s(one) for one in self._reporting()]
        candidates += [one.ends_tai_s for one in state.ongoing]
        candidates += [_half_tai_s(one) for one in state.ongoing if one.kind is OngoingKind.BURN]
        candidates += [one.release_tai_s for one in state.schedule[:1]]
        edge = self._visibility.next_edge(state.t_tai_s, min(until_tai_s, state.t_tai_s + _MAXIMUM_STEP_S))
        if edge is not None:
            candidates.append(edge + _EDGE_S)
        return min(one for one in candidates if one > state.t_tai_s)

    def _configure(self) -> None:
        """Fly with the faults that are present and the thermostats as they are set."""
        self._injection.notice(self._aboard.reports.raised)
        self._aboard.reports.raised.clear()
        changed = self._injection.update()
        if changed or self._configured != self.state.parameters:
            self._configured = dict(self.state.parameters)
            stuck_on = self._injection.heaters_stuck_on()
            self._physics.configure(self._injection.departures(), self._aboard.table.thermostats(stuck_on))

    def _fly(self, until_tai_s: float) -> None:
        state = self.state
        flown = self._physics.fly(until_tai_s, self.visible)
        for one in state.ongoing:
            if one.kind is OngoingKind.DOWNLINK:
                one.done_bytes += flown.sent_bytes
            elif one.kind is OngoingKind.BURN:
                one.done_impulse_n_s += flown.impulse_n_s
        state.downlinked_bytes += flown.sent_bytes

    def _see(self) -> None:
        visible = self._visibility.at(self.state.t_tai_s)
        if visible and not self._aboard.visible:
            self.state.next_housekeeping_tai_s = self.state.t_tai_s
            self.state.next_report_tai_s = {}
            if self._files is not None:
                self._files.begin_pass()
        self._aboard.visible = visible

    def _send_units(self, flown_s: float) -> None:
        """Units of file delivery, as many as their share of the downlink takes while a station sees the spacecraft."""
        if self._files is None or not self.visible or not self._files.busy:
            self._unit_octets = 0.0
            return
        most_octets = float(_UNITS_AT_ONCE * self._largest_unit)
        self._unit_octets = min(most_octets, self._unit_octets + flown_s * self._unit_byte_s)
        memory = self.state.files
        while self._unit_octets > 0.0:
            unit = self._files.next_unit(self.state.t_tai_s)
            if unit is None:
                return
            packet = unit_packet(PacketType.TELEMETRY, self._unit_apid, memory.packet_count, unit)
            memory.packet_count = (memory.packet_count + 1) % SEQUENCE_COUNT_MODULO
            self._unit_octets -= len(packet)
            self._aboard.tell(packet)

    def _report_progress(self) -> None:
        """Half of a burn is a step of its execution."""
        for one in self.state.ongoing:
            halfway = one.kind is OngoingKind.BURN and self.state.t_tai_s >= _half_tai_s(one) - _EDGE_S
            if halfway and one.reported_step == 0:
                one.reported_step = 1
                request, asked = RequestId(one.apid, one.sequence_count), Acknowledge(one.acknowledge)
                self._aboard.tell(self._aboard.reports.verification(Verification.PROGRESS, request, asked, step=1))

    def _end_activities(self) -> None:
        state = self.state
        ended = [one for one in state.ongoing if one.ends_tai_s <= state.t_tai_s + _EDGE_S]
        state.ongoing = [one for one in state.ongoing if one.ends_tai_s > state.t_tai_s + _EDGE_S]
        for one in ended:
            self._end(one, self._failure_of(one))

    def _end(self, one: OngoingActivity, failure: Failure | None) -> None:
        reports = self._aboard.reports
        if one.kind is OngoingKind.BURN:
            self._change_orbit(one)
        if one.kind is OngoingKind.POINTING:
            self.state.pointing = PointingMode.NADIR
            self._aboard.tell(reports.event(EventId.POINTING_ENDED, EventSeverity.INFORMATIVE))
        if one.kind in _END_EVENTS and failure is None:
            self._aboard.tell(reports.event(_END_EVENTS[one.kind], EventSeverity.INFORMATIVE, _done(one)))
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

    def _change_orbit(self, burn: OngoingActivity) -> None:
        """Fly on where the burn has led; whom the stations see follows from that, whatever the ground predicts."""
        lost = self._physics.burnt(burn)
        if lost is not None:
            event = self._aboard.reports.event(EventId.ORBIT_LOST, EventSeverity.HIGH, lost.perigee_altitude_m)
            self._aboard.tell(event)
        self._visibility = Visibility(self._mission, self._physics.orbit)

    def _failure_of(self, one: OngoingActivity) -> Failure | None:
        """What an activity that has come to its end lacks."""
        if one.kind is OngoingKind.BURN and self.state.propellant_kg <= 0.0:
            return Failure.NO_PROPELLANT
        short = one.kind is OngoingKind.DOWNLINK and one.done_bytes < _COMPLETE * one.volume_bytes
        return Failure.INTERRUPTED if short else None

    def _detect_failures(self) -> None:
        state, aboard = self.state, self._aboard
        if state.t_tai_s < state.next_monitoring_tai_s - _EDGE_S:
            return
        state.next_monitoring_tai_s = state.t_tai_s + MONITORING_PERIOD_S
        for one in detect(state, aboard.bus, aboard.table, self._physics.attitude()):
            aboard.tell(aboard.reports.event(one.event, one.severity, one.value))
        if state.mode is not Mode.SAFE and safe_mode_wanted(state, aboard.table):
            self._enter_safe_mode()

    def _enter_safe_mode(self) -> None:
        for kind in OngoingKind:
            for one in interrupt(self._aboard, kind):
                self._end(one, Failure.INTERRUPTED)
        self.state.mode, self.state.pointing = Mode.SAFE, PointingMode.SUN
        event = self._aboard.reports.event(EventId.SAFE_MODE_ENTERED, EventSeverity.HIGH, self.state.soc)
        self._aboard.tell(event)

    def _reporting(self) -> list[Structure]:
        return [one for one in self._structures if one not in self.state.reports_disabled]

    def _due_tai_s(self, structure: Structure) -> float:
        if structure is Structure.HOUSEKEEPING:
            return self.state.next_housekeeping_tai_s
        return self.state.next_report_tai_s.get(str(int(structure)), self.state.t_tai_s)

    def _report_structures(self) -> None:
        state, aboard = self.state, self._aboard
        due = [one for one in self._reporting() if state.t_tai_s >= self._due_tai_s(one) - _EDGE_S]
        for one in due:
            usual_s = self._housekeeping_s if aboard.visible else _STORED_HOUSEKEEPING_PERIOD_S
            next_tai_s = state.t_tai_s + state.report_periods_s.get(str(int(one)), usual_s)
            if one is Structure.HOUSEKEEPING:
                state.next_housekeeping_tai_s = next_tai_s
            else:
                state.next_report_tai_s[str(int(one))] = next_tai_s
        wanted, aboard.requested = [*due, *aboard.requested], []
        if not wanted:
            return
        self._navigate()
        attitude = self._physics.attitude()
        for one in dict.fromkeys(wanted):
            if one in self._structures:
                values = self._injection.distort(report_values(one, state, aboard.bus, attitude))
                aboard.tell(aboard.reports.structure(one, values), droppable=True)

    def _navigate(self) -> None:
        if self._injection.navigates():
            self._physics.navigate()
        elif self.state.fix is not None:
            self.state.fix.valid = False

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


def _half_tai_s(burn: OngoingActivity) -> float:
    return 0.5 * (burn.begun_tai_s + burn.ends_tai_s)


def _done(one: OngoingActivity) -> float:
    """The value of the event of an end: octets sent, or impulse given in N s."""
    return one.done_impulse_n_s if one.kind is OngoingKind.BURN else one.done_bytes
