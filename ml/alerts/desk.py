"""Alerts of a running service: each anomaly is followed once, people judge, and every step is durable before it is told."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from core.errors import Conflict, InputError
from core.events import EventLog
from core.store import Database
from core.time import Clock, format_utc, utc_from_tai_s
from ml.alerts.alert import Alert, AlertEntry, AlertStep, Verdict
from ml.alerts.rules import AlertRules, Followed, followed, opened, repeated
from ml.alerts.store import AlertStore, NumberedAlert, StoredAlertEntry
from ml.anomaly.anomaly import Anomaly

__all__ = ["AlertDesk"]

Listener = Callable[[Sequence[StoredAlertEntry]], None]
_Change = tuple[AlertStep, Alert, str]
_LONGEST_ID: Final = 128


class AlertDesk:
    """Takes anomalies from detectors and judgements from people.

    Nothing of it is only in memory: what was told before a crash is known after it, and an anomaly that is told again
    changes nothing.

    Args:
        database: Where alerts are.
        events: The log that has what people did, what was opened, and what people were told.
        clock: Mission time.
        rules: What belongs together.
    """

    def __init__(self, database: Database, events: EventLog, clock: Clock, rules: AlertRules | None = None) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self.rules = rules or AlertRules()
        self.store = AlertStore(database)

    def on_change(self, listener: Listener) -> None:
        """Have somebody told of each step, once it is durable."""
        self._listeners.append(listener)

    def take(self, anomalies: Sequence[Anomaly]) -> list[StoredAlertEntry]:
        """Follow anomalies as they now stand; the steps that this made.

        What a detector tells anew from the archive changes nothing where it is known, or where more is known already.

        Raises:
            StoreError: Nothing was written; tell them again.
            InputError: An anomaly that contradicts itself; nothing was written.
        """
        for one in anomalies:
            _check(one)
        if not anomalies:
            return []
        made: list[StoredAlertEntry] = []
        with self._lock:
            now_tai_s = self._clock.now_tai_s()
            with self._database.write() as connection:
                for one in anomalies:
                    known = self.store.alert_of(connection, one.anomaly_id)
                    if known is not None and not _is_news(one, known[1]):
                        continue
                    found = self._follow(connection, one, None if known is None else known[0], now_tai_s)
                    made += self._written(connection, found.alert, one, found.entries)
            self._tell(made)
        return made

    def end(self, satellite: str, reason: str, *, but: Collection[str] = ()) -> None:
        """End anomalies that are not found any more, such as those of a model that was replaced.

        Args:
            satellite: Whose.
            reason: Told with the step.
            but: Ids of anomalies that go on.
        Raises:
            StoreError: Nothing was written.
        """
        made: list[StoredAlertEntry] = []
        with self._lock:
            now_tai_s = self._clock.now_tai_s()
            left = [
                one
                for _, one in self.store.anomalies(satellite, going_on=True, limit=10_000)
                if one.anomaly_id not in but
            ]
            if not left:
                return
            with self._database.write() as connection:
                for one in left:
                    ended = replace(one, end_tai_s=one.newest_tai_s)
                    known = self.store.alert_of(connection, one.anomaly_id)
                    assert known is not None  # it was read under the lock
                    found = self._follow(connection, ended, known[0], now_tai_s)
                    entries = [
                        replace(entry, reason=reason) if entry.step is AlertStep.ENDED else entry
                        for entry in found.entries
                    ]
                    made += self._written(connection, found.alert, ended, entries)
            self._tell(made)

    def steps(self, after: int, limit: int) -> list[StoredAlertEntry]:
        """Steps of alerts with numbers above one, the oldest first, so many at most."""
        return self.store.after(after, limit)

    def last_step(self) -> int:
        """The number of the newest step; 0 before the first."""
        return self.store.last()

    # What people do. ``seen`` is the number of the alert's newest step that they saw: with another one by then it is a Conflict.

    def acknowledge(self, alert_id: str, by: str, reason: str = "", *, seen: int | None = None) -> NumberedAlert:
        """Somebody has seen it.

        Raises:
            NotFound: There is no such alert.
            Conflict: It is acknowledged already, or has changed.
        """

        def made(alert: Alert) -> _Change:
            if alert.acknowledged:
                raise Conflict(f"the alert {alert_id} is acknowledged already", code="acknowledged")
            return AlertStep.ACKNOWLEDGED, replace(alert, acknowledged=True), reason

        return self._change(alert_id, by, seen, made)

    def judge(
        self, alert_id: str, by: str, verdict: Verdict, comment: str = "", *, seen: int | None = None
    ) -> NumberedAlert:
        """Say that it is an anomaly, or that it is none; a later judgement stands in place of an earlier one.

        Whoever judges has seen it. The same judgement by the same person again changes nothing.

        Raises:
            NotFound: There is no such alert.
            InputError: It is dismissed without a reason.
            Conflict: It has changed.
        """
        if verdict is Verdict.DISMISSED and not comment.strip():
            raise InputError("comment", "an alert is not dismissed without a reason")

        def made(alert: Alert) -> _Change | None:
            if alert.acknowledged and (alert.verdict, alert.judged_by, alert.comment) == (verdict, by, comment):
                return None
            judged = replace(
                alert,
                acknowledged=True,
                verdict=verdict,
                judged_by=by,
                judged_tai_s=self._clock.now_tai_s(),
                comment=comment,
            )
            return AlertStep(verdict.value), judged, comment

        return self._change(alert_id, by, seen, made)

    def assign(self, alert_id: str, by: str, to: str, *, seen: int | None = None) -> NumberedAlert:
        """Have somebody look after it; an empty name takes it from whoever does.

        Raises:
            NotFound: There is no such alert.
            Conflict: It has changed.
        """
        return self._change(alert_id, by, seen, lambda alert: (AlertStep.ASSIGNED, replace(alert, assigned_to=to), ""))

    def comment(self, alert_id: str, by: str, text: str, *, seen: int | None = None) -> NumberedAlert:
        """Write something down about it.

        Raises:
            NotFound: There is no such alert.
            InputError: There is no text.
            Conflict: It has changed.
        """
        if not text.strip():
            raise InputError("text", "a comment says something")
        return self._change(alert_id, by, seen, lambda alert: (AlertStep.COMMENTED, alert, text))

    def _change(
        self, alert_id: str, by: str, seen: int | None, made: Callable[[Alert], _Change | None]
    ) -> NumberedAlert:
        """A person's step: alert, steps and event change together, or not at all."""
        with self._lock:
            with self._database.write() as connection:
                known = self.store.numbered(connection, alert_id)
                change = made(known.alert)
                if change is None:
                    return known
                if seen not in (None, known.last_step):
                    raise Conflict(
                        f"the alert {alert_id} has changed since step {seen}: it is at step {known.last_step}",
                        code="precondition",
                    )
                step, alert, reason = change
                entry = AlertEntry(step, self._clock.now_tai_s(), alert, by, reason)
                stored = self._written(connection, alert, None, [entry])
            self._tell(stored)
        return self.store.get(alert_id)

    def _follow(self, connection: Connection, anomaly: Anomaly, alert: Alert | None, now_tai_s: float) -> Followed:
        kind, lead = anomaly.kind, anomaly.evidence[0].parameter
        if alert is not None:
            others = self.store.others_go_on(connection, alert.alert_id, anomaly.anomaly_id)
            like = None if alert.like is None else self.store.numbered(connection, alert.like).alert
            return followed(alert, anomaly, now_tai_s, like, self.rules, others_go_on=others)
        for one in self.store.newest_of(connection, anomaly.satellite, lead, kind):
            if self.rules.joins(one, anomaly):
                others = self.store.others_go_on(connection, one.alert_id, anomaly.anomaly_id)
                return repeated(one, anomaly, now_tai_s, others_go_on=others)
        since_tai_s = anomaly.begin_tai_s - self.rules.quiet_s
        dismissed = self.store.dismissed(connection, anomaly.satellite, kind, since_tai_s)
        return opened(anomaly, now_tai_s, dismissed, self.rules)

    def _written(
        self, connection: Connection, alert: Alert, anomaly: Anomaly | None, entries: Sequence[AlertEntry]
    ) -> list[StoredAlertEntry]:
        stored = self.store.write(connection, alert, anomaly, entries)
        for one in entries:
            if not (one.by or one.tells or one.step is AlertStep.OPENED):
                continue  # what only telemetry did, and nobody is told of, would bury what people did
            self._events.append(
                connection,
                f"anomaly.{one.step}",
                alert.alert_id,
                actor=f"user:{one.by}" if one.by else "service",
                at_utc=utc_from_tai_s(one.at_tai_s),
                payload=_facts(one),
            )
        return stored

    def _tell(self, made: Sequence[StoredAlertEntry]) -> None:
        for listener in self._listeners if made else ():
            listener(made)


