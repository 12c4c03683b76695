"""Durable storage: one SQL database through SQLAlchemy, SQLite by default."""

from core.store.database import Database, open_database

__all__ = ["Database", "open_database"]
