"""The release desk: which command may leave now, what each of the others waits for, and the release itself.

A release is one transaction for all commands that leave together: numbers taken, frames and states stored. Only then the
first octet is sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from core.command.agenda import Agenda, WaitingFor
from core.command.bookings import StationBookings
from core.command.frame import StoredFrame, build_frame, store_frame
from core.command.keys import CommandKeys
from core.command.model import FINAL_STATES, Command, CommandState, Dependency, Route
from core.command.policy import CommandPolicy
from core.command.present import PresentState
from core.command.protect import make_packets, take_counters
from core.command.queues import CommandQueues, QueueState, queue_key
from core.command.register import CommandRegister
from core.command.schedule import latest_release_utc, next_look_utc, release_now
from core.command.seam import Boundary, Seam
from core.command.signed_sets import SignedSets
from core.command.uplink import Uplink
from core.errors import CommandRefused
from core.link import SpacecraftLinkKeys
from core.link.sdls import SecurityAssociation
from core.mdb import CommandClass, MissionDatabase
from core.mdb.conditions import TelemetryView, decide
from core.mission.model import Mission
from core.time import Clock, tai_s_from_utc

__all__ = ["ReleaseDeps", "ReleaseDesk"]

_MARGIN_OCTETS: Final = 96  # headers, insertion and security around application data, at most
_BATCH: Final = 16
_LOOK_AGAIN_S: Final = 5.0  # real time between two looks at a condition that time alone can change
_AHEAD_SHARE: Final = 0.4  # of a dry run's validity: how long before it is needed it is asked for
_JUST_AFTER_S: Final = 2e-6  # more than the resolution of a UTC instant
_STAGE: Final = "release"


@dataclass(frozen=True)
class ReleaseDeps:
    """What the desk works with."""

    register: CommandRegister
    uplink: Uplink
    queues: CommandQueues
    bookings: StationBookings
    sets: SignedSets
    present: PresentState
    mission: Mission
    mdb: MissionDatabase
    keys: CommandKeys
    clock: Clock
    policy: CommandPolicy
    agenda: Agenda
    seam: Seam


@dataclass(frozen=True)
class _Leaving:
    command: Command
    route: Route


class ReleaseDesk:
    """Decides about commands that are scheduled and lets them go; used by the pipeline's thread alone."""

    def __init__(self, deps: ReleaseDeps) -> None:
        self._deps = deps
        self._associations: dict[str, tuple[SpacecraftLinkKeys, SecurityAssociation]] = {}
        self._to_verify: deque[str] = deque()
        self._flown: set[str] = set()
        self._released_tai_s: dict[str, float] = {}  # by queue, for minimum gaps
        self._constrained_since: dict[str, float] = {}  # when a command first had to wait for its constraints

    def look(self, command: Command, view: TelemetryView) -> None:
        """Decide what a scheduled command waits for; it is ready, waits, is refused or has expired."""
        deps, now_utc = self._deps, self._deps.clock.now_utc()
        standing = deps.bookings.standing(command)
        if not standing.contacts:
            reason = deps.bookings.lost(command.satellite, command.contacts[-1])
            self._end(command, CommandState.EXPIRED, f"its last contact was lost: {reason}", now_utc)
            return
        if now_utc > latest_release_utc(standing):
            self._expire(command, standing, now_utc)
            return
        try:
            waiting = self._held(command) or self._dependent(command)
            if waiting is None:
                release = release_now(standing, now_utc, deps.policy.lead_s(deps.clock))
                if release is None:
                    self._constrained_since.pop(command.command_id, None)  # it waits for its contact, not for telemetry
                    next_tai_s = self._fly_ahead(command, self._after(next_look_utc(standing, now_utc)))
                    deps.agenda.look_at(command.command_id, next_tai_s)
                    if any(one.start <= now_utc <= one.end for one in standing.contacts):
                        self._to_verify.append(command.command_id)  # it leaves at its time, in this contact
                    return
                waiting = self._constrained(command, view) or self._unproved(command)
        except CommandRefused as refusal:
            self._end(command, CommandState.REFUSED, refusal.message, now_utc, code=refusal.code)
            return
        until_tai_s = self._after(latest_release_utc(standing))
        if waiting is None:
            order_tai_s = tai_s_from_utc(command.execute_at)
            deps.agenda.make_ready(
                command.command_id, command.satellite, command.restraint.priority, order_tai_s, until_tai_s
            )
        else:
            again_tai_s = deps.clock.now_tai_s() + _LOOK_AGAIN_S / deps.clock.real_s(1.0)
            timed = waiting.key.startswith(("telemetry:", "dry-run:", "gap:"))
            deps.agenda.wait_for(command.command_id, waiting, min(until_tai_s, again_tai_s) if timed else until_tai_s)

    def _fly_ahead(self, command: Command, next_tai_s: float) -> float:
        """Have the rest of the plan flown before its proof is needed; gives when to look again."""
        if command.command_class is CommandClass.ROUTINE:
            return next_tai_s
        now_tai_s = self._deps.clock.now_tai_s()
        begin_tai_s = next_tai_s - _AHEAD_SHARE * self._deps.policy.dry_run_holds_s(self._deps.clock)
        if now_tai_s < begin_tai_s and command.plan_id in self._flown:
            return begin_tai_s
        self._flown.add(command.plan_id)  # the first flight is asked for at once: it starts the twin's process
        with suppress(CommandRefused):  # what it says counts when the command is due
            self._deps.present.missing_proof(command)
        return begin_tai_s if now_tai_s < begin_tai_s else next_tai_s

    def has_to_verify(self) -> bool:
        """Whether ``verify_ahead`` has anything to do."""
        return bool(self._to_verify)

    def verify_ahead(self) -> None:
        """Verify the signature of one command that leaves in this contact; a refusal waits until it is due."""
        command = self._deps.register.open_command(self._to_verify.popleft())
        if command is not None and command.state is CommandState.SCHEDULED:
            with suppress(CommandRefused):
                self._deps.sets.verify(command, self._deps.clock.now_utc())

    def release_ready(self) -> int:
        """Let ready commands go, as far as uplink, contact and gaps take them; returns how many left."""
        left = 0
        while batch := [
            one
            for satellite in self._deps.agenda.ready_satellites()
            if self._deps.uplink.ready(satellite)
            for one in self._take(satellite)
        ]:
            left += self._release(batch)
        return left

    def explain(self, command: Command) -> str:
        """Why a scheduled command has not left yet."""
        waiting = self._deps.agenda.waiting_for(command.command_id)
        return waiting.reason if waiting else ""

    def retry(self, command: Command) -> bool:
        """Send an idempotent command again under new numbers, if its contact lasts; False where it cannot leave."""
        deps, now_utc = self._deps, self._deps.clock.now_utc()
        standing = deps.bookings.standing(command)
        if command.route is not Route.DIRECT or not standing.contacts or now_utc > latest_release_utc(standing):
            return False
        if not deps.uplink.ready(command.satellite):
            return False
        try:
            self._check(command, now_utc)
        except CommandRefused:
            return False
        with deps.register.write() as connection:
            if deps.sets.require_standing(connection, [command]):
                return False
            stored, changes = self._frame(connection, command, Route.DIRECT)
            payload = {"attempt": command.attempts + 1, "satellite": command.satellite, "command": command.mnemonic}
            deps.register.amend(connection, command, "retried", now_utc, payload, **changes, released_at=now_utc)
        deps.uplink.send([(command.satellite, stored)])
        return True

    # Why a command waits

    def _held(self, command: Command) -> WaitingFor | None:
        queue = self._deps.queues.of(command.satellite, command.command_class)
        self._deps.queues.require_open(command)
        if queue.state is QueueState.HELD:
            name = queue_key(queue.satellite, queue.command_class)
            return WaitingFor(f"queue:{name}", f"held in queue {name} by {queue.changed_by}: {queue.reason}")
        if command.restraint.held_by:
            return WaitingFor(
                f"hold:{command.command_id}", f"held by {command.restraint.held_by}: {command.restraint.held_reason}"
            )
        return None

    def _is_kept_back(self, command: Command) -> bool:
        """Whether it was held, or its queue closed, after it had become ready."""
        queue = self._deps.queues.of(command.satellite, command.command_class)
        return bool(command.restraint.held_by) or queue.state is not QueueState.ENABLED

    def _dependent(self, command: Command) -> WaitingFor | None:
        for one in command.restraint.after:
            state = self._state_of(one)
            if one.met_by(state):
                continue
            if state in FINAL_STATES:
                raise CommandRefused(
                    f"{one.command_id}, which had to be {one.state} before it, ended {state}",
                    code="QUE-002",
                    stage=_STAGE,
                    depends_on=one.command_id,
                )
            return WaitingFor(
                f"command:{one.command_id}", f"waits until {one.command_id} is {one.state}; it is {state}"
            )
        return None

    def _state_of(self, dependency: Dependency) -> CommandState:
        command = self._deps.register.open_command(dependency.command_id)
        return (command or self._deps.register.get(dependency.command_id)).state

    def _constrained(self, command: Command, view: TelemetryView) -> WaitingFor | None:
        """The definition's transmission constraints, and a condition that the command was entered with."""
        now_tai_s = self._deps.clock.now_tai_s()
        least_age_s = self._deps.policy.telemetry_on_its_way_s(self._deps.clock)
        for constraint in self._deps.mdb.command(command.mnemonic).constraints:
            verdict = decide(constraint.condition, view, now_tai_s, least_age_s=least_age_s)
            if verdict.satisfied:
                continue
            since_tai_s = self._constrained_since.setdefault(command.command_id, now_tai_s)
            if now_tai_s - since_tai_s >= constraint.timeout_s:
                raise CommandRefused(
                    f"{command.mnemonic} may leave only when {constraint.condition}; {verdict.reason} "
                    f"(waited {now_tai_s - since_tai_s:.0f} s of {constraint.timeout_s:.0f} s)",
                    code="CON-101",
                    stage=_STAGE,
                    truth=verdict.truth.value,
                )
            return WaitingFor(f"telemetry:{command.satellite}", f"waits for {constraint.condition}: {verdict.reason}")
        if command.restraint.condition is not None:
            verdict = decide(command.restraint.condition, view, now_tai_s, least_age_s=least_age_s)
            if not verdict.satisfied:
                key = f"telemetry:{command.satellite}"
                return WaitingFor(key, f"waits for {command.restraint.condition}: {verdict.reason}")
        return None

    def _unproved(self, command: Command) -> WaitingFor | None:
        """Above routine, the rest of the plan has to have been flown in the twin from the present state."""
        if command.command_class is CommandClass.ROUTINE:
            return None
        missing = self._deps.present.missing_proof(command)
        return WaitingFor(f"dry-run:{command.plan_id}", missing) if missing else None

    # Release

    def _take(self, satellite: str) -> list[_Leaving]:
        """Ready commands that may leave in one transaction; what may not is looked at again later."""
        deps = self._deps
        batch: list[_Leaving] = []
        room = min(_BATCH, deps.uplink.room(satellite))
        octets = 0
        while len(batch) < room:
            command_id = deps.agenda.take_ready(satellite)
            if command_id is None:
                break
            command = deps.register.open_command(command_id)
            if command is None or command.state is not CommandState.SCHEDULED:
                deps.agenda.remove(command_id)
                continue
            now_utc = deps.clock.now_utc()
            release = release_now(deps.bookings.standing(command), now_utc, deps.policy.lead_s(deps.clock))
            if release is None or self._is_kept_back(command):
                deps.agenda.look_at(command_id, deps.clock.now_tai_s())
                continue
            if not self._gap_is_over(command):
                continue
            octets += len(command.application_data_hex) // 2 + _MARGIN_OCTETS
            if not deps.uplink.fits(satellite, octets):
                reason = "does not fit into what is left of the contact at the uplink's rate"
                self._wait_for_contact(command, now_utc, reason)
                continue
            try:
                self._check(command, now_utc)
            except CommandRefused as refusal:
                self._end(command, CommandState.REFUSED, refusal.message, now_utc, code=refusal.code)
                continue
            batch.append(_Leaving(command, release.route))
            self._released_tai_s[queue_key(satellite, command.command_class)] = deps.clock.now_tai_s()
        return batch

    def _gap_is_over(self, command: Command) -> bool:
        name = queue_key(command.satellite, command.command_class)
        gap_s = self._deps.queues.of(command.satellite, command.command_class).minimum_gap_s
        free_tai_s = self._released_tai_s.get(name, float("-inf")) + gap_s
        if gap_s <= 0.0 or self._deps.clock.now_tai_s() >= free_tai_s:
            return True
        waiting = WaitingFor(f"gap:{name}", f"at least {gap_s:g} s between two releases from {name}")
        self._deps.agenda.wait_for(command.command_id, waiting, free_tai_s)
        return False

    def _wait_for_contact(self, command: Command, now_utc: datetime, reason: str) -> None:
        standing = self._deps.bookings.standing(command)
        later = [one.start for one in standing.contacts if one.start > now_utc]
        when = min(later, default=latest_release_utc(standing))
        waiting = WaitingFor(f"contact:{command.satellite}", reason)
        self._deps.agenda.wait_for(command.command_id, waiting, self._after(when))

    def _check(self, command: Command, now_utc: datetime) -> None:
        self._deps.sets.verify(command, now_utc)
        self._deps.present.check(command, self._earlier(command))

    def _earlier(self, command: Command) -> frozenset[str]:
        """Mnemonics of the same plan's open commands that execute before it."""
        return frozenset(
            one.mnemonic
            for one in self._deps.register.open_of(command.plan_id)
            if one.satellite == command.satellite and one.execute_at < command.execute_at
        )

    def _release(self, batch: Sequence[_Leaving]) -> int:
        deps, now_utc = self._deps, self._deps.clock.now_utc()
        frames: list[tuple[str, StoredFrame]] = []
        with deps.register.write() as connection:
            refused = deps.sets.require_standing(connection, [one.command for one in batch])
            for one in batch:
                if deps.register.open_command(one.command.command_id) is not one.command:
                    continue  # somebody has just changed it: it is looked at again
                refusal = refused.get(one.command.command_id)
                if refusal is not None:
                    self._move_to_end(connection, one.command, CommandState.REFUSED, refusal.message, now_utc)
                    continue
                stored, changes = self._frame(connection, one.command, one.route)
                deps.register.move(
                    connection,
                    one.command,
                    CommandState.RELEASED,
                    now_utc,
                    route=one.route,
                    released_at=now_utc,
                    **changes,
                )
                frames.append((one.command.satellite, stored))
        deps.seam(Boundary.FRAME_STORED)
        deps.uplink.send(frames)
        for one in batch:
            self._constrained_since.pop(one.command.command_id, None)
        return len(frames)

    def _frame(self, connection: Connection, command: Command, route: Route) -> tuple[StoredFrame, dict[str, Any]]:
        """Take numbers, protect and store; gives the frame and what the command has to remember of it."""
        deps = self._deps
        craft = deps.mission.craft(command.satellite)
        keys, sa = self._association(command.satellite)
        counters = take_counters(connection, command.satellite, packets=2, key_id=keys.tc_key_id)
        pair = make_packets(deps.mdb, command, craft.spacecraft_id, route, counters.first_packet_count)
        raw = build_frame(craft.spacecraft_id, sa, pair.packet, counters)
        stored = store_frame(connection, command.satellite, command.command_id, counters, raw)
        changes: dict[str, Any] = {
            "request_count": pair.request_count,
            "carrier_count": pair.carrier_count,
            "attempts": command.attempts + 1,
        }
        return stored, changes

    def _association(self, satellite: str) -> tuple[SpacecraftLinkKeys, SecurityAssociation]:
        """What the key file names for telecommands now; made again only when that has changed."""
        keys = self._deps.keys.link.spacecraft[satellite]
        known = self._associations.get(satellite)
        if known is None or known[0] is not keys:
            known = self._associations[satellite] = (keys, keys.tc_association())
        return known

    def _expire(self, command: Command, standing: Command, now_utc: datetime) -> None:
        waited = self.explain(command)
        lost = [reason for one in command.contacts if (reason := self._deps.bookings.lost(command.satellite, one))]
        reason = "its contacts passed without a release"
        reason += f": {waited}" if waited else ""
        reason += f" (a contact was lost: {lost[0]})" if lost and len(standing.contacts) < len(command.contacts) else ""
        self._end(command, CommandState.EXPIRED, reason, now_utc)

    def _end(self, command: Command, state: CommandState, reason: str, now_utc: datetime, code: str = "") -> None:
        with self._deps.register.write() as connection:
            self._move_to_end(connection, command, state, _said(reason, code), now_utc)

    def _move_to_end(
        self, connection: Connection, command: Command, state: CommandState, reason: str, now_utc: datetime
    ) -> None:
        present = self._deps.register.open_command(command.command_id)
        self._deps.agenda.remove(command.command_id)
        self._constrained_since.pop(command.command_id, None)
        if present is not None:
            self._deps.register.move(connection, present, state, now_utc, reason=reason)

    def _after(self, instant: datetime) -> float:
        """Just after an instant: a time that is reached is over at the first look after it."""
        return tai_s_from_utc(instant) + _JUST_AFTER_S


def _said(reason: str, code: str) -> str:
    return reason if code in ("", CommandRefused.default_code) else f"{code}: {reason}"
