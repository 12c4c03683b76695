"""From a packet to the alert of an anomaly in it, at 10,000 packets a second with the shipped detectors; in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from pydantic import BaseModel, ConfigDict

from evals.bench.model import BenchResult, Goal

__all__ = ["AlertRun", "run"]

_LOAD: Final = "api.cli.anomaly_load"  # a process beside this one: a benchmark does not reach into the service
_PACKETS_PER_S: Final = 10_000.0
_SECONDS: Final = 20.0
_MARKS: Final = 37  # no whole number of them in a round of the watch
_GOAL_S: Final = 2.0
_LONGEST_S: Final = 180.0


class AlertRun(BaseModel):
    """One run.

    Attributes:
        late_s: For each marked packet, rising, from when it was due until its alert was durable and told.
        skipped: Packets that found no room in the queue of the detectors.
        cpu_s: Of the whole process: storing and judging.
        seconds: How long packets came.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    late_s: tuple[float, ...]
    skipped: int
    cpu_s: float
    seconds: float


def run() -> list[BenchResult]:
    """One row."""
    options = {"packets-per-s": _PACKETS_PER_S, "seconds": _SECONDS, "marks": _MARKS}
    given = [f"--{name}={value}" for name, value in options.items()]
    done = subprocess.run(
        [sys.executable, "-m", _LOAD, *given], stdout=subprocess.PIPE, text=True, check=True, timeout=_LONGEST_S
    )
    made = AlertRun.model_validate_json(done.stdout.splitlines()[-1])
    late_s = made.late_s
    return [
        BenchResult.compare(
            "anomaly_alert",
            ours=late_s[-1],
            peer=_GOAL_S,
            peer_name="required (no peer)",
            unit="s (worst)",
            goal=1.0,
            goal_kind=Goal.AT_MOST,
            note=(
                f"from when a packet is due until the alert of what is in it is durable and told: middle "
                f"{late_s[len(late_s) // 2]:.2f} s, worst of {len(late_s)} {late_s[-1]:.2f} s; {_PACKETS_PER_S:.0f} packets/s of "
                f"housekeeping of four spacecraft for {made.seconds:.0f} s, stored and judged by the shipped model; {made.skipped} "
                f"packets skipped; {made.cpu_s / made.seconds:.2f} of a core for both"
            ),
        )
    ]
