"""Many packets at once: columns of raw and engineering values, alarm levels and validity, one set per container."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.mdb.encoding import IntegerEncoding, IntegerForm, StringEncoding
from core.mdb.errors import PacketUndecodable
from core.mdb.model import MissionDatabase
from core.mdb.program import CompiledField, CompiledProgram, compile_program
from core.mdb.references import Value
from core.mdb.telemetry import DecodedPacket, decode_packet
from core.mdb.types import ValueKind

__all__ = ["BatchDecoder", "Column", "ContainerBatch", "DecodedBatch", "packet_offsets"]

_TOO_SHORT = -1
_NO_PROGRAM = CompiledProgram(None, (), "")
_NO_CONTAINERS = "the mission database has no containers"


@dataclass(frozen=True)
class Column:
    """One parameter over the packets of a container; arrays of shape (packets,), octets of shape (packets, n).

    Args:
        field: Which parameter, and where.
        raw: As sent: int64 (uint64 for 64 unsigned bits), float64, or uint8 octets.
        values: Calibrated, where there is a calibration; times in seconds.
        labels: Position in ``field.labels``, -1 for a number without a label; None where it is no enumeration.
        levels: Alarm levels, 0 normal to 5 severe; None where there are no limits.
        valid: Whether there is an engineering value; None where there always is.
    """

    field: CompiledField
    raw: NDArray[Any]
    values: NDArray[np.float64] | None = None
    labels: NDArray[np.int32] | None = None
    levels: NDArray[np.uint8] | None = None
    valid: NDArray[np.bool_] | None = None

    @property
    def engineering(self) -> NDArray[Any]:
        """The engineering values as numbers and truths; raw ones where nothing is calibrated."""
        if self.field.type.kind is ValueKind.BOOLEAN:
            truths: NDArray[np.bool_] = self.raw != 0
            return truths
        if self.field.type.kind is ValueKind.FLOAT and self.values is None and self.raw.dtype.kind in "iu":
            return self.raw.astype(np.float64)
        return self.raw if self.values is None else self.values

    def value(self, row: int) -> Value:
        """The engineering value of one packet; the raw one where there is none."""
        if self.labels is not None:
            label = int(self.labels[row])
            return self.field.labels[label] if label >= 0 else f"undefined ({self.raw[row]})"
        encoding = self.field.type.encoding
        if isinstance(encoding, StringEncoding):
            octets = self.raw[row].tobytes()
            text = _text(octets, encoding)
            return octets if text is None else text
        if self.raw.ndim == 2:
            return bytes(self.raw[row].tobytes())
        if self.valid is not None and not self.valid[row]:
            return self.raw[row].item()  # type: ignore[no-any-return]
        return self.field.type.whole(self.engineering[row].item())

    def texts(self) -> list[str | None]:
        """Labels or texts; a number without a label reads ``undefined (n)``."""
        if self.labels is not None:
            return [
                self.field.labels[label] if label >= 0 else f"undefined ({number})"
                for label, number in zip(self.labels.tolist(), self.raw.tolist(), strict=True)
            ]
        encoding = self.field.type.encoding
        assert isinstance(encoding, StringEncoding)
        return [_text(row.tobytes(), encoding) for row in self.raw]


@dataclass(frozen=True)
class ContainerBatch:
    """The packets of one container.

    Args:
        container: Its name.
        rows: Numbers of the packets in the batch, rising.
        columns: By parameter, in the order of the packet.
    """

    container: str
    rows: NDArray[np.int64]
    columns: dict[str, Column]


@dataclass(frozen=True)
class DecodedBatch:
    """A whole batch.

    Args:
        containers: Packets with fixed layouts.
        interpreted: Packets that were taken apart one by one, with their number.
        undecodable: Numbers of packets without a meaning, with the reason.
    """

    containers: tuple[ContainerBatch, ...]
    interpreted: tuple[tuple[int, DecodedPacket], ...] = ()
    undecodable: dict[int, str] = field(default_factory=dict)


class BatchDecoder:
    """Decodes batches of packets with one mission database.

    Args:
        mdb: The definitions.
        error_control: Whether the last two octets of packets are an error control (not verified here).
        root: The container to begin with; None for the first that packets begin with.
    """

    def __init__(self, mdb: MissionDatabase, *, error_control: bool = True, root: str | None = None) -> None:
        self._mdb = mdb
        self._error_control = error_control
        # A database of telecommands alone gives no packet a meaning.
        self.program: CompiledProgram = compile_program(mdb, root) if root or mdb.roots() else _NO_PROGRAM

    @property
    def definitions(self) -> str:
        """A name of what decides what packets mean: the hash of the database's file, and how it is applied."""
        applied = f"{self._mdb.content_hash} {self._error_control} {self.program.root}"
        return hashlib.sha256(applied.encode()).hexdigest()

    def decode(self, data: bytes | memoryview | NDArray[np.uint8], offsets: NDArray[np.int64]) -> DecodedBatch:
        """Decode packets that stand one behind the other.

        Args:
            data: The octets of all packets.
            offsets: Where each begins, and at last where the last one ends; shape (packets + 1,).
        """
        if len(offsets) < 2 or self.program is _NO_PROGRAM:
            return DecodedBatch((), undecodable=dict.fromkeys(range(len(offsets) - 1), _NO_CONTAINERS))
        nodes = self.program.native.classify(data, offsets, 2 if self._error_control else 0)
        containers: list[ContainerBatch] = []
        interpreted: list[tuple[int, DecodedPacket]] = []
        undecodable: dict[int, str] = {}
        order = np.argsort(nodes, kind="stable")
        numbers, starts = np.unique(nodes[order], return_index=True)
        for number, rows in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
            if number < 0:
                undecodable |= {row: self._why(number) for row in rows.tolist()}
            elif self.program.layouts[number].interpreted:
                self._interpret(data, offsets, rows, interpreted, undecodable)
            else:
                containers.append(self._columns(data, offsets, rows.astype(np.int64), number))
        interpreted.sort(key=lambda one: one[0])
        return DecodedBatch(tuple(containers), tuple(interpreted), undecodable)

    def _why(self, number: int) -> str:
        short = "the data ends before its container does"
        return short if number == _TOO_SHORT else f"no container that extends {self.program.root} matches the packet"

    def _interpret(
        self,
        data: bytes | memoryview | NDArray[np.uint8],
        offsets: NDArray[np.int64],
        rows: NDArray[np.intp],
        interpreted: list[tuple[int, DecodedPacket]],
        undecodable: dict[int, str],
    ) -> None:
        octets = memoryview(data)  # type: ignore[arg-type]
        for row in rows.tolist():
            raw = bytes(octets[offsets[row] : offsets[row + 1]])
            try:
                packet = decode_packet(self._mdb, raw, error_control=self._error_control, root=self.program.root)
            except PacketUndecodable as error:
                undecodable[row] = error.message
            else:
                interpreted.append((row, packet))

    def _columns(
        self,
        data: bytes | memoryview | NDArray[np.uint8],
        offsets: NDArray[np.int64],
        rows: NDArray[np.int64],
        number: int,
    ) -> ContainerBatch:
        layout = self.program.layouts[number]
        arrays = self.program.native.decode(data, offsets, rows, number)
        columns = {one.name: _column(one, made) for one, made in zip(layout.fields, arrays, strict=True)}
        return ContainerBatch(layout.container, rows, columns)


