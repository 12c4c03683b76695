"""The page of files over the scripted service."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Screen
from tests.ui.scripted_service import Answer, Call

pytestmark = pytest.mark.browser
UP: dict[str, Any] = {
    "transfer_id": "file-LSAT-1-1",
    "satellite": "LSAT-1",
    "direction": "up",
    "name": "notes/a.txt",
    "octets": 2000,
    "done_octets": 500,
    "state": "open",
    "acknowledged": True,
    "detail": "",
    "begun_utc": None,
    "ended_utc": None,
    "sha256": "a" * 64,
    "command_class": "routine",
    "author": "petra",
    "request_id": "apr-1",
}
DOWN: dict[str, Any] = UP | {
    "transfer_id": "down-LSAT-1-4",
    "direction": "down",
    "name": "logs/b.log",
    "octets": None,
    "state": "failed",
    "detail": "nak limit reached",
    "ended_utc": "2026-11-23T02:00:00Z",
    "command_class": None,
}
ON_BOARD = {
    "satellite": "LSAT-1",
    "reported_at": "2026-11-23T01:00:00Z",
    "free_octets": 63_000_000,
    "files": [{"name": "logs/b.log", "octets": 1_500_000}],
}


def _open(screen: Screen, transfers: list[dict[str, Any]]) -> None:
    answers = screen.service.answers
    answers["GET", "/files"] = lambda call: Answer({"items": transfers, "next_cursor": None})
    answers["GET", "/files/on-board"] = lambda call: Answer(ON_BOARD)
    screen.service.user = {"username": "petra", "role": "planner"}
    screen.open_console()
    screen.part("tab-files").click()


def test_transfers_show_progress_live_and_why_they_failed(screen: Screen) -> None:
    transfers = [dict(UP), DOWN]
    _open(screen, transfers)
    up, down = screen.part("transfer").nth(0), screen.part("transfer").nth(1)
    expect(up).to_contain_text("under way")
    expect(up.get_by_role("progressbar")).to_have_accessible_name("notes/a.txt: 500 B of 2.0 kB")
    expect(down).to_contain_text("failed")
    expect(down.get_by_test_id("transfer-detail")).to_have_text("nak limit reached")
    transfers[0].update(state="delivered", done_octets=2000)
    screen.service.send(
        {"type": "file", "what": "delivered", "subject": UP["transfer_id"], "by": "", "at": "", "detail": {}}
    )
    expect(up).to_have_attribute("data-state", "delivered")


def test_a_file_is_offered_octet_for_octet_and_a_refusal_is_told(screen: Screen) -> None:
    content = bytes(range(256)) * 200
    sent: list[Any] = []

    def offer(call: Call) -> Answer:
        sent.append(call.body)
        if call.body["name"].startswith(".."):
            detail = "'../a' is no name that is taken"
            return Answer({"title": "no", "status": 422, "detail": detail, "code": "FIL-001"}, status=422)
        return Answer(UP | {"name": call.body["name"], "state": "waiting"}, status=201)

    screen.service.answers["POST", "/files/uploads"] = offer
    _open(screen, [])
    expect(screen.part("upload")).to_be_disabled()
    file = {"name": "a b.bin", "mimeType": "application/octet-stream", "buffer": content}
    screen.part("upload-file").set_input_files(files=[file])
    expect(screen.part("upload-name")).to_have_value("notes/a_b.bin")
    screen.part("upload-name").fill("../a")
    screen.part("upload").click()
    expect(screen.page.get_by_text("Not offered: '../a' is no name that is taken")).to_be_visible()
    screen.part("upload-name").fill("tables/a.bin")
    screen.part("upload").click()
    expect(screen.page.get_by_text("it leaves once another person has approved it")).to_be_visible()
    assert base64.b64decode(sent[-1]["content"]) == content
    assert {**sent[-1], "content": ""} == {
        "satellite": "LSAT-1",
        "name": "tables/a.bin",
        "content": "",
        "acknowledged": True,
    }


def test_a_file_on_board_is_asked_for_and_a_transfer_given_up_with_a_reason(screen: Screen) -> None:
    asked: list[Any] = []

    def ask(call: Call) -> Answer:
        asked.append(call.body)
        contact = {"station": "svalbard", "start": "2026-11-23T05:58:00Z", "end": "2026-11-23T06:07:00Z"}
        return Answer({"stack": {"stack_id": "stack-file1", "contacts": [contact]}, "state": "draft"}, status=201)

    def cancel(call: Call) -> Answer:
        asked.append(call.body)
        return Answer(UP | {"state": "failed", "detail": call.body["reason"]})

    screen.service.answers["POST", "/files/downlinks"] = ask
    screen.service.answers["POST", "/files/file-LSAT-1-1/cancel"] = cancel
    _open(screen, [UP])
    screen.part("request-file").click()
    expect(screen.page.get_by_text("through svalbard from")).to_be_visible()
    screen.part("transfer").get_by_role("button", name="Give it up").click()
    screen.part("reason").fill("the wrong file")
    screen.part("reason-confirm").click()
    expect(screen.part("reason")).to_have_count(0)
    assert asked == [{"satellite": "LSAT-1", "name": "logs/b.log"}, {"reason": "the wrong file"}]
