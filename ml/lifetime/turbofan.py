"""The turbofan data set through training, registry and prediction files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from core.errors import InputError
from ml.lifetime.battery import HELD_OUT, load_cells, predict_capacity
from ml.lifetime.histories import SENSORS, SETTINGS, load_histories
from ml.lifetime.learners import Recipe
from ml.lifetime.model import MODEL_KIND, LifetimeModel, life_files, life_model
from ml.lifetime.tables import RECIPES
from ml.lifetime.training import train_lifetime
from ml.models import Manifest, ModelRegistry, RegisteredModel, code_hash, data_hash, model_card
from ml.models.choice import choose_version
from ml.models.prediction_file import write_predictions
from ml.models.progress import Progress

__all__ = [
    "BLIND",
    "TrainedSubset",
    "chosen_model",
    "explain_subset",
    "predict_battery",
    "predict_subset",
    "train_subset",
    "turbofan_folder",
]

BLIND: Final = ("FD003", "FD004")  # subsets whose labels are held out
_CODE: Final = ("ml.lifetime", "ml.models")
_PURPOSE: Final = (
    "Predicts the remaining useful life of turbofans of the C-MAPSS data set, subset {subset}, in cycles, with a 90 % interval "
    "and the wait until maintenance with the least cost rate."
)
_LIMITS: Final = (
    "Trained on simulated turbofans: it says nothing of a spacecraft's components, and its reader refuses to use it for them.",
    "Longer lives than the cap look alike; the prediction is at most the cap, the interval's upper end is not capped.",
    "Operating points, sensors and units of measure other than in training are refused.",
    "Intervals hold for units like those of training; how well is under Measured.",
)


@dataclass(frozen=True)
class TrainedSubset:
    """A registered version, with the model itself."""

    registered: RegisteredModel
    model: LifetimeModel
    metrics: dict[str, float]


def train_subset(
    data: Path,
    subset: str,
    registry: ModelRegistry,
    *,
    seed: int,
    by: str,
    at_utc: datetime,
    recipe: Recipe | None = None,
    progress: Progress = lambda _share, _what: None,
) -> TrainedSubset:
    """Train on a subset's training split, and register the model as a candidate.

    Raises:
        InputError: The data are missing or wrong.
        StoreError: The model was not kept.
    """
    path, chosen = _training_file(data, subset), recipe or RECIPES[_known(subset)]
    training = train_lifetime(load_histories(path), chosen, seed, progress)
    units = [*((one, "as in the data set") for one in (*SETTINGS, *SENSORS)), ("cycle", "flights")]
    manifest = Manifest(
        name=_name(subset),
        kind=MODEL_KIND,
        made_for=_made_for(subset),
        created_utc=at_utc,
        inputs=tuple(units),
        seed=seed,
        data_hash=data_hash([path]),
        code_hash=code_hash(*_CODE),
        settings=asdict(chosen) | {"stack": training.model.stack.round(4).tolist(), "caution": training.model.caution},
        metrics=training.metrics,
    )
    card = model_card(manifest, purpose=_PURPOSE.format(subset=subset), limits=_LIMITS)
    files = life_files(training.model) | {"card.md": card.encode()}
    return TrainedSubset(registry.register(manifest, files, by=by, at_utc=at_utc), training.model, training.metrics)


def chosen_model(data: Path, subset: str, registry: ModelRegistry) -> TrainedSubset:
    """The model to predict with: the live one, else the newest not withdrawn that this code made of these data.

    Raises:
        NotFound: There is none: train one.
        InputError: Its files are not what was registered.
    """
    registered, artefact = choose_version(
        registry,
        _name(subset),
        kind=MODEL_KIND,
        made_for=_made_for(subset),
        data_hash=data_hash([_training_file(data, subset)]),
        code_hash=code_hash(*_CODE),
    )
    return TrainedSubset(registered, life_model(artefact), dict(artefact.manifest.metrics))


def predict_subset(data: Path, subset: str, model: LifetimeModel, out: Path) -> Path:
    """Write ``<subset>.csv`` of the test units: unit, rul, lo, hi, maint_in; in cycles.

    Raises:
        InputError: The data are missing or wrong, or the folder cannot be written to; no file is written.
    """
    lives = model.predict(load_histories(data / f"cmapss_test_{subset}.parquet"))
    rows = [
        (one.unit, f"{one.rul_cycles:.2f}", f"{one.low_cycles:.0f}", f"{one.high_cycles:.0f}", one.maintain_in_cycles)
        for one in lives
    ]
    return write_predictions(out / f"{subset}.csv", ("unit", "rul", "lo", "hi", "maint_in"), rows)


def explain_subset(data: Path, subset: str, model: LifetimeModel, out: Path) -> Path:
    """Write ``<subset>.drivers.csv``: what moved each test unit's prediction most, and by how many cycles.

    Raises:
        InputError: As ``predict_subset``.
    """
    histories = load_histories(data / f"cmapss_test_{subset}.parquet")
    rows = [
        (unit, one.indicator, f"{one.cycles:.2f}")
        for unit, drivers in zip(histories.units, model.drivers(histories), strict=True)
        for one in drivers
    ]
    return write_predictions(out / f"{subset}.drivers.csv", ("unit", "indicator", "cycles"), rows)


def predict_battery(data: Path, out: Path) -> Path:
    """Write the held-out cell's capacities, ``discharge_no, capacity`` in A h, from its first discharges.

    Raises:
        InputError: The data are missing or wrong, or the folder cannot be written to; no file is written.
    """
    name, known, last = HELD_OUT
    cells = load_cells(data / "nasa_battery_discharge_B0005_6_7.parquet")
    mine = load_cells(data / f"nasa_battery_{name}_first{known}.parquet")
    if name not in mine or len(mine[name]) < known:
        raise InputError("battery", f"the first {known} discharges of {name} are not in the file")
    capacity = predict_capacity(mine[name][:known], cells, last)
    rows = [(known + 1 + number, f"{one:.5f}") for number, one in enumerate(capacity)]
    return write_predictions(out / f"{name}.csv", ("discharge_no", "capacity"), rows)


def turbofan_folder(data: Path) -> Path:
    """The folder itself, or ``ml`` in it where the data set lies there.

    Raises:
        InputError: Neither holds the data set.
    """
    for one in (data, data / "ml"):
        if any((one / f"cmapss_train_{subset}.parquet").is_file() for subset in RECIPES):
            return one
    raise InputError(
        "--data", f"{data} holds no cmapss_train_FD001.parquet or other subset, and neither does its folder ml"
    )


def _training_file(data: Path, subset: str) -> Path:
    return data / f"cmapss_train_{_known(subset)}.parquet"


def _known(subset: str) -> str:
    if subset not in RECIPES:
        raise InputError("subset", f"{subset!r} is not one of {', '.join(RECIPES)}")
    return subset


def _name(subset: str) -> str:
    return f"turbofan-{subset.lower()}"


def _made_for(subset: str) -> str:
    return f"C-MAPSS {subset}"
