"""Orbit data messages to KVN or XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.mission.ndm_xml import document, element, leaves, message
from core.mission.odm.items import COVARIANCE_NAMES
from core.mission.odm.oem import CovarianceAt, Oem, OemSegment
from core.mission.odm.opm import OPM_UNITS, KeplerianElements, Opm, OpmManeuver
from core.mission.odm.units import unit_of

__all__ = ["OdmFormat", "write_oem", "write_opm"]

_KM = 1000.0
_VERSION = "2.0"
_STATE = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT", "X_DDOT", "Y_DDOT", "Z_DDOT")
_STATE_UNITS = ("km",) * 3 + ("km/s",) * 3 + ("km/s**2",) * 3


class OdmFormat(StrEnum):
    """How a message is written."""

    KVN = "kvn"
    XML = "xml"


@dataclass(frozen=True)
class _Entry:
    keyword: str
    value: str
    unit: str | None = None


def write_opm(opm: Opm, form: OdmFormat = OdmFormat.KVN) -> str:
    """A parameter message; what the object leaves out is left out."""
    header = _header(opm.creation_date, opm.originator, opm.message_id)
    metadata = _metadata(opm.object_name, opm.object_id, opm.centre, opm.frame, opm.frame_epoch, opm.time_system)
    data = [("stateVector", [_Entry("EPOCH", opm.epoch), *_quantities(_STATE, [*opm.r_m, *opm.v_m_s])])]
    if opm.keplerian is not None:
        data.append(("keplerianElements", list(_keplerian(opm.keplerian))))
    spacecraft = list(
        _quantities(("MASS", "SOLAR_RAD_AREA", "SOLAR_RAD_COEFF", "DRAG_AREA", "DRAG_COEFF"), _spacecraft(opm))
    )
    if spacecraft:
        data.append(("spacecraftParameters", spacecraft))
    if opm.covariance is not None:
        frame = _Entry("COV_REF_FRAME", opm.covariance_frame or opm.frame)
        data.append(("covarianceMatrix", [frame, *_covariance(opm.covariance)]))
    data += [("maneuverParameters", list(_maneuver(one))) for one in opm.maneuvers]
    if form is OdmFormat.KVN:
        lines = [f"CCSDS_OPM_VERS = {_VERSION}", *_kvn(header), "", *_kvn(metadata)]
        for _, entries in data:
            lines += ["", *_kvn(entries)]
        return "\n".join(lines) + "\n"
    inner = "".join(element(name, _xml(entries)) for name, entries in data)
    return _document("opm", header, [element("metadata", _xml(metadata)) + element("data", inner)])


def write_oem(oem: Oem, form: OdmFormat = OdmFormat.KVN) -> str:
    """An ephemeris message with all its segments and covariances."""
    header = _header(oem.creation_date, oem.originator, oem.message_id)
    if form is OdmFormat.XML:
        return _document("oem", header, [_segment_xml(one) for one in oem.segments])
    lines = [f"CCSDS_OEM_VERS = {_VERSION}", *_kvn(header)]
    for one in oem.segments:
        lines += ["", "META_START", *_kvn(_segment_metadata(one)), "META_STOP", "", *_rows(one)]
        if one.covariances:
            lines += ["", "COVARIANCE_START"]
            for covariance in one.covariances:
                lines += [f"EPOCH = {covariance.epoch}", f"COV_REF_FRAME = {covariance.frame}"]
                lines += [
                    " ".join(repr(float(x) / _KM**2) for x in row[: k + 1]) for k, row in enumerate(covariance.matrix)
                ]
            lines += ["COVARIANCE_STOP"]
    return "\n".join(lines) + "\n"


def _header(creation_date: str, originator: str, message_id: str | None) -> list[_Entry]:
    found = [_Entry("CREATION_DATE", creation_date), _Entry("ORIGINATOR", originator)]
    return [*found, _Entry("MESSAGE_ID", message_id)] if message_id else found


def _metadata(
    name: str, object_id: str, centre: str, frame: str, frame_epoch: str | None, time_system: str
) -> list[_Entry]:
    found = [("OBJECT_NAME", name), ("OBJECT_ID", object_id), ("CENTER_NAME", centre), ("REF_FRAME", frame)]
    found += [("REF_FRAME_EPOCH", frame_epoch)] if frame_epoch else []
    return [_Entry(keyword, value) for keyword, value in [*found, ("TIME_SYSTEM", time_system)]]


def _segment_metadata(one: OemSegment) -> list[_Entry]:
    entries = _metadata(one.object_name, one.object_id, one.centre, one.frame, one.frame_epoch, one.time_system)
    entries.append(_Entry("START_TIME", one.epochs[0]))
    if one.usable is not None:
        entries += [_Entry("USEABLE_START_TIME", one.usable[0]), _Entry("USEABLE_STOP_TIME", one.usable[1])]
    entries.append(_Entry("STOP_TIME", one.epochs[-1]))
    if one.interpolation is not None:
        entries.append(_Entry("INTERPOLATION", one.interpolation))
    if one.interpolation_degree is not None:
        entries.append(_Entry("INTERPOLATION_DEGREE", str(one.interpolation_degree)))
    return entries


def _states(one: OemSegment) -> Iterator[tuple[str, list[float]]]:
    table = np.hstack([one.r_m, one.v_m_s] + ([one.a_m_s2] if one.a_m_s2 is not None else [])) / _KM
    for epoch, row in zip(one.epochs, table, strict=True):
        yield epoch, [float(x) for x in row if np.isfinite(x)]


def _rows(one: OemSegment) -> Iterator[str]:
    for epoch, values in _states(one):
        yield f"{epoch} {' '.join(map(repr, values))}"


def _segment_xml(one: OemSegment) -> str:
    states = "".join(
        element(
            "stateVector",
            _xml(
                [
                    _Entry("EPOCH", epoch),
                    *(_Entry(n, repr(x), u) for n, x, u in zip(_STATE, values, _STATE_UNITS, strict=False)),
                ]
            ),
        )
        for epoch, values in _states(one)
    )
    covariances = "".join(element("covarianceMatrix", _xml(_covariance_entries(each))) for each in one.covariances)
    return element("metadata", _xml(_segment_metadata(one))) + element("data", states + covariances)


def _covariance_entries(one: CovarianceAt) -> list[_Entry]:
    return [_Entry("EPOCH", one.epoch), _Entry("COV_REF_FRAME", one.frame), *_covariance(one.matrix)]


def _quantities(keywords: Sequence[str], values: Sequence[float | None]) -> Iterator[_Entry]:
    """Entries in the standard's units; a value that is None is left out."""
    for keyword, value in zip(keywords, values, strict=False):
        if value is not None:
            unit = OPM_UNITS.get(keyword)
            found = unit_of(unit or "")
            assert found is not None
            yield _Entry(keyword, repr(float(value) / found.scale), unit)