def _facts(entry: AlertEntry) -> dict[str, object]:
    alert = entry.alert
    return {
        "satellite": alert.satellite,
        "parameters": list(alert.parameters),
        "kind": str(alert.kind),
        "severity": alert.severity.name.lower(),
        "begin": format_utc(utc_from_tai_s(alert.begin_tai_s)),
        "end": None if alert.end_tai_s is None else format_utc(utc_from_tai_s(alert.end_tai_s)),
        "anomaly_id": alert.anomaly_id,
        "count": alert.count,
        "model": alert.model,
        "assigned_to": alert.assigned_to,
        "reason": entry.reason,
    }


def _is_news(told: Anomaly, known: Anomaly) -> bool:
    """Whether it says more than what is known; NaN counts as equal to itself, so what is written is compared."""
    if told.newest_tai_s != known.newest_tai_s:
        return told.newest_tai_s > known.newest_tai_s
    return known.end_tai_s is None and repr(told) != repr(known)


def _check(anomaly: Anomaly) -> None:
    if not 0 < len(anomaly.anomaly_id) <= _LONGEST_ID:
        raise InputError("anomaly_id", f"{len(anomaly.anomaly_id)} characters are not 1 to {_LONGEST_ID}")
    if not anomaly.evidence:
        raise InputError("evidence", f"{anomaly.anomaly_id} has none")
    end_tai_s = anomaly.newest_tai_s if anomaly.end_tai_s is None else anomaly.end_tai_s
    if not (
        math.isfinite(anomaly.begin_tai_s)
        and math.isfinite(end_tai_s)
        and math.isfinite(anomaly.newest_tai_s)
        and anomaly.begin_tai_s <= end_tai_s
    ):
        raise InputError(
            "begin_tai_s",
            f"{anomaly.anomaly_id} lasts from {anomaly.begin_tai_s} to {end_tai_s} s, which is no stretch",
        )
    if not math.isfinite(anomaly.score):
        raise InputError("score", f"{anomaly.score} of {anomaly.anomaly_id} is not finite")
    for one in anomaly.evidence:
        if not all(map(math.isfinite, (one.since_tai_s, one.at_tai_s, one.expected, one.spread, one.share))):
            raise InputError("evidence", f"{one.parameter} of {anomaly.anomaly_id} has a number that is not finite")
