"""What spacecraft report of the files on board (service 23): the newest list that came whole, and the one that is coming."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Column, Connection, MetaData, String, Table, Text, insert, select, update

from core.mdb import MissionDatabase, decode_packet
from core.store import Database
from core.telemetry import ArchivedPacket

__all__ = ["OnboardFile", "OnboardList", "OnboardLists"]

CONTAINER: Final = "FileSummary"
_TABLES: Final = MetaData()
_lists = Table(
    "onboard_file_lists",
    _TABLES,
    Column("satellite", String(64), primary_key=True),
    Column("whole", Text),
    Column("coming", Text),
)


class OnboardFile(BaseModel):
    """A file on board, as its spacecraft last reported it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    octets: Annotated[int, Field(ge=0)]


class OnboardList(BaseModel):
    """A list of files; whole when it has ``total`` of them."""

    model_config = ConfigDict(extra="forbid")

    number: int
    total: int
    free_octets: int
    reported_tai_s: float  # when its newest report was made on board
    files: dict[int, OnboardFile] = {}

    @property
    def whole(self) -> bool:
        """Whether every report of it has come."""
        return len(self.files) == self.total


class OnboardLists:
    """The lists of every spacecraft, in the database.

    Args:
        database: Where they are.
        mdb: Meaning of the reports.
    """

    def __init__(self, database: Database, mdb: MissionDatabase) -> None:
        database.create(_TABLES)
        self._database = database
        self._mdb = mdb

    def of(self, satellite: str) -> OnboardList | None:
        """The newest list that came whole; None before the first."""
        with self._database.read() as connection:
            text = connection.execute(select(_lists.c.whole).where(_lists.c.satellite == satellite)).scalar()
        return OnboardList.model_validate_json(text) if text else None

    def take_in(self, connection: Connection, packet: ArchivedPacket) -> bool:
        """Take a report in, in the transaction that moves the reader on; whether a list is whole with it."""
        if packet.name != CONTAINER:
            return False
        content = {name: one.value for name, one in decode_packet(self._mdb, packet.raw).parameters.items()}
        number, total, place = (int(content[one]) for one in ("file_list", "file_total", "file_number"))
        row = connection.execute(select(_lists).where(_lists.c.satellite == packet.satellite)).first()
        coming = OnboardList.model_validate_json(row.coming) if row is not None and row.coming else None
        if coming is None or (coming.number, coming.total) != (number, total):
            coming = OnboardList(number=number, total=total, free_octets=0, reported_tai_s=packet.generated_tai_s)
        coming.free_octets, coming.reported_tai_s = int(content["file_free_octets"]), packet.generated_tai_s
        if place:
            coming.files[place] = OnboardFile(name=str(content["file_name"]), octets=int(content["file_octets"]))
        kept: dict[str, str | None] = {"coming": coming.model_dump_json()}
        if coming.whole:
            kept |= {"whole": coming.model_dump_json()}
        where = _lists.c.satellite == packet.satellite
        if not connection.execute(update(_lists).where(where).values(**kept)).rowcount:
            connection.execute(insert(_lists).values(satellite=packet.satellite, **kept))
        return coming.whole
