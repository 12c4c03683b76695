"""Alerts: one for each anomaly whatever is told again, repeats joined, what is worse told again, dismissals heard."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Conflict, InputError, NotFound, StoreError
from core.events import EventLog
from core.store import open_database
from core.time import MissionClock
from core.time.clock import ClockAnchor
from ml.alerts.alert import AlertState, Verdict
from ml.alerts.desk import AlertDesk
from ml.alerts.labels import all_labels, write_labels
from ml.alerts.rules import AlertRules
from ml.alerts.store import AlertFilter
from ml.anomaly.anomaly import Anomaly, AnomalyKind, Severity
from tests.ml.alerts.anomalies import T0_TAI_S, anomaly, evidence

DAY_S = 86_400.0
NOTICE, WARNING, SERIOUS, CRITICAL = Severity


class Folder:
    """A service's database, and the desk over it; opened again, it is a restart. Its clock is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "service.db"
        self.now_s = 0.0
        self.clock = MissionClock(ClockAnchor(0.0, T0_TAI_S, 1.0), lambda: self.now_s)
        self.open()

    def open(self) -> None:
        self.database = open_database(self.path)
        self.events = EventLog(self.database)
        self.desk = AlertDesk(self.database, self.events, self.clock, AlertRules(join_within_s=600.0))

    def restart(self) -> None:
        self.database.close()
        self.open()

    def take(self, *told: Anomaly) -> list[tuple[str, bool]]:
        """The steps that they made, and which of them tell."""
        return [(str(one.entry.step), one.entry.tells) for one in self.desk.take(told)]

    def alerts(self, **wanted: Any) -> list[Any]:
        return [one.alert for one in self.desk.store.find(AlertFilter(**wanted))]

    def steps(self) -> list[tuple[str, str, bool, str]]:
        found = self.desk.steps(0, 10_000)
        return [(str(one.entry.step), one.entry.alert.alert_id, one.entry.tells, one.entry.by) for one in found]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    made.database.close()


def test_an_anomaly_is_one_alert_from_its_begin_to_its_end(folder: Folder) -> None:
    told: list[Any] = []
    folder.desk.on_change(told.extend)
    assert folder.take(anomaly("a", newest_s=10)) == [("opened", True)]
    assert folder.take(anomaly("a", newest_s=20, score=3.0)) == []
    assert folder.take(anomaly("a", newest_s=30, severity=SERIOUS, score=2.5)) == [("worsened", True)]
    assert folder.take(anomaly("a", newest_s=40, severity=SERIOUS, lead="bus_voltage_v")) == [("changed", True)]
    assert folder.take(anomaly("a", newest_s=50, severity=NOTICE, lead="bus_voltage_v")) == [("eased", False)]
    over = anomaly("a", end_s=60, severity=NOTICE, lead="bus_voltage_v", kind=AnomalyKind.STUCK)
    assert folder.take(over) == [("changed", False), ("ended", False)]
    (alert,) = folder.alerts()
    assert (alert.severity, alert.worst, alert.score, alert.state) == (NOTICE, SERIOUS, 3.0, AlertState.ENDED)
    assert (alert.begin_tai_s, alert.end_tai_s, alert.count) == (T0_TAI_S, T0_TAI_S + 60, 1)
    assert [one.entry_id for one in told] == list(range(1, 7))
    kinds = [one.kind for one in folder.events.read(subject=alert.alert_id)]
    assert kinds == ["anomaly.opened", "anomaly.worsened", "anomaly.changed"], "the log has what people are told and do"
    assert folder.desk.store.anomalies_of(alert.alert_id) == [over]


