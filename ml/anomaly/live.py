"""Judges telemetry as it comes, and what an archive holds: both by the same scorer, with the same anomalies."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from core.errors import InputError, NotFound
from core.mdb import MissionDatabase
from core.telemetry.archive_queries import ArchiveQueries
from core.telemetry.column_archive import StoredPart
from ml.anomaly.anomaly import Anomaly, LiveDetector
from ml.anomaly.archive_rows import archive_rows
from ml.anomaly.judgement import Judgement
from ml.anomaly.spacecraft_inputs import INSTANT_PARAMETER, STEP_S, rows_of, spacecraft_features
from ml.anomaly.spacecraft_model import SpacecraftModel, shipped_model
from ml.anomaly.spacecraft_scorer import LEAST_ROWS, SpacecraftScorer
from ml.features.model import Feature
from ml.features.stream import FeatureStream

__all__ = ["ArchiveAnomalies", "StreamDetector", "applicable_features", "judge_archive", "open_detectors"]

_LATENESS_S: Final = 6 * 3600.0  # a pass brings the telemetry of hours at once
_MOST_SAMPLES: Final = 20_000  # of each parameter, of those hours
_PRIMED_DAYS: Final = (1.0, 2.0, 4.0, 8.0)
_DAY_S: Final = 86_400.0
_SETTLED_S: Final = 2.0 * LEAST_ROWS * STEP_S
_REST_S: Final = 2.0  # after which the rest of an instant's packets comes no more


def open_detectors(
    mdb: MissionDatabase, satellites: Sequence[str], archive: ArchiveQueries, now_tai_s: float
) -> tuple[dict[str, LiveDetector], dict[str, str]]:
    """A detector for each satellite that the shipped model applies to, and for the others the reason why not.

    A detector goes on after what the archive has: what is stored from now on must be offered to it.

    Args:
        mdb: Of the mission.
        satellites: By identifier.
        archive: Whose telemetry they know first.
        now_tai_s: Present mission time.
    """
    try:
        model = shipped_model()
        features = applicable_features(model, mdb)
    except InputError as error:
        return {}, dict.fromkeys(satellites, error.message)
    return {one: StreamDetector(model, mdb, features, one, archive, now_tai_s) for one in satellites}, {}


def applicable_features(model: SpacecraftModel, mdb: MissionDatabase) -> tuple[Feature, ...]:
    """The features that a model was trained on, out of a mission's telemetry.

    Raises:
        InputError: The telemetry is not that of the reference mission's spacecraft, or the definitions have changed.
    """
    try:
        features = spacecraft_features(mdb)
    except InputError as error:
        raise InputError(
            error.field, f"the telemetry is not that of the spacecraft that the model was trained for: {error.message}"
        ) from error
    for one in features:
        if model.features.get(one.name) != one.definition_hash:
            raise InputError(one.name, "the model was trained on another definition of this feature; train it again")
    return features


def judge_archive(
    model: SpacecraftModel,
    mdb: MissionDatabase,
    archive: ArchiveQueries,
    satellite: str,
    start_tai_s: float,
    end_tai_s: float,
) -> list[Anomaly]:
    """The anomalies of an interval of a satellite's telemetry, those that touch it, by their beginning.

    Raises:
        InputError: The telemetry is not that of the spacecraft that the model was trained for.
    """
    features = applicable_features(model, mdb)
    found = _primed(model, mdb, features, satellite, archive, start_tai_s, end_tai_s)[1]
    return _touching(found, start_tai_s)


class ArchiveAnomalies:
    """Anomalies in an archive, found when they are asked for.

    Args:
        mdb: Of the mission.
        archive: Its telemetry.
    """

    def __init__(self, mdb: MissionDatabase, archive: ArchiveQueries) -> None:
        self._mdb = mdb
        self._archive = archive

    def anomalies(self, satellite: str, start_tai_s: float, end_tai_s: float) -> Sequence[Anomaly]:
        """Those that touch an interval, by their beginning.

        Raises:
            NotFound: It cannot be judged: no model applies, or there is too little telemetry.
        """
        try:
            model = shipped_model()
            features = applicable_features(model, self._mdb)
        except InputError as error:
            raise NotFound(f"no anomaly model applies to this mission: {error.message}", code="no-model") from error
        scorer, found = _primed(model, self._mdb, features, satellite, self._archive, start_tai_s, end_tai_s)
        if not scorer.settled:
            raise NotFound(
                f"the telemetry of {satellite} up to then has {scorer.judged} minutes that can be judged; "
                f"{LEAST_ROWS} are needed first",
                code="too-little-telemetry",
            )
        return _touching(found, start_tai_s)


class StreamDetector:
    """Judges one satellite's telemetry as it comes; see ``LiveDetector``.

    Args:
        model, features: By which.
        mdb: Units and limits.
        satellite: Whose telemetry.
        archive, now_tai_s: What was before comes from there.
    """

    def __init__(
        self,
        model: SpacecraftModel,
        mdb: MissionDatabase,
        features: Sequence[Feature],
        satellite: str,
        archive: ArchiveQueries,
        now_tai_s: float,
    ) -> None:
        self._model = model
        self._satellite = satellite
        self._parts: deque[StoredPart] = deque()
        self._stream = FeatureStream.primed(
            features, satellite, _LATENESS_S, archive, now_tai_s, most_samples=_MOST_SAMPLES
        )
        self._scorer, found = _primed(model, mdb, features, satellite, archive, now_tai_s - _DAY_S, now_tai_s)
        self._known = list(found.values())
        self._pending: dict[int, float] = {}  # first instant of each minute that is not judged yet
        self._newest_tai_s = self._scorer.newest_tai_s

    @property
    def model(self) -> str:
        """Name and version of its model."""
        return self._model.name

    @property
    def judged(self) -> int:
        """How many instants have been judged; 0 says that nothing was said yet."""
        return self._scorer.judged

    def take(self, part: StoredPart) -> None:
        """Take packets that were stored."""
        if part.rows.satellite == self._satellite and len(part.rows):
            self._parts.append(part)

    def advance(self, now_tai_s: float) -> Sequence[Anomaly]:
        """Judge what has come; see ``LiveDetector``."""
        found = {one.anomaly_id: one for one in self._known}
        self._known = []
        while self._parts:
            part = self._parts.popleft()
            self._note(part)
            self._stream.take(part)
            for one in self._judge():
                found[one.anomaly_id] = one
        return list(found.values())

    def _note(self, part: StoredPart) -> None:
        """Remember which instants a part brings."""
        first = np.floor(self._scorer.newest_tai_s / STEP_S)
        for one in part.decoded.containers:
            times = part.generated_tai_s[one.rows]
            self._newest_tai_s = max(self._newest_tai_s, float(times.max(initial=-np.inf)))
            if INSTANT_PARAMETER not in one.columns:
                continue
            for t_tai_s in times[np.isfinite(times)].tolist():
                step = int(np.floor(t_tai_s / STEP_S))
                if step > first:
                    self._pending[step] = min(self._pending.get(step, np.inf), t_tai_s)

    def _judge(self) -> list[Anomaly]:
        if not self._pending:
            return []
        oldest = self._stream.answers_from_tai_s
        instants = np.array([self._pending[step] for step in sorted(self._pending)])
        instants = instants[instants >= oldest]
        if not len(instants):
            self._pending.clear()
            return []
        rows = rows_of(self._stream.values(instants))
        ready = len(rows)
        if instants[-1] + _REST_S > self._newest_tai_s and not np.isfinite(rows.values[-1]).all():
            ready -= 1
        done = set(np.floor(instants[:ready] / STEP_S).astype(int).tolist())
        latest = max(done, default=-1)
        self._pending = {step: t for step, t in self._pending.items() if step not in done and step > latest}
        return self._scorer.take(rows[:ready])


def _touching(found: Mapping[str, Anomaly], start_tai_s: float) -> list[Anomaly]:
    touching = [one for one in found.values() if one.end_tai_s is None or one.end_tai_s >= start_tai_s]
    return sorted(touching, key=lambda one: one.begin_tai_s)


def _primed(
    model: SpacecraftModel,
    mdb: MissionDatabase,
    features: Sequence[Feature],
    satellite: str,
    archive: ArchiveQueries,
    start_tai_s: float,
    end_tai_s: float,
) -> tuple[SpacecraftScorer, dict[str, Anomaly]]:
    """A scorer that has seen an interval and enough before it, and the anomalies of all that.

    It looks back further while an anomaly goes on where it begins: the beginning is part of what an anomaly is known by.
    """
    scorer, found = SpacecraftScorer(model, Judgement(model, mdb), satellite), {}
    for days in _PRIMED_DAYS:
        first_tai_s = start_tai_s - days * _DAY_S
        rows = archive_rows(features, archive, satellite, first_tai_s, end_tai_s)
        scorer = SpacecraftScorer(model, Judgement(model, mdb), satellite)
        found = {one.anomaly_id: one for one in scorer.take(rows)}
        settled_tai_s = first_tai_s + _SETTLED_S
        if not any(one.begin_tai_s < settled_tai_s for one in found.values()):
            break
    return scorer, found
