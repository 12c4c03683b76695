"""``llamaspace command encode|decode|verify``: telecommands offline, from words to octets and back."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from core.command.offline import Numbers, UplinkReading, make_forms, read_uplink
from core.errors import InputError
from core.link import LinkKeys, read_link_keys
from core.mdb import MissionDatabase, ValueKind, load_mdb, reference_mdb
from core.mdb.types import DataType
from core.mission import load_mission, reference_mission
from core.mission.model import Mission

__all__ = ["decode_octets", "encode_words", "verify_octets"]


def encode_words(options: argparse.Namespace) -> int:
    """Print a telecommand at each layer, as hexadecimal."""
    mdb, mission, keys = _definitions(options)
    numbers = Numbers(options.packet_count, options.frame_number, options.sequence_number)
    arguments = _arguments(mdb, options.mnemonic, options.arg)
    forms = make_forms(mdb, mission, options.satellite, options.mnemonic, arguments, numbers, keys)
    shown = {
        "application_data": forms.application_data.hex(),
        "packet": forms.packet.hex(),
        "frame": forms.frame.hex() if forms.frame else None,
        "cltu": forms.cltu.hex() if forms.cltu else None,
    }
    if options.json:
        sys.stdout.write(
            json.dumps({"command": options.mnemonic, "arguments": arguments, **shown}, default=_hex) + "\n"
        )
    else:
        sys.stdout.writelines(f"{name:<17} {text}\n" for name, text in shown.items() if text)
    return 0


def decode_octets(options: argparse.Namespace) -> int:
    """Print what a CLTU, frame or packet says; 1 where it does not verify."""
    return _print_reading(options, with_fields=True)


def verify_octets(options: argparse.Namespace) -> int:
    """Print every check of a CLTU, frame or packet; 1 where one fails."""
    return _print_reading(options, with_fields=False)


def _print_reading(options: argparse.Namespace, *, with_fields: bool) -> int:
    mdb, mission, keys = _definitions(options)
    reading = read_uplink(_octets(options.octets), mdb, mission, keys)
    if options.json:
        checks = [{"name": one.name, "passed": one.passed, "detail": one.detail} for one in reading.checks]
        document = {"passed": reading.passed, "checks": checks} | ({"fields": reading.fields} if with_fields else {})
        sys.stdout.write(json.dumps(document, default=_hex) + "\n")
    else:
        _print_text(reading, with_fields=with_fields)
    return 0 if reading.passed else 1


def _print_text(reading: UplinkReading, *, with_fields: bool) -> None:
    for one in reading.checks:
        sys.stdout.write(f"{'ok  ' if one.passed else 'FAIL'} {one.name:<12} {one.detail}\n")
    for name, value in reading.fields.items() if with_fields else ():
        sys.stdout.write(f"     {name:<16} {json.dumps(value, default=_hex)}\n")


def _definitions(options: argparse.Namespace) -> tuple[MissionDatabase, Mission, LinkKeys | None]:
    mdb = load_mdb(options.mdb) if options.mdb else reference_mdb()
    mission = load_mission(options.mission) if options.mission else reference_mission()
    return mdb, mission, read_link_keys(options.keys) if options.keys else None


def _octets(text: str) -> bytes:
    """Hexadecimal from the command line, or from a file or standard input (``-``), which may hold the octets themselves."""
    if text == "-":
        return _unhex(sys.stdin.buffer.read())
    path = Path(text.removeprefix("@"))
    if text.startswith("@"):
        try:
            return _unhex(path.read_bytes())
        except OSError as error:
            raise InputError("OCTETS", f"cannot read {path}: {error.strerror or error}") from error
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InputError("OCTETS", "are no hexadecimal; give @FILE for a file, - for standard input") from None


def _unhex(content: bytes) -> bytes:
    try:
        return bytes.fromhex(content.decode("ascii"))
    except ValueError:
        return content


def _arguments(mdb: MissionDatabase, mnemonic: str, given: list[str]) -> dict[str, Any]:
    types = {one.name: one.type for one in mdb.command(mnemonic).arguments}
    arguments: dict[str, Any] = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator:
            raise InputError("--arg", f"{text!r} is not of the form NAME=VALUE")
        if name in arguments:
            raise InputError("--arg", f"{name} is given twice")
        arguments[name] = _value(types.get(name), value)
    return arguments


def _value(kind: DataType | None, text: str) -> Any:
    """The value that a text means for its type; what it cannot mean is left to the encoder, which says what is allowed."""
    if kind is None or kind.kind in (ValueKind.STRING, ValueKind.ENUMERATED, ValueKind.BOOLEAN):
        return text
    try:
        return bytes.fromhex(text) if kind.kind is ValueKind.BINARY else json.loads(text)
    except ValueError:
        return text


def _hex(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
