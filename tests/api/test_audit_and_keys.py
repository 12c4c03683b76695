"""``llamaspace audit`` and ``llamaspace keys`` over a data folder, and the same over REST."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.cli.main import main
from api.service.audit import AuditKeeper
from core.command.keys import open_key_store
from core.command.keystore import KeyPurpose
from core.command.signing import Seal
from core.errors import StoreError
from core.events import AuditTrail, EventLog
from core.events.checkpoints import Checkpoint
from core.store import open_database
from tests.api.conftest import Headers, Service

AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A service's data folder with ten events, all of them signed."""
    database = open_database(tmp_path / "llamaspace.db")
    log = EventLog(database)
    with database.write() as connection:
        for number in range(10):
            at_utc = AT + timedelta(days=number)
            log.append(connection, "plan.drafted", f"plan-{number}", actor="agent", at_utc=at_utc, payload={})
    seal = Seal(open_key_store(tmp_path / "keys"), KeyPurpose.AUDIT)
    keeper = AuditKeeper(
        AuditTrail(database, log, seal, tmp_path / "audit" / "checkpoints.jsonl"), log, every_events=5, every_s=60.0
    )
    keeper.stop()  # signs what there is
    database.close()
    return tmp_path


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main([str(one) for one in arguments])
    told = capsys.readouterr()
    return code, told.out + told.err


def _alter(data: Path, statement: str) -> None:
    database = open_database(data / "llamaspace.db")
    with database.write() as connection:
        connection.execute(text(statement))
    database.close()


