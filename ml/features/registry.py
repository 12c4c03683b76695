"""The registry of features: durable, and a name with a version stands for one definition for ever."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Column, Connection, Integer, MetaData, Row, String, Table, Text, insert, select

from core.errors import Conflict, NotFound, StoreError
from core.store import Database
from ml.features.model import Feature

__all__ = ["FeatureRegistry", "RegisteredFeature"]

_TABLES: Final = MetaData()
_features = Table(
    "features",
    _TABLES,
    Column("name", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("definition_hash", String(64), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("source_parameters", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("registered_utc", String(32), nullable=False),
)


@dataclass(frozen=True)
class RegisteredFeature:
    """A feature, and since when it is known."""

    feature: Feature
    registered_utc: datetime


class FeatureRegistry:
    """Features by name and version.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        database.create(_TABLES)
        self._database = database

    def register(self, features: Iterable[Feature], at_utc: datetime) -> None:
        """Add features, all or none; one that is there already, unchanged, stays as it is.

        Raises:
            Conflict: A name and version are there with another definition, unit, owner or description.
            StoreError: None was added.
        """
        with self._database.write() as connection:
            for one in features:
                row = self._row(connection, one.name, one.version)
                if row is None:
                    connection.execute(insert(_features).values(_columns(one, at_utc)))
                elif (known := _feature(row)).definition_hash != one.definition_hash:
                    raise Conflict(
                        f"feature {one.name} version {one.version} is known with definition "
                        f"{known.definition_hash[:12]}, not {one.definition_hash[:12]}; give it a new version",
                        code="feature-changed",
                        known=known.definition_hash,
                        given=one.definition_hash,
                    )
                elif known != one:
                    raise Conflict(
                        f"feature {one.name} version {one.version} is known with another owner or description; "
                        "give it a new version",
                        code="feature-changed",
                    )

    def feature(self, name: str, version: int | None = None) -> Feature:
        """A feature; the newest version unless one is named.

        Raises:
            NotFound: There is none.
            StoreError: What is kept is not what was registered.
        """
        with self._database.read() as connection:
            row = self._row(connection, name, version)
        if row is None:
            raise NotFound(f"there is no feature {name}" + ("" if version is None else f" version {version}"))
        return _feature(row)

    def features(self) -> list[RegisteredFeature]:
        """All of them, by name and version."""
        with self._database.read() as connection:
            rows = connection.execute(select(_features).order_by(_features.c.name, _features.c.version)).all()
        return [RegisteredFeature(_feature(row), datetime.fromisoformat(row.registered_utc)) for row in rows]

    def _row(self, connection: Connection, name: str, version: int | None) -> Row[Any] | None:
        query = select(_features).where(_features.c.name == name).order_by(_features.c.version.desc()).limit(1)
        return connection.execute(query if version is None else query.where(_features.c.version == version)).first()


def _columns(feature: Feature, at_utc: datetime) -> dict[str, Any]:
    return {
        "name": feature.name,
        "version": feature.version,
        "definition_hash": feature.definition_hash,
        "unit": feature.unit,
        "owner": feature.owner,
        "source_parameters": json.dumps(feature.source_parameters),
        "content": feature.model_dump_json(),
        "registered_utc": at_utc.isoformat(),
    }


def _feature(row: Row[Any]) -> Feature:
    try:
        feature = Feature.model_validate_json(row.content)
    except ValidationError as error:
        raise StoreError(f"feature {row.name} version {row.version} cannot be read: {error}") from error
    if (feature.name, feature.version, feature.definition_hash) != (row.name, row.version, row.definition_hash):
        raise StoreError(f"feature {row.name} version {row.version} is not what was registered")
    return feature
