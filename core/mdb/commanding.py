"""Telecommands to application data and back, with every argument checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.errors import LlamaSpaceError
from core.mdb.bits import BitReader, BitWriter, fits
from core.mdb.calibration import invert
from core.mdb.commands import CommandDefinition
from core.mdb.containers import Anchor, Argument, ContainerReference, Entry, FixedBits, Parameter
from core.mdb.encoding import BinaryEncoding, IntegerEncoding, StringEncoding
from core.mdb.engineering import raw_of
from core.mdb.errors import ArgumentRefused, PacketUndecodable
from core.mdb.model import MissionDatabase
from core.mdb.references import Raw, Value
from core.mdb.types import DataType, ValueKind

__all__ = ["DecodedCommand", "EncodedCommand", "decode_command", "encode_command"]

_MOST_ELEMENTS: Final = 65_536


@dataclass(frozen=True)
class EncodedCommand:
    """A telecommand ready for its packet."""

    definition: CommandDefinition
    application_data: bytes

    @property
    def service(self) -> int:
        """Its PUS service; ArgumentRefused where the definition assigns none."""
        return _header(self.definition, "service", self.definition.service)

    @property
    def subtype(self) -> int:
        """Its PUS message subtype; ArgumentRefused where the definition assigns none."""
        return _header(self.definition, "subtype", self.definition.subtype)


@dataclass(frozen=True)
class DecodedCommand:
    """A telecommand as its definition reads it."""

    definition: CommandDefinition
    arguments: dict[str, Any]


def encode_command(mdb: MissionDatabase, mnemonic: str, arguments: Mapping[str, object]) -> EncodedCommand:
    """The application data of a telecommand.

    Args:
        mdb: The definitions.
        mnemonic: Which telecommand.
        arguments: Engineering values by name; arrays are lists, aggregates mappings.
    Raises:
        ArgumentRefused: Names the argument, its value and what is allowed.
        NotFound: No such telecommand.
    """
    definition = mdb.command(mnemonic)
    free = {argument.name for argument in definition.arguments if argument.fixed is None}
    for name in arguments.keys() - free:
        raise ArgumentRefused(f"{mnemonic}.{name}", f"is no argument; there are {sorted(free)}")
    given = _Given(mdb, definition, arguments)
    writer = BitWriter()
    try:
        for entry in definition.entries:
            _write(writer, entry, given)
    except PacketUndecodable as error:
        raise ArgumentRefused(mnemonic, error.message) from error
    return EncodedCommand(definition, writer.finish())


def decode_command(mdb: MissionDatabase, service: int, subtype: int, application_data: bytes) -> DecodedCommand:
    """The telecommand that some application data is, its arguments checked as in encoding.

    Raises:
        PacketUndecodable: No definition matches, or octets are missing or left over.
        ArgumentRefused: An argument is outside what is allowed.
    """
    for definition in mdb.commands.values():
        if (definition.service, definition.subtype) == (service, subtype):
            values = _read(mdb, definition, application_data)
            if values is not None:
                encode_command(mdb, definition.name, values)
                return DecodedCommand(definition, values)
    raise PacketUndecodable(f"no telecommand of service {service}, {subtype} reads {len(application_data)} octets")


def _header(definition: CommandDefinition, name: str, number: int | None) -> int:
    if number is None:
        raise ArgumentRefused(definition.name, f"is no PUS telecommand: its definition assigns no {name}")
    return number


class _Given:
    """The arguments of one telecommand: checked, and as references find them."""

    def __init__(self, mdb: MissionDatabase, definition: CommandDefinition, given: Mapping[str, object]) -> None:
        self.mdb = mdb
        self.definition = definition
        self.engineering: dict[str, object] = {}
        self.raws: dict[str, Any] = {}
        for argument in definition.arguments:
            field = f"{definition.name}.{argument.name}"
            value = _value_of(argument, field, given)
            self.engineering[argument.name] = value
            self.raws[argument.name] = _checked(argument.type, field, value)

    def raw(self, name: str) -> Raw | None:
        if name in self.definition.assigned:
            value = self.definition.assigned[name]
            return raw_of(self.mdb.parameters[name].type, value)
        return self.raws.get(name)

    def value(self, name: str) -> Value | None:
        found = self.engineering.get(name, self.definition.assigned.get(name))
        return found if isinstance(found, (int, float, str, bytes)) else None


def _value_of(argument: Argument, field: str, given: Mapping[str, object]) -> object:
    if argument.fixed is not None:
        return _from_text(argument.type, argument.fixed)
    if argument.name in given:
        return given[argument.name]
    if argument.default is not None:
        return _from_text(argument.type, argument.default)
    raise ArgumentRefused(field, f"is missing; give {_allowed(argument.type)}")


def _from_text(kind: DataType, text: str) -> object:
    if kind.kind is ValueKind.INTEGER:
        return int(text, 0) if not _is_decimal(text) else int(text)
    if kind.kind in (ValueKind.FLOAT, ValueKind.RELATIVE_TIME, ValueKind.ABSOLUTE_TIME):
        return float(text)
    return bytes.fromhex(text) if kind.kind is ValueKind.BINARY else text


def _is_decimal(text: str) -> bool:
    return text.lstrip("+-").isdigit()


def _allowed(kind: DataType) -> str:
    if kind.all_labels:
        return f"one of {list(kind.all_labels)}"
    unit = f" {kind.unit}" if kind.unit else ""
    if kind.kind is ValueKind.AGGREGATE:
        return f"a mapping with {[one.name for one in kind.members]}"
    return (" or ".join(str(one) for one in kind.valid) or f"a value of type {kind.kind.value}") + unit


def _checked(kind: DataType, field: str, value: object) -> Any:
    """The raw form of an engineering value: a scalar, or lists and mappings of them."""
    if kind.kind is ValueKind.AGGREGATE:
        if not isinstance(value, Mapping) or set(value) != {one.name for one in kind.members}:
            raise ArgumentRefused(field, f"{value!r} is not {_allowed(kind)}", value=value)
        return {one.name: _checked(one.type, f"{field}.{one.name}", value[one.name]) for one in kind.members}
    if kind.kind is ValueKind.ARRAY:
        if not isinstance(value, (list, tuple)) or len(value) > _MOST_ELEMENTS or kind.element is None:
            raise ArgumentRefused(field, f"{value!r} is no list of up to {_MOST_ELEMENTS} elements", value=value)
        return [_checked(kind.element, f"{field}[{index}]", one) for index, one in enumerate(value)]
    raw = _CHECKS[kind.kind](kind, field, value)
    if kind.encoding is not None:
        fault = fits(kind.encoding, raw)
        if fault is not None:
            raise ArgumentRefused(field, fault, value=value)
    return raw


def _check_number(kind: DataType, field: str, value: object) -> Raw:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ArgumentRefused(field, f"{value!r} is no finite number; give {_allowed(kind)}", value=value)
    if not kind.valid_raw:
        _in_range(kind, field, value, value)
    raw: float = value
    if kind.calibrator is not None:
        raw = kind.calibrator.calibrate(value, _NOTHING)
        if not math.isfinite(raw):
            raise ArgumentRefused(field, f"{value!r} has no raw value under its calibration", value=value)
    if isinstance(kind.encoding, IntegerEncoding) and (kind.calibrator is not None or kind.kind is ValueKind.FLOAT):
        raw = round(raw)
    if kind.valid_raw:
        _in_range(kind, field, raw, value)
    return str(raw) if isinstance(kind.encoding, StringEncoding) else raw


def _check_integer(kind: DataType, field: str, value: object) -> Raw:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ArgumentRefused(field, f"{value!r} is no integer; give {_allowed(kind)}", value=value)
    if kind.calibrator is None and isinstance(kind.encoding, IntegerEncoding):
        fault = fits(kind.encoding, value)
        if fault is not None:
            raise ArgumentRefused(field, fault, value=value)
    return _check_number(kind, field, value)


def _check_time(kind: DataType, field: str, value: object) -> Raw:
    """A time is given in seconds (an absolute one in TAI seconds since J2000) and sent in its own unit."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ArgumentRefused(field, f"{value!r} is no finite number of seconds", value=value)
    start = getattr(kind.epoch, "tai_s", 0.0)
    raw = ((value - start) / kind.unit_s - kind.offset) / kind.scale
    return round(raw) if isinstance(kind.encoding, IntegerEncoding) else raw


