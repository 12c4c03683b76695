"""The signed command sets in the database: entered with a submission, asked again at every release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, insert, select, update

from core.command.authorise import verify_set
from core.command.model import Command
from core.command.tables import command_sets
from core.errors import CommandRefused
from core.store import Database

__all__ = ["SignedSets", "set_id_of"]


@dataclass(frozen=True)
class _Signed:
    content: bytes
    signature: bytes


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
        set_id = set_id_of(command.plan_id, command.revision)
        signed = self._kept.get(set_id) or self._load(set_id)
        if signed is None:
            raise _withdrawn()
        verify_set(command, signed.content, signed.signature, self._key, now_utc)
        self._kept = (
            {**dict(list(self._kept.items())[-63:]), set_id: signed} if set_id not in self._kept else self._kept
        )

    def require_standing(self, connection: Connection, commands: Iterable[Command]) -> dict[str, CommandRefused]:
        """Refusals by command id, where the set was withdrawn; in the transaction that releases."""
        wanted = {one.command_id: set_id_of(one.plan_id, one.revision) for one in commands}
        query = select(command_sets.c.set_id).where(
            command_sets.c.set_id.in_(set(wanted.values())), command_sets.c.withdrawn == 0
        )
        standing = set(connection.execute(query).scalars())
        return {command_id: _withdrawn() for command_id, set_id in wanted.items() if set_id not in standing}

    def _load(self, set_id: str) -> _Signed | None:
        query = select(command_sets.c.content, command_sets.c.signature).where(command_sets.c.set_id == set_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return _Signed(row.content.encode(), row.signature) if row else None


def _withdrawn() -> CommandRefused:
    return CommandRefused("its authorisation was withdrawn", code="AUT-004", stage="release")
