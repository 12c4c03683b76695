"""Which sensor an episode is about: without it, the others should be as they are expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ml.anomaly.episodes import Episode, Step
from ml.anomaly.spacecraft_inputs import SENSORS
from ml.anomaly.spacecraft_model import SpacecraftModel
from ml.anomaly.spacecraft_windows import WINDOW_ROWS, lagged

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["blame"]

_CANDIDATES: Final = 6
_INSTANTS: Final = 6
_ALONE: Final = 0.1  # weight of a sensor's own ratio beside what its absence explains
_MOST: Final = 20.0


def blame(
    model: SpacecraftModel, session: InferenceSession, episode: Episode, within: Sequence[Step]
) -> NDArray[np.float64]:
    """The share of each sensor, shape (sensors,); they add up to 1.

    A sensor that is wrong makes others look wrong that are expected from it. So candidates are hidden one by one, and each is
    blamed by how much of what is unusual goes away with it.
    """
    ratio = np.minimum(episode.highest.max(axis=0), _MOST)
    own = np.where(ratio >= 0.5, ratio**2, 0.0)
    candidates = np.argsort(-own, kind="stable")[:_CANDIDATES]
    candidates = candidates[own[candidates] > 0.0]
    judged = [one for one in within if one.window is not None and len(one.window[0]) == WINDOW_ROWS]
    steps = sorted(judged, key=lambda one: -one.score)[:_INSTANTS]
    explained = np.zeros(len(SENSORS))
    if len(candidates) > 1 and steps:
        explained[candidates] = _explained(model, session, steps, candidates)
    weight = explained * (1.0 - _ALONE) / max(float(explained.sum()), 1e-9) + _ALONE * own / max(float(own.sum()), 1e-9)
    total = float(weight.sum())
    if total <= 0.0:
        weight[int(np.argmax(ratio))] = total = 1.0
    shares: NDArray[np.float64] = weight / total
    return shares


def _explained(
    model: SpacecraftModel, session: InferenceSession, steps: Sequence[Step], candidates: NDArray[np.intp]
) -> NDArray[np.float64]:
    """How much less is unusual without each candidate."""
    scaled = np.concatenate([one.window[0] for one in steps if one.window is not None])
    context = np.stack([one.window[1] for one in steps if one.window is not None])
    places = np.arange(len(steps)) * WINDOW_ROWS + WINDOW_ROWS - 1
    windows = lagged(scaled, model.scale.step, places)
    regimes = np.array([one.regime for one in steps])
    hidden = np.repeat(windows[None], len(candidates) + 1, axis=0)
    for number, sensor in enumerate(candidates, start=1):
        hidden[number, :, sensor] = 0.0
    flat = hidden.reshape(-1, *windows.shape[1:])
    times = len(candidates) + 1
    expected, log_spread = model.predicted(session, flat, np.tile(context, (times, 1)))
    off = model.distance(np.tile(windows, (times, 1, 1)), expected, log_spread, np.tile(regimes, times))
    beyond = np.maximum(np.nan_to_num(np.abs(off)) - 1.0, 0.0).reshape(times, len(steps), 2, len(SENSORS))
    beyond = np.minimum(beyond, _MOST).sum(axis=(1, 2))
    less = [
        float(beyond[0].sum() - (beyond[number].sum() - beyond[number, sensor]))
        for number, sensor in enumerate(candidates, start=1)
    ]
    return np.maximum(less, 0.0)
