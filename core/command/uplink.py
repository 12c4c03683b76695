"""Stage 6, uplink: stored frames to the station as CLTUs, with COP-1 deciding what is sent and sent again."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from core.command.frame import (
    ACKNOWLEDGED,
    VCID,
    WITHDRAWN,
    StoredFrame,
    drop_frames,
    mark_frames,
    outstanding_frames,
)
from core.command.model import Command, CommandState, Contact, Route
from core.command.policy import CommandPolicy
from core.command.register import CommandRegister
from core.command.schedule import latest_release_utc
from core.command.seam import Boundary, Seam, no_seam
from core.command.tables import link_counters
from core.ground import GroundLink
from core.link import (
    AdService,
    FopAction,
    FopActionKind,
    FrameService,
    TcFrame,
    encode_cltu,
    encode_tc_frame,
    set_vr_directive,
)
from core.link.tc_frame import UNLOCK
from core.mission.model import Mission
from core.telemetry import ReceivedClcw
from core.time import Clock, tai_s_from_utc

__all__ = ["Uplink"]

_CLTU_OVERHEAD: Final = 1.25  # 64 coded bits for each 56, start and tail sequence, fill


@dataclass
class _Channel:
    """One spacecraft's AD service and the contact it works through."""

    satellite: str
    scid: int
    service: AdService
    rate_bit_s: float
    frames: dict[int, StoredFrame] = field(default_factory=dict)
    contact: Contact | None = None
    session: int = -1
    busy_until_tai_s: float = -math.inf  # the station radiates what it was given until then
    sent: list[str] = field(default_factory=list)  # commands whose frame left, not marked yet
    acknowledged: list[StoredFrame] = field(default_factory=list)  # to be marked, or dropped


