"""What an independent check says of a solution."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Verdict"]


@dataclass(frozen=True)
class Verdict:
    """Metrics as the case defines them, and every rule that the solution breaks, in words."""

    metrics: dict[str, float]
    faults: tuple[str, ...]
