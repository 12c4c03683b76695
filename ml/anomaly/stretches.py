"""Stretches of samples: where a row of flags is true without a break."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Stretch", "stretches"]


class Stretch(NamedTuple):
    """Samples from ``begin`` to before ``end``."""

    begin: int
    end: int


def stretches(flags: NDArray[np.bool_]) -> list[Stretch]:
    """Those of flags of shape (n,), in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [Stretch(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
