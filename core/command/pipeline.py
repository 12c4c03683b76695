"""The command pipeline: an approved plan goes in, acknowledged commands come out, each executed at most once.

validate, authorise, schedule (at submission) | protect, frame, uplink (at release) | acknowledge (from telemetry)

Every stage writes before it acts. What a crash interrupts is taken up from the database: a frame that was stored is
sent again as the very same octets, and FARM-1 and the anti-replay check on board refuse what had already arrived.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from core.authority import ApprovalRequests, DecisionLog, Policies, package_policies
from core.command.acknowledge import take_reports
from core.command.authorise import CommandAuthority, canonical_set, sign_set, verify_set
from core.command.frame import build_frame, outstanding_frames, store_frame
from core.command.keys import CommandKeys
from core.command.model import FINAL_STATES, ON_THE_WAY, Command, CommandState, Contact
from core.command.policy import CommandPolicy
from core.command.present import check_present
from core.command.protect import make_packets, take_counters
from core.command.register import CommandRegister
from core.command.schedule import Release, latest_release_utc, release_now
from core.command.tables import command_sets
from core.command.uplink import Uplink
from core.command.validate import check_duplicates, check_plan, draft_commands
from core.errors import CommandRefused, Conflict, LlamaSpaceError
from core.events import EventLog
from core.ground import ContactStatus, GroundLink, TmDelivery
from core.mdb import MissionDatabase
from core.mission.model import Mission
from core.plan.model import Approval, MissionPlan
from core.store import Database
from core.telemetry import LatestValues, ReceivedFrame, SqlArchive, TelemetryIngest
from core.time import Clock, add_s

__all__ = ["TELEMETRY_SOURCE", "CommandPipeline", "PipelineDeps"]

TELEMETRY_SOURCE = "ground"
_RECEIVE_TIMEOUT_S = 0.02
_RETRY_S = 0.2
_LOG = logging.getLogger(__name__)
_STATES_BEFORE_RELEASE = (CommandState.VALIDATED, CommandState.AUTHORISED, CommandState.SCHEDULED)


@dataclass(frozen=True)
class PipelineDeps:
    """Everything that the pipeline works with."""

    database: Database
    events: EventLog
    mission: Mission
    mdb: MissionDatabase
    keys: CommandKeys
    clock: Clock
    link: GroundLink
    ingest: TelemetryIngest
    archive: SqlArchive
    latest: LatestValues
    policy: CommandPolicy = field(default_factory=CommandPolicy)
    authority: Policies = field(default_factory=package_policies)
    requests: ApprovalRequests | None = None  # where people approve: its word is asked at submission and at release


class CommandPipeline:
    """Commands from approval to acknowledgement; one thread calls ``tick`` or ``run``, any may call the rest."""

    def __init__(self, deps: PipelineDeps) -> None:
        self._deps = deps
        self.register = CommandRegister(deps.database, deps.events)
        self._uplink = Uplink(self.register, deps.link, deps.mission, deps.clock, deps.policy)
        self._authority = CommandAuthority(DecisionLog(deps.database, deps.events), deps.authority)
        self._contacts: dict[tuple[str, str], bool] = {}
        self.interrupted_ticks = 0

    @property
    def contacts(self) -> dict[tuple[str, str], bool]:
        """Whether each (satellite, station) that was reported on is in contact."""
        return dict(self._contacts)

    def submit(self, plan: MissionPlan, approvals: Sequence[Approval]) -> list[Command]:
        """Take an approved plan; the same revision again gives the commands that are already there.

        Raises:
            CommandRefused: A stage said no; the reason is in the event log too.
            Conflict: Another revision of the plan still has open commands.
        """
        now_utc = self._deps.clock.now_utc()
        try:
            check_plan(plan, approvals, self._deps.clock, self._deps.policy)
            drafted = self._existing(plan) or draft_commands(plan, self._deps.mission, self._deps.mdb, now_utc)
            self._authority.check(drafted, approvals, author=plan.intent.author, now_utc=now_utc)
            with self._deps.database.write() as connection:
                return self._enter(connection, plan, drafted, approvals, now_utc)
        except (CommandRefused, Conflict) as refusal:
            with self._deps.database.write() as connection:
                payload = {"reason": refusal.message, "code": refusal.code, "revision_hash": plan.revision_hash()}
                self._deps.events.append(
                    connection, "command.set_refused", plan.plan_id, actor="service", at_utc=now_utc, payload=payload
                )
            raise

    def withdraw(self, plan_id: str, *, actor: str, reason: str) -> list[Command]:
        """Revoke a plan's authorisation: what has not left will not leave; what is on its way is not called back."""
        now_utc = self._deps.clock.now_utc()
        with self._deps.database.write() as connection:
            connection.execute(update(command_sets).where(command_sets.c.plan_id == plan_id).values(withdrawn=1))
            waiting = self.register.find_in(connection, plan_id=plan_id, states=_STATES_BEFORE_RELEASE)
            return [
                self.register.move(connection, one, CommandState.REFUSED, now_utc, actor=actor, reason=reason)
                for one in waiting
            ]

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop; a broken connection, a full disk or a withdrawal in between is tried again."""
        while not stop.is_set():
            try:
                self.tick()
            except LlamaSpaceError as error:
                self.interrupted_ticks += 1
                _LOG.warning("tick interrupted: %s", error.message)
                stop.wait(_RETRY_S)

    def tick(self) -> None:
        """One step; interrupted anywhere, the next one takes it up."""
        self._receive()
        while take_reports(self.register, self._deps.archive, self._deps.mdb, self._deps.clock):
            continue
        commands = self.register.open()
        self._open_contacts(commands)
        for command in commands:
            self._step(command, commands)
        self._uplink.on_time()

    # Submission

    def _existing(self, plan: MissionPlan) -> list[Command]:
        revision_hash = plan.revision_hash()
        return [one for one in self.register.find(plan_id=plan.plan_id) if one.revision_hash == revision_hash]

    def _enter(
        self,
        connection: Connection,
        plan: MissionPlan,
        drafted: Sequence[Command],
        approvals: Sequence[Approval],
        now_utc: datetime,
    ) -> list[Command]:
        if self._deps.requests is not None:
            self._deps.requests.check_in(connection, plan.plan_id, plan.revision_hash(), entering=True)
        known = self.register.find_in(connection, plan_id=plan.plan_id, limit=100_000)
        same = [one for one in known if one.revision_hash == drafted[0].revision_hash]
        if same:
            return same
        if any(not one.final for one in known):
            raise Conflict(f"another revision of {plan.plan_id} still has open commands; withdraw it first")
        still_open = [state for state in CommandState if state not in FINAL_STATES]
        check_duplicates(drafted, self.register.find_in(connection, states=still_open, limit=100_000))
        content = canonical_set(drafted, max(latest_release_utc(one) for one in drafted))
        signature = sign_set(content, self._deps.keys.signing)
        connection.execute(
            insert(command_sets).values(
                set_id=f"{plan.plan_id}:{plan.revision}",
                plan_id=plan.plan_id,
                content=content.decode(),
                signature=signature,
                withdrawn=0,
            )
        )
        by = ", ".join(sorted({one.by for one in approvals}))
        return [self._enter_one(connection, one, by, now_utc) for one in drafted]

    def _enter_one(self, connection: Connection, command: Command, by: str, now_utc: datetime) -> Command:
        self.register.add(connection, command, "service")
        command = self.register.move(connection, command, CommandState.VALIDATED, now_utc)
        command = self.register.move(
            connection, command, CommandState.AUTHORISED, now_utc, actor=f"user:{by}", reason=f"approved by {by}"
        )
        return self.register.move(connection, command, CommandState.SCHEDULED, now_utc)

    # Steps

    def _receive(self) -> None:
        received = self._deps.link.receive(_RECEIVE_TIMEOUT_S)
        frames = [
            ReceivedFrame(one.index, one.station, one.received_tai_s, one.frame)
            for one in received
            if isinstance(one, TmDelivery)
        ]
        for one in received:
            if isinstance(one, ContactStatus):
                self._contacts[(one.satellite, one.station)] = one.visible
        if frames:
            result = self._deps.ingest.ingest(TELEMETRY_SOURCE, frames)
            self._deps.link.acknowledge(result.cursor)
            for clcw in result.clcws:
                self._uplink.on_clcw(clcw)

    def _open_contacts(self, commands: Sequence[Command]) -> None:
        now_utc = self._deps.clock.now_utc()
        for craft in self._deps.mission.spacecraft:
            wanted = [
                contact
                for one in commands
                if one.satellite == craft.id and one.state is not CommandState.ACCEPTED
                for contact in one.contacts
                if contact.start <= now_utc <= contact.end
            ]
            self._uplink.open_contact(craft.id, min(wanted, key=_by_start, default=None))

    def _step(self, command: Command, commands: Sequence[Command]) -> None:
        now_utc = self._deps.clock.now_utc()
        if command.state in _STATES_BEFORE_RELEASE:
            release = release_now(command, now_utc, self._deps.policy.lead_s(self._deps.clock))
            if release is not None and self._uplink.ready(command.satellite):
                self._release(command, release, commands, now_utc)
            elif now_utc > latest_release_utc(command):
                self._end(command, CommandState.EXPIRED, "its contacts passed without a release", now_utc)
        elif command.state in ON_THE_WAY:
            limit_s = self._deps.policy.report_timeout_s
            if now_utc > add_s(max(command.execute_at, command.contacts[-1].end), limit_s):
                self._end(command, CommandState.FAILED, f"no final report within {limit_s:.0f} s", now_utc)

    def _release(self, command: Command, release: Release, commands: Sequence[Command], now_utc: datetime) -> None:
        """Verify once more, then store the frame and the state together, then send."""
        try:
            self._check_release(command, commands, now_utc)
        except CommandRefused as refusal:
            self._end(command, CommandState.REFUSED, refusal.message, now_utc)
            return
        craft = self._deps.mission.craft(command.satellite)
        sa = self._deps.keys.link.spacecraft[command.satellite].tc_association()
        with self._deps.database.write() as connection:
            counters = take_counters(connection, command.satellite, packets=2)
            pair = make_packets(
                self._deps.mdb, command, craft.spacecraft_id, release.route, counters.first_packet_count
            )
            raw = build_frame(craft.spacecraft_id, sa, pair.packet, counters)
            store_frame(connection, command.satellite, command.command_id, counters, raw)
            self.register.move(
                connection,
                command,
                CommandState.RELEASED,
                now_utc,
                route=release.route,
                request_count=pair.request_count,
                carrier_count=pair.carrier_count,
            )
            stored = outstanding_frames(connection, command.satellite)[-1]
        self._uplink.send(command.satellite, stored)

    def _check_release(self, command: Command, commands: Sequence[Command], now_utc: datetime) -> None:
        query = select(command_sets).where(command_sets.c.set_id == f"{command.plan_id}:{command.revision}")
        with self._deps.database.read() as connection:
            row = connection.execute(query).first()
            if self._deps.requests is not None:
                self._deps.requests.check_in(connection, command.plan_id, command.revision_hash)
        if row is None or row.withdrawn:
            raise CommandRefused("its authorisation was withdrawn", code="AUT-004", stage="release")
        verify_set(command, row.content.encode(), row.signature, self._deps.keys.verifying, now_utc)
        latest = self._deps.latest.of(command.satellite, self._deps.clock.now_tai_s())
        earlier = frozenset(
            one.mnemonic
            for one in commands
            if one.plan_id == command.plan_id
            and one.satellite == command.satellite
            and one.execute_at < command.execute_at
        )
        check_present(command, latest, earlier)

    def _end(self, command: Command, state: CommandState, reason: str, now_utc: datetime) -> None:
        present = self.register.get(command.command_id)
        if not present.final:
            with self._deps.database.write() as connection:
                self.register.move(connection, present, state, now_utc, reason=reason)


def _by_start(contact: Contact) -> datetime:
    return contact.start
