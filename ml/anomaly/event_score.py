"""Event-wise F0.5 of alarms: an event is found by an alarm that begins in it, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.stretches import stretches

__all__ = ["EventScore", "score_events"]


@dataclass(frozen=True)
class EventScore:
    """Alarms of one or many series against their events.

    Args:
        found, missed: Events in which an alarm begins, and all others.
        false_alarms: Alarms that begin outside events, whether or not they reach into one.
        samples: Of all series.
        nominal, alarmed: Samples outside events, and how many of them lie in an alarm.
    """

    found: int
    missed: int
    false_alarms: int
    samples: int
    nominal: int
    alarmed: int

    @property
    def recall(self) -> float:
        """Share of events that are found."""
        return self.found / max(self.found + self.missed, 1)

    @property
    def precision(self) -> float:
        """Found events among these and the false alarms, times the share of nominal samples without an alarm.

        The factor keeps one alarm that never ends from being a cheap one.
        """
        quiet = 1.0 - self.alarmed / max(self.nominal, 1)
        return self.found / max(self.found + self.false_alarms, 1) * quiet

    @property
    def f05(self) -> float:
        """Weighted harmonic mean of both, precision counting twice as much."""
        weighted = 0.25 * self.precision + self.recall
        return 1.25 * self.precision * self.recall / weighted if weighted else 0.0

    def false_alarms_per_day(self, sampling_s: float) -> float:
        """Per channel, at so many seconds between samples."""
        return self.false_alarms / (self.samples * sampling_s / 86_400.0)


def score_events(judged: Iterable[tuple[NDArray[np.bool_], NDArray[np.bool_]]]) -> EventScore:
    """Of series together, each by its alarms and its labels.

    Raises:
        InputError: The shapes of a pair differ.
    Source: corrected event-wise F-score of Kotowski et al., European Space Agency Benchmark for Anomaly Detection in
        Satellite Telemetry, 2024, section 4, but causal: there any alarmed sample finds an event, here the alarm must begin in
        it, and one that began before it is a false alarm.
    """
    found = missed = false_alarms = samples = nominal = alarmed = 0
    for alarms, labels in judged:
        if alarms.shape != labels.shape:
            raise InputError("alarms", f"shape {alarms.shape} for labels of shape {labels.shape}")
        begins = np.array([one.begin for one in stretches(alarms)], dtype=np.int64)
        inside = labels[begins]
        hits = sum(bool(((begins >= event.begin) & (begins < event.end)).any()) for event in stretches(labels))
        found += hits
        missed += len(stretches(labels)) - hits
        false_alarms += int(np.count_nonzero(~inside))
        samples += len(labels)
        nominal += int(np.count_nonzero(~labels))
        alarmed += int(np.count_nonzero(alarms & ~labels))
    return EventScore(found, missed, false_alarms, samples, nominal, alarmed)
