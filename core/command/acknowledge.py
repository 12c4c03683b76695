"""Stage 7, acknowledge: verification reports (service 1) from the telemetry archive move commands on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from core.command.cursors import cursor_of, move_cursor
from core.command.model import Command, CommandState, can_follow
from core.command.register import CommandRegister
from core.link import decode_telemetry
from core.mdb import MissionDatabase, VerificationStage
from core.telemetry import Archive, ArchivedPacket
from core.time import Clock

__all__ = ["take_reports"]

_SERVICE: Final = 1
_PROGRESS: Final = 5
_CURSOR: Final = "verification-reports"
_REQUEST_LENGTH: Final = 4
_COUNT_MASK: Final = 0x3FFF

_OF_INSERTION: Final[Mapping[int, CommandState]] = {
    1: CommandState.ACCEPTED,
    2: CommandState.REFUSED,
    3: CommandState.ACCEPTED,
    4: CommandState.FAILED,
    7: CommandState.ACCEPTED,  # the insertion is done: the command itself waits on board
    8: CommandState.FAILED,
}
_OF_COMMAND: Final[Mapping[int, CommandState]] = {
    1: CommandState.ACCEPTED,
    2: CommandState.REFUSED,
    3: CommandState.STARTED,
    4: CommandState.FAILED,
    7: CommandState.COMPLETED,
    8: CommandState.FAILED,
}


def take_reports(register: CommandRegister, archive: Archive, mdb: MissionDatabase, clock: Clock, most: int) -> int:
    """Apply some reports that are not applied yet; the cursor moves in the same transaction.

    Returns how many; fewer than asked for when all are applied.
    """
    with register.database.read() as connection:
        after = cursor_of(connection, _CURSOR)
    reports = archive.packets(after=after, service=_SERVICE, limit=most)
    if not reports:
        return 0
    with register.write() as connection:
        for report in reports:
            _apply(connection, register, report, mdb, clock)
        move_cursor(connection, _CURSOR, reports[-1].packet_id)
    return len(reports)


def _apply(
    connection: Connection, register: CommandRegister, report: ArchivedPacket, mdb: MissionDatabase, clock: Clock
) -> None:
    data = decode_telemetry(report.raw).data
    count = int.from_bytes(data[2:_REQUEST_LENGTH], "big") & _COUNT_MASK
    found = register.by_packet_count(connection, report.satellite, count)
    if found is None:
        return
    command, is_insertion = found
    if report.subtype == _PROGRESS and not is_insertion:
        _note_progress(connection, register, command, clock)
        return
    state = (_OF_INSERTION if is_insertion else _OF_COMMAND).get(report.subtype)
    if state is None or state is command.state:
        return
    reason = _failure(mdb, data) if state in (CommandState.REFUSED, CommandState.FAILED) else ""
    actor = f"spacecraft:{report.satellite}"
    if can_follow(command.state, state):
        register.move(connection, command, state, clock.now_utc(), actor=actor, reason=reason)
    elif command.final:
        _note_late(connection, register, command, state, clock)


def _note_progress(connection: Connection, register: CommandRegister, command: Command, clock: Clock) -> None:
    """Progress of execution changes no state; it proves that stage."""
    if not command.final and VerificationStage.PROGRESS not in command.proved:
        proved = (*command.proved, VerificationStage.PROGRESS)
        payload = {"satellite": command.satellite, "command": command.mnemonic, "by": "report"}
        register.amend(connection, command, "progress", clock.now_utc(), payload, proved=proved)


def _note_late(
    connection: Connection, register: CommandRegister, command: Command, state: CommandState, clock: Clock
) -> None:
    """A report after the end: the state stays, the contradiction is on record.

    Telemetry may have shown what a command was for before its failure was reported: it had been so already.
    """
    if command.state is not CommandState.COMPLETED or state in (CommandState.FAILED, CommandState.REFUSED):
        payload = {"state": str(command.state), "reported": str(state)}
        register.note(connection, command, "late_report", clock.now_utc(), payload)


def _failure(mdb: MissionDatabase, data: bytes) -> str:
    code = int.from_bytes(data[_REQUEST_LENGTH : _REQUEST_LENGTH + 2], "big")
    known = mdb.parameters.get("failure_code")
    label = known.type.labels.get(code) if known else None
    return f"the spacecraft reports {label or 'failure'} ({code})"
