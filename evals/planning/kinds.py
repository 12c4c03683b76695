"""The kinds of case: how each is solved, and how what comes out is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evals.planning.aeossp import read_aeossp, solve_aeossp
from evals.planning.check_aeossp import check_aeossp
from evals.planning.check_relay import check_relay
from evals.planning.check_revisit import check_revisit
from evals.planning.check_stereo import check_stereo
from evals.planning.relay import read_relay, solve_relay
from evals.planning.revisit import read_revisit, solve_revisit
from evals.planning.stereo import read_stereo, solve_stereo
from evals.planning.verdict import Verdict

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """``solve`` takes a case's folder and seconds, and gives the solution document; ``check`` reads both again."""

    solve: Callable[[Path, float], str]
    check: Callable[[Path, Path], Verdict]


def _aeossp(case: Path, seconds: float) -> str:
    return solve_aeossp(read_aeossp(case), seconds)


def _stereo(case: Path, seconds: float) -> str:
    return solve_stereo(read_stereo(case), seconds)


def _relay(case: Path, seconds: float) -> str:
    return solve_relay(read_relay(case), seconds)


def _revisit(case: Path, seconds: float) -> str:
    return solve_revisit(read_revisit(case), seconds)


KINDS: Final[Mapping[str, Kind]] = {
    "aeossp": Kind(_aeossp, check_aeossp),
    "relay": Kind(_relay, check_relay),
    "revisit": Kind(_revisit, check_revisit),
    "stereo": Kind(_stereo, check_stereo),
}
