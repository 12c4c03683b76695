"""Anomalies in the service: detectors watch, people are told, and what they are told can be explained."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import structlog
from pydantic import BaseModel, ConfigDict, Field

from api.service.anomaly_watch import AnomalyWatch, WatchState
from api.service.drift_watch import DriftWatch, SatelliteDrift
from core.errors import LlamaSpaceError
from core.time import format_utc, utc_from_tai_s
from ml.alerts.alert import Alert, AlertState, AlertStep, Verdict
from ml.alerts.desk import AlertDesk
from ml.alerts.store import NumberedAlert, StoredAlertEntry
from ml.anomaly.anomaly import Anomaly, AnomalyKind, Evidence, Severity
from ml.models.drift import DriftLevel, RateDrift

__all__ = [
    "AlertAnswer",
    "AlertDetail",
    "AlertEntryAnswer",
    "Anomalies",
    "AnomalyAnswer",
    "EvidenceAnswer",
    "ExplanationAnswer",
    "SeverityName",
    "WatchAnswer",
    "alert_answer",
    "alert_entry_answer",
    "anomaly_answer",
    "drift_answer",
]

_PAST: Final = 200  # anomalies that an explanation may compare with
_log = structlog.get_logger("anomalies")


class SeverityName(StrEnum):
    """How bad an anomaly is."""

    NOTICE = "notice"
    WARNING = "warning"
    SERIOUS = "serious"
    CRITICAL = "critical"

    @property
    def severity(self) -> Severity:
        """As models have it."""
        return Severity[self.name]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceAnswer(_Answer):
    """What one parameter showed, and what was expected of it; ``observed`` is null where no sample came.

    ``deviations`` is how many standard deviations of the expectation lie between them.
    """

    parameter: str
    unit: str | None
    since: str
    at: str
    observed: float | None
    expected: float
    spread: float
    deviations: float | None
    share: float


class AnomalyAnswer(_Answer):
    """A stretch of telemetry that is unusual; ``end`` is null while it goes on, ``judged_until`` is how far it is known."""

    anomaly_id: str
    alert_id: str
    satellite: str
    begin: str
    end: str | None
    judged_until: str
    kind: AnomalyKind
    severity: SeverityName
    score: float
    model: str
    evidence: tuple[EvidenceAnswer, ...]


class AlertAnswer(_Answer):
    """An alert as it stands.

    ``worst`` is the highest severity that it has had, ``count`` how many anomalies it joins, ``like`` the dismissed alert that
    it is like, for which reason it was told quietly.
    """

    alert_id: str
    satellite: str
    state: AlertState
    kind: AnomalyKind
    severity: SeverityName
    worst: SeverityName
    parameters: tuple[str, ...]
    score: float
    begin: str
    end: str | None
    judged_until: str
    count: int
    model: str
    acknowledged: bool
    verdict: Verdict | None
    judged_by: str
    judged_at: str | None
    comment: str
    assigned_to: str
    like: str | None


class AlertEntryAnswer(_Answer):
    """A step in the life of an alert, with the alert after it; ``by`` is empty where telemetry did it.

    ``tells`` where people are to be told of it at once.
    """

    entry_id: int
    step: AlertStep
    at: str
    by: str
    reason: str
    tells: bool
    alert: AlertAnswer


class ExplanationAnswer(_Answer):
    """In words; ``available`` is false where there are none, and ``text`` then says why."""

    available: bool
    text: str
    procedures: tuple[str, ...] = ()


class AlertDetail(_Answer):
    """An alert with its newest anomalies, its steps (both the newest first), and what they mean."""

    alert: AlertAnswer
    anomalies: tuple[AnomalyAnswer, ...]
    explanation: ExplanationAnswer
    steps: tuple[AlertEntryAnswer, ...]


class DriftedParameter(_Answer):
    """A parameter beside training: population stability index, Kolmogorov-Smirnov distance, medians; null where unknown."""

    parameter: str
    level: DriftLevel
    index: float | None
    distance: float | None
    values: int
    median: float | None
    trained_median: float


class DriftAnswer(_Answer):
    """Whether telemetry is still like that of training; ``summary`` in words, ``anomalies`` in the days looked at."""

    summary: str
    level: DriftLevel
    looked_at: str
    days: float
    anomalies: int | None = None
    anomalies_expected: float | None = None
    parameters: tuple[DriftedParameter, ...] = ()


class WatchedSatellite(_Answer):
    """How the judging of a satellite's telemetry stands; ``reason`` says why it is not judged, or what failed."""

    satellite: str
    state: WatchState
    model: str
    reason: str
    judged_until: str | None
    late_s: float
    latency_s: float
    packets: int
    skipped: int
    rebuilds: int
    drift: DriftAnswer | None = None


