"""The AIAA 2006-6753 verification set: our worst error beside python-sgp4's, all 33 satellites."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.mission import parse_tle, tle_checksum
from core.orbit import Constellation
from evals.bench.model import BenchResult, Goal, PeerMissing
from evals.bench.reference import reference_data

__all__ = ["run"]

_ERROR_GOAL_M: Final = 1.2e-4


def run() -> list[BenchResult]:
    """One row: the figures are errors, in metres, against the published states."""
    try:
        from sgp4.api import Satrec
    except ImportError as error:
        raise PeerMissing("sgp4") from error
    folder = reference_data() / "flight" / "sgp4-vectors"
    published = _published(folder / "tcppver.out")
    lines = [text for text in (folder / "SGP4-VER.TLE").read_text().splitlines() if text[:2] in ("1 ", "2 ")]
    errors_m: list[tuple[float, float]] = []
    for line1, line2 in zip(lines[::2], lines[1::2], strict=True):
        peer = Satrec.twoline2rv(line1, line2[:69])
        errors_m.append(_errors_m(peer, (line1, line2), published[peer.satnum].pop(0)))
    ours_m, peer_m = np.array(errors_m).max(axis=0)
    return [
        BenchResult.compare(
            "sgp4_verification",
            ours=float(ours_m),
            peer=float(peer_m),
            peer_name="python-sgp4",
            unit="m, worst error",
            goal=1.01,
            goal_kind=Goal.AT_MOST,
            error=float(ours_m),
            peer_error=float(peer_m),
            error_unit="m",
            error_goal=_ERROR_GOAL_M,
            note=f"{len(errors_m)} satellites; the states are published with 1e-5 m",
        )
    ]


def _published(path: Path) -> dict[int, list[NDArray[np.float64]]]:
    """Per catalogue number its tables of minutes and kilometres, in the file's order."""
    tables: dict[int, list[list[list[float]]]] = defaultdict(list)
    rows: list[list[float]] = []
    for line in path.read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[1:2] == ["xx"]:
            rows = []
            tables[int(words[0])].append(rows)
        elif words:
            rows.append([float(word) for word in words[:4]])
    return {number: [np.array(table) for table in of] for number, of in tables.items()}


def _errors_m(peer: Any, lines: tuple[str, str], table: NDArray[np.float64]) -> tuple[float, float]:
    mended = [line[:68] + str(tle_checksum(line)) for line in lines]  # the set's own checksums are wrong on purpose
    elements = parse_tle(mended[0], mended[1]).elements
    fleet = Constellation([elements])
    states = fleet.propagate_teme(round(float(fleet.epochs_tai_s[0]) * 1e6) / 1e6, table[:, 0] * 60.0)
    good = states.codes[0] == 0
    if not good.any():
        return 0.0, 0.0
    published_m = table[good, 1:4] * 1000.0
    theirs_m = 1000.0 * np.array([peer.sgp4_tsince(minute)[1] for minute in table[good, 0]])
    ours = np.linalg.norm(states.r_teme_m[0, good] - published_m, axis=1)
    theirs = np.linalg.norm(theirs_m - published_m, axis=1)
    return float(ours.max()), float(theirs.max())
