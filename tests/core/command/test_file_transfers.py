"""Files over a real simulated spacecraft: approved ones arrive whole, through losses, passes and crashes; no others leave."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flying import PASSES, SATELLITE, STATION, FlyingBench, often
from spacepackets.cfdp import ConditionCode
from sqlalchemy import text

from core.command.seam import Boundary
from core.errors import CommandRefused, Conflict, NotFound
from core.link import PacketType
from core.link.cfdp import FileRefused, Transaction, TransferState, unit_packet
from core.mdb import CommandClass
from core.plan.activity import CommandSpec, Window
from core.time import add_s, utc_from_tai_s
from evals.bench.command.service import plan_of

CONTENT = random.Random(5).randbytes(20_000)
NAME = "notes/a.bin"


class Killed(BaseException):
    """The service was killed here."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FlyingBench]:
    one = FlyingBench(tmp_path)
    yield one
    one.close()


def command(bench: FlyingBench, *specs: CommandSpec, plan_id: str = "plan-files1") -> None:
    """Have commands sent in the pass that goes on."""
    now_utc = bench.clock.now_utc()
    end = next(los for aos, los in PASSES if los > bench.clock.now_tai_s())
    window = Window(start=add_s(now_utc, -20.0), end=utc_from_tai_s(end - 10.0))
    plan = plan_of(plan_id, SATELLITE, [window], specs, add_s(now_utc, -60.0), STATION)
    bench.submit(plan)


def now(bench: FlyingBench, mnemonic: str, after_s: float = 1.0, **arguments: object) -> CommandSpec:
    at_utc = add_s(bench.clock.now_utc(), after_s)
    return CommandSpec(command=mnemonic, arguments=dict(arguments), execute_at=at_utc)


def states(bench: FlyingBench) -> list[str]:
    return [str(one.state) for one in bench.rig.pipeline.register.find()]


def ended(bench: FlyingBench, uplink_id: str) -> Callable[[], bool]:
    return lambda: not bench.files.uplinks.get(uplink_id).open


def came(bench: FlyingBench, number: int = 1) -> Callable[[], bool]:
    def whole() -> bool:
        found = [one for one in bench.files.downlinks.all() if one.state.transaction.number == number]
        return bool(found) and not found[0].open

    return whole


def put_on_board(bench: FlyingBench, content: bytes = CONTENT, name: str = NAME) -> None:
    path = bench.on_board / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    bench.link.board()


def test_an_approved_file_arrives_while_commands_leave_at_their_time(bench: FlyingBench) -> None:
    uplink_id = bench.offer(CONTENT)
    bench.fly(3.0)
    assert bench.link.sent == 0 and "is pending" in bench.files.why_waiting(uplink_id)
    bench.approve(uplink_id)
    specs = [now(bench, "PING", 2.0 + 0.5 * number) for number in range(8)]
    command(bench, *specs)
    bench.fly(60.0, until=ended(bench, uplink_id))
    assert (bench.on_board / NAME).read_bytes() == CONTENT
    assert bench.files.uplinks.state(uplink_id).state is TransferState.DELIVERED
    bench.fly(5.0)
    assert states(bench) == ["completed"] * 8
    for one, spec in zip(bench.rig.pipeline.register.find(), specs, strict=True):
        assert one.released_at is not None and (one.released_at - spec.execute_at).total_seconds() < 0.3
    listed = bench.files.lists.of(SATELLITE)
    assert listed is not None and [(one.name, one.octets) for one in listed.files.values()] == [(NAME, 20_000)]
    kinds = [one.kind for one in bench.rig.events.read(subject=uplink_id, kinds=["file."])]
    assert kinds == ["file.offered", "file.open", "file.delivered"]


