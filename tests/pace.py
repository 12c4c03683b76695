"""How fast mission time may run in a test, so that a machine with other work does not miss what happens in it."""

from __future__ import annotations

import os

__all__ = ["affordable"]


def affordable(rate: float) -> float:
    """The rate, or the share of it that each of this machine's cores has left."""
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return rate / max(1, round(waiting))