def test_verify_names_the_altered_event_and_says_no(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = _run(capsys, "audit", "verify", "--data", data)
    assert (code, told) == (0, "10 events, signed through event 10 by 1 checkpoints, chain intact\n")
    _alter(data, "UPDATE events SET actor = 'user:mallory' WHERE sequence = 4")
    code, told = _run(capsys, "audit", "verify", "--data", data)
    assert code == 1 and "event 4: content does not match its hash" in told and "1 breaks" in told
    code, told = _run(capsys, "audit", "verify", "--data", data, "--json")
    assert code == 1 and json.loads(told)["violations"][0]["sequence"] == 4


def test_an_export_is_verified_offline_with_keys_from_elsewhere(
    data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    keys, export = tmp_path / "keys.json", tmp_path / "log.jsonl"
    keys.write_text(_run(capsys, "keys", "list", "--data", data, "--json")[1])
    assert "private" not in keys.read_text()
    assert _run(capsys, "audit", "export", "--data", data, "--out", export)[0] == 0
    code, told = _run(capsys, "audit", "verify", "--file", export)
    assert code == 0 and "with the keys that the file itself brings" in told
    code, told = _run(capsys, "audit", "verify", "--file", export, "--keys", keys)
    assert code == 0 and "note" not in told
    keys.write_text(json.dumps({"keys": []}))
    code, told = _run(capsys, "audit", "verify", "--file", export, "--keys", keys)
    assert code == 1 and "is not among those to verify with" in told
    assert _run(capsys, "audit", "verify", "--file", tmp_path / "none")[0] == 2
    keys.write_text("[]")
    assert _run(capsys, "audit", "verify", "--file", export, "--keys", keys)[0] == 2


def test_prune_removes_what_is_old_and_the_rest_still_verifies(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = _run(capsys, "audit", "prune", "--data", data, "--before", "2026-11-27", "--reason", "a year")
    assert code == 0 and "removed events 1 to 4" in told
    code, told = _run(capsys, "audit", "verify", "--data", data)
    assert code == 0 and "7 events, 4 removed by retention" in told
    code, told = _run(capsys, "audit", "prune", "--data", data, "--before", "2026-11-27", "--reason", "a year")
    assert code == 2 and "no event was recorded before" in told


def test_keys_are_rotated_and_revoked_and_the_log_knows(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = open_key_store(data / "keys").active(KeyPurpose.COMMAND_SET).key_id
    code, told = _run(capsys, "keys", "rotate", "command-set", "--data", data)
    assert code == 0 and f"{first} is retiring: what it signed is still released" in told
    code, told = _run(capsys, "keys", "revoke", first, "--reason", "laptop lost", "--data", data)
    assert code == 0 and f"{first} is compromised: commands that it signed" in told
    assert "(laptop lost)" in _run(capsys, "keys", "list", "--data", data)[1]
    database = open_database(data / "llamaspace.db")
    events = EventLog(database).read(kinds=["key."])
    assert [(one.kind, one.payload.get("reason")) for one in events] == [
        ("key.rotated", None),
        ("key.revoked", "laptop lost"),
    ]
    assert events[0].actor.startswith("shell:")
    database.close()
    assert _run(capsys, "keys", "revoke", "none", "--reason", "x", "--data", data)[0] == 2


@pytest.mark.parametrize("command", [("audit", "verify"), ("audit", "export"), ("keys", "list")])
def test_a_folder_without_a_service_is_bad_input_and_stays_empty(
    command: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = _run(capsys, *command, "--data", tmp_path / "nothing")
    assert code == 2 and "holds no service's data" in told
    assert not (tmp_path / "nothing").exists()


def test_the_service_verifies_and_exports_over_rest(
    service: Service, director: Headers, planner: Headers, tmp_path: Path
) -> None:
    refused = service.client.get("/api/v1/audit/export", headers=planner)
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "this needs the role flight_director or admin; you are planner",
    )
    newest = service.runtime.events.read(kinds=["authority.denied"], limit=100_000)[-1]
    assert (newest.actor, newest.payload["action"]) == ("user:planner", "export_audit")
    service.runtime.audit.trail.checkpoint(datetime.now(UTC))
    verdict: dict[str, Any] = service.client.get("/api/v1/audit/verify", headers=planner).json()
    assert verdict["ok"] and verdict["checkpoints"] >= 1 and verdict["signed_through"] > 0, verdict
    export = service.client.get("/api/v1/audit/export", headers=director)
    assert export.headers["content-type"].startswith("application/jsonl")
    file = tmp_path / "log.jsonl"
    file.write_text(export.text)
    assert main(["audit", "verify", "--file", str(file)]) == 0


def test_the_keeper_signs_by_number_and_by_time(data: Path) -> None:
    database = open_database(data / "llamaspace.db")
    log = EventLog(database)
    seal = Seal(open_key_store(data / "keys"), KeyPurpose.AUDIT)
    trail = AuditTrail(database, log, seal, data / "audit" / "checkpoints.jsonl")
    keeper = AuditKeeper(trail, log, every_events=2, every_s=3600.0)
    assert keeper.due(10, waited_s=0.0) is False
    for number in range(2):
        with database.write() as connection:
            log.append(connection, "plan.drafted", f"plan-n{number}", actor="agent", at_utc=AT, payload={})
    assert keeper.due(10, waited_s=0.0) is True
    assert keeper.due(11, waited_s=0.0) is False
    assert keeper.due(11, waited_s=4000.0) is True
    assert keeper.due(12, waited_s=4000.0) is False
    database.close()


def test_a_checkpoint_that_failed_is_tried_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(data / "llamaspace.db")
    log = EventLog(database)
    seal = Seal(open_key_store(data / "keys"), KeyPurpose.AUDIT)
    trail = AuditTrail(database, log, seal, data / "audit" / "checkpoints.jsonl")
    keeper = AuditKeeper(trail, log, every_events=1, every_s=3600.0)
    with database.write() as connection:
        log.append(connection, "plan.drafted", "plan-late", actor="agent", at_utc=AT, payload={})
    sign, tries = trail.checkpoint, []

    def signs_the_second_time(now_utc: datetime) -> Checkpoint | None:
        tries.append(now_utc)
        if len(tries) == 1:
            raise StoreError("the key cannot be reached")
        return sign(now_utc)

    monkeypatch.setattr(trail, "checkpoint", signs_the_second_time)
    keeper.start()
    deadline = time.monotonic() + 90.0
    while len(tries) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(tries) >= 2  # by itself, not only when it stops
    keeper.stop()
    last = trail.checkpoints.last()
    assert last is not None and last.sequence == log.last_sequence()
    database.close()


def test_a_rollover_is_drafted_from_the_shell_once_and_given_up(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contact = ["--station", "svalbard", "--start", "2026-12-01T10:00:00Z", "--end", "2026-12-01T10:08:00Z"]
    code, told = _run(capsys, "keys", "rollover", "LSAT-1", "--data", data)
    assert (code, "--station" in told) == (2, True), told
    code, told = _run(capsys, "keys", "rollover", "LSAT-1", "--data", data, *contact, "--json")
    assert code == 0, told
    stack_id = json.loads(told)["stack_id"]
    file = data / "keys" / "link-keys.json"
    kept = json.loads(file.read_text())["spacecraft"]["LSAT-1"]
    assert (kept["rollover"]["stack_id"], kept["rollover"]["state"], kept["master_iv"]) == (stack_id, "prepared", 1)
    assert file.stat().st_mode & 0o077 == 0
    code, told = _run(capsys, "keys", "rollover", "LSAT-1", "--data", data, *contact)
    assert code != 0 and "has begun" in told
    assert _run(capsys, "keys", "rollover", "LSAT-1", "--data", data, "--finish")[0] != 0  # nothing has been switched
    code, told = _run(capsys, "keys", "rollover", "LSAT-1", "--data", data, "--abandon")
    assert (code, told) == (0, "the change of keys of LSAT-1 is abandoned\n")
    kept = json.loads(file.read_text())["spacecraft"]["LSAT-1"]
    assert ("rollover" in kept, kept["last_key_id"], kept["master_iv"]) == (False, 131, 1)
