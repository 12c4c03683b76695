"""CCSDS Orbit Comprehensive Messages (502.0-B-3, section 6), read from KVN or XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.mission.odm.blocks import Block
from core.mission.odm.errors import OdmError
from core.mission.odm.items import BLOCKS, Item, Line
from core.mission.odm.ocm_keywords import COV, HEADER, MAN, META, OD, PERT, PHYS, TRAJ, Keywords
from core.mission.odm.ocm_rows import (
    OcmCovariance,
    OcmManeuver,
    OcmTrajectory,
    covariance_of_rows,
    maneuver_of_rows,
    trajectory_of_rows,
)
from core.mission.odm.ocm_values import OcmClock, OcmFields, fields_of
from core.mission.odm.opm import SpacecraftParameters
from core.mission.odm.references import TimeSystem, known_time_system, known_working_frame
from core.mission.odm.text import read_items

__all__ = ["Ocm", "parse_ocm"]

_OF_BLOCK: Final[Mapping[str, Keywords]] = {
    "TRAJ": TRAJ,
    "PHYS": PHYS,
    "COV": COV,
    "MAN": MAN,
    "PERT": PERT,
    "OD": OD,
    "USER": Keywords("user-defined block", frozenset(), frozenset(), {}),
}
_USER_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
_WITH_ROWS: Final = ("TRAJ", "COV", "MAN")
_NEVER_NEGATIVE: Final = tuple(name for name, unit in PHYS.numbers.items() if unit in ("kg", "m", "m**2", "N"))


@dataclass(frozen=True)
class Ocm:
    """One message. ``physical``, ``perturbations`` and ``determination`` are None where it has no such block."""

    originator: str
    creation_date: str
    clock: OcmClock
    metadata: OcmFields
    trajectories: tuple[OcmTrajectory, ...] = ()
    physical: OcmFields | None = None
    covariances: tuple[OcmCovariance, ...] = ()
    maneuvers: tuple[OcmManeuver, ...] = ()
    perturbations: OcmFields | None = None
    determination: OcmFields | None = None
    user_defined: Mapping[str, str] = field(default_factory=dict)
    message_id: str | None = None
    classification: str | None = None

    @property
    def time_system(self) -> TimeSystem:
        """How the calendar times of the message count."""
        return self.clock.system

    @property
    def spacecraft(self) -> SpacecraftParameters:
        """What drag and radiation pressure need, as a parameter message holds it."""
        one = self.physical or OcmFields()
        return SpacecraftParameters(
            one.number("WET_MASS"),
            one.number("SRP_CONST_AREA"),
            one.number("SOLAR_RAD_COEFF"),
            one.number("DRAG_CONST_AREA"),
            one.number("DRAG_COEFF_NOM"),
        )


@dataclass
class _Draft:
    """A block while it is read."""

    kind: str
    start: Line
    block: Block
    rows: list[Item] = field(default_factory=list)
    user: dict[str, str] = field(default_factory=dict)


def parse_ocm(text: str) -> Ocm:
    """The message of a text in KVN or XML.

    Raises:
        OdmError: Syntax, an unknown, repeated or missing keyword, an unknown frame, centre, element set or time system, a
            bad number, a unit of another quantity, or rows that do not fit what their block says of them; names the
            keyword, the line and the column.
    """
    header = Block("header", HEADER)
    items = read_items(text, "OCM")
    metadata = _header(items, header)
    drafts = list(_drafts(items))
    system = known_time_system(metadata.text("TIME_SYSTEM"), metadata.line("TIME_SYSTEM"))
    clock = OcmClock.of(metadata, system)
    fields = fields_of(metadata, META, clock)
    return Ocm(
        originator=header.text("ORIGINATOR"),
        creation_date=header.text("CREATION_DATE"),
        clock=clock,
        metadata=fields,
        trajectories=tuple(trajectory_of_rows(one.block, one.rows, clock, one.start) for one in _of(drafts, "TRAJ")),
        physical=_physical(_single(drafts, "PHYS"), clock),
        covariances=tuple(
            covariance_of_rows(one.block, one.rows, clock) for one in _of(drafts, "COV") if one.block or one.rows
        ),
        maneuvers=tuple(maneuver_of_rows(one.block, one.rows, clock, one.start) for one in _of(drafts, "MAN")),
        perturbations=_perturbations(_single(drafts, "PERT"), clock),
        determination=_determination(_single(drafts, "OD"), clock),
        user_defined=_user_defined(drafts),
        message_id=header.optional("MESSAGE_ID"),
        classification=header.optional("CLASSIFICATION"),
    )


def _header(items: Iterator[Item], header: Block) -> Block:
    """Reads the header and the metadata after it."""
    for item in items:
        if item.keyword == "META_START":
            return _until_stop(items, item, _Draft("META", item.line, Block(META.name, META.all, META.numbers))).block
        header.add(item)
    raise OdmError("META_START", "is missing")


def _drafts(items: Iterator[Item]) -> Iterator[_Draft]:
    for item in items:
        kind = item.keyword.removesuffix("_START")
        if item.keyword == "META_START":
            raise OdmError("META_START", "a message has one metadata block", item.line)
        if kind not in BLOCKS or kind == item.keyword:
            raise OdmError(item.keyword or "OCM", f"{item.value[:40]!r} stands outside of all blocks", item.line)
        known = _OF_BLOCK[kind]
        # Producers repeat a keyword with the value it has, as in the comprehensive example of the standard's users.
        yield _until_stop(
            items, item, _Draft(kind, item.line, Block(known.name, known.all, known.numbers, echoes=True))
        )


def _until_stop(items: Iterator[Item], start: Item, draft: _Draft) -> _Draft:
    for item in items:
        if item.keyword == f"{draft.kind}_STOP":
            return draft
        if not item.keyword and draft.kind in _WITH_ROWS:
            draft.rows.append(item)
        elif not item.keyword:
            raise OdmError(draft.kind, f"{item.value[:40]!r} is not KEYWORD = value", item.line)
        elif item.keyword.startswith("USER_DEFINED_") and draft.kind == "USER":
            _keep(draft, item)
        elif draft.rows:
            raise OdmError(item.keyword, f"stands among the rows of the {draft.block.name}", item.line)
        elif item.keyword.startswith("USER_DEFINED"):
            raise OdmError(item.keyword, f"stands in the {draft.block.name}; its place is the USER block", item.line)
        else:
            draft.block.add(item)
    raise OdmError(f"{draft.kind}_STOP", "is missing", start.line)


def _keep(draft: _Draft, item: Item) -> None:
    name = item.keyword.removeprefix("USER_DEFINED_")
    if _USER_NAME.fullmatch(name) is None:
        raise OdmError("USER_DEFINED", f"{name[:40]!r} is no name of letters, digits and underscores", item.line)
    if name in draft.user:
        raise OdmError(item.keyword, "is given twice", item.line)
    draft.user[name] = item.written or item.value


def _of(drafts: Sequence[_Draft], kind: str) -> list[_Draft]:
    return [one for one in drafts if one.kind == kind]


def _single(drafts: Sequence[_Draft], kind: str) -> _Draft | None:
    found = _of(drafts, kind)
    if len(found) > 1:
        raise OdmError(f"{kind}_START", "the block is given twice", found[1].start)
    return found[0] if found else None


def _physical(draft: _Draft | None, clock: OcmClock) -> OcmFields | None:
    if draft is None:
        return None
    fields = fields_of(draft.block, PHYS, clock)
    frame = fields.text("OEB_PARENT_FRAME")
    if frame is not None:
        known_working_frame(frame, "OEB_PARENT_FRAME", draft.block.line("OEB_PARENT_FRAME"))
    for name in _NEVER_NEGATIVE:
        value = fields.number(name)
        if value is not None and value < 0.0:
            raise OdmError(name, f"{value:g} is negative", draft.block.line(name))
    return fields


def _perturbations(draft: _Draft | None, clock: OcmClock) -> OcmFields | None:
    if draft is None:
        return None
    fields = fields_of(draft.block, PERT, clock)
    for name in ("GM", "EQUATORIAL_RADIUS"):
        value = fields.number(name)
        if value is not None and value <= 0.0:
            raise OdmError(name, f"{value:g} is not above 0", draft.block.line(name))
    return fields


def _determination(draft: _Draft | None, clock: OcmClock) -> OcmFields | None:
    if draft is None:
        return None
    for name in ("OD_ID", "OD_METHOD", "OD_EPOCH"):
        draft.block.text(name)
    return fields_of(draft.block, OD, clock)


def _user_defined(drafts: Sequence[_Draft]) -> Mapping[str, str]:
    draft = _single(drafts, "USER")
    return draft.user if draft is not None else {}
