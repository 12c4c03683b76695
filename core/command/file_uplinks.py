"""File uplinks: a file is offered, approved by its hash, size and destination, and given out unit by unit while that stands.

The state of a transaction and the approval's word are looked at in the transaction that takes the next unit, before it
leaves. A file that is not the approved one any more, or whose approval was revoked in the middle, gives no further unit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field
from spacepackets.cfdp import ConditionCode
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

from core.authority import ApprovalRequest, ApprovalRequests, RequestedCommand, Subject
from core.errors import CommandRefused, InputError, NotFound
from core.events import EventLog
from core.link.cfdp import (
    LARGEST_FILE,
    FolderStore,
    Source,
    SourceState,
    Timing,
    Transaction,
    TransferState,
    modular_checksum,
)
from core.mdb import CommandClass
from core.mission.model import Mission
from core.store import Database
from core.store.durable_file import write_durably
from core.time import Clock, tai_s_from_utc

__all__ = ["FILE", "FileOffer", "FileUplink", "FileUplinks", "open_uplinks"]

FILE: Final = "file"  # the kind of its requests
_STAGE: Final = "uplink"
FILE_TABLES: Final = MetaData()
_uplinks = Table(
    "file_uplinks",
    FILE_TABLES,
    Column("uplink_id", String(64), primary_key=True),
    Column("satellite", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("offer", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("open", Integer, nullable=False),  # 0 once nothing is left to be said
    Column("ended_tai_s", Float),
    Column("reason", Text, nullable=False),  # why it was ended; empty where it was not
)


class FileOffer(BaseModel):
    """What people approve: exactly this content, to this place on board of this spacecraft, in this transaction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    satellite: Annotated[str, Field(min_length=1, max_length=64)]
    transaction: Transaction
    destination_name: Annotated[str, Field(min_length=1, max_length=255)]
    size: Annotated[int, Field(ge=0, le=LARGEST_FILE)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    author: Annotated[str, Field(min_length=1, max_length=64)]
    command_class: CommandClass

    @property
    def uplink_id(self) -> str:
        """Its id: the spacecraft and the number of the transaction."""
        return f"file-{self.satellite}-{self.transaction.number}"

    def offer_hash(self) -> str:
        """SHA-256 over all of it: what an approval binds."""
        content = self.model_dump(mode="json")
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class FileUplink:
    """An uplink as it stands; ``ended_tai_s`` is when it was delivered, failed or was given up, with the reason."""

    offer: FileOffer
    source: SourceState
    open: bool
    ended_tai_s: float | None
    reason: str


class FileUplinks:
    """File uplinks in the database, and their files in a folder.

    Args:
        database: Where transactions are.
        events: The log that tells what becomes of them.
        requests: Where people approve.
        folder: Where the offered files are kept.
        mission: Its spacecraft are the receivers.
        clock: Mission time.
        entity: CFDP's id of the control centre.
        classes: Command classes by the beginning of a destination's name; the longest that fits counts, else vital.
        timing: Time-outs and the length of a segment.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        requests: ApprovalRequests,
        folder: Path,
        mission: Mission,
        clock: Clock,
        entity: int,
        classes: Mapping[str, CommandClass] | None = None,
        timing: Timing | None = None,
    ) -> None:
        database.create(FILE_TABLES)
        folder.mkdir(parents=True, exist_ok=True)
        self._names = FolderStore(folder / "names", LARGEST_FILE)
        self._database = database
        self._events = events
        self._requests = requests
        self._folder = folder
        self._mission = mission
        self._clock = clock
        self._entity = entity
        self._classes = dict(classes or {})
        self._timing = timing
        self._checked: dict[str, tuple[int, int, int]] = {}  # marks of files that were the approved ones

    def offer(
        self,
        satellite: str,
        content: bytes,
        destination_name: str,
        author: str,
        expires_utc: datetime,
        *,
        acknowledged: bool = True,
    ) -> ApprovalRequest:
        """Keep a file and ask for its approval; nothing is sent.

        Args:
            satellite: To which spacecraft.
            content: The file.
            destination_name: Its name on board.
            author: Who offers it, and can therefore not approve it.
            expires_utc: After this instant nobody can approve it, nor can it begin to leave.
            acknowledged: Class 2, in which what is lost is sent again; else class 1, in which nobody says what arrived.
        Raises:
            InputError: It is too large, or there is no such spacecraft.
            FileRefused: The destination's name leads elsewhere.
        """
        if len(content) > LARGEST_FILE:
            raise InputError("content", f"has {len(content)} octets, at most {LARGEST_FILE} can be sent")
        if satellite not in {one.id for one in self._mission.spacecraft}:
            raise InputError("satellite", f"{satellite!r} is not one of {[one.id for one in self._mission.spacecraft]}")
        self._names.check(destination_name, len(content))
        digest = hashlib.sha256(content).hexdigest()
        self._keep(digest, content)
        now_utc = self._clock.now_utc()
        with self._database.write() as connection:
            newest = select(func.max(_uplinks.c.number)).where(_uplinks.c.satellite == satellite)
            offered = FileOffer(
                satellite=satellite,
                transaction=Transaction(
                    source=self._entity,
                    destination=self._mission.craft(satellite).spacecraft_id,
                    number=(connection.execute(newest).scalar() or 0) + 1,
                    acknowledged=acknowledged,
                ),
                destination_name=destination_name,
                size=len(content),
                sha256=digest,
                author=author,
                command_class=self.class_of(destination_name),
            )
            source = SourceState(
                transaction=offered.transaction,
                source_name=digest,
                destination_name=destination_name,
                size=offered.size,
                checksum=modular_checksum(content),
                state=TransferState.SUSPENDED,
            )
            connection.execute(
                insert(_uplinks).values(
                    uplink_id=offered.uplink_id,
                    satellite=satellite,
                    number=offered.transaction.number,
                    offer=offered.model_dump_json(),
                    source=source.model_dump_json(),
                    open=1,
                    reason="",
                )
            )
            facts = offered.model_dump(mode="json", include={"destination_name", "size", "sha256", "command_class"})
            self._tell(connection, "offered", offered, f"user:{author}", facts)
        what = RequestedCommand(
            command=f"file {destination_name} ({offered.size} octets)",
            satellite=satellite,
            command_class=str(offered.command_class),
            execute_at=expires_utc,
        )
        subject = Subject(FILE, offered.uplink_id, author, str(offered.command_class))
        return self._requests.open(subject, offered.offer_hash(), 1, [what], expires_utc, now_utc)

    def class_of(self, destination_name: str) -> CommandClass:
        """The class of a file that goes there."""
        fitting = [one for one in self._classes if destination_name.startswith(one)]
        return self._classes[max(fitting, key=len)] if fitting else CommandClass.VITAL

    def known_in(self, connection: Connection, uplink_id: str) -> bool:
        """Whether there is such an uplink."""
        query = select(_uplinks.c.number).where(_uplinks.c.uplink_id == uplink_id)
        return connection.execute(query).first() is not None

    def state(self, uplink_id: str) -> SourceState:
        """How far a transaction has come; NotFound where there is none."""
        with self._database.read() as connection:
            return self._load(connection, uplink_id)[1]

    def get(self, uplink_id: str) -> FileUplink:
        """An uplink as it stands; NotFound where there is none."""
        with self._database.read() as connection:
            return _uplink(self._row(connection, uplink_id))

    def file(self, uplink_id: str) -> Path:
        """Where an offered file is kept.

        Raises:
            NotFound: There is no such uplink, or its file is not there any more.
            CommandRefused: What is kept is not what was offered.
        """
        one = self.get(uplink_id)
        path = self._folder / one.offer.sha256
        if not path.is_file():
            raise NotFound(f"the file of {uplink_id} has been removed from the data folder", code="unknown-file")
        self._check_file(one.offer, one.source)
        return path

    def all(self, *, only_open: bool = False) -> list[FileUplink]:
        """Uplinks, the oldest first; the open ones are those about which something is left to be said."""
        query = select(_uplinks).order_by(_uplinks.c.satellite, _uplinks.c.number)
        if only_open:
            query = query.where(_uplinks.c.open == 1)
        with self._database.read() as connection:
            return [_uplink(row) for row in connection.execute(query)]

    def next_unit(self, uplink_id: str) -> bytes | None:
        """The next unit to send, on record before it is given; None where there is nothing to send now.

        Raises:
            CommandRefused: The approval does not stand, or the file is not the approved one.
        """
        with self._database.write() as connection:
            return self.next_unit_in(connection, uplink_id)

    def next_unit_in(self, connection: Connection, uplink_id: str) -> bytes | None:
        """The same in the caller's transaction, which also keeps what becomes of the unit.

        The end of a transaction, which holds no octet of the file, needs no approval.
        """
        offered, before = self._load(connection, uplink_id)
        if not before.closing:
            first = uplink_id not in self._checked
            self._requests.check_in(connection, uplink_id, offered.offer_hash(), entering=first)
            self._check_file(offered, before)
        source = Source(before.model_copy(deep=True), lambda at, octets: self._read(offered, at, octets), self._timing)
        now_utc = self._clock.now_utc()
        unit = source.next_unit(tai_s_from_utc(now_utc))
        if unit is not None and not before.metadata_sent:  # it has begun to leave: its request expires no more
            self._requests.release_in(connection, FILE, uplink_id, offered.offer_hash(), "service", now_utc)
        self._follow(connection, offered, before, source.state)
        return unit

    def end(self, uplink_id: str, actor: str, reason: str, within: Callable[[Connection], None] | None = None) -> None:
        """Give an uplink up: no further octet leaves, and a spacecraft that has some is told that no more come.

        Args:
            uplink_id: Which; one that has ended stays as it is.
            actor: Who ends it.
            reason: Why.
            within: Called in the same transaction, such as to end its request.
        """
        with self._database.write() as connection:
            offered, before = self._load(connection, uplink_id)
            if not before.closing:
                source = Source(before.model_copy(deep=True), lambda at, octets: b"", self._timing)
                source.cancel(ConditionCode.CANCEL_REQUEST_RECEIVED)
                where = _uplinks.c.uplink_id == uplink_id
                connection.execute(update(_uplinks).where(where).values(reason=reason))
                self._follow(connection, offered, before, source.state, actor, reason)
            if within is not None:
                within(connection)

    def require_standing(self, uplink_id: str) -> None:
        """Refuse what has lost its approval; CommandRefused then."""
        with self._database.read() as connection:
            offered, _ = self._load(connection, uplink_id)
            self._requests.check_in(connection, uplink_id, offered.offer_hash())

    def receive(self, uplink_id: str, raw: bytes) -> SourceState:
        """Take a unit of the spacecraft in.

        Raises:
            FrameMalformed: It cannot be read, or is of another transaction.
        """
        with self._database.write() as connection:
            return self.receive_in(connection, uplink_id, raw)

    def receive_in(self, connection: Connection, uplink_id: str, raw: bytes) -> SourceState:
        """The same in the caller's transaction."""
        offered, before = self._load(connection, uplink_id)
        source = Source(before.model_copy(deep=True), lambda at, octets: b"", self._timing)
        source.receive(raw, tai_s_from_utc(self._clock.now_utc()))
        self._follow(connection, offered, before, source.state, f"spacecraft:{offered.satellite}")
        return source.state

    def begin_pass(self, uplink_id: str) -> None:
        """Go on where the last pass ended."""
        self._change(uplink_id, Source.resume)

    def end_pass(self, uplink_id: str) -> None:
        """Send nothing more until the next."""
        self._change(uplink_id, Source.suspend)

    def _change(self, uplink_id: str, change: Any) -> None:
        with self._database.write() as connection:
            offered, before = self._load(connection, uplink_id)
            source = Source(before.model_copy(deep=True), lambda at, octets: b"", self._timing)
            change(source)
            self._follow(connection, offered, before, source.state)

    def _keep(self, digest: str, content: bytes) -> None:
        write_durably(self._folder / digest, lambda draft: draft.write_bytes(content))

    def _check_file(self, offered: FileOffer, state: SourceState) -> None:
        """Refuse a kept file, or a record of it, that is not the approved one; read again when the file has changed."""
        path = self._folder / offered.sha256
        mark = _mark(path)
        same = mark is not None and (
            self._checked.get(offered.uplink_id) == mark
            or hashlib.sha256(path.read_bytes()).hexdigest() == offered.sha256
        )
        bound = (offered.transaction, offered.size, offered.destination_name)
        if mark is None or not same or (state.transaction, state.size, state.destination_name) != bound:
            raise CommandRefused(
                f"{offered.uplink_id}: what is kept is not the approved file {offered.sha256[:16]}",
                code="FIL-002",
                stage=_STAGE,
                sha256=offered.sha256,
            )
        self._checked[offered.uplink_id] = mark

    def _read(self, offered: FileOffer, offset: int, octets: int) -> bytes:
        with (self._folder / offered.sha256).open("rb") as file:
            file.seek(offset)
            return file.read(octets)

    def _load(self, connection: Connection, uplink_id: str) -> tuple[FileOffer, SourceState]:
        row = self._row(connection, uplink_id)
        return FileOffer.model_validate_json(row.offer), SourceState.model_validate_json(row.source)

    def _row(self, connection: Connection, uplink_id: str) -> Row[Any]:
        row = connection.execute(select(_uplinks).where(_uplinks.c.uplink_id == uplink_id)).first()
        if row is None:
            raise NotFound(f"there is no file uplink {uplink_id!r}", code="unknown-file")
        return row

    def _follow(
        self,
        connection: Connection,
        offered: FileOffer,
        before: SourceState,
        after: SourceState,
        actor: str = "service",
        reason: str = "",
    ) -> None:
        if after == before:
            return
        changed: dict[str, Any] = {"source": after.model_dump_json(), "open": int(not after.over)}
        if after.closing and not before.closing:
            changed["ended_tai_s"] = self._clock.now_tai_s()
        connection.execute(update(_uplinks).where(_uplinks.c.uplink_id == offered.uplink_id).values(**changed))
        if after.state is not before.state:
            facts = {"condition": after.condition_code.name.lower(), "sent_to": after.sent_to}
            self._tell(connection, after.state.value, offered, actor, facts | ({"reason": reason} if reason else {}))

    def _tell(
        self, connection: Connection, what: str, offered: FileOffer, actor: str, facts: Mapping[str, Any]
    ) -> None:
        payload = {"satellite": offered.satellite, "offer_hash": offered.offer_hash(), **facts}
        self._events.append(
            connection, f"file.{what}", offered.uplink_id, actor=actor, at_utc=self._clock.now_utc(), payload=payload
        )


def open_uplinks(
    database: Database,
    events: EventLog,
    requests: ApprovalRequests,
    folder: Path,
    mission: Mission,
    clock: Clock,
    timing: Timing | None = None,
) -> FileUplinks:
    """The file uplinks of a mission, over the folder of its files."""
    delivery = mission.file_delivery
    classes = {name: CommandClass(one) for name, one in delivery.classes.items()}
    return FileUplinks(
        database, events, requests, folder / "offered", mission, clock, delivery.entity_id, classes, timing
    )


def _uplink(row: Row[Any]) -> FileUplink:
    return FileUplink(
        FileOffer.model_validate_json(row.offer),
        SourceState.model_validate_json(row.source),
        bool(row.open),
        row.ended_tai_s,
        row.reason,
    )


def _mark(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file does; None where there is none."""
    if not path.exists():
        return None
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
