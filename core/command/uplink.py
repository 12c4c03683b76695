"""Stage 6, uplink: stored frames to the station as CLTUs, with COP-1 deciding what is sent and sent again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select

from core.command.frame import ACKNOWLEDGED, VCID, WITHDRAWN, StoredFrame, mark_frames, outstanding_frames
from core.command.model import Command, CommandState, Contact, Route
from core.command.policy import CommandPolicy
from core.command.register import CommandRegister
from core.command.schedule import latest_release_utc
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


@dataclass
class _Channel:
    """One spacecraft's AD service and the contact it works through."""

    satellite: str
    scid: int
    service: AdService
    frames: dict[int, StoredFrame] = field(default_factory=dict)
    contact: Contact | None = None
    session: int = -1


class Uplink:
    """Uplink channels of every spacecraft, restored from the database.

    Args:
        register: Commands and their database.
        link: The way to the stations.
        mission: Spacecraft and their CCSDS ids.
        clock: Mission time.
        policy: Time-outs.
    """

    def __init__(
        self, register: CommandRegister, link: GroundLink, mission: Mission, clock: Clock, policy: CommandPolicy
    ) -> None:
        self._register = register
        self._link = link
        self._clock = clock
        self._policy = policy
        self._channels = {one.id: self._restore(one.id, one.spacecraft_id) for one in mission.spacecraft}

    def open_contact(self, satellite: str, contact: Contact | None) -> None:
        """Work through a contact from now on; a new one, or a new connection, repeats what is outstanding."""
        channel = self._channels[satellite]
        renewed = contact is not None and (contact != channel.contact or self._link.session != channel.session)
        channel.contact = contact
        if renewed and self._link.connected:
            channel.session = self._link.session
            channel.service.timeout_s = self._policy.retransmission_s(self._clock)
            self._perform(channel, channel.service.resume(self._clock.now_tai_s()))

    def ready(self, satellite: str) -> bool:
        """Whether a new frame can be taken now."""
        channel = self._channels[satellite]
        return channel.contact is not None and self._link.connected and channel.service.window_open

    def send(self, satellite: str, frame: StoredFrame) -> None:
        """Send a frame that has just been stored."""
        channel = self._channels[satellite]
        channel.frames[frame.number] = frame
        self._perform(channel, channel.service.send(frame.number, self._clock.now_tai_s()))

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
            if channel.contact is not None and self._link.connected:
                self._perform(channel, channel.service.on_time(self._clock.now_tai_s()))

    def _restore(self, satellite: str, scid: int) -> _Channel:
        with self._register.database.read() as connection:
            frames = outstanding_frames(connection, satellite)
            query = select(link_counters.c.next_frame_number).where(link_counters.c.satellite == satellite)
            next_number = connection.execute(query).scalar() or 0
        service = AdService(next_number=next_number, outstanding=deque(one.number for one in frames))
        return _Channel(satellite, scid, service, {one.number: one for one in frames})

    def _perform(self, channel: _Channel, actions: Sequence[FopAction]) -> None:
        for action in actions:
            _PERFORMERS[action.kind](self, channel, action)

    def _transmit(self, channel: _Channel, action: FopAction) -> None:
        frame = channel.frames[action.number]
        command = self._register.get(frame.command_id)
        if _is_stale(command, self._clock.now_utc()):
            return  # never late: it waits for a control word that tells whether it had arrived
        self._radiate(channel, frame.raw)
        if command.state is CommandState.RELEASED:
            with self._register.database.write() as connection:
                self._register.move(connection, command, CommandState.UPLINKED, self._clock.now_utc())

    def _acknowledged(self, channel: _Channel, action: FopAction) -> None:
        frame = channel.frames.pop(action.number)
        with self._register.database.write() as connection:
            mark_frames(connection, [frame.frame_id], ACKNOWLEDGED)

    def _unlock(self, channel: _Channel, _action: FopAction) -> None:
        self._directive(channel, UNLOCK)

    def _set_vr(self, channel: _Channel, action: FopAction) -> None:
        self._directive(channel, set_vr_directive(action.number))

    def _alert(self, channel: _Channel, action: FopAction) -> None:
        frame = channel.frames[channel.service.outstanding[0]] if channel.service.outstanding else None
        if frame is not None:
            command = self._register.get(frame.command_id)
            with self._register.database.write() as connection:
                reason = action.alert.value if action.alert is not None else ""
                payload = {"satellite": channel.satellite, "reason": reason}
                self._register.note(connection, command, "uplink_alert", self._clock.now_utc(), payload)

    def _directive(self, channel: _Channel, data: bytes) -> None:
        self._radiate(channel, encode_tc_frame(TcFrame(FrameService.BC, channel.scid, VCID, 0, data)))

    def _radiate(self, channel: _Channel, raw: bytes) -> None:
        if channel.contact is not None:
            self._link.send_cltu(channel.contact.station, channel.satellite, encode_cltu(raw))

    def _withdraw_stale(self, channel: _Channel, received: ReceivedClcw) -> None:
        """Give up the frame that the spacecraft waits for, once it could only be executed too late."""
        if not channel.service.outstanding or channel.service.outstanding[0] != received.clcw.report_value:
            return
        frame = channel.frames[channel.service.outstanding[0]]
        command = self._register.get(frame.command_id)
        if not _is_stale(command, self._clock.now_utc()):
            return
        if received.received_tai_s < tai_s_from_utc(latest_release_utc(command)):
            return
        with self._register.database.write() as connection:
            mark_frames(connection, [frame.frame_id], WITHDRAWN)
            if not command.final:
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


def _is_stale(command: Command, now_utc: datetime) -> bool:
    """Whether sending it now could execute it too late; an insertion is refused on board when it is too late."""
    return command.route is Route.DIRECT and now_utc > latest_release_utc(command)
