"""``python -m evals.fuzz tle --inputs 10000000``: exit 0 without a defect, 1 with one.

Readers of messages (tle, omm, cdm, …), of frames (tc, cltu, tm, aos, …), and of telemetry (packets, open-frames, xtce).
"""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.progress import Progress

from evals.fuzz.frames import CHANNELS, fuzz_frames
from evals.fuzz.run import fuzz
from evals.fuzz.targets import TARGETS
from evals.fuzz.telemetry import STREAMS, XTCE, fuzz_stream


def main() -> int:
    """Fuzz one reader and print what it did."""
    parser = argparse.ArgumentParser(prog="python -m evals.fuzz", description=__doc__)
    parser.add_argument("reader", choices=sorted([*TARGETS, *CHANNELS, *STREAMS, "xtce"]))
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.reader in CHANNELS:
        return _frames(options.reader, options.inputs, options.seed)
    if options.reader in STREAMS:
        return _stream(options.reader, options.inputs, options.seed)
    target = XTCE if options.reader == "xtce" else TARGETS[options.reader]
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(options.reader, total=options.inputs)
        tally = fuzz(target, options.inputs, options.seed, lambda n: bar.update(task, completed=n))
    print(
        f"{options.reader}: {tally.inputs} inputs, {tally.refused} refused, {tally.read} read, slowest "
        f"{tally.slowest_s * 1000.0:.1f} ms, {len(tally.defects)} defects"
    )
    for defect in tally.defects[:5]:
        print(f"{defect.reason}\n{defect.text!r}")
    return 1 if tally.defects else 0


def _frames(name: str, inputs: int, seed: int) -> int:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=inputs)
        tally = fuzz_frames(CHANNELS[name](), inputs, seed, lambda n: bar.update(task, completed=n))
    print(
        f"{name}: {tally.inputs} altered frames, {tally.refused} refused, {tally.unaltered} altered only where nothing is "
        f"protected, {len(tally.accepted)} accepted"
    )
    for raw in tally.accepted[:5]:
        print(raw.hex())
    return 1 if tally.accepted else 0


def _stream(name: str, inputs: int, seed: int) -> int:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=inputs)
        tally = fuzz_stream(STREAMS[name](), inputs, seed, lambda n: bar.update(task, completed=n))
    print(f"{name}: {tally.inputs} inputs, {tally.packets} packets, {len(tally.defects)} defects")
    for defect in tally.defects[:5]:
        print(defect)
    return 1 if tally.defects else 0


if __name__ == "__main__":
    sys.exit(main())
