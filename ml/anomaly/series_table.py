"""What the detectors of series reach on the public series: every choice is made without the series that it is judged on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.archive_score import archive_departures, joined
from ml.anomaly.channels import SAMPLING_S, Channel, load_channels, load_labels
from ml.anomaly.event_score import EventScore, score_events
from ml.anomaly.return_level import return_level
from ml.anomaly.series import Series
from ml.anomaly.series_detector import Learner, LiveRecipe, fit_series_detector, latched, nominal_departures
from ml.anomaly.smap_msl import ARCHIVE, DATA_FILE, LABELS_FILE, LIVE, nominal_samples
from ml.anomaly.tsb_ad_m import JudgedSeries, load_protocol, load_published
from ml.anomaly.vus import tsb_window, vus_pr
from ml.models.progress import Progress

__all__ = ["ArchiveRow", "ArchiveTable", "LiveTable", "archive_table", "live_tables"]

_LEARNER_SETS: Final = tuple(
    chosen for size in range(1, len(Learner) + 1) for chosen in combinations(tuple(Learner), size)
)
_SPREADS: Final = (15.0, 25.0, 35.0, 45.0, 55.0, 65.0)  # samples
_NOT_SMOOTHED: Final = 0.1  # samples: no neighbour has a share that counts
_FALSE_ALARM_DAYS: Final = (7.0, 30.0, 100.0)
_LIVE_CANDIDATES: Final = tuple(product(_LEARNER_SETS, _FALSE_ALARM_DAYS))
_RESAMPLES: Final = 10_000
_Alarms = Mapping[
    str, Sequence[NDArray[np.bool_]]
]  # by channel, of each live candidate, of the samples that are judged


@dataclass(frozen=True)
class ArchiveRow:
    """One series: VUS-PR of what was chosen on the others, of the shipped recipe, and of the best published detector."""

    file: str
    channel: str
    nested: float
    shipped: float
    best_published: float
    published_by: str


@dataclass(frozen=True)
class ArchiveTable:
    """VUS-PR of archive scores.

    Args:
        nested: Mean over the series, learners and smoothing chosen for each kind of channel on the public channels of other
            kinds: the figure.
        low, high: 5th and 95th percentile of that mean over resampled series.
        shipped: Mean of the recipe that ships.
        hindsight: Mean of the best candidate of all: a bound, not a result.
        variants: Means of the shipped recipe with one thing changed.
        published: Means of the published detectors.
        rows: By series.
    """

    nested: float
    low: float
    high: float
    shipped: float
    hindsight: float
    variants: dict[str, float]
    published: dict[str, float]
    rows: list[ArchiveRow]


@dataclass(frozen=True)
class LiveTable:
    """Alarms of one protocol.

    Args:
        nested: Learners and the time between false alarms chosen for each kind of channel on the public channels of other
            kinds, after their training parts: the figure.
        shipped: Of the recipe that ships.
        variants: Event-wise F0.5 of the shipped recipe with one thing changed.
        promised_per_day: False alarms per channel and day that the shipped recipe's limits stand for, each learner alone.
        sampling_s: Time between samples that days are told by.
    """

    nested: EventScore
    shipped: EventScore
    variants: dict[str, float]
    promised_per_day: float
    sampling_s: float


def archive_table(data: Path, progress: Progress = lambda _share, _what: None) -> ArchiveTable:
    """The table of TSB-AD-M.

    Raises:
        InputError: The data are missing or wrong.
    """
    channels = load_channels(data / DATA_FILE)
    labels = load_labels(data / LABELS_FILE, channels)
    series = load_protocol(data / "tsbad_m_map.csv", channels, labels)
    published = load_published(data / "tsbad_m_published_vuspr_msl_smap.csv", series)
    judged = {one.channel for one in series}
    candidates = [(learners, spread) for learners, spread in product(_LEARNER_SETS, (_NOT_SMOOTHED, *_SPREADS))]
    shipped = candidates.index((ARCHIVE.learners, ARCHIVE.spread))
    nominal = _nominal_parts(channels, labels, series)
    by_candidate, with_training = {}, []
    for number, (name, samples) in enumerate(nominal.items()):
        progress(number / len(nominal), name)
        test, window = channels[name].test, tsb_window(channels[name].test.values)
        departures = archive_departures(test, samples, ARCHIVE)
        by_candidate[name] = [vus_pr(joined(departures, *one), labels[name], window) for one in candidates]
        if name in judged:
            trained = archive_departures(test, samples, ARCHIVE, [channels[name].training])
            with_training.append(vus_pr(joined(trained, *candidates[shipped]), labels[name], window))
    progress(1.0, "done")
    names = list(nominal)
    everywhere = np.array([by_candidate[name] for name in names]).T
    found = everywhere[:, [names.index(one.channel) for one in series]]
    choice = _chosen_elsewhere(names, lambda rows: int(everywhere[:, rows].mean(axis=1).argmax()))
    nested = np.array([by_candidate[one.channel][choice[one.channel]] for one in series])
    resampled = np.random.default_rng(1).choice(nested, (_RESAMPLES, len(nested))).mean(axis=1)
    alone = {f"{one} alone": found[candidates.index(((one,), ARCHIVE.spread))].mean() for one in Learner}
    without = {
        f"without {one}": found[
            candidates.index((tuple(two for two in Learner if two is not one), ARCHIVE.spread))
        ].mean()
        for one in Learner
    }
    variants = {
        **alone,
        **without,
        "not smoothed": found[candidates.index((ARCHIVE.learners, _NOT_SMOOTHED))].mean(),
        "with the channel's training part": np.mean(with_training),
    }
    return ArchiveTable(
        nested=float(nested.mean()),
        low=float(np.quantile(resampled, 0.05)),
        high=float(np.quantile(resampled, 0.95)),
        shipped=float(found[shipped].mean()),
        hindsight=float(found.mean(axis=1).max()),
        variants={name: float(value) for name, value in variants.items()},
        published={name: float(np.mean(values)) for name, values in published.items()},
        rows=[
            ArchiveRow(
                one.file,
                one.channel,
                float(nested[number]),
                float(found[shipped, number]),
                *max((values[number], name) for name, values in published.items()),
            )
            for number, one in enumerate(series)
        ],
    )


def live_tables(data: Path, progress: Progress = lambda _share, _what: None) -> dict[str, LiveTable]:
    """Of alarms after training on the channel's training part (all public channels), and on the first samples of the test part
    (series of TSB-AD-M).

    Raises:
        InputError: The data are missing or wrong.
    """
    channels = load_channels(data / DATA_FILE)
    labels = load_labels(data / LABELS_FILE, channels)
    series = load_protocol(data / "tsbad_m_map.csv", channels, labels)
    whole = [(channels[name], channels[name].training, 0) for name in labels]
    first = [(channels[one.channel], channels[one.channel].test.part(0, one.nominal), one.nominal) for one in series]
    steps = len(whole) + len(first)
    after_training = _alarms_of(whole, lambda share, what: progress(share * len(whole) / steps, what))
    after_first = _alarms_of(first, lambda share, what: progress((len(whole) + share * len(first)) / steps, what))
    names = list(labels)

    def best(rows: Sequence[int]) -> int:
        chosen = {names[row]: after_training[names[row]] for row in rows}
        return max(range(len(_LIVE_CANDIDATES)), key=lambda at: _score(chosen, labels, _everywhere(chosen, at)).f05)

    choice = _chosen_elsewhere(names, best)
    return {
        "training part, all public channels": _live_table(after_training, labels, choice),
        "first samples of the test part, series of TSB-AD-M": _live_table(after_first, labels, choice),
    }


def _live_table(alarms: _Alarms, labels: Mapping[str, NDArray[np.bool_]], choice: Mapping[str, int]) -> LiveTable:
    days = LIVE.false_alarm_s / 86_400.0
    changed = {" and ".join(learners): (learners, days) for learners in _LEARNER_SETS}
    changed |= {f"limits passed once in {one:.0f} days": (LIVE.learners, one) for one in _FALSE_ALARM_DAYS}

    def of(candidate: tuple[tuple[Learner, ...], float]) -> EventScore:
        return _score(alarms, labels, _everywhere(alarms, _LIVE_CANDIDATES.index(candidate)))

    return LiveTable(
        nested=_score(alarms, labels, choice),
        shipped=of((LIVE.learners, days)),
        variants={name: of(candidate).f05 for name, candidate in changed.items()},
        promised_per_day=1.0 / days,
        sampling_s=SAMPLING_S,
    )


def _alarms_of(judged: Sequence[tuple[Channel, Series, int]], progress: Progress) -> _Alarms:
    """Of channels with what each learns from, and how many samples at the beginning are not judged."""
    every = replace(LIVE, learners=tuple(Learner))
    found = {}
    for number, (channel, history, unjudged) in enumerate(judged):
        progress(number / len(judged), channel.name)
        nominal = nominal_departures([history], every)
        detector = fit_series_detector([history], every)
        seen = {one: detector.departures(channel.test, one) for one in Learner}
        found[channel.name] = [
            _alarms(nominal, seen, *one, recipe=every, unjudged=unjudged) for one in _LIVE_CANDIDATES
        ]
    progress(1.0, "done")
    return found


def _everywhere(alarms: _Alarms, candidate: int) -> dict[str, int]:
    return dict.fromkeys(alarms, candidate)


def _score(alarms: _Alarms, labels: Mapping[str, NDArray[np.bool_]], choice: Mapping[str, int]) -> EventScore:
    judged = ((of_candidates[choice[name]], labels[name]) for name, of_candidates in alarms.items())
    return score_events((one, flags[len(flags) - len(one) :]) for one, flags in judged)


def _alarms(
    nominal: Mapping[Learner, NDArray[np.float64]],
    seen: Mapping[Learner, NDArray[np.float64]],
    learners: tuple[Learner, ...],
    days: float,
    *,
    recipe: LiveRecipe,
    unjudged: int,
) -> NDArray[np.bool_]:
    samples = days * 86_400.0 / recipe.sampling_s
    excess = [seen[one] / max(return_level(nominal[one], samples), recipe.least) for one in learners]
    alarms = latched(np.mean(excess, axis=0), recipe.release, recipe.quiet)
    return alarms[unjudged:]


def _nominal_parts(
    channels: Mapping[str, Channel], labels: Mapping[str, NDArray[np.bool_]], series: Sequence[JudgedSeries]
) -> dict[str, int]:
    """Of the public channels how many samples are learned from; not of those with an event among them, where none is stated."""
    stated = {one.channel: one.nominal for one in series}
    parts = {name: stated.get(name, nominal_samples(len(channels[name].test))) for name in labels}
    return {name: samples for name, samples in parts.items() if not labels[name][:samples].any()}


def _chosen_elsewhere(names: Sequence[str], best: Callable[[Sequence[int]], int]) -> dict[str, int]:
    """For each channel the candidate that is best on channels of other kinds: sisters see the same events.

    Args:
        names: Of channels; the letter at the beginning tells the kind.
        best: The candidate for some of them.

    Raises:
        InputError: All are of one kind.
    """
    kinds = [name[0] for name in names]
    if len(set(kinds)) < 2:
        raise InputError(
            "data", "a choice without the channels that it is judged on needs two kinds of public channels"
        )
    choice = {kind: best([row for row, other in enumerate(kinds) if other != kind]) for kind in set(kinds)}
    return {name: choice[kind] for name, kind in zip(names, kinds, strict=True)}
