"""The SQL database: every owner of tables brings its own ``MetaData``; one transaction spans owners.

SQLite runs in WAL mode with ``synchronous=FULL``: what a committed transaction holds survives kill -9 and power loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError

from core.errors import StoreError
from core.store.checkpoints import LONGEST_PAGES, WalCheckpoints

__all__ = ["Database", "open_database"]


class Database:
    """A SQL database with short, serialised write transactions.

    Args:
        engine: A SQLAlchemy engine; ``open_database`` makes the embedded one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._checkpoints = WalCheckpoints(engine) if engine.dialect.name == "sqlite" else None

    @property
    def engine(self) -> Engine:
        """The engine underneath."""
        return self._engine

    def create(self, *metadata: MetaData) -> None:
        """Create the tables that are not there yet."""
        for tables in metadata:
            tables.create_all(self._engine)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction: all of it is durable when the block ends, or none of it happened.

        Raises:
            StoreError: The database refused, such as on a full disk.
        """
        try:
            with self._engine.connect() as connection:
                if self._engine.dialect.name == "sqlite":
                    # Take the write lock first: a read that is upgraded later could fail as busy.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
                if self._checkpoints is not None:
                    self._checkpoints.committed()
        except DBAPIError as error:
            raise StoreError(f"the database refused a write: {error.orig}") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent snapshot to read from."""
        try:
            with self._engine.connect() as connection:
                if self._engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN")
                yield connection
                connection.rollback()
        except DBAPIError as error:
            raise StoreError(f"the database refused a read: {error.orig}") from error

    def close(self) -> None:
        """Close every pooled connection."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._engine.dispose()


def open_database(target: Path | str) -> Database:
    """The database at a file path (SQLite) or a SQLAlchemy URL."""
    if isinstance(target, Path):
        target.parent.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{target}"
    else:
        url = target
    engine = create_engine(url, connect_args={"timeout": 30.0} if url.startswith("sqlite") else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    return Database(engine)


def _configure_sqlite(connection: object, _record: object) -> None:
    # Transactions are begun by Database.write and Database.read, never implicitly by the driver.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=30000")
    # Checkpoints are made beside the writers; a commit makes one only where those cannot keep up.
    cursor.execute(f"PRAGMA wal_autocheckpoint={2 * LONGEST_PAGES}")
    cursor.close()
