"""The blocks of an orbit comprehensive message that hold rows: trajectories, covariances and maneuvers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mission.odm.blocks import Block, number_in_row, place_in_row
from core.mission.odm.epochs import Epoch
from core.mission.odm.errors import OdmError
from core.mission.odm.items import Item, Line
from core.mission.odm.ocm_keywords import COV, MAN, MAN_ROW, MAN_ROW_TEXTS, TRAJ
from core.mission.odm.ocm_values import (
    ELEMENT_UNITS,
    ElementSet,
    Moment,
    OcmClock,
    OcmFields,
    fields_of,
    listed,
    scale_of,
    units_of,
)
from core.mission.odm.oem import CovarianceAt
from core.mission.odm.opm import OpmManeuver
from core.mission.odm.references import known_centre, known_frame, known_working_frame

__all__ = [
    "CovarianceOrdering",
    "OcmCovariance",
    "OcmManeuver",
    "OcmManeuverRow",
    "OcmTrajectory",
    "covariance_of_rows",
    "maneuver_of_rows",
    "trajectory_of_rows",
]

FloatArray = NDArray[np.float64]

_TIMES: Final = ("TIME_ABSOLUTE", "TIME_RELATIVE")
_SAME_INSTANT_S: Final = 1e-3
_SAME_NUMBER: Final = 1e-6  # of the two halves of a full matrix, and of correlations beside covariances
_PULSES: Final = (
    "DC_WIN_OPEN",
    "DC_WIN_CLOSE",
    "DC_EXEC_START",
    "DC_EXEC_STOP",
    "DC_REF_TIME",
    "DC_TIME_PULSE_DURATION",
    "DC_TIME_PULSE_PERIOD",
)
_ANGLES: Final = ("DC_REF_DIR", "DC_BODY_FRAME", "DC_BODY_TRIGGER", "DC_PA_START_ANGLE", "DC_PA_STOP_ANGLE")
# What a duty cycle of a type has to say.
_DUTY_CYCLE: Final = {"CONTINUOUS": (), "TIME": _PULSES, "TIME_AND_ANGLE": (*_PULSES, *_ANGLES)}


class CovarianceOrdering(StrEnum):
    """Which part of a matrix a row holds, by rows; ``WCC`` has correlations in the other half."""

    LTM = "LTM"
    UTM = "UTM"
    FULL = "FULL"
    LTMWCC = "LTMWCC"
    UTMWCC = "UTMWCC"


@dataclass(frozen=True)
class OcmTrajectory:
    """A time history in one frame about one centre; ``elements`` (n, k) are those of the set, in SI and radians."""

    element_set: ElementSet
    centre: str
    frame: str
    frame_epoch: Moment | None
    moments: tuple[Moment, ...]
    elements: FloatArray
    fields: OcmFields

    @property
    def t_tai_s(self) -> FloatArray | None:
        """TAI seconds since J2000, shape (n,); None where the time system cannot be converted."""
        times = [one.t_tai_s for one in self.moments if one.t_tai_s is not None]
        return np.array(times) if len(times) == len(self.moments) else None

    def cartesian(self) -> tuple[FloatArray, FloatArray | None, FloatArray | None]:
        """Positions, and velocities and accelerations where the set has them, each (n, 3) in SI.

        Raises:
            OdmError: The elements are not Cartesian; they are not converted, as their constants are not in the message.
        """
        if self.element_set not in (ElementSet.CARTP, ElementSet.CARTPV, ElementSet.CARTPVA):
            raise OdmError("TRAJ_TYPE", f"{self.element_set} elements are not Cartesian")
        columns = [self.elements[:, k : k + 3] for k in range(0, self.elements.shape[1], 3)]
        return columns[0], columns[1] if len(columns) > 1 else None, columns[2] if len(columns) > 2 else None


@dataclass(frozen=True)
class OcmCovariance:
    """Covariances (k, k) of an element set in SI and radians, at moments, in a frame."""

    element_set: ElementSet
    frame: str
    frame_epoch: Moment | None
    moments: tuple[Moment, ...]
    matrices: FloatArray
    fields: OcmFields

    def of_states(self) -> tuple[CovarianceAt, ...]:
        """The covariances of position and velocity, as an ephemeris message holds them.

        Raises:
            OdmError: They are of other elements.
        """
        if self.element_set is not ElementSet.CARTPV:
            raise OdmError("COV_TYPE", f"a covariance of {self.element_set} is not one of position and velocity")
        return tuple(
            CovarianceAt(Epoch(one.written), one.t_tai_s, self.frame, matrix)
            for one, matrix in zip(self.moments, self.matrices, strict=True)
        )


@dataclass(frozen=True)
class OcmManeuverRow:
    """One row of a maneuver: numbers in SI by their field (``DV_X``, ``THR_ISP``); texts and times as written."""

    moment: Moment
    numbers: Mapping[str, float]
    texts: Mapping[str, str]

    @property
    def duration_s(self) -> float:
        """0 for an impulse."""
        return self.numbers.get("MAN_DURA", 0.0)

    @property
    def delta_v_m_s(self) -> FloatArray | None:
        """Change of velocity in the maneuver's frame, shape (3,); None where it is given otherwise."""
        return self._vector("DV")

    @property
    def acceleration_m_s2(self) -> FloatArray | None:
        """Acceleration in the maneuver's frame, shape (3,)."""
        return self._vector("ACC")

    @property
    def thrust_n(self) -> FloatArray | None:
        """Thrust in the maneuver's frame, shape (3,)."""
        return self._vector("THR")

    @property
    def deployment_m_s(self) -> FloatArray | None:
        """Velocity of a deployed object against its host in the maneuver's frame, shape (3,)."""
        return self._vector("DEPLOY_DV")

    def _vector(self, kind: str) -> FloatArray | None:
        names = [f"{kind}_{axis}" for axis in "XYZ"]
        return np.array([self.numbers[one] for one in names]) if all(one in self.numbers for one in names) else None


