"""What a release costs, however many wait, and what a connection that breaks in the middle of one leaves behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from loopback import Bench
from sqlalchemy import event

from core.command import CommandPolicy
from core.ground import GroundLinkDown
from core.store import Database

DIRECT = CommandPolicy(schedule_lead_s=1000.0)  # what is due leaves at its time, and not ahead of it


@pytest.fixture
def direct(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path, policy=DIRECT)
    yield one
    one.close()


def _calls_of_a_release(folder: Path, waiting: int) -> list[int]:
    """Python calls of three releases, one after the other, with so many more commands in the queue."""
    bench = Bench(folder, policy=DIRECT)
    for first in range(0, waiting, 100):
        instants = [("PING", 40_100.0 + 0.2 * number) for number in range(first, min(waiting, first + 100))]
        plan = bench.plan(instants, plan_id=f"plan-wait{first:05d}", contacts=[(40_000.0, 43_000.0)])
        bench.submit(plan)
    bench.submit(bench.plan([("PING", 100.0 + number) for number in range(8)], plan_id="plan-due00001"))
    for number in range(5):
        bench.go_to(100.001 + number)
    counted = []
    for number in range(5, 8):
        count = 0

        def count_call(_frame: FrameType, event: str, _argument: object) -> None:
            nonlocal count
            count += event == "call"

        sent = len(bench.link.sent)
        sys.setprofile(count_call)
        bench.go_to(100.001 + number)
        sys.setprofile(None)
        assert len(bench.link.sent) == sent + 1
        counted.append(count)
    bench.close()
    return counted


def test_a_release_takes_as_many_steps_with_ten_as_with_six_hundred_waiting(tmp_path: Path) -> None:
    few, many = _calls_of_a_release(tmp_path / "few", 10), _calls_of_a_release(tmp_path / "many", 600)
    assert many == pytest.approx(few, rel=0.02)


def test_commands_of_several_spacecraft_that_are_due_together_are_one_transaction(
    direct: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, satellite in enumerate(("LSAT-1", "LSAT-2", "LSAT-3")):
        station = ("svalbard", "kiruna", "fairbanks")[number]
        direct.submit(
            direct.plan([("PING", 100.0)], plan_id=f"plan-due0000{number}", satellite=satellite, station=station)
        )
    direct.settle()
    writes: list[int] = []
    write = Database.write

    def counted(database: Database) -> object:
        writes.append(len(direct.link.sent))
        return write(database)

    monkeypatch.setattr(Database, "write", counted)
    direct.go_to(100.001)
    assert len(direct.link.sent) == 3 and writes.count(0) == 1 and not {1, 2} & set(writes)
    assert direct.states() == ["completed"] * 3


def test_a_connection_that_breaks_between_two_of_a_release_delays_the_rest_and_loses_none(
    direct: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct.submit(direct.plan([("PING", one) for one in (100.0, 100.0002, 100.0004, 150.0)]))
    send = direct.link.send_cltu

    def breaks(*unit: object) -> None:
        monkeypatch.setattr(direct.link, "send_cltu", send)
        direct.link.connected = False
        raise GroundLinkDown("the connection broke")

    monkeypatch.setattr(direct.link, "send_cltu", breaks)
    with pytest.raises(GroundLinkDown):
        direct.go_to(100.001)
    assert direct.states() == ["released"] * 3 + ["scheduled"]
    direct.link.connected, direct.link.session = True, 2
    direct.go_to(101.0)
    assert direct.states() == ["completed"] * 3 + ["scheduled"]
    direct.go_to(150.001)
    assert direct.states() == ["completed"] * 4
    assert len(direct.link.crafts["LSAT-1"].taken) == 4


def test_the_command_that_a_report_means_is_looked_up_and_not_searched_for(direct: Bench) -> None:
    """What a satellite was ever sent grows without end; both request ids of a command have an index."""
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        asked.append((statement, values))

    database = direct.rig.database
    event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as connection:
        assert direct.pipeline.register.by_packet_count(connection, "LSAT-1", 7) is None
    event.remove(database.engine, "before_cursor_execute", note)
    ((statement, values),) = [one for one in asked if one[0].startswith("SELECT")]
    with database.read() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert any("commands_by_request (satellite=? AND request_count=?)" in one for one in steps), steps
    assert any("commands_by_carrier (satellite=? AND carrier_count=?)" in one for one in steps), steps
