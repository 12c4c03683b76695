"""A lifetime model: from a unit's history to its remaining life, an interval, when to maintain, and what drove it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.lifetime.distribution import Calibration, LifeSample
from ml.lifetime.histories import Histories
from ml.lifetime.indicators import IndicatorModel
from ml.lifetime.learners import Ensemble
from ml.lifetime.policy import CostRatio, wait_cycles
from ml.lifetime.regimes import Regimes
from ml.models.artefact import CORRUPT, Artefact
from ml.models.content import file_of, settings_of, tensors_of
from ml.models.weights import booster_from_text, booster_text, tensors_octets

__all__ = ["MODEL_KIND", "Driver", "LifetimeModel", "UnitLife", "life_files", "life_model"]

MODEL_KIND: Final = "lifetime-stack-1"
_DRIVERS: Final = 5
_SETTINGS: Final = ("stack", "caution", "cap_cycles", "tail", "rates", "boosted", "extra", "networks")


@dataclass(frozen=True)
class Driver:
    """What moved a prediction: an indicator, and by how many cycles of the trees' prediction (Shapley value)."""

    indicator: str
    cycles: float


@dataclass(frozen=True)
class UnitLife:
    """The predicted remaining life of a unit at the end of its history.

    Args:
        unit: Its number.
        age_cycles: Cycles it has lived.
        rul_cycles: Predicted remaining life; at most the cap, beyond which a unit shows nothing of its end.
        low_cycles, high_cycles: Interval that 90 % of such units end in, uncapped.
        maintain_in_cycles: Wait until maintenance with the least cost rate, by the cost ratio asked for.
        life: The distribution that interval and wait come from.
    """

    unit: int
    age_cycles: int
    rul_cycles: float
    low_cycles: float
    high_cycles: float
    maintain_in_cycles: int
    life: LifeSample


