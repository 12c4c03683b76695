"""Trained models as files that can be trusted, and the registry of their versions."""

from ml.models.artefact import Artefact, Manifest, read_artefact, write_artefact
from ml.models.card import model_card
from ml.models.hashes import code_hash, data_hash
from ml.models.registry import ModelRegistry, ModelState, RegisteredModel

__all__ = [
    "Artefact",
    "Manifest",
    "ModelRegistry",
    "ModelState",
    "RegisteredModel",
    "code_hash",
    "data_hash",
    "model_card",
    "read_artefact",
    "write_artefact",
]
