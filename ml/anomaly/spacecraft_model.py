"""A trained detector of a spacecraft's telemetry: the encoder as ONNX, the scale of its inputs, and the thresholds of the checks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.residual_checks import CHECKS
from ml.anomaly.spacecraft_inputs import CONTEXT_SIZE, REGIMES, SENSORS, Rows
from ml.anomaly.spacecraft_windows import THERE, VALUE, WINDOW_INPUTS, Scale, lagged
from ml.models.artefact import CORRUPT, Artefact, read_artefact
from ml.models.content import file_of, settings_of, tensors_of
from ml.models.weights import tensors_octets

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["MADE_FOR", "MODEL_KIND", "SHIPPED", "SpacecraftModel", "model_files", "shipped_model", "spacecraft_model"]

MODEL_KIND: Final = "spacecraft-detector-1"
MADE_FOR: Final = "LSAT reference mission"
SHIPPED: Final = Path(__file__).parent / "shipped" / "lsat"
_AT_ONCE: Final = 256  # windows
_ARRAYS: Final = ("centre", "spread", "step", "thresholds", "usual_off", "range", "still_share")
_SETTINGS: Final = ("sensors", "features", "false_alarms_per_day")


@dataclass(frozen=True)
class SpacecraftModel:
    """Everything that a judgement needs.

    Args:
        name: Name and version, for people and for identifiers.
        encoder: Octets of the ONNX file.
        scale: Of its inputs.
        thresholds: From which on a check is an anomaly, shape (checks, sensors); inf: never.
        usual_off: What 99 in 100 nominal values are at most off the two expectations in each regime, in spreads, shape
            (regimes, 2, sensors).
        range: Between which values of each sensor lie in 99 of 100 nominal instants, in its unit, shape (2, sensors).
        still_share: In how many of 100 nominal steps a sensor does not change at all, as a share.
        features: Hashes of the definitions that it was trained on, by name.
        false_alarms_per_day: That thresholds were chosen for.
    """

    name: str
    encoder: bytes
    scale: Scale
    thresholds: NDArray[np.float64]
    usual_off: NDArray[np.float64]
    range: NDArray[np.float64]
    still_share: NDArray[np.float64]
    features: dict[str, str]
    false_alarms_per_day: float

    def session(self) -> InferenceSession:
        """The encoder, ready to run in one thread.

        Raises:
            InputError: It is no ONNX file that can be run.
        """
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as refusals

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(self.encoder, options, providers=["CPUExecutionProvider"])
        except (
            refusals.Fail,
            refusals.InvalidArgument,
            refusals.InvalidGraph,
            refusals.InvalidProtobuf,
            refusals.NotImplemented,
        ) as error:
            raise InputError("model.encoder.onnx", f"cannot be run: {error}", code=CORRUPT) from error
        shapes = [tuple(one.shape[1:]) for one in session.get_inputs()]
        if shapes != [(len(SENSORS), WINDOW_INPUTS), (CONTEXT_SIZE,)]:
            raise InputError("model.encoder.onnx", f"takes {shapes}, other inputs than are made", code=CORRUPT)
        return session

    def off(
        self,
        session: InferenceSession,
        scaled: NDArray[np.float32],
        context: NDArray[np.float32],
        places: NDArray[np.intp],
        regimes: NDArray[np.intp],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """How far the sensors at places of rows are from what is expected; what is expected; and its spread.

        Args:
            scaled, context: Of all rows, shapes (n, sensors) and (n, CONTEXT_SIZE).
            places: Rows with a whole window before them.
            regimes: Of these rows.
        Returns:
            Three arrays of shape (places, 2, sensors). The first is in spreads over ``usual_off``, and NaN where a sensor
            has no value; the others are in the scale.
        """
        windows = lagged(scaled, self.scale.step, places)
        expected, log_spread = self.predicted(session, windows, context[places])
        return self.distance(windows, expected, log_spread, regimes), expected, np.exp(log_spread)

    def distance(
        self,
        windows: NDArray[np.float32],
        expected: NDArray[np.float64],
        log_spread: NDArray[np.float64],
        regimes: NDArray[np.intp],
    ) -> NDArray[np.float64]:
        """How far the present of windows is from what is expected, in spreads over ``usual_off``; NaN where it is missing."""
        there = windows[:, :, [THERE, THERE + 1]] > 0.5
        both = np.stack([there[:, :, 0], there.all(axis=2)], axis=1)  # without a value before there is no own past
        off = (windows[:, None, :, VALUE] - expected) / np.exp(log_spread) / self.usual_off[regimes]
        return np.where(both, off, np.nan)

    def predicted(
        self, session: InferenceSession, windows: NDArray[np.float32], context: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What is expected of the present of windows, and the logarithm of its spread; shape (windows, 2, sensors)."""
        parts = [
            session.run(None, {"windows": windows[at : at + _AT_ONCE], "context": context[at : at + _AT_ONCE]})
            for at in range(0, len(windows), _AT_ONCE)
        ]
        if not parts:
            none = np.empty((0, 2, len(SENSORS)))
            return none, none
        expected, log_spread = (np.concatenate([one[which] for one in parts]) for which in range(2))
        return expected.astype(np.float64), log_spread.astype(np.float64)


