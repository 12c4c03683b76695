"""Files through the whole service: offered, approved by a second person, flown; killed in the middle of either direction."""

from __future__ import annotations

import base64
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from service_process import Client, ServiceProcess

from core.mission import reference_mission
from core.orbit import Sgp4Orbit, find_passes
from core.time import format_utc, parse_utc, tai_s_from_utc, utc_from_tai_s

CONTENT = random.Random(3).randbytes(50_000)
SMALL = CONTENT[:20_000]
SATELLITE = "LSAT-1"
_PATIENCE_S = 300.0  # a slow machine, and a pass that it has slept through


def begin_of_a_long_pass() -> str:
    """Ten seconds into a pass of LSAT-1 that lasts."""
    mission, day_tai_s = reference_mission(), tai_s_from_utc(parse_utc("2026-11-22T12:00:00Z"))
    orbit = Sgp4Orbit.from_elements(mission.craft(SATELLITE).elements)
    passes = find_passes(orbit, mission.station("svalbard"), day_tai_s, day_tai_s + 86_400.0)
    best = max(passes, key=lambda one: one.los_tai_s - one.aos_tai_s)
    return format_utc(utc_from_tai_s(best.aos_tai_s + 10.0))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    one = ServiceProcess(tmp_path / "data", rate=2.0, start=begin_of_a_long_pass())
    one.start()
    yield one
    one.stop()


def wait_for(what: str, done: Callable[[], Any]) -> Any:
    end_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end_s:
        found = done()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come about within {_PATIENCE_S:.0f} s")


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    answer = client.request("POST", path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def offer(client: Client, content: bytes, name: str) -> str:
    body = {"satellite": SATELLITE, "name": name, "content": base64.b64encode(content).decode()}
    return str(post(client, "files/uploads", body)["transfer_id"])


def approve(client: Client, subject_id: str) -> None:
    def waiting() -> Any:
        return [one for one in client.get("approvals?mine=false")["items"] if one["subject_id"] == subject_id]

    request = wait_for("the request", waiting)[0]
    post(client, f"approvals/{request['request_id']}/approve", {"subject_hash": request["subject_hash"]})


def test_files_go_up_and_come_down_while_the_service_is_killed(service: ServiceProcess) -> None:
    planner, director = service.client("planner"), service.client("flight_director")
    transfer_id = offer(planner, CONTENT, "notes/long.bin")
    denied = planner.request("GET", "approvals?kind=file&mine=false").json()["items"][0]
    assert denied["may_approve"] is False and denied["subject_id"] == transfer_id
    approve(director, transfer_id)

    def progress(which: str) -> dict[str, Any]:
        one: dict[str, Any] = planner.get(f"files/{which}")
        return one

    wait_for("the first units", lambda: progress(transfer_id)["done_octets"] > 8000)
    service.kill()
    service.start()
    wait_for("the upload", lambda: progress(transfer_id)["state"] == "delivered")
    files = Path(service.data) / "simulator" / "files" / SATELLITE
    assert (files / "notes" / "long.bin").read_bytes() == CONTENT

    def listed() -> Any:
        return planner.get(f"files/on-board?satellite={SATELLITE}")["files"]

    assert wait_for("the list", listed) == [{"name": "notes/long.bin", "octets": len(CONTENT)}]

    stack_id = post(planner, "files/downlinks", {"satellite": SATELLITE, "name": "notes/long.bin"})["stack"]["stack_id"]
    approve(director, stack_id)
    down_id = f"down-{SATELLITE}-1"
    wait_for(
        "the first octets",
        lambda: any(one["direction"] == "down" and one["done_octets"] for one in planner.get("files")["items"]),
    )
    service.kill()
    service.start()
    wait_for("the downlink", lambda: progress(down_id)["state"] == "delivered")
    assert planner.request("GET", f"files/{down_id}/content").content == CONTENT
    assert [one["ended_utc"] is None for one in planner.get("files")["items"]] == [False, False]
    kinds = [one["kind"] for one in planner.get(f"audit?subject={transfer_id}&limit=200")["items"]]
    assert kinds[0] == "file.offered" and kinds[-1] == "file.delivered"


def test_a_revoked_upload_ends_and_bad_requests_say_why(service: ServiceProcess) -> None:
    planner, director = service.client("planner"), service.client("flight_director")
    transfer_id = offer(planner, CONTENT, "notes/long.bin")
    approve(director, transfer_id)
    wait_for("the first units", lambda: planner.get(f"files/{transfer_id}")["done_octets"] > 5000)
    request_id = planner.get(f"files/{transfer_id}")["request_id"]
    post(director, f"approvals/{request_id}/revoke", {"reason": "the wrong file", "whole": True})
    wait_for("the end", lambda: planner.get(f"files/{transfer_id}")["state"] == "failed")
    assert planner.get(f"files/{transfer_id}")["done_octets"] < len(CONTENT)
    assert "revoked" in planner.get(f"files/{transfer_id}")["detail"]

    def refused(path: str, **body: Any) -> str:
        answer = planner.request("POST", path, json=body)
        assert 400 <= answer.status_code < 500, answer.text
        return str(answer.json()["detail"])

    content = base64.b64encode(SMALL).decode()
    assert "no name that is taken" in refused("files/uploads", satellite=SATELLITE, name="../x", content=content)
    assert "is not one of" in refused("files/uploads", satellite="LSAT-9", name="x", content=content)
    assert "content" in refused("files/uploads", satellite=SATELLITE, name="x", content="=no base64=")
    assert "already" in refused(f"files/{transfer_id}/cancel", reason="again")
    assert "there is no" in refused("files/file-LSAT-1-99/cancel", reason="again")
    assert planner.request("GET", f"files/{transfer_id}/content").content == CONTENT  # to be looked at
    assert planner.request("GET", f"files/down-{SATELLITE}-9/content").status_code == 404
    assert service.client("operator").request("POST", "files/uploads", json={}).status_code == 403
