"""How anomalies become alerts: repeats join, what is worse is told again, what is like a dismissed one is told quietly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from core.errors import InputError
from ml.alerts.alert import Alert, AlertEntry, AlertStep
from ml.anomaly.anomaly import Anomaly

__all__ = ["AlertRules", "Followed", "followed", "leading", "opened", "repeated"]

_LEADING_SHARE: Final = 0.5  # of the greatest share: parameters with less follow, they do not lead


@dataclass(frozen=True)
class AlertRules:
    """When anomalies belong together, and when one is told quietly.

    Attributes:
        join_within_s: An anomaly joins an alert of the same kind and leading parameter that ended so long before it, mission s.
        quiet_s: For so long after a dismissal, mission s, those like it are told quietly.
        quiet_score_ratio: Only while its score is at most so many times that of the dismissed one.
    """

    join_within_s: float = 3600.0
    quiet_s: float = 7 * 86_400.0
    quiet_score_ratio: float = 2.0

    def __post_init__(self) -> None:
        for name, value, least in (
            ("join_within_s", self.join_within_s, 0.0),
            ("quiet_s", self.quiet_s, 0.0),
            ("quiet_score_ratio", self.quiet_score_ratio, 1.0),
        ):
            if not least <= value < float("inf"):
                raise InputError(name, f"{value} is not finite and at least {least:g}")

    def joins(self, alert: Alert, anomaly: Anomaly) -> bool:
        """Whether a new anomaly is a repeat of an alert; one that was dismissed has no repeats, only others like it."""
        if alert.verdict is not None and alert.verdict == "dismissed":
            return False
        same = (alert.satellite, alert.kind, alert.parameters[0]) == (
            anomaly.satellite,
            anomaly.kind,
            anomaly.evidence[0].parameter,
        )
        last_tai_s = alert.newest_tai_s if alert.end_tai_s is None else alert.end_tai_s
        return same and anomaly.begin_tai_s - last_tai_s <= self.join_within_s

    def like(self, dismissed: Alert, anomaly: Anomaly) -> bool:
        """Whether an anomaly is like a dismissed alert, and no worse, and comes soon enough after it was dismissed."""
        lead = leading(anomaly)
        return (
            (dismissed.satellite, dismissed.kind) == (anomaly.satellite, anomaly.kind)
            and dismissed.judged_tai_s is not None
            and anomaly.begin_tai_s - dismissed.judged_tai_s <= self.quiet_s
            and lead[0] in dismissed.parameters
            and dismissed.parameters[0] in lead
            and anomaly.severity <= dismissed.worst
            and anomaly.score <= dismissed.score * self.quiet_score_ratio
        )


@dataclass(frozen=True)
class Followed:
    """An alert after an anomaly was told of, and the steps that this made; none where only numbers changed."""

    alert: Alert
    entries: tuple[AlertEntry, ...] = ()


def leading(anomaly: Anomaly) -> tuple[str, ...]:
    """The parameters that lead it, the most telling first."""
    greatest = anomaly.evidence[0].share
    return tuple(
        one.parameter
        for place, one in enumerate(anomaly.evidence)
        if not place or one.share >= _LEADING_SHARE * greatest
    )


def opened(anomaly: Anomaly, now_tai_s: float, dismissed: Iterable[Alert], rules: AlertRules) -> Followed:
    """The alert of an anomaly that belongs to none.

    Args:
        now_tai_s: Mission time.
        dismissed: Alerts that were dismissed, the newest first.
    """
    like = next((one for one in dismissed if rules.like(one, anomaly)), None)
    alert = Alert(
        alert_id="alert-" + hashlib.sha256(anomaly.anomaly_id.encode()).hexdigest()[:16],
        satellite=anomaly.satellite,
        parameters=leading(anomaly),
        led=leading(anomaly)[:1],
        kind=anomaly.kind,
        severity=anomaly.severity,
        worst=anomaly.severity,
        score=anomaly.score,
        begin_tai_s=anomaly.begin_tai_s,
        end_tai_s=None,
        newest_tai_s=anomaly.newest_tai_s,
        anomaly_id=anomaly.anomaly_id,
        model=anomaly.model,
        like=like.alert_id if like else None,
    )
    reason = f"like {like.alert_id}, which {like.judged_by} dismissed" if like else ""
    entries = [AlertEntry(AlertStep.OPENED, now_tai_s, alert, reason=reason, tells=like is None)]
    return _ended(alert, anomaly, now_tai_s, entries, others_go_on=False)


def repeated(alert: Alert, anomaly: Anomaly, now_tai_s: float, *, others_go_on: bool) -> Followed:
    """An alert with one more anomaly.

    Args:
        now_tai_s: Mission time.
        others_go_on: Whether another of its anomalies still goes on.
    """
    alert = replace(
        alert, count=alert.count + 1, anomaly_id=anomaly.anomaly_id, end_tai_s=None, severity=anomaly.severity
    )
    entries: list[AlertEntry] = []
    alert = _numbers(alert, anomaly)
    if anomaly.severity > alert.worst:
        alert = replace(alert, worst=anomaly.severity, acknowledged=False, like=None)
        entries.append(AlertEntry(AlertStep.REPEATED, now_tai_s, alert))
        entries.append(AlertEntry(AlertStep.WORSENED, now_tai_s, alert, tells=True))
    else:
        entries.append(AlertEntry(AlertStep.REPEATED, now_tai_s, alert))
    return _ended(alert, anomaly, now_tai_s, entries, others_go_on=others_go_on)


def followed(
    alert: Alert,
    anomaly: Anomaly,
    now_tai_s: float,
    dismissed: Alert | None,
    rules: AlertRules,
    *,
    others_go_on: bool,
) -> Followed:
    """An alert after one of its anomalies changed or ended.

    Args:
        now_tai_s: Mission time.
        dismissed: The one that it is like, where it is told quietly.
        others_go_on: Whether another of its anomalies still goes on.
    """
    before = alert
    alert = _numbers(alert, anomaly)
    if anomaly.anomaly_id == alert.anomaly_id:
        alert = replace(alert, kind=anomaly.kind, severity=anomaly.severity, parameters=leading(anomaly))
    unlike = before.like is not None and not (dismissed is not None and rules.like(dismissed, anomaly))
    worse = alert.severity > before.worst
    if unlike:
        alert = replace(alert, like=None)
    lead = alert.parameters[0]
    elsewhere = lead not in before.led
    if elsewhere:  # it may be another thing than what was seen
        alert = replace(alert, led=(*before.led, lead), acknowledged=False)
    if worse:  # what is worse than what was seen has not been seen
        alert = replace(alert, worst=alert.severity, acknowledged=False)
    if anomaly.end_tai_s is None:
        alert = replace(alert, end_tai_s=None)
    steps = _steps(before, alert)
    if unlike and not steps:
        steps = [(AlertStep.CHANGED, f"no longer like {before.like}, which was dismissed")]
    last = len(steps) - 1
    entries = [
        AlertEntry(step, now_tai_s, alert, reason=reason, tells=(worse or unlike or elsewhere) and place == last)
        for place, (step, reason) in enumerate(steps)
    ]
    return _ended(alert, anomaly, now_tai_s, entries, others_go_on=others_go_on)


def _steps(before: Alert, after: Alert) -> list[tuple[AlertStep, str]]:
    """What makes a difference to people, with the reason."""
    steps = []
    if before.end_tai_s is not None and after.end_tai_s is None:
        steps.append((AlertStep.CHANGED, "goes on again"))
    elif (after.kind, after.parameters[0]) != (before.kind, before.parameters[0]):
        steps.append((AlertStep.CHANGED, f"was {before.kind} of {before.parameters[0]}"))
    if after.severity > before.severity:
        steps.append((AlertStep.WORSENED, ""))
    elif after.severity < before.severity:
        steps.append((AlertStep.EASED, ""))
    return steps


def _numbers(alert: Alert, anomaly: Anomaly) -> Alert:
    return replace(
        alert,
        score=max(alert.score, anomaly.score),
        begin_tai_s=min(alert.begin_tai_s, anomaly.begin_tai_s),
        newest_tai_s=max(alert.newest_tai_s, anomaly.newest_tai_s),
        model=anomaly.model if anomaly.anomaly_id == alert.anomaly_id else alert.model,
    )


def _ended(
    alert: Alert, anomaly: Anomaly, now_tai_s: float, entries: list[AlertEntry], *, others_go_on: bool
) -> Followed:
    if anomaly.end_tai_s is None:
        alert = replace(alert, end_tai_s=None)
    elif alert.end_tai_s is None and not others_go_on:
        alert = replace(alert, end_tai_s=anomaly.end_tai_s)
        entries.append(AlertEntry(AlertStep.ENDED, now_tai_s, alert))
    elif alert.end_tai_s is not None and anomaly.end_tai_s > alert.end_tai_s:
        alert = replace(alert, end_tai_s=anomaly.end_tai_s)
    return Followed(alert, tuple(entries))
