"""The signed command sets in the database: entered with a submission, asked again at every release."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from core.authority import ApprovalRequests
from core.command.authorise import SignedSet, verify_set
from core.command.model import Command
from core.command.signing import Seal, SignatureRefused
from core.command.tables import command_sets
from core.errors import CommandRefused
from core.store import Database
from core.time import parse_utc

__all__ = ["SignedSets", "set_id_of"]

_KEPT_SETS: Final = 64
_KEPT_COMMANDS: Final = 4096
_WITHDRAWN: Final = select(command_sets.c.withdrawn).where(command_sets.c.set_id == bindparam("of_set"))


@dataclass(frozen=True)
class _Kept:
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
        seal: What the signatures are verified with.
        requests: Where people approve, whose word is asked at every release; None where approvals are handed over.
    """

    def __init__(self, database: Database, seal: Seal, requests: ApprovalRequests | None = None) -> None:
        self._database = database
        self._seal = seal
        self._requests = requests
        self._kept: dict[str, _Kept] = {}
        # Verified as this very object, until its authorisation expires: a changed command is another object.
        self._verified: dict[str, tuple[Command, datetime]] = {}

    def enter(self, connection: Connection, plan_id: str, revision: int, signed: SignedSet) -> None:
        """Store the signed set of a revision."""
        connection.execute(
            insert(command_sets).values(
                set_id=set_id_of(plan_id, revision),
                plan_id=plan_id,
                content=signed.content.decode(),
                signature=signed.signature,
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
        signed = self._signed(set_id_of(command.plan_id, command.revision))
        known = self._verified.get(command.command_id)
        if known is not None and known[0] is command and now_utc <= known[1] and self._counts(signed.signature):
            return
        verify_set(command, signed.content, signed.signature, self._seal, now_utc)
        if len(self._verified) >= _KEPT_COMMANDS:
            self._verified.clear()
        self._verified[command.command_id] = (command, signed.expires_utc)

    def _counts(self, signature: bytes) -> bool:
        """Whether the key of a signature that held before still counts: it may have been declared compromised since."""
        try:
            self._seal.require_counting(signature)
        except SignatureRefused:
            return False
        return True

    def require_standing(self, connection: Connection, commands: Iterable[Command]) -> dict[str, CommandRefused]:
        """Refusals by command id, where the set was withdrawn or its approval stands no more; in the transaction that releases."""
        wanted = {one.command_id: (one.plan_id, one.revision, one.revision_hash) for one in commands}
        refusals = {bound: self._refusal(connection, *bound) for bound in set(wanted.values())}
        return {command_id: refusal for command_id, bound in wanted.items() if (refusal := refusals[bound]) is not None}

    def _refusal(
        self, connection: Connection, plan_id: str, revision: int, revision_hash: str
    ) -> CommandRefused | None:
        if connection.execute(_WITHDRAWN, {"of_set": set_id_of(plan_id, revision)}).scalar() != 0:
            return _withdrawn()
        if self._requests is not None:
            try:
                self._requests.check_in(connection, plan_id, revision_hash)
            except CommandRefused as refusal:
                return refusal
        return None

    def _signed(self, set_id: str) -> _Kept:
        kept = self._kept.get(set_id)
        if kept is None:
            if len(self._kept) >= _KEPT_SETS:
                self._kept.clear()
            kept = self._kept[set_id] = self._load(set_id)
        return kept

    def _load(self, set_id: str) -> _Kept:
        query = select(command_sets.c.content, command_sets.c.signature).where(command_sets.c.set_id == set_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise _withdrawn()
        return _Kept(row.content.encode(), row.signature, parse_utc(json.loads(row.content)["expires"]))


def _withdrawn() -> CommandRefused:
    return CommandRefused("its authorisation was withdrawn", code="AUT-004", stage="release")
