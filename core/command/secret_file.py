"""Files of secrets: for their owner alone, written whole and durably, by one writer at a time also among processes."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import InputError
from core.store.durable_file import flush_path

__all__ = ["check_private", "one_writer", "write_secret_file"]


def check_private(path: Path) -> None:
    """Refuse a key file that others may read."""
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError("keys", f"{path} may be read by others; its mode must be 600")


def write_secret_file(path: Path, content: str) -> None:
    """Write a file that only its owner may read; it appears whole or not at all, and survives a power loss then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    flush_path(path.parent)  # the new name


@contextmanager
def one_writer(path: Path) -> Iterator[None]:
    """Hold the right to change a file, by a lock beside it; waits for who holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
