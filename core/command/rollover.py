"""A change of a spacecraft's telecommand key as a stack: the new key is kept first, then the document is drafted.

upload, verify by challenge, activate, give the spare association the key, start it | over the new key: ping, stop and
expire the old association, deactivate and destroy the old key. The stack goes the way of every other: approved by two
people, for its procedures are hazardous, and released step by step.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any, Final

from core.command.link_keys import LinkKeyFile
from core.command.model import Contact
from core.command.stack import Stack
from core.command.stack_table import OPEN_STACKS, StackRecord, StackTable
from core.errors import Conflict, InputError, NotFound
from core.link import SpacecraftLinkKeys
from core.link.keys import RolloverState
from core.link.procedure_units import KEY_LENGTH, encode_unit
from core.link.rollover import abandon_rollover, finish_rollover, prepare_rollover, rollover_units

__all__ = ["abandon", "begin_rollover", "forget_old_key", "rollover_stack"]

_COMMAND: Final = "SECURITY_PROCEDURE"
_BEFORE_SWITCH: Final = ("upload", "verify", "activate", "rekey", "start")
_AFTER_SWITCH: Final = ("stop", "expire", "deactivate", "destroy")
_CHALLENGE_LENGTH: Final = 16
_PROOF_TIMEOUT_S: Final = 120.0


def begin_rollover(
    file: LinkKeyFile,
    table: StackTable,
    satellite: str,
    contact: Contact,
    author: str,
    random: Callable[[int], bytes] = os.urandom,
) -> Stack:
    """Keep a new key in the key file and give the stack that brings it on board; nothing is sent, nothing is approved.

    Called again for a change whose stack is not there or has come to nothing before it sent anything, it gives the
    stack for the key that is kept.

    Args:
        file: The link keys.
        table: Stacks, to see what became of one that began.
        satellite: Whose key.
        contact: The contact in which the stack sends.
        author: Who writes it; they cannot approve it.
        random: Where key and challenge come from.
    Raises:
        Conflict: A change has begun and its stack is open, or it has come too far to begin again.
        NotFound: There are no keys of this spacecraft.
    """
    if contact.end <= contact.start:
        raise InputError("contact.end", "must be after start")
    new_key, challenge = random(KEY_LENGTH), random(_CHALLENGE_LENGTH)
    stack_id = f"stack-rekey{hashlib.sha256(challenge).hexdigest()[:16]}"

    def prepare(keys: SpacecraftLinkKeys) -> SpacecraftLinkKeys:
        begun = keys.rollover
        if begun is None:
            return prepare_rollover(keys, stack_id, new_key, challenge)
        if begun.state is not RolloverState.PREPARED or _newest(table, begun.stack_id) is not None:
            raise Conflict(
                f"a change of keys of {satellite} has begun: {begun.stack_id} is {begun.state}; run its stack to the end "
                "or abandon it",
                code="rollover-begun",
            )
        return keys

    return rollover_stack(file.change(satellite, prepare), satellite, contact, author)


def abandon(file: LinkKeyFile, table: StackTable, satellite: str) -> SpacecraftLinkKeys:
    """Give up a change of keys before the switch; what was brought on board stays there, unused.

    Raises:
        Conflict: Its stack is open, or telecommands go over the new key already.
    """

    def give_up(keys: SpacecraftLinkKeys) -> SpacecraftLinkKeys:
        _require_ended(keys, table)
        return abandon_rollover(keys)

    return file.change(satellite, give_up)


def forget_old_key(file: LinkKeyFile, table: StackTable, satellite: str) -> SpacecraftLinkKeys:
    """End a change whose stack failed after the switch, once the old key is gone on board by other means.

    Raises:
        Conflict: Its stack is open, or telecommands do not go over the new key.
    """

    def forget(keys: SpacecraftLinkKeys) -> SpacecraftLinkKeys:
        _require_ended(keys, table)
        return finish_rollover(keys)

    return file.change(satellite, forget)


def rollover_stack(keys: SpacecraftLinkKeys, satellite: str, contact: Contact, author: str) -> Stack:
    """The stack of a prepared change; keys in it are sealed under the master key.

    Raises:
        Conflict: None is prepared.
    """
    units = rollover_units(keys)
    assert keys.rollover is not None
    within_s = (contact.end - contact.start).total_seconds()
    steps: list[dict[str, Any]] = []

    def send(name: str, otherwise: str | None = None) -> None:
        unit = encode_unit(units[name]).hex()
        steps.append({"kind": "command", "step_id": name, "command": _COMMAND, "arguments": {"unit": unit}})
        waits = {"kind": "wait_verifier", "step_id": f"{name}-done", "of": name, "timeout_s": within_s}
        steps.append(waits if otherwise is None else {**waits, "otherwise": otherwise})

    def ground(action: str) -> None:
        steps.append({"kind": "link_keys", "step_id": action, "action": action, "timeout_s": _PROOF_TIMEOUT_S})

    for name in _BEFORE_SWITCH:
        send(name)
        if name == "verify":
            ground("prove")
    ground("switch")
    send("ping", otherwise="revert")
    for name in _AFTER_SWITCH:
        send(name)
    ground("finish")
    steps.append({"kind": "end", "step_id": "changed"})
    ground("revert")
    steps.append({"kind": "end", "step_id": "reverted", "failed": True})
    return Stack.model_validate(
        {
            "stack_id": keys.rollover.stack_id,
            "revision": 1,
            "title": f"change the telecommand key of {satellite} to key {keys.rollover.other.key_id}",
            "author": author,
            "satellite": satellite,
            "contacts": [contact],
            "steps": steps,
        }
    )


def _require_ended(keys: SpacecraftLinkKeys, table: StackTable) -> None:
    record = _newest(table, keys.rollover.stack_id) if keys.rollover is not None else None
    if record is not None and record.state in OPEN_STACKS:
        raise Conflict(f"{record.stack.stack_id} is {record.state}; abort it first", code="stack-state")


def _newest(table: StackTable, stack_id: str) -> StackRecord | None:
    try:
        return table.get(stack_id)
    except NotFound:
        return None