@dataclass(frozen=True)
class OcmManeuver:
    """A maneuver, or a series of one: rows of ``composition`` in ``frame``."""

    maneuver_id: str
    device_id: str
    frame: str
    frame_epoch: Moment | None
    composition: tuple[str, ...]
    rows: tuple[OcmManeuverRow, ...]
    fields: OcmFields

    def velocity_changes(self) -> tuple[OpmManeuver, ...]:
        """The rows as burns of a parameter message; rows without a change of velocity have none."""
        return tuple(
            OpmManeuver(
                Epoch(one.moment.written),
                one.moment.t_tai_s,
                one.duration_s,
                one.numbers.get("DELTA_MASS"),
                self.frame,
                one.delta_v_m_s,
            )
            for one in self.rows
            if one.delta_v_m_s is not None
        )


def trajectory_of_rows(block: Block, rows: Sequence[Item], clock: OcmClock, at: Line) -> OcmTrajectory:
    """A trajectory block.

    Raises:
        OdmError: A frame, centre, element set or unit that is not the standard's, a revolution without its basis, no row,
            a row with too few or many numbers, or times that do not increase.
    """
    fields = fields_of(block, TRAJ, clock)
    elements = _element_set(block, "TRAJ_TYPE")
    units = ELEMENT_UNITS[elements]
    units_of(block, "TRAJ_UNITS", units)
    if "ORB_REVNUM" in block and "ORB_REVNUM_BASIS" not in block:
        raise OdmError("ORB_REVNUM_BASIS", "is missing beside ORB_REVNUM", block.line("ORB_REVNUM"))
    if not rows:
        raise OdmError("TRAJ", "a trajectory without rows", at)
    moments = tuple(_row_moment(item, clock, "TRAJ") for item in rows)
    _increasing(moments, rows, "TRAJ")
    numbers = np.array([_row_numbers(item, len(units), "TRAJ") for item in rows])
    centre = block.optional("CENTER_NAME")
    frame = block.optional("TRAJ_REF_FRAME")
    return OcmTrajectory(
        elements,
        known_centre(centre, block.line("CENTER_NAME")) if centre else "EARTH",
        known_frame(frame, "TRAJ_REF_FRAME", block.line("TRAJ_REF_FRAME")) if frame else "ICRF3",
        fields.moment("TRAJ_FRAME_EPOCH"),
        moments,
        numbers * np.array([scale_of(unit) for unit in units]),
        fields,
    )


