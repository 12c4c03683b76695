"""The console on the screen of a telephone: everything is reached by scrolling down, nothing lies beside the screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import Answer
from tests.ui.test_console_alarms import PARAMETERS, SOC
from tests.ui.test_console_ingest import INGEST
from tests.ui.test_console_packets import OPENED

pytestmark = pytest.mark.browser
EMPTY: dict[str, Any] = {
    "satellite": "LSAT-1",
    "parameter": "soc",
    "unit": "1",
    "kind": "float",
    "start": "2026-11-23T01:00:00Z",
    "end": "2026-11-23T02:00:00Z",
    "form": "values",
    "total": 0,
    "values": {"t": [], "values": [], "levels": []},
    "buckets": None,
    "limits": PARAMETERS[1]["limits"],
    "values_from": None,
    "kept_from": None,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_telemetry_fit_and_their_controls_have_names(screen: Screen, scheme: Any) -> None:
    answers = screen.service.answers
    listed = {"satellite": "LSAT-1", "parameters": PARAMETERS, "containers": []}
    packets = {
        "items": [{name: OPENED[name] for name in OPENED if name not in ("octets", "values", "error", "definitions")}]
    }
    answers["GET", "/alarms"] = lambda call: Answer([SOC])
    answers["GET", "/telemetry/limits"] = lambda call: Answer([])
    answers["GET", "/telemetry/parameters"] = lambda call: Answer(listed)
    answers["GET", "/telemetry/series"] = lambda call: Answer(EMPTY)
    answers["GET", "/telemetry/packets"] = lambda call: Answer(packets | {"next_cursor": None})
    answers["GET", f"/telemetry/packets/{OPENED['packet_id']}"] = lambda call: Answer(OPENED)
    answers["GET", "/telemetry/ingest"] = lambda call: Answer(INGEST)
    screen.page.set_viewport_size({"width": 390, "height": 844})
    screen.page.emulate_media(color_scheme=scheme)
    screen.open_console()
    for tab, shown in (
        ("alarms", "alarm"),
        ("telemetry", "plot"),
        ("packets", "opened-packet"),
        ("ingest", "ingest-rate"),
    ):
        screen.part(f"tab-{tab}").click()
        if tab == "telemetry":
            screen.page.get_by_label("Plot soc", exact=True).check()
        if tab == "packets":
            screen.part("packet").get_by_role("button").click()
        expect(screen.part(shown).first).to_be_visible()
        assert screen.page.evaluate("document.documentElement.scrollWidth") <= 390, tab
        nameless = (
            screen.page.locator("#side-panel")
            .locator("button, input, select, svg[tabindex]")
            .evaluate_all(
                "all => all.filter(one => !(one.ariaLabel || one.innerText?.trim() || one.labels?.length)).map(one => one.outerHTML)"
            )
        )
        assert nameless == [], tab
