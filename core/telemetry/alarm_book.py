"""The life of alarms: raised, acknowledged, shelved, cleared; every step is an entry that says who, when and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.errors import Conflict, InputError, NotFound

__all__ = ["Alarm", "AlarmBook", "AlarmEntry", "AlarmState", "AlarmStep"]


class AlarmState(StrEnum):
    """Where an alarm is in its life."""

    RAISED = "raised"  # alarming, nobody has seen it
    ACKNOWLEDGED = "acknowledged"  # alarming, and seen
    RETURNED = "returned"  # no longer alarming, nobody has seen it
    CLEARED = "cleared"  # over: no longer alarming, and seen


class AlarmStep(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    WORSENED = "worsened"
    EASED = "eased"
    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    TAGGED = "tagged"
    CLEARED = "cleared"


@dataclass(frozen=True)
class Alarm:
    """One alarm of a parameter, from when it was raised.

    Args:
        level: The lasting level now, 0 normal to 5 severe.
        worst: The highest that it had.
        shelved_until_tai_s: Until then it is not shown; None where it is not shelved.
        assigned_to: Who looks after it; empty where nobody does.
        tags: Words to find it by.
    """

    satellite: str
    parameter: str
    raised_tai_s: float
    level: int
    worst: int
    acknowledged: bool = False
    shelved_until_tai_s: float | None = None
    assigned_to: str = ""
    tags: tuple[str, ...] = ()

    @property
    def state(self) -> AlarmState:
        """Where it is in its life; shelving does not change that."""
        if self.level:
            return AlarmState.ACKNOWLEDGED if self.acknowledged else AlarmState.RAISED
        return AlarmState.CLEARED if self.acknowledged else AlarmState.RETURNED


@dataclass(frozen=True)
class AlarmEntry:
    """A step in the life of an alarm, with the alarm after it."""

    step: AlarmStep
    at_tai_s: float
    alarm: Alarm
    by: str = ""
    reason: str = ""


class AlarmBook:
    """Open alarms of all satellites, one for each parameter.

    Args:
        write: Called with each entry, in order; what it raises stops the step.
    """

    def __init__(self, write: Callable[[AlarmEntry], None]) -> None:
        self._write = write
        self._open: dict[tuple[str, str], Alarm] = {}

    def open(self, *, shelved: bool = False) -> list[Alarm]:
        """Alarms that are not cleared; with or without the shelved ones, in the order in which they were raised."""
        return [one for one in self._open.values() if shelved or one.shelved_until_tai_s is None]

    def change(self, satellite: str, parameter: str, level: int, at_tai_s: float) -> None:
        """Take note of a new lasting level, generated at an instant."""
        known = self._open.get((satellite, parameter))
        if known is None:
            if level:
                self._note(AlarmStep.RAISED, at_tai_s, Alarm(satellite, parameter, at_tai_s, level, level))
            return
        if level == known.level:
            return
        if level > known.level:
            # What is worse than what was seen has not been seen.
            seen = known.acknowledged and level <= known.worst
            step = AlarmStep.WORSENED
            known = replace(known, level=level, worst=max(known.worst, level), acknowledged=seen)
        else:
            step = AlarmStep.EASED if level else AlarmStep.RETURNED
            known = replace(known, level=level)
        self._note(step, at_tai_s, known)
        self._end(known, at_tai_s)

    def acknowledge(self, satellite: str, parameter: str, by: str, at_tai_s: float, reason: str = "") -> None:
        """Someone has seen it; an alarm that has returned to normal is over with that.

        Raises:
            NotFound: There is no such alarm.
            Conflict: It is acknowledged already.
        """
        known = self._alarm(satellite, parameter)
        if known.acknowledged:
            raise Conflict(f"the alarm of {satellite} {parameter} is acknowledged already", code="acknowledged")
        known = replace(known, acknowledged=True)
        self._note(AlarmStep.ACKNOWLEDGED, at_tai_s, known, by, reason)
        self._end(known, at_tai_s)

    def shelve(self, satellite: str, parameter: str, by: str, at_tai_s: float, until_tai_s: float, reason: str) -> None:
        """Hide an alarm for a time; its level goes on being followed.

        Raises:
            NotFound: There is no such alarm.
            InputError: The end is not after now, or there is no reason.
        """
        known = self._alarm(satellite, parameter)
        if not until_tai_s > at_tai_s or until_tai_s == float("inf"):
            raise InputError("until_tai_s", f"{until_tai_s} s is not a time after now, {at_tai_s} s")
        if not reason.strip():
            raise InputError("reason", "an alarm is not shelved without a reason")
        self._note(AlarmStep.SHELVED, at_tai_s, replace(known, shelved_until_tai_s=until_tai_s), by, reason)

    def unshelve(self, satellite: str, parameter: str, by: str, at_tai_s: float, reason: str = "") -> None:
        """Show a shelved alarm again.

        Raises:
            NotFound: There is no such alarm.
            Conflict: It is not shelved.
        """
        known = self._alarm(satellite, parameter)
        if known.shelved_until_tai_s is None:
            raise Conflict(f"the alarm of {satellite} {parameter} is not shelved", code="not-shelved")
        self._note(AlarmStep.UNSHELVED, at_tai_s, replace(known, shelved_until_tai_s=None), by, reason)

    def unshelve_due(self, now_tai_s: float) -> None:
        """Show alarms again whose time on the shelf is over."""
        for one in list(self._open.values()):
            if one.shelved_until_tai_s is not None and one.shelved_until_tai_s <= now_tai_s:
                self._note(AlarmStep.UNSHELVED, now_tai_s, replace(one, shelved_until_tai_s=None))

    def assign(self, satellite: str, parameter: str, by: str, at_tai_s: float, to: str) -> None:
        """Have somebody look after an alarm; an empty name takes it from whoever does.

        Raises:
            NotFound: There is no such alarm.
        """
        known = self._alarm(satellite, parameter)
        self._note(AlarmStep.ASSIGNED, at_tai_s, replace(known, assigned_to=to), by)

    def comment(self, satellite: str, parameter: str, by: str, at_tai_s: float, text: str) -> None:
        """Write something down about an alarm.

        Raises:
            NotFound: There is no such alarm.
            InputError: There is no text.
        """
        if not text.strip():
            raise InputError("text", "a comment says something")
        self._note(AlarmStep.COMMENTED, at_tai_s, self._alarm(satellite, parameter), by, text)

    def tag(self, satellite: str, parameter: str, by: str, at_tai_s: float, tags: Sequence[str]) -> None:
        """Give an alarm these tags in place of those that it has.

        Raises:
            NotFound: There is no such alarm.
        """
        known = self._alarm(satellite, parameter)
        self._note(AlarmStep.TAGGED, at_tai_s, replace(known, tags=tuple(dict.fromkeys(tags))), by)

    def restore(self, entry: AlarmEntry) -> None:
        """Take up an entry that was written in an earlier run."""
        self._keep(entry)

    def copy(self) -> AlarmBook:
        """Another book as this one is now; what happens to one does not happen to the other."""
        made = AlarmBook(self._write)
        made._open = dict(self._open)
        return made

    def become(self, other: AlarmBook) -> None:
        """Take over how another book is."""
        self._open = dict(other._open)

    def _alarm(self, satellite: str, parameter: str) -> Alarm:
        known = self._open.get((satellite, parameter))
        if known is None:
            raise NotFound(f"{satellite} {parameter} has no open alarm")
        return known

    def _end(self, alarm: Alarm, at_tai_s: float) -> None:
        if alarm.state is AlarmState.CLEARED:
            self._note(AlarmStep.CLEARED, at_tai_s, alarm)

    def _note(self, step: AlarmStep, at_tai_s: float, alarm: Alarm, by: str = "", reason: str = "") -> None:
        entry = AlarmEntry(step, at_tai_s, alarm, by, reason)
        self._write(entry)
        self._keep(entry)

    def _keep(self, entry: AlarmEntry) -> None:
        key = (entry.alarm.satellite, entry.alarm.parameter)
        if entry.step is AlarmStep.CLEARED:
            self._open.pop(key, None)
        else:
            self._open[key] = entry.alarm
