"""A detector of anomalous segments: trees and networks over indicators, and the score from which on a segment is anomalous."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.extra_trees import ExtraTrees, trees_from_arrays
from ml.anomaly.segment_indicators import SegmentIndicators, indicator_names
from ml.anomaly.segments import Segments
from ml.anomaly.small_networks import SmallNetworks, networks_from_arrays
from ml.models.artefact import CORRUPT, Artefact
from ml.models.content import settings_of, tensors_of
from ml.models.weights import tensors_octets

__all__ = ["MODEL_KIND", "SegmentDetector", "detector_files", "segment_detector"]

MODEL_KIND: Final = "segment-detector-1"
_SETTINGS: Final = ("channels", "with_length", "networks", "threshold")


@dataclass(frozen=True)
class SegmentDetector:
    """Everything that a score needs.

    Args:
        indicators: How a segment is seen.
        trees, networks: What judges it; each counts half.
        threshold: Segments with this score or more are anomalous.
    """

    indicators: SegmentIndicators
    trees: ExtraTrees
    networks: SmallNetworks
    threshold: float

    def scores(self, segments: Segments) -> NDArray[np.float64]:
        """From 0 to 1, the more the more anomalous.

        Raises:
            InputError: A channel was not trained on.
        """
        rows = self.indicators(segments)
        return 0.5 * (self.trees(rows) + self.networks(rows))

    def anomalous(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether segments with these scores are."""
        return scores >= self.threshold


def detector_files(detector: SegmentDetector) -> dict[str, bytes]:
    """A detector as files, for ``ml.models``."""
    indicators = detector.indicators
    usual = {"group": indicators.group, "median": indicators.median, "spread": indicators.spread}
    settings = {
        "channels": list(indicators.channels),
        "with_length": indicators.with_length,
        "networks": len(detector.networks.layers),
        "threshold": detector.threshold,
    }
    return {
        "indicators.safetensors": tensors_octets(usual),
        "trees.safetensors": tensors_octets(detector.trees.arrays()),
        "networks.safetensors": tensors_octets(detector.networks.arrays()),
        "settings.json": json.dumps(settings, indent=1, sort_keys=True).encode(),
    }


def segment_detector(artefact: Artefact) -> SegmentDetector:
    """The detector of files that ``detector_files`` made.

    Raises:
        InputError: A file is missing or has another content.
    """
    settings = settings_of(artefact, "settings.json", _SETTINGS)
    usual = tensors_of(artefact, "indicators.safetensors")
    channels, with_length = tuple(settings["channels"]), settings["with_length"]
    width = len(indicator_names(with_length=with_length))
    try:
        indicators = SegmentIndicators(channels, usual["group"], usual["median"], usual["spread"], with_length)
    except KeyError as error:
        raise InputError("model.indicators.safetensors", f"the array {error} is missing", code=CORRUPT) from error
    shape = (len(indicators.group) + 1, width)
    if indicators.group.shape[1:] != (2,) or indicators.median.shape != shape or indicators.spread.shape != shape:
        raise InputError("model.indicators.safetensors", "the shapes do not fit the indicators", code=CORRUPT)
    columns = len(indicators.names)
    return SegmentDetector(
        indicators,
        trees_from_arrays("trees.safetensors", tensors_of(artefact, "trees.safetensors"), columns),
        networks_from_arrays(
            "networks.safetensors", tensors_of(artefact, "networks.safetensors"), settings["networks"], columns
        ),
        float(settings["threshold"]),
    )
