"""Hashes of everything a plan is computed with, so that staleness can be decided."""

from __future__ import annotations

from typing import Final

from core.mission.model import Mission

__all__ = ["MODELS_VERSION", "input_hashes"]

# Raised whenever a model that plans are computed with changes its results.
MODELS_VERSION: Final = "2026.11-1"


def input_hashes(mission: Mission) -> dict[str, str]:
    """Hash by input name: the mission file and the models."""
    return {"mission": mission.content_hash(), "models": MODELS_VERSION}
