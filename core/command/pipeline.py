"""The command pipeline: an approved plan goes in, acknowledged commands come out, each executed at most once.

validate, authorise, schedule (at submission) | protect, frame, uplink (at release) | acknowledge (from telemetry)

Every stage writes before it acts. What a crash interrupts is taken up from the database: a frame that was stored is
sent again as the very same octets, and FARM-1 and the anti-replay check on board refuse what had already arrived.

One thread works, and sleeps until something is due, something arrives, or somebody changes something. What is due leaves
first; telemetry and reports are taken in small portions between.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from core.authority import ApprovalRequests, DecisionLog, Policies, package_policies
from core.command.acknowledge import take_reports
from core.command.agenda import Agenda
from core.command.authorise import CommandAuthority
from core.command.bookings import StationBookings
from core.command.contacts import ContactPlan
from core.command.expectations import Expectations
from core.command.file_transfers import FileDeps, FileTransfers
from core.command.keys import CommandKeys
from core.command.model import BEFORE_RELEASE, ON_THE_WAY, Command
from core.command.orders import BOOKINGS_KEY, CommandOrders
from core.command.policy import CommandPolicy
from core.command.portions import Portions
from core.command.present import DryRuns, NoDryRuns, PresentState
from core.command.queues import CommandQueues
from core.command.register import CommandRegister
from core.command.release import ReleaseDeps, ReleaseDesk
from core.command.seam import Boundary, Seam, no_seam
from core.command.signed_sets import SignedSets
from core.command.stack_runs import StackDeps, StackRuns
from core.command.submission import SubmissionDeps, Submissions
from core.command.telemetry_view import SatelliteTelemetry
from core.command.uplink import Uplink
from core.command.verification import VerificationDesk
from core.errors import LlamaSpaceError
from core.events import EventLog
from core.ground import ContactStatus, GroundLink, TmDelivery
from core.mdb import MissionDatabase
from core.mission.model import Mission
from core.plan.model import Approval, MissionPlan
from core.store import Database
from core.telemetry import GATHERED_S, Archive, LatestValues, ReceivedFrame, TelemetryIngest
from core.time import Clock

__all__ = ["TELEMETRY_SOURCE", "CommandPipeline", "PipelineDeps"]

TELEMETRY_SOURCE = "ground"
_LONGEST_WAIT_S = 0.25  # real time; a mission clock that was moved is noticed by then
_SHORTEST_VAIN_S = 0.0005  # real time until what could not be done is tried again, doubled each time
_LONGEST_VAIN_S = 0.05
_FEW_FRAMES, _FRAMES_AT_ONCE = 8, 32
_MOST_FRAMES = 10_000
_FEW_REPORTS, _REPORTS_AT_ONCE = 16, 100
_RETRY_S = 0.2
_LOG = logging.getLogger(__name__)


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
    archive: Archive
    latest: LatestValues
    policy: CommandPolicy = field(default_factory=CommandPolicy)
    dry_runs: DryRuns = field(default_factory=NoDryRuns)
    seam: Seam = no_seam
    authority: Policies = field(default_factory=package_policies)
    requests: ApprovalRequests | None = None  # where people approve: its word is asked at submission and at release
    files: Path | None = None  # the folder of files that go up and come down; None, or without requests: none do


@dataclass(frozen=True)
class _Work:
    """What is done between releases, a portion at a time."""

    kind: str
    do: Callable[[], None]
    waits: Callable[[], bool]


class CommandPipeline:
    """Commands from approval to acknowledgement; one thread calls ``tick`` or ``run``, any may call the rest."""

    def __init__(self, deps: PipelineDeps) -> None:
        self._deps = deps
        self.register = CommandRegister(deps.database, deps.events)
        self.queues = CommandQueues(deps.database, deps.events, deps.mission)
        self.bookings = StationBookings(deps.database, deps.events)
        self.orders = CommandOrders(
            self.register, self.queues, self.bookings, deps.clock, self._key_changed, self._look_again
        )
        self._expectations = Expectations(deps.database, deps.mission)
        deps.dry_runs.connect(self._plan_to_fly, lambda plan_id: self._key_changed(f"dry-run:{plan_id}"))
        self._authority = CommandAuthority(DecisionLog(deps.database, deps.events), deps.authority)
        self._sets = SignedSets(deps.database, deps.keys.verifying, deps.requests)
        self._uplink = Uplink(
            self.register, deps.link, deps.mission, deps.clock, deps.policy, deps.seam, self._file_ended_tai_s
        )
        self.files = self._open_files()
        self._agenda = Agenda()
        self._desk = ReleaseDesk(
            ReleaseDeps(
                register=self.register,
                uplink=self._uplink,
                queues=self.queues,
                bookings=self.bookings,
                sets=self._sets,
                present=PresentState(deps.latest, self._expectations, deps.dry_runs, deps.clock),
                mission=deps.mission,
                mdb=deps.mdb,
                keys=deps.keys,
                clock=deps.clock,
                policy=deps.policy,
                agenda=self._agenda,
                seam=deps.seam,
            )
        )
        self._verification = VerificationDesk(
            self.register, deps.mdb, deps.clock, deps.policy, self._agenda, self._desk
        )
        self._views = {
            craft.id: SatelliteTelemetry(craft.id, deps.latest, deps.archive) for craft in deps.mission.spacecraft
        }
        self.stacks = StackRuns(
            StackDeps(
                register=self.register,
                events=deps.events,
                sets=self._sets,
                authority=self._authority,
                queues=self.queues,
                bookings=self.bookings,
                mission=deps.mission,
                mdb=deps.mdb,
                keys=deps.keys,
                clock=deps.clock,
                view=lambda satellite: self._views[satellite],
                wake=deps.link.wake,
                archive=deps.archive,
                requests=deps.requests,
            )
        )
        self._submissions = Submissions(
            SubmissionDeps(
                register=self.register,
                events=deps.events,
                sets=self._sets,
                authority=self._authority,
                queues=self.queues,
                bookings=self.bookings,
                expectations=self._expectations,
                mission=deps.mission,
                mdb=deps.mdb,
                keys=deps.keys,
                clock=deps.clock,
                policy=deps.policy,
                seam=deps.seam,
                requests=deps.requests,
            )
        )
        self._contact_plan = ContactPlan(self.bookings)
        self._contacts: dict[tuple[str, str], bool] = {}
        self._seen: set[tuple[str, str]] = set()
        self._frames: deque[TmDelivery] = deque()
        self._ingested_at_s = 0.0
        self._reports_waiting = True
        self._after_reports: dict[str, None] = {}  # commands on the way, to be looked at once reports are applied
        self._lead_s = deps.policy.lead_s(deps.clock)
        self._changed: deque[Command] = deque(self.register.open())
        self._changed_keys: deque[str] = deque()
        self._interrupted = False
        self._worker_id: int | None = None
        self._portions = Portions(self._quiet_s)
        self._work = [
            _Work("flush", self._uplink.flush, self._uplink.has_to_flush),
            _Work("ingest", self._ingest, lambda: bool(self._frames) and self._gathering_s() <= 0.0),
            _Work("reports", self._take_reports, lambda: self._reports_waiting),
            _Work("verify", self._desk.verify_ahead, self._desk.has_to_verify),
        ]
        if self.files is not None:
            self._work += [
                _Work("receive", self.files.receive, self.files.has_to_receive),
                _Work("send", self.files.send, self.files.has_to_send),
            ]
        self.register.on_change(self._commands_changed)
        self._vain_s = _SHORTEST_VAIN_S
        self.interrupted_ticks = 0

    @property
    def contacts(self) -> dict[tuple[str, str], bool]:
        """Whether each (satellite, station) that was reported on is in contact."""
        return dict(self._contacts)

    def take_seen(self) -> set[tuple[str, str]]:
        """Spacecraft and stations in contact at any time since this was asked last."""
        before, self._seen = self._seen, set()
        return before | {pair for pair, visible in self._contacts.items() if visible}

    @property
    def mission(self) -> Mission:
        """The mission that is commanded."""
        return self._deps.mission

    @property
    def mdb(self) -> MissionDatabase:
        """Its telecommands."""
        return self._deps.mdb

    def why_waiting(self, command: Command) -> str:
        """What a command whose time has come still waits for; empty where nothing keeps it back."""
        return self._desk.explain(command)

    def submit(self, plan: MissionPlan, approvals: Sequence[Approval]) -> list[Command]:
        """Take an approved plan; the same revision again gives the commands that are already there.

        Raises:
            CommandRefused: A stage said no; the reason is in the event log too.
            Conflict: Another revision of the plan still has open commands.
        """
        return self._submissions.submit(plan, approvals)

    def withdraw(self, plan_id: str, *, actor: str, reason: str) -> list[Command]:
        """Revoke a plan's authorisation: what has not left will not leave; what is on its way is not called back."""
        return self._submissions.withdraw(plan_id, actor=actor, reason=reason)

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop; a broken connection, a full disk or a withdrawal in between is tried again."""
        self._worker_id = threading.get_ident()
        while not stop.is_set():
            try:
                self.tick(self._wait_s())
            except LlamaSpaceError as error:
                self.interrupted_ticks += 1
                _LOG.warning("tick interrupted: %s", error.message)
                stop.wait(_RETRY_S)
            except Exception:  # noqa: BLE001
                # A defect must not end the worker unseen: nothing is half done, the database holds what is true.
                self.interrupted_ticks += 1
                _LOG.exception("tick interrupted by a defect")
                stop.wait(_RETRY_S)

    def tick(self, wait_s: float = 0.0) -> None:
        """One step, after waiting so long for something to arrive; interrupted anywhere, the next one takes it up."""
        if self._interrupted:
            # What the last one had taken in hand is known to the register alone: every open command is looked at again.
            self._changed.extend(self.register.open())
        self._interrupted = True
        self._receive(wait_s)
        self._release_due()
        for work in self._work:
            while work.waits() and self._portions.may_begin(work.kind):
                with self._portions.measured(work.kind):
                    work.do()
                self._release_due()
        self._uplink.on_time()
        if self.stacks.has_to_advance():
            self.stacks.advance()
        self._interrupted = False

    def settle(self) -> None:
        """Tick until nothing is left that can be done now, for those who have no thread at work."""
        self.tick()
        while self._work_left():
            self.tick()

    def telemetry_changed(self, satellite: str) -> None:
        """There are new values of a satellite: what waits for them is looked at again."""
        self._changed_keys.append(f"telemetry:{satellite}")

    # Files

    def _open_files(self) -> FileTransfers | None:
        deps = self._deps
        if deps.files is None or deps.requests is None:
            return None
        return FileTransfers(
            FileDeps(
                register=self.register,
                events=deps.events,
                requests=deps.requests,
                uplink=self._uplink,
                queues=self.queues,
                bookings=self.bookings,
                mission=deps.mission,
                mdb=deps.mdb,
                keys=deps.keys,
                clock=deps.clock,
                policy=deps.policy,
                archive=deps.archive,
                folder=deps.files,
                seam=deps.seam,
                wake=deps.link.wake,
                open_plan=lambda plan_id: bool(self.register.open_of(plan_id)),
            )
        )

    def _file_ended_tai_s(self, transfer_id: str) -> float | None:
        return self.files.ended_tai_s(transfer_id) if self.files is not None else None

    def _plan_to_fly(self, command: Command) -> MissionPlan | None:
        return self._expectations.plan_of(command) or self.stacks.flight_of(command)

    # Steps

    def _receive(self, wait_s: float) -> None:
        if len(self._frames) >= _MOST_FRAMES:
            return  # while the store fails, the rest stays with the link, which holds the sender back
        for one in self._deps.link.receive(wait_s):
            if isinstance(one, TmDelivery):
                self._frames.append(one)
            elif isinstance(one, ContactStatus):
                self._contacts[(one.satellite, one.station)] = one.visible
                self._seen |= {(one.satellite, one.station)} if one.visible else set()

    def _work_left(self) -> bool:
        return bool(self._changed or self._changed_keys) or any(work.waits() for work in self._work)

    def _gathering_s(self) -> float:
        """Real time until the next batch of frames may begin; who calls ``tick`` itself decides when."""
        if self._worker_id is None or len(self._frames) >= _FRAMES_AT_ONCE:
            return 0.0
        return self._ingested_at_s + GATHERED_S - time.monotonic()

    def _quiet_s(self) -> float:
        """Real time until the next release is due; none where one has just come due."""
        real_s = self._deps.clock.real_s(self._agenda.next_tai_s() - self._deps.clock.now_tai_s())
        return max(0.0, real_s)

    def _take_reports(self) -> None:
        deps = self._deps
        most = self._portions.size(_FEW_REPORTS, _REPORTS_AT_ONCE)
        self._reports_waiting = take_reports(self.register, deps.archive, deps.mdb, deps.clock, most) == most
        deps.seam(Boundary.VERIFIED)
        if not self._reports_waiting:
            looked_at, self._after_reports = self._after_reports, {}
            for command_id in looked_at:
                self._look(self.register.open_command(command_id))

    def _ingest(self) -> None:
        """Make as many frames durable as there is time for, and act on what they say."""
        self._ingested_at_s = time.monotonic()
        taken = list(islice(self._frames, self._portions.size(_FEW_FRAMES, _FRAMES_AT_ONCE)))
        frames = [ReceivedFrame(one.index, one.station, one.received_tai_s, one.frame) for one in taken]
        result = self._deps.ingest.ingest(TELEMETRY_SOURCE, frames)
        for _ in taken:  # only now: while the store fails they are offered again
            self._frames.popleft()
        self._deps.link.acknowledge(result.cursor)
        self._reports_waiting = self._reports_waiting or result.packets > 0
        if self.files is not None and result.packets:
            self.files.telemetry_came()
        for satellite in result.satellites:
            self.telemetry_changed(satellite)
        for clcw in result.clcws:
            self._uplink.on_clcw(clcw)

    def _release_due(self) -> None:
        """Look at what has changed and at what has come due, then let go what is ready."""
        self._notice_clock()
        self._look_at_changes()
        if self.files is not None:
            for satellite, contacts in self.files.take_contacts().items():
                self._contact_plan.offer(satellite, contacts)
        now_utc = self._deps.clock.now_utc()
        for satellite, contact in self._contact_plan.due(now_utc):
            self._uplink.open_contact(satellite, contact)
        self._follow_sessions()
        if self.files is not None:
            self.files.follow_passes()
        for command_id in self._agenda.take_due(self._deps.clock.now_tai_s()):
            self._look(self.register.open_command(command_id))
        if self._desk.release_ready():
            self._look_at_changes()

    def _look_at_changes(self) -> None:
        while self._changed_keys:
            key = self._changed_keys.popleft()
            if key.startswith(BOOKINGS_KEY):
                self._contact_plan.forget(key.removeprefix(BOOKINGS_KEY))
            for command_id in self._agenda.changed(key):
                self._look(self.register.open_command(command_id))
        newest: dict[str, Command] = {}
        while self._changed:
            command = self._changed.popleft()
            newest[command.command_id] = command
        for command in newest.values():
            self._contact_plan.take(command)
            if command.final:
                self._agenda.remove(command.command_id)
            else:
                self._look(self.register.open_command(command.command_id))
            for dependant in self._agenda.changed(f"command:{command.command_id}"):
                self._look(self.register.open_command(dependant))

    def _look(self, command: Command | None) -> None:
        if command is None or command.final:
            return
        view = self._views[command.satellite]
        if command.state in BEFORE_RELEASE:
            self._desk.look(command, view)
        elif command.state in ON_THE_WAY and self._reports_waiting:
            self._after_reports[command.command_id] = None  # what was reported of it counts before what telemetry shows
        elif command.state in ON_THE_WAY:
            self._verification.look(command, view)

    def _follow_sessions(self) -> None:
        """A connection that is new repeats what is outstanding in the contacts that last."""
        for satellite, contact in self._contact_plan.present():
            self._uplink.open_contact(satellite, contact)

    def _notice_clock(self) -> None:
        """A clock that runs at another rate leaves another lead: every scheduled command is looked at again."""
        lead_s = self._deps.policy.lead_s(self._deps.clock)
        if lead_s != self._lead_s:
            self._lead_s = lead_s
            self._changed.extend(self.register.open())

    def _wait_s(self) -> float:
        """Real time until the next thing is due; none while something is left to do at once."""
        wait_s = self._idle_s()
        return min(wait_s, max(0.0, self._gathering_s())) if self._frames else wait_s

    def _idle_s(self) -> float:
        if self._changed or self._changed_keys:
            self._vain_s = _SHORTEST_VAIN_S
            return 0.0
        now_tai_s = self._deps.clock.now_tai_s()
        next_tai_s = min(self._agenda.next_tai_s(), self._contact_plan.next_tai_s())
        for satellite in self._agenda.ready_satellites():
            next_tai_s = min(next_tai_s, max(now_tai_s, self._uplink.busy_until_tai_s(satellite)))
        if self.files is not None:
            next_tai_s = min(next_tai_s, self.files.next_tai_s())
        if next_tai_s <= now_tai_s:  # it could not be done just now: no connection, or a full window
            self._vain_s = min(2.0 * self._vain_s, _LONGEST_VAIN_S)
            return self._vain_s
        self._vain_s = _SHORTEST_VAIN_S
        wait_s = min(_LONGEST_WAIT_S, self._deps.clock.real_s(next_tai_s - now_tai_s))
        # What waits for a quiet moment begins once a release has gone, or its turn has come.
        return min(wait_s, self._portions.patience_s) if self._work_left() else wait_s

    def _commands_changed(self, changed: Sequence[Command]) -> None:
        self._changed.extend(changed)
        if threading.get_ident() != self._worker_id:
            self._deps.link.wake()

    def _key_changed(self, key: str) -> None:
        self._changed_keys.append(key)
        self._deps.link.wake()

    def _look_again(self, commands: Sequence[Command]) -> None:
        self._changed.extend(commands)
        self._deps.link.wake()
