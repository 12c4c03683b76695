"""The audit trail of a log: checkpoints, verification, export and retention in one place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from core.errors import Conflict, InputError
from core.events.chain import GENESIS_HASH, ChainEnd, StoredEvent
from core.events.checkpoints import Checkpoints
from core.events.claims import AuditSeal, Checkpoint, Segment, read_claim
from core.events.log import EventLog
from core.events.retention import Segments
from core.events.verify import AuditReport, SignedRecords, verify_events
from core.store import Database
from core.time import format_utc

__all__ = ["AuditTrail", "export_keys", "verify_export"]

_FORMAT: Final = "llamaspace-audit-export/1"


class AuditTrail:
    """The trail in a database and the checkpoint file beside it.

    Args:
        database: Where the log is.
        log: The log.
        seal: Signs checkpoints and accounts of removed events.
        file: Where checkpoints are written outside the database.
    """

    def __init__(self, database: Database, log: EventLog, seal: AuditSeal, file: Path) -> None:
        self._database = database
        self._log = log
        self._seal = seal
        self.checkpoints = Checkpoints(database, log, seal, file)
        self.segments = Segments(database, log, seal)

    def checkpoint(self, now_utc: datetime) -> Checkpoint | None:
        """Sign the chain as it stands; None where nothing is new."""
        return self.checkpoints.make(now_utc)

    def verify(self) -> AuditReport:
        """Walk the whole log."""
        # Signed records first: what is signed while the walk goes on would be missed, never the other way round.
        signed = SignedRecords(
            self._seal,
            self.checkpoints.stored(),
            self.segments.stored(),
            self.checkpoints.outside(),
            file_expected=True,
        )
        with self._log.stored() as (rows, head):
            return verify_events(rows, head, signed)

    def prune(self, before_utc: datetime, *, actor: str, at_utc: datetime, now_utc: datetime, reason: str) -> Segment:
        """Remove what was recorded before an instant, as far as a checkpoint covers it.

        Raises:
            Conflict: The log does not verify, or nothing can go.
        """
        self.checkpoint(now_utc)
        report = self.verify()
        if not report.ok:
            first = report.violations[0]
            raise Conflict(
                f"the log is broken at event {first.sequence} ({first.problem}): nothing is removed", code="broken"
            )
        with self._database.read() as connection:
            through = min(self._log.sequence_before(connection, before_utc), report.last - 1)
        if through < report.first:
            raise Conflict(f"no event was recorded before {format_utc(before_utc)}", code="nothing-to-remove")
        return self.segments.prune(
            through, report.signed_through, actor=actor, at_utc=at_utc, now_utc=now_utc, reason=reason
        )

    def export(self, keys: list[dict[str, Any]], now_utc: datetime) -> Iterator[str]:
        """The trail as JSON lines: a header with the public keys, every event and checkpoint, and the end.

        Args:
            keys: Public audit keys, for a reader who has none from elsewhere.
            now_utc: The time of the computer's clock.
        """
        checkpoints = self.checkpoints.stored()
        yield _line({"format": _FORMAT, "at": format_utc(now_utc), "keys": keys, "segments": self.segments.stored()})
        following = iter([(claim.sequence if (claim := read_claim(one)) else 0, one) for one in checkpoints])
        due = next(following, None)
        with self._log.stored() as (rows, head):
            for row in rows:
                while due is not None and due[0] < row.sequence:
                    yield _line({"checkpoint": due[1]})
                    due = next(following, None)
                yield _line({"event": asdict(row)})
            while due is not None:
                yield _line({"checkpoint": due[1]})
                due = next(following, None)
            yield _line({"end": asdict(head) if head else None})


def export_keys(path: Path) -> list[dict[str, Any]]:
    """The public keys that an export brings along."""
    with path.open() as file:
        header = _read_line(path, 1, file.readline())
    if header.get("format") != _FORMAT or not isinstance(header.get("keys"), list):
        raise InputError("--file", f"{path} is no export of an audit trail ({_FORMAT})")
    return list(header["keys"])


def verify_export(path: Path, seal: AuditSeal) -> AuditReport:
    """Walk an exported trail, offline; the file is read twice, in lines."""
    export_keys(path)
    checkpoints, segments, end = _signed_lines(path)
    report = verify_events(_events(path), end, SignedRecords(seal, checkpoints, segments))
    if end is None:
        note = "the export has no last line: it was cut off"
        return report.model_copy(update={"ok": False, "broken": report.broken + 1, "notes": (*report.notes, note)})
    return report


def _signed_lines(path: Path) -> tuple[list[str], list[str], ChainEnd | None]:
    checkpoints: list[str] = []
    segments: list[str] = []
    end: ChainEnd | None = None
    for number, line in _lines(path):
        if line.startswith('{"checkpoint"'):
            checkpoints.append(str(_read_line(path, number, line)["checkpoint"]))
        elif line.startswith('{"end"'):
            told = _read_line(path, number, line)["end"]
            end = ChainEnd(int(told["sequence"]), str(told["hash"])) if told else ChainEnd(0, GENESIS_HASH)
        elif number == 1:
            segments = [str(one) for one in _read_line(path, 1, line).get("segments", [])]
    return checkpoints, segments, end


def _events(path: Path) -> Iterator[StoredEvent]:
    for number, line in _lines(path):
        if line.startswith('{"event"'):
            try:
                yield StoredEvent(**_read_line(path, number, line)["event"])
            except TypeError as error:
                raise InputError("--file", f"{path}:{number} holds no event") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open() as file:
        yield from enumerate(file, start=1)


def _line(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"


def _read_line(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except ValueError as error:
        raise InputError("--file", f"{path}:{number} is no JSON") from error
    if not isinstance(document, dict):
        raise InputError("--file", f"{path}:{number} is no JSON object")
    return document
