"""The boundaries between stages, told to whoever has to stop exactly there: tests of what a crash leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

__all__ = ["Boundary", "Seam", "no_seam"]


class Boundary(StrEnum):
    """A point between two durable steps of a command's way."""

    VALIDATED = "validated"  # drafted and authorised, nothing is stored
    SIGNED = "signed"  # the set is signed, the transaction is open
    SCHEDULED = "scheduled"  # entered and durable
    FRAME_STORED = "frame-stored"  # the protected frame and the state are durable
    BEFORE_SEND = "before-send"
    AFTER_SEND = "after-send"  # the octets left, nothing is marked
    ACKNOWLEDGED = "acknowledged"  # acceptance by the spacecraft's FARM-1 is durable
    VERIFIED = "verified"  # reports are applied, and durable


Seam = Callable[[Boundary], None]


def no_seam(_boundary: Boundary) -> None:
    """Go on."""
