"""Command queues, holds and contacts: what people order about commands that wait."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.auth.accounts import User
from api.auth.dependencies import CurrentRuntime, Viewer, may, require
from api.rest.answers import CommandAnswer
from api.rest.flight import command_answer
from api.rest.ids import PathId
from core.authority import Action
from core.command.bookings import Booking
from core.command.model import BEFORE_RELEASE, Command, Dependency
from core.command.orders import CommandOrders
from core.command.pipeline import CommandPipeline
from core.command.queues import CommandQueue, QueueState
from core.command.schedule import latest_release_utc, next_look_utc
from core.mdb import CommandClass, Condition
from core.time import format_utc

__all__ = ["router"]

router = APIRouter(prefix="/commands", tags=["command queues"])

Reason = Annotated[str, Field(min_length=1, max_length=2000)]
_Holder = Annotated[User, may(Action.HOLD_QUEUE)]
_Editor = Annotated[User, may(Action.EDIT_QUEUE)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class QueueAnswer(_Body):
    """A queue with how many commands wait in it."""

    queue: CommandQueue
    waiting: int


class ContactAnswer(_Body):
    """A contact through which a command goes up."""

    station: str
    start: str
    end: str


class WaitingCommand(_Body):
    """A command that has not left, what keeps it back, and its times.

    ``next_chance`` is the next instant at which it may leave, or is too late; after ``latest_release`` it expires.
    ``contact`` is the next one that stands; without one, and without these times, every contact of it was lost or is over.
    """

    command: CommandAnswer
    priority: int
    held_by: str
    waits_for: str
    contact: ContactAnswer | None
    next_chance: str | None
    latest_release: str | None


class QueueHold(_Body):
    """Why a queue is held."""

    reason: Reason


class QueueChange(_Body):
    """Another state, and the least mission time between two releases."""

    state: QueueState
    reason: Reason
    minimum_gap_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] | None = None


class Priority(_Body):
    """Greater leaves first."""

    priority: Annotated[int, Field(ge=-100, le=100)]


class MoreRestraint(_Body):
    """What a command has to wait for, too."""

    after: Annotated[tuple[Dependency, ...], Field(max_length=16)] = ()
    condition: Condition | None = None


class LostContact(_Body):
    """A contact that will not serve."""

    satellite: Annotated[str, Field(min_length=1, max_length=64)]
    station: Annotated[str, Field(min_length=1, max_length=64)]
    at: AwareDatetime
    reason: Reason


class BookingAnswer(_Body):
    """A contact that a spacecraft holds; ``lost_reason`` is empty while it stands."""

    station: str
    satellite: str
    start: str
    end: str
    plan_id: str
    lost_reason: str


@router.get("/queues")
def queues(_user: Viewer, runtime: CurrentRuntime) -> list[QueueAnswer]:
    """Every queue: one for each spacecraft and command class."""
    pipeline = runtime.flight.fleet.pipeline
    waiting = [one for one in pipeline.register.open() if one.state in BEFORE_RELEASE]
    return [
        QueueAnswer(
            queue=queue,
            waiting=sum(
                one.satellite == queue.satellite and one.command_class is queue.command_class for one in waiting
            ),
        )
        for queue in pipeline.queues.all()
    ]


@router.get("/queues/{satellite}/{command_class}")
def waiting_commands(
    satellite: PathId, command_class: CommandClass, _user: Viewer, runtime: CurrentRuntime
) -> list[WaitingCommand]:
    """What waits in a queue, by its time, and what for."""
    pipeline = runtime.flight.fleet.pipeline
    pipeline.queues.of(satellite, command_class)
    found = [
        one
        for one in pipeline.register.open()
        if (one.satellite, one.command_class) == (satellite, command_class) and one.state in BEFORE_RELEASE
    ]
    now_utc = runtime.clock.now_utc()
    return [_waiting(pipeline, one, now_utc) for one in sorted(found, key=lambda one: (one.execute_at, one.command_id))]


@router.post("/queues/{satellite}/{command_class}/hold")
def hold_queue(
    satellite: PathId, command_class: CommandClass, hold: QueueHold, user: _Holder, runtime: CurrentRuntime
) -> CommandQueue:
    """Keep everything in a queue back; anybody who operates may stop."""
    return _orders(runtime).set_queue(satellite, command_class, QueueState.HELD, by=user.username, reason=hold.reason)


@router.put("/queues/{satellite}/{command_class}")
def change_queue(
    satellite: PathId, command_class: CommandClass, change: QueueChange, user: _Editor, runtime: CurrentRuntime
) -> CommandQueue:
    """Enable, hold or disable a queue, and set its gap; to enable it lets commands go."""
    if change.state is QueueState.ENABLED:
        require(runtime, user, Action.RESUME_QUEUE)
    return _orders(runtime).set_queue(
        satellite,
        command_class,
        change.state,
        by=user.username,
        reason=change.reason,
        minimum_gap_s=change.minimum_gap_s,
    )


@router.get("/contacts")
def contacts(
    _user: Viewer, runtime: CurrentRuntime, satellite: Annotated[str | None, Query(max_length=64)] = None
) -> list[BookingAnswer]:
    """Contacts from now on that commands go up through, and those that were lost."""
    bookings = runtime.flight.fleet.pipeline.bookings
    return [_booking(one) for one in bookings.all(satellite, runtime.clock.now_utc())]


@router.post("/contacts/lost")
def lose_contact(
    lost: LostContact, user: Annotated[User, may(Action.REPORT_CONTACT)], runtime: CurrentRuntime
) -> BookingAnswer:
    """Give up a contact: its commands take the next that serves them, or expire and say why."""
    actor = f"user:{user.username}"
    return _booking(_orders(runtime).lose_contact(lost.satellite, lost.station, lost.at, by=actor, reason=lost.reason))


@router.post("/{command_id}/hold")
def hold_command(command_id: PathId, hold: QueueHold, user: _Holder, runtime: CurrentRuntime) -> CommandAnswer:
    """Keep one command back."""
    return command_answer(_orders(runtime).hold(command_id, by=user.username, reason=hold.reason))


@router.post("/{command_id}/let-go")
def let_go(
    command_id: PathId, hold: QueueHold, user: Annotated[User, may(Action.RESUME_QUEUE)], runtime: CurrentRuntime
) -> CommandAnswer:
    """End a hold of one command."""
    return command_answer(_orders(runtime).let_go(command_id, by=user.username, reason=hold.reason))


@router.put("/{command_id}/priority")
def set_priority(command_id: PathId, priority: Priority, user: _Editor, runtime: CurrentRuntime) -> CommandAnswer:
    """Have it leave before or after others whose time has come too."""
    return command_answer(_orders(runtime).set_priority(command_id, priority.priority, by=user.username))


@router.post("/{command_id}/restraint")
def add_restraint(command_id: PathId, more: MoreRestraint, user: _Editor, runtime: CurrentRuntime) -> CommandAnswer:
    """Have it wait for other commands, or for telemetry, too."""
    return command_answer(
        _orders(runtime).add_restraint(command_id, by=user.username, after=more.after, condition=more.condition)
    )


def _orders(runtime: CurrentRuntime) -> CommandOrders:
    return runtime.flight.fleet.pipeline.orders


def _waiting(pipeline: CommandPipeline, command: Command, now_utc: datetime) -> WaitingCommand:
    standing = pipeline.bookings.standing(command)
    contact = min((one for one in standing.contacts if one.end >= now_utc), key=lambda one: one.start, default=None)
    return WaitingCommand(
        command=command_answer(command),
        priority=command.restraint.priority,
        held_by=command.restraint.held_by,
        waits_for=pipeline.why_waiting(command),
        contact=None
        if contact is None
        else ContactAnswer(station=contact.station, start=format_utc(contact.start), end=format_utc(contact.end)),
        next_chance=None if contact is None else format_utc(next_look_utc(standing, now_utc)),
        latest_release=None if contact is None else format_utc(latest_release_utc(standing)),
    )


def _booking(booking: Booking) -> BookingAnswer:
    return BookingAnswer(
        station=booking.station,
        satellite=booking.satellite,
        start=format_utc(booking.start_utc),
        end=format_utc(booking.end_utc),
        plan_id=booking.plan_id,
        lost_reason=booking.lost_reason,
    )
