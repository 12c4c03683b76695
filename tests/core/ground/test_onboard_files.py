"""The file store on board: bounded, unmoved by garbage, and read by an implementation that is not ours."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacepackets.ccsds import SpacePacketHeader, get_total_space_packet_len_from_len_field
from spacepackets.cfdp import PduFactory
from spacepackets.cfdp.pdu import FileDataPdu

from core.command.frame import build_frame
from core.command.offline import read_uplink
from core.command.protect import LinkCounters
from core.errors import LinkError
from core.ground.simulator.onboard_files import LARGEST_LIST, OnboardFiles
from core.ground.simulator.state import FilesMemory
from core.link import LinkKeys, PacketType, decode_telecommand, encode_cltu, new_link_keys
from core.link.cfdp import (
    Destination,
    DestinationState,
    FileRefused,
    FolderStore,
    Transaction,
    TransferState,
    modular_checksum,
    unit_in_packet,
    unit_packet,
)
from core.link.errors import FrameMalformed
from core.mdb import reference_mdb
from core.mission import reference_mission

GROUND, CRAFT, CAPACITY = 2000, 673, 50_000
CONTENT = random.Random(2).randbytes(3000)


def store(folder: Path, memory: FilesMemory | None = None, capacity: int = CAPACITY) -> OnboardFiles:
    return OnboardFiles(folder / "files", capacity, CRAFT, GROUND, 500, memory or FilesMemory())


def units_of(content: bytes, name: str, number: int = 1, *, acknowledged: bool = True) -> list[bytes]:
    sent = Transaction(source=GROUND, destination=CRAFT, number=number, acknowledged=acknowledged)
    parts = [sent.file_data(at, content[at : at + 200]) for at in range(0, len(content), 200)]
    return [sent.metadata("x", name, len(content)), *parts, sent.end_of_file(modular_checksum(content), len(content))]


def upload(files: OnboardFiles, content: bytes, name: str, number: int = 1) -> DestinationState | None:
    ended = [files.receive(unit, 0.0) for unit in units_of(content, name, number)]
    return next((one for one in ended if one is not None), None)


_WHOLE = [
    *units_of(CONTENT[:300], "a.bin", 7),
    Transaction(source=CRAFT, destination=GROUND, number=1).finished(0, kept=True),
    Transaction(source=CRAFT, destination=GROUND, number=1).missing(200, [(0, 0), (100, 200)]),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=80)
    | st.builds(
        lambda unit, at, value, end: (unit[: at % len(unit)] + bytes([value]) + unit[at % len(unit) + 1 :])[:end],
        st.sampled_from(_WHOLE),
        st.integers(0, 400),
        st.integers(0, 255),
        st.integers(1, 400),
    )
)
def test_no_octets_upset_the_store(tmp_path: Path, unit: bytes) -> None:
    """What is no unit is refused as such; what is one is carried out, and neither raises anything else."""
    memory = FilesMemory()
    files = store(tmp_path, memory)
    files.send("kept.bin", acknowledged=True) if "kept.bin" in files.files() else upload(files, b"k" * 200, "kept.bin")
    with contextlib.suppress(FrameMalformed):
        files.receive(unit, 1.0)
    while files.next_unit(1.0) is not None:
        pass
    files.settle()
    assert FilesMemory.model_validate_json(memory.model_dump_json()) == memory
    assert files.files()["kept.bin"] == 200
    outside = [one for one in tmp_path.rglob("*") if one.is_file() and tmp_path / "files" not in one.parents]
    assert outside == []


def test_another_implementation_reads_our_packets() -> None:
    """The space packet and the unit in it, by a library that we did not write."""
    unit = Transaction(source=GROUND, destination=CRAFT, number=3).file_data(400, CONTENT[:200])
    raw = unit_packet(PacketType.TELECOMMAND, 2000, 17, unit)
    header = SpacePacketHeader.unpack(raw)
    assert (header.apid, header.seq_count, header.sec_header_flag, header.packet_type) == (2000, 17, False, 1)
    assert get_total_space_packet_len_from_len_field(header.data_len) == len(raw)
    read = PduFactory.from_raw(raw[6:])
    assert isinstance(read, FileDataPdu) and (read.offset, bytes(read.file_data)) == (400, CONTENT[:200])
    with pytest.raises(LinkError):
        decode_telecommand(raw)  # a unit can never be taken for a telecommand


@pytest.mark.parametrize(
    ("direction", "apid", "flags"), [(PacketType.TELEMETRY, 2000, 3), (PacketType.TELECOMMAND, 2001, 3)]
)
def test_a_packet_of_another_kind_is_not_taken_apart(direction: PacketType, apid: int, flags: int) -> None:
    raw = unit_packet(direction, apid, 0, b"unit")
    with pytest.raises(FrameMalformed, match="is not one of APID 2000"):
        unit_in_packet(raw, PacketType.TELECOMMAND, 2000)
    with pytest.raises(FrameMalformed, match="segmented"):
        first = bytearray(unit_packet(PacketType.TELECOMMAND, 2000, 0, b"unit"))
        first[2] &= 0x3F
        unit_in_packet(bytes(first), PacketType.TELECOMMAND, 2000)


def test_the_store_is_bounded_in_octets_files_and_transactions(tmp_path: Path) -> None:
    files = store(tmp_path)
    assert upload(files, CONTENT, "a/b.bin").state is TransferState.DELIVERED  # type: ignore[union-attr]
    large = upload(files, bytes(CAPACITY), "large.bin", 2)
    assert large is not None and large.condition_code.name == "FILESTORE_REJECTION"
    for number in range(3, 11):
        files.receive(units_of(b"x", "x", number)[0], 0.0)
    with pytest.raises(FrameMalformed, match="are open already"):
        files.receive(units_of(b"x", "x", 11)[0], 0.0)
    files.receive(units_of(b"x", "x", 11)[0], 2 * 86_400.0)  # those that nobody goes on with are dropped
    for number in range(LARGEST_LIST - 1):
        (tmp_path / "files" / f"f{number}").write_bytes(b"")
    files.settle()
    more = upload(store(tmp_path), b"y", "one-more", 50)
    assert more is not None and more.condition_code.name == "FILESTORE_REJECTION"


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", ".parts/x", "a//b", "", "a\0b", "a/b.bin/c"])
def test_a_name_that_leads_elsewhere_is_refused_on_board_too(tmp_path: Path, name: str) -> None:
    files = store(tmp_path)
    upload(files, CONTENT, "a/b.bin")
    ended = upload(files, b"x", name, 2)
    assert ended is not None and ended.condition_code.name == "FILESTORE_REJECTION"
    assert files.files() == {"a/b.bin": len(CONTENT)}
    with pytest.raises(FileRefused):
        files.send(name, acknowledged=True)
    assert not files.delete(name)


def test_a_crash_between_deleting_and_storing_deletes_nothing(tmp_path: Path) -> None:
    memory = FilesMemory()
    files = store(tmp_path, memory)
    upload(files, CONTENT, "a.bin")
    files.settle()
    stored = memory.model_dump_json()
    assert files.delete("a.bin") and files.files() == {}
    again = store(tmp_path, FilesMemory.model_validate_json(stored))  # it died before the state was stored
    assert again.files() == {"a.bin": len(CONTENT)}
    deleted = memory.model_dump_json()
    assert store(tmp_path, FilesMemory.model_validate_json(deleted)).files() == {}
    assert not (tmp_path / "files" / "a.bin").exists()


def test_a_file_that_is_deleted_while_it_is_sent_ends_its_downlink(tmp_path: Path) -> None:
    files = store(tmp_path)
    upload(files, CONTENT, "a.bin")
    files.next_unit(0.0)
    files.send("a.bin", acknowledged=True)
    ground = Destination(
        DestinationState(transaction=Transaction(source=CRAFT, destination=GROUND, number=1)),
        FolderStore(tmp_path / "ground", CAPACITY),
    )
    for unit in [files.next_unit(1.0), files.next_unit(1.0), files.next_unit(1.0)]:
        if unit is not None and unit[4:6] == CRAFT.to_bytes(2, "big"):
            ground.receive(unit)
    files.delete("a.bin")
    files.settle()
    while (unit := files.next_unit(1.0)) is not None:
        if unit[4:6] == CRAFT.to_bytes(2, "big"):
            ground.receive(unit)
    assert ground.state.state is TransferState.FAILED
    assert ground.state.condition_code.name == "FILESTORE_REJECTION"


def test_a_frame_with_a_unit_is_read_as_one_offline() -> None:
    mission, keys = reference_mission(), LinkKeys(spacecraft={"LSAT-1": new_link_keys(CRAFT)})
    unit = Transaction(source=GROUND, destination=CRAFT, number=3).file_data(400, CONTENT[:200])
    packet = unit_packet(PacketType.TELECOMMAND, 2000, 17, unit)
    frame = build_frame(CRAFT, keys.spacecraft["LSAT-1"].tc_association(), packet, LinkCounters(5, 6, 0))
    for raw in (packet, frame, encode_cltu(frame)):
        reading = read_uplink(raw, reference_mdb(), mission, keys)
        assert reading.passed and reading.fields["transaction"] == "2000-3" and reading.fields["packet_count"] == 17
    assert not read_uplink(packet[:6] + b"\xff" * 20, reference_mdb(), mission, keys).passed
