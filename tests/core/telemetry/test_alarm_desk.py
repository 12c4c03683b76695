"""Alarms of a running service: restarts, failing stores, people's steps, and limits that people change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import Conflict, InputError, NotFound, StoreError
from core.events import EventLog
from core.mdb import reference_mdb
from core.mdb.batch import Column, ContainerBatch, DecodedBatch
from core.mdb.program import CompiledField
from core.mdb.telemetry import DecodedPacket, Sample
from core.mdb.types import AlarmLevel
from core.store import Database, open_database
from core.telemetry.alarm_desk import AlarmDesk
from core.telemetry.archive import ArchivedSample
from core.telemetry.changed_limits import LimitBand, LimitChange, LimitOverrides
from core.time import MissionClock, utc_from_tai_s
from core.time.clock import ClockAnchor

MDB = reference_mdb()
SOC = MDB.parameters["soc"].type
T0_TAI_S = 8.48e8
CLOCK = MissionClock(ClockAnchor(0.0, T0_TAI_S, 1.0), lambda: 0.0)
NAMES = list(AlarmLevel)


class Folder:
    """A service's database, and the desk over it; opened again, it is a restart."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "service.db"
        self.newest: dict[tuple[str, str], ArchivedSample] = {}
        self.open()

    def open(self) -> None:
        self.database: Database = open_database(self.path)
        self.events = EventLog(self.database)
        self.limits = LimitOverrides(self.database, self.events, MDB)
        self.desk = AlarmDesk(self.database, self.events, MDB, self.limits, CLOCK, self.newest.values())

    def restart(self) -> None:
        self.database.close()
        self.open()

    def take(self, start_s: float, values: list[float], satellite: str = "LSAT-1", parameter: str = "soc") -> None:
        decoded = self.limits.apply(satellite, batch(values, parameter))
        times = T0_TAI_S + start_s + np.arange(len(values), dtype=float)
        self.desk.take(satellite, times, decoded)
        (column,) = decoded.containers[0].columns.values()
        level = 0 if column.levels is None else int(column.levels[-1])
        self.newest[satellite, parameter] = ArchivedSample(
            satellite, parameter, float(times[-1]), values[-1], None, "", str(NAMES[level])
        )


def batch(values: list[float], parameter: str = "soc") -> DecodedBatch:
    kind = MDB.parameters[parameter].type
    levels = np.array([_level(parameter, one) for one in values], dtype=np.uint8)
    column = Column(CompiledField(parameter, kind, 0), np.array(values), levels=levels if kind.alarms.ranges else None)
    return DecodedBatch((ContainerBatch("hk", np.arange(len(values)), {parameter: column}),))


def _level(parameter: str, value: float) -> int:
    raised = [NAMES.index(one.level) for one in MDB.parameters[parameter].type.alarms.ranges if one.raised_by(value)]
    return max(raised, default=0)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def _steps(folder: Folder) -> list[str]:
    return [str(one.entry.step) for one in reversed(folder.desk.history())]


LOW, LOWER, FINE = 0.58, 0.3, 0.9  # of the state of charge


def test_the_values_that_these_tests_use_are_what_they_are_called() -> None:
    assert _level("soc", FINE) == 0 < _level("soc", LOW) < _level("soc", LOWER)


def test_an_alarm_goes_on_after_a_restart_and_is_up_to_date(folder: Folder) -> None:
    folder.take(0.0, [FINE, LOW, LOW])
    folder.desk.acknowledge("LSAT-1", "soc", "olga", "seen")
    folder.restart()
    (alarm,) = folder.desk.open()
    assert (alarm.level, alarm.acknowledged) == (_level("soc", LOW), True)
    folder.take(10.0, [LOW, LOW])
    assert _steps(folder) == ["raised", "acknowledged"]  # nothing new
    folder.take(20.0, [FINE])
    assert folder.desk.open() == [] and _steps(folder)[-2:] == ["returned", "cleared"]


def test_what_was_stored_and_not_judged_before_a_crash_is_judged_at_the_start(folder: Folder) -> None:
    folder.take(0.0, [FINE])
    folder.newest["LSAT-1", "soc"] = ArchivedSample("LSAT-1", "soc", T0_TAI_S + 5.0, LOW, None, "", "warning")
    folder.restart()
    (alarm,) = folder.desk.open()
    assert (alarm.raised_tai_s, alarm.level) == (T0_TAI_S + 5.0, NAMES.index(AlarmLevel.WARNING))
    folder.newest["LSAT-1", "soc"] = ArchivedSample("LSAT-1", "soc", T0_TAI_S + 6.0, FINE, None, "", "normal")
    folder.restart()
    assert [one.level for one in folder.desk.open()] == [0]


