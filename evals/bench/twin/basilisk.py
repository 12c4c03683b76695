"""The peer's modules, as its benches take them."""

from __future__ import annotations

import importlib
from typing import Any

from evals.bench.model import PeerMissing

__all__ = ["basilisk", "require_basilisk"]


def require_basilisk() -> None:
    """Load what every bench of it needs.

    Raises:
        PeerMissing: It is not installed.
    """
    try:
        for package in ("architecture.messaging", "simulation.spacecraft", "utilities.SimulationBaseClass"):
            basilisk(package)
    except ImportError as error:
        raise PeerMissing("bsk") from error


def basilisk(name: str) -> Any:
    """One of its modules."""
    return importlib.import_module(f"Basilisk.{name}")
