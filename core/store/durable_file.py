"""Files that are there whole or not at all, and on disk once they are there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["flush_path", "plain_name", "write_durably"]

_T = TypeVar("_T")


def write_durably(path: Path, write: Callable[[Path], _T]) -> _T:
    """Let a function write a file under another name, flush it, and give it its name; what the function gave.

    Raises:
        OSError: Nothing is left of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    try:
        given = write(unfinished)
        flush_path(unfinished)
        unfinished.rename(path)
        flush_path(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return given


def plain_name(name: str) -> str:
    """A name as part of a file's; two names that read alike differ in their files' random part."""
    return "".join(one if one.isalnum() or one in "_." else "_" for one in name) or "_"


def flush_path(path: Path) -> None:
    """Wait until a file's octets, or the names in a folder, are on disk.

    Raises:
        OSError: They may not be.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