VALUES = st.sampled_from([FINE, LOW, LOWER])
ACTIONS: dict[str, Callable[[AlarmDesk], None]] = {
    "acknowledge": lambda desk: desk.acknowledge("LSAT-1", "soc", "olga"),
    "shelve": lambda desk: desk.shelve("LSAT-1", "soc", "olga", T0_TAI_S + 1e6, "known"),
    "unshelve": lambda desk: desk.unshelve("LSAT-1", "soc", "olga"),
    "assign": lambda desk: desk.assign("LSAT-1", "soc", "olga", "petra"),
    "comment": lambda desk: desk.comment("LSAT-1", "soc", "olga", "again?"),
    "tag": lambda desk: desk.tag("LSAT-1", "soc", "olga", ["power", "night", "power"]),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(st.lists(VALUES, min_size=1, max_size=4), st.sampled_from([*ACTIONS, "restart"])), max_size=12)
)
def test_restarts_change_nothing(tmp_path_factory: pytest.TempPathFactory, steps: list[Any]) -> None:
    restarted, unbroken = (Folder(tmp_path_factory.mktemp(name)) for name in ("restarted", "unbroken"))
    for number, step in enumerate(steps):
        for one in (restarted, unbroken):
            if step == "restart":
                if one is restarted:
                    one.restart()
            elif isinstance(step, list):
                one.take(10.0 * number, step)
            else:
                with suppress(NotFound, Conflict):
                    ACTIONS[step](one.desk)
    assert restarted.desk.open() == unbroken.desk.open()
    assert [one.entry for one in restarted.desk.history()] == [one.entry for one in unbroken.desk.history()]
    restarted.database.close()
    unbroken.database.close()


def test_what_people_do_is_in_the_log_with_their_name(folder: Folder) -> None:
    folder.take(0.0, [LOWER])
    for act in ("acknowledge", "shelve", "unshelve", "assign", "comment", "tag"):
        ACTIONS[act](folder.desk)
    told = folder.events.read(kinds=["alarm."])
    assert [one.kind.removeprefix("alarm.") for one in told] == [
        "acknowledged",
        "shelved",
        "unshelved",
        "assigned",
        "commented",
        "tagged",
    ]
    assert {one.actor for one in told} == {"user:olga"} and told[-1].payload["tags"] == ["power", "night"]
    (alarm,) = folder.desk.open()
    assert (alarm.assigned_to, alarm.tags) == ("petra", ("power", "night"))