def test_what_another_parameter_leads_by_now_has_not_been_seen(folder: Folder) -> None:
    folder.take(anomaly("a"))
    alert_id = folder.alerts()[0].alert_id
    folder.desk.acknowledge(alert_id, "olga")
    assert folder.take(anomaly("a", newest_s=10, kind=AnomalyKind.STUCK)) == [("changed", False)]
    assert folder.alerts()[0].acknowledged
    assert folder.take(anomaly("a", newest_s=20, lead="mode")) == [("changed", True)]
    assert not folder.alerts()[0].acknowledged
    assert folder.take(anomaly("a", newest_s=30)) == [("changed", False)], "soc has been seen, and so has mode"
    assert folder.take(anomaly("a", newest_s=40, lead="mode")) == [("changed", False)]
    assert folder.alerts()[0].led == ("soc", "mode")


HISTORIES = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["soc", "bus_voltage_v"]),
        st.lists(
            st.tuples(st.sampled_from(list(Severity)), st.sampled_from(list(AnomalyKind)[:2])), min_size=1, max_size=4
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one[0],
)


def _told(histories: Sequence[tuple[Any, ...]]) -> list[Anomaly]:
    """All that a detector tells, in the order of time."""
    made = []
    for place, (name, lead, states, ends) in enumerate(histories):
        for step, (severity, kind) in enumerate(states):
            last = ends and step == len(states) - 1
            newest_s = place + 10.0 * step + 1.0
            made.append(
                anomaly(
                    name,
                    begin_s=float(place),
                    newest_s=newest_s,
                    end_s=newest_s if last else None,
                    kind=kind,
                    severity=severity,
                    lead=lead,
                )
            )
    return sorted(made, key=lambda one: (one.newest_tai_s, one.anomaly_id))


@settings(max_examples=25, deadline=None)
@given(HISTORIES, st.data())
def test_what_is_told_again_and_restarts_change_nothing(histories: list[Any], data: st.DataObject) -> None:
    told = _told(histories)
    with TemporaryDirectory() as once, TemporaryDirectory() as again:
        plain, repeated = Folder(Path(once)), Folder(Path(again))
        for place, one in enumerate(told):
            plain.desk.take([one])
            repeated.desk.take([one])
            if data.draw(st.booleans()):
                repeated.restart()  # and what the detector reads from the archive is told anew, from the beginning
                repeated.desk.take(told[: place + 1])
        assert repeated.steps() == plain.steps()
        assert repeated.alerts() == plain.alerts()
        plain.database.close()
        repeated.database.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(list(Severity)), min_size=1, max_size=8))
def test_only_what_is_worse_than_ever_is_told_again(severities: list[Severity]) -> None:
    with TemporaryDirectory() as path:
        folder = Folder(Path(path))
        told = [
            any(tells for _, tells in folder.take(anomaly("a", newest_s=float(place), severity=severity)))
            for place, severity in enumerate(severities)
        ]
        folder.database.close()
    assert told == [not place or one > max(severities[:place]) for place, one in enumerate(severities)]


def test_repeats_of_kind_and_parameter_join_within_the_time(folder: Folder) -> None:
    folder.take(anomaly("a", end_s=10))
    first = folder.alerts()[0]
    folder.desk.acknowledge(first.alert_id, "olga")
    assert folder.take(anomaly("b", begin_s=610)) == [("repeated", False)]
    assert folder.alerts()[0].state is AlertState.ACKNOWLEDGED
    assert folder.take(anomaly("b", begin_s=610, end_s=620)) == [("ended", False)]
    assert folder.take(anomaly("c", begin_s=700, severity=CRITICAL)) == [("repeated", False), ("worsened", True)]
    (joined,) = folder.alerts()
    assert (joined.alert_id, joined.count, joined.state) == (first.alert_id, 3, AlertState.OPEN)
    assert folder.take(anomaly("c", begin_s=700, end_s=710, severity=CRITICAL)) == [("ended", False)]
    assert folder.take(anomaly("d", begin_s=1311)) == [("opened", True)], "601 s after the end of the last"
    assert folder.take(anomaly("e", begin_s=1312, kind=AnomalyKind.SPIKE)) == [("opened", True)]
    assert folder.take(anomaly("f", begin_s=1312, satellite="LSAT-2")) == [("opened", True)]
    assert folder.take(anomaly("g", begin_s=1312, lead="bus_voltage_v")) == [("opened", True)]
    assert [one.anomaly_id for one in folder.desk.store.anomalies_of(first.alert_id)] == ["c", "b", "a"]


