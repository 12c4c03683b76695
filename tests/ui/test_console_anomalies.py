"""The page of anomalies, announcements and marks on plots, over the scripted service."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import Answer, Call

pytestmark = pytest.mark.browser
ALERT: dict[str, Any] = {
    "alert_id": "alert-1",
    "satellite": "LSAT-1",
    "state": "open",
    "kind": "drift",
    "severity": "warning",
    "worst": "warning",
    "parameters": ["soc", "bus_voltage_v"],
    "score": 2.5,
    "begin": "2026-11-23T01:10:00Z",
    "end": None,
    "judged_until": "2026-11-23T01:40:00Z",
    "count": 1,
    "model": "lsat 1",
    "acknowledged": False,
    "verdict": None,
    "judged_by": "",
    "judged_at": None,
    "comment": "",
    "assigned_to": "",
    "like": None,
}
EVIDENCE = {
    "parameter": "soc",
    "unit": "1",
    "since": "2026-11-23T01:05:00Z",
    "at": "2026-11-23T01:30:00Z",
    "observed": 0.62,
    "expected": 0.81,
    "spread": 0.02,
    "deviations": -9.5,
    "share": 0.7,
}
SILENT = EVIDENCE | {"parameter": "bus_voltage_v", "unit": "V", "observed": None, "deviations": None, "share": 0.3}
ANOMALY = {
    **{name: ALERT[name] for name in ("alert_id", "satellite", "begin", "end", "judged_until")},
    **{name: ALERT[name] for name in ("kind", "severity", "score", "model")},
    "anomaly_id": "a-1",
    "evidence": [EVIDENCE, SILENT],
}
WORDS = "The state of charge has been falling since 01:05: 62 % where 81 % are expected."
WATCHED = {
    "state": "watching",
    "model": "lsat 1",
    "reason": "",
    "judged_until": "2026-11-23T01:40:00Z",
    "late_s": 0.1,
    "latency_s": 0.3,
    "packets": 9,
    "skipped": 0,
    "rebuilds": 0,
    "drift": None,
}


def entry(step: str, alert: dict[str, Any], **change: Any) -> dict[str, Any]:
    told = {"entry_id": 1, "step": step, "at": "2026-11-23T01:41:00Z", "by": "", "reason": "", "tells": True}
    return told | change | {"alert": alert}


class Alerts:
    """What the service knows of alerts."""

    def __init__(self, screen: Screen, alerts: list[dict[str, Any]], role: str = "operator") -> None:
        self.screen, self.alerts = screen, alerts
        self.sent: list[Any] = []
        self.asked: list[Any] = []
        self.steps = [entry("opened", ALERT)]
        self.watch: dict[str, Any] = {"failure": "", "failures": 0, "satellites": [WATCHED | {"satellite": "LSAT-1"}]}
        answers = screen.service.answers
        answers["GET", "/anomalies"] = self._list
        answers["GET", "/anomalies/watch"] = lambda call: Answer(self.watch)
        answers["GET", "/anomalies/alert-1"] = self._detail
        answers["GET", "/anomalies/stretches"] = lambda call: Answer([ANOMALY])
        answers["POST", "/anomalies/alert-1/feedback"] = self._judge
        screen.service.user = {"username": "olga", "role": role}

    def open(self) -> None:
        self.screen.open_console()
        self.screen.part("tab-anomalies").click()

    def tell(self, step: str, change: dict[str, Any], **more: Any) -> None:
        """A step, in the list and over the socket."""
        self.alerts[0] = self.alerts[0] | change
        self.screen.service.send({"type": "anomaly", **entry(step, self.alerts[0], **more)})

    def _list(self, call: Call) -> Answer:
        self.asked.append(call.query)
        return Answer({"items": self.alerts, "next_cursor": None})

    def _detail(self, call: Call) -> Answer:
        explanation = {"available": True, "text": WORDS, "procedures": ["PROC-PWR-02 Low state of charge"]}
        body = {"alert": self.alerts[0], "anomalies": [ANOMALY], "explanation": explanation, "steps": self.steps}
        return Answer(body, headers={"ETag": '"7"'})

    def _judge(self, call: Call) -> Answer:
        self.sent.append((call.body, {name.lower(): value for name, value in call.headers.items()}.get("if-match")))
        if len(self.sent) == 1:
            detail = "the alert alert-1 has changed since step 7: it is at step 8"
            return Answer({"title": "Precondition", "status": 412, "detail": detail, "code": "precondition"}, 412)
        self.alerts[0] |= {"state": "acknowledged", "acknowledged": True, "verdict": call.body["verdict"]}
        self.alerts[0] |= {"judged_by": "olga", "comment": call.body["comment"]}
        return Answer(self.alerts[0])


def test_an_anomaly_is_listed_explained_and_judged(screen: Screen) -> None:
    known = Alerts(screen, [dict(ALERT)])
    known.open()
    row = screen.part("anomaly")
    expect(row).to_contain_text("▲ warning")
    expect(row).to_contain_text("LSAT-1 soc, bus_voltage_v")
    expect(row).to_contain_text("going on, not seen")
    expect(screen.part("anomaly-count")).to_have_accessible_name("1 not seen, worst now warning")
    screen.part("anomaly-open").focus()
    screen.page.keyboard.press("Enter")
    expect(screen.part("anomaly-explanation")).to_have_text(WORDS)
    rows = screen.part("evidence")
    expect(rows.nth(0)).to_contain_text(re.compile("soc.*62 %.*81 % ± 2 %.*−9.5 σ.*70 %"))
    expect(rows.nth(1)).to_contain_text("no sample")
    expect(screen.page.get_by_text("PROC-PWR-02")).to_be_visible()
    screen.part("anomaly-dismiss").click()
    expect(screen.part("reason-confirm")).to_be_disabled()
    screen.part("reason").fill("a battery test")
    screen.part("reason-confirm").click()
    expect(screen.page.get_by_role("alert")).to_contain_text("has changed since")
    screen.part("reason-confirm").click()
    expect(screen.part("anomaly-verdict")).to_contain_text("dismissed by olga")
    expect(screen.part("anomaly-count")).to_have_count(0)
    assert known.sent == [({"verdict": "dismissed", "comment": "a battery test"}, '"7"')] * 2


def test_what_is_serious_is_called_out_on_every_page_until_it_is_seen(screen: Screen) -> None:
    known = Alerts(screen, [dict(ALERT)])
    screen.open_console()
    screen.part("tab-passes").click()
    known.tell("changed", {"score": 3.0})
    known.tell("worsened", {"severity": "serious", "worst": "serious"})
    loud = screen.part("loud-anomalies")
    expect(loud.get_by_role("alert")).to_have_count(1)
    expect(loud).to_contain_text("serious anomaly: LSAT-1 soc")
    loud.get_by_role("button", name="Look at it").click()
    expect(screen.part("anomaly")).to_have_attribute("data-severity", "serious")
    known.tell("acknowledged", {"state": "acknowledged", "acknowledged": True}, tells=False, by="paul")
    expect(loud).to_have_count(0)
    expect(screen.part("anomaly")).to_have_attribute("data-state", "acknowledged")


def test_what_is_like_a_dismissed_one_is_shown_and_not_called_out(screen: Screen) -> None:
    known = Alerts(screen, [ALERT | {"like": "alert-0", "severity": "critical"}], role="viewer")
    known.open()
    expect(screen.part("anomaly-like")).to_have_text("like one that was dismissed")
    expect(screen.part("anomaly-count")).to_have_count(0)
    known.tell("changed", {"count": 3}, tells=False)
    expect(screen.part("anomaly-repeats")).to_have_text("3 times")
    expect(screen.part("loud-anomalies")).to_have_count(0)
    expect(screen.part("anomaly-confirm")).to_be_disabled()
    screen.part("anomalies-state").select_option("going on")
    screen.part("anomalies-severity").select_option("serious")
    screen.wait_until(lambda: known.asked[-1].get("severity") == "serious")


def test_the_watch_says_what_is_in_its_way(screen: Screen) -> None:
    known = Alerts(screen, [])
    drift = {"summary": "the model sees telemetry unlike its training: soc", "level": "drifted"}
    told = WATCHED | {"satellite": "LSAT-2", "drift": drift | {"looked_at": "2026-11-23T01:00:00Z", "days": 3.0}}
    missing = WATCHED | {"satellite": "LSAT-3", "state": "no-model", "reason": "another mission", "model": ""}
    known.watch["satellites"] += [told, missing]
    known.open()
    watch = screen.part("anomaly-watch")
    expect(watch).to_contain_text("LSAT-3 is not judged: another mission")
    expect(watch).to_contain_text("unlike its training: soc")
    expect(watch.get_by_text("2 of 3 spacecraft are judged")).to_be_visible()
    expect(screen.page.get_by_text("No anomaly is like that.")).to_be_visible()


def test_anomalies_are_marked_on_the_plots_of_their_parameters(screen: Screen) -> None:
    known = Alerts(screen, [dict(ALERT)])
    times = [f"2026-11-23T01:{minute:02}:00Z" for minute in range(0, 60, 2)]
    values = [0.8 if place < 5 else 0.62 for place in range(len(times))]
    limits = {
        "changed": False,
        "contextual": False,
        "bands": [],
        "labels": {},
        "minimum_violations": 1,
        "minimum_conformance": None,
    }
    parameter = {"name": "soc", "kind": "float", "unit": "1", "description": "", "limits": limits}
    screen.service.answers["GET", "/telemetry/parameters"] = lambda call: Answer(
        {"satellite": "LSAT-1", "parameters": [parameter], "containers": []}
    )
    screen.service.answers["GET", "/telemetry/series"] = lambda call: Answer(
        {
            "satellite": "LSAT-1",
            "parameter": call.query["parameter"],
            "unit": "1",
            "kind": "float",
            "start": call.query["start"],
            "end": call.query["end"],
            "form": "raw",
            "total": len(times),
            "values": {"t": times, "values": values, "levels": ["normal"] * len(times)},
            "buckets": None,
            "limits": limits,
            "values_from": None,
            "kept_from": None,
        }
    )
    known.open()
    screen.part("anomaly-plot").click()
    plots = screen.part("plot")
    expect(plots).to_have_count(2)
    expect(screen.part("anomaly-mark")).to_have_count(2)
    expect(screen.part("expected-mark").first.locator("title")).to_have_text(
        "expected 81 % ± 2 % at 2026-11-23 01:30:00 UTC"
    )
    drawing = plots.nth(0).get_by_role("application")
    expect(drawing).to_have_accessible_name(
        re.compile("; anomaly: warning drift from 2026-11-23 01:05:00 to 2026-11-23 01:40:00 UTC")
    )