class Uplink:
    """Uplink channels of every spacecraft, restored from the database.

    Args:
        register: Commands and their database.
        link: The way to the stations.
        mission: Spacecraft and their CCSDS ids.
        clock: Mission time.
        policy: Time-outs.
        seam: Told at each boundary of a stage.
        ended_tai_s: When a file transfer ended; None while its units may still be sent.
    """

    def __init__(
        self,
        register: CommandRegister,
        link: GroundLink,
        mission: Mission,
        clock: Clock,
        policy: CommandPolicy,
        seam: Seam = no_seam,
        ended_tai_s: Callable[[str], float | None] = lambda _transfer_id: None,
    ) -> None:
        self._register = register
        self._link = link
        self._clock = clock
        self._policy = policy
        self._seam = seam
        self._ended_tai_s = ended_tai_s
        self._channels = {
            one.id: self._restore(one.id, one.spacecraft_id, mission.bus_of(one.id).antenna.s_band_uplink_bit_s)
            for one in mission.spacecraft
        }

    def open_contact(self, satellite: str, contact: Contact | None) -> None:
        """Work through a contact from now on; a new one, or a new connection, repeats what is outstanding.

        Without a further contact the present one goes on to its end while frames await acknowledgement.
        """
        channel = self._channels[satellite]
        if contact is None and channel.contact is not None and not channel.service.idle:
            contact = channel.contact if self._clock.now_utc() <= channel.contact.end else None
        session = self._link.session_of(contact.station) if contact is not None else channel.session
        renewed = contact is not None and (contact != channel.contact or session != channel.session)
        channel.contact = contact
        if renewed and self._connected(channel):
            channel.session = session
            channel.service.timeout_s = self._policy.retransmission_s(self._clock)
            self._perform(channel, channel.service.resume(self._clock.now_tai_s()))

    def ready(self, satellite: str) -> bool:
        """Whether a new frame can be taken now."""
        channel = self._channels[satellite]
        if not self._connected(channel) or not channel.service.window_open:
            return False
        return channel.busy_until_tai_s - self._clock.now_tai_s() <= self._policy.station_buffer_s

    def room(self, satellite: str) -> int:
        """How many frames may still be outstanding."""
        service = self._channels[satellite].service
        return service.window - len(service.outstanding)

    def pass_of(self, satellite: str) -> tuple[Contact, int] | None:
        """The contact and the connection that a spacecraft is worked through now; None without."""
        channel = self._channels[satellite]
        return (channel.contact, channel.session) if channel.contact is not None and self._connected(channel) else None

    def busy_until_tai_s(self, satellite: str) -> float:
        """When the station will have radiated what it was given."""
        return self._channels[satellite].busy_until_tai_s

    def fits(self, satellite: str, octets: int) -> bool:
        """Whether a frame of so many octets is radiated before the contact ends, at the uplink's rate."""
        channel = self._channels[satellite]
        if channel.contact is None:
            return False
        end_tai_s = max(channel.busy_until_tai_s, self._clock.now_tai_s()) + self._air_time_s(channel, octets)
        return end_tai_s <= tai_s_from_utc(channel.contact.end)

    def idle(self, satellite: str) -> bool:
        """Whether nothing of a spacecraft waits for an acknowledgement."""
        return self._channels[satellite].service.idle

    def has_to_flush(self) -> bool:
        """Whether ``flush`` has anything to make durable."""
        return any(one.sent or one.acknowledged for one in self._channels.values())

    def flush(self) -> None:
        """Make durable which frames left and which were acknowledged since the last call, in one transaction.

        Until then a crash only has the very same octets sent once more.
        """
        sent = [one for channel in self._channels.values() for one in channel.sent]
        acknowledged = [one for channel in self._channels.values() for one in channel.acknowledged]
        if not sent and not acknowledged:
            return
        now_utc = self._clock.now_utc()
        with self._register.write() as connection:
            for command_id in sent:
                command = self._register.open_command(command_id)
                if command is not None and command.state is CommandState.RELEASED:
                    self._register.move(connection, command, CommandState.UPLINKED, now_utc)
            mark_frames(connection, [one.frame_id for one in acknowledged if not one.carries_unit], ACKNOWLEDGED)
            drop_frames(connection, [one.frame_id for one in acknowledged if one.carries_unit])
        for channel in self._channels.values():
            channel.sent.clear()
            channel.acknowledged.clear()
        if acknowledged:
            self._seam(Boundary.ACKNOWLEDGED)

    def send(self, frames: Sequence[tuple[str, StoredFrame]]) -> None:
        """Send frames that have just been stored, each to its satellite.

        All are outstanding before the first octet leaves: should the connection break between two, the next one repeats them.
        """
        now_tai_s = self._clock.now_tai_s()
        to_perform = []
        for satellite, frame in frames:
            channel = self._channels[satellite]
            channel.frames[frame.number] = frame
            to_perform.append((channel, channel.service.send(frame.number, now_tai_s)))
        for channel, actions in to_perform:
            self._perform(channel, actions)

    def on_clcw(self, received: ReceivedClcw) -> None:
        """Take a control word in; one from before the present contact tells of the past and is left out."""
        channel = self._channels[received.satellite]
        contact = channel.contact
        if contact is None or received.received_tai_s < tai_s_from_utc(contact.start) or received.clcw.vcid != VCID:
            return
        now_tai_s = self._clock.now_tai_s()
        self._perform(channel, channel.service.on_clcw(received.clcw, now_tai_s))
        self._withdraw_stale(channel, received)

    def on_time(self) -> None:
        """Let retransmission timers run."""
        for channel in self._channels.values():
            if self._connected(channel):
                self._perform(channel, channel.service.on_time(self._clock.now_tai_s()))

    def _connected(self, channel: _Channel) -> bool:
        return channel.contact is not None and self._link.connected_to(channel.contact.station)

    def _restore(self, satellite: str, scid: int, rate_bit_s: float) -> _Channel:
        with self._register.database.read() as connection:
            frames = outstanding_frames(connection, satellite)
            query = select(link_counters.c.next_frame_number).where(link_counters.c.satellite == satellite)
            next_number = connection.execute(query).scalar() or 0
        service = AdService(next_number=next_number, outstanding=deque(one.number for one in frames))
        return _Channel(satellite, scid, service, rate_bit_s, {one.number: one for one in frames})

    def _perform(self, channel: _Channel, actions: Sequence[FopAction]) -> None:
        for action in actions:
            _PERFORMERS[action.kind](self, channel, action)

    def _transmit(self, channel: _Channel, action: FopAction) -> None:
        frame = channel.frames[action.number]
        if self._stale_since_tai_s(frame) is not None:
            return  # never late: it waits for a control word that tells whether it had arrived
        self._seam(Boundary.BEFORE_SEND)
        self._radiate(channel, frame.raw)
        self._seam(Boundary.AFTER_SEND)
        if not frame.carries_unit and self._command(frame.command_id).state is CommandState.RELEASED:
            channel.sent.append(frame.command_id)

    def _stale_since_tai_s(self, frame: StoredFrame) -> float | None:
        """Since when a frame must not be sent any more; None while it may.

        A direct command could be executed too late; an insertion is refused on board when it is too late. Of a file whose
        transfer has ended, revoked perhaps, nothing more is sent.
        """
        if frame.carries_unit:
            return self._ended_tai_s(frame.transfer_id) if frame.transfer_id else None
        command = self._command(frame.command_id)
        latest_tai_s = tai_s_from_utc(latest_release_utc(command))
        return latest_tai_s if command.route is Route.DIRECT and self._clock.now_tai_s() > latest_tai_s else None

    def _acknowledged(self, channel: _Channel, action: FopAction) -> None:
        channel.acknowledged.append(channel.frames.pop(action.number))

    def _command(self, command_id: str) -> Command:
        return self._register.open_command(command_id) or self._register.get(command_id)

    def _unlock(self, channel: _Channel, _action: FopAction) -> None:
        self._directive(channel, UNLOCK)

    def _set_vr(self, channel: _Channel, action: FopAction) -> None:
        self._directive(channel, set_vr_directive(action.number))

    def _alert(self, channel: _Channel, action: FopAction) -> None:
        frame = channel.frames[channel.service.outstanding[0]] if channel.service.outstanding else None
        if frame is not None and not frame.carries_unit:
            command = self._command(frame.command_id)
            with self._register.write() as connection:
                reason = action.alert.value if action.alert is not None else ""
                payload = {"satellite": channel.satellite, "reason": reason}
                self._register.note(connection, command, "uplink_alert", self._clock.now_utc(), payload)

    def _directive(self, channel: _Channel, data: bytes) -> None:
        self._radiate(channel, encode_tc_frame(TcFrame(FrameService.BC, channel.scid, VCID, 0, data)))

    def _radiate(self, channel: _Channel, raw: bytes) -> None:
        if channel.contact is not None:
            cltu = encode_cltu(raw)
            self._link.send_cltu(channel.contact.station, channel.satellite, cltu)
            begin_tai_s = max(channel.busy_until_tai_s, self._clock.now_tai_s())
            channel.busy_until_tai_s = begin_tai_s + 8.0 * len(cltu) / channel.rate_bit_s

    def _air_time_s(self, channel: _Channel, octets: int) -> float:
        return 8.0 * octets * _CLTU_OVERHEAD / channel.rate_bit_s

    def _withdraw_stale(self, channel: _Channel, received: ReceivedClcw) -> None:
        """Give up the frame that the spacecraft waits for, once it could only be executed too late."""
        if not channel.service.outstanding or channel.service.outstanding[0] != received.clcw.report_value:
            return
        if not self._connected(channel):
            return  # the spacecraft could not be told what to expect instead
        frame = channel.frames[channel.service.outstanding[0]]
        stale_tai_s = self._stale_since_tai_s(frame)
        if stale_tai_s is None or received.received_tai_s < stale_tai_s:
            return
        self.flush()
        with self._register.write() as connection:
            if frame.carries_unit:
                drop_frames(connection, [frame.frame_id])
            else:
                mark_frames(connection, [frame.frame_id], WITHDRAWN)
            command = None if frame.carries_unit else self._command(frame.command_id)
            if command is not None and not command.final:
                reason = "the spacecraft had not accepted it when its time was over"
                self._register.move(connection, command, CommandState.FAILED, self._clock.now_utc(), reason=reason)
        del channel.frames[frame.number]
        self._perform(channel, channel.service.withdraw(frame.number, self._clock.now_tai_s()))


_PERFORMERS: Final[Mapping[FopActionKind, Callable[[Uplink, _Channel, FopAction], None]]] = {
    FopActionKind.TRANSMIT: Uplink._transmit,
    FopActionKind.ACKNOWLEDGED: Uplink._acknowledged,
    FopActionKind.UNLOCK: Uplink._unlock,
    FopActionKind.SET_VR: Uplink._set_vr,
    FopActionKind.ALERT: Uplink._alert,
}
