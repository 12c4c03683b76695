"""Hashes of everything a plan is computed with, so that staleness can be decided."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from core.mission.catalogue import Catalogue
from core.mission.conjunctions import ConjunctionMessage
from core.mission.model import Mission

__all__ = ["MODELS_VERSION", "catalogue_hash", "conjunctions_hash", "input_hashes"]

# Raised whenever a model that plans are computed with changes its results.
MODELS_VERSION: Final = "2026.11-2"


def input_hashes(mission: Mission) -> dict[str, str]:
    """Hash by input name: the mission file and the models."""
    return {"mission": mission.content_hash(), "models": MODELS_VERSION}


def conjunctions_hash(conjunctions: Sequence[ConjunctionMessage]) -> str:
    """SHA-256 of which messages a plan was judged with, in any order; a message is never changed once received."""
    names = sorted(f"{one.conjunction_id} {one.cdm.originator} {one.cdm.message_id}" for one in conjunctions)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def catalogue_hash(catalogue: Catalogue | None) -> str:
    """Which catalogue a plan was screened with: its source, and its objects with their epochs; ``none`` without one."""
    if catalogue is None:
        return "none"
    digest = hashlib.sha256(catalogue.source.encode())
    for one in catalogue.objects:
        digest.update(f"{one.norad_id} {one.name} {one.elements.epoch_utc.timestamp()}".encode())
    return digest.hexdigest()
