"""The page of telemetry over the scripted service, which answers as the real one does: all values, or buckets of them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import Answer, Call

pytestmark = pytest.mark.browser
NO_LIMITS: dict[str, Any] = {
    "changed": False,
    "contextual": False,
    "bands": [],
    "labels": {},
    "minimum_violations": 1,
    "minimum_conformance": 1,
}
LIMITS = NO_LIMITS | {"bands": [{"level": "critical", "low": 24.0, "high": None, "inside": False}]}
PARAMETERS = [
    {"name": "bus_voltage_v", "kind": "float", "unit": "V", "description": "main bus", "limits": LIMITS},
    {"name": "mode", "kind": "enumerated", "unit": "", "description": "spacecraft mode", "limits": NO_LIMITS},
    {"name": "wheel_speed", "kind": "float", "unit": "rad/s", "description": "of wheel 1", "limits": NO_LIMITS},
]
PERIOD_S = 10
MOST = 100
GAP_S = (600, 900)  # of each hour


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _iso(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def _value(second: int) -> float:
    return 28.0 + 5.0 * math.sin(second / 600.0)


def _series(call: Call) -> Answer:
    begin, end = _seconds(call.query["start"]), _seconds(call.query["end"])
    first = math.ceil(begin / PERIOD_S) * PERIOD_S
    times = [one for one in range(first, math.floor(end) + 1, PERIOD_S) if not GAP_S[0] < one % 3600 < GAP_S[1]]
    level = lambda value: "critical" if value < 24.0 else "normal"  # noqa: E731
    told = {"satellite": "LSAT-1", "parameter": call.query["parameter"], "unit": "V", "kind": "float"}
    told |= {"start": call.query["start"], "end": call.query["end"], "total": len(times), "limits": LIMITS}
    told |= {"values": None, "buckets": None, "values_from": None, "kept_from": None}
    if call.query["parameter"] == "mode":
        ends = [times[0], times[len(times) // 2], times[-1]]
        values = {"t": [_iso(one) for one in ends], "values": ["nominal", "nominal", "safe"]}
        return Answer(told | {"form": "changes", "values": values | {"levels": ["normal", "normal", "warning"]}})
    if len(times) <= MOST:
        values = [_value(one) for one in times]
        shown = {"t": [_iso(one) for one in times], "values": values, "levels": [level(one) for one in values]}
        return Answer(told | {"form": "values", "values": shown})
    length = max(60, int((end - begin) / MOST))
    groups: dict[int, list[float]] = {}
    for one in times:
        groups.setdefault(one // length * length, []).append(_value(one))
    buckets = {
        "bucket_s": length,
        "t": [_iso(one) for one in groups],
        "minimum": [min(one) for one in groups.values()],
        "maximum": [max(one) for one in groups.values()],
        "mean": [sum(one) / len(one) for one in groups.values()],
        "count": [len(one) for one in groups.values()],
        "levels": [level(min(one)) for one in groups.values()],
    }
    return Answer(told | {"form": "buckets", "buckets": buckets})


@pytest.fixture
def plots(screen: Screen) -> Screen:
    answers = screen.service.answers
    listed = {"satellite": "LSAT-1", "parameters": PARAMETERS, "containers": []}
    answers["GET", "/telemetry/parameters"] = lambda call: Answer(listed)
    answers["GET", "/telemetry/series"] = _series
    screen.service.clock = {"now": "2026-11-23T02:00:00Z", "rate": 0.001, "simulated": True, "maximum_rate": 1000.0}
    screen.open_console()
    screen.part("tab-telemetry").click()
    return screen


def _plot(screen: Screen, name: str) -> Locator:
    screen.page.get_by_label(f"Plot {name}", exact=True).check()
    found = screen.page.locator(f"[data-testid=plot][data-parameter={name}]")
    expect(found).not_to_have_attribute("data-form", "loading")
    return found


def _newest_series(screen: Screen) -> dict[str, str]:
    return screen.service.called("GET", "/telemetry/series")[-1].query


def _length_s(query: dict[str, str]) -> float:
    return _seconds(query["end"]) - _seconds(query["start"])


def test_dragging_a_range_leads_from_buckets_to_raw_samples_and_back(plots: Screen) -> None:
    plot = _plot(plots, "bus_voltage_v")
    form = plot.get_by_test_id("plot-form")
    expect(form).to_contain_text("in buckets of 1 min")
    expect(plot.get_by_test_id("envelope")).to_have_count(1)
    expect(plots.part("plots-live")).to_be_visible()
    box = plot.locator("svg").bounding_box()
    assert box is not None
    plots.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    plots.page.mouse.down()
    plots.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=3)
    plots.page.mouse.up()
    expect(form).to_contain_text("raw samples: all")
    expect(plot.get_by_test_id("envelope")).to_have_count(0)
    expect(plots.part("plots-live")).to_have_count(0)
    assert 200 < _length_s(_newest_series(plots)) < 600
    plots.part("zoom-back").click()
    expect(form).to_contain_text("in buckets of 1 min")
    expect(plots.part("plots-live")).to_be_visible()


def test_wheel_and_keys_zoom_and_move_and_the_page_does_not_scroll(plots: Screen) -> None:
    plot = _plot(plots, "bus_voltage_v")
    plots.part("last-day").click()
    plots.wait_until(lambda: abs(_length_s(_newest_series(plots)) - 86_400) < 1)
    plot.locator("svg").hover()
    plots.page.mouse.wheel(0, -100)
    plots.wait_until(lambda: abs(_length_s(_newest_series(plots)) - 57_600) < 1)
    assert plots.page.evaluate("document.querySelector('#side-panel').scrollTop") == 0
    before = _newest_series(plots)
    plot.locator("svg").focus()
    plots.page.keyboard.press("ArrowLeft")
    plots.wait_until(lambda: _seconds(_newest_series(plots)["end"]) < _seconds(before["end"]) - 10_000)
    plots.page.keyboard.press("+")
    plots.wait_until(lambda: abs(_length_s(_newest_series(plots)) - 28_800) < 1)
    plots.page.keyboard.press(".")
    expect(plot.get_by_test_id("plot-value")).to_contain_text("UTC")


def test_gaps_limits_and_what_is_out_of_them_are_shown_and_the_cursor_tells_value_and_time(plots: Screen) -> None:
    plot = _plot(plots, "bus_voltage_v")
    pieces = plot.get_by_test_id("curve").get_attribute("d") or ""
    assert 2 <= pieces.count("M") <= 3  # one gap in the hour, perhaps cut by its edge
    expect(plot).to_contain_text("✕ critical 24")
    assert (plot.get_by_test_id("out-bad").get_attribute("d") or "").count("M") > 3
    assert "buckets out of limits" in (plot.locator("svg").get_attribute("aria-label") or "")
    box = plot.locator("svg").bounding_box()
    assert box is not None
    plots.page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 50)
    expect(plot.get_by_test_id("plot-value")).to_contain_text("values 2026-11-23 01:")
    expect(plots.part("plot-cursor")).to_contain_text("UTC")


def test_a_newer_live_value_joins_raw_samples_at_the_right_edge(plots: Screen) -> None:
    plot = _plot(plots, "bus_voltage_v")
    start = plots.page.get_by_label("From, UTC", exact=True)
    start.fill("2026-11-23 01:50:00")
    start.press("Tab")
    expect(plot.get_by_test_id("plot-form")).to_contain_text("raw samples")
    asked = plots.service.calls
    frozen = Answer(_series(asked[-1]).body)
    plots.service.answers["GET", "/telemetry/series"] = lambda call: frozen
    plots.part("last-hour").click()
    curve = plot.get_by_test_id("curve")
    expect(plot.get_by_test_id("plot-form")).to_contain_text("raw samples")
    points = (curve.get_attribute("d") or "").count(",")
    value = {"name": "bus_voltage_v", "value": 27.0, "unit": "V", "limit_state": "normal", "at": "2026-11-23T02:30:00Z"}
    plots.service.send({"type": "telemetry", "satellite": "LSAT-1", "at": value["at"], "parameters": [value]})
    plots.wait_until(lambda: (curve.get_attribute("d") or "").count(",") == points + 1)


def test_texts_are_drawn_as_bars_and_an_error_is_told(plots: Screen) -> None:
    plot = _plot(plots, "mode")
    expect(plot.locator("svg")).to_have_accessible_name(re.compile("mode: nominal from .*, safe from"))
    expect(plot.locator("svg")).to_contain_text("nominal")
    detail = "the value changes 999 times, for more than 500 points: ask for less time"
    wrong = Answer({"title": "Bad input", "status": 422, "detail": detail, "field": "end"}, 422)
    plots.service.answers["GET", "/telemetry/series"] = lambda call: wrong
    plots.part("last-month").click()
    expect(plot.get_by_role("alert")).to_contain_text("ask for less time")


def test_parameters_are_searched_and_show_their_newest_value_with_age_and_level(plots: Screen) -> None:
    expect(plots.part("parameter")).to_have_count(3)
    value = {
        "name": "bus_voltage_v",
        "value": 23.5,
        "unit": "V",
        "limit_state": "critical",
        "at": "2026-11-23T01:30:00Z",
    }
    plots.service.send({"type": "telemetry", "satellite": "LSAT-1", "at": value["at"], "parameters": [value]})
    row = plots.part("parameter").first
    expect(row).to_contain_text("23.5 V")
    expect(row).to_contain_text("✕ critical")
    expect(row).to_contain_text("30 min old")
    expect(row).to_contain_text("critical below 24 V")
    plots.part("parameter-search").fill("WHEEL rad")
    expect(plots.part("parameter")).to_have_count(1)
    expect(plots.part("parameter")).to_contain_text("none yet")


def _place(at: str, state: str = "playing") -> dict[str, Any]:
    return {"at": at, "at_tai_s": 0.0, "speed": 600.0, "state": state}


def test_a_range_is_replayed_with_its_values_and_obeys(plots: Screen) -> None:
    plot = _plot(plots, "bus_voltage_v")
    service = plots.service
    plots.page.get_by_label("Replay from, UTC").fill("2026-11-23 00:00:00")
    plots.part("replay-begin").click()
    plots.wait_until(lambda: service.asked)
    wanted = service.asked[0]["replay"]
    assert (wanted["start"], wanted["speed"]) == ("2026-11-23T00:00:00.000Z", 600)
    assert service.asked[0]["satellites"] == ["LSAT-1"]
    sample = {"satellite": "LSAT-1", "parameter": "bus_voltage_v", "unit": "V", "replaced": 0, "generated_tai_s": 0.0}
    sample |= {"value": 27.25, "limit_state": "normal", "at": "2026-11-23T00:29:00Z"}
    service.stream(
        {"type": "newest", "id": "replay", "replay": _place("2026-11-23T00:30:00Z", "paused"), "samples": [sample]}
    )
    row = plots.page.locator("[data-testid=parameter][data-parameter=bus_voltage_v]")
    expect(row).to_contain_text("27.25")
    expect(row).to_contain_text("1 min old")  # by the clock of the replay
    expect(plots.part("replay-now")).to_have_text("2026-11-23 00:30:00 UTC")
    expect(plots.part("replay-state")).to_have_attribute("data-state", "paused")
    # What is not reached yet is covered: of two hours, a quarter has been replayed.
    svg, cover = plot.locator("svg").bounding_box(), plot.get_by_test_id("playhead").locator("rect").bounding_box()
    assert svg is not None and cover is not None
    assert cover["width"] / (svg["width"] - 74) == pytest.approx(0.75, abs=0.02)
    plots.part("replay-play").click()
    plots.part("replay-speed").select_option("3600")
    plots.page.get_by_role("button", name="From the start").click()
    plots.wait_until(lambda: len(service.asked) == 4)
    assert [one["action"] for one in service.asked[1:]] == ["play", "speed", "seek"]
    assert (service.asked[2]["speed"], service.asked[3]["to"]) == (3600, "2026-11-23T00:00:00.000Z")
    service.stream({"type": "replay", "id": "replay", "replay": _place("2026-11-23T00:00:00Z")})
    expect(row).to_contain_text("none yet")
    problem = {"status": 422, "title": "Bad input", "detail": "to: is not within the replay", "code": "bad-input"}
    service.stream({"type": "problem", "id": "replay", "problem": problem})
    expect(plots.page.get_by_role("alert")).to_contain_text("not within the replay")
    service.streams[-1].close()
    expect(plots.part("replay")).to_contain_text("begin another")
    plots.part("replay-end").click()
    expect(plot.get_by_test_id("playhead")).to_have_count(0)
    expect(plots.part("replay-begin")).to_be_enabled()
