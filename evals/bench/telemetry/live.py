"""The live path: packet in to socket out at 20,000 packets a second, with 200 readers; the load runs in processes of its own."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import Final

from evals.bench.model import BenchResult, Goal
from evals.bench.telemetry.live_readers import SELECTIONS, LiveRun

__all__ = ["run"]

_LOAD: Final = "api.cli.telemetry_load"  # a process beside this one: a benchmark does not reach into the service
_PACKETS_PER_S: Final = 20_000.0
_SECONDS: Final = 10.0
_READERS: Final = 200
_OF_A_PACKET: Final = 3  # samples, where every one is sent
_MAXIMUM_HZ: Final = 50.0
_GOAL_MS: Final = 50.0
_LONGEST_S: Final = 150.0  # of a run: half of it is to make the packets and to wait, on a machine with other work


def run() -> list[BenchResult]:
    """Two rows: readers of newest values, and readers of every sample."""
    return [_bounded(mode) for mode in ("newest", "every")]


def _bounded(mode: str) -> BenchResult:
    try:
        made = _measured(mode, _READERS, _PACKETS_PER_S, _SECONDS, _MAXIMUM_HZ)
    except subprocess.TimeoutExpired as late:
        return _result(mode, late.timeout * 1000.0, f"the run had not ended after {late.timeout:.0f} s")
    return _row(mode, made)


def _measured(mode: str, readers: int, packets_per_s: float, seconds: float, maximum_hz: float) -> LiveRun:
    options = {"readers": readers, "packets-per-s": packets_per_s, "seconds": seconds, "maximum-hz": maximum_hz}
    given = [f"--{name}={value}" for name, value in options.items()]
    done = subprocess.run(
        [sys.executable, "-m", _LOAD, "--mode", mode, *given],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=_LONGEST_S,
    )
    return LiveRun.model_validate_json(done.stdout.splitlines()[-1])


def _row(mode: str, made: LiveRun) -> BenchResult:
    one = made.outcome
    if one.wrong:
        raise RuntimeError(f"{one.wrong} of {_READERS} readers did not get every packet once")
    behind = f"; {one.unfinished} readers had not got all when the run was ended" if one.unfinished else ""
    sent = one.told * _OF_A_PACKET / 1e6
    samples = (
        f"; {made.cpu_s / max(sent, 1e-6):.3f} CPU s of the server for a million samples sent"
        if mode == "every"
        else ""
    )
    note = (
        f"from when a packet is due in a frame until a reader has it: p50 {one.p50_ms:.1f} ms, p99 {one.p99_ms:.1f} ms, "
        f"worst {one.worst_ms:.0f} ms; {_READERS} readers, {SELECTIONS} selections of three parameters, at most "
        f"{_MAXIMUM_HZ:.0f} messages/s each; {_PACKETS_PER_S:.0f} packets/s for {made.seconds:.0f} s, durable, judged and "
        f"moved into files meanwhile ({made.batches} batches); {one.messages} messages, {one.octets / 1e6:.0f} MB; the "
        f"server took {made.cpu_s / made.seconds:.2f} of a core, the readers, a process of their own, {one.cpu_s / made.seconds:.2f}, "
        f"of {made.cores} {'core' if made.cores == 1 else 'cores'} for both{samples}{behind}"
    )
    return _result(mode, one.p99_ms, note)


def _result(mode: str, p99_ms: float, note: str) -> BenchResult:
    return BenchResult.compare(
        f"telemetry_live_{mode}",
        ours=p99_ms,
        peer=_GOAL_MS,
        peer_name="required (no peer)",
        unit="ms (p99)",
        goal=1.0,
        goal_kind=Goal.AT_MOST,
        note=note,
    )


def main() -> int:
    """One run with other figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=("newest", "every"), default="every")
    parser.add_argument("--readers", type=int, default=_READERS)
    parser.add_argument("--packets-per-s", type=float, default=_PACKETS_PER_S)
    parser.add_argument("--seconds", type=float, default=_SECONDS)
    parser.add_argument("--maximum-hz", type=float, default=_MAXIMUM_HZ)
    chosen = parser.parse_args()
    made = _measured(chosen.mode, chosen.readers, chosen.packets_per_s, chosen.seconds, chosen.maximum_hz)
    sys.stdout.write(made.model_dump_json(indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
