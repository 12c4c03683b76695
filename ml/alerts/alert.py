"""An alert: one or more anomalies of a kind in a parameter, and what people have said of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ml.anomaly.anomaly import AnomalyKind, Severity

__all__ = ["Alert", "AlertEntry", "AlertState", "AlertStep", "Verdict"]


class AlertState(StrEnum):
    """Where an alert is in its life."""

    OPEN = "open"  # going on, nobody has seen it
    ACKNOWLEDGED = "acknowledged"  # going on, and seen
    ENDED = "ended"  # over, nobody has seen it
    CLOSED = "closed"  # over, and seen


class AlertStep(StrEnum):
    """What happened to an alert."""

    OPENED = "opened"
    WORSENED = "worsened"
    EASED = "eased"
    CHANGED = "changed"  # another kind or leading parameter than it had
    REPEATED = "repeated"  # one more anomaly like it
    ENDED = "ended"
    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ASSIGNED = "assigned"
    COMMENTED = "commented"


class Verdict(StrEnum):
    """What a person says of an alert."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class Alert:
    """Anomalies that people see as one.

    Attributes:
        alert_id: For ever.
        satellite: Whose telemetry.
        parameters: The leading ones, the most telling first; never empty.
        led: Every parameter that has been the first of the leading ones.
        kind, severity: Of the newest anomaly.
        worst: The highest severity that it had.
        score: The highest so far, in units of the threshold.
        begin_tai_s: Of the first anomaly.
        end_tai_s: Of the last one; None while one goes on.
        newest_tai_s: Up to when telemetry has been judged.
        anomaly_id: Of the newest anomaly.
        count: How many anomalies it joins.
        model: Name and version of the model that says so.
        acknowledged: Somebody has seen it as it is: not worse by now, and not led by another parameter.
        verdict, judged_by, judged_tai_s, comment: What was said of it last, by whom and when.
        assigned_to: Who looks after it; empty where nobody does.
        like: The dismissed alert that it is like, for which reason it is told quietly; None where it is told as any other.
    """

    alert_id: str
    satellite: str
    parameters: tuple[str, ...]
    led: tuple[str, ...]
    kind: AnomalyKind
    severity: Severity
    worst: Severity
    score: float
    begin_tai_s: float
    end_tai_s: float | None
    newest_tai_s: float
    anomaly_id: str
    model: str
    count: int = 1
    acknowledged: bool = False
    verdict: Verdict | None = None
    judged_by: str = ""
    judged_tai_s: float | None = None
    comment: str = ""
    assigned_to: str = ""
    like: str | None = None

    @property
    def state(self) -> AlertState:
        """Where it is in its life."""
        if self.end_tai_s is None:
            return AlertState.ACKNOWLEDGED if self.acknowledged else AlertState.OPEN
        return AlertState.CLOSED if self.acknowledged else AlertState.ENDED


@dataclass(frozen=True)
class AlertEntry:
    """A step in the life of an alert, with the alert after it.

    Attributes:
        at_tai_s: Mission time.
        by: Who did it; empty where telemetry did.
        reason: What they said, or why it happened.
        tells: People are to be told of it now, not only when they look.
    """

    step: AlertStep
    at_tai_s: float
    alert: Alert
    by: str = ""
    reason: str = ""
    tells: bool = False
