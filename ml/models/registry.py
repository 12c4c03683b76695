"""The registry of models: versions for ever, aliases that people move, approval, roll-back; each step in the audit log."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, MetaData, Row, String, Table, func, insert, select, update

from core.errors import Conflict, InputError, NotFound
from core.events import EventLog
from core.store import Database
from core.time import format_utc
from ml.models.artefact import Artefact, Manifest, read_artefact, write_artefact

__all__ = ["LIVE", "ModelRegistry", "ModelState", "RegisteredModel"]

LIVE: Final = "live"  # the alias that answers come from; only approved versions can have it
_TABLES: Final = MetaData()
_versions = Table(
    "model_versions",
    _TABLES,
    Column("name", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("made_for", String(200), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("registered_by", String(100), nullable=False),
    Column("registered_utc", String(32), nullable=False),
    Column("decided_by", String(100)),
)
_aliases = Table(  # one row per step; the newest of an alias is where it points
    "model_alias_steps",
    _TABLES,
    Column("step", Integer, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False),
    Column("alias", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("returns_to", Integer),  # of a roll-back: the step that holds again
)


class ModelState(StrEnum):
    """What people have decided of a version."""

    CANDIDATE = "candidate"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class RegisteredModel:
    """A version of a model.

    Args:
        content_hash: Of its manifest, which names the hashes of all else.
        registered_by, registered_utc: Who trained it, when it was added.
        decided_by: Who approved or withdrew it.
        aliases: That point to it.
    """

    name: str
    version: int
    kind: str
    made_for: str
    content_hash: str
    state: ModelState
    registered_by: str
    registered_utc: str
    decided_by: str | None
    aliases: tuple[str, ...]


class ModelRegistry:
    """Versions of models by name.

    Args:
        database: Where versions and aliases are.
        events: The audit log, in the same database.
        folder: Where the models' files are, one folder per version.
    """

    def __init__(self, database: Database, events: EventLog, folder: Path) -> None:
        database.create(_TABLES)
        self._database, self._events, self._folder = database, events, folder

    def register(self, manifest: Manifest, files: Mapping[str, bytes], *, by: str, at_utc: datetime) -> RegisteredModel:
        """Add a version, a candidate until a person approves it.

        Raises:
            InputError: A file's format is not allowed.
            StoreError: Nothing was added.
        """
        with self._database.write() as connection:
            newest = connection.execute(
                select(func.max(_versions.c.version)).where(_versions.c.name == manifest.name)
            ).scalar()
            version = (newest or 0) + 1
            folder = self._at(manifest.name, version)
            if folder.exists():  # a crash came between the files and the row: no one has ever seen these
                shutil.rmtree(folder)
            whole = write_artefact(folder, manifest, files)
            row = {
                "name": whole.name,
                "version": version,
                "kind": whole.kind,
                "made_for": whole.made_for,
                "content_hash": whole.content_hash,
                "state": ModelState.CANDIDATE,
                "registered_by": by,
                "registered_utc": format_utc(at_utc),
            }
            connection.execute(insert(_versions).values(**row))
            self._tell(connection, "model.registered", whole.name, version, by, at_utc, content_hash=whole.content_hash)
        return self.version(manifest.name, version)

    def approve(self, name: str, version: int, *, by: str, reason: str, at_utc: datetime) -> None:
        """A person answers for a version; from then on ``live`` can point to it.

        Raises:
            NotFound: There is no such version.
            Conflict: It has been withdrawn.
            InputError: No reason, or its files are not what was registered.
        """
        self._decide(name, version, ModelState.APPROVED, by, reason, at_utc)

    def withdraw(self, name: str, version: int, *, by: str, reason: str, at_utc: datetime) -> None:
        """Take a version out of use for ever.

        Raises:
            NotFound: There is no such version.
            Conflict: It has been withdrawn already, or an alias points to it: move the alias first.
            InputError: No reason.
        """
        self._decide(name, version, ModelState.WITHDRAWN, by, reason, at_utc)

    def point(self, name: str, alias: str, version: int, *, by: str, reason: str, at_utc: datetime) -> None:
        """Have an alias point to a version.

        Raises:
            NotFound: There is no such version.
            Conflict: It has been withdrawn, or ``live`` is to point to one that nobody approved.
            InputError: No reason.
        """
        _check_reason(reason)
        with self._database.write() as connection:
            row = self._row(connection, name, version)
            if row.state == ModelState.WITHDRAWN or (alias == LIVE and row.state != ModelState.APPROVED):
                raise Conflict(f"{name} version {version} is {row.state}; {alias!r} cannot point to it")
            before = _newest_step(connection, name, alias)
            if before is not None and before.version == version:
                return
            connection.execute(insert(_aliases).values(name=name, alias=alias, version=version))
            self._tell(
                connection,
                "model.alias",
                name,
                version,
                by,
                at_utc,
                alias=alias,
                before=None if before is None else before.version,
                reason=reason,
            )

    def roll_back(self, name: str, alias: str, *, by: str, reason: str, at_utc: datetime) -> RegisteredModel:
        """Have an alias point to where it pointed before; versions withdrawn since are passed over.

        Raises:
            NotFound: The alias points nowhere.
            Conflict: It pointed nowhere before.
            InputError: No reason.
        """
        _check_reason(reason)
        with self._database.write() as connection:
            now = _newest_step(connection, name, alias)
            if now is None:
                raise NotFound(f"{name} has no alias {alias!r}")
            steps = connection.execute(
                select(_aliases).where(_aliases.c.name == name, _aliases.c.alias == alias).order_by(_aliases.c.step)
            ).all()
            back = self._step_before(connection, steps, now)
            if back is None:
                raise Conflict(f"{alias!r} of {name} pointed to no other version before {now.version}")
            connection.execute(
                insert(_aliases).values(name=name, alias=alias, version=back.version, returns_to=back.step)
            )
            self._tell(
                connection,
                "model.rolled-back",
                name,
                back.version,
                by,
                at_utc,
                alias=alias,
                before=now.version,
                reason=reason,
            )
        return self.version(name, back.version)

    def version(self, name: str, version: int) -> RegisteredModel:
        """A version.

        Raises:
            NotFound: There is none.
        """
        with self._database.read() as connection:
            return _registered(self._row(connection, name, version), _pointing(connection, name))

    def aliased(self, name: str, alias: str = LIVE) -> RegisteredModel:
        """The version that an alias points to.

        Raises:
            NotFound: None.
        """
        with self._database.read() as connection:
            step = _newest_step(connection, name, alias)
            if step is None:
                raise NotFound(f"{name} has no alias {alias!r}: no version has been made {alias!r} yet")
            return _registered(self._row(connection, name, step.version), _pointing(connection, name))

    def versions(self, name: str | None = None) -> list[RegisteredModel]:
        """All versions, or those of a name, in order."""
        query = select(_versions).order_by(_versions.c.name, _versions.c.version)
        with self._database.read() as connection:
            rows = connection.execute(query if name is None else query.where(_versions.c.name == name)).all()
            return [_registered(row, _pointing(connection, row.name)) for row in rows]

    def load(self, model: RegisteredModel, *, kind: str, made_for: str | None = None) -> Artefact:
        """The files of a version, compared with what was registered.

        Raises:
            InputError: They are not, or the model is one of something else.
        """
        folder = self._at(model.name, model.version)
        return read_artefact(folder, kind=kind, made_for=made_for, content_hash=model.content_hash)

    def _decide(self, name: str, version: int, state: ModelState, by: str, reason: str, at_utc: datetime) -> None:
        _check_reason(reason)
        with self._database.write() as connection:
            row = self._row(connection, name, version)
            if row.state == ModelState.WITHDRAWN:
                raise Conflict(f"{name} version {version} has been withdrawn")
            if state is ModelState.WITHDRAWN and (aliases := _pointing(connection, name).get(version)):
                raise Conflict(f"{aliases[0]!r} points to {name} version {version}; move it first")
            if state is ModelState.APPROVED:
                read_artefact(self._at(name, version), kind=row.kind, content_hash=row.content_hash)
            mine = (_versions.c.name == name, _versions.c.version == version)
            connection.execute(update(_versions).where(*mine).values(state=state, decided_by=by))
            self._tell(connection, f"model.{state}", name, version, by, at_utc, reason=reason)

    def _step_before(self, connection: Connection, steps: Iterable[Row[Any]], now: Row[Any]) -> Row[Any] | None:
        """The step that held before the present one, of another version that may still be pointed to."""
        held: list[Row[Any]] = []
        for one in steps:
            if one.returns_to is None:
                held.append(one)
            else:
                while held[-1].step != one.returns_to:
                    held.pop()
        while held:
            last = held.pop()
            withdrawn = self._row(connection, last.name, last.version).state == ModelState.WITHDRAWN
            if last.version != now.version and not withdrawn:
                return last
        return None

    def _row(self, connection: Connection, name: str, version: int) -> Row[Any]:
        mine = (_versions.c.name == name, _versions.c.version == version)
        row = connection.execute(select(_versions).where(*mine)).first()
        if row is None:
            raise NotFound(f"there is no version {version} of a model {name!r}")
        return row

    def _tell(
        self, connection: Connection, kind: str, name: str, version: int, by: str, at_utc: datetime, **facts: object
    ) -> None:
        payload = {"name": name, "version": version, **facts}
        self._events.append(connection, kind, f"model:{name}", actor=by, at_utc=at_utc, payload=payload)

    def _at(self, name: str, version: int) -> Path:
        return self._folder / name / f"v{version}"


def _newest_step(connection: Connection, name: str, alias: str) -> Row[Any] | None:
    mine = select(_aliases).where(_aliases.c.name == name, _aliases.c.alias == alias)
    return connection.execute(mine.order_by(_aliases.c.step.desc()).limit(1)).first()


def _pointing(connection: Connection, name: str) -> dict[int, list[str]]:
    """Aliases by the version that they point to."""
    now: dict[str, int] = {}
    for row in connection.execute(select(_aliases).where(_aliases.c.name == name).order_by(_aliases.c.step)):
        now[row.alias] = row.version
    found: dict[int, list[str]] = {}
    for alias, version in sorted(now.items()):
        found.setdefault(version, []).append(alias)
    return found


def _registered(row: Row[Any], pointing: Mapping[int, list[str]]) -> RegisteredModel:
    return RegisteredModel(
        name=row.name,
        version=row.version,
        kind=row.kind,
        made_for=row.made_for,
        content_hash=row.content_hash,
        state=ModelState(row.state),
        registered_by=row.registered_by,
        registered_utc=row.registered_utc,
        decided_by=row.decided_by,
        aliases=tuple(pointing.get(row.version, ())),
    )


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InputError("reason", "say why; it is kept in the log")
