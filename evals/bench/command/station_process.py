"""The accepting station as a process of its own, as a station is: it shares no interpreter with what is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from core.link import read_link_keys
from core.time import MissionClock
from core.time.clock import ClockAnchor
from evals.bench.command.station import AcceptingStation

__all__ = ["StationProcess"]


class StationProcess:
    """Starts the station; it ends when this one closes its input.

    Args:
        key_file: What the spacecraft hold.
        anchor: Mission time.
    """

    def __init__(self, key_file: Path, anchor: ClockAnchor) -> None:
        command = [sys.executable, "-m", __name__, str(key_file), json.dumps(vars(anchor))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = ("127.0.0.1", int(self._answer()))

    def taken(self) -> dict[str, int]:
        """How many commands each spacecraft took."""
        if self._process.stdin is not None:
            self._process.stdin.write("taken\n")
            self._process.stdin.flush()
        found: dict[str, int] = json.loads(self._answer())
        return found

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def _answer(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"the station ended with code {self._process.wait()}")
        return line


def main() -> None:
    """Leave the core that is measured, listen, tell the port, and answer each line of input with what was taken."""
    if hasattr(os, "sched_setaffinity"):
        others = set(range(os.cpu_count() or 1)) - os.sched_getaffinity(0)
        os.sched_setaffinity(0, others or os.sched_getaffinity(0))
    keys = read_link_keys(Path(sys.argv[1]))
    clock = MissionClock(ClockAnchor(**json.loads(sys.argv[2])))
    station = AcceptingStation(keys, clock.now_tai_s)
    print(station.address[1], flush=True)
    for _ in sys.stdin:
        print(json.dumps({name: len(station.taken(name)) for name in keys.spacecraft}), flush=True)


if __name__ == "__main__":
    main()
