"""Anomalies over REST: found, opened, judged and exported; how the watch stands; metrics."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.cli.main import main
from api.service.anomalies import Anomalies
from core.errors import NotFound
from ml.alerts.rules import AlertRules
from ml.anomaly.anomaly import Anomaly, AnomalyKind, Severity
from tests.api.conftest import Headers, Service
from tests.ml.alerts.anomalies import T0_TAI_S, anomaly, evidence

URL = "/api/v1/anomalies"


def _find(service: Service, headers: Headers, **wanted: Any) -> list[str]:
    """Satellites of the pages of alerts together, two a page."""
    found, cursor = [], None
    while True:
        params = {"limit": 2, **wanted, **({"cursor": cursor} if cursor else {})}
        answer = service.client.get(URL, params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        found += [one["parameters"][0] for one in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


def _alert(service: Service, told: Anomaly) -> str:
    service.runtime.anomalies.desk.take([told])
    with service.runtime.database.read() as connection:
        known = service.runtime.anomalies.desk.store.alert_of(connection, told.anomaly_id)
    assert known is not None
    return known[0].alert_id


def test_alerts_are_found_in_pages(service: Service, viewer: Headers) -> None:
    for place in range(5):
        severity, kind = Severity(1 + place % 4), list(AnomalyKind)[place]
        told = anomaly(f"p{place}", begin_s=100.0 * place, lead=f"paged_{place}", severity=severity, kind=kind)
        _alert(service, replace(told, satellite="LSAT-3"))
    wanted = {"satellite": "LSAT-3"}
    assert _find(service, viewer, **wanted) == [f"paged_{place}" for place in (4, 3, 2, 1, 0)]
    assert _find(service, viewer, **wanted, severity="serious") == ["paged_3", "paged_2"]
    assert _find(service, viewer, **wanted, kind=["point", "drift"]) == ["paged_3", "paged_0"]
    assert _find(service, viewer, **wanted, state=["closed", "ended"]) == []
    assert _find(service, viewer, **wanted, parameter="paged_1") == ["paged_1"]
    for wrong, field in (({"since": "yesterday"}, "since"), ({"severity": "bad"}, "query.severity")):
        answer = service.client.get(URL, params=wrong, headers=viewer)
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def test_an_alert_shows_what_was_found_and_takes_one_judgement(
    service: Service, viewer: Headers, operator: Headers
) -> None:
    silent = evidence("bus_voltage_v", 0.3, math.nan)
    alert_id = _alert(service, anomaly("shown", begin_s=5, newest_s=65, observed=0.4, others=(silent,)))
    answer = service.client.get(f"{URL}/{alert_id}", headers=viewer)
    shown, tag = answer.json(), answer.headers["etag"]
    (found,) = shown["anomalies"]
    assert (found["kind"], found["severity"], found["end"]) == ("drift", "warning", None)
    first, second = found["evidence"]
    assert (first["observed"], first["expected"], first["deviations"]) == (0.4, 0.8, pytest.approx(-8.0))
    assert (second["observed"], second["deviations"]) == (None, None)
    assert shown["explanation"]["available"] and "soc" in shown["explanation"]["text"]
    assert any(one.startswith("PROC-") for one in shown["explanation"]["procedures"])
    assert [one["step"] for one in shown["steps"]] == ["opened"]

    def post(what: str, body: dict[str, Any], headers: Headers = operator, **more: str) -> Any:
        return service.client.post(f"{URL}/{alert_id}/{what}", json=body, headers={**headers, **more})

    without = post("feedback", {"verdict": "dismissed"})
    assert (without.status_code, without.json()["field"]) == (422, "comment")
    assigned = post("assign", {"to": "planner"})
    assert assigned.json()["assigned_to"] == "planner" and assigned.headers["etag"] != tag
    assert post("assign", {"to": "nobody"}).json()["field"] == "to"
    late = post("feedback", {"verdict": "confirmed"}, **{"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "precondition")
    assert post("feedback", {"verdict": "confirmed"}, **{"If-Match": '"x"'}).status_code == 412
    seen = {"If-Match": assigned.headers["etag"]}
    judged = post("feedback", {"verdict": "dismissed", "comment": "a test"}, **seen)
    assert (judged.status_code, judged.json()["state"]) == (200, "acknowledged")
    assert post("feedback", {"verdict": "dismissed", "comment": "a test"}, **seen).status_code == 200, "said again"
    assert post("acknowledge", {}).json()["code"] == "acknowledged"
    assert post("comment", {"text": "seen before"}).status_code == 200
    assert service.client.get(f"{URL}/{alert_id}x", headers=viewer).status_code == 404
    assert _find(service, viewer, verdict="dismissed", parameter="soc") == ["soc"]
    told = service.client.get("/api/v1/audit", params={"kind": "anomaly.dismissed"}, headers=viewer).json()["items"]
    assert (told[-1]["actor"], told[-1]["subject"]) == ("user:operator", alert_id)


def test_stretches_of_a_parameter_are_those_to_mark_on_a_plot(service: Service, viewer: Headers) -> None:
    _alert(service, anomaly("m1", satellite="LSAT-2", begin_s=1000, end_s=1100, others=(evidence("mode", 0.3),)))
    _alert(service, anomaly("m2", satellite="LSAT-2", begin_s=5000, lead="bus_voltage_v"))
    wanted = {"satellite": "LSAT-2", "start": _utc(1050), "end": _utc(6000)}

    def marked(**more: Any) -> list[str]:
        answer = service.client.get(f"{URL}/stretches", params={**wanted, **more}, headers=viewer)
        assert answer.status_code == 200, answer.text
        return [one["anomaly_id"] for one in answer.json()]

    assert marked() == ["m2", "m1"] and marked(parameter="mode") == ["m1"]
    assert marked(end=_utc(1060)) == ["m1"] and marked(start=_utc(1101)) == ["m2"]
    turned = service.client.get(f"{URL}/stretches", params={**wanted, "end": _utc(0)}, headers=viewer)
    assert (turned.status_code, turned.json()["field"]) == (422, "end")


def _utc(at_s: float) -> str:
    from core.time import format_utc, utc_from_tai_s

    return format_utc(utc_from_tai_s(T0_TAI_S + at_s))


def test_an_explanation_gets_the_anomaly_and_those_before_it(service: Service) -> None:
    asked: list[tuple[str, list[str]]] = []

    def explain(one: Anomaly, past: Any) -> Any:
        asked.append((one.anomaly_id, [other.anomaly_id for other in past]))
        if len(asked) > 1:
            raise NotFound("the procedures are gone")
        procedure = SimpleNamespace(document="PR-1", title="Low charge")
        return SimpleNamespace(text="soc is low", procedures=(procedure,))

    known = service.runtime.anomalies
    before = _alert(service, anomaly("x1", satellite="LSAT-4", end_s=10))
    alert_id = _alert(service, anomaly("x2", satellite="LSAT-4", begin_s=50_000))
    assert before != alert_id
    explained = Anomalies(known.desk, known.watch, known.drift, explain)
    in_words = explained.detail(alert_id)[1].explanation
    assert (in_words.available, in_words.text, in_words.procedures) == (True, "soc is low", ("PR-1 Low charge",))
    assert asked == [("x2", ["x1"])]
    nobody = Anomalies(known.desk, known.watch, known.drift).detail(alert_id)[1].explanation
    assert not nobody.available and nobody.text.startswith("No explanation")
    failed = explained.detail(alert_id)[1].explanation
    assert not failed.available and "the procedures are gone" in failed.text


def test_judged_anomalies_are_exported(
    service: Service, viewer: Headers, operator: Headers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alert_id = _alert(service, anomaly("l1", lead="labelled", end_s=10))
    service.client.post(f"{URL}/{alert_id}/feedback", json={"verdict": "confirmed"}, headers=operator)
    found = service.client.get(f"{URL}/labels", headers=viewer).json()["items"]
    assert next(one["anomaly"] for one in found if one["anomaly_id"] == "l1") is True
    data = Path(str(service.runtime.database.engine.url.database)).parent
    out = tmp_path / "labels.csv"
    assert main(["ml", "labels", "--data", str(data), "--out", str(out)]) == 0
    with out.open(newline="", encoding="utf-8") as file:
        assert [row["anomaly_id"] for row in csv.DictReader(file)] == [one["anomaly_id"] for one in found]
    assert f"{len(found)} labels" in capsys.readouterr().out
    assert main(["ml", "labels", "--data", str(tmp_path / "none"), "--out", str(out)]) == 2
    assert "data" in capsys.readouterr().err
    assert main(["ml", "labels", "--data", str(data), "--out", str(tmp_path / "labels.xml")]) == 2


def test_the_watch_and_the_metrics_say_who_is_judged(service: Service, viewer: Headers) -> None:
    stands = service.client.get(f"{URL}/watch", headers=viewer).json()
    assert [one["satellite"] for one in stands["satellites"]] == ["LSAT-1", "LSAT-2", "LSAT-3", "LSAT-4"]
    told = {one["reason"] for one in stands["satellites"] if one["state"] == "no-model"}
    assert told <= {"models do not judge telemetry here: the setting `anomalies` is off"}
    assert all(one["state"] in ("no-model", "opening") for one in stands["satellites"])
    told = service.client.get("/metrics").text
    for name in ("lateness_seconds", "watched", "packets_total", "skipped_packets_total", "rebuilds_total"):
        assert f'llamaspace_anomaly_{name}{{satellite="LSAT-1"}}' in told
    assert "llamaspace_anomaly_failures_total" in told


def test_settings_are_the_rules_of_joining_and_quiet(service: Service) -> None:
    assert service.runtime.anomalies.desk.rules == AlertRules(join_within_s=3600.0, quiet_s=7 * 86_400.0)
