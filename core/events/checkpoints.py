"""Signed checkpoints of the chain: whoever rewrites the whole database cannot make them again.

A checkpoint says that the event of a number has a hash, and so fixes every event up to it. It names the hash of the
checkpoint before it. It is kept in the database and, written first, in a file outside it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, insert, select

from core.errors import LlamaSpaceError, StoreError
from core.events.chain import GENESIS_HASH, ChainEnd
from core.events.claims import CHECKPOINT_FORMAT, AuditSeal, Checkpoint, read_claim, token_hash
from core.events.log import EventLog
from core.store import Database
from core.time import format_utc

__all__ = ["AUDIT_TABLES", "Checkpoints"]

AUDIT_TABLES: Final = MetaData()
_ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")

_checkpoints = Table(
    "audit_checkpoints",
    AUDIT_TABLES,
    Column("number", _ROW_ID, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False),
)


class Checkpoints:
    """The checkpoints of a log.

    Args:
        database: Where the log is.
        log: The log.
        seal: Signs them.
        file: Where they are written outside the database.
    """

    def __init__(self, database: Database, log: EventLog, seal: AuditSeal, file: Path) -> None:
        self._database = database
        self._log = log
        self._seal = seal
        self._file = file
        database.create(AUDIT_TABLES)

    def stored(self) -> list[str]:
        """The tokens in the database, oldest first."""
        with self._database.read() as connection:
            return self._stored_in(connection)

    def outside(self) -> list[str] | None:
        """The tokens in the file, oldest first; None where there is no file. A line that a crash cut is left out."""
        if not self._file.is_file():
            return None
        text = self._file.read_text()
        return [line for line in text[: text.rfind("\n") + 1].splitlines() if line]

    def last(self) -> Checkpoint | None:
        """The newest checkpoint."""
        tokens = self.stored()
        return read_claim(tokens[-1]) if tokens else None

    def make(self, now_utc: datetime) -> Checkpoint | None:
        """Sign the chain as it stands; None where nothing has come since the last one.

        Args:
            now_utc: The time of the computer's clock.
        """
        self._take_over()
        with self._database.read() as connection:
            end = self._log.end_in(connection)
            tokens = self._stored_in(connection)
        last = read_claim(tokens[-1]) if tokens else None
        if end is None or (last is not None and last.sequence == end.sequence and last.hash == end.hash):
            return None
        claim = self._claim(end, last, now_utc)
        # Signed before the transaction: a key store on the network must not hold up the writers of the log.
        token = self._seal.sign(json.dumps(claim, sort_keys=True, separators=(",", ":")).encode())
        with self._database.write() as connection:
            if len(self._stored_in(connection)) != len(tokens):
                return None  # another process has signed meanwhile
            self._write_outside(token)
            connection.execute(insert(_checkpoints).values(number=claim["number"], token=token))
        return read_claim(token)

    def _take_over(self) -> None:
        """Bring into the database what a crash left in the file alone."""
        outside = self.outside() or []
        if len(outside) <= len(self.stored()):
            return
        with self._database.write() as connection:
            tokens = self._stored_in(connection)
            for token in outside[len(tokens) :]:
                if not self._follows(token, tokens):
                    break
                connection.execute(insert(_checkpoints).values(number=len(tokens) + 1, token=token))
                tokens.append(token)

    def _stored_in(self, connection: Connection) -> list[str]:
        return list(connection.execute(select(_checkpoints.c.token).order_by(_checkpoints.c.number)).scalars())

    def _claim(self, end: ChainEnd, last: Checkpoint | None, now_utc: datetime) -> dict[str, Any]:
        return {
            "format": CHECKPOINT_FORMAT,
            "number": last.number + 1 if last else 1,
            "sequence": end.sequence,
            "hash": end.hash,
            "previous": token_hash(last.token) if last else GENESIS_HASH,
            "at": format_utc(now_utc),
        }

    def _follows(self, token: str, tokens: Sequence[str]) -> bool:
        """Whether a token of the file is the one that a crash kept from the database."""
        claim = read_claim(token)
        try:
            self._seal.open(token)
        except LlamaSpaceError:
            return False  # verification tells of it; it is not taken over
        before = token_hash(tokens[-1]) if tokens else GENESIS_HASH
        return claim is not None and (claim.number, claim.previous) == (len(tokens) + 1, before)

    def _write_outside(self, token: str) -> None:
        """Append a line that is on the disk when this returns, over one that a crash cut."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a+b") as file:
                file.seek(0)
                whole = file.read()
                file.truncate(whole.rfind(b"\n") + 1)
                file.write(token.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(f"the checkpoint file {self._file} cannot be written: {error}") from error
