"""Alarms of a running service: judged from each stored batch, handled by people, and the same again after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from core.errors import StoreError
from core.events import EventLog
from core.mdb.batch import DecodedBatch
from core.mdb.model import MissionDatabase
from core.mdb.types import AlarmLevel
from core.store import Database
from core.telemetry.alarm_book import Alarm, AlarmBook, AlarmEntry, AlarmStep
from core.telemetry.alarm_store import AlarmStore, StoredEntry
from core.telemetry.archive import ArchivedSample
from core.telemetry.changed_limits import LimitOverrides
from core.telemetry.limit_check import LimitChecker
from core.time import Clock, utc_from_tai_s

__all__ = ["AlarmDesk"]

_LEVELS: Final = {str(one): number for number, one in enumerate(AlarmLevel)}
Listener = Callable[[Sequence[AlarmEntry]], None]


@dataclass(frozen=True)
class _Person:
    name: str
    connection: Connection


class AlarmDesk:
    """Alarms of all spacecraft.

    What telemetry changes is written once for a batch; while the store fails it waits in memory and is written with the next
    one. After a restart the open alarms are those that were written, brought up to the newest value of each parameter;
    samples that were counted towards a persistence are counted anew.

    Args:
        database: Where alarms are.
        events: The log that tells what people did.
        mdb: What parameters are.
        limits: Limits that people have changed.
        clock: Mission time.
        newest: The newest stored value of every parameter.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        mdb: MissionDatabase,
        limits: LimitOverrides,
        clock: Clock,
        newest: Iterable[ArchivedSample] = (),
    ) -> None:
        self._database = database
        self._events = events
        self._clock = clock
        self._store = AlarmStore(database)
        self._lock = threading.RLock()
        self._waiting: list[AlarmEntry] = []
        self._told: list[AlarmEntry] = []
        self._person: _Person | None = None
        self._listeners: list[Listener] = []
        self._book = AlarmBook(self._write)
        self._checker = LimitChecker(self._book, limits)
        self.limits = limits
        self.failure = ""  # of the newest attempt to write; empty where it went well
        self._resume(mdb, newest)

    def on_change(self, listener: Listener) -> None:
        """Have somebody told of each step, once it is written."""
        self._listeners.append(listener)

    def take(self, satellite: str, generated_tai_s: NDArray[np.float64], decoded: DecodedBatch) -> int:
        """Judge a batch that is stored; how many lasting levels changed."""
        with self._lock:
            changed = self._checker.take(satellite, generated_tai_s, decoded)
            self._flush()
        return changed

    def change(self, satellite: str, parameter: str, level: int, at_tai_s: float) -> None:
        """Take note of a level that something else than a value gives, such as packets that stay away."""
        with self._lock:
            self._book.change(satellite, parameter, level, at_tai_s)
            self._flush()

    def tick(self) -> None:
        """Show alarms again whose time on the shelf is over, and write what waits."""
        with self._lock:
            self._book.unshelve_due(self._clock.now_tai_s())
            self._flush()

    def open(self, *, shelved: bool = True) -> list[Alarm]:
        """Alarms that are not cleared, with or without the shelved ones, in the order in which they were raised."""
        with self._lock:
            return self._book.open(shelved=shelved)

    def history(
        self,
        *,
        satellite: str | None = None,
        parameter: str | None = None,
        before: int | None = None,
        limit: int = 200,
    ) -> list[StoredEntry]:
        """Steps of alarms, the newest first."""
        return self._store.history(satellite=satellite, parameter=parameter, before=before, limit=limit)

    def steps(self, after: int, limit: int) -> list[StoredEntry]:
        """Steps of alarms with numbers above one, the oldest first, so many at most."""
        return self._store.after(after, limit)

    def last_step(self) -> int:
        """The number of the newest step; 0 before the first."""
        return self._store.last()

    # What people do; each ends in the errors of ``AlarmBook``, and in StoreError where nothing was changed

    def acknowledge(self, satellite: str, parameter: str, by: str, reason: str = "") -> None:
        """Somebody has seen it."""
        with self._by(by) as now_tai_s:
            self._book.acknowledge(satellite, parameter, by, now_tai_s, reason)

    def shelve(self, satellite: str, parameter: str, by: str, until_tai_s: float, reason: str) -> None:
        """Hide it for a time."""
        with self._by(by) as now_tai_s:
            self._book.shelve(satellite, parameter, by, now_tai_s, until_tai_s, reason)

    def unshelve(self, satellite: str, parameter: str, by: str, reason: str = "") -> None:
        """Show it again."""
        with self._by(by) as now_tai_s:
            self._book.unshelve(satellite, parameter, by, now_tai_s, reason)

    def assign(self, satellite: str, parameter: str, by: str, to: str) -> None:
        """Have somebody look after it."""
        with self._by(by) as now_tai_s:
            self._book.assign(satellite, parameter, by, now_tai_s, to)

    def comment(self, satellite: str, parameter: str, by: str, text: str) -> None:
        """Write something down about it."""
        with self._by(by) as now_tai_s:
            self._book.comment(satellite, parameter, by, now_tai_s, text)

    def tag(self, satellite: str, parameter: str, by: str, tags: Sequence[str]) -> None:
        """Give it words to find it by."""
        with self._by(by) as now_tai_s:
            self._book.tag(satellite, parameter, by, now_tai_s, tags)

    @contextmanager
    def _by(self, name: str) -> Iterator[float]:
        """A person's step: alarm, history and event change together, or not at all."""
        with self._lock:
            self._flush()
            if self._waiting:
                raise StoreError(f"earlier steps of alarms could not be written yet: {self.failure}")
            before = self._book.copy()
            try:
                with self._database.write() as connection:
                    self._person = _Person(name, connection)
                    yield self._clock.now_tai_s()
            except BaseException:
                self._book.become(before)
                self._told.clear()
                raise
            finally:
                self._person = None
            self._tell()

    def _write(self, entry: AlarmEntry) -> None:
        person = self._person
        if person is None:
            self._waiting.append(entry)
            return
        self._store.write(person.connection, [entry])
        if entry.by:
            alarm = entry.alarm
            payload = {
                "satellite": alarm.satellite,
                "parameter": alarm.parameter,
                "level": list(AlarmLevel)[alarm.level].value,
                "reason": entry.reason,
                "assigned_to": alarm.assigned_to,
                "tags": list(alarm.tags),
            }
            self._events.append(
                person.connection,
                f"alarm.{entry.step}",
                f"{alarm.satellite}:{alarm.parameter}"[:128],
                actor=f"user:{person.name}",
                at_utc=utc_from_tai_s(entry.at_tai_s),
                payload=payload,
            )
        self._told.append(entry)

    def _flush(self) -> None:
        if not self._waiting:
            return
        try:
            with self._database.write() as connection:
                self._store.write(connection, self._waiting)
        except StoreError as error:
            self.failure = error.message
            return
        self.failure = ""
        self._told += self._waiting
        self._waiting.clear()
        self._tell()

    def _tell(self) -> None:
        told = tuple(self._told)
        self._told.clear()
        for listener in self._listeners if told else ():
            listener(told)

    def _resume(self, mdb: MissionDatabase, newest: Iterable[ArchivedSample]) -> None:
        for entry in self._store.open():
            self._book.restore(entry)
            alarm, known = entry.alarm, mdb.parameters.get(entry.alarm.parameter)
            of_sample = not entry.by and entry.step is not AlarmStep.UNSHELVED
            judged_tai_s = entry.at_tai_s if of_sample else alarm.raised_tai_s
            if known is not None:
                self._checker.resume(alarm.satellite, alarm.parameter, known.type, alarm.level, judged_tai_s)
        for sample in newest:
            known, level = mdb.parameters.get(sample.parameter), _LEVELS[sample.limit_state]
            if known is not None:
                self._checker.judge_one(sample.satellite, sample.parameter, known.type, sample.generated_tai_s, level)
        self._flush()
