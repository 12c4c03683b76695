"""What has to prove that a released command did what it was for, and what happens when no proof comes in time.

Reports (service 1) are applied as they arrive; here telemetry conditions prove stages, and time runs out. A missing proof
fails the command, or leaves it ``unverified`` where its definition does not ask for one: never silently fine. Only a
command that is declared idempotent is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from core.command.agenda import Agenda, WaitingFor
from core.command.model import Command, CommandState, can_follow
from core.command.policy import CommandPolicy
from core.command.register import CommandRegister
from core.command.release import ReleaseDesk
from core.mdb import MissionDatabase, VerificationStage, Verifier
from core.mdb.conditions import TelemetryView, decide
from core.time import Clock, add_s, tai_s_from_utc

__all__ = ["VerificationDesk"]

_STATE_OF: Final[Mapping[VerificationStage, CommandState | None]] = {
    VerificationStage.ACCEPTED: CommandState.ACCEPTED,
    VerificationStage.STARTED: CommandState.STARTED,
    VerificationStage.PROGRESS: None,  # proved beside the state
    VerificationStage.COMPLETED: CommandState.COMPLETED,
}
_LOOK_AGAIN_S: Final = 5.0  # real time


class VerificationDesk:
    """Follows commands that have left; used by the pipeline's thread alone.

    Args:
        register: Commands.
        mdb: Their verifiers.
        clock: Mission time.
        policy: Time-outs of commands whose definition names none.
        agenda: When to look again.
        desk: Sends again what may be sent again.
    """

    def __init__(
        self,
        register: CommandRegister,
        mdb: MissionDatabase,
        clock: Clock,
        policy: CommandPolicy,
        agenda: Agenda,
        desk: ReleaseDesk,
    ) -> None:
        self._register = register
        self._mdb = mdb
        self._clock = clock
        self._policy = policy
        self._agenda = agenda
        self._desk = desk

    def look(self, command: Command, view: TelemetryView) -> None:
        """Take in what telemetry proves, and end what was not proved in time."""
        now_utc = self._clock.now_utc()
        due_utc = max(command.execute_at, command.released_at or command.execute_at)
        verifiers = self._mdb.command(command.mnemonic).verifiers
        for one in verifiers:
            proved = self._proved_by_telemetry(command, one, view, due_utc, now_utc)
            if proved.final:
                return
            command = proved
        missing = [one for one in verifiers if not _is_proved(command, one.stage)]
        late = [one for one in missing if now_utc > add_s(due_utc, one.timeout_s)]
        for one in late:
            if self._out_of_time(command, one, view, due_utc, now_utc):
                return
        last_utc = self._last_utc(command)
        if now_utc > last_utc:
            reason = f"no final report within {self._policy.report_timeout_s:.0f} s"
            self._end(command, CommandState.FAILED, reason, now_utc)
            return
        limits = [add_s(due_utc, one.timeout_s) for one in missing if one not in late]
        self._wait(command, min([*limits, last_utc]), any(one.by_telemetry for one in missing))

    def _wait(self, command: Command, until_utc: datetime, on_telemetry: bool) -> None:
        until_tai_s = tai_s_from_utc(until_utc) + 2e-6
        if not on_telemetry:
            self._agenda.look_at(command.command_id, until_tai_s)
            return
        again_tai_s = self._clock.now_tai_s() + _LOOK_AGAIN_S / self._clock.real_s(1.0)
        waiting = WaitingFor(f"telemetry:{command.satellite}", "waits for proof in telemetry")
        self._agenda.wait_for(command.command_id, waiting, min(until_tai_s, again_tai_s))

    def _proved_by_telemetry(
        self, command: Command, verifier: Verifier, view: TelemetryView, due_utc: datetime, now_utc: datetime
    ) -> Command:
        condition = verifier.condition_for(command.arguments)
        if condition is None or _is_proved(command, verifier.stage) or now_utc < due_utc:
            return command
        verdict = decide(condition, view, self._clock.now_tai_s(), tai_s_from_utc(due_utc))
        if not verdict.satisfied:
            return command
        state = _STATE_OF[verifier.stage]
        with self._register.write() as connection:
            if state is not None and can_follow(command.state, state):
                return self._register.move(
                    connection, command, state, now_utc, actor="service", reason=f"telemetry shows it: {verdict.reason}"
                )
            payload = {"satellite": command.satellite, "command": command.mnemonic, "by": verdict.reason}
            proved = (*command.proved, verifier.stage)
            return self._register.amend(connection, command, str(verifier.stage), now_utc, payload, proved=proved)

    def _out_of_time(
        self, command: Command, verifier: Verifier, view: TelemetryView, due_utc: datetime, now_utc: datetime
    ) -> bool:
        """React to a stage without proof; True where nothing more is to be decided now."""
        reason = f"no proof that it was {verifier.stage} within {verifier.timeout_s:g} s"
        condition = verifier.condition_for(command.arguments)
        if condition is not None:
            verdict = decide(condition, view, self._clock.now_tai_s(), tai_s_from_utc(due_utc))
            reason += f": {verdict.reason}"
        definition = self._mdb.command(command.mnemonic)
        if definition.idempotent and command.attempts < self._policy.attempts and self._desk.retry(command):
            return True  # looked at again, as it has changed
        if verifier.required:
            self._end(command, CommandState.FAILED, reason, now_utc)
            return True
        if verifier.stage is VerificationStage.COMPLETED:
            self._end(command, CommandState.UNVERIFIED, reason, now_utc)
            return True
        if verifier.stage not in command.unproved:
            with self._register.write() as connection:
                payload = {"satellite": command.satellite, "command": command.mnemonic, "reason": reason}
                unproved = (*command.unproved, verifier.stage)
                self._register.amend(connection, command, "unproved", now_utc, payload, unproved=unproved)
            return True
        return False

    def _last_utc(self, command: Command) -> datetime:
        return add_s(max(command.execute_at, command.contacts[-1].end), self._policy.report_timeout_s)

    def _end(self, command: Command, state: CommandState, reason: str, now_utc: datetime) -> None:
        present = self._register.open_command(command.command_id)
        self._agenda.remove(command.command_id)
        if present is not None:
            with self._register.write() as connection:
                self._register.move(connection, present, state, now_utc, reason=reason)


def _is_proved(command: Command, stage: VerificationStage) -> bool:
    state = _STATE_OF[stage]
    reached = state is not None and (command.state is state or not can_follow(command.state, state))
    return reached or stage in command.proved
