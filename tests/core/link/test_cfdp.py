"""File delivery over links that lose, double and reorder; through ends of passes and restarts; and against another implementation."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.cfdp import ConditionCode

from core.link.cfdp import (
    Destination,
    DestinationState,
    FileRefused,
    FolderStore,
    Source,
    SourceState,
    Timing,
    Transaction,
    TransferState,
    modular_checksum,
)
from core.link.errors import FrameMalformed

TIMING = Timing(answer_s=10.0, attempts=4, inactivity_s=35.0, segment_octets=50)
CONTENT = bytes(random.Random(7).randbytes(1234))
SENT = Transaction(source=1, destination=673, number=9)


class Transfer:
    """Both sides, with whatever a link does to units; each side is stored after every step and can be restarted."""

    def __init__(
        self, folder: Path, content: bytes = CONTENT, transaction: Transaction = SENT, capacity_bytes: int = 1 << 20
    ) -> None:
        self.content = content
        self.store = FolderStore(folder, capacity_bytes)
        sent = SourceState(
            transaction=transaction,
            source_name="up.bin",
            destination_name="mass/up.bin",
            size=len(content),
            checksum=modular_checksum(content),
        )
        self.source = Source(sent, self.read, TIMING)
        self.destination = Destination(DestinationState(transaction=transaction), self.store, TIMING)
        self.now_s = 0.0
        self.folder = folder

    def read(self, offset: int, octets: int) -> bytes:
        return self.content[offset : offset + octets]

    def restart_source(self) -> None:
        kept = self.source.state.model_dump_json()
        self.source = Source(SourceState.model_validate_json(kept), self.read, TIMING)

    def restart_destination(self) -> None:
        kept = self.destination.state.model_dump_json()
        self.destination = Destination(DestinationState.model_validate_json(kept), self.store, TIMING)

    def run(self, link: Callable[[list[bytes]], list[bytes]], rounds: int = 400) -> None:
        """Rounds in which each side sends up to ten units; ends when neither has anything to say for long."""
        quiet = 0
        for _ in range(rounds):
            up = [raw for _ in range(10) if (raw := self.source.next_unit(self.now_s)) is not None]
            for raw in link(up):
                self.destination.receive(raw)
            down = [raw for _ in range(10) if (raw := self.destination.next_unit(self.now_s)) is not None]
            for raw in link(down):
                self.source.receive(raw, self.now_s)
            self.destination.settle()
            quiet = 0 if up or down else quiet + 1
            if quiet > 40:
                return
            self.now_s += 1.0

    def states(self) -> tuple[TransferState, TransferState]:
        return self.source.state.state, self.destination.state.state

    def arrived(self) -> bool:
        file = self.folder / "mass" / "up.bin"
        return file.exists() and file.read_bytes() == self.content


def _sound(units: list[bytes]) -> list[bytes]:
    return units


def _bad(seed: int, loss: float) -> Callable[[list[bytes]], list[bytes]]:
    """A link that loses, doubles, delays and reorders."""
    dice, late = random.Random(seed), list[bytes]()

    def link(units: list[bytes]) -> list[bytes]:
        passed = [one for one in units if dice.random() >= loss]
        passed += [one for one in passed if dice.random() < 0.2]
        held = [one for one in passed if dice.random() < 0.1]
        now = [one for one in passed if one not in held]
        dice.shuffle(now)
        due = []
        if dice.random() < 0.5:
            due, late[:] = list(late), []
        late.extend(held)
        return now + due

    return link


@pytest.mark.parametrize("size", [0, 1, 49, 50, 51, 1234])
@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_file_arrives_over_a_sound_link(tmp_path: Path, size: int, acknowledged: bool) -> None:
    transfer = Transfer(tmp_path, CONTENT[:size], SENT.model_copy(update={"acknowledged": acknowledged}))
    transfer.run(_sound)
    ended = TransferState.DELIVERED if acknowledged else TransferState.SENT
    assert transfer.states() == (ended, TransferState.DELIVERED) and transfer.arrived()
    assert list((tmp_path / ".parts").iterdir()) == []


class _BothWays:
    """Two bad directions: units of one never turn up in the other."""

    def __init__(self, seed: int, loss: float) -> None:
        self._ways = [_bad(seed, loss), _bad(seed + 1, loss)]
        self._turn = 0

    def __call__(self, units: list[bytes]) -> list[bytes]:
        self._turn += 1
        return self._ways[self._turn % 2](units)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1 << 30), loss=st.floats(0.0, 0.4), restarts=st.integers(0, 3))
def test_class_2_delivers_whole_or_reports(
    tmp_path_factory: pytest.TempPathFactory, seed: int, loss: float, restarts: int
) -> None:
    transfer = Transfer(tmp_path_factory.mktemp("cfdp"), CONTENT[:600])
    link = _BothWays(seed, loss)
    for _ in range(restarts):
        transfer.run(link, rounds=3)
        transfer.restart_source()
        transfer.restart_destination()
    transfer.run(link)
    source, destination = transfer.states()
    assert source is not TransferState.OPEN
    assert transfer.arrived() == (destination is TransferState.DELIVERED)
    if source is TransferState.DELIVERED:
        assert destination is TransferState.DELIVERED  # never reported where it is not so


def test_a_pass_ends_in_the_middle_and_the_next_goes_on(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    transfer.run(_sound, rounds=1)
    sent_to = transfer.source.state.sent_to
    assert 0 < sent_to < len(CONTENT)
    transfer.source.suspend()
    assert transfer.source.next_unit(transfer.now_s) is None
    transfer.restart_source()
    transfer.restart_destination()
    transfer.now_s += 90_000.0
    assert transfer.source.state.state is TransferState.SUSPENDED
    transfer.source.resume()
    transfer.destination.resume()
    transfer.run(_sound)
    assert transfer.states() == (TransferState.DELIVERED, TransferState.DELIVERED) and transfer.arrived()


def test_a_link_that_is_dead_ends_in_a_reported_failure_after_so_many_attempts(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    transfer.run(lambda _units: [])
    assert transfer.source.state.state is TransferState.FAILED
    assert transfer.source.state.condition_code == ConditionCode.POSITIVE_ACK_LIMIT_REACHED
    assert transfer.source.state.eof_attempts == TIMING.attempts


def test_class_1_with_a_gap_is_given_up_by_the_receiver(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, transaction=SENT.model_copy(update={"acknowledged": False}))
    count = iter(range(1000))
    transfer.run(lambda units: [one for one in units if next(count) != 3])
    assert transfer.destination.state.condition_code == ConditionCode.CHECK_LIMIT_REACHED
    assert not transfer.arrived() and list((tmp_path / ".parts").iterdir()) == []


def test_a_wrong_checksum_a_wrong_size_and_a_full_store_are_told_to_the_sender(tmp_path: Path) -> None:
    wrong = Transfer(tmp_path / "a")
    wrong.source.state.checksum ^= 1
    wrong.run(_sound)
    assert wrong.source.state.condition_code == ConditionCode.FILE_CHECKSUM_FAILURE
    longer = Transfer(tmp_path / "b")
    longer.destination.receive(SENT.metadata("up.bin", "mass/up.bin", 100))
    longer.destination.receive(SENT.file_data(80, bytes(40)))
    assert longer.destination.state.condition_code == ConditionCode.FILE_SIZE_ERROR
    full = Transfer(tmp_path / "c", capacity_bytes=1000)
    full.run(_sound)
    assert full.source.state.condition_code == ConditionCode.FILESTORE_REJECTION
    for one in (wrong, longer, full):
        assert one.destination.state.state is TransferState.FAILED and not one.arrived()


@pytest.mark.parametrize("name", ["../key", "/etc/passwd", "a/../b", ".parts/1-9", "", "a//b", "a b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileRefused):
        FolderStore(tmp_path, 1000).check(name, 1)


def test_a_crash_between_the_file_and_the_record_repeats_the_end(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path, CONTENT[:100])
    transfer.destination.receive(SENT.metadata("up.bin", "mass/up.bin", 100))
    transfer.destination.receive(SENT.file_data(0, CONTENT[:100]))
    before = transfer.destination.state.model_dump_json()
    end = SENT.end_of_file(modular_checksum(CONTENT[:100]), 100)
    transfer.destination.receive(end)
    transfer.destination = Destination(DestinationState.model_validate_json(before), transfer.store, TIMING)
    transfer.destination.receive(end)
    transfer.destination.settle()
    assert transfer.destination.state.state is TransferState.DELIVERED and transfer.arrived()


def test_units_of_other_transactions_and_noise_are_refused_and_change_nothing(tmp_path: Path) -> None:
    transfer = Transfer(tmp_path)
    before = transfer.destination.state.model_dump_json(), transfer.source.state.model_dump_json()
    other = SENT.model_copy(update={"number": 10})
    with pytest.raises(FrameMalformed, match="is not of this one"):
        transfer.destination.receive(other.file_data(0, b"x"))
    with pytest.raises(FrameMalformed, match="are asked for of a file of 1234"):
        transfer.source.receive(SENT.missing(9999, [(5000, 9999)]), 0.0)
    dice = random.Random(3)
    whole = SENT.metadata("up.bin", "mass/up.bin", 100)
    for number in range(2000):
        noise = dice.randbytes(number % 40) if number % 2 else whole[: dice.randrange(len(whole))]
        with contextlib.suppress(FrameMalformed):
            transfer.destination.receive(noise)
    assert (transfer.destination.state.model_dump_json(), transfer.source.state.model_dump_json()) == before
