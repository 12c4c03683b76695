"""The receiving half of a CFDP transaction: keeps what arrives, asks for what is missing, and says how it ended.

Octets are written before the state that counts them: after a crash in between they are asked for and written again. A
file appears under its name only whole and with the right checksum.
"""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel, ConfigDict
from spacepackets.cfdp import ConditionCode, DirectiveType
from spacepackets.cfdp.pdu import AckPdu, EofPdu, FileDataPdu, MetadataPdu

from core.errors import LlamaSpaceError
from core.link.cfdp.pdus import Span, Transaction, decode_pdu, transaction_of
from core.link.cfdp.source import Timing, TransferState
from core.link.errors import FrameMalformed

__all__ = ["Destination", "DestinationState", "FileRefused", "FileStore"]

_REQUESTS_AT_ONCE = 16  # spans in one request


class FileRefused(LlamaSpaceError):
    """A file store does not take a file: it is full, or the name is none that it takes."""

    default_code = "FIL-001"


class FileStore(Protocol):
    """Where files are received."""

    def check(self, name: str, size: int) -> None:
        """FileRefused where such a file would not be taken."""

    def write(self, transaction_id: str, offset: int, data: bytes) -> None:
        """Keep octets of a file that is not whole yet; FileRefused where there is no room."""

    def checksum(self, transaction_id: str, size: int) -> int:
        """The modular checksum of what is kept."""

    def keep(self, transaction_id: str, name: str, size: int) -> None:
        """Make it a file of its name, at once and whole; the parts stay until they are discarded."""

    def discard(self, transaction_id: str) -> None:
        """Forget what is kept of a file."""


class DestinationState(BaseModel):
    """Everything that the receiver has to remember."""

    model_config = ConfigDict(extra="forbid")

    transaction: Transaction
    state: TransferState = TransferState.OPEN
    condition: int = int(ConditionCode.NO_ERROR)
    name: str | None = None
    size: int | None = None  # as the metadata tells it
    held: list[Span] = []
    eof: tuple[int, int] | None = None  # checksum and size
    owes_acknowledgement: bool = False
    finish_acknowledged: bool = False
    attempts: int = 0  # of what is being asked now
    asked_tai_s: float | None = None

    @property
    def condition_code(self) -> ConditionCode:
        """Why it ended."""
        return ConditionCode(self.condition)

    @property
    def over(self) -> bool:
        """Whether it has ended and the sender knows, as far as its class lets it know."""
        ended = self.state in (TransferState.DELIVERED, TransferState.FAILED) and not self.owes_acknowledgement
        return ended and (self.finish_acknowledged or not self.transaction.acknowledged)

    @property
    def received(self) -> int:
        """How many octets are kept."""
        return sum(stop - start for start, stop in self.held)

    @property
    def missing(self) -> list[Span]:
        """What the file still lacks; (0, 0) stands for its metadata."""
        end = self.eof[1] if self.eof is not None else max((one[1] for one in self.held), default=0)
        spans: list[Span] = [] if self.name is not None else [(0, 0)]
        at = 0
        for start, stop in self.held:
            if start > at:
                spans.append((at, start))
            at = stop
        return spans if at >= end else [*spans, (at, end)]


