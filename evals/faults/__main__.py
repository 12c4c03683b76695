"""``python -m evals.faults --seeds 5``: exit 0 when every planted fault is found, 1 when one is missed."""

from __future__ import annotations

import argparse
import sys

from evals.faults.run import FAULTS, judge_all


def main() -> int:
    """Plant every fault with some seeds and print what was missed."""
    parser = argparse.ArgumentParser(prog="python -m evals.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="how many different sets of valid plans to spoil")
    options = parser.parse_args()
    missed = 0
    for seed in range(1, options.seeds + 1):
        for outcome in judge_all(seed):
            if outcome.finding is None:
                missed += 1
                print(
                    f"seed {seed}: {outcome.fault.code} {outcome.fault.name}: {outcome.missed}; found {outcome.others}"
                )
    codes = len({fault.code for fault in FAULTS})
    print(f"{len(FAULTS) * options.seeds} planted, {missed} missed, {codes} codes")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
