"""Files leave only as they were approved: hash, size, destination; and go on after a pass, a restart, not after a revocation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import MISSION, Bench
from sqlalchemy import text

from core.authority import ApprovalRequests, NotAuthorised, Person, package_policies
from core.command.file_uplinks import FileUplinks
from core.command.keystore import KeyPurpose
from core.command.signing import Seal
from core.errors import CommandRefused, InputError, NotFound
from core.link.cfdp import Destination, DestinationState, FileRefused, FolderStore, Timing, TransferState
from core.mdb import CommandClass

CONTENT = bytes(range(256)) * 3
ID = "file-LSAT-1-1"


class Uplinking:
    """File uplinks over a folder, and a spacecraft's store."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder)
        self.folder = folder
        seal = Seal(self.bench.rig.keys.store, KeyPurpose.APPROVAL)
        self.requests = ApprovalRequests(self.bench.rig.database, self.bench.rig.events, package_policies(), seal)
        self.uplinks = self.again()
        self.store = FolderStore(folder / "craft", 1 << 16)
        self.craft: Destination | None = None

    def again(self) -> FileUplinks:
        rig, classes = self.bench.rig, {"sys/": CommandClass.HAZARDOUS}
        timing = Timing(segment_octets=100)
        files = self.folder / "files"
        return FileUplinks(
            rig.database, rig.events, self.requests, files, MISSION, self.bench.clock, 1, classes, timing
        )

    def offer(self, name: str = "tables/a.bin") -> str:
        return self.uplinks.offer("LSAT-1", CONTENT, name, "olga", self.bench.at(900.0)).request_id

    def approve(self, request_id: str, by: str = "petra", role: str = "planner") -> None:
        self.requests.grant(request_id, Person(by, role), self.bench.clock.now_utc())

    def fly(self, units: int = 100) -> None:
        for _ in range(units):
            raw = self.uplinks.next_unit(ID)
            if raw is None:
                return
            if self.craft is None:
                transaction = self.uplinks.state(ID).transaction
                self.craft = Destination(DestinationState(transaction=transaction), self.store)
            self.craft.receive(raw)
            while (answer := self.craft.next_unit(self.bench.clock.now_tai_s())) is not None:
                self.uplinks.receive(ID, answer)


@pytest.fixture
def uplinking(tmp_path: Path) -> Iterator[Uplinking]:
    one = Uplinking(tmp_path)
    yield one
    one.bench.close()


def test_an_approved_file_arrives_over_two_passes_and_a_restart(uplinking: Uplinking) -> None:
    request_id = uplinking.offer()
    uplinking.approve(request_id)
    assert uplinking.uplinks.next_unit(ID) is None  # no pass has begun
    uplinking.uplinks.begin_pass(ID)
    uplinking.fly(units=4)
    uplinking.uplinks.end_pass(ID)
    assert uplinking.uplinks.next_unit(ID) is None and uplinking.uplinks.state(ID).sent_to == 300
    uplinking.bench.go_to(2000.0)  # the approval was in time; what has begun goes on
    uplinking.requests.expire(uplinking.bench.clock.now_utc(), lambda *_: None)
    uplinking.uplinks = uplinking.again()
    uplinking.uplinks.begin_pass(ID)
    uplinking.fly()
    assert uplinking.requests.get(request_id).state == "released"
    assert uplinking.uplinks.state(ID).state is TransferState.DELIVERED
    assert (uplinking.folder / "craft" / "tables" / "a.bin").read_bytes() == CONTENT
    kinds = [one.kind for one in uplinking.bench.rig.events.read(subject=ID, kinds=["file."])]
    assert kinds == ["file.offered", "file.open", "file.suspended", "file.open", "file.delivered"]


def test_without_approval_or_after_its_end_nothing_leaves(uplinking: Uplinking) -> None:
    request_id = uplinking.offer()
    uplinking.uplinks.begin_pass(ID)
    with pytest.raises(CommandRefused, match="is pending"):
        uplinking.uplinks.next_unit(ID)
    with pytest.raises(NotAuthorised):
        uplinking.approve(request_id, "olga", "flight_director")
    uplinking.approve(request_id)
    uplinking.fly(units=3)
    uplinking.requests.revoke(request_id, "user:fred", uplinking.bench.clock.now_utc(), "wrong table")
    with pytest.raises(CommandRefused, match="is revoked"):
        uplinking.uplinks.next_unit(ID)
    assert uplinking.uplinks.state(ID).sent_to == 200


def test_the_destination_decides_how_many_approve(uplinking: Uplinking) -> None:
    request_id = uplinking.offer("sys/boot.bin")
    assert uplinking.requests.get(request_id).command_class == "hazardous"
    uplinking.uplinks.begin_pass(ID)
    uplinking.approve(request_id)
    with pytest.raises(CommandRefused, match="is pending"):
        uplinking.uplinks.next_unit(ID)
    uplinking.approve(request_id, "fred", "flight_director")
    assert uplinking.uplinks.next_unit(ID)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE file_uplinks SET offer = replace(offer, 'tables', 'sys')", "is not there"),
        ("UPDATE file_uplinks SET source = replace(source, 'tables', 'sys')", "is not the approved file"),
        ("UPDATE approval_requests SET state = 'approved'", "are not signed as they stand"),
    ],
)
def test_altered_rows_are_refused(uplinking: Uplinking, statement: str, reason: str) -> None:
    request_id = uplinking.offer()
    if "state" not in statement:
        uplinking.approve(request_id)
    uplinking.uplinks.begin_pass(ID)
    with uplinking.bench.rig.database.write() as connection:
        connection.execute(text(statement))
    with pytest.raises(CommandRefused, match=reason):
        uplinking.uplinks.next_unit(ID)


def test_another_content_under_the_approved_hash_is_refused(uplinking: Uplinking) -> None:
    uplinking.approve(uplinking.offer())
    uplinking.uplinks.begin_pass(ID)
    uplinking.fly(units=2)
    (kept,) = [one for one in (uplinking.folder / "files").iterdir() if one.is_file()]
    kept.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(CommandRefused, match="is not the approved file") as caught:
        uplinking.uplinks.next_unit(ID)
    assert caught.value.code == "FIL-002"


def test_bad_offers_are_refused(uplinking: Uplinking) -> None:
    expires_utc = uplinking.bench.at(900.0)
    with pytest.raises(InputError, match="is not one of"):
        uplinking.uplinks.offer("LSAT-99", b"", "a", "olga", expires_utc)
    with pytest.raises(FileRefused, match="no name that is taken"):
        uplinking.uplinks.offer("LSAT-1", b"", "../a", "olga", expires_utc)
    with pytest.raises(NotFound):
        uplinking.uplinks.state("file-LSAT-1-7")
