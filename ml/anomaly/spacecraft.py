"""The detector of the reference mission's spacecraft through training, calibration, registry and the folder that is shipped."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from core.mdb import MissionDatabase
from ml.anomaly.calibration import calibrated
from ml.anomaly.residual_checks import CHECKS
from ml.anomaly.spacecraft_flights import flight_rows, flights_in
from ml.anomaly.spacecraft_inputs import REGIMES, SENSORS, spacecraft_features
from ml.anomaly.spacecraft_model import MADE_FOR, MODEL_KIND, SpacecraftModel, model_files
from ml.anomaly.spacecraft_training import EncoderRecipe, check_exporter, encoder_onnx, train_encoder
from ml.models import Manifest, ModelRegistry, RegisteredModel, code_hash, data_hash, model_card, write_artefact
from ml.models.progress import Progress

__all__ = ["NAME", "TrainedSpacecraft", "ship", "train_spacecraft", "trained"]

NAME: Final = "lsat-spacecraft"
_CODE: Final = ("ml.anomaly", "ml.features", "ml.models")
_FALSE_ALARMS_PER_DAY: Final = 0.2
_PURPOSE: Final = "Tells what is unusual in the telemetry of a spacecraft of the LSAT reference mission."
_LIMITS: Final = (
    "It knows the sensors and the ordinary work of simulated spacecraft of this design; other spacecraft are refused.",
    "What no other sensor bears on and hardly ever changes can be wrong without being told.",
    "It has never flown: thresholds and figures are of simulated telemetry.",
)


@dataclass(frozen=True)
class TrainedSpacecraft:
    """A detector with what its manifest says."""

    manifest: Manifest
    files: dict[str, bytes]

    def register(self, registry: ModelRegistry, *, by: str, at_utc: datetime) -> RegisteredModel:
        """Keep it as a candidate."""
        return registry.register(self.manifest, self.files, by=by, at_utc=at_utc)


def train_spacecraft(
    data: Path,
    mdb: MissionDatabase,
    *,
    seed: int,
    at_utc: datetime,
    progress: Progress,
    recipe: EncoderRecipe | None = None,
) -> TrainedSpacecraft:
    """Train on nominal flights, and choose thresholds on these and others: rare events such as the Moon in a star tracker
    are in few of them.

    Args:
        data: Folder of flights.
        mdb: Of the mission.
    Raises:
        InputError: The data are missing or wrong.
    """
    check_exporter()
    chosen = recipe or EncoderRecipe()
    training = flights_in(data, "train", faulty=False)
    calibration = flights_in(data, "calibration", faulty=False)
    training_rows = [flight_rows(one, mdb) for one in training]
    network, scale = train_encoder(training_rows, chosen, seed, progress)
    sensors = len(SENSORS)
    blank = SpacecraftModel(
        name=NAME,
        encoder=encoder_onnx(network),
        scale=scale,
        thresholds=np.full((len(CHECKS), sensors), np.inf),
        usual_off=np.ones((len(REGIMES), 2, sensors)),
        range=np.zeros((2, sensors)),
        still_share=np.zeros(sensors),
        features={one.name: one.definition_hash for one in spacecraft_features(mdb)},
        false_alarms_per_day=_FALSE_ALARMS_PER_DAY,
    )
    model = calibrated(blank, [*training_rows, *(flight_rows(one, mdb) for one in calibration)])
    return trained(model, chosen, seed, at_utc, [one.path for one in (*training, *calibration)], len(training))


def trained(
    model: SpacecraftModel, recipe: EncoderRecipe, seed: int, at_utc: datetime, files: Sequence[Path], flights: int
) -> TrainedSpacecraft:
    """A model with manifest and card."""
    manifest = Manifest(
        name=NAME,
        kind=MODEL_KIND,
        made_for=MADE_FOR,
        created_utc=at_utc,
        inputs=tuple((one, "as in the mission database") for one in SENSORS),
        seed=seed,
        data_hash=data_hash(files),
        code_hash=code_hash(*_CODE),
        settings=asdict(recipe) | {"false_alarms_per_day": model.false_alarms_per_day},
        metrics={"training flights": float(flights)},
    )
    card = model_card(manifest, purpose=_PURPOSE, limits=_LIMITS)
    return TrainedSpacecraft(manifest, model_files(model) | {"card.md": card.encode()})


def ship(made: TrainedSpacecraft, folder: Path) -> Manifest:
    """Put a detector in the place of the shipped one.

    Raises:
        StoreError: The disk refuses.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return write_artefact(folder, made.manifest, made.files)