def scaled_rows(model: SpacecraftModel, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Rows as the encoder takes them: sensors and context."""
    return model.scale(rows.values), rows.context.astype(np.float32)


def model_files(model: SpacecraftModel) -> dict[str, bytes]:
    """A detector as files, for ``ml.models``."""
    arrays: dict[str, NDArray[Any]] = {
        "centre": model.scale.centre,
        "spread": model.scale.spread,
        "step": model.scale.step,
        "thresholds": np.minimum(model.thresholds, 1e300),
        "usual_off": model.usual_off,
        "range": model.range,
        "still_share": model.still_share,
    }
    settings = {
        "sensors": list(SENSORS),
        "features": model.features,
        "false_alarms_per_day": model.false_alarms_per_day,
    }
    return {
        "encoder.onnx": model.encoder,
        "thresholds.safetensors": tensors_octets(arrays),
        "settings.json": json.dumps(settings, indent=1, sort_keys=True).encode(),
    }


def spacecraft_model(artefact: Artefact) -> SpacecraftModel:
    """The detector of files that ``model_files`` made.

    Raises:
        InputError: A file is missing or has another content.
    """
    settings = settings_of(artefact, "settings.json", _SETTINGS)
    arrays = tensors_of(artefact, "thresholds.safetensors")
    shapes = {
        "centre": (len(SENSORS),),
        "spread": (len(SENSORS),),
        "step": (len(SENSORS),),
        "thresholds": (len(CHECKS), len(SENSORS)),
        "usual_off": (len(REGIMES), 2, len(SENSORS)),
        "range": (2, len(SENSORS)),
        "still_share": (len(SENSORS),),
    }
    if settings["sensors"] != list(SENSORS):
        raise InputError("model.settings.json", "the sensors are not those of this version", code=CORRUPT)
    for name in _ARRAYS:
        if name not in arrays or arrays[name].shape != shapes[name]:
            raise InputError("model.thresholds.safetensors", f"the array {name} is missing or misshapen", code=CORRUPT)
    manifest = artefact.manifest
    return SpacecraftModel(
        name=f"{manifest.name}-{manifest.content_hash[:8]}",
        encoder=file_of(artefact, "encoder.onnx"),
        scale=Scale(arrays["centre"], arrays["spread"], arrays["step"]),
        thresholds=arrays["thresholds"],
        usual_off=arrays["usual_off"],
        range=arrays["range"],
        still_share=arrays["still_share"],
        features=dict(settings["features"]),
        false_alarms_per_day=float(settings["false_alarms_per_day"]),
    )


def shipped_model() -> SpacecraftModel:
    """The detector that comes with this version.

    Raises:
        InputError: It is not there, or not what was shipped.
    """
    return spacecraft_model(read_artefact(SHIPPED, kind=MODEL_KIND, made_for=MADE_FOR))
