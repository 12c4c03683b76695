"""Anomalies and alerts in the database: each as it stands, and every step of an alert for ever."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)

from core.errors import NotFound
from core.store import Database
from ml.alerts.alert import Alert, AlertEntry, AlertState, AlertStep, Verdict
from ml.anomaly.anomaly import Anomaly, AnomalyKind, Evidence, Severity

__all__ = ["AlertFilter", "AlertStore", "NumberedAlert", "StoredAlertEntry"]

_TABLES: Final = MetaData()
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")
_alerts = Table(
    "anomaly_alerts",
    _TABLES,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("alert_id", String(64), nullable=False, unique=True),
    Column("satellite", String(64), nullable=False),
    Column("leading", String(128), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("led", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("severity", Integer, nullable=False),
    Column("worst", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("begin_tai_s", Float, nullable=False),
    Column("end_tai_s", Float),
    Column("newest_tai_s", Float, nullable=False),
    Column("anomaly_id", String(128), nullable=False),
    Column("model", String(128), nullable=False),
    Column("count", Integer, nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    Column("verdict", String(16)),
    Column("judged_by", String(64), nullable=False),
    Column("judged_tai_s", Float),
    Column("comment", Text, nullable=False),
    Column("assigned_to", String(64), nullable=False),
    Column("like", String(64)),
    Column("last_step", _NUMBER, nullable=False),
    Index("anomaly_alerts_by_parameter", "satellite", "leading", "kind"),
    Index("anomaly_alerts_by_end", "end_tai_s"),
)
_anomalies = Table(
    "anomalies",
    _TABLES,
    Column("anomaly_id", String(128), primary_key=True),
    Column("alert_id", String(64), nullable=False),
    Column("satellite", String(64), nullable=False),
    Column("begin_tai_s", Float, nullable=False),
    Column("end_tai_s", Float),
    Column("content", Text, nullable=False),  # the whole anomaly
    Index("anomalies_by_alert", "alert_id", "begin_tai_s"),
    Index("anomalies_by_begin", "satellite", "begin_tai_s"),
)
_steps = Table(
    "anomaly_alert_steps",
    _TABLES,
    Column("entry_id", _NUMBER, primary_key=True, autoincrement=True),
    Column("alert_id", String(64), nullable=False),
    Column("step", String(16), nullable=False),
    Column("at_tai_s", Float, nullable=False),
    Column("by", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("tells", Boolean, nullable=False),
    Column("alert", Text, nullable=False),
    Index("anomaly_alert_steps_by_alert", "alert_id", "entry_id"),
)
_SEEN: Final = _alerts.c.acknowledged.is_(True)
_GOES_ON: Final = _alerts.c.end_tai_s.is_(None)
_OF_STATE: Final[dict[AlertState, ColumnElement[bool]]] = {
    AlertState.OPEN: and_(_GOES_ON, ~_SEEN),
    AlertState.ACKNOWLEDGED: and_(_GOES_ON, _SEEN),
    AlertState.ENDED: and_(~_GOES_ON, ~_SEEN),
    AlertState.CLOSED: and_(~_GOES_ON, _SEEN),
}


@dataclass(frozen=True)
class NumberedAlert:
    """An alert with its number, which rises in the order in which alerts were opened, and that of its newest step."""

    number: int
    last_step: int
    alert: Alert


@dataclass(frozen=True)
class StoredAlertEntry:
    """A step with its number; numbers rise in the order of writing."""

    entry_id: int
    entry: AlertEntry


@dataclass(frozen=True)
class AlertFilter:
    """Which alerts.

    Attributes:
        satellite, kinds, states, verdict: Of these; all where nothing is said.
        least: Whose worst severity is at least this.
        since_tai_s, until_tai_s: That touch this time.
        parameter: Among whose leading parameters it is.
    """

    satellite: str | None = None
    kinds: Sequence[AnomalyKind] = ()
    states: Sequence[AlertState] = ()
    verdict: Verdict | None = None
    least: Severity | None = None
    since_tai_s: float | None = None
    until_tai_s: float | None = None
    parameter: str | None = None


class AlertStore:
    """Rows of anomalies, alerts and steps.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        database.create(_TABLES)
        self._database = database

    # Within a transaction of the caller

    def alert_of(self, connection: Connection, anomaly_id: str) -> tuple[Alert, Anomaly] | None:
        """The alert that an anomaly belongs to, and the anomaly as it was told last; None for one that is new."""
        row = connection.execute(select(_anomalies).where(_anomalies.c.anomaly_id == anomaly_id)).first()
        return None if row is None else (self.numbered(connection, row.alert_id).alert, _anomaly(row))

    def numbered(self, connection: Connection, alert_id: str) -> NumberedAlert:
        """An alert as it stands.

        Raises:
            NotFound: There is none.
        """
        return _numbered(_found(connection, alert_id))

    def newest_of(self, connection: Connection, satellite: str, parameter: str, kind: AnomalyKind) -> list[Alert]:
        """The newest few alerts of a leading parameter and a kind, the newest first."""
        query = (
            select(_alerts)
            .where(_alerts.c.satellite == satellite, _alerts.c.leading == parameter, _alerts.c.kind == str(kind))
            .order_by(_alerts.c.newest_tai_s.desc(), _alerts.c.number.desc())
            .limit(5)
        )
        return [_alert(row) for row in connection.execute(query)]

    def dismissed(self, connection: Connection, satellite: str, kind: AnomalyKind, since_tai_s: float) -> list[Alert]:
        """Alerts of a kind that were dismissed since an instant, the newest first."""
        query = (
            select(_alerts)
            .where(
                _alerts.c.satellite == satellite,
                _alerts.c.kind == str(kind),
                _alerts.c.verdict == str(Verdict.DISMISSED),
                _alerts.c.judged_tai_s >= since_tai_s,
            )
            .order_by(_alerts.c.judged_tai_s.desc())
        )
        return [_alert(row) for row in connection.execute(query)]

    def others_go_on(self, connection: Connection, alert_id: str, anomaly_id: str) -> bool:
        """Whether an anomaly of an alert goes on, other than one."""
        query = select(func.count()).where(
            _anomalies.c.alert_id == alert_id,
            _anomalies.c.end_tai_s.is_(None),
            _anomalies.c.anomaly_id != anomaly_id,
        )
        return bool(connection.execute(query).scalar())

    def write(
        self, connection: Connection, alert: Alert, anomaly: Anomaly | None, entries: Iterable[AlertEntry]
    ) -> list[StoredAlertEntry]:
        """Put down how an alert and one of its anomalies stand, and the steps that led there, in order."""
        stored = []
        for entry in entries:
            made = connection.execute(insert(_steps).values(_step_row(entry)))
            assert made.inserted_primary_key is not None
            stored.append(StoredAlertEntry(int(made.inserted_primary_key[0]), entry))
        row = _alert_row(alert)
        if stored:
            row["last_step"] = stored[-1].entry_id
        changed = connection.execute(update(_alerts).where(_alerts.c.alert_id == alert.alert_id).values(row))
        if not changed.rowcount:
            connection.execute(insert(_alerts).values(row))
        if anomaly is not None:
            told = {**_anomaly_row(anomaly), "alert_id": alert.alert_id}
            known = update(_anomalies).where(_anomalies.c.anomaly_id == anomaly.anomaly_id)
            if not connection.execute(known.values(told)).rowcount:
                connection.execute(insert(_anomalies).values(told))
        return stored

    # Reading

    def find(self, wanted: AlertFilter, *, before: int | None = None, limit: int = 200) -> list[NumberedAlert]:
        """Alerts, the newest opened first.

        Args:
            wanted: Which.
            before: Only those with lower numbers.
            limit: At most so many.
        """
        query = select(_alerts).order_by(_alerts.c.number.desc()).where(*_conditions(wanted)).limit(limit)
        if before is not None:
            query = query.where(_alerts.c.number < before)
        with self._database.read() as connection:
            return [_numbered(row) for row in connection.execute(query)]

    def judged(
        self, *, satellite: str | None = None, before: int | None = None, limit: int = 200
    ) -> list[NumberedAlert]:
        """Alerts that were confirmed or dismissed, the newest opened first, with numbers below one, so many at most."""
        query = select(_alerts).where(_alerts.c.verdict.is_not(None)).order_by(_alerts.c.number.desc()).limit(limit)
        if satellite is not None:
            query = query.where(_alerts.c.satellite == satellite)
        if before is not None:
            query = query.where(_alerts.c.number < before)
        with self._database.read() as connection:
            return [_numbered(row) for row in connection.execute(query)]

    def get(self, alert_id: str) -> NumberedAlert:
        """One alert.

        Raises:
            NotFound: There is none.
        """
        with self._database.read() as connection:
            return _numbered(_found(connection, alert_id))

    def anomalies_of(self, alert_id: str, limit: int = 200) -> list[Anomaly]:
        """The anomalies of an alert, the newest first."""
        query = select(_anomalies).where(_anomalies.c.alert_id == alert_id)
        query = query.order_by(_anomalies.c.begin_tai_s.desc()).limit(limit)
        with self._database.read() as connection:
            return [_anomaly(row) for row in connection.execute(query)]

    def anomalies(
        self,
        satellite: str,
        start_tai_s: float = -math.inf,
        end_tai_s: float = math.inf,
        *,
        going_on: bool = False,
        limit: int = 500,
    ) -> list[tuple[str, Anomaly]]:
        """Anomalies that touch an interval, the newest first, each with the id of its alert.

        Args:
            satellite: Whose.
            going_on: Only those that have not ended.
        """
        conditions = [_anomalies.c.satellite == satellite]
        if math.isfinite(end_tai_s):
            conditions.append(_anomalies.c.begin_tai_s <= end_tai_s)
        if math.isfinite(start_tai_s):
            conditions.append(or_(_anomalies.c.end_tai_s.is_(None), _anomalies.c.end_tai_s >= start_tai_s))
        if going_on:
            conditions.append(_anomalies.c.end_tai_s.is_(None))
        query = select(_anomalies).where(*conditions).order_by(_anomalies.c.begin_tai_s.desc()).limit(limit)
        with self._database.read() as connection:
            return [(row.alert_id, _anomaly(row)) for row in connection.execute(query)]

    def steps_of(self, alert_id: str, limit: int = 500) -> list[StoredAlertEntry]:
        """Steps of one alert, the newest first."""
        query = select(_steps).where(_steps.c.alert_id == alert_id).order_by(_steps.c.entry_id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def after(self, entry_id: int, limit: int) -> list[StoredAlertEntry]:
        """Steps with greater numbers, the oldest first, so many at most."""
        query = select(_steps).where(_steps.c.entry_id > entry_id).order_by(_steps.c.entry_id).limit(limit)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def last(self) -> int:
        """The number of the newest step; 0 before the first."""
        with self._database.read() as connection:
            return connection.execute(select(func.max(_steps.c.entry_id))).scalar() or 0

    def opened_since(self, satellite: str, since_tai_s: float) -> int:
        """How many anomalies of a satellite began since an instant."""
        query = select(func.count()).where(_anomalies.c.satellite == satellite, _anomalies.c.begin_tai_s >= since_tai_s)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar() or 0)

    def counts(self) -> dict[tuple[AlertState, Severity], int]:
        """How many alerts there are of each state and severity."""
        query = select(
            _alerts.c.end_tai_s.is_(None).label("goes_on"), _alerts.c.acknowledged, _alerts.c.severity, func.count()
        ).group_by(_alerts.c.end_tai_s.is_(None), _alerts.c.acknowledged, _alerts.c.severity)
        states = {
            (True, False): AlertState.OPEN,
            (True, True): AlertState.ACKNOWLEDGED,
            (False, False): AlertState.ENDED,
            (False, True): AlertState.CLOSED,
        }
        with self._database.read() as connection:
            return {
                (states[bool(goes_on), bool(seen)], Severity(severity)): number
                for goes_on, seen, severity, number in connection.execute(query)
            }


