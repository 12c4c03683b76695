"""Telecommands to application data and back, with every argument checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.mdb.bits import BitReader, BitWriter, Raw
from core.mdb.errors import ArgumentRefused, PacketUndecodable
from core.mdb.model import Argument, CommandDefinition, DataType, EncodingKind, MissionDatabase, ValueKind

__all__ = ["DecodedCommand", "EncodedCommand", "decode_command", "encode_command"]


@dataclass(frozen=True)
class EncodedCommand:
    """A telecommand ready for a PUS packet."""

    service: int
    subtype: int
    application_data: bytes


@dataclass(frozen=True)
class DecodedCommand:
    """A telecommand as its definition reads it."""

    definition: CommandDefinition
    arguments: dict[str, Any]


def encode_command(mdb: MissionDatabase, mnemonic: str, arguments: Mapping[str, object]) -> EncodedCommand:
    """The application data of a telecommand.

    Raises:
        ArgumentRefused: Names the argument, its value and what is allowed.
        NotFound: No such telecommand.
    """
    definition = mdb.command(mnemonic)
    free = {argument.name for argument in definition.arguments if argument.fixed is None}
    for name in arguments.keys() - free:
        raise ArgumentRefused(f"{mnemonic}.{name}", f"is no argument; there are {sorted(free)}")
    writer = BitWriter()
    for argument in definition.arguments:
        field = f"{mnemonic}.{argument.name}"
        if argument.fixed is None and argument.name not in arguments:
            raise ArgumentRefused(field, f"is missing; give {_allowed(argument.type)}")
        value = arguments[argument.name] if argument.fixed is None else _fixed(argument)
        writer.write(argument.type.encoding, _ENCODERS[argument.type.kind](argument.type, field, value))
    return EncodedCommand(definition.service, definition.subtype, writer.finish())


def decode_command(mdb: MissionDatabase, service: int, subtype: int, application_data: bytes) -> DecodedCommand:
    """The telecommand that some application data is, its arguments checked as in encoding.

    Raises:
        PacketUndecodable: No definition matches, or octets are missing or left over.
        ArgumentRefused: An argument is outside what is allowed.
    """
    for definition in mdb.commands.values():
        if (definition.service, definition.subtype) == (service, subtype):
            values = _read(definition, application_data)
            if values is not None:
                encode_command(mdb, definition.name, values)
                return DecodedCommand(definition, values)
    raise PacketUndecodable(f"no telecommand of service {service}, {subtype} reads {len(application_data)} octets")


def _read(definition: CommandDefinition, application_data: bytes) -> dict[str, Any] | None:
    """The free arguments; None where a fixed one differs."""
    reader = BitReader(application_data)
    values: dict[str, Any] = {}
    for argument in definition.arguments:
        try:
            raw = reader.read(argument.type.encoding)
        except PacketUndecodable:
            return None
        if argument.fixed is None:
            values[argument.name] = _value(argument.type, raw)
        elif raw != _ENCODERS[argument.type.kind](argument.type, argument.name, _fixed(argument)):
            return None
    return values if reader.remaining_bits < 8 else None


def _value(kind: DataType, raw: Raw) -> object:
    if kind.kind in (ValueKind.ENUMERATED, ValueKind.BOOLEAN) and isinstance(raw, int):
        return kind.labels.get(raw, raw)
    return raw


def _fixed(argument: Argument) -> object:
    if argument.type.kind in (ValueKind.INTEGER, ValueKind.FLOAT):
        return float(argument.fixed or 0) if argument.type.kind is ValueKind.FLOAT else int(argument.fixed or "0", 0)
    return argument.fixed


def _allowed(kind: DataType) -> str:
    if kind.labels:
        return f"one of {list(kind.labels.values())}"
    unit = f" {kind.unit}" if kind.unit else ""
    return (" or ".join(str(one) for one in kind.valid) or f"a value of type {kind.kind.value}") + unit


def _encode_integer(kind: DataType, field: str, value: object) -> Raw:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ArgumentRefused(field, f"{value!r} is no integer; give {_allowed(kind)}", value=value)
    size = kind.encoding.size_bits or 0
    signed = kind.encoding.kind is EncodingKind.TWOS_COMPLEMENT
    low, high = (-(1 << size - 1), (1 << size - 1) - 1) if signed else (0, (1 << size) - 1)
    if not low <= value <= high:
        raise ArgumentRefused(field, f"{value} does not fit {size} bits ({low} to {high})", value=value)
    return int(_in_range(kind, field, value))


def _encode_float(kind: DataType, field: str, value: object) -> Raw:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ArgumentRefused(field, f"{value!r} is no finite number; give {_allowed(kind)}", value=value)
    return float(_in_range(kind, field, float(value)))


def _in_range(kind: DataType, field: str, value: float) -> float:
    if kind.valid and not any(one.contains(value) for one in kind.valid):
        unit = f" {kind.unit}" if kind.unit else ""
        raise ArgumentRefused(field, f"{value:g}{unit} is outside {_allowed(kind)}", value=value, unit=kind.unit)
    return value


def _encode_label(kind: DataType, field: str, value: object) -> Raw:
    if isinstance(value, bool):
        value = kind.labels[int(value)]
    for number, label in kind.labels.items():
        if label == value:
            return number
    raise ArgumentRefused(field, f"{value!r} is not {_allowed(kind)}", value=value)


def _encode_text(kind: DataType, field: str, value: object) -> Raw:
    if not isinstance(value, (str, bytes)):
        raise ArgumentRefused(field, f"{value!r} is neither text nor octets", value=value)
    length = len(value.encode() if isinstance(value, str) else value)
    limit = kind.encoding.size_bits
    if limit is not None and length > limit // 8:
        raise ArgumentRefused(field, f"{length} octets exceed the {limit // 8} allowed", value=value)
    return value


_ENCODERS: Final[Mapping[ValueKind, Callable[[DataType, str, object], Raw]]] = {
    ValueKind.INTEGER: _encode_integer,
    ValueKind.FLOAT: _encode_float,
    ValueKind.ENUMERATED: _encode_label,
    ValueKind.BOOLEAN: _encode_label,
    ValueKind.STRING: _encode_text,
    ValueKind.BINARY: _encode_text,
}
