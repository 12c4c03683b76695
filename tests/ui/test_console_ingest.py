"""The page of ingest over the scripted service."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import Answer, Call

pytestmark = pytest.mark.browser


def _craft(satellite: str, **change: Any) -> dict[str, Any]:
    return {
        "satellite": satellite,
        "reasons": {},
        "station": None,
        "newest": None,
        "filed_packets": 0,
        "waiting_packets": 0,
        "files": 0,
        "octets": 0,
        "summary_files": 0,
        "summary_octets": 0,
        "octets_removed": 0,
        "values_removed": 0,
        "too_late": 0,
    } | change


FIRST = _craft(
    "LSAT-1",
    reasons={"accepted": 12_345, "missed": 3, "packet-duplicate": 7},
    station="svalbard",
    newest="2026-11-23T01:50:00Z",
    filed_packets=9000,
    waiting_packets=12,
    files=24,
    octets=1_500_000,
    summary_octets=500_000,
)
INGEST: dict[str, Any] = {
    "as_of": "2026-11-23T02:00:00Z",
    "clock_rate": 60.0,
    "link_up": True,
    "waiting_packets": 12,
    "compaction_failure": "",
    "alarm_failure": "",
    "kept": {"packets_days": None, "values_days": None, "summaries_days": None},
    "copy_in_postgres": None,
    "satellites": [FIRST, _craft("LSAT-2"), _craft("-", reasons={"unknown-spacecraft": 2})],
}


def test_counts_archive_and_what_waits_are_shown_and_read_again(screen: Screen) -> None:
    asked: list[str] = []

    def ingest(call: Call) -> Answer:
        asked.append(call.path)
        more = FIRST | {"filed_packets": 9000 + 100 * len(asked)}
        return Answer(INGEST | {"satellites": [more, *INGEST["satellites"][1:]]})

    screen.service.answers["GET", "/telemetry/ingest"] = ingest
    screen.open_console()
    screen.part("tab-ingest").click()
    reasons = screen.part("ingest-reason")
    expect(reasons.nth(0)).to_contain_text("12,345")
    expect(reasons.nth(1)).to_contain_text("✕ 3")
    expect(screen.page.locator("[data-reason=unknown-spacecraft]")).to_contain_text("△ 2")
    expect(screen.part("ingest-health")).to_contain_text("12 packets wait")
    expect(screen.part("ingest-size")).to_have_text("2.0 MB in files")
    row = screen.part("ingest-rate").first
    expect(row).to_contain_text("● svalbard")
    screen.wait_until(lambda: len(asked) >= 2)
    expect(row.get_by_role("cell").nth(2)).not_to_have_text("…")
    rate = row.get_by_role("cell").nth(2).inner_text()
    assert 0 < float(rate) <= 20.1  # a hundred packets between two answers that are five seconds apart or more


def test_what_fails_is_told_in_the_words_of_the_service(screen: Screen) -> None:
    broken = INGEST | {"link_up": False, "compaction_failure": "no space left on device"}
    screen.service.answers["GET", "/telemetry/ingest"] = lambda call: Answer(broken)
    screen.open_console()
    screen.part("tab-ingest").click()
    alerts = screen.part("ingest-health").get_by_role("alert")
    expect(alerts).to_have_count(2)
    expect(alerts.nth(1)).to_contain_text("no space left on device")
