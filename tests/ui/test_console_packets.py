"""The page of packets over the scripted service."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import Answer, Call

pytestmark = pytest.mark.browser


def _packet(number: int, **change: Any) -> dict[str, Any]:
    return {
        "packet_id": str(10_000_000_000_000_000 + number),  # no number in JSON keeps all of these digits
        "satellite": "LSAT-1",
        "container": "Housekeeping",
        "generated": f"2026-11-23T01:{number:02d}:00.250000Z",
        "received": "2026-11-23T02:00:00Z",
        "apid": 673,
        "sequence": number,
        "service": 3,
        "subtype": 25,
        "size": 4,
    } | change


VALUES = [
    {"name": "mode", "value": "safe", "raw": 2, "unit": "", "level": "warning", "offset_bits": 10, "size_bits": 3},
    {
        "name": "load_power_w",
        "value": 1.5,
        "raw": None,
        "unit": "W",
        "level": "normal",
        "offset_bits": 16,
        "size_bits": 16,
    },
]
OPENED = _packet(50) | {"octets": "0a1b2c3d", "values": VALUES, "error": "", "definitions": ["abcdef0123"]}


def _open(screen: Screen) -> None:
    answers = screen.service.answers
    listed = {"satellite": "LSAT-1", "parameters": [], "containers": ["-", "Housekeeping"]}

    def packets(call: Call) -> Answer:
        assert call.query["satellite"] == "LSAT-1"
        if call.query.get("container") == "-":
            return Answer({"items": [_packet(5, container="-", service=0, subtype=0)], "next_cursor": None})
        if "cursor" in call.query:
            return Answer({"items": [_packet(one) for one in (8, 7)], "next_cursor": None})
        return Answer({"items": [_packet(one) for one in (50, 9)], "next_cursor": "9"})

    answers["GET", "/telemetry/parameters"] = lambda call: Answer(listed)
    answers["GET", "/telemetry/packets"] = packets
    screen.open_console()
    screen.part("tab-packets").click()


def test_packets_are_listed_page_by_page_and_by_container(screen: Screen) -> None:
    _open(screen)
    rows = screen.part("packet")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("2026-11-23 01:50:00.250")
    expect(rows.first).to_contain_text("TM[3,25]")
    screen.part("more-packets").click()
    expect(rows).to_have_count(4)
    screen.part("packets-container").select_option("-")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("✕ without a meaning")


def test_an_opened_packet_shows_each_value_beside_its_octets(screen: Screen) -> None:
    asked: list[dict[str, str]] = []

    def packet(call: Call) -> Answer:
        asked.append(call.query)
        return Answer(OPENED)

    screen.service.answers["GET", f"/telemetry/packets/{OPENED['packet_id']}"] = packet
    _open(screen)
    screen.part("packet").first.get_by_role("button").click()
    values = screen.part("packet-value")
    expect(values.nth(0)).to_contain_text("sent 2, octet 1, bits 2 to 4")
    expect(values.nth(0)).to_contain_text("▲ warning")
    expect(values.nth(1)).to_contain_text("1.5 W")
    values.nth(1).focus()
    marked = screen.page.locator(".octets .marked")
    expect(marked).to_have_text(["2c", "3d"])
    screen.page.locator("[data-octet='1']").hover()
    expect(marked).to_have_text(["1b"])
    assert asked == [{"satellite": "LSAT-1"}]


def test_a_packet_that_is_gone_says_so(screen: Screen) -> None:
    detail = "no packet 1 of LSAT-1 is stored"
    gone = Answer({"title": "Not found", "status": 404, "detail": detail}, 404)
    screen.service.answers["GET", f"/telemetry/packets/{OPENED['packet_id']}"] = lambda call: gone
    _open(screen)
    screen.part("packet").first.get_by_role("button").click()
    expect(screen.page.get_by_role("alert")).to_contain_text(detail)