def _keplerian(one: KeplerianElements) -> Iterator[_Entry]:
    keywords = "SEMI_MAJOR_AXIS ECCENTRICITY INCLINATION RA_OF_ASC_NODE ARG_OF_PERICENTER TRUE_ANOMALY MEAN_ANOMALY GM"
    values = (
        one.semi_major_axis_m,
        one.eccentricity,
        one.inclination_rad,
        one.raan_rad,
        one.argument_of_pericentre_rad,
        one.true_anomaly_rad,
        one.mean_anomaly_rad,
        one.mu_m3_s2,
    )
    return _quantities(keywords.split(), values)


def _spacecraft(opm: Opm) -> tuple[float | None, ...]:
    one = opm.spacecraft
    return (
        one.mass_kg,
        one.solar_radiation_area_m2,
        one.solar_radiation_coefficient,
        one.drag_area_m2,
        one.drag_coefficient,
    )


def _covariance(matrix: NDArray[np.float64]) -> Iterator[_Entry]:
    for row, names in enumerate(COVARIANCE_NAMES):
        yield from _quantities(names, [float(x) for x in matrix[row, : row + 1]])


def _maneuver(one: OpmManeuver) -> Iterator[_Entry]:
    yield _Entry("MAN_EPOCH_IGNITION", one.ignition)
    yield from _quantities(("MAN_DURATION", "MAN_DELTA_MASS"), (one.duration_s, one.delta_mass_kg))
    yield _Entry("MAN_REF_FRAME", one.frame)
    yield from _quantities(("MAN_DV_1", "MAN_DV_2", "MAN_DV_3"), [float(x) for x in one.delta_v_m_s])


def _kvn(entries: Sequence[_Entry]) -> list[str]:
    return [f"{one.keyword} = {one.value}" + (f" [{one.unit}]" if one.unit else "") for one in entries]


def _xml(entries: Sequence[_Entry]) -> str:
    return leaves((one.keyword, one.value, one.unit) for one in entries)


def _document(kind: str, header: Sequence[_Entry], segments: Sequence[str]) -> str:
    body = element("body", "".join(element("segment", one) for one in segments))
    return document(message(kind, _VERSION, element("header", _xml(header)) + body))
