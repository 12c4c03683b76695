"""``python -m evals.planning KIND CASE --seconds 60 --out F``: solves a public case, checks it, prints its metrics as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.planning.kinds import KINDS

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the solution is valid, 1 when the check finds anything."""
    parser = argparse.ArgumentParser(prog="python -m evals.planning", description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("case", type=Path, help="folder of the case")
    parser.add_argument("--seconds", type=float, default=60.0, help="time budget of the search")
    parser.add_argument("--out", type=Path, required=True, help="where the solution goes")
    asked = parser.parse_args(arguments)
    kind = KINDS[asked.kind]
    asked.out.write_text(kind.solve(asked.case, asked.seconds), encoding="utf-8")
    verdict = kind.check(asked.case, asked.out)
    print(
        json.dumps({"valid": not verdict.faults, "metrics": verdict.metrics, "faults": verdict.faults[:20]}, indent=1)
    )
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
