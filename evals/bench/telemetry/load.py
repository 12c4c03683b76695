"""The packet of the benchmarks: 80 octets, 24 parameters, 16 calibrated by polynomials, warning and critical limits on all."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.link import Telemetry, TmFrame, TmFrameHeader, encode_telemetry, encode_tm_frame, fill_frames
from core.link.clcw import Clcw, encode_clcw
from core.link.sdls import SecurityAssociation
from core.link.tm_frame import tm_capacity
from core.mdb import AlarmLevel, MissionDatabase, ValueKind
from core.mdb.calibration import Polynomial
from core.mdb.containers import Container, Entry, FixedBits, Parameter
from core.mdb.encoding import FloatEncoding, FloatForm, IntegerEncoding
from core.mdb.types import AlarmRange, Alarms, DataType, Range

__all__ = ["PACKET_OCTETS", "SCID", "START_TAI_S", "benchmark_mdb", "benchmark_packets", "frames_of", "packets_at"]

PACKET_OCTETS: Final = 80
SCID: Final = 17
_HEADER_OCTETS: Final = 20  # primary and PUS secondary header
_CALIBRATED: Final = 16
_FLOATS: Final = 6
START_TAI_S: Final = 8.48e8
_TIME_AT: Final = 13  # octets before the time of generation in a PUS packet
_J2000_SINCE_1958_S: Final = 1_325_419_200  # as in core.link.time_code
_ALARMING: Final = 0.001  # of the packets have a value outside its limits


def benchmark_mdb() -> MissionDatabase:
    """Sixteen calibrated 16-bit integers, six floats and two octets behind a PUS header."""
    limits = Alarms(
        ranges=(
            AlarmRange(AlarmLevel.WARNING, Range(-100.0, 100.0)),
            AlarmRange(AlarmLevel.CRITICAL, Range(-120.0, 120.0)),
        )
    )
    parameters = {}
    for number in range(_CALIBRATED):
        kind = DataType(
            f"calibrated_{number}_type",
            ValueKind.FLOAT,
            IntegerEncoding(16),
            calibrator=Polynomial((-80.0, 0.003 + 1e-5 * number, 1e-9)),
            alarms=limits,
        )
        parameters[f"calibrated_{number}"] = kind
    for number in range(_FLOATS):
        kind = DataType(f"float_{number}_type", ValueKind.FLOAT, FloatEncoding(32, FloatForm.IEEE754), alarms=limits)
        parameters[f"float_{number}"] = kind
    for number in range(2):
        parameters[f"octet_{number}"] = DataType(
            f"octet_{number}_type", ValueKind.INTEGER, IntegerEncoding(8), alarms=limits
        )
    known = {name: Parameter(name, kind) for name, kind in parameters.items()}
    header = Entry(FixedBits(0, 8 * _HEADER_OCTETS))
    container = Container("Benchmark", (header, *(Entry(one) for one in known.values())))
    return MissionDatabase("benchmark", known, {"Benchmark": container}, {}, content_hash="")


def benchmark_packets(count: int) -> Iterator[bytes]:
    """Packets a tenth of a second apart, of which one in a thousand has a value outside its limits."""
    draw = random.Random(7)
    for number in range(count):
        words = b"".join(draw.randrange(10_000, 50_000).to_bytes(2, "big") for _ in range(_CALIBRATED))
        if draw.random() < _ALARMING:
            words = b"\xff\xff" + words[2:]
        floats = b"".join(_float(50.0 * math.sin(number / 100 + k)) for k in range(_FLOATS))
        data = words + floats + bytes((number % 90, 3))
        yield encode_telemetry(Telemetry(SCID, number % 16384, 3, 25, number, START_TAI_S + number / 10, data))


def packets_at(
    packets: NDArray[np.uint8], count: NDArray[np.int64], times_tai_s: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Packets with other times of generation and sequence counts; their error control is not mended.

    Args:
        packets: Octets, shape (n, ``PACKET_OCTETS``).
        count, times_tai_s: Of each, shape (n,).
    """
    made = packets.copy()
    made[:, 2] = 0xC0 | (count >> 8 & 0x3F)
    made[:, 3] = count & 0xFF
    coarse = np.floor(times_tai_s).astype(np.int64)
    fine = ((times_tai_s - coarse) * (1 << 24)).astype(np.int64)
    code = coarse + _J2000_SINCE_1958_S << 24 | fine
    for place in range(7):
        made[:, _TIME_AT + place] = code >> 8 * (6 - place) & 0xFF
    return made


def frames_of(packets: list[bytes], sa: SecurityAssociation, first: int = 1) -> bytes:
    """Protected TM frames of 1,115 octets that carry the packets.

    Args:
        first: Count of the first frame.
    """
    control = encode_clcw(Clcw(0, 0))
    made = []
    for count, (pointer, data) in enumerate(fill_frames(packets, tm_capacity(sa)), first):
        header = TmFrameHeader(SCID, 0, True, count, count, pointer)
        made.append(encode_tm_frame(TmFrame(header, count, data, control), sa))
    return b"".join(made)


def _float(value: float) -> bytes:
    return struct.pack(">f", value)
