"""Packets to engineering values with limits, and engineering values to packet content.

This is the readable reference, one packet at a time; the two checks that it makes on sizes keep a hostile packet from
costing more than its own length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from core.mdb.bits import BitReader, BitWriter
from core.mdb.containers import Anchor, Container, ContainerReference, Entry, FixedBits, Location, Parameter
from core.mdb.encoding import Encoding, IntegerEncoding
from core.mdb.engineering import calibrate, limit_state, raw_of
from core.mdb.errors import PacketUndecodable
from core.mdb.model import MissionDatabase
from core.mdb.references import Raw, Value, Values
from core.mdb.types import AlarmLevel, DataType, Dimension, ValueKind

__all__ = ["DecodedPacket", "Sample", "decode_packet", "encode_container"]

_ERROR_CONTROL_LENGTH: Final = 2  # ECSS-E-ST-70-41C §7.4.3.2
_MOST_REPETITIONS: Final = 65_536


@dataclass(frozen=True)
class Sample:
    """One value of a parameter: as sent, in engineering units, and against its limits.

    ``value`` is the raw one where there is no engineering value, and ``valid`` is then False.
    """

    raw: Raw
    value: Value
    unit: str
    limit_state: AlarmLevel
    valid: bool
    type: DataType = field(repr=False, compare=False)


@dataclass(frozen=True)
class DecodedPacket:
    """A packet by the most specific container that matches it.

    Args:
        name: The container.
        parameters: The last value of each; members are named ``parameter.member``, elements ``parameter[0]``.
        repeated: All values of those that came more than once, in order.
    """

    name: str
    parameters: dict[str, Sample]
    repeated: dict[str, tuple[Sample, ...]] = field(default_factory=dict)


def decode_packet(
    mdb: MissionDatabase, raw: bytes, *, error_control: bool = True, root: str | None = None
) -> DecodedPacket:
    """The parameters of a whole packet.

    Args:
        mdb: The definitions.
        raw: The packet, primary header included.
        error_control: Whether its last two octets are an error control (not verified here).
        root: The container to begin with; None for the first that packets begin with.
    Raises:
        PacketUndecodable: Too short, or no concrete container matches.
    """
    roots = [mdb.containers[root]] if root is not None else mdb.roots()
    if not roots:
        raise PacketUndecodable("the mission database has no containers")
    decoder = _Decoder(mdb, BitReader(raw, _ERROR_CONTROL_LENGTH if error_control else 0))
    container: Container | None = roots[0]
    while container is not None:
        decoder.take(container, 0)
        last, container = container, decoder.matching_child(container)
    if last.abstract:
        raise PacketUndecodable(f"no container that extends {last.name} matches the packet")
    repeated = {name: tuple(many) for name, many in decoder.all.items() if len(many) > 1}
    return DecodedPacket(last.name, decoder.samples, repeated)


class _Decoder:
    """The state of one packet: where it is, and the values so far."""

    def __init__(self, mdb: MissionDatabase, reader: BitReader) -> None:
        self._mdb = mdb
        self._reader = reader
        self.samples: dict[str, Sample] = {}
        self.all: dict[str, list[Sample]] = {}

    def raw(self, name: str) -> Raw | None:
        sample = self.samples.get(name)
        return sample.raw if sample is not None else None

    def value(self, name: str) -> Value | None:
        sample = self.samples.get(name)
        return sample.value if sample is not None and sample.valid else None

    def take(self, container: Container, start: int) -> None:
        for entry in container.entries:
            if entry.condition is not None and not entry.condition.holds(self):
                continue
            if entry.location is not None:
                self._move(entry, entry.location, start)
            if entry.repeat is None:
                self._take_item(entry)
            else:
                self._take_repeated(entry)

    def matching_child(self, container: Container) -> Container | None:
        for child in self._mdb.children(container.name):
            if child.restriction is None or child.restriction.holds(self):
                return child
        return None

    def _move(self, entry: Entry, location: Location, start: int) -> None:
        offset = location.offset.of(self)
        if location.anchor is Anchor.CONTAINER_START:
            self._reader.position = start + offset
        elif location.anchor is Anchor.PREVIOUS_ENTRY:
            self._reader.position += offset
        else:  # backwards, a location is where the entry ends
            self._reader.position = self._reader.limit - offset - _fixed_size(entry)

    def _take_repeated(self, entry: Entry) -> None:
        assert entry.repeat is not None
        count = entry.repeat.count.of(self)
        if not 0 <= count <= _MOST_REPETITIONS:
            raise PacketUndecodable(f"{entry.name} comes {count} times, which is outside 0 to {_MOST_REPETITIONS}")
        for number in range(count):
            if number and entry.repeat.gap is not None:
                self._reader.position += entry.repeat.gap.of(self)
            before = self._reader.position
            self._take_item(entry)
            if self._reader.position <= before and count > 1:
                raise PacketUndecodable(f"{entry.name} repeats without taking any room")

    def _take_item(self, entry: Entry) -> None:
        if isinstance(entry.item, Parameter):
            self._take_value(entry.item.name, entry.item.type, entry.dimensions)
        elif isinstance(entry.item, ContainerReference):
            start = self._reader.position
            for one in self._mdb.chain(entry.item.name):
                self.take(one, start)
        elif isinstance(entry.item, FixedBits):
            self._reader.take(entry.item.size_bits)
        else:
            raise PacketUndecodable(f"{entry.name} is an argument, in a packet of telemetry")

    def _take_value(self, name: str, kind: DataType, dimensions: tuple[Dimension, ...] = ()) -> None:
        if kind.kind is ValueKind.AGGREGATE:
            for member in kind.members:
                self._take_value(f"{name}.{member.name}", member.type)
        elif kind.kind is ValueKind.ARRAY and kind.element is not None:
            for indices in _indices(name, dimensions or kind.dimensions, self):
                self._take_value(name + "".join(f"[{one}]" for one in indices), kind.element)
        elif kind.encoding is None:
            raise PacketUndecodable(f"{name} has no encoding")
        else:
            start = self._reader.position
            raw = self._reader.read(kind.encoding, self)
            value = calibrate(kind, raw, self) if raw is not None else None
            if raw is None:
                end, self._reader.position = self._reader.position, start
                raw = self._bits(end - start, kind.encoding)
            self._keep(name, kind, raw, value)

    def _bits(self, size: int, encoding: Encoding) -> int:
        """What stands where no value of the encoding does."""
        return (
            self._reader.ordered(size, encoding) if isinstance(encoding, IntegerEncoding) else self._reader.take(size)
        )

    def _keep(self, name: str, kind: DataType, raw: Raw, value: Value | None) -> None:
        valid = value is not None
        shown = raw if value is None else value
        sample = Sample(raw, shown, kind.unit, AlarmLevel.NORMAL, valid, kind)
        self.samples[name] = sample
        level = limit_state(kind, value, self) if valid else AlarmLevel.NORMAL
        if level is not AlarmLevel.NORMAL:
            sample = self.samples[name] = Sample(raw, shown, kind.unit, level, valid, kind)
        self.all.setdefault(name, []).append(sample)


def _fixed_size(entry: Entry) -> int:
    """The bits that an entry takes, where they are always as many."""
    kind = getattr(entry.item, "type", None)
    size = getattr(kind.encoding, "size_bits", None) if isinstance(kind, DataType) else None
    if size is None and isinstance(kind, DataType):
        size = getattr(getattr(kind.encoding, "size", None), "number", None)
    if not isinstance(size, int):
        raise PacketUndecodable(f"{entry.name} is placed from the end, and its size is not fixed")
    return size


def _indices(name: str, dimensions: tuple[Dimension, ...], values: Values) -> Iterator[tuple[int, ...]]:
    """All indices of an array, the last one running fastest, each from its first to its last."""
    ranges = [range(one.first.of(values), one.last.of(values) + 1) for one in dimensions]
    count = 1
    for one in ranges:
        count *= len(one)
    if not ranges or count > _MOST_REPETITIONS:
        raise PacketUndecodable(f"array {name} has {count} elements, which is outside 0 to {_MOST_REPETITIONS}")
    return product(*ranges)


def encode_container(mdb: MissionDatabase, name: str, values: Mapping[str, Value]) -> bytes:
    """The octets of a container's own entries, without those of its base, from engineering values.

    Raises:
        PacketUndecodable: A value is missing or its calibration cannot be inverted, or the layout is not plain.
    """
    writer, given = BitWriter(), _Given(mdb, values)
    for entry in mdb.containers[name].entries:
        if not entry.plain or not isinstance(entry.item, Parameter) or entry.item.type.encoding is None:
            raise PacketUndecodable(f"{name} cannot be written: {entry.name} has a place or form of its own")
        if entry.name not in values:
            raise PacketUndecodable(f"{name} needs a value for {entry.name}")
        writer.write(entry.item.type.encoding, raw_of(entry.item.type, values[entry.name]), given)
    return writer.finish()


@dataclass(frozen=True)
class _Given:
    """Engineering values as references find them."""

    mdb: MissionDatabase
    values: Mapping[str, Value]

    def raw(self, name: str) -> Raw | None:
        return raw_of(self.mdb.parameters[name].type, self.values[name]) if name in self.values else None

    def value(self, name: str) -> Value | None:
        return self.values.get(name)
