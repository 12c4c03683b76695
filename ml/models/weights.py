"""Weights and trees as octets, in formats that cannot carry code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.models.artefact import CORRUPT

if TYPE_CHECKING:
    from lightgbm import Booster

__all__ = ["booster_from_text", "booster_text", "tensors_from_octets", "tensors_octets"]


def tensors_octets(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as a safetensors file."""
    from safetensors.numpy import save

    octets: bytes = save({name: np.ascontiguousarray(one) for name, one in tensors.items()})
    return octets


def tensors_from_octets(name: str, octets: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file.

    Args:
        name: Of the file, for the error.
        octets: Its content.

    Raises:
        InputError: It is no such file, or holds numbers that are not finite.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors: dict[str, NDArray[Any]] = load(octets)
    except SafetensorError as error:
        raise InputError(f"model.{name}", f"no safetensors file: {error}", code=CORRUPT) from error
    for key, one in tensors.items():
        if not np.isfinite(one).all():
            raise InputError(f"model.{name}", f"{key} has numbers that are not finite", code=CORRUPT)
    return tensors


def booster_text(booster: Booster) -> bytes:
    """Trees as LightGBM's text."""
    text: str = booster.model_to_string(num_iteration=-1)
    return text.encode()


def booster_from_text(name: str, octets: bytes, features: int) -> Booster:
    """The trees of LightGBM's text.

    Args:
        name: Of the file, for the error.
        octets: Its content.
        features: How many it must take.

    Raises:
        InputError: It is no such text, or takes another number of features.
    """
    from lightgbm import Booster
    from lightgbm.basic import LightGBMError

    try:
        booster = Booster(model_str=octets.decode("utf-8"))
    except (LightGBMError, UnicodeDecodeError) as error:
        raise InputError(f"model.{name}", f"no trees of LightGBM: {error}", code=CORRUPT) from error
    if booster.num_feature() != features:
        raise InputError(
            f"model.{name}", f"the trees take {booster.num_feature()} features, {features} are computed", code=CORRUPT
        )
    return booster