class Destination:
    """Receives a file.

    Args:
        state: Where it left off.
        store: Where it is kept.
        timing: Time-outs.
    """

    def __init__(self, state: DestinationState, store: FileStore, timing: Timing | None = None) -> None:
        self.state = state
        self._store = store
        self._timing = timing or Timing()

    def receive(self, raw: bytes) -> None:
        """Take a unit of the sender in; what has been received before changes nothing.

        Raises:
            FrameMalformed: It cannot be read, or is of another transaction.
        """
        unit, state = decode_pdu(raw), self.state
        if transaction_of(unit) != state.transaction:
            raise FrameMalformed(f"a unit of transaction {transaction_of(unit).transaction_id} is not of this one")
        if isinstance(unit, AckPdu):
            state.finish_acknowledged |= unit.directive_code_of_acked_pdu == DirectiveType.FINISHED_PDU
            return
        if isinstance(unit, EofPdu):
            state.owes_acknowledgement = state.transaction.acknowledged
        if state.state is not TransferState.OPEN:
            return
        try:
            if isinstance(unit, MetadataPdu):
                self._take_metadata(unit)
            elif isinstance(unit, FileDataPdu):
                self._take_data(unit.offset, bytes(unit.file_data))
            elif isinstance(unit, EofPdu):
                self._take_end(unit)
            self._complete()
        except FileRefused:
            self._finish(ConditionCode.FILESTORE_REJECTION)

    def next_unit(self, now_tai_s: float) -> bytes | None:
        """What to send now; None while there is nothing."""
        state, transaction = self.state, self.state.transaction
        if state.owes_acknowledgement:
            state.owes_acknowledgement = False
            condition, open_still = state.condition_code, state.state is TransferState.OPEN
            return transaction.acknowledgement(DirectiveType.EOF_PDU, condition, open_still=open_still)
        if state.state is TransferState.SUSPENDED or state.finish_acknowledged or self._waits(now_tai_s):
            return None
        if state.state is TransferState.OPEN:
            return self._ask(now_tai_s)
        if not transaction.acknowledged or state.attempts >= self._timing.attempts:
            return None  # the sender hears no more; the file is as the state says
        self._asked(now_tai_s)
        return transaction.finished(state.condition_code, kept=state.state is TransferState.DELIVERED)

    def cancel(self, condition: ConditionCode = ConditionCode.CANCEL_REQUEST_RECEIVED) -> None:
        """Give it up; the sender is told, if the transaction is acknowledged."""
        if self.state.state in (TransferState.OPEN, TransferState.SUSPENDED):
            self._finish(condition)

    def resume(self) -> None:
        """A pass has begun: time-outs begin anew."""
        self.state.attempts, self.state.asked_tai_s = 0, None

    def settle(self) -> None:
        """Remove the parts of a file that has ended; only once the state that says so is stored."""
        if self.state.state in (TransferState.DELIVERED, TransferState.FAILED):
            self._store.discard(self.state.transaction.transaction_id)

    def _take_metadata(self, unit: MetadataPdu) -> None:
        if self.state.name is None:
            name = unit.dest_file_name or ""
            self._store.check(name, unit.file_size)
            self.state.name, self.state.size = name, unit.file_size

    def _take_data(self, offset: int, data: bytes) -> None:
        end = offset + len(data)
        known = [one for one in (self.state.size, self.state.eof[1] if self.state.eof else None) if one is not None]
        if any(end > size for size in known):
            self._finish(ConditionCode.FILE_SIZE_ERROR)
            return
        if not data or any(start <= offset and end <= stop for start, stop in self.state.held):
            return
        self._store.write(self.state.transaction.transaction_id, offset, data)
        self.state.held = _joined([*self.state.held, (offset, end)])
        self.state.attempts = 0

    def _take_end(self, unit: EofPdu) -> None:
        condition = ConditionCode(unit.condition_code)
        if condition != ConditionCode.NO_ERROR:
            self._finish(condition)
            return
        held_to = max((one[1] for one in self.state.held), default=0)
        if held_to > unit.file_size or self.state.size not in (None, unit.file_size):
            self._finish(ConditionCode.FILE_SIZE_ERROR)
            return
        self.state.eof = (int.from_bytes(unit.file_checksum, "big"), unit.file_size)

    def _complete(self) -> None:
        state = self.state
        if state.state is not TransferState.OPEN or state.eof is None or state.missing or state.name is None:
            return
        checksum, size = state.eof
        transaction_id = state.transaction.transaction_id
        if self._store.checksum(transaction_id, size) != checksum:
            self._finish(ConditionCode.FILE_CHECKSUM_FAILURE)
            return
        self._store.keep(transaction_id, state.name, size)
        self._finish(ConditionCode.NO_ERROR)

    def _ask(self, now_tai_s: float) -> bytes | None:
        """Ask for what is missing after the end of file; without acknowledgement, wait for it and then give up."""
        state = self.state
        if state.eof is None or not state.missing:
            return None
        if state.attempts >= self._timing.attempts:
            acknowledged = state.transaction.acknowledged
            self._finish(ConditionCode.NAK_LIMIT_REACHED if acknowledged else ConditionCode.CHECK_LIMIT_REACHED)
            return self.next_unit(now_tai_s)
        self._asked(now_tai_s)
        if not state.transaction.acknowledged:
            return None
        return state.transaction.missing(state.eof[1], state.missing[:_REQUESTS_AT_ONCE])

    def _asked(self, now_tai_s: float) -> None:
        self.state.attempts += 1
        self.state.asked_tai_s = now_tai_s

    def _waits(self, now_tai_s: float) -> bool:
        asked_tai_s = self.state.asked_tai_s
        return asked_tai_s is not None and now_tai_s < asked_tai_s + self._timing.answer_s

    def _finish(self, condition: ConditionCode) -> None:
        good = condition == ConditionCode.NO_ERROR
        self.state.state = TransferState.DELIVERED if good else TransferState.FAILED
        self.state.condition = int(condition)
        self.state.attempts, self.state.asked_tai_s = 0, None


def _joined(spans: list[Span]) -> list[Span]:
    """Spans in order, those that touch made one."""
    joined: list[Span] = []
    for start, stop in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined
