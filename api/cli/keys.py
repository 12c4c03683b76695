"""``llamaspace keys``: list, rotate and revoke the keys that sign approvals, command sets and the audit log.

Whoever can write the data folder (or holds Vault's token) can do this; what they do is an event of the log.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from api.cli.audit import open_log, shell_actor
from api.settings import Settings
from api.signing_keys import open_signing_keys
from core.command.keystore import KeyPurpose, SigningKey
from core.time import SystemClock

__all__ = ["list_keys", "revoke_key", "rotate_key"]


def list_keys(options: argparse.Namespace) -> int:
    """Print every key; public halves only."""
    open_log(options.data)  # a folder without a service's data gets no keys
    keys = open_signing_keys(Settings(data=options.data)).list_keys()
    if options.json:
        sys.stdout.write(json.dumps({"keys": [one.model_dump(mode="json") for one in keys]}) + "\n")
        return 0
    for one in keys:
        why = f"  ({one.reason})" if one.reason else ""
        sys.stdout.write(f"{one.purpose:<12} {one.state:<12} {one.created_utc:%Y-%m-%d}  {one.key_id}{why}\n")
    return 0


def rotate_key(options: argparse.Namespace) -> int:
    """A new key for a purpose."""
    open_log(options.data)
    store = open_signing_keys(Settings(data=options.data))
    purpose = KeyPurpose(options.purpose)
    before = {one.key_id: one.state for one in store.list_keys()}
    fresh = store.rotate(purpose)
    _record(options, "key.rotated", fresh, {"purpose": purpose.value})
    sys.stdout.write(f"{fresh.key_id} is active for {purpose}\n")
    for one in store.list_keys():
        if before.get(one.key_id, one.state) is not one.state:
            sys.stdout.write(f"{one.key_id} is {one.state}{_means(one)}\n")
    return 0


def revoke_key(options: argparse.Namespace) -> int:
    """Declare a key compromised."""
    open_log(options.data)
    store = open_signing_keys(Settings(data=options.data))
    revoked = store.revoke(options.key_id, options.reason)
    _record(options, "key.revoked", revoked, {"purpose": revoked.purpose.value, "reason": options.reason})
    sys.stdout.write(f"{revoked.key_id} is {revoked.state}{_means(revoked)}\n")
    sys.stdout.write(f"{store.active(revoked.purpose).key_id} is active for {revoked.purpose}\n")
    return 0


def _means(key: SigningKey) -> str:
    if key.purpose is not KeyPurpose.COMMAND_SET:
        return ""
    return {
        "retiring": ": what it signed is still released",
        "retired": ": commands that it signed and that have not left are refused now",
        "compromised": ": commands that it signed and that have not left are refused now",
    }.get(key.state.value, "")


def _record(options: argparse.Namespace, kind: str, key: SigningKey, facts: dict[str, Any]) -> None:
    database, log = open_log(options.data)
    with database.write() as connection:
        at_utc = SystemClock().now_utc()
        log.append(connection, kind, key.key_id, actor=shell_actor(), at_utc=at_utc, payload=facts)
    database.close()
