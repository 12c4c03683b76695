"""The signed command sets in the database: entered with a submission, asked again at every release."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, bindparam, insert, select, update

from core.command.authorise import verify_set
from core.command.model import Command
from core.command.tables import command_sets
from core.errors import CommandRefused
from core.store import Database
from core.time import parse_utc

__all__ = ["SignedSets", "set_id_of"]

_KEPT_SETS: Final = 64
_KEPT_COMMANDS: Final = 4096
_WITHDRAWN: Final = select(command_sets.c.withdrawn).where(command_sets.c.set_id == bindparam("of_set"))


@dataclass(frozen=True)
class _Signed:
    content: bytes
    signature: bytes
    expires_utc: datetime


def set_id_of(plan_id: str, revision: int) -> str:
    """The id of the set of one revision."""
    return f"{plan_id}:{revision}"


class SignedSets:
    """Sets by plan and revision; what was signed never changes, whether it was withdrawn is read every time.

    Args:
        database: Where they are.
        key: What the signatures are verified with.
    """

    def __init__(self, database: Database, key: Ed25519PublicKey) -> None:
        self._database = database
        self._key = key
        self._kept: dict[str, _Signed] = {}
        # Verified as this very object, until its authorisation expires: a changed command is another object.
        self._verified: dict[str, tuple[Command, datetime]] = {}

    def enter(self, connection: Connection, plan_id: str, revision: int, content: bytes, signature: bytes) -> None:
        """Store a signed set."""
        connection.execute(
            insert(command_sets).values(
                set_id=set_id_of(plan_id, revision),
                plan_id=plan_id,
                content=content.decode(),
                signature=signature,
                withdrawn=0,
            )
        )

    def withdraw(self, connection: Connection, plan_id: str) -> None:
        """Have nothing more of a plan leave."""
        connection.execute(update(command_sets).where(command_sets.c.plan_id == plan_id).values(withdrawn=1))

    def verify(self, command: Command, now_utc: datetime) -> None:
        """Refuse a command that its signed set does not hold exactly so, or whose authorisation has expired.

        Raises:
            CommandRefused: Altered, not in a set, wrongly signed or expired.
        """
        known = self._verified.get(command.command_id)
        if known is not None and known[0] is command and now_utc <= known[1]:
            return
        signed = self._signed(set_id_of(command.plan_id, command.revision))
        verify_set(command, signed.content, signed.signature, self._key, now_utc)
        if len(self._verified) >= _KEPT_COMMANDS:
            self._verified.clear()
        self._verified[command.command_id] = (command, signed.expires_utc)

    def require_standing(self, connection: Connection, commands: Iterable[Command]) -> dict[str, CommandRefused]:
        """Refusals by command id, where the set was withdrawn; in the transaction that releases."""
        wanted = {one.command_id: set_id_of(one.plan_id, one.revision) for one in commands}
        standing = {
            set_id
            for set_id in set(wanted.values())
            if connection.execute(_WITHDRAWN, {"of_set": set_id}).scalar() == 0
        }
        return {command_id: _withdrawn() for command_id, set_id in wanted.items() if set_id not in standing}

    def _signed(self, set_id: str) -> _Signed:
        kept = self._kept.get(set_id)
        if kept is None:
            if len(self._kept) >= _KEPT_SETS:
                self._kept.clear()
            kept = self._kept[set_id] = self._load(set_id)
        return kept

    def _load(self, set_id: str) -> _Signed:
        query = select(command_sets.c.content, command_sets.c.signature).where(command_sets.c.set_id == set_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise _withdrawn()
        return _Signed(row.content.encode(), row.signature, parse_utc(json.loads(row.content)["expires"]))


def _withdrawn() -> CommandRefused:
    return CommandRefused("its authorisation was withdrawn", code="AUT-004", stage="release")