def _in_range(kind: DataType, field: str, number: float, value: object) -> None:
    if kind.valid and not any(one.contains(number) for one in kind.valid):
        unit = f" {kind.unit}" if kind.unit else ""
        said = f"raw value {number:.15g}" if kind.valid_raw else f"{number:.15g}{unit}"
        raise ArgumentRefused(field, f"{said} is outside {_allowed(kind)}", value=value, unit=kind.unit)


def _check_label(kind: DataType, field: str, value: object) -> Raw:
    if isinstance(value, bool):
        value = kind.labels[int(value)]
    number = kind.number(value) if isinstance(value, str) else None
    if number is None:
        raise ArgumentRefused(field, f"{value!r} is not {_allowed(kind)}", value=value)
    return str(value) if isinstance(kind.encoding, StringEncoding) else number


def _check_text(kind: DataType, field: str, value: object) -> Raw:
    if not isinstance(value, (str, bytes)):
        raise ArgumentRefused(field, f"{value!r} is neither text nor octets", value=value)
    if kind.kind is ValueKind.BINARY and isinstance(value, str):
        try:
            value = bytes.fromhex(value)
        except ValueError:
            raise ArgumentRefused(field, f"{value!r} is no hexadecimal", value=value) from None
    if kind.characters is not None and not kind.characters.contains(len(value)):
        raise ArgumentRefused(field, f"its length {len(value)} is not {kind.characters}", value=value)
    size = kind.encoding.size if isinstance(kind.encoding, (StringEncoding, BinaryEncoding)) else None
    limit = getattr(size, "number", None)
    octets = len(value.encode() if isinstance(value, str) else value)
    if limit is not None and octets > limit // 8:
        raise ArgumentRefused(field, f"{octets} octets exceed the {limit // 8} allowed", value=value)
    return value