def test_an_alert_is_told_by_the_model_of_its_newest_anomaly(folder: Folder) -> None:
    folder.take(anomaly("a"))
    folder.take(anomaly("b", begin_s=5, model="model 2"))
    folder.desk.end("LSAT-1", "not found again", but=("b",))
    (alert,) = folder.alerts()
    assert (alert.model, alert.count, alert.end_tai_s) == ("model 2", 2, None)


def test_an_alert_goes_on_as_long_as_one_of_its_anomalies(folder: Folder) -> None:
    folder.take(anomaly("a"), anomaly("b", begin_s=5))
    assert folder.take(anomaly("b", begin_s=5, end_s=8)) == []
    assert folder.alerts()[0].end_tai_s is None
    assert folder.take(anomaly("a", end_s=9)) == [("ended", False)]
    assert folder.take(anomaly("a", newest_s=12)) == [("changed", False)], "it was not over"


def test_those_like_a_dismissed_one_are_told_quietly_but_told(folder: Folder) -> None:
    folder.take(anomaly("a", end_s=10, score=2.0, others=(evidence("bus_voltage_v", 0.6), evidence("mode", 0.1))))
    (dismissed,) = folder.alerts()
    folder.now_s = 100.0
    with pytest.raises(InputError, match="without a reason"):
        folder.desk.judge(dismissed.alert_id, "olga", Verdict.DISMISSED, " ")
    folder.desk.judge(dismissed.alert_id, "olga", Verdict.DISMISSED, "a test of the heater")
    assert folder.take(anomaly("b", begin_s=200)) == [("opened", False)], (
        "in the time, but dismissed ones are not joined"
    )
    quiet = folder.alerts()[0]
    assert quiet.like == dismissed.alert_id and quiet.state is AlertState.OPEN
    entry = folder.desk.steps(0, 100)[-1].entry
    assert "olga dismissed" in entry.reason
    assert folder.take(anomaly("c", begin_s=210)) == [("repeated", False)]
    assert folder.take(anomaly("c", begin_s=210, newest_s=220, score=4.1)) == [("changed", True)], "twice as far off"
    assert folder.alerts()[0].like is None


@pytest.mark.parametrize(
    ("other", "quiet"),
    [
        ({}, True),
        ({"lead": "bus_voltage_v", "others": (evidence("soc", 0.69),)}, True),
        ({"lead": "bus_voltage_v"}, False),
        ({"lead": "mode"}, False),
        ({"severity": NOTICE}, True),
        ({"severity": SERIOUS}, False),
        ({"score": 4.0}, True),
        ({"score": 4.01}, False),
        ({"kind": AnomalyKind.STUCK}, False),
        ({"satellite": "LSAT-2"}, False),
        ({"begin_s": 7 * DAY_S}, True),
        ({"begin_s": 7 * DAY_S + 1}, False),
    ],
)
def test_what_counts_as_like_a_dismissed_one(folder: Folder, other: dict[str, Any], quiet: bool) -> None:
    folder.take(anomaly("a", end_s=10, others=(evidence("bus_voltage_v", 0.5),)))
    folder.desk.judge(folder.alerts()[0].alert_id, "olga", Verdict.DISMISSED, "known")
    assert folder.take(anomaly("b", **{"begin_s": 2000.0, **other})) == [("opened", not quiet)]


