"""Stacks and their runs in the database, and the interpreter that carries them on.

Where a run stands is durable before anything that its step does: a command is entered in the same transaction that moves
the run on, so that a crash repeats nothing and leaves nothing out. A revision runs once; the next run is a new revision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

from core.authority import ApprovalRequests
from core.command.authorise import CommandAuthority
from core.command.bookings import StationBookings
from core.command.key_steps import KeySteps
from core.command.keys import CommandKeys
from core.command.model import BEFORE_RELEASE, FINAL_STATES, Command, CommandState, can_follow
from core.command.queues import CommandQueues
from core.command.register import CommandRegister
from core.command.signed_sets import SignedSets
from core.command.stack import (
    BranchStep,
    CommandStep,
    EndStep,
    HoldStep,
    KeyStep,
    Stack,
    WaitConditionStep,
    WaitTimeStep,
    WaitVerifierStep,
    check_stack,
    stack_commands,
)
from core.command.stack_approvals import StackApprovals
from core.command.stack_table import OPEN_STACKS, StackRecord, StackState, StackTable
from core.command.submission import enter_authorised
from core.errors import CommandRefused, Conflict, LlamaSpaceError, NotFound
from core.events import EventLog
from core.mdb import MissionDatabase, VerificationStage
from core.mdb.conditions import TelemetryView, Truth, decide
from core.mission.model import Mission
from core.orbit import Sgp4Orbit, state_at
from core.plan.activity import Window
from core.plan.model import Approval, InitialResources, Intent, MissionPlan
from core.telemetry import Archive
from core.time import Clock, add_s, tai_s_from_utc

__all__ = ["StackDeps", "StackRuns"]

_ORBIT_S: Final = 6000.0
_GOOD_ENDS: Final = frozenset({CommandState.COMPLETED})
_STATE_OF: Final[Mapping[VerificationStage, CommandState]] = {
    VerificationStage.ACCEPTED: CommandState.ACCEPTED,
    VerificationStage.STARTED: CommandState.STARTED,
    VerificationStage.COMPLETED: CommandState.COMPLETED,
}


@dataclass(frozen=True)
class StackDeps:
    """What stacks work with."""

    register: CommandRegister
    events: EventLog
    sets: SignedSets
    authority: CommandAuthority
    queues: CommandQueues
    bookings: StationBookings
    mission: Mission
    mdb: MissionDatabase
    keys: CommandKeys
    clock: Clock
    view: Callable[[str], TelemetryView]
    wake: Callable[[], None]
    archive: Archive
    requests: ApprovalRequests | None = None  # where people approve


class StackRuns:
    """Stacks by id; ``advance`` is called by the pipeline's thread, everything else by any."""

    def __init__(self, deps: StackDeps) -> None:
        self._deps = deps
        self._table = StackTable(deps.register.database, deps.events, deps.clock)
        self._approvals = StackApprovals(
            self._table,
            deps.register,
            deps.sets,
            deps.authority,
            deps.queues,
            deps.bookings,
            deps.mission,
            deps.mdb,
            deps.keys,
            deps.clock,
            deps.requests,
        )
        self._key_steps = KeySteps(deps.keys.link_file, deps.archive, deps.mdb)
        self._running = {one.stack.stack_id: one for one in self._table.running()}

    @property
    def table(self) -> StackTable:
        """The stacks in the database."""
        return self._table

    @property
    def approvals(self) -> StackApprovals:
        """The approvals of stacks."""
        return self._approvals

    # Documents

    def save(self, stack: Stack) -> StackRecord:
        """Store a new revision as a draft.

        Raises:
            InputError: It could not run as it reads.
            Conflict: It is not the next revision, or an earlier one is open.
        """
        check_stack(stack, self._deps.mission, self._deps.mdb)
        with self._deps.register.write() as connection:
            return self._table.draft(connection, stack)

    def get(self, stack_id: str) -> StackRecord:
        """The newest revision; NotFound where there is none."""
        return self._table.get(stack_id)

    def all(self) -> list[StackRecord]:
        """The newest revision of every stack."""
        return self._table.all()

    def delete(self, stack_id: str, *, by: str) -> None:
        """Remove a draft; what was approved stays on record.

        Raises:
            Conflict: It is more than a draft.
        """
        with self._deps.register.write() as connection:
            record = self._table.require(connection, stack_id, StackState.DRAFT)
            self._table.remove(connection, record)
            self._table.tell(connection, "deleted", record, f"user:{by}")

    # Approval and orders

    def approve(self, stack_id: str, approval: Approval) -> StackRecord:
        """Add a person's approval of the whole stack; with the last one needed its command set is signed.

        Raises:
            Conflict: It has changed since, or is no draft.
            CommandRefused: A contact is over, a station serves another, or a queue is disabled.
        """
        return self._approvals.approve(stack_id, approval)

    def start(self, stack_id: str, *, by: str) -> StackRecord:
        """Run an approved stack from its first step.

        Raises:
            Conflict: It is not approved.
            CommandRefused: Its approval request stands no more.
        """
        with self._deps.register.write() as connection:
            record = self._table.require(connection, stack_id, StackState.APPROVED)
            self._approvals.note_start(connection, record.stack, f"user:{by}")
            first = record.stack.steps[0].step_id
            return self._move(connection, record, StackState.RUNNING, "started", f"user:{by}", position=first)

    def pause(self, stack_id: str, *, by: str, reason: str) -> StackRecord:
        """Take no further step, and hold what has been entered and has not left; ``resume`` lets it go again."""
        with self._deps.register.write() as connection:
            record = self._table.require(connection, stack_id, StackState.RUNNING)
            held = {"held_by": _holder(stack_id), "held_reason": f"{by} paused its stack: {reason}"}
            for one in self._deps.register.open_of(stack_id):
                if one.state in BEFORE_RELEASE and not one.restraint.held_by:
                    self._restrain(connection, one, "held", f"user:{by}", reason, **held)
            return self._move(connection, record, StackState.PAUSED, "paused", f"user:{by}", reason=reason)

    def resume(self, stack_id: str, *, by: str, to: str | None = None) -> StackRecord:
        """Go on: past a hold, or where a branch could not be decided, to the one of its two steps that is named.

        Raises:
            Conflict: It is not paused, or the step to go to is not one of the branch's.
        """
        with self._deps.register.write() as connection:
            record = self._table.require(connection, stack_id, StackState.PAUSED)
            step = record.stack.step(record.position)
            position = record.position
            if isinstance(step, HoldStep):
                position = record.stack.after(step.step_id)
            elif isinstance(step, BranchStep) and to is not None:
                if to not in (step.then, step.otherwise):
                    raise Conflict(f"{to!r} is neither {step.then!r} nor {step.otherwise!r}", code="stack-branch")
                position = to
            for one in self._deps.register.open_of(stack_id):
                if one.restraint.held_by == _holder(stack_id):
                    self._restrain(connection, one, "unheld", f"user:{by}", "resumed", held_by="", held_reason="")
            return self._move(connection, record, StackState.RUNNING, "resumed", f"user:{by}", position=position)

    def abort(self, stack_id: str, *, by: str, reason: str) -> StackRecord:
        """End it for good: what has not left will not leave; what is on its way is not called back."""
        with self._deps.register.write() as connection:
            record = self._table.require(connection, stack_id, *OPEN_STACKS, StackState.DRAFT)
            self._give_up(connection, stack_id, f"user:{by}", f"aborted: {reason}")
            return self._move(connection, record, StackState.ABORTED, "aborted", f"user:{by}", reason=reason)

    def flight_of(self, command: Command) -> MissionPlan | None:
        """What is flown ahead for a stack's command: its spacecraft, as it is, to the end of the contact and an orbit on."""
        try:
            record = self.get(command.plan_id)
        except NotFound:
            return None
        now_utc, craft = self._deps.clock.now_utc(), self._deps.mission.craft(command.satellite)
        state = state_at(Sgp4Orbit.from_elements(craft.elements), tai_s_from_utc(now_utc))
        initial = InitialResources(
            satellite=craft.id,
            soc=craft.initial.soc,
            data_stored_bytes=craft.initial.data_stored_bytes,
            propellant_kg=craft.initial.propellant_kg,
            mode=craft.initial.mode,
            source="mission file",
            as_of=craft.elements.epoch_utc,
            r_gcrf_m=_vector(state.r_gcrf_m),
            v_gcrf_m_s=_vector(state.v_gcrf_m_s),
        )
        return MissionPlan(
            plan_id=f"plan-{record.stack.stack_id.removeprefix('stack-')}",
            revision=record.stack.revision,
            intent=Intent(text=record.stack.title, author=record.stack.author, channel="api", received_at=now_utc),
            horizon=Window(start=now_utc, end=add_s(max(now_utc, command.contacts[-1].end), _ORBIT_S)),
            input_hashes={},
            initial=(initial,),
            activities=(),
        )

    # The interpreter

    def has_to_advance(self) -> bool:
        """Whether any stack runs."""
        return bool(self._running)

    def advance(self) -> None:
        """Carry every running stack on, as far as it goes now; one that cannot be does not keep the others back."""
        failures: list[LlamaSpaceError] = []
        for stack_id in list(self._running):
            try:
                while (record := self._running.get(stack_id)) is not None and self._step(record):
                    continue
            except LlamaSpaceError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _step(self, record: StackRecord) -> bool:
        """Do a step or find that it has to wait; True where another look may find more to do."""
        step = record.stack.step(record.position)
        return _STEPS[type(step)](self, record, step)

    def _command(self, record: StackRecord, step: CommandStep) -> bool:
        """Enter the command and move on, in one transaction."""
        deps, now_utc = self._deps, self._deps.clock.now_utc()
        try:
            drafted = stack_commands(record.stack, deps.mission, deps.mdb, now_utc)
        except LlamaSpaceError as refusal:  # such as a mission database that knows the command no more
            return self._end_or_pause(record, StackState.FAILED, f"step {step.step_id}: {refusal.message}")
        command = next(one for one in drafted if one.activity_id == step.step_id)
        by = ", ".join(sorted({one.by for one in record.approvals}))
        try:
            deps.queues.require_open(command)
        except CommandRefused as refusal:
            return self._end_or_pause(record, StackState.PAUSED, f"step {step.step_id}: {refusal.message}")
        try:
            self._enter(record, command, by, now_utc)
        except CommandRefused as refusal:
            return self._end_or_pause(record, StackState.FAILED, f"step {step.step_id}: {refusal.message}")
        return True

    def _enter(self, record: StackRecord, command: Command, by: str, now_utc: datetime) -> None:
        deps = self._deps
        with deps.register.write() as connection:
            if not self._is_present(record):
                return
            self._approvals.require_standing(connection, record.stack)
            enter_authorised(connection, deps.register, [command], by, now_utc)
            self._go(connection, record, record.stack.after(command.activity_id))

    def _wait_verifier(self, record: StackRecord, step: WaitVerifierStep) -> bool:
        try:
            command = self._deps.register.get(record.stack.command_id(step.of))
        except NotFound:
            return self._otherwise(record, step.otherwise, f"step {step.of} was not sent on this way")
        if _has_reached(command, step.stage):
            return self._jump(record, record.stack.after(step.step_id))
        if command.state in FINAL_STATES:
            return self._otherwise(record, step.otherwise, f"step {step.of} ended {command.state}: {command.reason}")
        if self._is_over(record, step.timeout_s):
            reason = f"step {step.of} was not {step.stage} within {step.timeout_s:g} s"
            return self._otherwise(record, step.otherwise, reason)
        return False

    def _wait_time(self, record: StackRecord, step: WaitTimeStep) -> bool:
        if not self._is_over(record, step.duration_s):
            return False
        return self._jump(record, record.stack.after(step.step_id))

    def _wait_condition(self, record: StackRecord, step: WaitConditionStep) -> bool:
        verdict = decide(step.condition, self._deps.view(record.stack.satellite), self._deps.clock.now_tai_s())
        if verdict.satisfied:
            return self._jump(record, record.stack.after(step.step_id))
        if self._is_over(record, step.timeout_s):
            reason = f"step {step.step_id}: not {step.condition} within {step.timeout_s:g} s: {verdict.reason}"
            return self._otherwise(record, step.otherwise, reason)
        return False

    def _branch(self, record: StackRecord, step: BranchStep) -> bool:
        verdict = decide(step.condition, self._deps.view(record.stack.satellite), self._deps.clock.now_tai_s())
        if verdict.truth is Truth.UNKNOWN:
            reason = f"step {step.step_id} cannot be decided: {verdict.reason}"
            return self._end_or_pause(record, StackState.PAUSED, reason)
        return self._jump(record, step.then if verdict.satisfied else step.otherwise, verdict.reason)

    def _link_keys(self, record: StackRecord, step: KeyStep) -> bool:
        """Change the key file, then move on: what is done twice after a crash in between changes nothing."""
        try:
            reached = self._key_steps.carry_out(record.stack, step.action)
        except LlamaSpaceError as error:
            return self._otherwise(record, step.otherwise, f"step {step.step_id}: {error.message}")
        if reached:
            return self._jump(record, record.stack.after(step.step_id))
        if self._is_over(record, step.timeout_s):
            reason = f"step {step.step_id}: the spacecraft did not answer the challenge within {step.timeout_s:g} s"
            return self._otherwise(record, step.otherwise, reason)
        return False

    def _hold(self, record: StackRecord, step: HoldStep) -> bool:
        return self._end_or_pause(record, StackState.PAUSED, step.reason)

    def _end(self, record: StackRecord, step: EndStep) -> bool:
        if self._deps.register.open_of(record.stack.stack_id):
            return False
        commands = self._deps.register.find(plan_id=record.stack.stack_id)
        mine = [one for one in commands if one.revision == record.stack.revision]
        bad = [one for one in mine if one.state not in _GOOD_ENDS]
        if step.failed:
            return self._end_or_pause(record, StackState.FAILED, f"it ended at step {step.step_id}, which is a failure")
        if bad:
            reason = (
                f"{len(bad)} of {len(mine)} commands were not completed, first {bad[0].activity_id}: {bad[0].state}"
            )
            return self._end_or_pause(record, StackState.FAILED, reason)
        return self._end_or_pause(record, StackState.COMPLETED, "")

    def _otherwise(self, record: StackRecord, step_id: str | None, reason: str) -> bool:
        if step_id is None:
            return self._end_or_pause(record, StackState.FAILED, reason)
        return self._jump(record, step_id, reason)

    def _jump(self, record: StackRecord, step_id: str, reason: str = "") -> bool:
        with self._deps.register.write() as connection:
            if self._is_present(record):
                self._go(connection, record, step_id, reason)
        return True

    def _go(self, connection: Connection, record: StackRecord, step_id: str, reason: str = "") -> None:
        self._move(connection, record, StackState.RUNNING, "step", "service", position=step_id, reason=reason)

    def _end_or_pause(self, record: StackRecord, state: StackState, reason: str) -> bool:
        with self._deps.register.write() as connection:
            if self._is_present(record):
                if state is StackState.FAILED:  # what it has entered must not fly on without what was to follow
                    self._give_up(connection, record.stack.stack_id, "service", f"its stack failed: {reason}")
                self._move(connection, record, state, str(state), "service", reason=reason)
        return False

    def _give_up(self, connection: Connection, stack_id: str, actor: str, reason: str) -> None:
        """Have nothing leave that has not left, and give the contacts back."""
        deps, now_utc = self._deps, self._deps.clock.now_utc()
        deps.sets.withdraw(connection, stack_id)
        deps.bookings.give_back(connection, stack_id)
        for one in deps.register.open_of(stack_id):
            if can_follow(one.state, CommandState.REFUSED) and one.released_at is None:
                deps.register.move(connection, one, CommandState.REFUSED, now_utc, actor=actor, reason=reason)

    def _restrain(
        self, connection: Connection, command: Command, kind: str, actor: str, reason: str, **changes: object
    ) -> None:
        told = {"satellite": command.satellite, "command": command.mnemonic, "reason": reason}
        restraint = command.restraint.model_copy(update=changes)
        at_utc = self._deps.clock.now_utc()
        self._deps.register.amend(connection, command, kind, at_utc, told, actor=actor, restraint=restraint)

    def _is_present(self, record: StackRecord) -> bool:
        """Whether nobody has paused or aborted it since it was looked at; within the register's transaction."""
        return self._running.get(record.stack.stack_id) is record

    def _is_over(self, record: StackRecord, seconds: float) -> bool:
        now_utc = self._deps.clock.now_utc()
        return now_utc >= add_s(record.entered_at or now_utc, seconds)

    # Records

    def _move(
        self,
        connection: Connection,
        record: StackRecord,
        state: StackState,
        kind: str,
        actor: str,
        *,
        position: str | None = None,
        reason: str = "",
    ) -> StackRecord:
        changes: dict[str, Any] = {"state": state, "reason": reason}
        if position is not None and (position != record.position or state is not record.state):
            changes |= {"position": position, "entered_at": self._deps.clock.now_utc()}
        moved = record.model_copy(update=changes)
        self._table.store(connection, moved)
        self._table.tell(connection, kind, moved, actor)
        self._deps.register.after_commit(lambda: self._keep(moved))
        return moved

    def _keep(self, record: StackRecord) -> None:
        if record.state is StackState.RUNNING:
            self._running[record.stack.stack_id] = record
        else:
            self._running.pop(record.stack.stack_id, None)
        self._deps.wake()


def _holder(stack_id: str) -> str:
    """Who holds the commands of a paused stack: not a person, whose own holds a resumed stack leaves alone."""
    return f"stack:{stack_id}"


def _vector(values: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (float(one) for one in values)
    return x, y, z


def _has_reached(command: Command, stage: VerificationStage) -> bool:
    if stage in command.proved:
        return True
    wanted = _STATE_OF.get(stage)
    if wanted is None or command.state in FINAL_STATES - _GOOD_ENDS:
        return False
    return command.state is wanted or can_follow(wanted, command.state)


_STEPS: Final[Mapping[type, Callable[[StackRuns, StackRecord, Any], bool]]] = {
    CommandStep: StackRuns._command,
    WaitVerifierStep: StackRuns._wait_verifier,
    WaitTimeStep: StackRuns._wait_time,
    WaitConditionStep: StackRuns._wait_condition,
    BranchStep: StackRuns._branch,
    HoldStep: StackRuns._hold,
    KeyStep: StackRuns._link_keys,
    EndStep: StackRuns._end,
}
