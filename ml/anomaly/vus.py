"""VUS-PR: the area under the precision-recall curve of a score, averaged over how near to an event counts as in it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.stretches import Stretch, stretches

__all__ = ["tsb_window", "vus_pr"]

_THRESHOLDS: Final = 250  # TSB-AD's, at equal steps of the ordered score
_NO_PERIOD: Final = 125  # samples; TSB-AD's window where the autocorrelation tells none
_SHORTEST: Final = 3
_LONGEST: Final = 300
_LAGS: Final = 400
_MOST_SAMPLES: Final = 20_000


def vus_pr(score: NDArray[np.float64], labels: NDArray[np.bool_], window: int) -> float:
    """From 0 to 1; 1 where all of each event scores above all else.

    Args:
        score: The more the more anomalous, shape (n,); finite.
        labels: Whether each sample lies in an event, shape (n,); some do.
        window: Longest width of an event's neighbourhood, samples; see ``tsb_window``.

    Raises:
        InputError: The shapes differ, the score is not finite, or there is no event.
    Source: Paparrizos et al., Volume Under the Surface, PVLDB 15(11), 2022, section 4, in the form that TSB-AD (Liu and
        Paparrizos, NeurIPS 2024) judges by: 250 thresholds, weights from the square root of the nearness, half a window to
        each side. Agrees with the values of TSB-AD's own code to 1e-12 (test_vus_pr_agrees_with_the_code_of_tsb_ad).
    """
    _check(score, labels, window)
    events = stretches(labels)
    ordered = -np.sort(-score)
    places = np.linspace(0, len(score) - 1, _THRESHOLDS).astype(int)
    thresholds = ordered[places]
    # First threshold, in falling order, at which each sample is alarmed.
    first = np.searchsorted(-thresholds, -score, side="left")
    alarmed = np.cumsum(np.bincount(first, minlength=_THRESHOLDS)[:_THRESHOLDS])
    hits = np.cumsum(np.bincount(first[labels], minlength=_THRESHOLDS)[:_THRESHOLDS])
    inside = int(np.count_nonzero(labels))
    areas = []
    for width in range(window + 1):
        rows, weights = _neighbourhood(events, labels, width)
        near = np.cumsum(np.bincount(first[rows], weights=weights, minlength=_THRESHOLDS)[:_THRESHOLDS])
        found = _found(_merged(events, width, len(score)), first)
        recall = np.minimum((hits + near) / (inside + 0.5 * near), 1.0) * found
        precision = (hits + near) / alarmed
        areas.append(float(np.diff(recall, prepend=0.0) @ precision))
    return float(np.mean(areas))


def tsb_window(values: NDArray[np.float64]) -> int:
    """TSB-AD's choice of the window for a series: the lag, 6 to 303 samples, of the highest peak of its autocorrelation.

    Args:
        values: Of the series' first column, shape (n,).
    """
    from scipy.signal import argrelextrema  # type: ignore[import-untyped]

    deviation = np.asarray(values[:_MOST_SAMPLES], dtype=np.float64)
    deviation = deviation - deviation.mean()
    power = float(deviation @ deviation)
    if power == 0.0:
        return _NO_PERIOD
    size = 1 << (2 * len(deviation) - 1).bit_length()
    spectrum = np.fft.rfft(deviation, size)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), size)[: min(_LAGS, len(deviation) - 1) + 1]
    correlation = covariance[_SHORTEST:] / power
    peaks = argrelextrema(correlation, np.greater)[0]
    if not len(peaks):
        return _NO_PERIOD
    highest = int(peaks[np.argsort(correlation[peaks])[-1]])
    return highest + _SHORTEST if _SHORTEST <= highest <= _LONGEST else _NO_PERIOD


def _neighbourhood(
    events: list[Stretch], labels: NDArray[np.bool_], width: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Samples beside events and how much of a hit each is."""
    reach = width // 2
    if not reach:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    away = np.arange(1, reach + 1)
    nearness = np.sqrt(1.0 - away / width)
    weight = np.zeros(len(labels))
    for event in events:
        after, before = event.end + away - 1, event.begin - away
        weight[after[after < len(labels)]] += nearness[after < len(labels)]
        weight[before[before >= 0]] += nearness[before >= 0]
    weight[labels] = 0.0
    rows = np.flatnonzero(weight)
    return rows, np.minimum(weight[rows], 1.0)


def _merged(events: list[Stretch], width: int, samples: int) -> list[Stretch]:
    """Events with their neighbourhoods; those that touch are one."""
    reach = width // 2
    merged: list[Stretch] = []
    for event in events:
        wide = Stretch(max(event.begin - reach, 0), min(event.end + reach, samples))
        if merged and merged[-1].end > wide.begin:
            merged[-1] = Stretch(merged[-1].begin, wide.end)
        else:
            merged.append(wide)
    return merged


def _found(events: list[Stretch], first: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of events with an alarm, by threshold."""
    begins = [int(first[one.begin : one.end].min()) for one in events]
    count = np.bincount(begins, minlength=_THRESHOLDS + 1)[:_THRESHOLDS]
    return np.asarray(np.cumsum(count) / len(events))


def _check(score: NDArray[np.float64], labels: NDArray[np.bool_], window: int) -> None:
    if score.ndim != 1 or score.shape != labels.shape:
        raise InputError("score", f"shape {score.shape} for labels of shape {labels.shape}; one per sample is needed")
    if not np.isfinite(score).all():
        raise InputError("score", f"{int(np.count_nonzero(~np.isfinite(score)))} of {len(score)} are not finite")
    if not labels.any():
        raise InputError("labels", "there is no event to find")
    if window < 0:
        raise InputError("window", f"{window} samples; it cannot be negative")
