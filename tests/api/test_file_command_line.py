"""``llamaspace file`` over a data folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.cli.main import main
from api.service.clock import open_clock
from core.command.file_downlinks import open_downlinks
from core.events import EventLog
from core.link.cfdp import Transaction, modular_checksum
from core.mission import reference_mission
from core.store import open_database

CONTENT = b"what the spacecraft has to say" * 40


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A service's data folder in which a file has come down."""
    folder, mission = tmp_path / "data", reference_mission()
    folder.mkdir()
    database = open_database(folder / "llamaspace.db")
    clock = open_clock(database, folder / "clock.json", mission, 1.0, "2026-11-22T12:00:00Z", simulated=True).clock
    downlinks = open_downlinks(database, EventLog(database), folder / "files", mission, clock)
    sent = Transaction(source=673, destination=2000, number=1)
    size = len(CONTENT)
    units = [
        sent.metadata("logs/a.log", "logs/a.log", size),
        sent.file_data(0, CONTENT),
        sent.end_of_file(modular_checksum(CONTENT), size),
    ]
    with database.write() as connection:
        for unit in units:
            downlinks.receive_in(connection, "LSAT-1", sent, unit)
    database.close()
    return folder


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main([str(one) for one in arguments])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_a_file_is_offered_and_followed_from_the_shell(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "thermal.bin"
    path.write_bytes(CONTENT)
    offer = ["file", "upload", path, "--satellite", "LSAT-1", "--data", data]
    code, told = _run(capsys, *offer, "--name", "tables/thermal.bin", "--json")
    assert code == 0 and json.loads(told)["transfer_id"] == "file-LSAT-1-1", told
    code, told = _run(capsys, *offer)
    assert code == 0 and "vital" in told and "planner" in told
    code, told = _run(capsys, "file", "status", "--data", data, "--json")
    shown = {one["transfer_id"]: one for one in json.loads(told)["transfers"]}
    assert shown["file-LSAT-1-1"]["command_class"] == "critical"
    assert [shown[one]["state"] for one in sorted(shown)] == ["delivered", "waiting", "waiting"]
    code, told = _run(capsys, "file", "status", "--data", data)
    assert code == 0 and "0/1200  tables/thermal.bin" in told
    assert _run(capsys, *offer, "--name", "../../etc/passwd")[0] == 2
    code, told = _run(capsys, "file", "upload", tmp_path / "none", "--satellite", "LSAT-1", "--data", data)
    assert code == 2 and "cannot be read" in told
    code, told = _run(capsys, "file", "upload", path, "--satellite", "LSAT-9", "--data", data)
    assert code == 2 and "is not one of" in told


def test_a_received_file_is_fetched_and_one_on_board_asked_for(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "a.log"
    fetch = ["file", "download", "down-LSAT-1-1", "--data", data, "--out", target]
    assert _run(capsys, *fetch) == (0, f"{target}: 1200 octets\n")
    assert target.read_bytes() == CONTENT
    code, told = _run(capsys, *fetch)
    assert code == 2 and "is there already" in told
    assert _run(capsys, "file", "download", "down-LSAT-1-9", "--data", data)[0] == 2
    code, told = _run(capsys, "file", "list", "LSAT-1", "--data", data)
    assert code == 1 and "LIST_FILES" in told
    code, told = _run(capsys, "file", "request", "logs/b.log", "--satellite", "LSAT-1", "--data", data, "--json")
    assert code == 0, told
    database = open_database(data / "llamaspace.db")
    (drafted,) = EventLog(database).read(subject=json.loads(told)["stack_id"])
    database.close()
    assert drafted.kind == "stack.drafted" and drafted.at_utc > datetime(2026, 11, 22, tzinfo=UTC)


def test_without_a_service_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = _run(capsys, "file", "status", "--data", tmp_path)
    assert code == 2 and "holds no service's data" in told
