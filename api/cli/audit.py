"""``llamaspace audit verify``: walks the tamper-evident log of a data folder."""

from __future__ import annotations

import argparse
import json
import sys

from core.errors import InputError
from core.events import EventLog
from core.store import open_database

__all__ = ["verify_log"]


def verify_log(options: argparse.Namespace) -> int:
    """0 when the chain is whole, 1 with every break named."""
    path = options.data / "llamaspace.db"
    if not path.is_file():
        raise InputError("--data", f"{options.data} holds no service's data: {path.name} is not there")
    log = EventLog(open_database(path))
    violations, count = log.verify(), log.last_sequence()
    if options.json:
        document = {"ok": not violations, "events": count, "violations": [one.model_dump() for one in violations]}
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        sys.stdout.writelines(f"event {one.sequence}: {one.problem}\n" for one in violations)
        sys.stdout.write(f"{count} events, {'chain intact' if not violations else f'{len(violations)} breaks'}\n")
    return 1 if violations else 0
