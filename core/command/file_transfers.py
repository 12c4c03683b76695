"""File transfers in the pipeline: units fill the uplink time that commands leave, and what comes down is taken in.

A unit is taken, protected and stored in one transaction, and only then sent: a crash in between sends the very same octets
again. Commands that are due leave first; a unit needs room that they do not, in the contact, the window and at the station.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, select, update

from core.authority import ApprovalRequest, ApprovalRequests, RequestState
from core.command.bookings import StationBookings
from core.command.cursors import cursor_of, move_cursor
from core.command.file_downlinks import open_downlinks
from core.command.file_uplinks import FILE, open_uplinks
from core.command.frame import StoredFrame, build_frame, store_frame, unit_owner
from core.command.keys import CommandKeys
from core.command.model import Contact
from core.command.onboard_lists import OnboardLists
from core.command.policy import CommandPolicy
from core.command.protect import take_counters
from core.command.queues import CommandQueues, QueueState, queue_key
from core.command.register import CommandRegister
from core.command.seam import Boundary, Seam
from core.command.uplink import Uplink
from core.errors import CommandRefused, Conflict
from core.events import EventLog
from core.link import PacketType
from core.link.cfdp import Timing, Transaction, TransferState, decode_pdu, transaction_of, unit_in_packet, unit_packet
from core.link.errors import FrameMalformed
from core.link.space_packet import SEQUENCE_COUNT_MODULO
from core.mdb import CommandClass, MissionDatabase
from core.mission.model import Mission
from core.telemetry import Archive, ArchivedPacket
from core.time import Clock

__all__ = ["FileDeps", "FileTransfers"]

_UNITS: Final = "file-units"
_LISTS: Final = "file-lists"
_LIST_SERVICE: Final = 23
_PACKETS_AT_ONCE: Final = 20
_UNIT_OCTETS: Final = 96  # headers and security around the octets of a file, at most
_KEPT_FREE: Final = 4  # frames of the window that only commands may take
_BACKLOG_S: Final = 0.25  # mission time that the station may be given ahead in units
_REAL_BACKLOG_S: Final = 0.02  # the same under a fast clock, real time
_LOOK_AGAIN_S: Final = 1.0  # mission time between two looks at transactions that have nothing to send
_REAL_LOOK_AGAIN_S: Final = 0.2
_ANSWER_S: Final = 20.0
_ROUND_TRIPS: Final = 5.0
_ATTEMPTS: Final = 40  # within one pass; the next begins anew
_INACTIVITY_S: Final = 3600.0
_PENDING: Final = "pending"
_STAGE: Final = "uplink"
_LOG: Final = logging.getLogger(__name__)
_TABLES: Final = MetaData()
_packet_counts = Table(
    "file_packet_counts",
    _TABLES,
    Column("satellite", String(64), primary_key=True),
    Column("next", Integer, nullable=False),
)


@dataclass(frozen=True)
class FileDeps:
    """What file transfers work with.

    Args:
        folder: Where offered and received files are.
        wake: Has the pipeline look again.
        open_plan: Whether a plan or stack still has open commands: the stations that it booked are its own.
    """

    register: CommandRegister
    events: EventLog
    requests: ApprovalRequests
    uplink: Uplink
    queues: CommandQueues
    bookings: StationBookings
    mission: Mission
    mdb: MissionDatabase
    keys: CommandKeys
    clock: Clock
    policy: CommandPolicy
    archive: Archive
    folder: Path
    seam: Seam
    wake: Callable[[], None]
    open_plan: Callable[[str], bool]


@dataclass(frozen=True)
class _Open:
    """A transfer about which something is left to be said."""

    transfer_id: str
    satellite: str
    command_class: CommandClass
    is_uplink: bool
    closing: bool


class FileTransfers:
    """Files up and down; the pipeline's thread sends and receives, any thread may call the rest."""

    def __init__(self, deps: FileDeps) -> None:
        self._deps = deps
        database, delivery = deps.register.database, deps.mission.file_delivery
        database.create(_TABLES)
        timing = Timing(
            answer_s=max(_ANSWER_S, _ROUND_TRIPS * deps.policy.round_trip_s / deps.clock.real_s(1.0)),
            attempts=_ATTEMPTS,
            inactivity_s=_INACTIVITY_S,
            segment_octets=delivery.up_segment_octets,
        )
        self.uplinks = open_uplinks(database, deps.events, deps.requests, deps.folder, deps.mission, deps.clock, timing)
        self.downlinks = open_downlinks(database, deps.events, deps.folder, deps.mission, deps.clock, timing)
        self.lists = OnboardLists(database, deps.mdb)
        self.refused_units = 0
        self._open: dict[str, list[_Open]] = {}
        self._changed = True  # what is open has to be read again
        self._telemetry_waits = True
        self._look_tai_s: dict[str, float] = {}
        self._left_tai_s: dict[str, float] = {}  # by queue, for minimum gaps
        self._passes: dict[str, tuple[Contact, int] | None] = {}
        self._spare: dict[str, tuple[Contact, ...]] | None = None
        self._waits: dict[str, str] = {}
        self._to_end: dict[str, str] = {}  # with the reason
        self._ended_tai_s: dict[str, float] = {
            one.offer.uplink_id: one.ended_tai_s for one in self.uplinks.all() if one.ended_tai_s is not None
        }
        self._by_scid = {one.spacecraft_id: one.id for one in deps.mission.spacecraft}

    # From any thread

    def offer(
        self,
        satellite: str,
        content: bytes,
        destination_name: str,
        author: str,
        expires_utc: datetime,
        *,
        acknowledged: bool = True,
    ) -> ApprovalRequest:
        """Keep a file and ask for its approval; see ``FileUplinks.offer``.

        Raises:
            InputError: It is too large, or there is no such spacecraft.
            FileRefused: The destination's name leads elsewhere.
            CommandRefused: The queue of its class is disabled.
        """
        self._require_queue(satellite, self.uplinks.class_of(destination_name))
        request = self.uplinks.offer(
            satellite, content, destination_name, author, expires_utc, acknowledged=acknowledged
        )
        self.look_again()
        return request

    def cancel(self, transfer_id: str, by: str, reason: str) -> None:
        """Give a transfer up, whichever way it goes; its request, should it wait for approval, is revoked.

        Raises:
            NotFound: There is none.
            Conflict: It has ended.
        """
        if transfer_id.startswith("down-"):
            self.downlinks.cancel(transfer_id, f"user:{by}", reason)
        else:
            self._end_uplink(transfer_id, reason, f"user:{by}")
        self.look_again()

    def look_again(self) -> None:
        """Something has changed that a transfer may wait for: an approval, a queue."""
        self._changed = True
        self._look_tai_s = {}
        self._deps.wake()

    def give_contacts(self, contacts: Mapping[str, tuple[Contact, ...]]) -> None:
        """The contacts through which files may go while no command needs one; all spacecraft at once."""
        self._spare = dict(contacts)
        self._deps.wake()

    def why_waiting(self, transfer_id: str) -> str:
        """What an open transfer waits for; empty where nothing is known to keep it back."""
        return self._waits.get(transfer_id, "")

    # From the pipeline's thread

    def ended_tai_s(self, transfer_id: str) -> float | None:
        """When an uplink ended; None while its units may be sent.

        It is asked before every transmission: what is stored already, and perhaps waits since the last pass, is not sent
        after a revocation either.
        """
        if transfer_id not in self._ended_tai_s:
            try:
                self.uplinks.require_standing(transfer_id)
            except CommandRefused as refusal:
                self._ended_tai_s[transfer_id] = self._deps.clock.now_tai_s()
                self._to_end[transfer_id] = refusal.message
        return self._ended_tai_s.get(transfer_id)

    def take_contacts(self) -> dict[str, tuple[Contact, ...]]:
        """The contacts that were given since the last call."""
        given, self._spare = self._spare, None
        return given or {}

    def telemetry_came(self) -> None:
        """Packets were stored: there may be units among them."""
        self._telemetry_waits = True

    def has_to_receive(self) -> bool:
        """Whether stored packets may hold anything for files."""
        return self._telemetry_waits

    def receive(self) -> None:
        """Take in some stored packets that concern files; the cursors move with what they bring, in one transaction."""
        deps = self._deps
        with deps.register.database.read() as connection:
            after_unit, after_list = cursor_of(connection, _UNITS), cursor_of(connection, _LISTS)
        units = deps.archive.packets(after=after_unit, apid=deps.mission.file_delivery.apid, limit=_PACKETS_AT_ONCE)
        lists = deps.archive.packets(after=after_list, service=_LIST_SERVICE, limit=_PACKETS_AT_ONCE)
        if units or lists:
            with deps.register.write() as connection:
                for packet in units:
                    self._take_unit(connection, packet)
                self.downlinks.sync()
                for packet in lists:
                    self._take_list(connection, packet)
                if units:
                    move_cursor(connection, _UNITS, units[-1].packet_id)
                if lists:
                    move_cursor(connection, _LISTS, lists[-1].packet_id)
            self.downlinks.settle()
        self._telemetry_waits = max(len(units), len(lists)) == _PACKETS_AT_ONCE
        if units:
            self._changed, self._look_tai_s = True, {}

    def follow_passes(self) -> None:
        """Tell transfers that a pass has begun or ended."""
        while self._to_end:
            self._end_uplink(*self._to_end.popitem())
        self._read_open()
        uplink = self._deps.uplink
        for satellite, transfers in self._open.items():
            now = uplink.pass_of(satellite)
            if now == self._passes.get(satellite):
                continue
            self._passes[satellite] = now
            for one in transfers:
                if not one.is_uplink:
                    self.downlinks.begin_pass(one.transfer_id)
                elif now is not None:
                    self.uplinks.begin_pass(one.transfer_id)
                else:
                    self.uplinks.end_pass(one.transfer_id)
            self._look_tai_s.pop(satellite, None)

    def has_to_send(self) -> bool:
        """Whether a unit may leave now."""
        self._read_open()
        now_tai_s = self._deps.clock.now_tai_s()
        return any(self._may_send(one) and self._look_tai_s.get(one, -math.inf) <= now_tai_s for one in self._open)

    def send(self) -> None:
        """Let one unit leave for each spacecraft that has one and room for it."""
        now_tai_s = self._deps.clock.now_tai_s()
        for satellite, transfers in list(self._open.items()):
            if not self._may_send(satellite) or self._look_tai_s.get(satellite, -math.inf) > now_tai_s:
                continue
            if not any(self._send_unit(one) for one in transfers):
                pause_s = max(_LOOK_AGAIN_S, _REAL_LOOK_AGAIN_S / self._deps.clock.real_s(1.0))
                self._look_tai_s[satellite] = self._deps.clock.now_tai_s() + pause_s

    def next_tai_s(self) -> float:
        """When there may be something to send; what waits for an acknowledgement waits for telemetry."""
        uplink, next_tai_s = self._deps.uplink, math.inf
        for satellite in self._open:
            if not self._has_room(satellite):
                continue
            free_tai_s = uplink.busy_until_tai_s(satellite) - self._backlog_s()
            next_tai_s = min(next_tai_s, max(free_tai_s, self._look_tai_s.get(satellite, -math.inf)))
        return next_tai_s

    # Units up

    def _may_send(self, satellite: str) -> bool:
        uplink, now_tai_s = self._deps.uplink, self._deps.clock.now_tai_s()
        backlog_s = uplink.busy_until_tai_s(satellite) - now_tai_s
        return self._has_room(satellite) and uplink.ready(satellite) and backlog_s <= self._backlog_s()

    def _has_room(self, satellite: str) -> bool:
        """Whether a spacecraft is in contact, with room in the window and in what is left of the contact."""
        uplink, octets = self._deps.uplink, self._deps.mission.file_delivery.up_segment_octets + _UNIT_OCTETS
        working = self._passes.get(satellite) is not None and uplink.pass_of(satellite) is not None
        return working and uplink.room(satellite) > _KEPT_FREE and uplink.fits(satellite, octets)

    def _backlog_s(self) -> float:
        fast_s = _REAL_BACKLOG_S / self._deps.clock.real_s(1.0)
        return min(self._deps.policy.station_buffer_s, max(_BACKLOG_S, fast_s))

    def _send_unit(self, one: _Open) -> bool:
        kept_back = self._kept_back(one)
        if kept_back:
            self._waits[one.transfer_id] = kept_back
            return False
        try:
            with self._deps.register.write() as connection:
                self._require_station(connection, one)
                stored = self._store_unit(connection, one)
        except CommandRefused as refusal:
            self._refused(one, refusal)
            return False
        if stored is None:
            self._note_end(one)
            return False
        self._waits.pop(one.transfer_id, None)
        self._left_tai_s[queue_key(one.satellite, one.command_class)] = self._deps.clock.now_tai_s()
        self._deps.seam(Boundary.FRAME_STORED)
        self._deps.uplink.send([(one.satellite, stored)])
        return True

    def _store_unit(self, connection: Connection, one: _Open) -> StoredFrame | None:
        """Take the next unit, protect it and keep the frame, in the caller's transaction."""
        deps, delivery = self._deps, self._deps.mission.file_delivery
        give = self.uplinks.next_unit_in if one.is_uplink else self.downlinks.next_unit_in
        unit = give(connection, one.transfer_id)
        if unit is None:
            return None
        keys = deps.keys.link.spacecraft[one.satellite]
        counters = take_counters(connection, one.satellite, packets=0, key_id=keys.tc_key_id)
        count = self._take_count(connection, one.satellite)
        packet = unit_packet(PacketType.TELECOMMAND, delivery.apid, count, unit)
        scid = deps.mission.craft(one.satellite).spacecraft_id
        raw = build_frame(scid, keys.tc_association(), packet, counters)
        owner = unit_owner(one.transfer_id, approved=one.is_uplink and not one.closing)
        return store_frame(connection, one.satellite, owner, counters, raw)

    def _take_count(self, connection: Connection, satellite: str) -> int:
        where = _packet_counts.c.satellite == satellite
        count = connection.execute(select(_packet_counts.c.next).where(where)).scalar()
        if count is None:
            connection.execute(insert(_packet_counts).values(satellite=satellite, next=1))
            return 0
        following = (count + 1) % SEQUENCE_COUNT_MODULO
        connection.execute(update(_packet_counts).where(where).values(next=following))
        return int(count)

    def _kept_back(self, one: _Open) -> str:
        """Why people or a minimum gap keep a transfer's units back; empty where they do not."""
        queue = self._deps.queues.of(one.satellite, one.command_class)
        name = queue_key(one.satellite, one.command_class)
        if queue.state is not QueueState.ENABLED:
            return f"the queue {name} is {queue.state} by {queue.changed_by}: {queue.reason}"
        free_tai_s = self._left_tai_s.get(name, -math.inf) + queue.minimum_gap_s
        if queue.minimum_gap_s > 0.0 and self._deps.clock.now_tai_s() < free_tai_s:
            return f"at least {queue.minimum_gap_s:g} s between two releases from {name}"
        return ""

    def _require_queue(self, satellite: str, command_class: CommandClass) -> None:
        queue = self._deps.queues.of(satellite, command_class)
        if queue.state is QueueState.DISABLED:
            name = queue_key(satellite, command_class)
            reason = f"the queue {name} was disabled by {queue.changed_by}: {queue.reason}"
            raise CommandRefused(reason, code="QUE-001", stage="queue")

    def _require_station(self, connection: Connection, one: _Open) -> None:
        """A station that is booked for another spacecraft's commands, or whose contact was lost, is not taken for files."""
        now = self._deps.uplink.pass_of(one.satellite)
        if now is None:
            return
        reason = self._deps.bookings.unavailable(
            connection, now[0].station, one.satellite, self._deps.clock.now_tai_s(), self._deps.open_plan
        )
        if reason:
            raise CommandRefused(reason, code="GND-002", stage=_STAGE)

    def _refused(self, one: _Open, refusal: CommandRefused) -> None:
        """Wait for an approval that may still come, or for a station; end what can never leave."""
        states = str(refusal.facts.get("states", "")) if refusal.code == "AUT-004" else ""
        self._waits[one.transfer_id] = refusal.message
        if _PENDING in states or refusal.code == "GND-002":
            return
        self._end_uplink(one.transfer_id, refusal.message)

    def _end_uplink(self, uplink_id: str, reason: str, actor: str = "service") -> None:
        deps, self._changed = self._deps, True
        one = self.uplinks.get(uplink_id)
        if one.ended_tai_s is not None:
            raise Conflict(f"{uplink_id} is {one.source.state} already", code="file-state")
        self.uplinks.end(uplink_id, actor, reason)
        self._ended_tai_s[uplink_id] = deps.clock.now_tai_s()
        request = deps.requests.newest(FILE, uplink_id, one.offer.offer_hash())
        if request is not None and request.state in (
            RequestState.PENDING,
            RequestState.APPROVED,
            RequestState.RELEASED,
        ):
            deps.requests.revoke(request.request_id, actor, deps.clock.now_utc(), reason)

    def _note_end(self, one: _Open) -> None:
        """A transfer may have ended by its own time-outs."""
        if one.is_uplink and one.transfer_id not in self._ended_tai_s:
            ended_tai_s = self.uplinks.get(one.transfer_id).ended_tai_s
            if ended_tai_s is not None:
                self._ended_tai_s[one.transfer_id] = ended_tai_s
                self._changed = True

    def _read_open(self) -> None:
        if not self._changed:
            return
        self._changed = False
        found = [
            _Open(one.downlink_id, one.satellite, CommandClass.ROUTINE, False, one.ended_tai_s is not None)
            for one in self.downlinks.all(only_open=True)
        ]
        uplinks = self.uplinks.all(only_open=True)
        found += [
            _Open(one.offer.uplink_id, one.offer.satellite, one.offer.command_class, True, one.source.closing)
            for one in sorted(uplinks, key=lambda one: not one.source.closing)
        ]
        self._open = {}
        for one in found:
            self._open.setdefault(one.satellite, []).append(one)
        for uplink in uplinks:
            if uplink.source.state is TransferState.SUSPENDED and self._passes.get(uplink.offer.satellite) is not None:
                self.uplinks.begin_pass(uplink.offer.uplink_id)

    # Packets down

    def _take_unit(self, connection: Connection, packet: ArchivedPacket) -> None:
        try:
            unit = unit_in_packet(packet.raw, PacketType.TELEMETRY, self._deps.mission.file_delivery.apid)
            transaction = transaction_of(decode_pdu(unit))
            if transaction.source == self._deps.mission.file_delivery.entity_id:
                self._take_answer(connection, packet.satellite, transaction, unit)
            else:
                self.downlinks.receive_in(connection, packet.satellite, transaction, unit)
        except FrameMalformed as error:
            self.refused_units += 1
            _LOG.warning("a unit of %s is left out: %s", packet.satellite, error.message)

    def _take_answer(self, connection: Connection, satellite: str, transaction: Transaction, unit: bytes) -> None:
        if self._by_scid.get(transaction.destination) != satellite:
            raise FrameMalformed(f"{satellite} answers for transaction {transaction.transaction_id} of another")
        uplink_id = f"file-{satellite}-{transaction.number}"
        if not self.uplinks.known_in(connection, uplink_id):
            raise FrameMalformed(f"there is no uplink {uplink_id}")
        after = self.uplinks.receive_in(connection, uplink_id, unit)
        if after.closing and uplink_id not in self._ended_tai_s:
            now_tai_s = self._deps.clock.now_tai_s()
            self._deps.register.after_commit(lambda: self._ended_tai_s.update({uplink_id: now_tai_s}))

    def _take_list(self, connection: Connection, packet: ArchivedPacket) -> None:
        if self.lists.take_in(connection, packet):
            self._deps.events.append(
                connection,
                "file.listed",
                packet.satellite,
                actor=f"spacecraft:{packet.satellite}",
                at_utc=self._deps.clock.now_utc(),
                payload={},
            )
