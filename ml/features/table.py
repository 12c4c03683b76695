"""Values of features at instants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import InputError
from ml.features.model import Feature
from ml.features.samples import Samples
from ml.features.windows import Instants

__all__ = ["EDGE_S", "FeatureTable", "feature_table", "lookbacks_s"]

EDGE_S: Final = 1e-3  # more than the rounding of an instant less a window, far less than telemetry tells apart


@dataclass(frozen=True)
class FeatureTable:
    """What features are at instants.

    Args:
        features: Which.
        instants_tai_s: When, TAI s since J2000.
        values: Of each feature at each instant, shape (features, instants); NaN where it is not known.
        complete: Whether all samples that matter were there; where not (removed by the retention policy, or too late for
            a stream), the value is NaN.
    """

    features: tuple[Feature, ...]
    instants_tai_s: NDArray[np.float64]
    values: NDArray[np.float64]
    complete: NDArray[np.bool_]

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """The values of a feature at each instant."""
        names = [one.name for one in self.features]
        if name not in names:
            raise InputError("name", f"{name!r} is not one of the features {names}")
        found: NDArray[np.float64] = self.values[names.index(name)]
        return found

    def to_arrow(self) -> pa.Table:
        """As columns; the metadata of each names its version, definition hash and unit. NaN stays NaN."""
        fields = [pa.field("instant_tai_s", pa.float64())]
        for one in self.features:
            about = {"version": str(one.version), "definition_hash": one.definition_hash, "unit": one.unit}
            fields.append(pa.field(one.name, pa.float64(), metadata=about))
        return pa.table([self.instants_tai_s, *self.values], schema=pa.schema(fields))


def lookbacks_s(features: Sequence[Feature]) -> dict[str, float]:
    """The parameters of features, and how far back each is needed.

    Raises:
        InputError: Two features have one name.
    """
    if len({one.name for one in features}) < len(features):
        raise InputError("features", "two features have one name; choose one version of each")
    needed: dict[str, float] = {}
    for one in features:
        for parameter in one.source_parameters:
            needed[parameter] = max(needed.get(parameter, 0.0), one.definition.lookback_s)
    return needed


def feature_table(
    features: Sequence[Feature],
    series: Mapping[str, Samples],
    whole_from_tai_s: Mapping[str, float],
    instants: Instants,
) -> FeatureTable:
    """Features of samples that are at hand.

    Args:
        series: Samples of each source parameter.
        whole_from_tai_s: Of each source parameter, from when on all samples are there.
        instants: When, and what is known then.
    """
    at = instants.at_tai_s
    values = np.full((len(features), len(at)), np.nan)
    complete = np.zeros(values.shape, dtype=bool)
    for row, one in enumerate(features):
        whole_from = max(whole_from_tai_s[name] for name in one.source_parameters)
        complete[row] = at - one.definition.lookback_s - EDGE_S >= whole_from
        values[row] = np.where(complete[row], one.definition.values(series, instants), np.nan)
    return FeatureTable(tuple(features), at, values, complete)
