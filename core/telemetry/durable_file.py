"""Files that are there whole or not at all, and on disk once they are there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["plain_name", "write_durably"]

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
        _sync(unfinished)
        unfinished.rename(path)
        _sync(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return given


def plain_name(name: str) -> str:
    """A name as part of a file's; two names that read alike differ in their files' random part."""
    return "".join(one if one.isalnum() or one in "_." else "_" for one in name) or "_"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