def covariance_of_rows(block: Block, rows: Sequence[Item], clock: OcmClock) -> OcmCovariance:
    """A covariance block.

    Raises:
        OdmError: A frame, element set, ordering or unit that is not the standard's, a row with too few or many numbers, a
            negative variance, halves of a matrix that do not agree, or times that do not increase.
    """
    fields = fields_of(block, COV, clock)
    elements = _element_set(block, "COV_TYPE")
    units = ELEMENT_UNITS[elements]
    units_of(block, "COV_UNITS", units)
    written = block.optional("COV_ORDERING") or "LTM"
    if written not in tuple(CovarianceOrdering):
        names = ", ".join(CovarianceOrdering)
        raise OdmError("COV_ORDERING", f"{written[:40]!r} is not one of {names}", block.line("COV_ORDERING"))
    ordering = CovarianceOrdering(written)
    size = len(units)
    scale = np.array([scale_of(unit) for unit in units])
    moments = tuple(_row_moment(item, clock, "COV") for item in rows)
    _increasing(moments, rows, "COV")
    matrices = [_matrix(item, size, ordering) for item in rows]
    return OcmCovariance(
        elements,
        _working_frame(block, "COV_REF_FRAME"),
        fields.moment("COV_FRAME_EPOCH"),
        moments,
        np.array(matrices).reshape(-1, size, size) * np.outer(scale, scale),
        fields,
    )


def maneuver_of_rows(block: Block, rows: Sequence[Item], clock: OcmClock, at: Line) -> OcmManeuver:
    """A maneuver block.

    Raises:
        OdmError: A frame, field or unit that is not the standard's, neither an absolute nor a relative time or two that
            differ, an incomplete duty cycle, no row, or a row that is too short or long, lasts less than 0 s or gains mass.
    """
    fields = fields_of(block, MAN, clock)
    composition = tuple(listed(block.text("MAN_COMPOSITION")))
    _check_composition(composition, block.line("MAN_COMPOSITION"))
    measured = [one for one in composition if one not in _TIMES]
    units_of(block, "MAN_UNITS", [MAN_ROW.get(one, "n/a") for one in measured])
    _check_duty_cycle(block)
    if not rows:
        raise OdmError("MAN", "a maneuver without rows", at)
    return OcmManeuver(
        block.text("MAN_ID"),
        block.text("MAN_DEVICE_ID"),
        _working_frame(block, "MAN_REF_FRAME"),
        fields.moment("MAN_FRAME_EPOCH"),
        composition,
        tuple(_maneuver_row(item, composition, clock) for item in rows),
        fields,
    )


def _element_set(block: Block, keyword: str) -> ElementSet:
    written = block.optional(keyword) or ElementSet.CARTPV
    if written not in tuple(ElementSet):
        raise OdmError(keyword, f"{written[:40]!r} is not one of {', '.join(ElementSet)}", block.line(keyword))
    return ElementSet(written)


def _working_frame(block: Block, keyword: str) -> str:
    written = block.optional(keyword)
    return known_working_frame(written, keyword, block.line(keyword)) if written else "TNW_INERTIAL"


def _row_moment(item: Item, clock: OcmClock, keyword: str) -> Moment:
    return clock.read(item.value.split()[0] if item.value else "", keyword, item.line)


def _row_numbers(item: Item, count: int, keyword: str) -> list[float]:
    fields = item.value.split()
    if len(fields) != count + 1:
        raise OdmError(keyword, f"{len(fields)} columns; a time and {count} numbers are expected", item.line)
    return [number_in_row(fields, place, keyword, item) for place in range(1, count + 1)]


def _increasing(moments: Sequence[Moment], rows: Sequence[Item], keyword: str) -> None:
    before: float | None = None
    for one, item in zip(moments, rows, strict=True):
        now = one.since_tzero_s
        if now is not None and before is not None and now <= before:
            raise OdmError(keyword, f"{one.written} is not after the time before it", item.line)
        before = before if now is None else now