def test_a_dismissed_alert_that_gets_worse_is_open_again(folder: Folder) -> None:
    folder.take(anomaly("a"))
    (alert,) = folder.alerts()
    folder.desk.judge(alert.alert_id, "olga", Verdict.DISMISSED, "known")
    assert folder.take(anomaly("a", newest_s=10)) == []
    assert folder.alerts()[0].state is AlertState.ACKNOWLEDGED
    assert folder.take(anomaly("a", newest_s=20, severity=CRITICAL)) == [("worsened", True)]
    assert folder.alerts(states=(AlertState.OPEN,))[0].verdict is Verdict.DISMISSED, "what was said stays"


def test_people_judge_once_and_see_what_they_judge(folder: Folder) -> None:
    folder.take(anomaly("a"))
    (alert,) = folder.alerts()
    desk, alert_id = folder.desk, alert.alert_id
    seen = desk.store.get(alert_id).last_step
    folder.take(anomaly("a", newest_s=5, severity=SERIOUS))
    with pytest.raises(Conflict) as changed:
        desk.judge(alert_id, "olga", Verdict.DISMISSED, "small", seen=seen)
    assert changed.value.code == "precondition" and desk.store.get(alert_id).alert.verdict is None
    judged = desk.judge(alert_id, "olga", Verdict.CONFIRMED, "seen on the plot", seen=desk.store.last())
    assert desk.judge(alert_id, "olga", Verdict.CONFIRMED, "seen on the plot", seen=seen) == judged, "said again"
    with pytest.raises(Conflict, match="acknowledged already"):
        desk.acknowledge(alert_id, "olga")
    desk.assign(alert_id, "olga", "paul")
    desk.comment(alert_id, "paul", "on it")
    with pytest.raises(InputError, match="says something"):
        desk.comment(alert_id, "paul", " ")
    with pytest.raises(NotFound, match="alert-x"):
        desk.acknowledge("alert-x", "olga")
    assert [(step, by) for step, _, _, by in folder.steps()][2:] == [
        ("confirmed", "olga"),
        ("assigned", "olga"),
        ("commented", "paul"),
    ]
    told = folder.events.read(subject=alert_id)[2]
    assert (told.kind, told.actor, told.payload["reason"]) == ("anomaly.confirmed", "user:olga", "seen on the plot")


def test_nothing_is_half_written(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.take(anomaly("a"))
    before, append = (folder.steps(), folder.alerts()), EventLog.append

    def full(*arguments: Any, **more: Any) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(EventLog, "append", full)
    for work in (
        lambda: folder.take(anomaly("b", satellite="LSAT-2"), anomaly("a", newest_s=9, severity=CRITICAL)),
        lambda: folder.desk.acknowledge(before[1][0].alert_id, "olga"),
    ):
        with pytest.raises(StoreError):
            work()
        assert (folder.steps(), folder.alerts()) == before
    monkeypatch.setattr(EventLog, "append", append)
    assert folder.take(anomaly("b", satellite="LSAT-2")) == [("opened", True)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(anomaly("a"), evidence=()), "evidence"),
        (replace(anomaly("a"), begin_tai_s=math.nan), "begin_tai_s"),
        (anomaly("a", begin_s=10, end_s=5), "begin_tai_s"),
        (anomaly("a", score=math.inf), "score"),
        (anomaly("", begin_s=1), "anomaly_id"),
        (anomaly("a" * 129), "anomaly_id"),
        (replace(anomaly("a"), evidence=(replace(evidence("soc"), expected=math.nan),)), "evidence"),
    ],
)
def test_an_anomaly_that_contradicts_itself_is_refused(folder: Folder, wrong: Anomaly, field: str) -> None:
    with pytest.raises(InputError) as refused:
        folder.desk.take([anomaly("sound"), wrong])
    assert refused.value.field == field and folder.alerts() == []


def test_a_value_that_never_came_is_kept_as_such(folder: Folder) -> None:
    gap = anomaly("a", kind=AnomalyKind.GAP, observed=math.nan)
    folder.take(gap)
    assert folder.take(gap) == []
    ((_, kept),) = folder.desk.store.anomalies("LSAT-1")
    assert math.isnan(kept.evidence[0].observed)


