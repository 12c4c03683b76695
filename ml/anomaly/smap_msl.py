"""The SMAP and MSL data set through training, registry and the prediction files of all its channels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from core.errors import InputError
from ml.anomaly.archive_score import ArchiveRecipe, archive_scores
from ml.anomaly.channels import SAMPLING_S, Channel, load_channels, load_labels
from ml.anomaly.event_score import score_events
from ml.anomaly.series_detector import LiveRecipe, SeriesDetector, fit_series_detector
from ml.anomaly.series_files import MODEL_KIND, detector_files, series_detectors
from ml.models import Manifest, ModelRegistry, RegisteredModel, code_hash, data_hash, model_card
from ml.models.artefact import FOREIGN
from ml.models.choice import choose_version
from ml.models.prediction_file import write_predictions
from ml.models.progress import Progress

__all__ = [
    "ARCHIVE",
    "DATA_FILE",
    "LABELS_FILE",
    "LIVE",
    "TrainedChannels",
    "chosen_channels",
    "nominal_samples",
    "predict_smap_msl",
    "smap_msl_folder",
    "train_smap_msl",
]

LIVE: Final = LiveRecipe(sampling_s=SAMPLING_S)
ARCHIVE: Final = ArchiveRecipe()
DATA_FILE: Final = "smap_msl.npz"
LABELS_FILE: Final = "labeled_anomalies.csv"
_NAME: Final = "smap-msl-series"
_MADE_FOR: Final = "SMAP and MSL"
_CODE: Final = ("ml.anomaly", "ml.models")
_INPUTS: Final = (("value", "scaled by the data set to -1 to 1"), ("commands", "1 where one of a kind was sent"))
_PURPOSE: Final = "Raises alarms in the telemetry channels of SMAP and MSL as samples come, one detector per channel."
_LIMITS: Final = (
    "A channel that it was not trained on is refused, and so is another number of kinds of commands.",
    "What the training part shows counts as nominal; a new mode of operation is an alarm until it is trained on.",
    "A departure under 0.1 of the scaled value is never an alarm.",
    "The stated time between false alarms holds where telemetry stays as in the training part.",
)


@dataclass(frozen=True)
class TrainedChannels:
    """A registered version, with the detectors themselves by channel."""

    registered: RegisteredModel
    detectors: dict[str, SeriesDetector]
    metrics: dict[str, float]


def train_smap_msl(
    data: Path,
    registry: ModelRegistry,
    *,
    by: str,
    at_utc: datetime,
    progress: Progress = lambda _share, _what: None,
) -> TrainedChannels:
    """Train a detector for each channel on its training part, and register them as one candidate.

    Public labels of test parts are read for the metrics alone.

    Raises:
        InputError: The data are missing or wrong.
        StoreError: The detectors were not kept.
    """
    channels = load_channels(data / DATA_FILE)
    detectors = {}
    for number, (name, channel) in enumerate(channels.items()):
        progress(0.9 * number / len(channels), name)
        detectors[name] = fit_series_detector([channel.training], LIVE)
    progress(0.9, "public labels")
    metrics = _metrics(data, channels, detectors)
    manifest = Manifest(
        name=_NAME,
        kind=MODEL_KIND,
        made_for=_MADE_FOR,
        created_utc=at_utc,
        inputs=_INPUTS,
        seed=0,  # nothing is drawn
        data_hash=data_hash([data / DATA_FILE]),
        code_hash=code_hash(*_CODE),
        settings=asdict(LIVE),
        metrics=metrics,
    )
    card = model_card(manifest, purpose=_PURPOSE, limits=_LIMITS)
    registered = registry.register(
        manifest, detector_files(detectors) | {"card.md": card.encode()}, by=by, at_utc=at_utc
    )
    progress(1.0, "done")
    return TrainedChannels(registered, detectors, metrics)


def chosen_channels(data: Path, registry: ModelRegistry) -> TrainedChannels:
    """The detectors to predict with: the live version, else the newest that this code made of these data.

    Raises:
        NotFound: There is none: train one.
        InputError: Its files are not what was registered.
    """
    registered, artefact = choose_version(
        registry,
        _NAME,
        kind=MODEL_KIND,
        made_for=_MADE_FOR,
        data_hash=data_hash([data / DATA_FILE]),
        code_hash=code_hash(*_CODE),
    )
    return TrainedChannels(registered, series_detectors(artefact), dict(artefact.manifest.metrics))


def predict_smap_msl(
    data: Path,
    detectors: dict[str, SeriesDetector],
    out: Path,
    progress: Progress = lambda _share, _what: None,
) -> Path:
    """Write ``smap_msl/<channel>.csv`` of the test part of every channel: score, pred, one line per sample.

    ``score`` is the archive's: the whole test part judges, its first quarter taken as nominal. ``pred`` is the live alarm, 1 or
    0, of a detector of the training part that sees nothing that comes later. Nothing is written before all channels are judged.

    Raises:
        InputError: The data are missing or wrong, a channel has no detector, or the folder cannot be written to.
    """
    channels = load_channels(data / DATA_FILE)
    if missing := sorted(set(channels) - set(detectors)):
        raise InputError("channel", f"{missing[0]} was not trained on", code=FOREIGN)
    folder = out / "smap_msl"
    judged = {}
    for number, (name, channel) in enumerate(channels.items()):
        progress(number / len(channels), name)
        scores = archive_scores(channel.test, nominal_samples(len(channel.test)), ARCHIVE)
        judged[name] = (scores, detectors[name].alarms(channel.test))
    for name, (scores, alarms) in judged.items():
        rows = [(f"{score:.6f}", int(alarm)) for score, alarm in zip(scores, alarms, strict=True)]
        write_predictions(folder / f"{name}.csv", ("score", "pred"), rows)
    progress(1.0, "done")
    return folder


def nominal_samples(samples: int) -> int:
    """TSB-AD-M's training prefix of a series without a stated one: a quarter, but at least 500 samples where there are."""
    return min(max(500, samples // 4), samples)


def smap_msl_folder(data: Path) -> Path:
    """The folder itself, or ``ml`` in it where the data set lies there.

    Raises:
        InputError: Neither holds the data set.
    """
    for one in (data, data / "ml"):
        if (one / DATA_FILE).is_file():
            return one
    raise InputError("--data", f"{data} holds no {DATA_FILE}, and neither does its folder ml")


def _metrics(data: Path, channels: dict[str, Channel], detectors: dict[str, SeriesDetector]) -> dict[str, float]:
    if not (data / LABELS_FILE).is_file():
        return {}
    labels = load_labels(data / LABELS_FILE, channels)
    found = score_events((detectors[name].alarms(channels[name].test), flags) for name, flags in labels.items())
    return {
        "public test parts event-wise F0.5": found.f05,
        "public test parts precision": found.precision,
        "public test parts recall": found.recall,
        "public test parts false alarms per channel and day": found.false_alarms_per_day(SAMPLING_S),
    }
