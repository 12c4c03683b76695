"""How far something that reads stored telemetry has come; moved in the transaction that keeps what it read."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from core.command.tables import progress

__all__ = ["cursor_of", "move_cursor"]


def cursor_of(connection: Connection, name: str) -> int:
    """The number of the last packet that was taken; 0 before the first."""
    return connection.execute(select(progress.c.value).where(progress.c.name == name)).scalar() or 0


def move_cursor(connection: Connection, name: str, value: int) -> None:
    """Remember the last packet that was taken."""
    if not connection.execute(update(progress).where(progress.c.name == name).values(value=value)).rowcount:
        connection.execute(insert(progress).values(name=name, value=value))