def test_what_a_replaced_model_found_ends_with_the_reason(folder: Folder) -> None:
    folder.take(anomaly("a", newest_s=30), anomaly("b", satellite="LSAT-2"), anomaly("c", lead="mode", model="model 2"))
    folder.desk.end("LSAT-1", "the model was replaced", but=("c",))
    assert [(one.anomaly_id, one.end_tai_s) for one in folder.alerts()] == [
        ("c", None),
        ("b", None),
        ("a", T0_TAI_S + 30),
    ]
    assert folder.desk.steps(0, 100)[-1].entry.reason == "the model was replaced"


def test_alerts_are_found_by_what_is_known_of_them(folder: Folder) -> None:
    folder.take(
        anomaly("a", end_s=10, severity=NOTICE),
        anomaly("b", begin_s=100, lead="bus_voltage_v", severity=SERIOUS, others=(evidence("soc", 0.5),)),
        anomaly("c", begin_s=200, satellite="LSAT-2", kind=AnomalyKind.GAP),
    )
    folder.desk.judge(folder.alerts()[2].alert_id, "olga", Verdict.CONFIRMED)

    def found(**wanted: Any) -> list[str]:
        return [one.anomaly_id for one in folder.alerts(**wanted)]

    assert found() == ["c", "b", "a"]
    assert found(satellite="LSAT-1") == ["b", "a"]
    assert found(states=(AlertState.CLOSED,)) == ["a"] and found(states=(AlertState.OPEN,)) == ["c", "b"]
    assert found(least=WARNING) == ["c", "b"] and found(kinds=(AnomalyKind.GAP,)) == ["c"]
    assert found(until_tai_s=T0_TAI_S + 150) == ["b", "a"] and found(since_tai_s=T0_TAI_S + 11) == ["c", "b"]
    assert found(parameter="soc") == ["c", "b", "a"] and found(parameter="bus_voltage_v") == ["b"]
    assert found(parameter="so") == found(parameter='"') == []
    pages = [folder.desk.store.find(AlertFilter(), before=before, limit=1) for before in (None, 3, 2, 1)]
    assert [[one.alert.anomaly_id for one in page] for page in pages] == [["c"], ["b"], ["a"], []]
    assert [one[1].anomaly_id for one in folder.desk.store.anomalies("LSAT-1", T0_TAI_S, T0_TAI_S + 50)] == ["a"]


def test_judged_anomalies_are_labels_to_train_with(folder: Folder, tmp_path: Path) -> None:
    folder.take(anomaly("a", end_s=10), anomaly("b", begin_s=20), anomaly("c", lead="mode"), anomaly("d", lead="x"))
    by_lead = {one.parameters[0]: one.alert_id for one in folder.alerts()}
    folder.desk.judge(by_lead["soc"], "olga", Verdict.CONFIRMED, "a, b")
    folder.desk.judge(by_lead["mode"], "paul", Verdict.DISMISSED, 'said "no", twice')
    labels = list(all_labels(folder.desk.store))
    assert [(one.anomaly_id, one.anomaly, one.judged_by) for one in labels] == [
        ("c", False, "paul"),
        ("b", True, "olga"),
        ("a", True, "olga"),
    ]
    assert write_labels(tmp_path / "l.csv", labels) == write_labels(tmp_path / "l.jsonl", labels) == 3
    with (tmp_path / "l.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["comment"] == 'said "no", twice' and rows[1]["end"] == ""
    lines = [json.loads(one) for one in (tmp_path / "l.jsonl").read_text().splitlines()]
    assert lines == [one.model_dump() for one in labels]
    with pytest.raises(InputError, match=r"neither with \.csv nor"):
        write_labels(tmp_path / "l.txt", labels)
