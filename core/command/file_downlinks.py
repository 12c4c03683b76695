"""File downlinks: what spacecraft send is kept until it is whole; a file appears under its name with the right checksum or not at all.

Every downlink has a folder of its own, so that a file never takes the place of an earlier one of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from core.errors import Conflict, NotFound, StoreError
from core.events import EventLog
from core.link.cfdp import Destination, DestinationState, FolderStore, Timing, Transaction, TransferState
from core.link.errors import FrameMalformed
from core.mission.model import Mission
from core.store import Database
from core.time import Clock

__all__ = ["FileDownlink", "FileDownlinks", "open_downlinks"]

_MOST_OPEN: Final = 32  # of one spacecraft
_CAPACITY_BYTES: Final = 64 << 30
_TABLES: Final = MetaData()
_downlinks = Table(
    "file_downlinks",
    _TABLES,
    Column("downlink_id", String(96), primary_key=True),
    Column("satellite", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("open", Integer, nullable=False),  # 0 once nothing is left to be said
    Column("begun_tai_s", Float, nullable=False),
    Column("heard_tai_s", Float, nullable=False),
    Column("ended_tai_s", Float),
    Column("reason", Text, nullable=False),  # why it was given up; empty where it was not
)


@dataclass(frozen=True)
class FileDownlink:
    """A downlink as it stands; times are TAI seconds since J2000."""

    downlink_id: str
    satellite: str
    state: DestinationState
    open: bool
    begun_tai_s: float
    heard_tai_s: float
    ended_tai_s: float | None
    reason: str


class FileDownlinks:
    """File downlinks in the database, and their files in a folder.

    Args:
        database: Where transactions are.
        events: The log that tells what becomes of them.
        folder: Where received files appear.
        mission: Its spacecraft are the senders.
        clock: Mission time.
        entity: CFDP's id of the control centre.
        timing: Time-outs.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        folder: Path,
        mission: Mission,
        clock: Clock,
        entity: int,
        timing: Timing | None = None,
    ) -> None:
        database.create(_TABLES)
        self._database = database
        self._events = events
        self._folder = folder
        self._mission = mission
        self._clock = clock
        self._entity = entity
        self._timing = timing
        self._stores: dict[str, _Received] = {}
        self._to_settle: set[str] = {one.downlink_id for one in self.all()}

    def receive_in(self, connection: Connection, satellite: str, transaction: Transaction, raw: bytes) -> str:
        """Take a unit of a file in, in the transaction that moves the reader on; ``sync`` before it ends.

        Returns the id of the downlink that it belongs to.
        Raises:
            FrameMalformed: It is of entities that have no part in this, or too many downlinks are open.
            StoreError: Its octets could not be kept.
        """
        if (transaction.source, transaction.destination) != (
            self._mission.craft(satellite).spacecraft_id,
            self._entity,
        ):
            raise FrameMalformed(
                f"transaction {transaction.transaction_id} is not from {satellite} to the control centre"
            )
        downlink_id = f"down-{satellite}-{transaction.number}"
        row = self._find(connection, downlink_id)
        known = _downlink(row) if row is not None else self._begin(connection, downlink_id, satellite, transaction)
        state = known.state.model_copy(deep=True)
        destination = self._destination(satellite, state)
        try:
            destination.receive(raw)
        except OSError as error:
            raise StoreError(f"{downlink_id} cannot be kept: {error.strerror}") from error
        self._follow(connection, known, state, f"spacecraft:{satellite}", heard=True)
        return downlink_id

    def next_unit_in(self, connection: Connection, downlink_id: str) -> bytes | None:
        """The next answer to the spacecraft, in the transaction that keeps it; None where there is none now."""
        known = self._load(connection, downlink_id)
        state = known.state.model_copy(deep=True)
        unit = self._destination(known.satellite, state).next_unit(self._clock.now_tai_s())
        self._follow(connection, known, state, "service")
        return unit

    def begin_pass(self, downlink_id: str) -> None:
        """Have time-outs begin anew."""
        with self._database.write() as connection:
            known = self._load(connection, downlink_id)
            state = known.state.model_copy(deep=True)
            self._destination(known.satellite, state).resume()
            self._follow(connection, known, state, "service")

    def cancel(self, downlink_id: str, actor: str, reason: str) -> None:
        """Give a downlink up; what is kept of it goes.

        Raises:
            Conflict: It has ended.
        """
        with self._database.write() as connection:
            known = self._load(connection, downlink_id)
            if known.state.state is not TransferState.OPEN:
                raise Conflict(f"{downlink_id} is {known.state.state} already", code="file-state")
            state = known.state.model_copy(deep=True)
            self._destination(known.satellite, state).cancel()
            where = _downlinks.c.downlink_id == downlink_id
            connection.execute(update(_downlinks).where(where).values(reason=reason))
            self._follow(connection, known, state, actor, reason=reason)

    def get(self, downlink_id: str) -> FileDownlink:
        """A downlink as it stands; NotFound where there is none."""
        with self._database.read() as connection:
            return self._load(connection, downlink_id)

    def all(self, *, only_open: bool = False) -> list[FileDownlink]:
        """Downlinks, the oldest first; the open ones are those about which something is left to be said."""
        query = select(_downlinks).order_by(_downlinks.c.satellite, _downlinks.c.number)
        if only_open:
            query = query.where(_downlinks.c.open == 1)
        with self._database.read() as connection:
            return [_downlink(row) for row in connection.execute(query)]

    def file(self, downlink_id: str) -> Path:
        """Where a received file lies.

        Raises:
            NotFound: There is no such downlink, or its file is not there (any more).
            Conflict: It is not whole.
        """
        one = self.get(downlink_id)
        if one.state.state is not TransferState.DELIVERED or one.state.name is None:
            raise Conflict(f"{downlink_id} is {one.state.state}: there is no whole file", code="file-state")
        path = self._store(one.satellite).received(one.state.transaction.transaction_id, one.state.name)
        if not path.is_file():
            raise NotFound(f"the file of {downlink_id} has been removed from the data folder", code="unknown-file")
        return path

    def sync(self) -> None:
        """Make octets durable before the transaction that counts them."""
        for store in self._stores.values():
            try:
                store.sync()
            except OSError as error:
                raise StoreError(f"received octets cannot be made durable: {error.strerror}") from error

    def settle(self) -> None:
        """Remove parts of files that have ended, once that is durable."""
        while self._to_settle:
            one = self.get(self._to_settle.pop())
            self._destination(one.satellite, one.state).settle()

    def _begin(
        self, connection: Connection, downlink_id: str, satellite: str, transaction: Transaction
    ) -> FileDownlink:
        many = select(func.count()).where(
            _downlinks.c.satellite == satellite, _downlinks.c.open == 1, _downlinks.c.ended_tai_s.is_(None)
        )
        if (connection.execute(many).scalar() or 0) >= _MOST_OPEN:
            raise FrameMalformed(f"{_MOST_OPEN} downlinks of {satellite} are open: {downlink_id} is not begun")
        state, now_tai_s = DestinationState(transaction=transaction), self._clock.now_tai_s()
        connection.execute(
            insert(_downlinks).values(
                downlink_id=downlink_id,
                satellite=satellite,
                number=transaction.number,
                state=state.model_dump_json(),
                open=1,
                begun_tai_s=now_tai_s,
                heard_tai_s=now_tai_s,
                reason="",
            )
        )
        begun = FileDownlink(downlink_id, satellite, state, True, now_tai_s, now_tai_s, None, "")
        self._tell(connection, "begun", begun, f"spacecraft:{satellite}", {"acknowledged": transaction.acknowledged})
        return begun

    def _follow(
        self,
        connection: Connection,
        known: FileDownlink,
        after: DestinationState,
        actor: str,
        *,
        heard: bool = False,
        reason: str = "",
    ) -> None:
        before = known.state
        changed: dict[str, Any] = {"state": after.model_dump_json(), "open": int(not after.over)}
        if heard:
            changed["heard_tai_s"] = self._clock.now_tai_s()
        elif after == before:
            return
        ended = after.state is not before.state
        if ended:
            changed["ended_tai_s"] = self._clock.now_tai_s()
        where = _downlinks.c.downlink_id == known.downlink_id
        connection.execute(update(_downlinks).where(where).values(**changed))
        if after.name is not None and before.name is None:
            self._tell(connection, "named", known, actor, {"name": after.name, "size": after.size})
        if ended:
            self._to_settle.add(known.downlink_id)
            facts: dict[str, Any] = {"condition": after.condition_code.name.lower(), "name": after.name}
            if after.state is TransferState.DELIVERED and after.name is not None:
                store, transaction_id = self._store(known.satellite), after.transaction.transaction_id
                facts |= {"size": after.size, "sha256": store.sha256(f"{transaction_id}/{after.name}")}
            self._tell(
                connection, "received" if "sha256" in facts else "lost", known, actor, facts | {"reason": reason}
            )

    def _tell(
        self, connection: Connection, what: str, known: FileDownlink, actor: str, facts: Mapping[str, Any]
    ) -> None:
        payload = {"satellite": known.satellite, **{name: one for name, one in facts.items() if one not in (None, "")}}
        self._events.append(
            connection, f"file.{what}", known.downlink_id, actor=actor, at_utc=self._clock.now_utc(), payload=payload
        )

    def _destination(self, satellite: str, state: DestinationState) -> Destination:
        return Destination(state, self._store(satellite), self._timing)

    def _store(self, satellite: str) -> _Received:
        if satellite not in self._stores:
            self._stores[satellite] = _Received(self._folder / satellite, _CAPACITY_BYTES, at_once=False)
        return self._stores[satellite]

    def _load(self, connection: Connection, downlink_id: str) -> FileDownlink:
        row = self._find(connection, downlink_id)
        if row is None:
            raise NotFound(f"there is no file downlink {downlink_id!r}", code="unknown-file")
        return _downlink(row)

    def _find(self, connection: Connection, downlink_id: str) -> Row[Any] | None:
        return connection.execute(select(_downlinks).where(_downlinks.c.downlink_id == downlink_id)).first()


def open_downlinks(
    database: Database, events: EventLog, folder: Path, mission: Mission, clock: Clock, timing: Timing | None = None
) -> FileDownlinks:
    """The file downlinks of a mission, over the folder of its files."""
    entity = mission.file_delivery.entity_id
    return FileDownlinks(database, events, folder / "received", mission, clock, entity, timing)


class _Received(FolderStore):
    """Files below a folder for each transaction."""

    def check(self, name: str, size: int) -> None:
        self.path(name)
        super().check(f"x/{name}", size)

    def keep(self, transaction_id: str, name: str, size: int) -> None:
        super().keep(transaction_id, f"{transaction_id}/{name}", size)

    def received(self, transaction_id: str, name: str) -> Path:
        """Where the file of a transaction lies."""
        return self.path(f"{transaction_id}/{name}")


def _downlink(row: Row[Any]) -> FileDownlink:
    return FileDownlink(
        row.downlink_id,
        row.satellite,
        DestinationState.model_validate_json(row.state),
        bool(row.open),
        row.begun_tai_s,
        row.heard_tai_s,
        row.ended_tai_s,
        row.reason,
    )
