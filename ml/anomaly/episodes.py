"""An episode: consecutive instants at which telemetry is unusual, and what each sensor showed in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.anomaly.anomaly import Anomaly
from ml.anomaly.residual_checks import Check
from ml.anomaly.spacecraft_inputs import SENSORS

__all__ = ["MISSING", "Episode", "Step"]

MISSING: Final = 5  # row of ``ratio`` after those of the checks: values that should be there
_SINCE: Final = 0.7  # of the threshold, from which on a sensor takes part
_TOLD_MORE: Final = 1.1  # a score that much higher is worth telling
_BY_PAST: Final = frozenset({Check.JUMP, Check.BIAS, Check.NOISE})


@dataclass(frozen=True)
class Step:
    """One instant.

    Args:
        instant_tai_s: When.
        values: Of the sensors in their units.
        off, expected, spread: As ``SpacecraftModel.off`` gives them, in its scale, shape (2, sensors).
        ratio: Checks over their thresholds, and last what is missing, shape (checks + 1, sensors).
        window: Scaled rows up to the instant and its context; None where nothing was judged.
        regime: Of the instant, see ``REGIMES``.
        states: What the spacecraft did then.
        gap_s: Since the instant before.
    """

    instant_tai_s: float
    values: NDArray[np.float64]
    off: NDArray[np.float64]
    expected: NDArray[np.float64]
    spread: NDArray[np.float64]
    ratio: NDArray[np.float64]
    window: tuple[NDArray[np.float32], NDArray[np.float32]] | None
    regime: int
    states: str
    gap_s: float

    @property
    def score(self) -> float:
        """The greatest ratio."""
        return float(self.ratio.max())


class Episode:
    """One that goes on.

    Args:
        first: Its first instant.
    """

    def __init__(self, first: Step) -> None:
        self.begin_tai_s = first.instant_tai_s
        self.states = first.states
        self.quiet = 0
        self.newest_tai_s = self.last_above_tai_s = first.instant_tai_s
        self.score = 0.0
        self.rows = 0
        self.since_tai_s = np.full(len(SENSORS), np.nan)
        self.highest = np.zeros((MISSING + 1, len(SENSORS)))
        self.worst: list[Step | None] = [None] * len(SENSORS)
        self.which = np.zeros(len(SENSORS), dtype=int)  # expectation that the worst is off
        self._worst_off = np.full(len(SENSORS), -1.0)
        self._told: Anomaly | None = None
        self.go_on(first)

    def go_on(self, step: Step) -> None:
        """Take the next instant in."""
        self.rows += 1
        self.newest_tai_s = step.instant_tai_s
        if step.score >= _SINCE:
            self.last_above_tai_s = step.instant_tai_s
        self.score = max(self.score, step.score)
        self.highest = np.maximum(self.highest, step.ratio)
        by_sensor = step.ratio.max(axis=0)
        begins = np.isnan(self.since_tai_s) & (by_sensor >= _SINCE)
        self.since_tai_s[begins] = step.instant_tai_s
        for sensor in np.flatnonzero(by_sensor >= _SINCE).tolist():
            self._note(step, sensor)

    def _note(self, step: Step, sensor: int) -> None:
        """Keep the instant at which a sensor was furthest off the expectation that its strongest check is of."""
        check = int(step.ratio[:, sensor].argmax())
        which = int(check in _BY_PAST)
        off = abs(step.off[which, sensor])
        off = 0.0 if np.isnan(off) else float(off)
        if off > self._worst_off[sensor]:
            self._worst_off[sensor], self.worst[sensor], self.which[sensor] = off, step, which

    def tells(self, now: Anomaly) -> bool:
        """Whether it differs from what was told last, so that it is worth telling; then it counts as told."""
        old = self._told
        changed = (
            old is None
            or (old.kind, old.severity) != (now.kind, now.severity)
            or old.evidence[0].parameter != now.evidence[0].parameter
            or now.score > _TOLD_MORE * old.score
        )
        if changed:
            self._told = now
        return changed
