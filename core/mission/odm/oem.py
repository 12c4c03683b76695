"""CCSDS Orbit Ephemeris Messages (502.0-B-3, section 5), read from KVN or XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mission.odm.blocks import Block, number_in_row
from core.mission.odm.epochs import Epoch, parse_epoch, tai_of
from core.mission.odm.errors import OdmError
from core.mission.odm.items import Item
from core.mission.odm.references import TimeSystem, known_centre, known_frame, known_time_system
from core.mission.odm.text import read_items

__all__ = ["CovarianceAt", "Oem", "OemSegment", "parse_oem"]

FloatArray = NDArray[np.float64]

_HEADER: Final = frozenset(("CCSDS_OEM_VERS", "CLASSIFICATION", "CREATION_DATE", "ORIGINATOR", "MESSAGE_ID"))
_METADATA: Final = frozenset(
    (
        "OBJECT_NAME",
        "OBJECT_ID",
        "CENTER_NAME",
        "REF_FRAME",
        "REF_FRAME_EPOCH",
        "TIME_SYSTEM",
        "START_TIME",
        "USEABLE_START_TIME",
        "USEABLE_STOP_TIME",
        "STOP_TIME",
        "INTERPOLATION",
        "INTERPOLATION_DEGREE",
    )
)
_COVARIANCE: Final = frozenset(("EPOCH", "COV_REF_FRAME"))
_KM: Final = 1000.0


@dataclass(frozen=True)
class CovarianceAt:
    """Position and velocity covariance (6, 6) in m and m/s at an epoch, in a frame."""

    epoch: Epoch
    t_tai_s: float | None
    frame: str
    matrix: FloatArray


@dataclass(frozen=True)
class OemSegment:
    """States of one object in one frame, in time order.

    ``t_tai_s`` (n,) is None where the time system cannot be converted without further data; ``epochs`` are always as
    written. ``r_m``, ``v_m_s`` (n, 3) and, where the message has them, ``a_m_s2`` are in ``frame`` about ``centre``; an
    acceleration that one line leaves out is not a number.
    """

    object_name: str
    object_id: str
    centre: str
    frame: str
    time_system: TimeSystem
    epochs: tuple[Epoch, ...]
    t_tai_s: FloatArray | None
    r_m: FloatArray
    v_m_s: FloatArray
    a_m_s2: FloatArray | None = None
    usable: tuple[Epoch, Epoch] | None = None
    interpolation: str | None = None
    interpolation_degree: int | None = None
    frame_epoch: Epoch | None = None
    covariances: tuple[CovarianceAt, ...] = ()


@dataclass(frozen=True)
class Oem:
    """One message."""

    originator: str
    creation_date: str
    segments: tuple[OemSegment, ...]
    message_id: str | None = None


@dataclass
class _Draft:
    """A segment while it is read."""

    metadata: Block
    rows: list[Item] = field(default_factory=list)
    covariance_blocks: list[tuple[Block, list[Item]]] = field(default_factory=list)


def parse_oem(text: str) -> Oem:
    """The message of a text in KVN or XML.

    Raises:
        OdmError: Syntax, an unknown, repeated or missing keyword, an unknown frame, centre or time system, a bad number,
            epochs that do not increase, segments in different time systems, or a covariance of the wrong form; names
            the keyword, the line, and in a row the column.
    """
    header = Block("header", _HEADER)
    drafts = list(_drafts(read_items(text, "OEM"), header))
    if not drafts:
        raise OdmError("META_START", "the message holds no segment")
    segments = tuple(_segment(one) for one in drafts)
    systems = {one.time_system for one in segments}
    if len(systems) > 1:
        raise OdmError("TIME_SYSTEM", f"segments use {', '.join(sorted(systems))}; all must use one")
    return Oem(header.text("ORIGINATOR"), header.text("CREATION_DATE"), segments, header.optional("MESSAGE_ID"))


def _drafts(items: Iterator[Item], header: Block) -> Iterator[_Draft]:
    draft: _Draft | None = None
    for item in items:
        if item.keyword == "META_START":
            if draft is not None:
                yield draft
            draft = _Draft(_metadata(items, item))
        elif draft is None:
            header.add(item)
        elif item.keyword == "COVARIANCE_START":
            _covariances(items, item, draft)
        elif item.keyword:
            raise OdmError(item.keyword, "stands among the ephemeris data", item.line)
        elif draft.covariance_blocks:
            raise OdmError("OEM", "ephemeris data after the covariances of a segment", item.line)
        else:
            draft.rows.append(item)
    if draft is not None:
        yield draft


def _metadata(items: Iterator[Item], start: Item) -> Block:
    block = Block("metadata", _METADATA)
    for item in items:
        if item.keyword == "META_STOP":
            return block
        block.add(item)
    raise OdmError("META_STOP", "is missing", start.line)


def _covariances(items: Iterator[Item], start: Item, draft: _Draft) -> None:
    for item in items:
        if item.keyword == "COVARIANCE_STOP":
            return
        if item.keyword == "EPOCH":
            draft.covariance_blocks.append((Block("covariance", _COVARIANCE), []))
        if not draft.covariance_blocks:
            raise OdmError("EPOCH", "is missing before a covariance", item.line)
        block, rows = draft.covariance_blocks[-1]
        if not item.keyword:
            rows.append(item)
        elif rows:
            raise OdmError(item.keyword, "stands among the rows of a covariance", item.line)
        else:
            block.add(item)
    raise OdmError("COVARIANCE_STOP", "is missing", start.line)


def _segment(draft: _Draft) -> OemSegment:
    meta = draft.metadata
    system = known_time_system(meta.text("TIME_SYSTEM"), meta.line("TIME_SYSTEM"))
    frame = known_frame(meta.text("REF_FRAME"), "REF_FRAME", meta.line("REF_FRAME"))
    for name in ("START_TIME", "STOP_TIME"):
        parse_epoch(meta.text(name), system, name, meta.line(name))
    if not draft.rows:
        raise OdmError("OEM", "a segment without ephemeris data", meta.line("STOP_TIME"))
    epochs, t_tai_s, states = _states(draft, system)
    return OemSegment(
        object_name=meta.text("OBJECT_NAME"),
        object_id=meta.text("OBJECT_ID"),
        centre=known_centre(meta.text("CENTER_NAME"), meta.line("CENTER_NAME")),
        frame=frame,
        time_system=system,
        epochs=epochs,
        t_tai_s=t_tai_s,
        r_m=states[:, :3],
        v_m_s=states[:, 3:6],
        a_m_s2=None if np.isnan(states[:, 6:]).all() else states[:, 6:],
        usable=_usable(meta, system),
        interpolation=meta.optional("INTERPOLATION"),
        interpolation_degree=_degree(meta),
        frame_epoch=_frame_epoch(meta, system),
        covariances=tuple(_covariance_matrices(draft, system, frame)),
    )


def _states(draft: _Draft, system: TimeSystem) -> tuple[tuple[Epoch, ...], FloatArray | None, FloatArray]:
    """Epochs, their TAI seconds, and states (n, 9) in SI; accelerations that a line leaves out are not a number.

    A line that repeats the one before it word for word, as some producers end a segment, is taken once.
    """
    epochs, numbers = list[Epoch](), list[list[float]]()
    times: list[float | None] = []
    written = ""
    for item in draft.rows:
        if item.value == written:
            continue
        written = item.value
        fields = item.value.split()
        if len(fields) not in (7, 10):
            raise OdmError(
                "OEM", f"{len(fields)} columns; an ephemeris line has 7, or 10 with accelerations", item.line
            )
        epoch, t_tai_s = parse_epoch(fields[0], system, "EPOCH", item.line)
        before = times[-1] if times else None
        if before is not None and t_tai_s is not None and t_tai_s <= before:
            raise OdmError("EPOCH", f"{epoch} is not after the epoch before it", item.line)
        epochs.append(epoch)
        times.append(t_tai_s)
        row = [number_in_row(fields, place, "OEM", item) for place in range(1, len(fields))]
        numbers.append(row + [np.nan] * (9 - len(row)))
    return tuple(epochs), tai_of(times), _KM * np.array(numbers, dtype=np.float64)


def _usable(meta: Block, system: TimeSystem) -> tuple[Epoch, Epoch] | None:
    names = ("USEABLE_START_TIME", "USEABLE_STOP_TIME")
    if not any(name in meta for name in names):
        return None
    start, stop = (
        parse_epoch(meta.optional(name) or meta.text(fallback), system, name, meta.line(name))[0]
        for name, fallback in zip(names, ("START_TIME", "STOP_TIME"), strict=True)
    )
    return start, stop


def _degree(meta: Block) -> int | None:
    written = meta.optional("INTERPOLATION_DEGREE")
    if written is None:
        return None
    if not written.isdigit() or int(written) == 0:
        line = meta.line("INTERPOLATION_DEGREE")
        raise OdmError("INTERPOLATION_DEGREE", f"{written[:20]!r} is not a whole number above 0", line)
    return int(written)


def _frame_epoch(meta: Block, system: TimeSystem) -> Epoch | None:
    written = meta.optional("REF_FRAME_EPOCH")
    return parse_epoch(written, system, "REF_FRAME_EPOCH", meta.line("REF_FRAME_EPOCH"))[0] if written else None


def _covariance_matrices(draft: _Draft, system: TimeSystem, frame: str) -> Iterator[CovarianceAt]:
    for block, rows in draft.covariance_blocks:
        epoch, t_tai_s = parse_epoch(block.text("EPOCH"), system, "EPOCH", block.line("EPOCH"))
        if len(rows) != 6:
            line = rows[-1].line if rows else block.line("EPOCH")
            raise OdmError("COVARIANCE", f"{len(rows)} rows; a covariance has 6", line)
        matrix = np.zeros((6, 6))
        for row, item in enumerate(rows):
            fields = item.value.split()
            if len(fields) != row + 1:
                raise OdmError("COVARIANCE", f"{len(fields)} numbers in row {row + 1}; it has {row + 1}", item.line)
            for column in range(row + 1):
                value = _KM**2 * number_in_row(fields, column, "COVARIANCE", item)
                matrix[row, column] = matrix[column, row] = value
            if matrix[row, row] < 0.0:
                raise OdmError("COVARIANCE", f"a variance of {fields[row]} is negative", item.line)
        yield CovarianceAt(epoch, t_tai_s, block.optional("COV_REF_FRAME") or frame, matrix)
