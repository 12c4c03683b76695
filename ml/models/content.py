"""What the files of a trained model hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from core.errors import InputError
from ml.models.artefact import CORRUPT, Artefact
from ml.models.weights import tensors_from_octets

__all__ = ["file_of", "settings_of", "tensors_of"]


def file_of(artefact: Artefact, name: str) -> bytes:
    """The octets of a file.

    Raises:
        InputError: It is missing.
    """
    if name not in artefact.files:
        raise InputError(f"model.{name}", "the file is missing", code=CORRUPT)
    return artefact.files[name]


def tensors_of(artefact: Artefact, name: str) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file.

    Raises:
        InputError: It is missing, no such file, or holds numbers that are not finite.
    """
    return tensors_from_octets(name, file_of(artefact, name))


def settings_of(artefact: Artefact, name: str, members: Sequence[str]) -> dict[str, Any]:
    """The object of a JSON file, with exactly these members.

    Raises:
        InputError: It is missing, no JSON, or has other members.
    """
    try:
        found = json.loads(file_of(artefact, name))
    except ValueError as error:
        raise InputError(f"model.{name}", f"no JSON: {error}", code=CORRUPT) from error
    if not isinstance(found, dict) or set(found) != set(members):
        raise InputError(f"model.{name}", f"is to hold {', '.join(members)}", code=CORRUPT)
    return found
