"""OMM to KVN, XML, JSON and CSV: what our reader takes, and what catalogues exchange."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from core.mission.ndm_xml import document, element, leaves, message
from core.mission.omm import Omm
from core.mission.omm_text import OmmFormat
from core.time import as_utc

__all__ = ["write_omm"]

_VERSION: Final = "3.0"
_THEORY: Final = {"CENTER_NAME": "EARTH", "REF_FRAME": "TEME", "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4"}
_XML_UNITS: Final = {
    "MEAN_MOTION": "rev/day",
    **dict.fromkeys(("INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY"), "deg"),
    "BSTAR": "1/ER",
    "MEAN_MOTION_DOT": "rev/day**2",
    "MEAN_MOTION_DDOT": "rev/day**3",
}

Values = Mapping[str, str]


def write_omm(messages: Sequence[Omm], form: OmmFormat, *, creation_utc: datetime, originator: str) -> str:
    """Messages in one text; numbers keep every digit.

    Args:
        messages: What to write.
        form: KVN and XML hold whole messages; JSON and CSV the keywords that catalogues exchange.
        creation_utc: When the messages were made.
        originator: Who made them.
    """
    header = {"CREATION_DATE": _time(creation_utc), "ORIGINATOR": originator}
    return _WRITERS[form](header, messages)


def _time(instant_utc: datetime) -> str:
    return as_utc(instant_utc).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _metadata(one: Omm) -> Values:
    return {"OBJECT_NAME": one.object_name, "OBJECT_ID": one.object_id or "", **_THEORY}


def _mean_elements(one: Omm) -> Values:
    elements = one.elements
    return {
        "EPOCH": _time(elements.epoch_utc),
        "MEAN_MOTION": repr(elements.mean_motion_rev_day),
        "ECCENTRICITY": repr(elements.eccentricity),
        "INCLINATION": repr(elements.inclination_deg),
        "RA_OF_ASC_NODE": repr(elements.raan_deg),
        "ARG_OF_PERICENTER": repr(elements.argument_of_perigee_deg),
        "MEAN_ANOMALY": repr(elements.mean_anomaly_deg),
    }


def _tle_parameters(one: Omm) -> Values:
    elements = one.elements
    number = {"NORAD_CAT_ID": str(one.norad_id)} if one.norad_id is not None else {}
    return {
        "EPHEMERIS_TYPE": "0",
        **number,
        "BSTAR": repr(elements.bstar_per_earth_radius),
        "MEAN_MOTION_DOT": repr(elements.mean_motion_dot_rev_day2),
        "MEAN_MOTION_DDOT": repr(elements.mean_motion_ddot_rev_day3),
    }


def _kvn(header: Values, messages: Sequence[Omm]) -> str:
    parts = []
    for one in messages:
        parts.append(f"CCSDS_OMM_VERS = {_VERSION}")
        for block in (header, _metadata(one), _mean_elements(one), _tle_parameters(one)):
            parts += ["", *(f"{keyword} = {value}" for keyword, value in block.items())]
        parts.append("")
    return "\n".join(parts)


def _xml(header: Values, messages: Sequence[Omm]) -> str:
    inner = "".join(_xml_message(header, one) for one in messages)
    return document(element("ndm", inner))


def _xml_message(header: Values, one: Omm) -> str:
    data = element("meanElements", _leaves(_mean_elements(one))) + element(
        "tleParameters", _leaves(_tle_parameters(one))
    )
    segment = element("metadata", _leaves(_metadata(one))) + element("data", data)
    body = element("header", _leaves(header)) + element("body", element("segment", segment))
    return message("omm", _VERSION, body)


def _leaves(values: Values) -> str:
    return leaves((name, value, _XML_UNITS.get(name)) for name, value in values.items())


def _catalogue_rows(messages: Sequence[Omm]) -> list[Values]:
    return [
        {
            "OBJECT_NAME": one.object_name,
            "OBJECT_ID": one.object_id or "",
            **_mean_elements(one),
            **_tle_parameters(one),
        }
        for one in messages
    ]


def _json(_header: Values, messages: Sequence[Omm]) -> str:
    texts = ("OBJECT_NAME", "OBJECT_ID", "EPOCH")
    rows = [
        {name: value if name in texts else json.loads(value) for name, value in row.items()}
        for row in _catalogue_rows(messages)
    ]
    return json.dumps(rows, indent=1) + "\n"


def _csv(_header: Values, messages: Sequence[Omm]) -> str:
    rows = _catalogue_rows(messages)
    names = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(names), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


_WRITERS: Final[Mapping[OmmFormat, Callable[[Values, Sequence[Omm]], str]]] = {
    OmmFormat.KVN: _kvn,
    OmmFormat.XML: _xml,
    OmmFormat.JSON: _json,
    OmmFormat.CSV: _csv,
}