class WatchAnswer(_Answer):
    """How the watch stands; ``failure`` is why alerts cannot be written."""

    failure: str
    failures: int = Field(description="of detectors, and of attempts to write alerts, since the service began")
    satellites: tuple[WatchedSatellite, ...]


class CitedProcedure(Protocol):
    """A procedure of the handbook."""

    @property
    def document(self) -> str:
        """Its id."""
        ...

    @property
    def title(self) -> str:
        """What it is about."""
        ...


class Explained(Protocol):
    """An anomaly in words, as tools give it."""

    @property
    def text(self) -> str:
        """The words."""
        ...

    @property
    def procedures(self) -> Sequence[CitedProcedure]:
        """To look at, the most fitting first."""
        ...


Explainer = Callable[[Anomaly, Sequence[Anomaly]], Explained]
_UNEXPLAINED: Final = ExplanationAnswer(
    available=False, text="No explanation in words is available; the evidence is what the model found."
)


@dataclass(frozen=True)
class Anomalies:
    """What belongs to anomalies in a running service.

    Attributes:
        desk: Alerts.
        watch: The thread that judges telemetry.
        drift: The thread that compares telemetry with training.
        explain: Puts an anomaly into words, beside past ones; None where nothing does.
    """

    desk: AlertDesk
    watch: AnomalyWatch
    drift: DriftWatch
    explain: Explainer | None = None

    def start(self) -> None:
        """Begin to judge."""
        self.watch.start()
        self.drift.start()

    def stop(self) -> None:
        """End."""
        self.drift.stop()
        self.watch.stop()

    def detail(self, alert_id: str) -> tuple[NumberedAlert, AlertDetail]:
        """An alert with all that is known of it.

        Raises:
            NotFound: There is none.
        """
        numbered = self.desk.store.get(alert_id)
        anomalies = self.desk.store.anomalies_of(alert_id)
        detail = AlertDetail(
            alert=alert_answer(numbered.alert),
            anomalies=tuple(anomaly_answer(one, alert_id) for one in anomalies),
            explanation=self._explained(numbered.alert, anomalies),
            steps=tuple(alert_entry_answer(one) for one in self.desk.store.steps_of(alert_id)),
        )
        return numbered, detail

    def health(self) -> WatchAnswer:
        """How the watch stands."""
        drifts = self.drift.found()
        return WatchAnswer(
            failure=self.watch.failure,
            failures=self.watch.failures,
            satellites=tuple(
                WatchedSatellite(
                    satellite=one.satellite,
                    state=one.state,
                    model=one.model,
                    reason=one.reason,
                    judged_until=_utc(one.judged_tai_s),
                    late_s=one.late_s,
                    latency_s=one.latency_s,
                    packets=one.packets,
                    skipped=one.skipped,
                    rebuilds=one.rebuilds,
                    drift=drift_answer(drifts[one.satellite]) if one.satellite in drifts else None,
                )
                for one in self.watch.satellites()
            ),
        )

    def _explained(self, alert: Alert, anomalies: Sequence[Anomaly]) -> ExplanationAnswer:
        newest = next((one for one in anomalies if one.anomaly_id == alert.anomaly_id), None)
        if self.explain is None or newest is None:
            return _UNEXPLAINED
        past = [
            one
            for _, one in self.desk.store.anomalies(alert.satellite, limit=_PAST)
            if one.anomaly_id != newest.anomaly_id and one.begin_tai_s < newest.begin_tai_s
        ]
        try:
            told = self.explain(newest, past)
        except LlamaSpaceError as error:
            _log.error("an anomaly could not be explained", alert=alert.alert_id, error=error.message)
            return ExplanationAnswer(available=False, text=f"It could not be put into words: {error.message}")
        procedures = tuple(f"{one.document} {one.title}" for one in told.procedures)
        return ExplanationAnswer(available=True, text=told.text, procedures=procedures)


