"""The catalogue of the column archive in its SQL database: files, summaries, what is kept, and remembered texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from core.telemetry.archive_catalogue import ArchiveFile, Catalogue, Kept
from core.telemetry.archive_summaries import SummaryFile

__all__ = ["CATALOGUE", "TABLES", "read_catalogue", "read_state", "read_states", "write_change", "write_state"]

CATALOGUE: Final = "catalogue.sqlite"  # name of the database in the archive's folder
TABLES: Final = MetaData()
_FILES: Final = Table(
    "archive_files",
    TABLES,
    Column("path", String(512), primary_key=True),
    Column("satellite", String(64), nullable=False),
    Column("container", String(128), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("first_tai_s", Float, nullable=False),
    Column("last_tai_s", Float, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("columns", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("definitions", Text, nullable=False),
    Column("first_arrival", BigInteger, nullable=False),
    Column("last_arrival", BigInteger, nullable=False),
    Column("services", Text, nullable=False),
    Column("apids", Text, nullable=False),
)
_SUMMARIES: Final = Table(
    "archive_summaries",
    TABLES,
    Column("path", String(512), primary_key=True),
    Column("satellite", String(64), nullable=False),
    Column("container", String(128), nullable=False),
    Column("length_s", Integer, nullable=False),
    Column("period", Integer, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("made_from", Text, nullable=False),
)
_KEPT: Final = Table(
    "archive_kept",
    TABLES,
    Column("satellite", String(64), primary_key=True),
    Column("packets_tai_s", Float),
    Column("values_tai_s", Float),
    Column("summaries_tai_s", Float),
    Column("packets_removed", Integer, nullable=False),
    Column("values_removed", Integer, nullable=False),
    Column("too_late", Integer, nullable=False),
)
_STATE: Final = Table(
    "archive_state", TABLES, Column("key", String(128), primary_key=True), Column("value", Text, nullable=False)
)
_EDGES: Final = ("packets_tai_s", "values_tai_s", "summaries_tai_s")


def read_catalogue(connection: Connection, folder: Path) -> Catalogue:
    """The files that count."""
    files = [_file(row, folder) for row in connection.execute(select(_FILES)).mappings()]
    summaries = [_summary_file(row, folder) for row in connection.execute(select(_SUMMARIES)).mappings()]
    kept = {row["satellite"]: _kept(row) for row in connection.execute(select(_KEPT)).mappings()}
    return Catalogue().changed([*files, *summaries], kept=kept)


def write_change(
    connection: Connection,
    folder: Path,
    made: Iterable[ArchiveFile | SummaryFile],
    removed: Iterable[ArchiveFile | SummaryFile],
    kept: Mapping[str, Kept],
) -> None:
    """Let new files count, old ones no more, and note what is kept."""
    for old in removed:
        table = _SUMMARIES if isinstance(old, SummaryFile) else _FILES
        connection.execute(delete(table).where(table.c.path == str(old.path.relative_to(folder))))
    for one in made:
        table = _SUMMARIES if isinstance(one, SummaryFile) else _FILES
        connection.execute(insert(table).values(_row(one, folder)))
    for satellite, what in kept.items():
        connection.execute(delete(_KEPT).where(_KEPT.c.satellite == satellite))
        edges = {name: None if (edge := getattr(what, name)) == float("-inf") else edge for name in _EDGES}
        counts = {
            "packets_removed": what.packets_removed,
            "values_removed": what.values_removed,
            "too_late": what.too_late,
        }
        connection.execute(insert(_KEPT).values(satellite=satellite, **edges, **counts))


def read_state(connection: Connection, key: str) -> str | None:
    """A remembered text."""
    return connection.execute(select(_STATE.c.value).where(_STATE.c.key == key)).scalar()


def read_states(connection: Connection, prefix: str) -> list[str]:
    """Remembered texts whose keys begin alike."""
    rows = connection.execute(select(_STATE.c.key, _STATE.c.value).order_by(_STATE.c.key))
    return [value for key, value in rows if key.startswith(prefix)]


def write_state(connection: Connection, state: Mapping[str, str]) -> None:
    """Remember texts."""
    for key, value in state.items():
        if not connection.execute(update(_STATE).where(_STATE.c.key == key).values(value=value)).rowcount:
            connection.execute(insert(_STATE).values(key=key, value=value))


def _file(row: RowMapping, folder: Path) -> ArchiveFile:
    return ArchiveFile(
        folder / row["path"],
        row["satellite"],
        row["container"],
        row["hour"],
        row["first_tai_s"],
        row["last_tai_s"],
        row["rows"],
        _names(row["columns"]),
        row["version"],
        tuple(json.loads(row["definitions"])),
        row["first_arrival"],
        row["last_arrival"],
        frozenset(json.loads(row["services"])),
        frozenset(json.loads(row["apids"])),
    )


def _summary_file(row: RowMapping, folder: Path) -> SummaryFile:
    made_from = {int(day): name for day, name in json.loads(row["made_from"]).items()}
    return SummaryFile(
        folder / row["path"],
        row["satellite"],
        row["container"],
        row["length_s"],
        row["period"],
        _ordered(row["parameters"]),
        made_from,
    )


def _kept(row: RowMapping) -> Kept:
    packets_s, values_s, summaries_s = (float("-inf") if row[name] is None else float(row[name]) for name in _EDGES)
    return Kept(packets_s, values_s, summaries_s, row["packets_removed"], row["values_removed"], row["too_late"])


def _row(one: ArchiveFile | SummaryFile, folder: Path) -> dict[str, Any]:
    about = {"path": str(one.path.relative_to(folder)), "satellite": one.satellite, "container": one.container}
    if isinstance(one, SummaryFile):
        return about | {
            "length_s": one.length_s,
            "period": one.period,
            "parameters": json.dumps(one.parameters),
            "made_from": json.dumps(dict(one.made_from)),
        }
    return about | {
        "hour": one.hour,
        "first_tai_s": one.first_tai_s,
        "last_tai_s": one.last_tai_s,
        "rows": one.rows,
        "columns": json.dumps(sorted(one.columns)),
        "version": one.version,
        "definitions": json.dumps(one.definitions),
        "first_arrival": one.first_arrival,
        "last_arrival": one.last_arrival,
        "services": json.dumps(sorted(one.services)),
        "apids": json.dumps(sorted(one.apids)),
    }


@lru_cache(maxsize=1024)
def _names(text: str) -> frozenset[str]:
    """Years of files have few different sets of columns."""
    return frozenset(json.loads(text))


@lru_cache(maxsize=1024)
def _ordered(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
