"""Judges rows one after another: the same numbers whether they come from the archive in days or live, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.anomaly.anomaly import Anomaly
from ml.anomaly.episodes import Episode, Step
from ml.anomaly.judgement import Judgement
from ml.anomaly.residual_checks import ResidualChecks
from ml.anomaly.spacecraft_inputs import SENSORS, Rows, joined_rows
from ml.anomaly.spacecraft_model import SpacecraftModel, scaled_rows
from ml.anomaly.spacecraft_windows import WINDOW_ROWS, usable

__all__ = ["LEAST_ROWS", "SpacecraftScorer"]

LEAST_ROWS: Final = 3 * WINDOW_ROWS  # of a new spacecraft before anything is said of it: the means must have settled
_KEPT_ROWS: Final = 360
_QUIET_ROWS: Final = 15  # after which an anomaly is over
_STILL: Final = 0.7  # of the threshold: what is above goes on
_LONGEST_GAP_S: Final = 600.0
_MISSING_ROWS: Final = 5  # rows without a value, from which on it should have come


@dataclass
class _Kept:
    rows: Rows
    scaled: NDArray[np.float32]
    context: NDArray[np.float32]


class SpacecraftScorer:
    """The judge of one spacecraft.

    Args:
        model: What it judges by.
        judgement: What makes an anomaly of an episode.
        satellite: Whose rows.
    """

    def __init__(self, model: SpacecraftModel, judgement: Judgement, satellite: str) -> None:
        self._model = model
        self._judgement = judgement
        self._satellite = satellite
        self._session = model.session()
        self._checks = ResidualChecks(len(SENSORS))
        self._kept: _Kept | None = None
        self._seen_rows = 0
        self._missing = np.zeros(len(SENSORS), dtype=int)
        self._ever = np.zeros(len(SENSORS), dtype=bool)
        self._episode: Episode | None = None
        self._steps: list[Step] = []
        self.judged = 0
        self.scores: list[tuple[float, float]] = []  # of the last rows taken: instant, score

    @property
    def newest_tai_s(self) -> float:
        """Of the rows so far; -inf before the first."""
        return -np.inf if self._kept is None else float(self._kept.rows.instants_tai_s[-1])

    @property
    def settled(self) -> bool:
        """Whether enough has been seen for an anomaly to be told."""
        return self._seen_rows > LEAST_ROWS and self.judged > 0

    def take(self, rows: Rows) -> list[Anomaly]:
        """Judge further rows, later than those before: what began, changed or ended, as it now stands."""
        if not len(rows):
            return []
        before = 0 if self._kept is None else len(self._kept.rows)
        kept = self._with(rows)
        can = usable(kept.rows)
        can[:before] = False
        places = np.flatnonzero(can)
        off, expected, spread = self._model.off(
            self._session, kept.scaled, kept.context, places, kept.rows.regimes[places]
        )
        made: dict[str, Anomaly] = {}
        self.scores = []
        order = {int(place): number for number, place in enumerate(places)}
        for place in range(before, len(kept.rows)):
            number = order.get(place)
            judged = None if number is None else (off[number], expected[number], spread[number])
            for one in self._row(kept, place, judged):
                made[one.anomaly_id] = one
        if self._episode is not None:
            now = self._judgement.anomaly(self._satellite, self._episode, self._steps, None)
            if self._episode.tells(now):
                made[now.anomaly_id] = now
        self._trim(kept)
        return list(made.values())

    def _with(self, rows: Rows) -> _Kept:
        scaled, context = scaled_rows(self._model, rows)
        if self._kept is None:
            return _Kept(rows, scaled, context)
        old = self._kept
        return _Kept(
            joined_rows([old.rows, rows]),
            np.concatenate([old.scaled, scaled]),
            np.concatenate([old.context, context]),
        )

    def _trim(self, kept: _Kept) -> None:
        first = max(len(kept.rows) - WINDOW_ROWS, 0)
        self._kept = _Kept(kept.rows[first:], kept.scaled[first:].copy(), kept.context[first:].copy())

    def _row(
        self,
        kept: _Kept,
        place: int,
        judged: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None,
    ) -> list[Anomaly]:
        self._seen_rows += 1
        rows = kept.rows
        instant, values = float(rows.instants_tai_s[place]), rows.values[place]
        there = np.isfinite(values)
        self._ever |= there
        self._missing = np.where(there | ~self._ever, 0, self._missing + 1)
        gap_s = instant - float(rows.instants_tai_s[place - 1]) if place else 0.0
        ratio = np.zeros((6, len(SENSORS)))
        if judged is not None:
            checks = self._checks(judged[0])
            self.judged += 1
            if self._seen_rows > LEAST_ROWS:
                ratio[:5] = np.nan_to_num(checks / self._model.thresholds)
        ratio[5] = self._missing / _MISSING_ROWS
        nothing = np.full((2, len(SENSORS)), np.nan)
        off, expected, spread = judged if judged is not None else (nothing, nothing, nothing)
        first = max(place - WINDOW_ROWS + 1, 0)
        window = (kept.scaled[first : place + 1], kept.context[place]) if judged is not None else None
        step = Step(
            instant, values, off, expected, spread, ratio, window, int(rows.regimes[place]), rows.states[place], gap_s
        )
        self._steps.append(step)
        if len(self._steps) > _KEPT_ROWS:
            del self._steps[0]
        return self._follow(step)

    def _follow(self, step: Step) -> list[Anomaly]:
        made: list[Anomaly] = []
        score = float(step.ratio.max())
        if self._kept is not None or self._seen_rows > 1:
            self.scores.append((step.instant_tai_s, score))
        if step.gap_s > _LONGEST_GAP_S:
            if self._episode is not None:
                made.append(self._close())
            if self._seen_rows > 1:
                made.append(self._judgement.gap(self._satellite, step))
        if self._episode is None:
            if score >= 1.0:
                self._episode = Episode(step)
            return made
        self._episode.go_on(step)
        if score >= _STILL:
            self._episode.quiet = 0
        else:
            self._episode.quiet += 1
            if self._episode.quiet >= _QUIET_ROWS:
                made.append(self._close())
        return made

    def _close(self) -> Anomaly:
        assert self._episode is not None
        ended = self._judgement.anomaly(self._satellite, self._episode, self._steps, self._episode.last_above_tai_s)
        self._episode = None
        return ended
