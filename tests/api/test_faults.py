"""What breaks around the service: a full disk, a simulator that dies, tokens that end, files that are wrong."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import event, text

from api.cli.main import main
from api.service.runtime import Runtime
from core.mission import reference_mission
from tests.api.conftest import Headers, LiveService, live_service
from tests.api.story import intent_ended, plan_of, say


class Disk:
    """The database's file system, as full as a test wants it: SQLite itself then refuses further pages."""

    def __init__(self) -> None:
        self._full = False

    def hold(self, runtime: Runtime) -> None:
        """Take a database over, before anything uses it: listeners are not to change while other threads call them."""
        event.listen(runtime.database.engine, "checkout", self._limit)

    def fill(self) -> None:
        """No page more than there is."""
        self._full = True

    def empty(self) -> None:
        """Space again."""
        self._full = False

    def _limit(self, connection: sqlite3.Connection, *_: Any) -> None:
        # SQLite takes a limit below the present size as the present size.
        connection.execute(f"PRAGMA max_page_count={1 if self._full else 2**30}").fetchone()


@pytest.fixture(scope="module")
def owned_disk() -> Disk:
    return Disk()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, owned_disk: Disk) -> Iterator[LiveService]:
    """A service that these tests may break."""
    with live_service(tmp_path_factory.mktemp("faults"), owned_disk.hold) as running:
        yield running


@pytest.fixture
def disk(owned_disk: Disk) -> Iterator[Disk]:
    yield owned_disk
    owned_disk.empty()


def _count(own: LiveService, table: str, where: str = "1") -> int:
    with own.runtime.database.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar() or 0)


def _until(wanted: Callable[[], bool], patience_s: float = 120.0) -> None:
    deadline = time.monotonic() + patience_s
    while not wanted():
        assert time.monotonic() < deadline, f"it did not come about within {patience_s} s"
        time.sleep(0.1)


def test_a_full_disk_is_a_507_and_nothing_is_half_written(own: LiveService, disk: Disk) -> None:
    operator = own.as_role("operator")
    intent = say(own.client, operator, "Point LSAT-1 at the sun for 20 minutes")
    director = own.as_role("flight_director")
    _, revision_hash = plan_of(own.client, director, intent["plan_id"])
    disk.fill()
    long = "Where is LSAT-1? " + "x" * 3900
    answers = [own.client.post("/api/v1/intents", json={"text": long}, headers=operator) for _ in range(12)]
    refused = [one for one in answers if one.status_code == 507]
    assert refused, "the database never filled up"
    assert refused[0].json()["code"] == "store"
    assert "full" in refused[0].json()["detail"] and "Traceback" not in refused[0].text
    approval = own.client.post(
        f"/api/v1/plans/{intent['plan_id']}/approve", json={"revision_hash": revision_hash}, headers=director
    )
    assert approval.status_code in (200, 507)
    assert own.client.get("/healthz").status_code == 200
    assert own.client.get("/api/v1/plans", headers=operator).status_code == 200
    disk.empty()
    accepted = [one for one in answers if one.status_code == 202]
    assert _count(own, "intents") == _count(own, "events", "kind = 'intent.received'") == len(accepted) + 1
    verdict = own.client.get("/api/v1/audit/verify", headers=operator).json()
    assert (verdict["ok"], verdict["violations"]) == (True, [])
    plan, _ = plan_of(own.client, director, intent["plan_id"])
    commands = own.client.get(f"/api/v1/commands?plan_id={intent['plan_id']}", headers=operator).json()["items"]
    # Either all of the approval is there or nothing of it.
    assert (plan["state"] in ("validated", "approved")) == (commands == [])
    assert bool(plan["approvals"]) == (plan["state"] != "validated")


def test_the_service_goes_on_when_there_is_space_again(own: LiveService, disk: Disk) -> None:
    operator = own.as_role("operator")
    disk.fill()
    while own.client.post("/api/v1/intents", json={"text": "x" * 4000}, headers=operator).status_code != 507:
        pass
    disk.empty()
    assert say(own.client, operator, "Where is LSAT-4 right now?")["status"] == "completed"


