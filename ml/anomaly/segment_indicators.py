"""How a segment is seen: its statistics on scales that suit them, and how far each lies from what its channel usually shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.segments import Segments
from ml.models.artefact import FOREIGN

__all__ = ["SegmentIndicators", "fit_segment_indicators", "indicator_names"]

_WITHOUT_LENGTH: Final = (
    "mean",
    "mean_over_std",
    "log_var",
    "kurtosis",
    "skew",
    "n_peaks",
    "smooth10_n_peaks",
    "smooth20_n_peaks",
    "diff_peaks",
    "diff2_peaks",
    "log_diff_var",
    "log_diff2_var",
    "log_diff_var_over_var",
    "log_diff2_var_over_diff_var",
    "diff_peaks_per_peak",
    "diff2_peaks_per_diff_peak",
)
_OF_LENGTH: Final = (
    "duration",
    "len",
    "len_weighted",
    "gaps_squared",
    "log_var_div_duration",
    "log_var_div_len",
    "samples_per_s",
    "diff_peaks_per_sample",
    "diff2_peaks_per_sample",
    "peaks_per_s",
    "gaps_squared_per_s",
    "gaps_squared_per_sample",
    "missing_s",
)
_LEAST: Final = 1e-16  # of variances: those of constant segments
_SMALL: Final = 1e-7  # of means: current sensors read around it
_FARTHEST: Final = 50.0  # interquartile ranges from the median


def indicator_names(*, with_length: bool) -> tuple[str, ...]:
    """What is computed of each segment, before the channel's usual values are taken off."""
    return (*_WITHOUT_LENGTH, *_OF_LENGTH) if with_length else _WITHOUT_LENGTH


@dataclass(frozen=True)
class SegmentIndicators:
    """Indicators as they were fitted on training segments.

    Args:
        channels: Channels that were trained on, by name.
        group: Channel (its place in ``channels``) and sampling time in s of each group; shape (groups, 2).
        median, spread: Usual value and interquartile range of each indicator; shape (groups + 1, indicators), the last of all.
        with_length: Whether indicators that tell the length of a segment are used.
    """

    channels: tuple[str, ...]
    group: NDArray[np.float64]
    median: NDArray[np.float64]
    spread: NDArray[np.float64]
    with_length: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        seen = indicator_names(with_length=self.with_length)
        return (*seen, "channel", "sampling_s", *(f"{one}, unusual by" for one in seen))

    def __call__(self, segments: Segments) -> NDArray[np.float64]:
        """Shape (segments, names).

        Raises:
            InputError: A channel was not trained on.
        """
        place = _places(segments.channel, self.channels)
        seen = _seen(segments, with_length=self.with_length)
        group = _groups(place, segments.sampling_s, self.group)
        unusual = (seen - self.median[group]) / self.spread[group]
        columns = [seen, place[:, None], segments.sampling_s[:, None], np.clip(unusual, -_FARTHEST, _FARTHEST)]
        return np.hstack(columns)


def fit_segment_indicators(segments: Segments, *, with_length: bool) -> SegmentIndicators:
    """Usual values of every channel and sampling time; labels are not looked at."""
    channels = tuple(str(one) for one in np.unique(segments.channel))
    place = _places(segments.channel, channels)
    seen = _seen(segments, with_length=with_length)
    group = np.unique(np.column_stack([place, segments.sampling_s]), axis=0)
    of_row = _groups(place, segments.sampling_s, group)
    parts = [seen[of_row == number] for number in range(len(group))]
    quartiles = np.array([np.quantile(one, (0.25, 0.5, 0.75), axis=0) for one in (*parts, seen)])
    spread = quartiles[:, 2] - quartiles[:, 0]
    return SegmentIndicators(channels, group, quartiles[:, 1], np.where(spread > 0.0, spread, 1.0), with_length)


def _places(channel: NDArray[np.str_], channels: tuple[str, ...]) -> NDArray[np.float64]:
    known: Mapping[str, int] = {name: number for number, name in enumerate(channels)}
    if unknown := sorted({str(one) for one in channel} - known.keys()):
        raise InputError(
            "channel", f"{', '.join(unknown[:5])} was not trained on; known are {', '.join(channels)}", code=FOREIGN
        )
    return np.array([known[str(one)] for one in channel], dtype=float)


def _groups(
    place: NDArray[np.float64], sampling_s: NDArray[np.float64], group: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The group of each segment; the one behind the last for a sampling time that the channel was not trained with."""
    same = (place[:, None] == group[None, :, 0]) & (sampling_s[:, None] == group[None, :, 1])
    return np.where(same.any(axis=1), same.argmax(axis=1), len(group))


def _seen(segments: Segments, *, with_length: bool) -> NDArray[np.float64]:
    of = segments.quantities
    log = {
        name: np.log(of[name] + _LEAST) for name in ("var", "diff_var", "diff2_var", "var_div_duration", "var_div_len")
    }
    columns = {
        "mean": np.sign(of["mean"]) * np.log1p(np.abs(of["mean"]) / _SMALL),
        "mean_over_std": of["mean"] / np.sqrt(of["var"] + _LEAST),
        "log_var": log["var"],
        "log_diff_var": log["diff_var"],
        "log_diff2_var": log["diff2_var"],
        "log_diff_var_over_var": log["diff_var"] - log["var"],
        "log_diff2_var_over_diff_var": log["diff2_var"] - log["diff_var"],
        "diff_peaks_per_peak": of["diff_peaks"] / (1.0 + of["n_peaks"]),
        "diff2_peaks_per_diff_peak": of["diff2_peaks"] / (1.0 + of["diff_peaks"]),
        "log_var_div_duration": log["var_div_duration"],
        "log_var_div_len": log["var_div_len"],
        "samples_per_s": of["len"] / np.maximum(of["duration"], 1.0),
        "diff_peaks_per_sample": of["diff_peaks"] / np.maximum(of["len"], 1.0),
        "diff2_peaks_per_sample": of["diff2_peaks"] / np.maximum(of["len"], 1.0),
        "peaks_per_s": of["n_peaks"] / np.maximum(of["duration"], 1.0),
        "gaps_squared_per_s": of["gaps_squared"] / np.maximum(of["duration"], 1.0),
        "gaps_squared_per_sample": of["gaps_squared"] / np.maximum(of["len"], 1.0),
        "missing_s": of["duration"] - of["len"] * segments.sampling_s,
    }
    named = {**of, **columns}
    return np.column_stack([named[name] for name in indicator_names(with_length=with_length)])
