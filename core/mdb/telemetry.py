"""Packets to engineering values with limits, and engineering values to packet content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.mdb.bits import BitReader, BitWriter, Raw
from core.mdb.errors import PacketUndecodable
from core.mdb.model import AlarmLevel, Container, DataType, EncodingKind, MissionDatabase, ValueKind

__all__ = ["DecodedPacket", "Sample", "calibrate", "decode_packet", "encode_container", "limit_state"]

_ERROR_CONTROL_LENGTH: Final = 2  # ECSS-E-ST-70-41C §7.4.3.2
Value = int | float | str | bytes | bool


@dataclass(frozen=True)
class Sample:
    """One value of a parameter: as sent, in engineering units, and against its limits."""

    raw: Raw
    value: Value
    unit: str
    limit_state: AlarmLevel


@dataclass(frozen=True)
class DecodedPacket:
    """A packet by the most specific container that matches it."""

    name: str
    parameters: dict[str, Sample]


def decode_packet(mdb: MissionDatabase, raw: bytes, *, error_control: bool = True) -> DecodedPacket:
    """The parameters of a whole packet.

    Args:
        mdb: The definitions.
        raw: The packet, primary header included.
        error_control: Whether its last two octets are an error control (not verified here).
    Raises:
        PacketUndecodable: Too short, or no concrete container matches.
    """
    reader = BitReader(raw, _ERROR_CONTROL_LENGTH if error_control else 0)
    samples: dict[str, Sample] = {}
    for root in mdb.roots():
        container: Container | None = root
        while container is not None:
            _take(container, reader, samples)
            last, container = container, _matching_child(mdb, container, samples)
        if last.abstract:
            raise PacketUndecodable(f"no container that extends {last.name} matches the packet")
        return DecodedPacket(last.name, samples)
    raise PacketUndecodable("the mission database has no containers")


def encode_container(mdb: MissionDatabase, name: str, values: Mapping[str, Value]) -> bytes:
    """The octets of a container's own entries, without those of its base, from engineering values.

    Raises:
        PacketUndecodable: A value is missing or its calibration cannot be inverted.
    """
    writer = BitWriter()
    for parameter in mdb.containers[name].entries:
        if parameter.name not in values:
            raise PacketUndecodable(f"{name} needs a value for {parameter.name}")
        writer.write(parameter.type.encoding, _raw(parameter.type, values[parameter.name]))
    return writer.finish()


def calibrate(kind: DataType, raw: Raw) -> Value:
    """The engineering value of a raw one."""
    if kind.kind is ValueKind.BOOLEAN:
        return bool(raw)
    if isinstance(raw, (str, bytes)):
        return raw
    if kind.kind is ValueKind.ENUMERATED:
        return kind.labels.get(int(raw), f"undefined ({raw})")
    if not kind.calibrator:
        return float(raw) if kind.kind is ValueKind.FLOAT else raw
    value = 0.0
    for coefficient in reversed(kind.calibrator):
        value = value * raw + coefficient
    return value


def limit_state(kind: DataType, value: Value) -> AlarmLevel:
    """The highest alarm level whose range the value leaves."""
    if not kind.alarms or not isinstance(value, (int, float)):
        return AlarmLevel.NORMAL
    order = list(AlarmLevel)
    broken = [level for level, allowed in kind.alarms.items() if not allowed.contains(value)]
    return max(broken, key=order.index, default=AlarmLevel.NORMAL)


def _take(container: Container, reader: BitReader, samples: dict[str, Sample]) -> None:
    for parameter in container.entries:
        raw = reader.read(parameter.type.encoding)
        value = calibrate(parameter.type, raw)
        samples[parameter.name] = Sample(raw, value, parameter.type.unit, limit_state(parameter.type, value))


def _matching_child(mdb: MissionDatabase, container: Container, samples: Mapping[str, Sample]) -> Container | None:
    for child in mdb.children(container.name):
        if all(_equals(samples.get(one.parameter), one.value) for one in child.restrictions):
            return child
    return None


def _equals(sample: Sample | None, text: str) -> bool:
    return sample is not None and text in (str(sample.value), str(sample.raw))


def _raw(kind: DataType, value: Value) -> Raw:
    if isinstance(value, (str, bytes)) and kind.kind is not ValueKind.ENUMERATED:
        return value
    if kind.kind is ValueKind.ENUMERATED:
        for number, label in kind.labels.items():
            if label == value:
                return number
        raise PacketUndecodable(f"{value!r} is not one of {list(kind.labels.values())}")
    if kind.encoding.kind is EncodingKind.FLOAT:
        return float(value)
    return _clipped(kind, _uncalibrated(kind, float(value) if kind.calibrator else value))


def _uncalibrated(kind: DataType, value: Value) -> int:
    if not kind.calibrator:
        return int(value)
    if len(kind.calibrator) != 2 or kind.calibrator[1] == 0:
        raise PacketUndecodable(f"the calibration of {kind.name} is not linear")
    return round((float(value) - kind.calibrator[0]) / kind.calibrator[1])


def _clipped(kind: DataType, raw: int) -> int:
    """A sensor saturates at the ends of its range."""
    size = kind.encoding.size_bits or 0
    if kind.encoding.kind is EncodingKind.TWOS_COMPLEMENT:
        return max(-(1 << size - 1), min((1 << size - 1) - 1, raw))
    return max(0, min((1 << size) - 1, raw))
