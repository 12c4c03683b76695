"""The real catalogue that the SGP4, access and screening rows fly, from the reference data."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import NotFound
from core.mission import Tle, parse_tle

__all__ = ["Entry", "catalogue", "reference_data"]


@dataclass(frozen=True)
class Entry:
    """One object: its lines as published, and what they say."""

    line1: str
    line2: str
    tle: Tle


def reference_data() -> Path:
    """The folder of reference data.

    Raises:
        NotFound: It is not there; names the environment variable that says where it is.
    """
    folder = Path(os.environ.get("LLAMASPACE_REFERENCE_DATA", "../shared/data"))
    if not folder.is_dir():
        raise NotFound(f"reference data not found at {folder}: set LLAMASPACE_REFERENCE_DATA")
    return folder


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every object of 2022-11-03, in the file's order."""
    lines = (reference_data() / "flight" / "catalogue" / "active.tle").read_text(encoding="ascii").splitlines()
    return tuple(
        Entry(lines[k + 1], lines[k + 2], parse_tle(lines[k + 1], lines[k + 2])) for k in range(0, len(lines) - 2, 3)
    )