def test_a_step_that_cannot_be_written_is_not_taken(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.take(0.0, [LOW])
    before = folder.desk.open()

    def full(*_row: object, **_more: object) -> None:
        raise StoreError("no space left on the device")

    with monkeypatch.context() as broken:
        broken.setattr(folder.events, "append", full)
        with pytest.raises(StoreError):
            folder.desk.acknowledge("LSAT-1", "soc", "olga")
    assert folder.desk.open() == before and _steps(folder) == ["raised"]
    folder.desk.acknowledge("LSAT-1", "soc", "olga")
    assert _steps(folder) == ["raised", "acknowledged"]


def test_alarms_wait_while_the_store_fails_and_are_told_once_they_are_written(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    folder.desk.on_change(lambda entries: told.extend(str(one.step) for one in entries))

    def full(*_row: object) -> None:
        raise StoreError("no space left on the device")

    with monkeypatch.context() as broken:
        broken.setattr(folder.desk._store, "write", full)
        folder.take(0.0, [LOW])
        assert "no space" in folder.desk.failure and told == [] and len(folder.desk.open()) == 1
        with pytest.raises(StoreError, match="no space"):
            folder.desk.acknowledge("LSAT-1", "soc", "olga")
    folder.take(10.0, [LOWER])
    assert (folder.desk.failure, told, _steps(folder)) == ("", ["raised", "worsened"], ["raised", "worsened"])


def _change(**changes: Any) -> LimitChange:
    content = {
        "satellite": "LSAT-1",
        "parameter": "soc",
        "bands": [{"level": "warning", "low": 0.8}, {"level": "critical", "low": 0.2}],
        "by": "petra",
        "reason": "a weak cell",
        "at": utc_from_tai_s(T0_TAI_S),
        **changes,
    }
    return LimitChange.model_validate(content)


def test_changed_limits_hold_at_once_for_one_spacecraft_and_after_a_restart(folder: Folder) -> None:
    folder.take(0.0, [0.7])
    assert folder.desk.open() == []
    folder.limits.change(_change())
    folder.take(10.0, [0.7])
    folder.take(10.0, [0.7], satellite="LSAT-2")
    folder.restart()
    folder.take(20.0, [0.7, 0.7])
    assert [(one.satellite, one.level) for one in folder.desk.open()] == [("LSAT-1", NAMES.index(AlarmLevel.WARNING))]
    folder.limits.restore("LSAT-1", "soc", by="petra", reason="a new cell", at_utc=utc_from_tai_s(T0_TAI_S))
    folder.take(30.0, [0.7])
    assert [one.level for one in folder.desk.open()] == [0]
    assert [one.kind for one in folder.events.read(kinds=["limits."])] == ["limits.changed", "limits.restored"]
    with pytest.raises(NotFound, match="those of the mission database"):
        folder.limits.restore("LSAT-1", "soc", by="petra", reason="again", at_utc=utc_from_tai_s(T0_TAI_S))


def test_limits_that_are_taken_away_leave_no_alarm_behind(folder: Folder) -> None:
    without = next(name for name, one in MDB.parameters.items() if one.type.unit and not one.type.alarms.ranges)
    folder.limits.change(_change(parameter=without, bands=[{"level": "distress", "high": 1.0}], minimum_violations=2))
    folder.take(0.0, [5.0], parameter=without)
    assert folder.desk.open() == []
    folder.take(10.0, [5.0], parameter=without)
    assert [one.level for one in folder.desk.open()] == [NAMES.index(AlarmLevel.DISTRESS)]
    folder.limits.restore("LSAT-1", without, by="petra", reason="over", at_utc=utc_from_tai_s(T0_TAI_S))
    folder.take(20.0, [5.0], parameter=without)
    assert [one.level for one in folder.desk.open()] == [0]


@given(st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=30), st.lists(st.floats(-1.0, 1.0), min_size=4, max_size=4))
def test_levels_by_changed_limits_equal_those_of_one_sample_at_a_time(values: list[float], ends: list[float]) -> None:
    low, lower, high, higher = sorted(ends)[1], sorted(ends)[0], sorted(ends)[2], sorted(ends)[3]
    bands = (LimitBand(level="watch", low=low, high=high), LimitBand(level="severe", low=lower, high=higher))
    change = _change(bands=bands)
    limits = object.__new__(LimitOverrides)
    limits._known = {("LSAT-1", "soc"): (change, change.alarms())}
    samples = [Sample(one, one, "", AlarmLevel.NORMAL, True, SOC) for one in values]
    packets = tuple((row, DecodedPacket("hk", {"soc": one})) for row, one in enumerate(samples))
    made = limits.apply("LSAT-1", replace(batch(values), interpreted=packets))
    wanted = [
        NAMES.index(AlarmLevel.SEVERE) if one < lower or one > higher else int(one < low or one > high)
        for one in values
    ]
    levels = made.containers[0].columns["soc"].levels
    assert levels is not None and levels.tolist() == wanted
    assert [NAMES.index(one.parameters["soc"].limit_state) for _, one in made.interpreted] == wanted


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"bands": [{"level": "warning"}]}, "neither low nor high"),
        ({"bands": [{"level": "warning", "low": 2.0, "high": 1.0}]}, "low 2 is above high 1"),
        ({"bands": [{"level": "normal", "low": 2.0}]}, "watch"),
        ({"bands": [{"level": "watch", "low": 2.0}, {"level": "watch", "high": 3.0}]}, "given twice"),
        ({"bands": [{"level": "watch", "low": float("nan")}]}, "finite"),
        ({"minimum_violations": 0}, "greater than or equal to 1"),
        ({"reason": ""}, "at least 1 character"),
    ],
)
def test_wrong_limits_are_refused_by_field(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        _change(**changes)


@pytest.mark.parametrize("parameter", ["no_such", "mode"])
def test_limits_of_what_has_none_are_refused(folder: Folder, parameter: str) -> None:
    with pytest.raises(InputError, match=parameter):
        folder.limits.change(_change(parameter=parameter))
    assert folder.limits.all() == []


def test_interpreted_packets_raise_alarms_too(folder: Folder) -> None:
    low = Sample(LOW, LOW, "", NAMES[_level("soc", LOW)], True, SOC)
    decoded = DecodedBatch((), ((0, DecodedPacket("hk", {"soc": low})),))
    folder.desk.take("LSAT-3", np.array([T0_TAI_S]), decoded)
    assert [(one.satellite, one.parameter) for one in folder.desk.open()] == [("LSAT-3", "soc")]
    folder.desk.take("LSAT-3", np.array([np.nan]), decoded)  # without a time nothing is judged
    assert len(folder.desk.history()) == 1
