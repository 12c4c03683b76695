"""Alarms and what people do with them, and limits that are changed in flight."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth.accounts import User
from api.auth.dependencies import CurrentRuntime, Viewer, may
from api.rest.paging import Cursor, Limit, Page
from api.service.alarms import AlarmAnswer, AlarmEntryAnswer, alarm_answer, entry_answer
from core.authority import Action
from core.errors import InputError
from core.telemetry.alarm_desk import AlarmDesk
from core.telemetry.changed_limits import LimitChange, WantedLimits
from core.time import tai_s_from_utc

__all__ = ["router"]

router = APIRouter(tags=["alarms"])
_Handler = Annotated[User, may(Action.HANDLE_ALARM)]
_LimitEditor = Annotated[User, may(Action.EDIT_LIMITS)]
_Satellite = Annotated[str, Field(min_length=1, max_length=64)]
_Parameter = Annotated[str, Field(min_length=1, max_length=128)]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]
_Maybe = Annotated[str | None, Query(max_length=128)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AlarmNamed(_Body):
    """The alarm of one parameter of one spacecraft."""

    satellite: _Satellite
    parameter: _Parameter


class Acknowledgement(AlarmNamed):
    """Seen, and what was said."""

    reason: Annotated[str, Field(max_length=2000)] = ""


class Shelving(AlarmNamed):
    """Hidden for so long, mission time, and why."""

    minutes: Annotated[float, Field(gt=0, le=10_080, allow_inf_nan=False)]
    reason: _Text


class Assignment(AlarmNamed):
    """Who looks after it; empty for nobody."""

    to: Annotated[str, Field(max_length=64)]


class Comment(AlarmNamed):
    """What somebody wrote."""

    text: _Text


class Tags(AlarmNamed):
    """The words to find it by, in place of those that it has."""

    tags: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=32)], ...], Field(max_length=16)]


class RestoredLimits(_Body):
    """Whose limits are the mission database's again, and why."""

    satellite: _Satellite
    parameter: _Parameter
    reason: _Text


@router.get("/alarms")
def alarms(
    _user: Viewer,
    runtime: CurrentRuntime,
    satellite: Annotated[str | None, Query(max_length=64)] = None,
    tag: Annotated[str | None, Query(max_length=32)] = None,
    shelved: bool = True,
) -> list[AlarmAnswer]:
    """Alarms that are not over, the worst first; with or without those that are shelved."""
    found = [
        one
        for one in _desk(runtime).open(shelved=shelved)
        if satellite in (None, one.satellite) and (tag is None or tag in one.tags)
    ]
    return [alarm_answer(one) for one in sorted(found, key=lambda one: (-one.level, one.raised_tai_s))]


@router.get("/alarms/history")
def history(
    _user: Viewer,
    runtime: CurrentRuntime,
    satellite: Annotated[str | None, Query(max_length=64)] = None,
    parameter: _Maybe = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AlarmEntryAnswer]:
    """What happened to alarms, the newest first."""
    before = int(cursor) if cursor else None
    found = _desk(runtime).history(satellite=satellite, parameter=parameter, before=before, limit=limit)
    following = str(found[-1].entry_id) if len(found) == limit else None
    return Page(items=[entry_answer(one) for one in found], next_cursor=following)


@router.post("/alarms/acknowledge")
def acknowledge(body: Acknowledgement, user: _Handler, runtime: CurrentRuntime) -> list[AlarmAnswer]:
    """Somebody has seen it; an alarm that is normal again is over with that. Gives the open alarms."""
    _desk(runtime).acknowledge(body.satellite, body.parameter, user.username, body.reason)
    return alarms(user, runtime)


@router.post("/alarms/shelve")
def shelve(body: Shelving, user: _Handler, runtime: CurrentRuntime) -> list[AlarmAnswer]:
    """Hide it for a time; its level goes on being followed."""
    until_tai_s = tai_s_from_utc(runtime.clock.now_utc() + timedelta(minutes=body.minutes))
    _desk(runtime).shelve(body.satellite, body.parameter, user.username, until_tai_s, body.reason)
    return alarms(user, runtime)


@router.post("/alarms/unshelve")
def unshelve(body: Acknowledgement, user: _Handler, runtime: CurrentRuntime) -> list[AlarmAnswer]:
    """Show it again."""
    _desk(runtime).unshelve(body.satellite, body.parameter, user.username, body.reason)
    return alarms(user, runtime)


@router.post("/alarms/assign")
def assign(body: Assignment, user: _Handler, runtime: CurrentRuntime) -> list[AlarmAnswer]:
    """Have somebody look after it."""
    if body.to and runtime.accounts.role_of(body.to) is None:
        raise InputError("to", f"there is no active account {body.to!r}")
    _desk(runtime).assign(body.satellite, body.parameter, user.username, body.to)
    return alarms(user, runtime)


@router.post("/alarms/comment")
def comment(body: Comment, user: _Handler, runtime: CurrentRuntime) -> list[AlarmAnswer]:
    """Write something down about it."""
    _desk(runtime).comment(body.satellite, body.parameter, user.username, body.text)
    return alarms(user, runtime)


@router.post("/alarms/tag")
def tag(body: Tags, user: _Handler, runtime: CurrentRuntime) -> list[AlarmAnswer]:
    """Give it words to find it by."""
    _desk(runtime).tag(body.satellite, body.parameter, user.username, body.tags)
    return alarms(user, runtime)


@router.get("/telemetry/limits")
def limits(_user: Viewer, runtime: CurrentRuntime) -> list[LimitChange]:
    """Limits that stand in place of the mission database's."""
    return _desk(runtime).limits.all()


@router.put("/telemetry/limits")
def change_limits(wanted: WantedLimits, user: _LimitEditor, runtime: CurrentRuntime) -> list[LimitChange]:
    """Put limits in force at once; they outlive a restart."""
    runtime.mission.craft(wanted.satellite)
    change = LimitChange(**wanted.model_dump(), by=user.username, at=runtime.clock.now_utc())
    _desk(runtime).limits.change(change)
    return limits(user, runtime)


@router.post("/telemetry/limits/restore")
def restore_limits(body: RestoredLimits, user: _LimitEditor, runtime: CurrentRuntime) -> list[LimitChange]:
    """Have the mission database's limits hold again."""
    at_utc = runtime.clock.now_utc()
    _desk(runtime).limits.restore(body.satellite, body.parameter, by=user.username, reason=body.reason, at_utc=at_utc)
    return limits(user, runtime)


def _desk(runtime: CurrentRuntime) -> AlarmDesk:
    return runtime.flight.fleet.alarms
