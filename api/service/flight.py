"""The flying side of the service: the fleet behind one interface, and a watch that tells the console what happens."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import func, select

from api.service.alarms import alarm_answer
from api.service.clock import ClockService
from api.service.live import Broadcaster
from api.service.orbit_update import OrbitWatch
from api.service.views import command_view, plan_summary, shown_value
from core.command.contact_watch import ContactWatch
from core.command.fleet import Fleet
from core.command.model import FINAL_STATES, Command, CommandState
from core.command.tables import uplink_frames
from core.errors import LlamaSpaceError
from core.events import Event, EventLog
from core.mission.orbit_updates import OrbitRepository
from core.plan.activity import Activity, ActivityStatus, UplinkActivity
from core.plan.model import Approval, MissionPlan, PlanState
from core.plan.repository import PlanRepository
from core.telemetry import AlarmEntry, ArchivedSample
from core.time import format_utc, utc_from_tai_s
from core.time.clock import ClockAnchor

__all__ = ["CommandFrame", "Flight"]

_PERIOD_S: Final = 0.2
_STOP_TIMEOUT_S: Final = 10.0
_TELEMETRY_PERIOD_S: Final = 0.5
_ON_THE_WAY_S: Final = 2.0  # real time that a packet may take from the station to the archive
_MOVING: Final = frozenset({CommandState.UPLINKED, CommandState.ACCEPTED, CommandState.STARTED, CommandState.COMPLETED})
_LOST: Final = frozenset(FINAL_STATES - {CommandState.COMPLETED})
_LEFT: Final = _MOVING | {CommandState.RELEASED, CommandState.FAILED}
_STATES: Final = frozenset(CommandState)
_ORDERS: Final = ("queue.", "contact.", "stack.", "approval.", "file.")  # changes that consoles show as they are
_COMMAND_ORDERS: Final = frozenset({"held", "unheld", "reordered", "restrained"})  # of people, about one command
_PLAN: Final = "plan-"
_OPEN_ACTIVITY: Final = frozenset({ActivityStatus.PLANNED, ActivityStatus.RELEASED, ActivityStatus.EXECUTING})
_log = structlog.get_logger("flight")


@dataclass(frozen=True)
class CommandFrame:
    """A protected TC transfer frame, without its octets: N(S), the SDLS sequence number, and what became of it."""

    frame_number: int
    sequence_number: int
    state: str
    octets: int


class Flight:
    """Commands, telemetry and contacts of the fleet.

    Args:
        fleet: Simulator, link, pipeline and telemetry.
        orbits: The mission as it is known at present, whose orbits are kept true.
        plans: Stored plans, whose progress follows their commands.
        events: The log that is watched.
        clock_service: Mission time, and its memory.
        broadcaster: Where live messages go.
    """

    def __init__(
        self,
        fleet: Fleet,
        orbits: OrbitRepository,
        plans: PlanRepository,
        events: EventLog,
        clock_service: ClockService,
        broadcaster: Broadcaster,
    ) -> None:
        self._fleet = fleet
        self._orbits = orbits
        self._orbit_watch = OrbitWatch(orbits, fleet.archive, clock_service.clock)
        self._plans = plans
        self._events = events
        self._clock_service = clock_service
        self._clock = clock_service.clock
        self._broadcaster = broadcaster
        self._stop = threading.Event()
        self._watch = threading.Thread(target=self._run, name="flight-watch", daemon=True)
        self._contacts: dict[tuple[str, str], bool] = {}
        self._link_up: bool | None = None
        fleet.alarms.on_change(self._tell_alarms)
        self._under_way: set[str] = set()  # plans whose activities change with time, not only with their commands

    @property
    def fleet(self) -> Fleet:
        """The fleet underneath."""
        return self._fleet

    def start(self) -> None:
        """Start the fleet and the watch without waiting for them: the service can answer before the simulator does."""
        self._watch.start()

    def stop(self) -> None:
        """Stop the watch and the fleet."""
        self._stop.set()
        if self._watch.is_alive():
            self._watch.join(_STOP_TIMEOUT_S)
        self._fleet.stop()

    def submit(self, plan: MissionPlan, approvals: Sequence[Approval]) -> list[Command]:
        """Hand an approved plan's commands to the pipeline; submitting it again finds the same commands."""
        return self._fleet.pipeline.submit(plan, approvals)

    def withdraw(self, plan_id: str, *, actor: str, reason: str) -> list[Command]:
        """Stop what has not left of a plan's commands; gives those."""
        return self._fleet.pipeline.withdraw(plan_id, actor=actor, reason=reason)

    def look_again_at_files(self) -> None:
        """An approval has changed: what waits for it, or must end with it, is looked at."""
        if self._fleet.pipeline.files is not None:
            self._fleet.pipeline.files.look_again()

    def waits(self, plan_id: str, revision_hash: str) -> bool:
        """Whether any command of a plan's revision has been submitted and has not ended."""
        return any(one.revision_hash == revision_hash and not one.final for one in self.commands(plan_id))

    def has_left(self, plan_id: str) -> bool:
        """Whether any of a plan's commands is on its way or has arrived."""
        return any(one.state in _LEFT for one in self.commands(plan_id))

    def commands(self, plan_id: str) -> list[Command]:
        """A plan's or stack's commands in the order of execution."""
        return self._fleet.pipeline.register.find(plan_id=plan_id)

    def command(self, command_id: str) -> Command:
        """One command; NotFound when there is none."""
        return self._fleet.pipeline.register.get(command_id)

    def history(self, command_id: str) -> list[Event]:
        """Everything that happened to a command."""
        return self._events.read(subject=command_id)

    def frames(self, command_id: str) -> list[CommandFrame]:
        """The frames that a command was put into, in the order of their transmission."""
        query = (
            select(
                uplink_frames.c.frame_number,
                uplink_frames.c.sequence_number,
                uplink_frames.c.state,
                func.length(uplink_frames.c.raw).label("octets"),
            )
            .where(uplink_frames.c.command_id == command_id)
            .order_by(uplink_frames.c.frame_id)
        )
        with self._fleet.pipeline.register.database.read() as connection:
            return [CommandFrame(**row) for row in connection.execute(query).mappings()]

    def latest(self, satellite: str) -> dict[str, Any]:
        """The newest values of a satellite's parameters."""
        self._orbits.current().craft(satellite)
        values = self._fleet.latest.of(satellite, self._clock.now_tai_s())
        samples = [one.sample for one in values.values()]
        return {"satellite": satellite, "as_of": _newest(samples), "parameters": [_parameter(one) for one in samples]}

    def set_rate(self, rate: float) -> ClockAnchor:
        """Tell the simulator of a new clock rate; the service's clock has it already."""
        anchor = self._clock.anchor
        self._fleet.link.set_clock(anchor)
        return anchor

    def link_up(self) -> bool:
        """Whether the ground station connection stands."""
        return self._fleet.link.connected

    def storing_failure(self) -> str:
        """Why no telemetry is stored until the service starts again; empty while it is."""
        return self._fleet.archive.columns.refuses

    def compaction_failure(self) -> str:
        """Why telemetry that is stored could not be moved into files the last time; empty where it went well."""
        return self._fleet.compactor.failure

    def contact_of(self, satellite: str) -> str | None:
        """The station that has contact with a satellite now."""
        for (craft, station), visible in self._fleet.pipeline.contacts.items():
            if craft == satellite and visible:
                return station
        return None

    def _start_fleet(self) -> None:
        """Start the fleet; plans whose commands moved while the service was down are brought up to date."""
        try:
            self._fleet.start()
        except LlamaSpaceError as error:
            _log.error("the ground segment did not start", error=error.message, code=error.code)
        for state in (PlanState.RELEASED, PlanState.EXECUTING):
            for plan in self._plans.list_plans(limit=10_000, state=state):
                self._follow(plan.plan_id)

    def _run(self) -> None:
        after = self._events.last_sequence()
        self._start_fleet()
        subscription = self._fleet.stream.subscribe()
        pipeline = self._fleet.pipeline
        contact_watch = ContactWatch(pipeline.bookings, pipeline.register, self._events, self._clock.now_utc())
        waited_s = 0.0
        while not self._stop.wait(_PERIOD_S):
            waited_s += _PERIOD_S
            try:
                self._clock_service.remember()
                after = self._tell_events(after)
                self._tell_contacts()
                self._look_after_alarms()
                if waited_s >= _TELEMETRY_PERIOD_S:
                    waited_s = 0.0
                    for plan_id in tuple(self._under_way):
                        self._follow(plan_id)
                    heard = [item.sample.satellite for item in subscription.get(0.0)]
                    self._tell_telemetry(heard)
                    slack_s = _ON_THE_WAY_S * self._clock.anchor.rate
                    contact_watch.look(pipeline.take_seen(), heard, self._clock.now_utc(), slack_s)
                    self._orbit_watch.look()
            except LlamaSpaceError as error:
                _log.error("the flight watch failed once", error=error.message, code=error.code)

    def _tell_events(self, after: int) -> int:
        """Publish every change of a command's state, also those that followed each other between two looks."""
        events = self._events.read(after=after, kinds=("command.", *_ORDERS), limit=2000)
        for event in events:
            if event.kind.startswith(_ORDERS):
                self._broadcaster.publish(_told(event))
                continue
            state = event.kind.removeprefix("command.")
            if state in _COMMAND_ORDERS:
                self._broadcaster.publish(_told(event))
            elif state in _STATES:
                view = command_view(self.command(event.subject)).plain()
                told = {
                    "state": state,
                    "updated_at": format_utc(event.at_utc),
                    "detail": str(event.payload.get("reason", "")),
                }
                self._broadcaster.publish({"type": "command", "command": view | told})
        concerned = (str(event.payload["plan_id"]) for event in events if "plan_id" in event.payload)
        for plan_id in dict.fromkeys(concerned):
            if plan_id.startswith(_PLAN):  # a stack's commands belong to no plan
                self._follow(plan_id)
        return events[-1].sequence if events else after

    def _follow(self, plan_id: str) -> None:
        """Bring a plan's activities and state up to its commands and to the time; tells only what has changed.

        A plan is completed when its commands have ended and its last activity has: a command to point ends when the
        attitude is reached, the pointing lasts on.
        """
        plan = self._plans.get(plan_id)
        commands = [one for one in self.commands(plan_id) if one.revision == plan.revision]
        if not commands or plan.state not in (PlanState.RELEASED, PlanState.EXECUTING):
            self._under_way.discard(plan_id)
            return
        self._under_way.add(plan_id)
        now = self._clock.now_utc()
        statuses = {one.activity_id: _status(one, commands, now) for one in plan.activities}
        before = (plan.state, {one.activity_id: one.status for one in plan.activities})
        if statuses != before[1]:
            self._plans.set_activity_status(plan_id, statuses, at_utc=now)
        if plan.state is PlanState.RELEASED and any(one.state in _MOVING for one in commands):
            plan = self._plans.set_state(plan_id, PlanState.EXECUTING, actor="service", at_utc=now)
        if all(one.state in FINAL_STATES for one in commands) and not set(statuses.values()) & _OPEN_ACTIVITY:
            lost = [one for one in commands if one.state in _LOST]
            reason = f"{len(lost)} of {len(commands)} commands were not carried out" if lost else ""
            plan = self._plans.set_state(plan_id, PlanState.COMPLETED, actor="service", at_utc=now, reason=reason)
            self._under_way.discard(plan_id)
        if (plan.state, statuses) != before:
            newest = plan_summary(self._plans.get(plan_id))
            self._broadcaster.publish({"type": "plan", "plan": newest.model_dump(mode="json")})

    def _tell_contacts(self) -> None:
        contacts = self._fleet.pipeline.contacts
        for (satellite, station), visible in contacts.items():
            if self._contacts.get((satellite, station)) != visible:
                message = {"type": "contact", "satellite": satellite, "station": station, "in_contact": visible}
                self._broadcaster.publish(message)
        self._contacts = contacts
        up = self.link_up()
        if up != self._link_up:
            self._link_up = up
            detail = "connected to the ground stations" if up else "no connection to the ground stations: trying again"
            self._broadcaster.publish({"type": "link", "up": up, "detail": detail})

    def _look_after_alarms(self) -> None:
        in_contact = {satellite for (satellite, _), visible in self._contacts.items() if visible}
        slack_s = _ON_THE_WAY_S * self._clock.anchor.rate
        self._fleet.packet_watch.look(in_contact, self._clock.now_tai_s(), slack_s)
        self._fleet.alarms.tick()

    def _tell_alarms(self, entries: Sequence[AlarmEntry]) -> None:
        for one in entries:
            told = {"step": str(one.step), "by": one.by, "reason": one.reason}
            alarm = alarm_answer(one.alarm).model_dump(mode="json")
            self._broadcaster.publish({"type": "alarm", **told, "alarm": alarm})

    def _tell_telemetry(self, satellites: Sequence[str]) -> None:
        for satellite in dict.fromkeys(satellites):
            latest = self.latest(satellite)
            message = {
                "type": "telemetry",
                "satellite": satellite,
                "at": latest["as_of"],
                "parameters": latest["parameters"],
            }
            self._broadcaster.publish(message)


