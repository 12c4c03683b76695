"""Detectors of a spacecraft's channels as files, for ``ml.models``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.forecaster import Forecaster
from ml.anomaly.series_detector import Learner, LiveRecipe, SeriesDetector
from ml.models.artefact import CORRUPT, Artefact
from ml.models.content import settings_of, tensors_of
from ml.models.weights import tensors_octets

__all__ = ["MODEL_KIND", "detector_files", "series_detectors"]

MODEL_KIND: Final = "series-detectors-1"
_ARRAYS: Final = "channels.safetensors"
_SETTINGS: Final = ("recipe", "channels")


def detector_files(detectors: Mapping[str, SeriesDetector]) -> dict[str, bytes]:
    """Detectors by channel, all of one recipe."""
    arrays: dict[str, NDArray[Any]] = {}
    channels: dict[str, Any] = {}
    for name, one in detectors.items():
        arrays[f"{name}.weights"] = one.forecaster.weights
        arrays[f"{name}.history"] = np.concatenate(one.history)
        channels[name] = {
            "kinds": one.kinds,
            "pieces": [len(piece) for piece in one.history],
            "limits": {str(learner): limit for learner, limit in one.limits.items()},
        }
    recipe = asdict(next(iter(detectors.values())).recipe)
    settings = {"recipe": recipe, "channels": channels}
    return {_ARRAYS: tensors_octets(arrays), "settings.json": json.dumps(settings, indent=1, sort_keys=True).encode()}


def series_detectors(artefact: Artefact) -> dict[str, SeriesDetector]:
    """The detectors of files that ``detector_files`` made.

    Raises:
        InputError: A file is missing or has another content.
    """
    settings, arrays = settings_of(artefact, "settings.json", _SETTINGS), tensors_of(artefact, _ARRAYS)
    try:
        learners = tuple(Learner(one) for one in settings["recipe"].pop("learners"))
        recipe = LiveRecipe(learners=learners, **settings["recipe"])
        return {name: _detector(name, told, arrays, recipe) for name, told in settings["channels"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError("model.settings.json", f"no settings of series detectors: {error}", code=CORRUPT) from error


def _detector(
    name: str, told: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], recipe: LiveRecipe
) -> SeriesDetector:
    for key in (f"{name}.weights", f"{name}.history"):
        if key not in arrays:
            raise InputError(f"model.{_ARRAYS}", f"the array {key} is missing", code=CORRUPT)
    weights, history = arrays[f"{name}.weights"], arrays[f"{name}.history"]
    kinds, pieces = int(told["kinds"]), [int(one) for one in told["pieces"]]
    limits = {Learner(one): float(limit) for one, limit in told["limits"].items()}
    width = recipe.lags + recipe.command_lags * kinds + 1
    if weights.shape != (width,) or history.shape != (sum(pieces),) or min(pieces) < 1:
        raise InputError(f"model.{_ARRAYS}", f"the shapes of {name} do not fit its settings", code=CORRUPT)
    if set(limits) != set(recipe.learners) or not all(0.0 < one < np.inf for one in limits.values()):
        raise InputError("model.settings.json", f"{name} needs a limit above 0 for each learner", code=CORRUPT)
    parts = tuple(np.split(history, np.cumsum(pieces)[:-1]))
    forecaster = Forecaster(weights, recipe.lags, recipe.command_lags)
    return SeriesDetector(name, kinds, forecaster, parts, limits, recipe)
