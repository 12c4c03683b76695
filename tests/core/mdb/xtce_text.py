"""Small XTCE files for tests, from their parts."""

from __future__ import annotations

from pathlib import Path

from core.mdb import MissionDatabase, load_mdb


def space_system(telemetry: str = "", commands: str = "", inner: str = "") -> str:
    """A whole file; each part holds the sets of its metadata."""
    return (
        '<SpaceSystem xmlns="http://www.omg.org/spec/XTCE/20180204" name="T">\n'
        f"<TelemetryMetaData>{telemetry}</TelemetryMetaData>\n<CommandMetaData>{commands}</CommandMetaData>\n{inner}"
        "</SpaceSystem>\n"
    )


def telemetry(types: str, parameters: dict[str, str], entries: str, more: str = "") -> str:
    """Types, parameters with their types, and one container ``P`` with entries."""
    declared = "".join(f'<Parameter name="{name}" parameterTypeRef="{kind}"/>\n' for name, kind in parameters.items())
    return (
        f"<ParameterTypeSet>{types}</ParameterTypeSet>\n<ParameterSet>{declared}</ParameterSet>\n<ContainerSet>"
        f'<SequenceContainer name="P"><EntryList>{entries}</EntryList></SequenceContainer>{more}</ContainerSet>'
    )


def unsigned(name: str, bits: int = 8, inside: str = "", after: str = "") -> str:
    """An unsigned integer type."""
    return (
        f'<IntegerParameterType name="{name}" signed="false"><UnitSet/><IntegerDataEncoding sizeInBits="{bits}">'
        f"{inside}</IntegerDataEncoding>{after}</IntegerParameterType>\n"
    )


def load(folder: Path, text: str) -> MissionDatabase:
    """The database in a text."""
    path = folder / "t.xml"
    path.write_text(text)
    return load_mdb(path)