def _told(event: Event) -> dict[str, Any]:
    """A change of a queue, a contact, a stack, a file or an approval request, or an order about a command, as consoles get it."""
    owner, what = event.kind.split(".", 1)
    told = {"subject": event.subject, "what": what, "by": event.actor, "at": format_utc(event.at_utc)}
    return {"type": owner if owner in ("stack", "file") else f"{owner}_order", **told, "detail": event.payload}


def _status(activity: Activity, commands: Sequence[Command], now_utc: datetime) -> ActivityStatus:
    mine = [one for one in commands if one.activity_id == activity.activity_id]
    if isinstance(activity, UplinkActivity):
        mine = [one for one in commands if one.satellite == activity.satellite]
        if mine and all(one.state in _MOVING for one in mine):
            return ActivityStatus.COMPLETED
    states = {one.state for one in mine}
    if states & _LOST:
        return ActivityStatus.FAILED
    if states == {CommandState.COMPLETED} and activity.window.end <= now_utc:
        return ActivityStatus.COMPLETED
    if states & {CommandState.STARTED, CommandState.COMPLETED}:
        return ActivityStatus.EXECUTING
    return ActivityStatus.RELEASED


def _newest(samples: Sequence[ArchivedSample]) -> str | None:
    times = [one.generated_tai_s for one in samples]
    return format_utc(utc_from_tai_s(max(times))) if times else None


def _parameter(sample: ArchivedSample) -> dict[str, Any]:
    return {
        "name": sample.parameter,
        "value": shown_value(sample),
        "unit": sample.unit,
        "limit_state": sample.limit_state,
        "at": format_utc(utc_from_tai_s(sample.generated_tai_s)),
    }
