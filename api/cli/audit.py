"""``llamaspace audit``: verify, export and prune the tamper-evident log of a data folder."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from api.settings import Settings
from api.signing_keys import audit_file_of, open_signing_keys
from core.command.keystore import KeyPurpose, KnownKeys, SigningKey
from core.command.signing import Seal
from core.errors import InputError
from core.events import AuditReport, AuditTrail, EventLog, export_keys, verify_export
from core.store import Database, open_database
from core.time import SystemClock, parse_utc

__all__ = ["export_log", "open_log", "prune_log", "shell_actor", "verify_log"]

_DATABASE: Final = "llamaspace.db"


def verify_log(options: argparse.Namespace) -> int:
    """0 when the log is whole, 1 with every break named."""
    if options.file is not None:
        report = _verify_file(options.file, options.keys)
    else:
        trail = _trail(options, _handed_keys(options.keys))
        report = trail.verify()
    if options.json:
        sys.stdout.write(report.model_dump_json() + "\n")
    else:
        sys.stdout.write(_told(report))
    return 0 if report.ok else 1


def export_log(options: argparse.Namespace) -> int:
    """Write the log as JSON lines."""
    settings = Settings(data=options.data)
    trail = _trail(options, None)
    keys = [_plain(one) for one in open_signing_keys(settings).list_keys() if one.purpose is KeyPurpose.AUDIT]
    lines = trail.export(keys, SystemClock().now_utc())
    if options.out is None:
        sys.stdout.writelines(lines)
        return 0
    try:
        with options.out.open("w") as file:
            file.writelines(lines)
    except OSError as error:
        raise InputError("--out", f"{options.out} cannot be written: {error.strerror}") from error
    return 0


def prune_log(options: argparse.Namespace) -> int:
    """Remove old events; 0 with what went."""
    now_utc = SystemClock().now_utc()
    segment = _trail(options, None).prune(
        parse_utc(options.before, "--before"),
        actor=shell_actor(),
        at_utc=now_utc,
        now_utc=now_utc,
        reason=options.reason,
    )
    sys.stdout.write(f"removed events {segment.first} to {segment.last}; their account is signed and kept\n")
    return 0


def shell_actor() -> str:
    """Who runs this command line, as the log names them."""
    return f"shell:{getpass.getuser()}"[:128]


def open_log(folder: Path) -> tuple[Database, EventLog]:
    """The database and log of a data folder.

    Raises:
        InputError: There is none.
    """
    path = folder / _DATABASE
    if not path.is_file():
        raise InputError("--data", f"{folder} holds no service's data: {path.name} is not there")
    database = open_database(path)
    return database, EventLog(database)


def _trail(options: argparse.Namespace, handed: KnownKeys | None) -> AuditTrail:
    settings = Settings(data=options.data)
    database, log = open_log(options.data)
    store = handed or open_signing_keys(settings)
    return AuditTrail(database, log, Seal(store, KeyPurpose.AUDIT), audit_file_of(settings))


def _verify_file(path: Path, keys: Path | None) -> AuditReport:
    try:
        handed = _handed_keys(keys)
        own = handed or KnownKeys(_read_keys(export_keys(path), "--file"))
        report = verify_export(path, Seal(own, KeyPurpose.AUDIT))
    except OSError as error:
        raise InputError("--file", f"{path} cannot be read: {error.strerror}") from error
    if handed is not None:
        return report
    names = ", ".join(one.key_id for one in own.list_keys()) or "none"
    note = f"verified with the keys that the file itself brings ({names}): compare them, or give --keys"
    return report.model_copy(update={"notes": (*report.notes, note)})


def _handed_keys(path: Path | None) -> KnownKeys | None:
    if path is None:
        return None
    try:
        document = json.loads(path.read_text())
        return KnownKeys(_read_keys(document["keys"], "--keys"))
    except OSError as error:
        raise InputError("--keys", f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("--keys", f"{path} holds no keys as `llamaspace keys list --json` prints them") from error


def _read_keys(listed: list[Any], field: str) -> list[SigningKey]:
    try:
        return [SigningKey.model_validate(one) for one in listed]
    except ValidationError as error:
        raise InputError(field, f"a key is not in the form of `llamaspace keys list --json`: {error}") from error


def _plain(key: SigningKey) -> dict[str, Any]:
    return key.model_dump(mode="json")


def _told(report: AuditReport) -> str:
    lines = [f"event {one.sequence}: {one.problem}" for one in report.violations]
    if report.broken > len(report.violations):
        lines.append(f"… and {report.broken - len(report.violations)} more")
    lines += [f"note: {one}" for one in report.notes]
    verdict = "chain intact" if report.ok else f"{report.broken} breaks"
    signed = f"signed through event {report.signed_through} by {report.checkpoints} checkpoints"
    removed = f", {report.removed} removed by retention" if report.removed else ""
    lines.append(f"{report.events} events{removed}, {signed}, {verdict}")
    return "\n".join(lines) + "\n"