def _matrix(item: Item, size: int, ordering: CovarianceOrdering) -> FloatArray:
    half = ordering in (CovarianceOrdering.LTM, CovarianceOrdering.UTM)
    numbers = _row_numbers(item, size * (size + 1) // 2 if half else size * size, "COV")
    if half:
        matrix = np.zeros((size, size))
        matrix[np.tril_indices(size) if ordering is CovarianceOrdering.LTM else np.triu_indices(size)] = numbers
        kept = matrix
    else:
        kept = matrix = np.array(numbers).reshape(size, size)
    upper = ordering in (CovarianceOrdering.UTM, CovarianceOrdering.UTMWCC)
    triangle = np.triu(kept) if upper else np.tril(kept)
    symmetric: FloatArray = triangle + triangle.T - np.diag(np.diag(triangle))
    if (np.diag(symmetric) < 0.0).any():
        raise OdmError("COV", f"a variance of {np.diag(symmetric).min():g} is negative", item.line)
    if not half:
        _check_other_half(matrix, symmetric, ordering, item)
    return symmetric


def _check_other_half(matrix: FloatArray, symmetric: FloatArray, ordering: CovarianceOrdering, item: Item) -> None:
    expected = symmetric
    if ordering is not CovarianceOrdering.FULL:
        deviation = np.sqrt(np.diag(symmetric))
        product = np.outer(deviation, deviation)
        expected = np.divide(symmetric, product, out=np.zeros_like(symmetric), where=product > 0.0)
    other = (
        np.tril_indices(len(matrix), -1) if ordering is CovarianceOrdering.UTMWCC else np.triu_indices(len(matrix), 1)
    )
    # What is written with few digits agrees to those.
    slack = 1e-3 if ordering is not CovarianceOrdering.FULL else _SAME_NUMBER * np.abs(matrix).max(initial=0.0)
    if not np.allclose(matrix[other], expected[other], rtol=_SAME_NUMBER, atol=slack):
        raise OdmError("COV", f"the two halves of a matrix in {ordering} do not agree", place_in_row(item, 1))


def _check_composition(composition: Sequence[str], line: Line | None) -> None:
    for one in composition:
        if one not in MAN_ROW and one not in MAN_ROW_TEXTS and one not in _TIMES:
            raise OdmError("MAN_COMPOSITION", f"{one[:40]!r} is no field of a maneuver", line)
    if len(set(composition)) < len(composition):
        raise OdmError("MAN_COMPOSITION", "a field is given twice", line)
    times = [one for one in composition if one in _TIMES]
    if not times or list(composition[: len(times)]) != times:
        raise OdmError("MAN_COMPOSITION", "does not begin with TIME_ABSOLUTE or TIME_RELATIVE", line)


def _check_duty_cycle(block: Block) -> None:
    kind = block.optional("DC_TYPE") or "CONTINUOUS"
    if kind not in _DUTY_CYCLE:
        raise OdmError("DC_TYPE", f"{kind[:40]!r} is not one of {', '.join(_DUTY_CYCLE)}", block.line("DC_TYPE"))
    for keyword in _DUTY_CYCLE[kind]:
        if keyword not in block:
            raise OdmError(keyword, f"is missing beside DC_TYPE = {kind}", block.line("DC_TYPE"))


def _maneuver_row(item: Item, composition: Sequence[str], clock: OcmClock) -> OcmManeuverRow:
    fields = item.value.split()
    if len(fields) != len(composition):
        raise OdmError("MAN", f"{len(fields)} columns; MAN_COMPOSITION has {len(composition)}", item.line)
    moments, numbers, texts = list[Moment](), dict[str, float](), dict[str, str]()
    for place, name in enumerate(composition):
        if name in _TIMES:
            moments.append(_time_field(fields[place], name, clock, place_in_row(item, place)))
            texts[name] = fields[place]
        elif name in MAN_ROW_TEXTS:
            texts[name] = fields[place]
        else:
            numbers[name] = number_in_row(fields, place, name, item) * scale_of(MAN_ROW[name])
    first, last = moments[0].since_tzero_s, moments[-1].since_tzero_s
    if first is not None and last is not None and not math.isclose(first, last, rel_tol=0.0, abs_tol=_SAME_INSTANT_S):
        raise OdmError("TIME_RELATIVE", f"{last:.6g} s is not the absolute time beside it, {first:.6g} s", item.line)
    for name, sign, meaning in (("MAN_DURA", 1.0, "a negative duration"), ("DELTA_MASS", -1.0, "a gain of mass")):
        if sign * numbers.get(name, 0.0) < 0.0:
            raise OdmError(name, f"{numbers[name]:g} is {meaning}", place_in_row(item, composition.index(name)))
    return OcmManeuverRow(moments[0], numbers, texts)


def _time_field(text: str, name: str, clock: OcmClock, line: Line) -> Moment:
    moment = clock.read(text, name, line)
    relative = not text.strip().lstrip("+-").partition("T")[2]
    if relative != (name == "TIME_RELATIVE"):
        raise OdmError(name, f"{text[:40]!r} is {'a relative' if relative else 'an absolute'} time", line)
    return moment
