"""The sending half of a CFDP transaction: gives one unit at a time, and everything that it knows is a document.

Whoever owns it stores ``state`` before a unit is sent; after a restart, or a pass that ended in the middle, it goes on
from what is stored. A unit that was sent twice does no harm: the receiver knows which octets it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from spacepackets.cfdp import ConditionCode, DirectiveType
from spacepackets.cfdp.pdu import AckPdu, FinishedPdu, NakPdu

from core.link.cfdp.pdus import LARGEST_FILE, Span, Transaction, decode_pdu, transaction_of
from core.link.errors import FrameMalformed

__all__ = ["Source", "SourceState", "Timing", "TransferState"]


@dataclass(frozen=True)
class Timing:
    """How long a transaction waits for an answer, in mission seconds in contact, and how often it asks."""

    answer_s: float = 20.0
    attempts: int = 5
    inactivity_s: float = 300.0  # the sender gives up when it has heard nothing for so long after its end of file
    segment_octets: int = 200


class TransferState(StrEnum):
    """The life of one side of a transaction."""

    OPEN = "open"
    SUSPENDED = "suspended"
    DELIVERED = "delivered"
    SENT = "sent"  # class 1: nobody says whether it arrived
    FAILED = "failed"


class SourceState(BaseModel):
    """Everything that the sender has to remember."""

    model_config = ConfigDict(extra="forbid")

    transaction: Transaction
    source_name: Annotated[str, Field(min_length=1, max_length=255)]
    destination_name: Annotated[str, Field(min_length=1, max_length=255)]
    size: Annotated[int, Field(ge=0, le=LARGEST_FILE)]
    checksum: Annotated[int, Field(ge=0, le=0xFFFF_FFFF)]
    state: TransferState = TransferState.OPEN
    condition: int = int(ConditionCode.NO_ERROR)
    metadata_sent: bool = False
    sent_to: int = 0
    requested: list[Span] = []
    eof_attempts: int = 0
    eof_sent_tai_s: float | None = None
    eof_acknowledged: bool = False
    heard_tai_s: float | None = None
    owes_acknowledgement: bool = False
    owes_cancellation: bool = False  # the receiver has not been told yet that nothing more comes

    @property
    def closing(self) -> bool:
        """Whether only the end of the transaction is left to be said: no octet of the file will be sent any more."""
        return self.state not in (TransferState.OPEN, TransferState.SUSPENDED)

    @property
    def over(self) -> bool:
        """Whether nothing at all is left to be said."""
        return self.closing and not (self.owes_acknowledgement or self.owes_cancellation)

    @property
    def condition_code(self) -> ConditionCode:
        """Why it ended."""
        return ConditionCode(self.condition)


class Source:
    """Sends a file.

    Args:
        state: Where it left off.
        read: Octets of the file from an offset, so many.
        timing: Time-outs and the length of a segment.
    """

    def __init__(self, state: SourceState, read: Callable[[int, int], bytes], timing: Timing | None = None) -> None:
        self.state = state
        self._read = read
        self._timing = timing or Timing()

    def next_unit(self, now_tai_s: float) -> bytes | None:
        """What to send now; None while there is nothing, or it is suspended."""
        state, transaction = self.state, self.state.transaction
        if state.owes_acknowledgement:
            state.owes_acknowledgement = False
            return transaction.acknowledgement(
                DirectiveType.FINISHED_PDU, state.condition_code, open_still=state.state is TransferState.OPEN
            )
        if state.owes_cancellation:
            state.owes_cancellation = False
            return transaction.end_of_file(state.checksum, state.sent_to, state.condition_code)
        if state.state is not TransferState.OPEN:
            return None
        if not state.metadata_sent:
            state.metadata_sent = True
            return transaction.metadata(state.source_name, state.destination_name, state.size)
        if state.requested:
            return self._requested()
        if state.sent_to < state.size:
            start, state.sent_to = state.sent_to, min(state.size, state.sent_to + self._timing.segment_octets)
            return self._data((start, state.sent_to))
        return self._end(now_tai_s)

    def receive(self, raw: bytes, now_tai_s: float) -> None:
        """Take a unit of the receiver in; one of another transaction is refused.

        Raises:
            FrameMalformed: It cannot be read, is of another transaction, or asks for what the file does not have.
        """
        unit, state = decode_pdu(raw), self.state
        if transaction_of(unit) != state.transaction:
            raise FrameMalformed(f"a unit of transaction {transaction_of(unit).transaction_id} is not of this one")
        if isinstance(unit, NakPdu) and state.state in (TransferState.OPEN, TransferState.SUSPENDED):
            self._take_request(list(unit.segment_requests))
        elif isinstance(unit, AckPdu) and unit.directive_code_of_acked_pdu == DirectiveType.EOF_PDU:
            state.eof_acknowledged = True
        elif isinstance(unit, FinishedPdu):
            state.owes_acknowledgement = True  # every time: the last acknowledgement may have been lost
            if state.state in (TransferState.OPEN, TransferState.SUSPENDED):
                self._finish(ConditionCode(unit.condition_code))
        state.heard_tai_s = now_tai_s

    def cancel(self, condition: ConditionCode = ConditionCode.CANCEL_REQUEST_RECEIVED) -> None:
        """Give it up; where something was sent already, the receiver is told once."""
        if not self.state.closing:
            self._finish(condition)
            self.state.owes_cancellation = self.state.metadata_sent

    def suspend(self) -> None:
        """Send nothing until it is resumed: the pass is over."""
        if self.state.state is TransferState.OPEN:
            self.state.state = TransferState.SUSPENDED

    def resume(self) -> None:
        """Go on; time-outs begin anew, and an end of file that nobody acknowledged is sent again at once."""
        if self.state.state is TransferState.SUSPENDED:
            self.state.state = TransferState.OPEN
            self.state.eof_attempts, self.state.eof_sent_tai_s, self.state.heard_tai_s = 0, None, None

    def _take_request(self, spans: list[Span]) -> None:
        for start, end in spans:
            if not 0 <= start <= end <= self.state.size:
                raise FrameMalformed(f"octets {start} to {end} are asked for of a file of {self.state.size}")
        for span in spans:
            if span not in self.state.requested:
                self.state.requested.append(span)

    def _requested(self) -> bytes:
        start, end = self.state.requested.pop(0)
        if start == end:
            return self.state.transaction.metadata(self.state.source_name, self.state.destination_name, self.state.size)
        stop = min(end, start + self._timing.segment_octets)
        if stop < end:
            self.state.requested.insert(0, (stop, end))
        return self._data((start, stop))

    def _data(self, span: Span) -> bytes:
        return self.state.transaction.file_data(span[0], self._read(span[0], span[1] - span[0]))

    def _end(self, now_tai_s: float) -> bytes | None:
        state = self.state
        if state.eof_acknowledged:  # the receiver asks for what is missing, or finishes
            state.heard_tai_s = now_tai_s if state.heard_tai_s is None else state.heard_tai_s
            if now_tai_s >= state.heard_tai_s + self._timing.inactivity_s:
                self._finish(ConditionCode.INACTIVITY_DETECTED)
            return None
        if state.eof_sent_tai_s is not None and now_tai_s < state.eof_sent_tai_s + self._timing.answer_s:
            return None
        if state.eof_attempts >= self._timing.attempts:
            self._finish(ConditionCode.POSITIVE_ACK_LIMIT_REACHED)
            return None
        state.eof_attempts += 1
        state.eof_sent_tai_s = now_tai_s
        if not state.transaction.acknowledged:
            state.state = TransferState.SENT
        return state.transaction.end_of_file(state.checksum, state.size)

    def _finish(self, condition: ConditionCode) -> None:
        good = condition == ConditionCode.NO_ERROR
        self.state.state = TransferState.DELIVERED if good else TransferState.FAILED
        self.state.condition = int(condition)
        self.state.requested = []
