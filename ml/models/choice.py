"""Which version of a model to predict with."""

from __future__ import annotations

from core.errors import NotFound
from ml.models.artefact import Artefact
from ml.models.registry import LIVE, ModelRegistry, ModelState, RegisteredModel

__all__ = ["choose_version"]


def choose_version(
    registry: ModelRegistry, name: str, *, kind: str, made_for: str, data_hash: str, code_hash: str
) -> tuple[RegisteredModel, Artefact]:
    """The live version, else the newest not withdrawn that this code made of these data.

    Args:
        registry: Where versions are.
        name: Of the model.
        kind, made_for: What it has to be.
        data_hash, code_hash: Of the present data and code.
    Raises:
        NotFound: There is none: train one.
        InputError: Its files are not what was registered.
    """
    try:
        candidates = [registry.aliased(name, LIVE)]
    except NotFound:
        candidates = [one for one in reversed(registry.versions(name)) if one.state is not ModelState.WITHDRAWN]
    for one in candidates:
        artefact = registry.load(one, kind=kind, made_for=made_for)
        manifest = artefact.manifest
        if LIVE in one.aliases or (manifest.data_hash, manifest.code_hash) == (data_hash, code_hash):
            return one, artefact
    raise NotFound(f"no version of {name} is live, and none was made of these data by this code; train one first")