def test_class_one_is_sent_and_says_so(bench: FlyingBench) -> None:
    uplink_id = bench.offer(CONTENT[:3000], acknowledged=False)
    bench.approve(uplink_id)
    bench.fly(60.0, until=ended(bench, uplink_id))
    assert bench.files.uplinks.state(uplink_id).state is TransferState.SENT
    assert (bench.on_board / NAME).read_bytes() == CONTENT[:3000]


@pytest.mark.parametrize(("seed", "name"), [(1, NAME), (2, "notes/b.bin")])
def test_losses_both_ways_are_made_good(bench: FlyingBench, seed: int, name: str) -> None:
    bench.link.up_lost, bench.link.down_lost = often(seed, 0.15), often(seed + 10, 0.15)
    uplink_id = bench.offer(CONTENT[:8000], name)
    bench.approve(uplink_id)
    bench.fly(420.0, until=ended(bench, uplink_id))
    assert (bench.on_board / name).read_bytes() == CONTENT[:8000]
    command(bench, now(bench, "DOWNLINK_FILE", delivery="acknowledged", file_name=name))
    bench.fly(300.0, until=came(bench))
    assert bench.files.downlinks.file(f"down-{SATELLITE}-1").read_bytes() == CONTENT[:8000]


def test_a_revocation_in_the_middle_lets_nothing_more_of_the_file_leave(bench: FlyingBench) -> None:
    uplink_id = bench.offer(CONTENT)
    bench.approve(uplink_id)
    bench.fly(60.0, until=lambda: bench.files.uplinks.state(uplink_id).sent_to > 4000)
    sent_to = bench.files.uplinks.state(uplink_id).sent_to
    bench.revoke(uplink_id)
    bench.fly(5.0)
    one = bench.files.uplinks.get(uplink_id)
    assert one.source.state is TransferState.FAILED and one.source.sent_to == sent_to < len(CONTENT)
    assert "is revoked" in one.reason
    assert not (bench.on_board / NAME).exists() and list((bench.on_board / ".parts").iterdir()) == []
    (told,) = bench.link.craft.state.files.receiving.values()
    assert told.condition_code is ConditionCode.CANCEL_REQUEST_RECEIVED and told.finish_acknowledged


def test_frames_of_a_revoked_file_are_withdrawn_and_commands_go_on(bench: FlyingBench) -> None:
    """What was stored for sending and has not arrived when the approval ends is not sent in the next pass."""
    uplink_id = bench.offer(CONTENT)
    bench.approve(uplink_id)
    bench.fly(60.0, until=lambda: bench.files.uplinks.state(uplink_id).sent_to > 2000)
    bench.link.up_lost = lambda: True
    bench.fly(2.0)
    bench.link.connected = False
    bench.revoke(uplink_id)
    bench.fly(1.0)
    held_before = sum(one.received for one in bench.link.craft.state.files.receiving.values())
    bench.go_to_pass(1)
    bench.link.connected, bench.link.up_lost = True, lambda: False
    bench.link.session += 1
    command(bench, now(bench, "PING", 5.0))
    bench.fly(60.0, until=lambda: states(bench) == ["completed"])
    assert states(bench) == ["completed"]
    assert sum(one.received for one in bench.link.craft.state.files.receiving.values()) == held_before


def test_an_altered_file_is_sent_no_further(bench: FlyingBench) -> None:
    uplink_id = bench.offer(CONTENT)
    bench.approve(uplink_id)
    bench.fly(60.0, until=lambda: bench.files.uplinks.state(uplink_id).sent_to > 2000)
    (kept,) = [one for one in (bench.folder / "files" / "offered").iterdir() if one.is_file()]
    kept.write_bytes(CONTENT[:-1] + b"x")
    bench.fly(60.0, until=ended(bench, uplink_id))
    assert "is not the approved file" in bench.files.uplinks.get(uplink_id).reason
    assert not (bench.on_board / NAME).exists()


