"""Few columns that together cover all rows: greedy at first, then swaps guided by weights that grow on what stays bare.

The weights are those of stochastic local search for set covering (Gao et al. 2015, "An efficient local search heuristic
with row weighting for the unicost set covering problem").
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cover", "cover"]

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_HEAVIER: Final = 0.2  # of a row, each time that it stays bare
_NEW_STAYS: Final = 3  # swaps in which a column that came may not go
_OLD_WAITS: Final = (10, 20)  # swaps in which a column that went may not come


@dataclass(frozen=True)
class Cover:
    """Columns that cover every row, and the nearest to a cover with one column less that was found."""

    columns: tuple[int, ...]
    bare: int
    fewer: tuple[int, ...]
    fewer_bare: int


def cover(covers: BoolArray, most: int, seconds: float, seed: int = 1) -> Cover:
    """The fewest columns that cover all rows, at most ``most`` of them, that are found in the time.

    Args:
        covers: Whether a column covers a row, shape (columns, rows).
        most: How many columns may be taken.
        seconds: Time of the search.
        seed: Of the tie breaks.
    Returns:
        Where ``most`` columns are not enough, ``bare`` rows stay uncovered.
    """
    search = _Search(covers, seed)
    until = time.monotonic() + seconds
    search.grow(most)
    done, bare = tuple(search.taken), search.bare.size
    while bare == 0 and len(done) > 1:
        search.shrink()
        fewer, fewer_bare = search.swap(until)
        if fewer_bare:
            return Cover(done, 0, fewer, fewer_bare)
        done = fewer
    if bare:
        done, bare = search.swap(until)
    return Cover(done, bare, done, bare)


class _Search:
    def __init__(self, covers: BoolArray, seed: int) -> None:
        self._covers = covers
        self._by_row = np.ascontiguousarray(covers.T, dtype=np.float32)
        self._weights = np.ones(covers.shape[1], dtype=np.float32)
        self._random = np.random.default_rng(seed)
        self._count = np.zeros(covers.shape[1], dtype=np.int64)
        self.taken: list[int] = []

    @property
    def bare(self) -> IntArray:
        return np.flatnonzero(self._count == 0)

    def grow(self, most: int) -> None:
        """The column that covers most of what is bare, again and again."""
        while len(self.taken) < most and self.bare.size:
            gain = self._by_row[self.bare].sum(axis=0)
            if gain.max() == 0.0:
                return
            self._take(int(gain.argmax()))

    def shrink(self) -> None:
        """Give up the column that is missed least."""
        self._give(min(self.taken, key=self._missed))

    def swap(self, until: float) -> tuple[tuple[int, ...], int]:
        """The best set of this size before the time is over, and how many rows it leaves bare."""
        best, best_bare = tuple(self.taken), self.bare.size
        waits: dict[int, int] = {}
        stays: dict[int, int] = {}
        turn = 0
        while best_bare and time.monotonic() < until:
            bare = self.bare
            gain = self._weights[bare] @ self._by_row[bare]
            gain[[column for column, end in waits.items() if end > turn]] = -1.0
            come = int(gain.argmax())
            self._take(come)
            go = min((one for one in self.taken[:-1] if stays.get(one, 0) <= turn), key=self._missed, default=come)
            self._give(go)
            waits[go], stays[come] = turn + int(self._random.integers(*_OLD_WAITS)), turn + _NEW_STAYS
            bare = self.bare
            self._weights[bare] += _HEAVIER
            if bare.size < best_bare:
                best, best_bare = tuple(self.taken), bare.size
            turn += 1
        return best, best_bare

    def _missed(self, column: int) -> float:
        """The weight that only this column covers."""
        return float(self._weights[(self._count == 1) & self._covers[column]].sum())

    def _take(self, column: int) -> None:
        self.taken.append(column)
        self._count += self._covers[column]

    def _give(self, column: int) -> None:
        self.taken.remove(column)
        self._count -= self._covers[column]