_CHECKS: Final[Mapping[ValueKind, Callable[[DataType, str, object], Raw]]] = {
    ValueKind.INTEGER: _check_integer,
    ValueKind.FLOAT: _check_number,
    ValueKind.ENUMERATED: _check_label,
    ValueKind.BOOLEAN: _check_label,
    ValueKind.STRING: _check_text,
    ValueKind.BINARY: _check_text,
    ValueKind.ABSOLUTE_TIME: _check_time,
    ValueKind.RELATIVE_TIME: _check_time,
}


class _Nothing:
    def raw(self, name: str) -> Raw | None:
        return None

    def value(self, name: str) -> Value | None:
        return None


_NOTHING: Final = _Nothing()


def _write(writer: BitWriter, entry: Entry, given: _Given) -> None:
    if entry.condition is not None and not entry.condition.holds(given):
        return
    if entry.location is not None:
        _advance(writer, entry, given)
    count = entry.repeat.count.of(given) if entry.repeat is not None else 1
    if not 0 <= count <= _MOST_ELEMENTS:
        raise PacketUndecodable(f"{entry.name} comes {count} times, which is outside 0 to {_MOST_ELEMENTS}")
    for number in range(count):
        if number and entry.repeat is not None and entry.repeat.gap is not None:
            writer.put(0, entry.repeat.gap.of(given))
        _write_item(writer, entry, given)


def _advance(writer: BitWriter, entry: Entry, given: _Given) -> None:
    """Zeros up to where an entry begins; what would overwrite another entry is refused."""
    assert entry.location is not None
    if entry.location.anchor is Anchor.CONTAINER_END:
        raise PacketUndecodable(f"{entry.name} is placed from the end, which a telecommand has not yet")
    start = 0 if entry.location.anchor is Anchor.CONTAINER_START else writer.length
    gap = start + entry.location.offset.of(given) - writer.length
    if gap < 0:
        raise PacketUndecodable(f"{entry.name} begins {-gap} bits inside the entry before it")
    writer.put(0, gap)


def _write_item(writer: BitWriter, entry: Entry, given: _Given) -> None:
    item = entry.item
    if isinstance(item, FixedBits):
        writer.put(item.bits, item.size_bits)
    elif isinstance(item, Argument):
        _write_value(writer, item.type, given.raws[item.name], f"{given.definition.name}.{item.name}", given)
    elif isinstance(item, ContainerReference):
        for one in given.mdb.chain(item.name):
            for inner in one.entries:
                _write(writer, inner, given)
    elif isinstance(item, Parameter):
        raw = given.raw(item.name)
        if raw is None:
            if item.initial is None:
                raise PacketUndecodable(f"parameter {item.name} has no value in this telecommand")
            raw = raw_of(item.type, _from_text(item.type, item.initial))  # type: ignore[arg-type]
        _write_value(writer, item.type, raw, item.name, given)


def _write_value(writer: BitWriter, kind: DataType, raw: Any, field: str, given: _Given) -> None:
    if kind.kind is ValueKind.AGGREGATE:
        for member in kind.members:
            _write_value(writer, member.type, raw[member.name], f"{field}.{member.name}", given)
    elif kind.kind is ValueKind.ARRAY and kind.element is not None:
        expected = math.prod(one.last.of(given) - one.first.of(given) + 1 for one in kind.dimensions)
        if len(raw) != expected:
            raise ArgumentRefused(field, f"has {len(raw)} elements, {expected} are said elsewhere", value=raw)
        for index, one in enumerate(raw):
            _write_value(writer, kind.element, one, f"{field}[{index}]", given)
    elif kind.encoding is None:
        raise ArgumentRefused(field, "has no encoding")
    else:
        writer.write(kind.encoding, raw, given)


