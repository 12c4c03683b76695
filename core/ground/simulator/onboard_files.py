"""The file store of a simulated spacecraft: receives files, sends them, lists and deletes them, within a share of its memory.

What it knows of transactions is part of the spacecraft's state and is stored with it; octets lie in a folder. A file that
was deleted goes from the folder only once the state that says so is stored.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from spacepackets.cfdp import ConditionCode

from core.ground.simulator.state import FilesMemory
from core.link import FrameMalformed
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
    decode_pdu,
    modular_checksum,
    transaction_of,
)

__all__ = ["LARGEST_LIST", "OnboardFiles"]

LARGEST_LIST: Final = 200  # files; a store with so many takes no further one
_AT_ONCE: Final = 8  # transactions that are open in one direction
_REMEMBERED: Final = 32  # that have ended: late units of theirs begin nothing new
_SILENT_S: Final = 86_400.0  # an upload that nobody has gone on with for so long is dropped
# The on-board clock knows nothing of passes that are short: it asks more often than a pass lasts, and anew in the next.
_PATIENCE: Final = Timing(answer_s=30.0, attempts=40, inactivity_s=3600.0)


class OnboardFiles:
    """Files and transactions of one spacecraft.

    Args:
        folder: Of its files.
        capacity_bytes: Its share of the mass memory.
        entity_id: Its own entity id.
        ground_id: The control centre's.
        segment_octets: Octets of a file in a unit that it sends.
        memory: Where it left off.
    """

    def __init__(
        self,
        folder: Path,
        capacity_bytes: int,
        entity_id: int,
        ground_id: int,
        segment_octets: int,
        memory: FilesMemory,
    ) -> None:
        self._store = FolderStore(folder, capacity_bytes, most_files=LARGEST_LIST)
        self._entity_id = entity_id
        self._ground_id = ground_id
        self._timing = replace(_PATIENCE, segment_octets=segment_octets)
        self._memory = memory
        self._ended = set(memory.receiving)  # whose parts may have to go
        self.settle()

    @property
    def free_bytes(self) -> int:
        """Octets that the store still takes."""
        return self._store.free_bytes

    def files(self) -> dict[str, int]:
        """The files on board, by name, with their octets."""
        gone = self._memory.deleted
        return {name: octets for name, octets in self._store.files().items() if name not in gone}

    def delete(self, name: str) -> bool:
        """Delete a file; False where there is none. One that is being sent is sent no further."""
        if name not in self.files():
            return False
        self._memory.deleted.append(name)
        for one in self._memory.sending.values():
            if one.source_name == name:
                self._source(one).cancel(ConditionCode.FILESTORE_REJECTION)
        return True

    def send(self, name: str, *, acknowledged: bool) -> bool:
        """Begin to send a file; False while too many are being sent. FileRefused where there is none of that name."""
        if name not in self.files():
            raise FileRefused(f"there is no file {name!r}", name=name)
        memory = self._memory
        if sum(not one.closing for one in memory.sending.values()) >= _AT_ONCE:
            return False
        content = self._store.path(name).read_bytes()
        transaction = Transaction(
            source=self._entity_id, destination=self._ground_id, number=memory.next_number, acknowledged=acknowledged
        )
        memory.next_number += 1
        memory.sending[transaction.transaction_id] = SourceState(
            transaction=transaction,
            source_name=name,
            destination_name=name,
            size=len(content),
            checksum=modular_checksum(content),
        )
        _forget(memory.sending)
        return True

    def receive(self, unit: bytes, now_tai_s: float) -> DestinationState | None:
        """Take a unit in; gives the upload that has ended with it, well or not.

        Raises:
            FrameMalformed: It cannot be read, or belongs to no transaction of this spacecraft.
        """
        transaction = transaction_of(decode_pdu(unit))
        if transaction.source == self._entity_id:
            sent = self._memory.sending.get(transaction.transaction_id)
            if sent is None:
                raise FrameMalformed(f"nothing is sent as transaction {transaction.transaction_id}")
            self._source(sent).receive(unit, now_tai_s)
            return None
        if (transaction.source, transaction.destination) != (self._ground_id, self._entity_id):
            raise FrameMalformed(f"transaction {transaction.transaction_id} is of entities unknown here")
        state = self._begun(transaction, now_tai_s)
        self._memory.heard_tai_s[transaction.transaction_id] = now_tai_s
        before = state.state
        self._destination(state).receive(unit)
        if before is TransferState.OPEN and state.state is TransferState.DELIVERED and state.name is not None:
            self._memory.deleted = [one for one in self._memory.deleted if one != state.name]
        if state.state is before:
            return None
        self._ended.add(transaction.transaction_id)
        return state

    def next_unit(self, now_tai_s: float) -> bytes | None:
        """What to send now: answers first, then files in turn; None while there is nothing."""
        for received in self._memory.receiving.values():
            unit = self._destination(received).next_unit(now_tai_s)
            if unit is not None:
                return unit
        for sent in self._memory.sending.values():
            if sent.over:
                continue
            try:
                unit = self._source(sent).next_unit(now_tai_s)
            except FileNotFoundError:
                self._source(sent).cancel(ConditionCode.FILESTORE_REJECTION)
                unit = self._source(sent).next_unit(now_tai_s)
            if unit is not None:
                return unit
        return None

    @property
    def busy(self) -> bool:
        """Whether any transaction has something left to say."""
        memory = self._memory
        sending = any(not one.over for one in memory.sending.values())
        return sending or any(not one.over for one in memory.receiving.values())

    def begin_pass(self) -> None:
        """A station sees the spacecraft again: time-outs begin anew."""
        for received in self._memory.receiving.values():
            self._destination(received).resume()
        for sent in self._memory.sending.values():
            source = self._source(sent)
            source.suspend()
            source.resume()

    def settle(self) -> None:
        """Remove what the stored state needs no more."""
        while self._ended:
            received = self._memory.receiving.get(self._ended.pop())
            if received is not None:
                self._destination(received).settle()
        for name in self._memory.deleted:
            self._store.delete(name)
        self._memory.deleted = []

    def _begun(self, transaction: Transaction, now_tai_s: float) -> DestinationState:
        memory, key = self._memory, transaction.transaction_id
        known = memory.receiving.get(key)
        if known is not None:
            if known.transaction != transaction:
                raise FrameMalformed(f"transaction {key} has another class than it began with")
            return known
        for other, state in memory.receiving.items():
            if state.state is TransferState.OPEN and now_tai_s - memory.heard_tai_s.get(other, 0.0) > _SILENT_S:
                self._destination(state).cancel(ConditionCode.INACTIVITY_DETECTED)
        if sum(one.state is TransferState.OPEN for one in memory.receiving.values()) >= _AT_ONCE:
            raise FrameMalformed(f"{_AT_ONCE} uploads are open already: transaction {key} is not begun")
        memory.receiving[key] = DestinationState(transaction=transaction)
        for gone in _forget(memory.receiving):
            memory.heard_tai_s.pop(gone, None)
            self._store.discard(gone)
        return memory.receiving[key]

    def _destination(self, state: DestinationState) -> Destination:
        return Destination(state, self._store, self._timing)

    def _source(self, state: SourceState) -> Source:
        return Source(state, lambda at, octets: self._read(state.source_name, at, octets), self._timing)

    def _read(self, name: str, offset: int, octets: int) -> bytes:
        with self._store.path(name).open("rb") as file:
            file.seek(offset)
            return file.read(octets)


def _forget(transactions: dict[str, SourceState] | dict[str, DestinationState]) -> list[str]:
    """Leave the newest of those that have ended; gives the others."""
    ended = [key for key, one in transactions.items() if one.state not in (TransferState.OPEN, TransferState.SUSPENDED)]
    gone = ended[: max(0, len(ended) - _REMEMBERED)]
    for key in gone:
        del transactions[key]
    return gone
