"""A memory of windows: how far a stretch of samples is from all that the channel has shown before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["WindowMemory", "remember"]

_CHUNK: Final = 1024  # windows compared at once
_LEAST_SPREAD: Final = 0.05  # added to a window's standard deviation, in the channel's unit: noise is no shape


@dataclass(frozen=True)
class WindowMemory:
    """Windows of a channel's past.

    Args:
        windows: Shape (m, length), as they are compared.
        by_shape: Whether windows are compared after their mean and spread are taken out.
    """

    windows: NDArray[np.float64]
    by_shape: bool

    @property
    def length(self) -> int:
        """Samples of a window."""
        return int(self.windows.shape[1])

    def ending(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of the window that ends at each sample, shape (n,), per sample of it; uses nothing that comes later.

        Before the first sample the channel counts as it was at the first.
        """
        padded = np.concatenate([np.full(self.length - 1, values[0]), values])
        return self._distance(_windows(padded, self.length, by_shape=self.by_shape))

    def around(self, values: NDArray[np.float64], known: int = 0) -> NDArray[np.float64]:
        """Mean distance of the windows that hold each sample, shape (n,), per sample of a window.

        Args:
            values: At least one window long.
            known: How many of the first samples are in memory, and nothing else is: their windows are compared with those
                that share no sample with them.
        """
        seen = _windows(values, self.length, by_shape=self.by_shape)
        distance = self._distance(seen, max(known - self.length + 1, 0))
        total = np.concatenate([[0.0], np.cumsum(distance)])
        sample = np.arange(len(values))
        first = np.maximum(sample - self.length + 1, 0)
        last = np.minimum(sample + 1, len(seen))
        return np.asarray((total[last] - total[first]) / (last - first))

    def _distance(self, seen: NDArray[np.float64], own: int = 0) -> NDArray[np.float64]:
        """To the nearest window; of the first ``own`` rows, which are the memory, to the nearest that does not overlap."""
        squares = (self.windows**2).sum(axis=1)
        nearest = np.empty(len(seen))
        for begin in range(0, len(seen), _CHUNK):
            rows = seen[begin : begin + _CHUNK]
            apart = (rows**2).sum(axis=1)[:, None] + squares[None, :] - 2.0 * rows @ self.windows.T
            number = np.arange(begin, begin + len(rows))[:, None]
            if begin < own:
                overlapping = (number < own) & (np.abs(number - np.arange(len(squares))[None, :]) < self.length)
                apart[overlapping] = np.inf
            nearest[begin : begin + len(rows)] = apart.min(axis=1)
        return np.sqrt(np.maximum(nearest, 0.0) / self.length)


def remember(pieces: Sequence[NDArray[np.float64]], length: int, *, by_shape: bool) -> WindowMemory:
    """The windows of pieces of a channel's past; pieces shorter than a window are left out."""
    return WindowMemory(
        np.concatenate([_windows(one, length, by_shape=by_shape) for one in pieces if len(one) >= length]), by_shape
    )


def _windows(values: NDArray[np.float64], length: int, *, by_shape: bool) -> NDArray[np.float64]:
    windows: NDArray[np.float64] = sliding_window_view(values, length)
    if not by_shape:
        return windows
    spread = windows.std(axis=1, keepdims=True) + _LEAST_SPREAD
    return np.asarray((windows - windows.mean(axis=1, keepdims=True)) / spread)