def _found(connection: Connection, alert_id: str) -> Row[Any]:
    row = connection.execute(select(_alerts).where(_alerts.c.alert_id == alert_id)).first()
    if row is None:
        raise NotFound(f"there is no alert {alert_id!r}")
    return row


def _conditions(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    if wanted.satellite is not None:
        made.append(_alerts.c.satellite == wanted.satellite)
    if wanted.kinds:
        made.append(_alerts.c.kind.in_([str(one) for one in wanted.kinds]))
    if wanted.states:
        made.append(or_(*(_OF_STATE[one] for one in wanted.states)))
    if wanted.verdict is not None:
        made.append(_alerts.c.verdict == str(wanted.verdict))
    if wanted.least is not None:
        made.append(_alerts.c.worst >= int(wanted.least))
    if wanted.since_tai_s is not None:
        made.append(or_(_GOES_ON, _alerts.c.end_tai_s >= wanted.since_tai_s))
    if wanted.until_tai_s is not None:
        made.append(_alerts.c.begin_tai_s <= wanted.until_tai_s)
    if wanted.parameter is not None:
        made.append(_alerts.c.parameters.contains(json.dumps(wanted.parameter), autoescape=True))
    return made


def _alert_row(alert: Alert) -> dict[str, Any]:
    row = asdict(alert)
    row |= {"leading": alert.parameters[0], "parameters": json.dumps(alert.parameters), "led": json.dumps(alert.led)}
    for name in ("severity", "worst"):
        row[name] = int(row[name])
    for name in ("kind", "verdict"):
        row[name] = None if row[name] is None else str(row[name])
    return row


def _alert(row: Row[Any]) -> Alert:
    return _alert_of({name: value for name, value in row._mapping.items() if name in Alert.__dataclass_fields__})


def _alert_of(told: dict[str, Any]) -> Alert:
    return Alert(
        **{
            **told,
            "parameters": tuple(json.loads(told["parameters"])),
            "led": tuple(json.loads(told["led"])),
            "kind": AnomalyKind(told["kind"]),
            "severity": Severity(told["severity"]),
            "worst": Severity(told["worst"]),
            "acknowledged": bool(told["acknowledged"]),
            "verdict": None if told["verdict"] is None else Verdict(told["verdict"]),
        }
    )


def _numbered(row: Row[Any]) -> NumberedAlert:
    return NumberedAlert(row.number, row.last_step, _alert(row))


def _anomaly_row(anomaly: Anomaly) -> dict[str, Any]:
    content = asdict(anomaly)
    for one in content["evidence"]:
        if not math.isfinite(one["observed"]):
            one["observed"] = None
    return {
        "anomaly_id": anomaly.anomaly_id,
        "satellite": anomaly.satellite,
        "begin_tai_s": anomaly.begin_tai_s,
        "end_tai_s": anomaly.end_tai_s,
        "content": json.dumps(content, allow_nan=False),
    }


def _anomaly(row: Row[Any]) -> Anomaly:
    content = json.loads(row.content)
    evidence = tuple(
        Evidence(**{**one, "observed": math.nan if one["observed"] is None else one["observed"]})
        for one in content["evidence"]
    )
    read = {"kind": AnomalyKind(content["kind"]), "severity": Severity(content["severity"]), "evidence": evidence}
    return Anomaly(**{**content, **read})


def _step_row(entry: AlertEntry) -> dict[str, Any]:
    told = _alert_row(entry.alert)
    del told["leading"]
    return {
        "alert_id": entry.alert.alert_id,
        "step": str(entry.step),
        "at_tai_s": entry.at_tai_s,
        "by": entry.by,
        "reason": entry.reason,
        "tells": entry.tells,
        "alert": json.dumps(told),
    }


def _entry(row: Row[Any]) -> StoredAlertEntry:
    alert = _alert_of(json.loads(row.alert))
    return StoredAlertEntry(
        row.entry_id, AlertEntry(AlertStep(row.step), row.at_tai_s, alert, row.by, row.reason, row.tells)
    )
