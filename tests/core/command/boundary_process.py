"""Services that die by SIGKILL exactly at a boundary between two stages; one interpreter, one fork for each."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from loopback import MDB, MISSION, START_TAI_S, ProvedDryRuns

from core.command.seam import Boundary
from core.ground import TcpGroundLink
from core.plan.model import MissionPlan
from core.telemetry.packet_table import load_arrow
from core.time import MissionClock
from core.time.clock import ClockAnchor
from evals.bench.command.service import Rig, approval_of


def fly(folder: Path, port: int, boundary: str, nth: int) -> None:
    """Submit the folder's plan and work; die when the boundary is met for the n-th time."""
    met = 0

    def seam(one: Boundary) -> None:
        nonlocal met
        met += one == boundary
        if met == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = MissionClock(ClockAnchor(time.time(), START_TAI_S + 90.0, 5.0))
    link = TcpGroundLink(lambda: ("127.0.0.1", port), lambda: 0, lambda: None)
    rig = Rig.open(folder, clock, link, mission=MISSION, mdb=MDB, dry_runs=ProvedDryRuns(), seam=seam)
    link.start()
    plan = MissionPlan.model_validate_json((folder / "plan.json").read_text())
    threading.Timer(10.0, os._exit, (3,)).start()
    rig.pipeline.submit(plan, [approval_of(plan)])
    rig.pipeline.run(threading.Event())


def main() -> None:
    """Read cases, fork one child for each, and print how each ended."""
    load_arrow()  # once, and not in each child
    for folder, port, boundary, nth in json.loads(sys.argv[1]):
        child = os.fork()
        if child == 0:
            fly(Path(folder), port, boundary, nth)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
