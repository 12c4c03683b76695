"""Rows out of the archive, for judging what was and for going on from there live."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.errors import NotFound
from core.telemetry.archive_queries import ArchiveQueries
from ml.anomaly.spacecraft_inputs import INSTANT_PARAMETER, Rows, first_of_each_step, rows_of
from ml.features.batch import archived_samples
from ml.features.model import Feature
from ml.features.samples import Samples
from ml.features.table import EDGE_S, feature_table, lookbacks_s
from ml.features.windows import Instants

__all__ = ["archive_rows"]


def archive_rows(
    features: Sequence[Feature], archive: ArchiveQueries, satellite: str, start_tai_s: float, end_tai_s: float
) -> Rows:
    """The rows of an interval; a parameter that never came has no values. No rows where there is no telemetry."""
    series: dict[str, Samples] = {}
    whole_from: dict[str, float] = {}
    for name, lookback_s in lookbacks_s(features).items():
        try:
            between = (start_tai_s - lookback_s - EDGE_S, end_tai_s)
            series[name], whole_from[name] = archived_samples(archive, satellite, name, between)
        except NotFound:
            series[name], whole_from[name] = Samples.none(), -np.inf
    times = series[INSTANT_PARAMETER].generated_tai_s
    instants = first_of_each_step(times[(times >= start_tai_s) & (times <= end_tai_s)])
    return rows_of(feature_table(features, series, whole_from, Instants(instants)))