def _column(one: CompiledField, made: dict[str, NDArray[Any]]) -> Column:
    raw, valid = made["raw"], made.get("valid")
    encoding = one.type.encoding
    if (
        isinstance(encoding, IntegerEncoding)
        and encoding.size_bits == 64
        and encoding.form in (IntegerForm.UNSIGNED, IntegerForm.BCD, IntegerForm.PACKED_BCD)
    ):
        raw = raw.view(np.uint64)
    return Column(
        field=one,
        raw=raw,
        values=made.get("values"),
        labels=made.get("labels"),
        levels=made.get("levels"),
        valid=None if valid is None else valid.view(np.bool_),
    )


def _text(octets: bytes, encoding: StringEncoding) -> str | None:
    """The text in a buffer of fixed size, as the readable reference reads it."""
    if encoding.terminator:
        octets = octets.partition(encoding.terminator)[0]
    if encoding.charset in ("utf-8", "ascii", "latin-1"):
        octets = octets.rstrip(b"\0")
    try:
        return octets.decode(encoding.charset)
    except UnicodeDecodeError:
        return None


def packet_offsets(lengths: Sequence[int]) -> NDArray[np.int64]:
    """Offsets of packets of these lengths that stand one behind the other."""
    return np.concatenate(([0], np.cumsum(np.asarray(lengths, dtype=np.int64))))