def _read(mdb: MissionDatabase, definition: CommandDefinition, application_data: bytes) -> dict[str, Any] | None:
    """The free arguments; None where a fixed part differs, or it is no such telecommand."""
    found = _Found(definition)
    reader = BitReader(application_data)
    try:
        for entry in definition.entries:
            if not _read_entry(mdb, reader, entry, found):
                return None
    except LlamaSpaceError:
        return None
    return found.free if reader.remaining_bits < 8 else None


class _Found:
    """Arguments read so far, as references find them."""

    def __init__(self, definition: CommandDefinition) -> None:
        self.definition = definition
        self.free: dict[str, Any] = {}
        self.raws: dict[str, Any] = {}

    def raw(self, name: str) -> Raw | None:
        return self.raws.get(name)

    def value(self, name: str) -> Value | None:
        found = self.free.get(name, self.raws.get(name))
        return found if isinstance(found, (int, float, str, bytes)) else None


def _read_entry(mdb: MissionDatabase, reader: BitReader, entry: Entry, found: _Found) -> bool:
    if entry.condition is not None and not entry.condition.holds(found):
        return True
    if entry.location is not None:
        start = 0 if entry.location.anchor is Anchor.CONTAINER_START else reader.position
        reader.position = start + entry.location.offset.of(found)
    for number in range(entry.repeat.count.of(found) if entry.repeat is not None else 1):
        if number and entry.repeat is not None and entry.repeat.gap is not None:
            reader.position += entry.repeat.gap.of(found)
        if not _read_item(mdb, reader, entry, found):
            return False
    return True


def _read_item(mdb: MissionDatabase, reader: BitReader, entry: Entry, found: _Found) -> bool:
    item = entry.item
    if isinstance(item, FixedBits):
        return reader.take(item.size_bits) == item.bits
    if isinstance(item, ContainerReference):
        return all(_read_entry(mdb, reader, one, found) for link in mdb.chain(item.name) for one in link.entries)
    raw = _read_value(reader, item.type, found)
    found.raws[item.name] = raw
    if isinstance(item, Parameter):
        assigned = found.definition.assigned.get(item.name)
        return assigned is None or raw == raw_of(item.type, assigned)
    if item.fixed is not None:
        return bool(raw == _checked(item.type, item.name, _from_text(item.type, item.fixed)))
    found.free[item.name] = _engineering(item.type, raw)
    return True


def _read_value(reader: BitReader, kind: DataType, found: _Found) -> Any:
    if kind.kind is ValueKind.AGGREGATE:
        return {one.name: _read_value(reader, one.type, found) for one in kind.members}
    if kind.kind is ValueKind.ARRAY and kind.element is not None:
        count = math.prod(one.last.of(found) - one.first.of(found) + 1 for one in kind.dimensions)
        if not 0 <= count <= _MOST_ELEMENTS:
            raise PacketUndecodable(f"an array of {count} elements is outside 0 to {_MOST_ELEMENTS}")
        return [_read_value(reader, kind.element, found) for _ in range(count)]
    raw = reader.read(kind.encoding, found) if kind.encoding is not None else None
    if raw is None:
        raise PacketUndecodable(f"the bits are no value of type {kind.name}")
    return raw


def _engineering(kind: DataType, raw: Any) -> Any:
    if kind.kind is ValueKind.AGGREGATE:
        return {one.name: _engineering(one.type, raw[one.name]) for one in kind.members}
    if kind.kind is ValueKind.ARRAY and kind.element is not None:
        return [_engineering(kind.element, one) for one in raw]
    if kind.kind in (ValueKind.ENUMERATED, ValueKind.BOOLEAN) and isinstance(raw, int):
        return kind.label(raw) or raw
    if kind.kind in (ValueKind.ABSOLUTE_TIME, ValueKind.RELATIVE_TIME):
        return (raw * kind.scale + kind.offset) * kind.unit_s + getattr(kind.epoch, "tai_s", 0.0)
    if kind.calibrator is not None:
        return _uncalibrated(kind, raw)
    if isinstance(raw, str) and kind.kind in (ValueKind.INTEGER, ValueKind.FLOAT):
        return _from_text(kind, raw)
    return float(raw) if kind.kind is ValueKind.FLOAT and isinstance(raw, int) else raw


def _uncalibrated(kind: DataType, raw: Raw) -> float:
    """The engineering value whose raw value it is; an argument is calibrated the other way round than a parameter."""
    value = invert(kind.calibrator, float(raw)) if kind.calibrator is not None else None
    if value is None:
        raise PacketUndecodable(f"the calibration of {kind.name} cannot be inverted at {raw!r}")
    return round(value) if kind.kind is ValueKind.INTEGER else value
