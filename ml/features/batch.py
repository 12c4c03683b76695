"""Features out of the archive, at any instants: what training and scoring of the past are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.telemetry.archive_queries import ArchiveQueries
from ml.features.model import Feature
from ml.features.samples import Samples, sayable
from ml.features.table import EDGE_S, FeatureTable, feature_table, lookbacks_s
from ml.features.windows import Instants

__all__ = ["Knowledge", "archived_samples", "compute_features"]

_SPAN_S: Final = 7 * 86_400.0  # of instants that are looked at together, so that years need no more memory than a week


class Knowledge(StrEnum):
    """Which samples a feature at an instant may use; never one that was generated later."""

    GENERATED = "generated"  # all that are archived today, whenever they were received
    RECEIVED = "received"  # those received up to the instant: what was known on the ground then


def compute_features(
    features: Sequence[Feature],
    archive: ArchiveQueries,
    satellite: str,
    instants_tai_s: NDArray[np.float64],
    knowledge: Knowledge = Knowledge.GENERATED,
    *,
    version: int | None = None,
) -> FeatureTable:
    """The values of features at instants, in any order.

    Args:
        version: Of reprocessed telemetry; None for the newest.
    Raises:
        InputError: An instant is not finite, two features have one name, or values do not fit a definition.
        NotFound: A parameter was never received from the satellite.
    """
    instants = np.asarray(instants_tai_s, dtype=np.float64)
    if instants.ndim != 1 or not np.isfinite(instants).all():
        raise InputError("instants_tai_s", "a row of finite seconds is needed")
    lookbacks = lookbacks_s(features)
    parts: list[tuple[NDArray[np.intp], FeatureTable]] = []
    for places in _groups(instants):
        at = instants[places]
        series: dict[str, Samples] = {}
        whole_from: dict[str, float] = {}
        for parameter, lookback_s in lookbacks.items():
            first_s = float(at[0]) - lookback_s - EDGE_S
            series[parameter], whole_from[parameter] = archived_samples(
                archive, satellite, parameter, (first_s, float(at[-1])), version=version
            )
        known = at if knowledge is Knowledge.RECEIVED else None
        parts.append((places, feature_table(features, series, whole_from, Instants(at, known))))
    return _joined(features, instants, parts)


def archived_samples(
    archive: ArchiveQueries,
    satellite: str,
    parameter: str,
    between_tai_s: tuple[float, float],
    *,
    version: int | None = None,
) -> tuple[Samples, float]:
    """Samples generated in an interval, both ends included, and from when on the archive still has all of them."""
    found = archive.received_values(satellite, parameter, *between_tai_s, version=version)
    return sayable(found.generated_tai_s, found.received_tai_s, found.values), found.kept_from_tai_s


def _groups(instants: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    """Places of the instants by time, cut where they span too long."""
    order = np.argsort(instants, kind="stable")
    first = 0
    while first < len(order):
        end_s = instants[order[first]] + _SPAN_S
        last = int(np.searchsorted(instants, end_s, side="right", sorter=order))
        yield order[first:last]
        first = last


def _joined(
    features: Sequence[Feature],
    instants: NDArray[np.float64],
    parts: Sequence[tuple[NDArray[np.intp], FeatureTable]],
) -> FeatureTable:
    values = np.full((len(features), len(instants)), np.nan)
    complete = np.zeros(values.shape, dtype=bool)
    for places, one in parts:
        values[:, places] = one.values
        complete[:, places] = one.complete
    return FeatureTable(tuple(features), instants, values, complete)
