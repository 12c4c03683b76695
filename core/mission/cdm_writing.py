"""Conjunction data messages out: what is known of an encounter as KVN or XML (CCSDS 508.0-B-1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np

from core.errors import InputError
from core.mission.cdm import Cdm, CdmObject
from core.mission.ndm_xml import Leaf, document, element, leaves, message
from core.time import as_utc
from core.units import KM

__all__ = ["CdmFormat", "write_cdm"]

_VERSION: Final = "1.0"
_STATE: Final = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_AXES: Final = ("R", "T", "N", "RDOT", "TDOT", "NDOT")


class CdmFormat(StrEnum):
    """How a message is written."""

    KVN = "kvn"
    XML = "xml"


def write_cdm(cdm: Cdm, form: CdmFormat = CdmFormat.KVN) -> str:
    """A message with states in GCRF and covariances in RTN; the hard-body radius goes into a comment.

    Raises:
        InputError: The standard wants the whole covariance of position and velocity, and an object has only a part.
    """
    for one in cdm.objects:
        if one.state_covariance_rtn is None:
            raise InputError(
                "objects", f"{one.name} has a covariance of position alone; a message needs position and velocity"
            )
    header = [
        ("CREATION_DATE", _time(cdm.created_utc), None),
        ("ORIGINATOR", cdm.originator, None),
        ("MESSAGE_ID", cdm.message_id, None),
    ]
    relative = list(_relative(cdm))
    if form is CdmFormat.KVN:
        lines = [f"CCSDS_CDM_VERS = {_VERSION}", *_kvn(header), "", *_kvn(relative)]
        if cdm.hard_body_radius_m is not None:
            lines.append(f"COMMENT HBR = {cdm.hard_body_radius_m!r} [m]")
        for number, one in enumerate(cdm.objects, start=1):
            lines += ["", *_kvn(_metadata(number, one)), *_kvn(_state(one)), *_kvn(_covariance(one))]
        return "\n".join(lines) + "\n"
    return _xml(cdm, header, relative)


def _time(instant_utc: datetime) -> str:
    return as_utc(instant_utc).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _relative(cdm: Cdm) -> Iterator[Leaf]:
    first, second = cdm.objects
    speed_m_s = float(np.linalg.norm(second.v_gcrf_m_s - first.v_gcrf_m_s))
    yield "TCA", _time(cdm.tca_utc), None
    yield "MISS_DISTANCE", repr(cdm.miss_distance_m), "m"
    yield "RELATIVE_SPEED", repr(speed_m_s), "m/s"
    if cdm.stated_probability is not None:
        yield "COLLISION_PROBABILITY", repr(cdm.stated_probability), None


def _metadata(number: int, one: CdmObject) -> list[Leaf]:
    values = {
        "OBJECT": f"OBJECT{number}",
        "OBJECT_DESIGNATOR": one.designator,
        "CATALOG_NAME": "SATCAT",
        "OBJECT_NAME": one.name,
        "INTERNATIONAL_DESIGNATOR": "UNKNOWN",
        "EPHEMERIS_NAME": "NONE",
        "COVARIANCE_METHOD": "CALCULATED",
        "MANEUVERABLE": "N/A",
        "REF_FRAME": "GCRF",
    }
    return [(keyword, value, None) for keyword, value in values.items()]


def _state(one: CdmObject) -> Iterator[Leaf]:
    if one.area_m2 is not None:
        yield "AREA_PC", repr(one.area_m2), "m**2"
    for keyword, value in zip(_STATE, [*one.r_gcrf_m, *one.v_gcrf_m_s], strict=True):
        yield keyword, repr(float(value) / KM), "km/s" if keyword.endswith("DOT") else "km"


def _covariance(one: CdmObject) -> Iterator[Leaf]:
    assert one.state_covariance_rtn is not None
    for row, first in enumerate(_AXES):
        for column, second in enumerate(_AXES[: row + 1]):
            rates = first.endswith("DOT") + second.endswith("DOT")
            value = repr(float(one.state_covariance_rtn[row, column]))
            yield f"C{first}_{second}", value, ("m**2", "m**2/s", "m**2/s**2")[rates]


def _kvn(entries: Sequence[Leaf] | Iterator[Leaf]) -> list[str]:
    return [f"{keyword} = {value}" + (f" [{unit}]" if unit else "") for keyword, value, unit in entries]


def _xml(cdm: Cdm, header: Sequence[Leaf], relative: Sequence[Leaf]) -> str:
    radius = "" if cdm.hard_body_radius_m is None else f"<COMMENT>HBR = {cdm.hard_body_radius_m!r} [m]</COMMENT>\n"
    segments = "".join(
        element(
            "segment",
            element("metadata", leaves(_metadata(number, one)))
            + element(
                "data",
                element("stateVector", leaves(_state(one))) + element("covarianceMatrix", leaves(_covariance(one))),
            ),
        )
        for number, one in enumerate(cdm.objects, start=1)
    )
    body = element("body", element("relativeMetadataData", radius + leaves(relative)) + segments)
    return document(message("cdm", _VERSION, element("header", leaves(header)) + body))
