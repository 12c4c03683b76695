"""Orbit comprehensive messages to KVN or XML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from core.mission.ndm_xml import document, element, leaves, message
from core.mission.odm.ocm import Ocm
from core.mission.odm.ocm_keywords import COV, MAN, MAN_ROW, META, OD, PERT, PHYS, TRAJ, Keywords
from core.mission.odm.ocm_rows import OcmCovariance, OcmManeuver, OcmManeuverRow, OcmTrajectory
from core.mission.odm.ocm_values import ELEMENT_UNITS, Moment, OcmFields, scale_of
from core.mission.odm.units import unit_of
from core.mission.odm.writing import OdmFormat

__all__ = ["write_ocm"]

_VERSION = "3.0"
# Keyword, value, unit.
_Entry = tuple[str, str, str | None]


@dataclass(frozen=True)
class _Written:
    """A block as it will stand in the message."""

    kind: str
    entries: list[_Entry]
    rows: list[str]


def write_ocm(ocm: Ocm, form: OdmFormat = OdmFormat.KVN) -> str:
    """A comprehensive message with all its blocks; covariances as lower triangles, times as they were written."""
    header = _header(ocm)
    metadata = list(_entries(ocm.metadata, META))
    blocks = list(_blocks(ocm))
    if form is OdmFormat.KVN:
        lines = [f"CCSDS_OCM_VERS = {_VERSION}", *_kvn(header)]
        for one in [_Written("META", metadata, []), *blocks, *_user_block(ocm.user_defined)]:
            lines += ["", f"{one.kind}_START", *_kvn(one.entries), *one.rows, f"{one.kind}_STOP"]
        return "\n".join(lines) + "\n"
    data = "".join(element(one.kind.lower(), _xml_block(one)) for one in blocks) + _user_xml(ocm.user_defined)
    segment = element("segment", element("metadata", leaves(metadata)) + element("data", data))
    return document(message("ocm", _VERSION, element("header", leaves(header)) + element("body", segment)))


def _header(ocm: Ocm) -> list[_Entry]:
    found = [
        ("CLASSIFICATION", ocm.classification),
        ("CREATION_DATE", ocm.creation_date),
        ("ORIGINATOR", ocm.originator),
        ("MESSAGE_ID", ocm.message_id),
    ]
    return [(keyword, value, None) for keyword, value in found if value is not None]


def _blocks(ocm: Ocm) -> Iterator[_Written]:
    """In the order of the standard."""
    for trajectory in ocm.trajectories:
        yield _Written("TRAJ", list(_entries(trajectory.fields, TRAJ)), list(_trajectory_rows(trajectory)))
    if ocm.physical is not None:
        yield _Written("PHYS", list(_entries(ocm.physical, PHYS)), [])
    for covariance in ocm.covariances:
        kept = [one for one in _entries(covariance.fields, COV) if one[0] != "COV_ORDERING"]
        yield _Written("COV", [*kept, ("COV_ORDERING", "LTM", None)], list(_covariance_rows(covariance)))
    for maneuver in ocm.maneuvers:
        yield _Written(
            "MAN", list(_entries(maneuver.fields, MAN)), [_maneuver_row(one, maneuver) for one in maneuver.rows]
        )
    if ocm.perturbations is not None:
        yield _Written("PERT", list(_entries(ocm.perturbations, PERT)), [])
    if ocm.determination is not None:
        yield _Written("OD", list(_entries(ocm.determination, OD)), [])


def _entries(fields: OcmFields, keywords: Keywords) -> Iterator[_Entry]:
    for keyword, value in fields.values.items():
        if isinstance(value, Moment):
            yield keyword, value.written, None
        elif isinstance(value, str):
            yield keyword, value, None
        else:
            unit = keywords.numbers[keyword]
            found = unit_of(unit)
            assert found is not None  # a test reads every unit of the tables
            yield keyword, _number(value / found.scale, whole=not unit), unit or None


def _number(value: float, *, whole: bool) -> str:
    """Counts are written without a point."""
    return str(int(value)) if whole and value.is_integer() and abs(value) < 1e15 else repr(value)


def _trajectory_rows(one: OcmTrajectory) -> Iterator[str]:
    scale = np.array([scale_of(unit) for unit in ELEMENT_UNITS[one.element_set]])
    for moment, row in zip(one.moments, one.elements / scale, strict=True):
        yield _row(moment.written, row.tolist())


def _covariance_rows(one: OcmCovariance) -> Iterator[str]:
    scale = np.array([scale_of(unit) for unit in ELEMENT_UNITS[one.element_set]])
    lower = np.tril_indices(len(scale))
    for moment, matrix in zip(one.moments, one.matrices / np.outer(scale, scale), strict=True):
        yield _row(moment.written, matrix[lower].tolist())


def _row(time: str, numbers: Sequence[float]) -> str:
    return f"{time} {' '.join(map(repr, numbers))}"


def _maneuver_row(row: OcmManeuverRow, maneuver: OcmManeuver) -> str:
    return " ".join(
        row.texts[name] if name in row.texts else repr(row.numbers[name] / scale_of(MAN_ROW[name]))
        for name in maneuver.composition
    )


def _kvn(entries: Sequence[_Entry]) -> list[str]:
    return [f"{keyword} = {value}" + (f" [{unit}]" if unit else "") for keyword, value, unit in entries]


def _user_block(user_defined: Mapping[str, str]) -> list[_Written]:
    entries: list[_Entry] = [(f"USER_DEFINED_{name}", value, None) for name, value in user_defined.items()]
    return [_Written("USER", entries, [])] if entries else []


def _user_xml(user_defined: Mapping[str, str]) -> str:
    inner = "".join(
        f"<USER_DEFINED parameter={quoteattr(name)}>{escape(value)}</USER_DEFINED>\n"
        for name, value in user_defined.items()
    )
    return element("user", inner) if inner else ""


def _xml_block(one: _Written) -> str:
    name = f"{one.kind.lower()}Line"
    return leaves(one.entries) + leaves((name, row, None) for row in one.rows)
