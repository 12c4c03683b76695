"""Makes an anomaly of an episode: who takes part, since when, of what kind, how bad."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mdb import MissionDatabase
from core.telemetry.parameter_units import ParameterUnits
from ml.anomaly.anomaly import Anomaly, AnomalyKind, Evidence, Severity
from ml.anomaly.blame import blame
from ml.anomaly.episodes import Episode, Step
from ml.anomaly.kinds import kind_of, signature_of
from ml.anomaly.severity import Limits, severity_of
from ml.anomaly.spacecraft_inputs import INSTANT_PARAMETER, SENSORS, STEP_S
from ml.anomaly.spacecraft_model import SpacecraftModel

__all__ = ["Judgement"]

_MOST_EVIDENCE: Final = 8
_LEAST_SHARE: Final = 0.02


class Judgement:
    """What a model and a mission database say of episodes.

    Args:
        model: Which judged.
        mdb: Units and alarm limits.
    """

    def __init__(self, model: SpacecraftModel, mdb: MissionDatabase) -> None:
        self._model = model
        self._session = model.session()
        units = ParameterUnits(mdb)
        self._units = {name: units[name] or None for name in SENSORS}
        self._limits = Limits(mdb)

    def anomaly(self, satellite: str, episode: Episode, steps: Sequence[Step], end_tai_s: float | None) -> Anomaly:
        """The anomaly as it now stands; ``steps`` are the last rows, up to the newest."""
        within = [one for one in steps if one.instant_tai_s >= episode.begin_tai_s]
        shares = blame(self._model, self._session, episode, within)
        order = np.argsort(-shares, kind="stable")
        first = int(order[0])
        signature = signature_of(self._model, episode, list(steps), first, shares)
        kind = kind_of(signature)
        told = [int(one) for one in order[:_MOST_EVIDENCE] if shares[one] >= _LEAST_SHARE] or [first]
        evidence = tuple(self._evidence(episode, within, sensor, float(shares[sensor])) for sensor in told)
        return Anomaly(
            anomaly_id=_identifier(satellite, self._model.name, episode.begin_tai_s),
            satellite=satellite,
            begin_tai_s=episode.begin_tai_s,
            end_tai_s=end_tai_s,
            newest_tai_s=episode.newest_tai_s,
            kind=kind,
            severity=severity_of(self._limits, self._model.scale, episode, within, shares, kind),
            score=max(episode.score, 1.0),
            evidence=evidence,
            model=self._model.name,
            circumstances=episode.states,
        )

    def gap(self, satellite: str, step: Step) -> Anomaly:
        """Telemetry that is missing before an instant."""
        begin_tai_s = step.instant_tai_s - step.gap_s
        sensor = SENSORS.index(INSTANT_PARAMETER)
        evidence = Evidence(
            parameter=INSTANT_PARAMETER,
            unit=self._units[INSTANT_PARAMETER],
            since_tai_s=begin_tai_s,
            at_tai_s=begin_tai_s + STEP_S,
            observed=float("nan"),
            expected=float(step.values[sensor]),
            spread=float(self._model.scale.spread[sensor]),
            share=1.0,
        )
        return Anomaly(
            anomaly_id=_identifier(satellite, self._model.name, begin_tai_s, "gap"),
            satellite=satellite,
            begin_tai_s=begin_tai_s,
            end_tai_s=step.instant_tai_s,
            newest_tai_s=step.instant_tai_s,
            kind=AnomalyKind.GAP,
            severity=Severity.NOTICE if step.gap_s < 3600.0 else Severity.WARNING,
            score=max(step.gap_s / 600.0, 1.0),
            evidence=(evidence,),
            model=self._model.name,
            circumstances=step.states,
        )

    def _evidence(self, episode: Episode, within: Sequence[Step], sensor: int, share: float) -> Evidence:
        at = episode.worst[sensor] or within[-1]
        which = int(episode.which[sensor])
        since = float(episode.since_tai_s[sensor])
        expected, spread = _told(at, which, sensor)
        scale = self._model.scale
        return Evidence(
            parameter=SENSORS[sensor],
            unit=self._units[SENSORS[sensor]],
            since_tai_s=episode.begin_tai_s if np.isnan(since) else since,
            at_tai_s=at.instant_tai_s,
            observed=float(at.values[sensor]),
            expected=scale.value(sensor, expected),
            spread=scale.width(sensor, expected, spread),
            share=share,
        )


def _told(step: Step, which: int, sensor: int) -> tuple[float, float]:
    expected, spread = step.expected[which, sensor], step.spread[which, sensor]
    return (0.0, 1.0) if np.isnan(expected) else (float(expected), float(spread))


def _identifier(satellite: str, model: str, begin_tai_s: float, more: str = "") -> str:
    whole = hashlib.sha256(f"{satellite}|{model}|{begin_tai_s:.3f}|{more}".encode()).hexdigest()
    return f"an-{whole[:16]}"


Floats = NDArray[np.float64]
