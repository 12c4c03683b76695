"""Alarms as clients see them."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from core.mdb import AlarmLevel
from core.telemetry import Alarm
from core.telemetry.alarm_book import AlarmState, AlarmStep
from core.telemetry.alarm_store import StoredEntry
from core.time import format_utc, utc_from_tai_s

__all__ = ["AlarmAnswer", "AlarmEntryAnswer", "alarm_answer", "entry_answer"]

_LEVELS: Final = tuple(AlarmLevel)


class AlarmAnswer(BaseModel):
    """An alarm as it stands; ``worst`` is the highest level that it has had."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    satellite: str
    parameter: str
    state: AlarmState
    level: AlarmLevel
    worst: AlarmLevel
    raised: str
    shelved_until: str | None
    assigned_to: str
    tags: tuple[str, ...]


class AlarmEntryAnswer(BaseModel):
    """A step in the life of an alarm, with the alarm after it; ``by`` is empty where telemetry did it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: int
    step: AlarmStep
    at: str
    by: str
    reason: str
    alarm: AlarmAnswer


def alarm_answer(alarm: Alarm) -> AlarmAnswer:
    """The client's form of an alarm."""
    return AlarmAnswer(
        satellite=alarm.satellite,
        parameter=alarm.parameter,
        state=alarm.state,
        level=_LEVELS[alarm.level],
        worst=_LEVELS[alarm.worst],
        raised=format_utc(utc_from_tai_s(alarm.raised_tai_s)),
        shelved_until=None
        if alarm.shelved_until_tai_s is None
        else format_utc(utc_from_tai_s(alarm.shelved_until_tai_s)),
        assigned_to=alarm.assigned_to,
        tags=alarm.tags,
    )


def entry_answer(stored: StoredEntry) -> AlarmEntryAnswer:
    """The client's form of a step."""
    entry = stored.entry
    return AlarmEntryAnswer(
        entry_id=stored.entry_id,
        step=entry.step,
        at=format_utc(utc_from_tai_s(entry.at_tai_s)),
        by=entry.by,
        reason=entry.reason,
        alarm=alarm_answer(entry.alarm),
    )