def test_a_pass_that_ends_in_the_middle_is_gone_on_with_in_the_next(bench: FlyingBench) -> None:
    put_on_board(bench, CONTENT * 48, "logs/long.bin")
    bench.clock.re_anchor(type(bench.clock.anchor)(0.0, PASSES[0][1] - 16.0, 1.0))
    content = CONTENT * 5
    uplink_id = bench.offer(content)
    bench.approve(uplink_id)
    command(bench, now(bench, "DOWNLINK_FILE", 2.0, delivery="acknowledged", file_name="logs/long.bin"))
    bench.fly(30.0)
    assert bench.files.uplinks.state(uplink_id).state is TransferState.SUSPENDED
    sent = bench.link.sent
    bench.fly(120.0)
    assert bench.link.sent == sent
    (down,) = bench.files.downlinks.all()
    assert down.open and down.state.received < 48 * len(CONTENT)
    bench.go_to_pass(1)
    bench.fly(400.0, until=lambda: ended(bench, uplink_id)() and came(bench)())
    assert (bench.on_board / NAME).read_bytes() == content
    assert bench.files.downlinks.file(down.downlink_id).read_bytes() == CONTENT * 48


@pytest.mark.parametrize("boundary", [Boundary.FRAME_STORED, Boundary.BEFORE_SEND, Boundary.AFTER_SEND])
def test_a_service_killed_between_any_two_steps_of_a_unit_goes_on(bench: FlyingBench, boundary: Boundary) -> None:
    put_on_board(bench, CONTENT, "logs/a.bin")
    uplink_id = bench.offer(CONTENT[:6000])
    bench.approve(uplink_id)
    command(bench, now(bench, "DOWNLINK_FILE", delivery="acknowledged", file_name="logs/a.bin"))
    for count in (2, 9, 17):
        passed = 0

        def kill(reached: Boundary, at: int = count) -> None:
            nonlocal passed
            passed += reached is boundary
            if passed == at:
                raise Killed

        bench.restart(seam=kill)
        with pytest.raises(Killed):
            bench.fly(100.0)
    bench.restart()
    bench.fly(200.0, until=lambda: ended(bench, uplink_id)() and came(bench)())
    assert (bench.on_board / NAME).read_bytes() == CONTENT[:6000]
    assert bench.files.downlinks.file(f"down-{SATELLITE}-1").read_bytes() == CONTENT


def test_a_spacecraft_that_starts_again_goes_on(bench: FlyingBench) -> None:
    put_on_board(bench, CONTENT, "logs/a.bin")
    uplink_id = bench.offer(CONTENT)
    bench.approve(uplink_id)
    command(bench, now(bench, "DOWNLINK_FILE", delivery="acknowledged", file_name="logs/a.bin"))
    for _ in range(12):
        bench.fly(0.5)
        bench.link.board()
    bench.fly(100.0, until=lambda: ended(bench, uplink_id)() and came(bench)())
    assert (bench.on_board / NAME).read_bytes() == CONTENT
    assert bench.files.downlinks.file(f"down-{SATELLITE}-1").read_bytes() == CONTENT


def test_a_full_store_and_a_name_that_leads_elsewhere_are_said_by_the_spacecraft(bench: FlyingBench) -> None:
    with pytest.raises(FileRefused, match="no name that is taken"):
        bench.offer(b"x", "../../etc/passwd")
    put_on_board(bench, b"", "full.bin")
    with (bench.on_board / "full.bin").open("r+b") as file:
        file.truncate(64_000_000 - 100)
    bench.link.board()
    uplink_id = bench.offer(CONTENT)
    bench.approve(uplink_id)
    bench.fly(60.0, until=ended(bench, uplink_id))
    one = bench.files.uplinks.get(uplink_id)
    assert one.source.state is TransferState.FAILED
    assert one.source.condition_code is ConditionCode.FILESTORE_REJECTION


