"""CCSDS Orbit Parameter Messages (502.0-B-3, section 3) with their maneuvers, read from KVN or XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mission.odm.blocks import Block, covariance_of
from core.mission.odm.epochs import Epoch, parse_epoch
from core.mission.odm.errors import OdmError
from core.mission.odm.items import COVARIANCE_NAMES, Item
from core.mission.odm.references import TimeSystem, known_centre, known_frame, known_time_system
from core.mission.odm.text import read_items

__all__ = ["OPM_UNITS", "KeplerianElements", "Opm", "OpmManeuver", "SpacecraftParameters", "parse_opm"]

FloatArray = NDArray[np.float64]

_HEADER: Final = frozenset(("CCSDS_OPM_VERS", "CLASSIFICATION", "CREATION_DATE", "ORIGINATOR", "MESSAGE_ID"))
_METADATA: Final = frozenset(("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "REF_FRAME_EPOCH", "TIME_SYSTEM"))
_STATE: Final = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_KEPLERIAN: Final = (
    "SEMI_MAJOR_AXIS",
    "ECCENTRICITY",
    "INCLINATION",
    "RA_OF_ASC_NODE",
    "ARG_OF_PERICENTER",
    "TRUE_ANOMALY",
    "MEAN_ANOMALY",
    "GM",
)
_SPACECRAFT: Final = ("MASS", "SOLAR_RAD_AREA", "SOLAR_RAD_COEFF", "DRAG_AREA", "DRAG_COEFF")
_MANEUVER: Final = (
    "MAN_EPOCH_IGNITION",
    "MAN_DURATION",
    "MAN_DELTA_MASS",
    "MAN_REF_FRAME",
    "MAN_DV_1",
    "MAN_DV_2",
    "MAN_DV_3",
)
_COVARIANCE: Final = tuple(name for row in COVARIANCE_NAMES for name in row)
OPM_UNITS: Final = {
    **dict.fromkeys(("X", "Y", "Z", "SEMI_MAJOR_AXIS"), "km"),
    **dict.fromkeys(("X_DOT", "Y_DOT", "Z_DOT", "MAN_DV_1", "MAN_DV_2", "MAN_DV_3"), "km/s"),
    **dict.fromkeys(("INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "TRUE_ANOMALY", "MEAN_ANOMALY"), "deg"),
    **dict.fromkeys(("MASS", "MAN_DELTA_MASS"), "kg"),
    **dict.fromkeys(("SOLAR_RAD_AREA", "DRAG_AREA"), "m**2"),
    **{name: ("km**2", "km**2/s", "km**2/s**2")[name.count("DOT")] for name in _COVARIANCE},
    "GM": "km**3/s**2",
    "MAN_DURATION": "s",
}


@dataclass(frozen=True)
class KeplerianElements:
    """Osculating elements beside the state; one of the two anomalies is given."""

    semi_major_axis_m: float
    eccentricity: float
    inclination_rad: float
    raan_rad: float
    argument_of_pericentre_rad: float
    true_anomaly_rad: float | None
    mean_anomaly_rad: float | None
    mu_m3_s2: float


@dataclass(frozen=True)
class SpacecraftParameters:
    """What drag and radiation pressure need."""

    mass_kg: float | None = None
    solar_radiation_area_m2: float | None = None
    solar_radiation_coefficient: float | None = None
    drag_area_m2: float | None = None
    drag_coefficient: float | None = None


@dataclass(frozen=True)
class OpmManeuver:
    """A burn: velocity change in a frame; a duration of 0 is an impulse, a mass change is negative or zero."""

    ignition: Epoch
    ignition_tai_s: float | None
    duration_s: float
    delta_mass_kg: float | None
    frame: str
    delta_v_m_s: FloatArray


@dataclass(frozen=True)
class Opm:
    """One message: a state in ``frame`` about ``centre``, and what comes with it."""

    originator: str
    creation_date: str
    object_name: str
    object_id: str
    centre: str
    frame: str
    time_system: TimeSystem
    epoch: Epoch
    t_tai_s: float | None
    r_m: FloatArray
    v_m_s: FloatArray
    keplerian: KeplerianElements | None = None
    spacecraft: SpacecraftParameters = SpacecraftParameters()
    covariance: FloatArray | None = None
    covariance_frame: str | None = None
    maneuvers: tuple[OpmManeuver, ...] = ()
    frame_epoch: Epoch | None = None
    message_id: str | None = None


@dataclass(frozen=True)
class _Blocks:
    header: Block
    metadata: Block
    data: Block
    maneuvers: list[Block]


def parse_opm(text: str) -> Opm:
    """The message of a text in KVN or XML.

    Raises:
        OdmError: Syntax, an unknown, repeated or missing keyword, an unknown frame, centre or time system, a bad number
            or a unit of another quantity; names the keyword and the line.
    """
    blocks = _blocks(read_items(text, "OPM"))
    meta, data = blocks.metadata, blocks.data
    system = known_time_system(meta.text("TIME_SYSTEM"), meta.line("TIME_SYSTEM"))
    frame = known_frame(meta.text("REF_FRAME"), "REF_FRAME", meta.line("REF_FRAME"))
    frame_epoch = meta.optional("REF_FRAME_EPOCH")
    epoch, t_tai_s = parse_epoch(data.text("EPOCH"), system, "EPOCH", data.line("EPOCH"))
    state = np.array([data.number(name) for name in _STATE])
    covariance = covariance_of(data)
    return Opm(
        originator=blocks.header.text("ORIGINATOR"),
        creation_date=blocks.header.text("CREATION_DATE"),
        object_name=meta.text("OBJECT_NAME"),
        object_id=meta.text("OBJECT_ID"),
        centre=known_centre(meta.text("CENTER_NAME"), meta.line("CENTER_NAME")),
        frame=frame,
        time_system=system,
        epoch=epoch,
        t_tai_s=t_tai_s,
        r_m=state[:3],
        v_m_s=state[3:],
        keplerian=_keplerian(data),
        spacecraft=_spacecraft(data),
        covariance=covariance,
        covariance_frame=(data.optional("COV_REF_FRAME") or frame) if covariance is not None else None,
        maneuvers=tuple(_maneuver(one, system) for one in blocks.maneuvers),
        frame_epoch=parse_epoch(frame_epoch, system, "REF_FRAME_EPOCH", meta.line("REF_FRAME_EPOCH"))[0]
        if frame_epoch
        else None,
        message_id=blocks.header.optional("MESSAGE_ID"),
    )


def _blocks(items: Iterator[Item]) -> _Blocks:
    data_keywords = frozenset(("EPOCH", *_STATE, *_KEPLERIAN, *_SPACECRAFT, "COV_REF_FRAME", *_COVARIANCE))
    blocks = _Blocks(
        Block("header", _HEADER), Block("metadata", _METADATA), Block("data", data_keywords, OPM_UNITS), []
    )
    for item in items:
        if not item.keyword:
            raise OdmError("OPM", f"{item.value[:60]!r} is not KEYWORD = value", item.line)
        if item.keyword == "MAN_EPOCH_IGNITION":
            blocks.maneuvers.append(Block("maneuver", _MANEUVER, OPM_UNITS))
        if item.keyword in _MANEUVER:
            if not blocks.maneuvers:
                raise OdmError(
                    item.keyword, "comes before MAN_EPOCH_IGNITION, the first keyword of a maneuver", item.line
                )
            blocks.maneuvers[-1].add(item)
        elif blocks.header.takes(item.keyword):
            blocks.header.add(item)
        elif blocks.metadata.takes(item.keyword):
            blocks.metadata.add(item)
        else:
            blocks.data.add(item)
    return blocks


def _keplerian(data: Block) -> KeplerianElements | None:
    if not any(name in data for name in _KEPLERIAN):
        return None
    true, mean = data.optional_number("TRUE_ANOMALY"), data.optional_number("MEAN_ANOMALY")
    if (true is None) == (mean is None):
        raise OdmError("TRUE_ANOMALY", "give either TRUE_ANOMALY or MEAN_ANOMALY", data.line("SEMI_MAJOR_AXIS"))
    eccentricity = data.number("ECCENTRICITY")
    if eccentricity < 0.0:
        raise OdmError("ECCENTRICITY", f"{eccentricity:g} is negative", data.line("ECCENTRICITY"))
    return KeplerianElements(
        data.number("SEMI_MAJOR_AXIS"),
        eccentricity,
        data.number("INCLINATION"),
        data.number("RA_OF_ASC_NODE"),
        data.number("ARG_OF_PERICENTER"),
        true,
        mean,
        data.number("GM"),
    )


def _spacecraft(data: Block) -> SpacecraftParameters:
    values = [data.optional_number(name) for name in _SPACECRAFT]
    for name, value in zip(_SPACECRAFT, values, strict=True):
        if value is not None and value < 0.0:
            raise OdmError(name, f"{data.text(name)} is negative", data.line(name))
    return SpacecraftParameters(*values)


def _maneuver(block: Block, system: TimeSystem) -> OpmManeuver:
    name = "MAN_EPOCH_IGNITION"
    ignition, t_tai_s = parse_epoch(block.text(name), system, name, block.line(name))
    duration_s = block.optional_number("MAN_DURATION") or 0.0
    if duration_s < 0.0:
        raise OdmError("MAN_DURATION", f"{duration_s:g} s is negative", block.line("MAN_DURATION"))
    delta_mass_kg = block.optional_number("MAN_DELTA_MASS")
    if delta_mass_kg is not None and delta_mass_kg > 0.0:
        raise OdmError("MAN_DELTA_MASS", f"{delta_mass_kg:g} kg is a gain of mass", block.line("MAN_DELTA_MASS"))
    delta_v_m_s = np.array([block.number(f"MAN_DV_{axis}") for axis in (1, 2, 3)])
    return OpmManeuver(ignition, t_tai_s, duration_s, delta_mass_kg, block.text("MAN_REF_FRAME"), delta_v_m_s)
