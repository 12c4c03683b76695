"""Command line of the simulator: prints its port as one JSON line and flies until it is told to stop."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from core.errors import LlamaSpaceError
from core.ground.simulator.faults import load_faults
from core.ground.simulator.labels import FaultLog
from core.ground.simulator.server import Simulator
from core.ground.simulator.store import SimulatorStore
from core.link import read_link_keys
from core.mdb import load_mdb, reference_mdb
from core.mission import load_mission, reference_mission
from core.store import open_database

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator; 2 on bad input."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        mission = load_mission(options.mission) if options.mission else reference_mission()
        mdb = load_mdb(options.mdb) if options.mdb else reference_mdb()
        simulator = Simulator(
            mission,
            mdb,
            read_link_keys(options.keys),
            SimulatorStore(open_database(options.data / "simulator.db")),
            options.housekeeping_s,
            load_faults(options.faults, mission, mdb) if options.faults else None,
            FaultLog(options.data / "faults.jsonl"),
            options.data / "files",
        )
        port = simulator.listen(options.port)
    except (LlamaSpaceError, OSError) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 2
    try:
        sys.stdout.write(json.dumps({"port": port}) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        return 0  # whoever started it is gone already
    simulator.run(options.parent_pid)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="core.ground.simulator", description=__doc__)
    parser.add_argument("--mission", type=Path, help="mission file; the reference mission without")
    parser.add_argument("--mdb", type=Path, help="XTCE mission database; the reference database without")
    parser.add_argument("--data", type=Path, required=True, help="folder of the durable state")
    parser.add_argument("--keys", type=Path, required=True, help="link keys that the spacecraft hold")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument(
        "--housekeeping-s", type=float, default=10.0, help="period of housekeeping in contact, mission s"
    )
    parser.add_argument("--faults", type=Path, help="script of faults to inject (YAML); labels go to DATA/faults.jsonl")
    parser.add_argument("--parent-pid", type=int, help="end when this process, which started it, has ended")
    return parser


if __name__ == "__main__":
    sys.exit(main())