def test_a_held_queue_keeps_units_back_and_a_disabled_one_takes_none(bench: FlyingBench) -> None:
    queues, by = bench.rig.pipeline.queues, {"by": "fred", "reason": "storm"}
    uplink_id = bench.offer(CONTENT[:2000])
    bench.approve(uplink_id)
    at_utc = bench.clock.now_utc()
    queues.change(SATELLITE, CommandClass.ROUTINE, "held", 0.0, **by, at_utc=at_utc)  # type: ignore[arg-type]
    bench.fly(10.0)
    assert bench.link.sent == 0 and "held by fred: storm" in bench.files.why_waiting(uplink_id)
    queues.change(SATELLITE, CommandClass.ROUTINE, "disabled", 0.0, **by, at_utc=at_utc)  # type: ignore[arg-type]
    with pytest.raises(CommandRefused, match="was disabled by fred"):
        bench.offer(b"more")
    queues.change(SATELLITE, CommandClass.ROUTINE, "enabled", 0.0, **by, at_utc=at_utc)  # type: ignore[arg-type]
    bench.fly(60.0, until=ended(bench, uplink_id))
    assert (bench.on_board / NAME).read_bytes() == CONTENT[:2000]


def test_a_station_booked_for_another_spacecraft_is_not_taken(bench: FlyingBench) -> None:
    now_utc = bench.clock.now_utc()
    window = Window(start=add_s(now_utc, -20.0), end=add_s(now_utc, 100.0))
    plan = plan_of("plan-other1", "LSAT-2", [window], [now(bench, "PING", 90.0)], add_s(now_utc, -60.0), STATION)
    bench.submit(plan)
    uplink_id = bench.offer(CONTENT[:2000])
    bench.approve(uplink_id)
    bench.fly(10.0)
    assert bench.link.sent == 0 and "serves LSAT-2" in bench.files.why_waiting(uplink_id)
    bench.rig.pipeline.withdraw("plan-other1", actor="user:fred", reason="not needed")
    bench.fly(60.0, until=ended(bench, uplink_id))
    assert (bench.on_board / NAME).read_bytes() == CONTENT[:2000]


def test_a_contact_that_was_lost_serves_no_file_either(bench: FlyingBench) -> None:
    command(bench, now(bench, "PING", 2.0))
    bench.fly(6.0)
    now_utc = bench.clock.now_utc()
    bench.rig.pipeline.bookings.lose(SATELLITE, STATION, now_utc, actor="user:otto", reason="rain", now_utc=now_utc)
    sent = bench.link.sent
    uplink_id = bench.offer(CONTENT[:2000])
    bench.approve(uplink_id)
    bench.fly(10.0)
    assert bench.link.sent == sent and "was lost: rain" in bench.files.why_waiting(uplink_id)
    bench.go_to_pass(1)
    bench.fly(60.0, until=ended(bench, uplink_id))
    assert (bench.on_board / NAME).read_bytes() == CONTENT[:2000]


def test_frames_of_files_are_not_kept_for_ever(bench: FlyingBench) -> None:
    command(bench, now(bench, "PING", 2.0))
    uplink_id = bench.offer(CONTENT[:4000])
    bench.approve(uplink_id)
    bench.fly(60.0, until=ended(bench, uplink_id))
    bench.fly(5.0)
    with bench.rig.database.read() as connection:
        kept = connection.execute(text("SELECT state FROM uplink_frames")).scalars().all()
    assert kept == ["acknowledged"]  # the command's


def test_a_file_that_nobody_approved_in_time_ends(bench: FlyingBench) -> None:
    uplink_id = bench.offer(CONTENT[:2000])
    bench.fly(2.0)
    bench.go_to_pass(2)  # the request has expired
    bench.requests.expire(bench.clock.now_utc(), lambda *_: None)
    bench.fly(5.0, until=ended(bench, uplink_id))
    one = bench.files.uplinks.get(uplink_id)
    assert one.source.state is TransferState.FAILED and "is expired" in one.reason
    assert bench.link.sent == 0  # the spacecraft had heard nothing of it, and need not hear of its end