def alert_answer(alert: Alert) -> AlertAnswer:
    """The client's form of an alert."""
    return AlertAnswer(
        alert_id=alert.alert_id,
        satellite=alert.satellite,
        state=alert.state,
        kind=alert.kind,
        severity=_severity(alert.severity),
        worst=_severity(alert.worst),
        parameters=alert.parameters,
        score=alert.score,
        begin=format_utc(utc_from_tai_s(alert.begin_tai_s)),
        end=_utc(alert.end_tai_s),
        judged_until=format_utc(utc_from_tai_s(alert.newest_tai_s)),
        count=alert.count,
        model=alert.model,
        acknowledged=alert.acknowledged,
        verdict=alert.verdict,
        judged_by=alert.judged_by,
        judged_at=_utc(alert.judged_tai_s),
        comment=alert.comment,
        assigned_to=alert.assigned_to,
        like=alert.like,
    )


def alert_entry_answer(stored: StoredAlertEntry) -> AlertEntryAnswer:
    """The client's form of a step."""
    entry = stored.entry
    return AlertEntryAnswer(
        entry_id=stored.entry_id,
        step=entry.step,
        at=format_utc(utc_from_tai_s(entry.at_tai_s)),
        by=entry.by,
        reason=entry.reason,
        tells=entry.tells,
        alert=alert_answer(entry.alert),
    )


def anomaly_answer(anomaly: Anomaly, alert_id: str) -> AnomalyAnswer:
    """The client's form of an anomaly."""
    return AnomalyAnswer(
        anomaly_id=anomaly.anomaly_id,
        alert_id=alert_id,
        satellite=anomaly.satellite,
        begin=format_utc(utc_from_tai_s(anomaly.begin_tai_s)),
        end=_utc(anomaly.end_tai_s),
        judged_until=format_utc(utc_from_tai_s(anomaly.newest_tai_s)),
        kind=anomaly.kind,
        severity=_severity(anomaly.severity),
        score=anomaly.score,
        model=anomaly.model,
        evidence=tuple(_evidence(one) for one in anomaly.evidence),
    )


def _evidence(one: Evidence) -> EvidenceAnswer:
    observed = _number(one.observed)
    return EvidenceAnswer(
        parameter=one.parameter,
        unit=one.unit,
        since=format_utc(utc_from_tai_s(one.since_tai_s)),
        at=format_utc(utc_from_tai_s(one.at_tai_s)),
        observed=observed,
        expected=one.expected,
        spread=one.spread,
        deviations=None if observed is None or one.spread <= 0 else (observed - one.expected) / one.spread,
        share=one.share,
    )


def drift_answer(found: SatelliteDrift) -> DriftAnswer:
    """The client's form of a look at drift."""
    parameters = tuple(
        DriftedParameter(
            parameter=one.parameter,
            level=one.level,
            index=_number(one.index),
            distance=_number(one.distance),
            values=one.values,
            median=_number(one.median),
            trained_median=one.trained_median,
        )
        for one in found.parameters
    )
    told = {"looked_at": format_utc(utc_from_tai_s(found.looked_tai_s)), "days": found.days, "parameters": parameters}
    if found.rate is None:
        return DriftAnswer(summary=f"not known: {found.reason}", level=DriftLevel.UNKNOWN, **told)
    level, summary = _drift_in_words(found, found.rate)
    return DriftAnswer(
        summary=summary, level=level, anomalies=found.rate.found, anomalies_expected=found.rate.expected, **told
    )


def _drift_in_words(found: SatelliteDrift, rate: RateDrift) -> tuple[DriftLevel, str]:
    of_level = {level: [one.parameter for one in found.parameters if one.level is level] for level in DriftLevel}
    drifted = of_level[DriftLevel.DRIFTED]
    told = []
    if drifted:
        told.append(f"the model sees telemetry unlike its training: {', '.join(drifted)}")
    if rate.level is DriftLevel.DRIFTED:
        told.append(
            f"it found {rate.found} anomalies in {rate.days:g} days, where training lets {rate.expected:.1f} be expected"
        )
    if told:
        return DriftLevel.DRIFTED, "; ".join(told) + ": retrain it, or find out what has changed"
    if of_level[DriftLevel.SHIFTING]:
        return (
            DriftLevel.SHIFTING,
            f"telemetry begins to differ from training: {', '.join(of_level[DriftLevel.SHIFTING])}",
        )
    if not of_level[DriftLevel.ALIKE]:
        return DriftLevel.UNKNOWN, f"not known: too little telemetry in {found.days:g} days"
    return DriftLevel.ALIKE, "telemetry is like that of training"


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _severity(severity: Severity) -> SeverityName:
    return SeverityName[severity.name]


def _utc(tai_s: float | None) -> str | None:
    return None if tai_s is None else format_utc(utc_from_tai_s(tai_s))
