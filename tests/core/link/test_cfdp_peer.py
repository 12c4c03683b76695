"""Our halves of a file delivery against those of cfdp-py (Apache-2.0), with the same units lost in each run."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cfdppy import IndicationConfig, LocalEntityConfig, RemoteEntityConfig, RemoteEntityConfigTable
from cfdppy.handler import DestHandler, SourceHandler
from cfdppy.mib import CheckTimerProvider, DefaultFaultHandlerBase
from cfdppy.request import PutRequest
from cfdppy.user import CfdpUserBase
from spacepackets import countdown
from spacepackets.cfdp import ChecksumType, PduFactory, TransmissionMode
from spacepackets.countdown import Countdown
from spacepackets.seqcount import SeqCountProvider
from spacepackets.util import ByteFieldU16

from core.link.cfdp import (
    Destination,
    DestinationState,
    FolderStore,
    Source,
    SourceState,
    Timing,
    Transaction,
    TransferState,
    decode_pdu,
    modular_checksum,
    transaction_of,
)

GROUND, CRAFT = 1, 673
CONTENT = random.Random(11).randbytes(1003)
TIMING = Timing(answer_s=1.0, attempts=8, segment_octets=64)


class _User(CfdpUserBase):
    """Listens to nothing."""

    def transaction_indication(self, *_told: Any) -> None: ...

    def eof_sent_indication(self, *_told: Any) -> None: ...

    def transaction_finished_indication(self, *_told: Any) -> None: ...

    def metadata_recv_indication(self, *_told: Any) -> None: ...

    def file_segment_recv_indication(self, *_told: Any) -> None: ...

    def report_indication(self, *_told: Any) -> None: ...

    def suspended_indication(self, *_told: Any) -> None: ...

    def resumed_indication(self, *_told: Any) -> None: ...

    def fault_indication(self, *_told: Any) -> None: ...

    def abandoned_indication(self, *_told: Any) -> None: ...

    def eof_recv_indication(self, *_told: Any) -> None: ...


class _Faults(DefaultFaultHandlerBase):
    def notice_of_suspension_cb(self, *_told: Any) -> None: ...

    def notice_of_cancellation_cb(self, *_told: Any) -> None: ...

    def abandoned_cb(self, *_told: Any) -> None: ...

    def ignore_cb(self, *_told: Any) -> None: ...


class _Timers(CheckTimerProvider):
    def provide_check_timer(self, *_about: Any, **_more: Any) -> Countdown:
        return Countdown.from_seconds(TIMING.answer_s)


@dataclass(slots=True)
class _Clock:
    """The one clock of both halves: the peer's library would otherwise read the machine's."""

    now_s: float = 0.0

    def now_ms(self) -> int:
        return round(self.now_s * 1000)

    def advance(self) -> None:
        self.now_s += 0.5


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    made = _Clock()
    monkeypatch.setattr(countdown, "time_ms", made.now_ms)
    return made


def _peer(own: int, other: int) -> tuple[LocalEntityConfig, RemoteEntityConfigTable]:
    remote = RemoteEntityConfig(
        entity_id=ByteFieldU16(other),
        max_file_segment_len=64,
        max_packet_len=512,
        closure_requested=False,
        crc_on_transmission=False,
        default_transmission_mode=TransmissionMode.ACKNOWLEDGED,
        crc_type=ChecksumType.MODULAR,
        positive_ack_timer_interval_seconds=TIMING.answer_s,
        positive_ack_timer_expiration_limit=TIMING.attempts,
        nak_timer_interval_seconds=TIMING.answer_s,
        nak_timer_expiration_limit=TIMING.attempts,
    )
    return LocalEntityConfig(ByteFieldU16(own), IndicationConfig(), _Faults()), RemoteEntityConfigTable([remote])


def _losing(*lost: int) -> Callable[[bytes], bool]:
    """Whether a unit passes: those with these numbers do not."""
    count = iter(range(100_000))
    return lambda _raw: next(count) not in lost


def _packets(handler: Any) -> list[bytes]:
    made = []
    while (holder := handler.get_next_packet()) is not None:
        made.append(bytes(holder.pdu.pack()))
    return made


# The peer's own use of what its library has deprecated is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LOSSES = [(), (0,), (3, 4, 9), (17,), (0, 5, 16, 17, 18)]


@pytest.mark.parametrize("lost", LOSSES)
def test_what_we_send_another_implementation_receives(tmp_path: Path, clock: _Clock, lost: tuple[int, ...]) -> None:
    target = tmp_path / "got.bin"
    local, table = _peer(CRAFT, GROUND)
    peer = DestHandler(local, _User(), table, _Timers())
    transaction = Transaction(source=GROUND, destination=CRAFT, number=5)
    state = SourceState(
        transaction=transaction,
        source_name="up.bin",
        destination_name=str(target),
        size=len(CONTENT),
        checksum=modular_checksum(CONTENT),
    )
    source = Source(state, lambda offset, octets: CONTENT[offset : offset + octets], TIMING)
    passes = _losing(*lost)
    for _ in range(400):
        raw = source.next_unit(clock.now_s)
        if raw is not None and passes(raw):
            peer.state_machine(PduFactory.from_raw(raw))
        else:
            peer.state_machine()
        for answer in _packets(peer):
            source.receive(answer, clock.now_s)
        clock.advance()
        if source.state.state is not TransferState.OPEN and not source.state.owes_acknowledgement:
            break
    assert source.state.state is TransferState.DELIVERED
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("lost", LOSSES)
def test_what_another_implementation_sends_we_receive(tmp_path: Path, clock: _Clock, lost: tuple[int, ...]) -> None:
    origin = tmp_path / "down.bin"
    origin.write_bytes(CONTENT)
    local, table = _peer(CRAFT, GROUND)
    peer = SourceHandler(local, _User(), table, _Timers(), SeqCountProvider(16))
    peer.put_request(
        PutRequest(
            destination_id=ByteFieldU16(GROUND),
            source_file=origin,
            dest_file=Path("got.bin"),
            trans_mode=TransmissionMode.ACKNOWLEDGED,
            closure_requested=False,
        )
    )
    store, passes = FolderStore(tmp_path / "files", 1 << 20), _losing(*lost)
    destination: Destination | None = None
    answer: bytes | None = None
    for _ in range(600):
        peer.state_machine(PduFactory.from_raw(answer) if answer is not None else None)
        for raw in _packets(peer):
            if destination is None:
                destination = Destination(DestinationState(transaction=transaction_of(decode_pdu(raw))), store, TIMING)
            if passes(raw):
                destination.receive(raw)
        answer = destination.next_unit(clock.now_s) if destination is not None else None
        clock.advance()
        if destination is not None and destination.state.finish_acknowledged:
            break
    assert destination is not None and destination.state.state is TransferState.DELIVERED
    assert (tmp_path / "files" / "got.bin").read_bytes() == CONTENT