def test_a_simulator_that_dies_is_missed_started_again_and_loses_no_command(own: LiveService) -> None:
    operator, planner = own.as_role("operator"), own.as_role("planner")
    fleet = own.runtime.flight.fleet
    _until(lambda: own.client.get("/readyz").status_code == 200)
    intent = say(own.client, operator, "Hold nadir pointing on LSAT-4 for two hours.")
    _, revision_hash = plan_of(own.client, planner, intent["plan_id"])
    approve = f"/api/v1/plans/{intent['plan_id']}/approve"
    assert own.client.post(approve, json={"revision_hash": revision_hash}, headers=planner).json()["released"]
    before = own.client.get(f"/api/v1/commands?plan_id={intent['plan_id']}", headers=operator).json()["items"]
    restarts, pid = fleet.simulator.restarts, fleet.simulator.pid
    assert pid is not None and before
    os.kill(pid, signal.SIGKILL)
    _until(lambda: not own.runtime.flight.link_up())
    down = own.client.get("/readyz")
    assert (down.status_code, down.json()["ground_link"]) in ((503, False), (200, True))  # 200: back already
    _until(lambda: fleet.simulator.restarts == restarts + 1)
    _until(lambda: own.client.get("/readyz").status_code == 200)
    after = own.client.get(f"/api/v1/commands?plan_id={intent['plan_id']}", headers=operator).json()["items"]
    assert [one["command_id"] for one in after] == [one["command_id"] for one in before]
    assert not [one for one in after if one["state"] in ("failed", "refused", "expired")]


def test_a_token_that_ends_while_it_is_used_asks_to_sign_in_again(tmp_path: Path) -> None:
    with live_service(tmp_path, token_lifetime_s=60) as running:
        headers = running.as_role("operator")
        assert running.client.get("/api/v1/auth/me", headers=headers).status_code == 200
        running.runtime.accounts._lifetime_s = -1.0
        expired: Headers = running.as_role("operator")
        answer = running.client.get("/api/v1/auth/me", headers=expired)
        assert (answer.status_code, answer.json()["code"]) == (401, "token-expired")


def _one_line(code: int, output: str, errors: str, *words: str) -> None:
    assert code == 2, errors
    lines = [one for one in errors.splitlines() if one]
    assert len(lines) == 1 and lines[0].startswith("llamaspace: "), errors
    assert output == ""
    for word in words:
        assert word in lines[0], lines[0]


def test_a_corrupt_mission_file_stops_the_start_with_its_line_and_field(tmp_path: Path) -> None:
    assert reference_mission().spacecraft[0].id == "LSAT-1"
    source = (Path(__file__).resolve().parents[2] / "core/mission/reference/lsat.yaml").read_text()
    broken = tmp_path / "bad.yaml"
    broken.write_text(source.replace("dry_mass_kg: 150.0", "dry_mass_kg: heavy"))
    line = next(number for number, one in enumerate(broken.read_text().splitlines(), 1) if "heavy" in one)
    command = [sys.executable, "-m", "api.cli.main", "serve", "--data", str(tmp_path / "data"), "--port", "0"]
    done = subprocess.run([*command, "--mission", str(broken)], capture_output=True, text=True, timeout=60, check=False)
    _one_line(done.returncode, done.stdout, done.stderr, f"bad.yaml:{line}", "buses.lsat.dry_mass_kg")


@pytest.fixture
def occupied_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield str(taken.getsockname()[1])


@pytest.fixture
def kept_log_settings() -> Iterator[None]:
    """A start configures the log of its process, which here is that of the tests."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("kept_log_settings")
def test_what_keeps_the_service_from_starting_is_told_in_one_line(
    tmp_path: Path, occupied_port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("a file is in the way")
    script = tmp_path / "faults.yaml"
    script.write_text(
        "faults:\n  - id: a\n    satellite: LSAT-1\n    at: 2026-11-22T00:00:00Z\n    lost_share: 2\n    fault: cell_short\n"
    )
    cases = (
        (["--port", occupied_port], ("port", occupied_port)),
        (["--port", "99999"], ("port",)),
        (["--port", "0", "--host", "0.0.0.0"], ("host", "TLS")),
        (["--port", "0", "--data", str(in_the_way)], ("file",)),
        (["--port", "0", "--mission", str(tmp_path / "absent.yaml")], ("absent.yaml",)),
        (["--port", "0", "--clock-start", "noon"], ("clock_start", "noon")),
        (["--port", "0", "--clock-rate", "0"], ("clock_rate",)),
        (["--port", "0", "--faults", str(tmp_path / "no.yaml")], ("no.yaml",)),
        (["--port", "0", "--faults", str(script)], ("faults.yaml:5", "lost_share", "less than 1")),
    )
    for number, (options, words) in enumerate(cases):
        code = main(["serve", "--data", str(tmp_path / str(number)), *options])
        output, errors = capsys.readouterr()
        _one_line(code, output, errors, *words)
        assert "--faults" not in options or not (tmp_path / str(number)).exists()  # refused before anything is made


def test_an_intent_cut_by_a_full_disk_is_not_left_running(own: LiveService, disk: Disk) -> None:
    operator = own.as_role("operator")
    for one in own.client.get("/api/v1/conversations?limit=200", headers=operator).json()["items"]:
        for intent in own.client.get(f"/api/v1/conversations/{one['conversation_id']}", headers=operator).json()[
            "intents"
        ]:
            assert intent_ended(own.client, operator, intent["intent_id"])["status"] in (
                "awaiting_review",
                "completed",
                "failed",
            )
