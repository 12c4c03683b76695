"""The log of injected faults: one JSON line when a fault begins and one when it ends, each exactly once."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from core.ground.simulator.state import FaultLabel
from core.time import format_utc, utc_from_tai_s

__all__ = ["FaultLog"]


class FaultLog:
    """An append-only file; a label that stands in it already, by satellite and number, is not written again.

    Labels wait in the durable state until they are here, so a crash between the two loses none.

    Args:
        path: The file; made with its first label.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = self._read()

    def append(self, labels: Iterable[FaultLabel]) -> None:
        """Write the new ones among some labels, durably."""
        new = [one for one in labels if (one.satellite, one.number) not in self._known]
        if not new:
            return
        with self._path.open("ab") as file:
            for one in new:
                utc = format_utc(utc_from_tai_s(one.t_tai_s))
                file.write(json.dumps({"utc": utc, **one.model_dump()}, sort_keys=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._known |= {(one.satellite, one.number) for one in new}

    def _read(self) -> set[tuple[str, int]]:
        """What is there; a line that a crash has cut is removed, as its label still waits in the state."""
        if not self._path.is_file():
            return set()
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) != len(content):
            with self._path.open("r+b") as file:
                file.truncate(len(whole))
        rows = [json.loads(line) for line in whole.splitlines()]
        return {(row["satellite"], row["number"]) for row in rows}
