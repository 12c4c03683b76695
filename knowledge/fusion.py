"""Reciprocal rank fusion: one ranking from several whose scores cannot be compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

__all__ = ["fuse"]

_K: Final = 60  # Cormack, Clarke and Buettcher 2009 (SIGIR), section 2


def fuse(rankings: Sequence[Sequence[int]]) -> list[tuple[int, float]]:
    """Positions and fused scores, best first; a position gets 1/(60 + rank) from each ranking that holds it."""
    scores: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, position in enumerate(ranking, start=1):
            scores[position] += 1.0 / (_K + rank)
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))