@dataclass(frozen=True)
class LifetimeModel:
    """Everything a prediction needs.

    Args:
        indicators: How a history is seen.
        ensemble: Learners of each kind.
        stack: Weight of each kind.
        caution: By how many standard deviations predictions are less than the mean: late predictions cost more.
        cap_cycles: Longest life that is predicted.
        calibration: Predicted distributions.
        tail: Probability that intervals leave out at each side.
        rates: Cost rate of the best policy by the ratio of failure to preventive cost.
    """

    indicators: IndicatorModel
    ensemble: Ensemble
    stack: NDArray[np.float64]
    caution: float
    cap_cycles: float
    calibration: Calibration
    tail: float
    rates: Mapping[float, float]

    def predict(self, histories: Histories, cost_ratio: float = 5.0) -> list[UnitLife]:
        """The remaining life of each unit after its last cycle.

        Raises:
            InputError: A history is too short, of other sensors or units of measure, or at an unknown operating point;
                or the model knows no rate for the cost ratio.
        """
        if cost_ratio not in self.rates:
            raise InputError(
                "cost_ratio", f"{cost_ratio:g} is not one of {sorted(self.rates)}, which the model was made for"
            )
        rows = self.indicators(histories)[histories.last_rows]
        means = np.clip(self.ensemble.values(rows) @ self.stack, 0.0, self.cap_cycles)
        costs = CostRatio(cost_ratio)
        found = []
        for unit, age, mean in zip(histories.units, histories.lengths, means, strict=True):
            life = self.calibration.sample(float(mean))
            rul = float(self.cautious(np.array([mean]))[0])
            low, high = life.interval(self.tail)
            wait = wait_cycles(life, costs, self.rates[cost_ratio])
            found.append(UnitLife(int(unit), int(age), rul, min(low, rul), max(high, rul), wait, life))
        return found

    def drivers(self, histories: Histories) -> list[tuple[Driver, ...]]:
        """What moved each unit's prediction most, by the boosted trees' Shapley values."""
        rows = self.indicators(histories)[histories.last_rows]
        names = self.indicators.names
        found = []
        contributions = self.ensemble.contributions(rows)[:, :-1]
        for values, order in zip(contributions, np.argsort(-np.abs(contributions), axis=1)[:, :_DRIVERS], strict=True):
            found.append(tuple(Driver(names[one], float(values[one])) for one in order))
        return found

    def cautious(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predictions less the caution, not under 0."""
        if not self.caution:
            return means
        at, spread = self._spreads
        return np.maximum(means - self.caution * np.interp(means, at, spread), 0.0)

    @cached_property
    def _spreads(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return capped_spreads(self.calibration, self.cap_cycles)


def capped_spreads(calibration: Calibration, cap_cycles: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard deviation of the capped life, on a grid of predictions; cycles both."""
    grid = np.linspace(0.0, cap_cycles, 51)
    spreads = []
    for one in grid:
        life = calibration.sample(float(one))
        capped = np.minimum(life.lives, cap_cycles)
        mean = float(capped @ life.weights)
        spreads.append(float(np.sqrt((capped - mean) ** 2 @ life.weights)))
    return grid, np.array(spreads)


def life_files(model: LifetimeModel) -> dict[str, bytes]:
    """A model as files, for ``ml.models``."""
    indicators, regimes, calibration = model.indicators, model.indicators.regimes, model.calibration
    seen: dict[str, NDArray[Any]] = {
        "centres": regimes.centres,
        "spans": regimes.spans,
        "means": regimes.means,
        "deviations": regimes.deviations,
        "lively": regimes.lively,
        "sensors": indicators.sensors,
        "level": indicators.level,
        "change": indicators.change,
    }
    known: dict[str, NDArray[Any]] = {
        "predicted": calibration.predicted,
        "lived": calibration.lived,
        "unit": calibration.unit,
        "weight": calibration.weight,
    }
    settings = {
        "stack": model.stack.tolist(),
        "caution": model.caution,
        "cap_cycles": model.cap_cycles,
        "tail": model.tail,
        "rates": {str(ratio): rate for ratio, rate in model.rates.items()},
        "boosted": len(model.ensemble.boosted),
        "extra": len(model.ensemble.extra),
        "networks": len(model.ensemble.networks),
    }
    files = {
        "indicators.safetensors": tensors_octets(seen),
        "calibration.safetensors": tensors_octets(known),
        "settings.json": json.dumps(settings, indent=1, sort_keys=True).encode(),
    }
    for kind, boosters in (("boosted", model.ensemble.boosted), ("extra", model.ensemble.extra)):
        files |= {f"{kind}-{number}.lgb.txt": booster_text(one) for number, one in enumerate(boosters)}
    files |= {
        f"network-{number}.safetensors": tensors_octets(one) for number, one in enumerate(model.ensemble.networks)
    }
    return files


def life_model(artefact: Artefact) -> LifetimeModel:
    """The model of files that ``life_files`` made.

    Raises:
        InputError: A file is missing or has another content.
    """
    settings = settings_of(artefact, "settings.json", _SETTINGS)
    seen = tensors_of(artefact, "indicators.safetensors")
    known = tensors_of(artefact, "calibration.safetensors")
    try:
        regimes = Regimes(seen["centres"], seen["spans"], seen["means"], seen["deviations"], seen["lively"])
        indicators = IndicatorModel(regimes, seen["sensors"], seen["level"], seen["change"])
        calibration = Calibration(known["predicted"], known["lived"], known["unit"], known["weight"])
    except KeyError as error:
        raise InputError("model.indicators", f"the array {error} is missing", code=CORRUPT) from error
    width = len(indicators.names)

    def boosters(kind: str) -> list[Any]:
        names = [f"{kind}-{number}.lgb.txt" for number in range(settings[kind])]
        return [booster_from_text(name, file_of(artefact, name), width) for name in names]

    networks = [tensors_of(artefact, f"network-{number}.safetensors") for number in range(settings["networks"])]
    return LifetimeModel(
        indicators=indicators,
        ensemble=Ensemble(boosters("boosted"), boosters("extra"), networks),
        stack=np.array(settings["stack"], dtype=float),
        caution=float(settings["caution"]),
        cap_cycles=float(settings["cap_cycles"]),
        calibration=calibration,
        tail=float(settings["tail"]),
        rates={float(ratio): float(rate) for ratio, rate in settings["rates"].items()},
    )
