"""Anomalies that models find in telemetry: as alerts, with evidence and explanation, and what people say of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.accounts import User
from api.auth.dependencies import CurrentRuntime, Viewer, may
from api.rest.ids import PathId
from api.rest.paging import Cursor, Limit, Page
from api.service.anomalies import (
    AlertAnswer,
    AlertDetail,
    AnomalyAnswer,
    SeverityName,
    WatchAnswer,
    alert_answer,
    anomaly_answer,
)
from core.authority import Action
from core.errors import Conflict, InputError
from core.time import parse_utc, tai_s_from_utc
from ml.alerts.alert import AlertState, Verdict
from ml.alerts.labels import Label, labels
from ml.alerts.store import AlertFilter, NumberedAlert
from ml.anomaly.anomaly import AnomalyKind

__all__ = ["router"]

router = APIRouter(prefix="/anomalies", tags=["anomalies"])
_Handler = Annotated[User, may(Action.HANDLE_ALARM)]
_Seen = Annotated[str | None, Header(max_length=40, description="ETag of the alert as you saw it")]
_Satellite = Annotated[str | None, Query(min_length=1, max_length=64)]
_Time = Annotated[str | None, Query(min_length=1, max_length=40)]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]
_MOST_STRETCHES = 500


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Seen(_Body):
    """What was said with it."""

    reason: Annotated[str, Field(max_length=2000)] = ""


class Feedback(_Body):
    """Whether it is an anomaly; a dismissal says why it is none."""

    verdict: Verdict
    comment: Annotated[str, Field(max_length=2000)] = ""


class Assigned(_Body):
    """Who looks after it; empty for nobody."""

    to: Annotated[str, Field(max_length=64)]


class Remark(_Body):
    """What somebody wrote."""

    text: _Text


@router.get("")
def anomalies(
    _user: Viewer,
    runtime: CurrentRuntime,
    satellite: _Satellite = None,
    state: Annotated[list[AlertState], Query(max_length=4)] = [],  # noqa: B006  # FastAPI copies it
    severity: Annotated[SeverityName | None, Query(description="alerts that have been at least so bad")] = None,
    kind: Annotated[list[AnomalyKind], Query(max_length=8)] = [],  # noqa: B006
    verdict: Verdict | None = None,
    parameter: Annotated[str | None, Query(max_length=128, description="among the leading ones")] = None,
    since: _Time = None,
    until: _Time = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AlertAnswer]:
    """Alerts, the newest first: those that touch the time between ``since`` and ``until`` (UTC), and are as asked."""
    wanted = AlertFilter(
        satellite=satellite,
        kinds=tuple(kind),
        states=tuple(state),
        verdict=verdict,
        least=None if severity is None else severity.severity,
        since_tai_s=_instant(since, "since"),
        until_tai_s=_instant(until, "until"),
        parameter=parameter,
    )
    found = runtime.anomalies.desk.store.find(wanted, before=int(cursor) if cursor else None, limit=limit)
    following = str(found[-1].number) if len(found) == limit else None
    return Page(items=[alert_answer(one.alert) for one in found], next_cursor=following)


@router.get("/watch")
def watch(_user: Viewer, runtime: CurrentRuntime) -> WatchAnswer:
    """Which model judges which spacecraft, how late it is, what was skipped, why one is not judged, and drift from training."""
    return runtime.anomalies.health()


@router.get("/stretches")
def stretches(
    satellite: Annotated[str, Query(min_length=1, max_length=64)],
    start: Annotated[str, Query(min_length=1, max_length=40)],
    end: Annotated[str, Query(min_length=1, max_length=40)],
    _user: Viewer,
    runtime: CurrentRuntime,
    parameter: Annotated[str | None, Query(max_length=128)] = None,
) -> list[AnomalyAnswer]:
    """Single anomalies that touch an interval (UTC), such as to mark them on a plot; of one parameter, or all.

    The newest 500 of the interval are looked at.
    """
    runtime.mission.craft(satellite)
    start_tai_s, end_tai_s = _instant(start, "start"), _instant(end, "end")
    assert start_tai_s is not None and end_tai_s is not None
    if end_tai_s < start_tai_s:
        raise InputError("end", f"{end} is before the start, {start}")
    found = runtime.anomalies.desk.store.anomalies(satellite, start_tai_s, end_tai_s, limit=_MOST_STRETCHES)
    return [
        anomaly_answer(one, alert_id)
        for alert_id, one in found
        if parameter is None or any(evidence.parameter == parameter for evidence in one.evidence)
    ]


@router.get("/labels")
def judged(
    _user: Viewer, runtime: CurrentRuntime, satellite: _Satellite = None, limit: Limit = 200, cursor: Cursor = None
) -> Page[Label]:
    """Anomalies that people confirmed or dismissed, as labels to train with, the newest alert first."""
    found = runtime.anomalies.desk.store.judged(
        satellite=satellite, before=int(cursor) if cursor else None, limit=limit
    )
    following = str(found[-1].number) if len(found) == limit else None
    return Page(
        items=[label for one in found for label in labels(runtime.anomalies.desk.store, one.alert)],
        next_cursor=following,
    )


@router.get("/{alert_id}")
def show(alert_id: PathId, _user: Viewer, runtime: CurrentRuntime, response: Response) -> AlertDetail:
    """One alert with its evidence, its explanation and its steps; the ETag is the number of its newest step."""
    numbered, detail = runtime.anomalies.detail(alert_id)
    response.headers["ETag"] = _tag(numbered)
    return detail


@router.post("/{alert_id}/acknowledge")
def acknowledge(
    alert_id: PathId,
    body: Seen,
    user: _Handler,
    runtime: CurrentRuntime,
    response: Response,
    if_match: _Seen = None,
) -> AlertAnswer:
    """Somebody has seen it; one that has ended is closed with that."""
    desk = runtime.anomalies.desk
    return _answer(desk.acknowledge(alert_id, user.username, body.reason, seen=_step(if_match)), response)


@router.post("/{alert_id}/feedback")
def feedback(
    alert_id: PathId,
    body: Feedback,
    user: _Handler,
    runtime: CurrentRuntime,
    response: Response,
    if_match: _Seen = None,
) -> AlertAnswer:
    """Confirm or dismiss it; a later judgement stands in place of an earlier one, and both stay in its steps.

    Those like a dismissed one are told quietly for a time, unless they are worse. The same judgement again changes nothing.
    """
    desk = runtime.anomalies.desk
    return _answer(desk.judge(alert_id, user.username, body.verdict, body.comment, seen=_step(if_match)), response)


@router.post("/{alert_id}/assign")
def assign(
    alert_id: PathId,
    body: Assigned,
    user: _Handler,
    runtime: CurrentRuntime,
    response: Response,
    if_match: _Seen = None,
) -> AlertAnswer:
    """Have somebody look after it."""
    if body.to and runtime.accounts.role_of(body.to) is None:
        raise InputError("to", f"there is no active account {body.to!r}")
    return _answer(runtime.anomalies.desk.assign(alert_id, user.username, body.to, seen=_step(if_match)), response)


@router.post("/{alert_id}/comment")
def comment(
    alert_id: PathId,
    body: Remark,
    user: _Handler,
    runtime: CurrentRuntime,
    response: Response,
    if_match: _Seen = None,
) -> AlertAnswer:
    """Write something down about it."""
    return _answer(runtime.anomalies.desk.comment(alert_id, user.username, body.text, seen=_step(if_match)), response)


def _answer(numbered: NumberedAlert, response: Response) -> AlertAnswer:
    response.headers["ETag"] = _tag(numbered)
    return alert_answer(numbered.alert)


def _tag(numbered: NumberedAlert) -> str:
    return f'"{numbered.last_step}"'


def _step(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    told = if_match.strip('"')
    if not (told.isascii() and told.isdigit() and len(told) < 19):
        raise Conflict(f"{if_match} is not the ETag of an alert", code="precondition")
    return int(told)


def _instant(told: str | None, field: str) -> float | None:
    return None if told is None else tai_s_from_utc(parse_utc(told, field))
