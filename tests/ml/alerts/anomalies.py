"""Anomalies as a detector tells them."""

from __future__ import annotations

import math

from ml.anomaly.anomaly import Anomaly, AnomalyKind, Evidence, Severity
from tests.core.telemetry.intake import T0_TAI_S

__all__ = ["T0_TAI_S", "anomaly", "evidence"]


def evidence(parameter: str, share: float = 1.0, observed: float = 0.4, at_s: float = 0.0) -> Evidence:
    """What a parameter showed."""
    return Evidence(parameter, None, T0_TAI_S + at_s, T0_TAI_S + at_s, observed, 0.8, 0.05, share)


def anomaly(
    name: str,
    *,
    satellite: str = "LSAT-1",
    begin_s: float = 0.0,
    newest_s: float | None = None,
    end_s: float | None = None,
    kind: AnomalyKind = AnomalyKind.DRIFT,
    severity: Severity = Severity.WARNING,
    score: float = 2.0,
    lead: str = "soc",
    others: tuple[Evidence, ...] = (),
    observed: float = 0.4,
    model: str = "model 1",
) -> Anomaly:
    """An anomaly, times in seconds after ``T0_TAI_S``; judged up to its begin, or its end, where nothing is said."""
    newest_s = newest_s if newest_s is not None else end_s if end_s is not None else begin_s
    assert not math.isnan(newest_s)
    return Anomaly(
        name,
        satellite,
        T0_TAI_S + begin_s,
        None if end_s is None else T0_TAI_S + end_s,
        T0_TAI_S + newest_s,
        kind,
        severity,
        score,
        (evidence(lead, 0.7, observed, begin_s), *others),
        model,
    )
