"""Received conjunction messages: whom of the mission they concern, under which id, kept durably."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, UniqueConstraint, insert, select

from core.errors import Conflict, InputError, NotFound
from core.events import EventLog
from core.mission.cdm import Cdm, CdmError, CdmObject, parse_cdm
from core.mission.model import Mission, Spacecraft
from core.store import Database
from core.time import format_utc, parse_utc

__all__ = [
    "CONJUNCTION_TABLES",
    "STALE_AFTER",
    "ConjunctionFolder",
    "ConjunctionMessage",
    "ConjunctionRepository",
    "newest_of_each",
]

# Message centres renew a conjunction's message every few hours to a day; after two days its estimate has been replaced.
STALE_AFTER: Final = timedelta(hours=48)
# Updates move a closest approach by seconds; the same pair meets again half a revolution later at the earliest.
_SAME_ENCOUNTER: Final = timedelta(minutes=20)
CONJUNCTION_TABLES: Final = MetaData()
_ID: Final = re.compile(r"CDM-[0-9]{8}-[0-9]{4}")
_MOST_A_DAY: Final = 9999

_conjunctions = Table(
    "conjunctions",
    CONJUNCTION_TABLES,
    Column("conjunction_id", String(32), primary_key=True),
    Column("originator", String(128), nullable=False),
    Column("message_id", String(128), nullable=False),
    Column("satellite", String(64), nullable=False, index=True),
    Column("received_at_utc", String(32), nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("originator", "message_id"),
)


@dataclass(frozen=True)
class ConjunctionMessage:
    """A message with the mission's id for it (``CDM-YYYYMMDD-NNNN``) and the satellite that it concerns.

    ``own`` is the index of that satellite among the message's two objects.
    """

    conjunction_id: str
    satellite: str
    own: int
    received_utc: datetime
    cdm: Cdm

    @property
    def other(self) -> CdmObject:
        """The object that comes close to the satellite."""
        return self.cdm.objects[1 - self.own]


def newest_of_each(messages: Sequence[ConjunctionMessage]) -> list[ConjunctionMessage]:
    """The messages that no newer one about the same encounter replaces, in the order given.

    Two messages are about the same encounter when satellite and other object are the same and the closest approaches
    are at most 20 minutes apart.
    """
    return [one for one in messages if not any(_replaces(newer, one) for newer in messages)]


def _replaces(newer: ConjunctionMessage, older: ConjunctionMessage) -> bool:
    return (
        (newer.cdm.created_utc, newer.conjunction_id) > (older.cdm.created_utc, older.conjunction_id)
        and newer.satellite == older.satellite
        and (newer.other.designator, newer.other.name) == (older.other.designator, older.other.name)
        and abs(newer.cdm.tca_utc - older.cdm.tca_utc) <= _SAME_ENCOUNTER
    )


class ConjunctionRepository:
    """Messages in the database; create it once and pass it around."""

    def __init__(self, database: Database, events: EventLog, mission: Mission) -> None:
        self._database = database
        self._events = events
        self._mission = mission
        database.create(CONJUNCTION_TABLES)

    def receive(self, text: str, *, actor: str, at_utc: datetime) -> ConjunctionMessage:
        """Check and store a message; the same text again gives the message that is there.

        A MESSAGE_ID of the form ``CDM-YYYYMMDD-NNNN`` is the conjunction's id; any other message gets the next free id
        of the day of its closest approach.

        Raises:
            CdmError: The text is not a usable message, or concerns no satellite of the mission.
            Conflict: Another text with this originator and message id, or with this conjunction id, has been received.
        """
        cdm = parse_cdm(text)
        own, craft = _own(cdm, self._mission)
        with self._database.write() as connection:
            known = self._same(connection, cdm)
            if known is not None:
                if known["content"] != text:
                    raise Conflict(
                        f"another message {cdm.message_id} of {cdm.originator} has been received as {known['conjunction_id']}",
                        code="message-taken",
                    )
                return self._message(known)
            row = {
                "conjunction_id": self._free_id(connection, cdm),
                "originator": cdm.originator,
                "message_id": cdm.message_id,
                "satellite": craft.id,
                "received_at_utc": format_utc(at_utc),
                "content": text,
            }
            connection.execute(insert(_conjunctions).values(**row))
            self._events.append(
                connection,
                "conjunction.received",
                row["conjunction_id"],
                actor=actor,
                at_utc=at_utc,
                payload={
                    **{key: row[key] for key in ("originator", "message_id", "satellite")},
                    "tca": format_utc(cdm.tca_utc),
                    "sha256": hashlib.sha256(text.encode()).hexdigest(),
                },
            )
        return ConjunctionMessage(row["conjunction_id"], craft.id, own, parse_utc(row["received_at_utc"]), cdm)

    def messages(self, satellite: str | None = None) -> list[ConjunctionMessage]:
        """All messages, or those of a satellite, in the order of their ids."""
        query = select(_conjunctions).order_by(_conjunctions.c.conjunction_id)
        if satellite is not None:
            query = query.where(_conjunctions.c.satellite == satellite)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [self._message(row) for row in rows]

    def message(self, conjunction_id: str) -> ConjunctionMessage:
        """The message of an id; NotFound when none has been received."""
        query = select(_conjunctions).where(_conjunctions.c.conjunction_id == conjunction_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise _not_received(conjunction_id)
        return self._message(row)

    def _same(self, connection: Connection, cdm: Cdm) -> Any:
        query = select(_conjunctions).where(
            _conjunctions.c.originator == cdm.originator, _conjunctions.c.message_id == cdm.message_id
        )
        return connection.execute(query).mappings().first()

    def _free_id(self, connection: Connection, cdm: Cdm) -> str:
        if _ID.fullmatch(cdm.message_id):
            query = select(_conjunctions.c.originator).where(_conjunctions.c.conjunction_id == cdm.message_id)
            holder = connection.execute(query).scalar()
            if holder is not None:
                raise Conflict(f"{cdm.message_id} is the id of a message of {holder}", code="message-taken")
            return cdm.message_id
        stem = f"CDM-{cdm.tca_utc:%Y%m%d}-"
        query = select(_conjunctions.c.conjunction_id).where(_conjunctions.c.conjunction_id.startswith(stem))
        taken = set(connection.execute(query).scalars())
        free = (name for number in range(1, _MOST_A_DAY + 1) if (name := f"{stem}{number:04d}") not in taken)
        found = next(free, None)
        if found is None:
            raise Conflict(f"all {_MOST_A_DAY} ids {stem}NNNN are taken", code="message-taken")
        return found

    def _message(self, row: Any) -> ConjunctionMessage:
        cdm = parse_cdm(row["content"])
        own, craft = _own(cdm, self._mission)
        return ConjunctionMessage(row["conjunction_id"], craft.id, own, parse_utc(row["received_at_utc"]), cdm)


class ConjunctionFolder:
    """Messages in the files of a folder, for a single request without a service.

    A file's id is its MESSAGE_ID, or its name without the ending, whichever has the form ``CDM-YYYYMMDD-NNNN``.
    """

    def __init__(self, folder: Path, mission: Mission) -> None:
        self._messages = {one.conjunction_id: one for one in _read_folder(folder, mission)}

    def messages(self, satellite: str | None = None) -> list[ConjunctionMessage]:
        """All messages, or those of a satellite, in the order of their ids."""
        return [one for _, one in sorted(self._messages.items()) if satellite in (None, one.satellite)]

    def message(self, conjunction_id: str) -> ConjunctionMessage:
        """The message of an id; NotFound when the folder has none."""
        if conjunction_id not in self._messages:
            raise _not_received(conjunction_id)
        return self._messages[conjunction_id]


def _read_folder(folder: Path, mission: Mission) -> list[ConjunctionMessage]:
    if not folder.is_dir():
        raise InputError("conjunctions", f"{folder} is not a folder of conjunction messages")
    messages = []
    for path in sorted(one for one in folder.iterdir() if one.suffix.lower() in (".cdm", ".kvn", ".xml")):
        try:
            cdm = parse_cdm(path.read_text(encoding="utf-8"))
            own, craft = _own(cdm, mission)
        except UnicodeDecodeError as error:
            raise InputError("conjunctions", f"{path.name} is not UTF-8 text") from error
        except CdmError as error:
            raise InputError("conjunctions", f"{path.name}: {error.message}") from error
        names = [name for name in (cdm.message_id, path.stem) if _ID.fullmatch(name)]
        if not names:
            raise InputError("conjunctions", f"{path.name}: neither MESSAGE_ID nor file name is like CDM-20261123-0001")
        messages.append(ConjunctionMessage(names[0], craft.id, own, cdm.created_utc, cdm))
    return messages


def _own(cdm: Cdm, mission: Mission) -> tuple[int, Spacecraft]:
    """Which of the two objects is the mission's; the first one where both are."""
    for index, one in enumerate(cdm.objects):
        for craft in mission.spacecraft:
            if _is(craft, one):
                return index, craft
    names = " and ".join(f"{one.name} ({one.designator})" for one in cdm.objects)
    raise CdmError("OBJECT_NAME", f"{names} are not satellites of this mission")


def _is(craft: Spacecraft, one: CdmObject) -> bool:
    if craft.norad_id is not None and one.designator.isdigit():
        return int(one.designator) == craft.norad_id
    return _plain(one.name) in {_plain(name) for name in (craft.id, *craft.aliases)}


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _not_received(conjunction_id: str) -> NotFound:
    return NotFound(f"no conjunction message {conjunction_id} has been received", code="unknown-conjunction")