def test_list_delete_and_an_unknown_file(bench: FlyingBench) -> None:
    put_on_board(bench, b"one", "a.bin")
    put_on_board(bench, b"three", "b/c.bin")
    command(
        bench,
        now(bench, "LIST_FILES"),
        now(bench, "DELETE_FILE", 4.0, file_name="a.bin"),
        now(bench, "DELETE_FILE", 6.0, file_name="a.bin"),
        now(bench, "DOWNLINK_FILE", 8.0, delivery="acknowledged", file_name="../a.bin"),
    )
    bench.fly(3.0)
    listed = bench.files.lists.of(SATELLITE)
    assert listed is not None and [one.name for one in listed.files.values()] == ["a.bin", "b/c.bin"]
    bench.fly(10.0)
    listed = bench.files.lists.of(SATELLITE)
    assert listed is not None and [one.name for one in listed.files.values()] == ["b/c.bin"]
    assert not (bench.on_board / "a.bin").exists()
    assert states(bench) == ["completed", "completed", "failed", "failed"]
    assert ["unknown_file" in one.reason for one in bench.rig.pipeline.register.find()] == [False, False, True, True]


def test_a_cancelled_transfer_ends_on_both_sides(bench: FlyingBench) -> None:
    put_on_board(bench, CONTENT * 20, "logs/long.bin")
    uplink_id = bench.offer(CONTENT)
    bench.approve(uplink_id)
    command(bench, now(bench, "DOWNLINK_FILE", delivery="acknowledged", file_name="logs/long.bin"))
    bench.fly(30.0, until=lambda: bool(bench.files.downlinks.all()))
    down_id = bench.files.downlinks.all()[0].downlink_id
    bench.files.cancel(uplink_id, "olga", "no longer wanted")
    bench.files.cancel(down_id, "olga", "no longer wanted")
    with pytest.raises(Conflict):
        bench.files.downlinks.file(down_id)
    bench.fly(30.0, until=lambda: ended(bench, uplink_id)() and came(bench)())
    bench.fly(10.0)
    memory = bench.link.craft.state.files
    assert [one.over for one in (*memory.sending.values(), *memory.receiving.values())] == [True, True]
    with pytest.raises(Conflict, match="already"):
        bench.files.cancel(uplink_id, "olga", "again")
    with pytest.raises(NotFound):
        bench.files.cancel("file-LSAT-1-99", "olga", "again")
    assert [one.state for one in bench.requests.find((), "file")] == ["revoked"]


def test_two_downlinks_of_one_name_are_both_kept(bench: FlyingBench) -> None:
    put_on_board(bench, b"first")
    command(bench, now(bench, "DOWNLINK_FILE", delivery="acknowledged", file_name=NAME))
    bench.fly(30.0, until=came(bench))
    put_on_board(bench, b"second")
    command(bench, now(bench, "DOWNLINK_FILE", delivery="unacknowledged", file_name=NAME), plan_id="plan-files2")
    bench.fly(30.0, until=came(bench, 2))
    kept = [bench.files.downlinks.file(one.downlink_id).read_bytes() for one in bench.files.downlinks.all()]
    assert kept == [b"first", b"second"]


def test_the_ground_leaves_out_units_that_belong_to_nobody(bench: FlyingBench) -> None:
    """A spacecraft that sends nonsense, or in another's name, does no harm: it is counted."""
    foreign = Transaction(source=674, destination=2000, number=1).metadata("a", "a", 1)
    unknown = Transaction(source=2000, destination=673, number=77).finished(ConditionCode.NO_ERROR, kept=True)
    for unit in (b"nonsense", foreign, unknown):
        bench.link.craft._aboard.tell(unit_packet(PacketType.TELEMETRY, 2000, 0, unit))
    bench.fly(2.0)
    assert bench.files.refused_units == 3 and bench.files.downlinks.all() == []
    assert len(bench.rig.archive.packets(apid=2000)) == 3  # and they are kept
