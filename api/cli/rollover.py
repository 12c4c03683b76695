"""``llamaspace keys rollover``: change the telecommand key of a spacecraft, or give such a change up.

Nothing is sent from here: the new key is kept, and a stack is drafted that two people have to approve.
"""

from __future__ import annotations

import argparse
import json
import sys

from api.cli.audit import open_log, shell_actor
from api.cli.deps import mission_of
from api.settings import Settings
from core.command.keys import open_link_key_file
from core.command.model import Contact
from core.command.rollover import abandon, begin_rollover, forget_old_key
from core.command.stack import check_stack
from core.command.stack_table import StackTable
from core.errors import InputError
from core.mdb import reference_mdb
from core.time import SystemClock, parse_utc

__all__ = ["roll_over"]


def roll_over(options: argparse.Namespace) -> int:
    """Draft the stack of a change of keys; with ``--abandon`` or ``--finish`` end one that has begun."""
    database, log = open_log(options.data)
    settings = Settings(data=options.data)
    mission, clock = mission_of(settings.mission), SystemClock()
    file = open_link_key_file(settings.data / "keys", mission)
    table = StackTable(database, log, clock)
    try:
        if options.abandon or options.finish:
            end = abandon if options.abandon else forget_old_key
            end(file, table, options.satellite)
            what = "abandoned" if options.abandon else "finished"
            with database.write() as connection:
                log.append(
                    connection,
                    f"key.rollover_{what}",
                    options.satellite,
                    actor=shell_actor(),
                    at_utc=clock.now_utc(),
                    payload={},
                )
            sys.stdout.write(f"the change of keys of {options.satellite} is {what}\n")
            return 0
        stack = begin_rollover(file, table, options.satellite, _contact(options), shell_actor())
        check_stack(stack, mission, reference_mdb())
        with database.write() as connection:
            table.draft(connection, stack)
    finally:
        database.close()
    if options.json:
        sys.stdout.write(json.dumps({"stack_id": stack.stack_id, "stack_hash": stack.stack_hash()}) + "\n")
    else:
        sys.stdout.write(f"{stack.stack_id} is drafted: {stack.title}; two people have to approve it\n")
    return 0


def _contact(options: argparse.Namespace) -> Contact:
    for name in ("station", "start", "end"):
        if getattr(options, name) is None:
            raise InputError(f"--{name}", "is needed: the contact in which the procedures are sent")
    return Contact(station=options.station, start=parse_utc(options.start), end=parse_utc(options.end))
