"""Damaged telemetry by the million: packets through the decoder, frames without protection through the receiver, database files.

Under the sanitizers this shows that no octets make the native code read or write outside its own; at any time it shows that
the native decoder and the readable reference say the same of what they are offered.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from core.link.checksum import CRC_LENGTH, append_crc
from core.link.space_packet import PacketType, SpacePacket, encode_packet
from core.link.tm_frame import TM_HEADER_LENGTH, fill_frames
from core.mdb import MissionDatabase, decode_packet, load_mdb, reference_mdb
from core.mdb.batch import BatchDecoder, DecodedBatch
from core.mdb.errors import PacketUndecodable
from core.mdb.xtce.writer import write_mdb
from core.telemetry.bulk_receiver import BulkReceiver
from core.telemetry.open_frames import TmChannel
from evals.fuzz.targets import Target

__all__ = ["STREAMS", "XTCE", "StreamTally", "fuzz_stream"]

_SEED_FILE: Final = Path(__file__).with_name("seed.xml")
_AT_ONCE: Final = 10_000
_COMPARED: Final = 50  # of each batch, with the readable reference
_SCID: Final = 0x2A2
_FRAME_LENGTH: Final = 128
_DAMAGED: Final = 0.1  # of all frames
_SHORTEST_PACKET: Final = 7


@dataclass
class StreamTally:
    """What the native code did, and what it should not have done."""

    inputs: int = 0
    packets: int = 0  # with a meaning, or taken out of frames
    defects: list[str] = field(default_factory=list)


Offer = Callable[[np.random.Generator, int, StreamTally], None]


def fuzz_stream(offer: Offer, inputs: int, seed: int, progress: Callable[[int], None] | None = None) -> StreamTally:
    """Offer so many damaged inputs in batches."""
    draw, tally = np.random.default_rng(seed), StreamTally()
    while tally.inputs < inputs:
        count = min(_AT_ONCE, inputs - tally.inputs)
        offer(draw, count, tally)
        tally.inputs += count
        if progress is not None:
            progress(tally.inputs)
    return tally


def _packets(mdb: MissionDatabase, route: tuple[tuple[int, int], ...]) -> Offer:
    """Random content behind headers that mostly lead to a container; some cut short, some longer than they say.

    Args:
        mdb: What packets mean.
        route: Places of octets that choose the container, and how many values of each are tried.
    """
    decoder = BatchDecoder(mdb, error_control=False)

    def offer(draw: np.random.Generator, count: int, tally: StreamTally) -> None:
        lengths = np.where(draw.random(count) < 0.2, draw.integers(1, 12, count), draw.integers(12, 300, count))
        offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        data = np.frombuffer(draw.bytes(int(offsets[-1])), dtype=np.uint8).copy()
        for place, values in ((0, 8), *route):
            long_enough = offsets[:-1][lengths > place]
            data[long_enough + place] = draw.integers(0, values, len(long_enough))
        decoded = decoder.decode(data, offsets)
        tally.packets += count - len(decoded.undecodable)
        for row in draw.integers(0, count, _COMPARED).tolist():
            raw = data[offsets[row] : offsets[row + 1]].tobytes()
            reason = _difference(mdb, raw, decoded, row)
            if reason:
                tally.defects.append(f"{reason}: {raw.hex()}")

    return offer


def _difference(mdb: MissionDatabase, raw: bytes, decoded: DecodedBatch, row: int) -> str:
    """Where the native decoder and the readable reference differ about a packet; empty where they agree."""
    try:
        wanted = decode_packet(mdb, raw, error_control=False)
    except PacketUndecodable:
        return "" if row in decoded.undecodable else "decoded what the reference refuses"
    if row in decoded.undecodable:
        return f"refused ({decoded.undecodable[row]}) what the reference decodes"
    interpreted = dict(decoded.interpreted).get(row)
    if interpreted is not None:
        return "" if interpreted.name == wanted.name else "another container"
    batch = next(one for one in decoded.containers if row in one.rows)
    at = int(np.searchsorted(batch.rows, row))
    if batch.container != wanted.name or batch.columns.keys() != wanted.parameters.keys():
        return "another container, or other parameters"
    for name, column in batch.columns.items():
        sample, given = wanted.parameters[name], column.raw[at]
        if isinstance(sample.raw, bytes):
            alike = given.tobytes() == sample.raw
        elif given.ndim:  # a text; one that cannot be read has no value
            alike = not sample.valid or column.texts()[at] == sample.value
        else:
            alike = isinstance(sample.raw, (int, float)) and _same(float(given), float(sample.raw))
        if not alike:
            return f"{name} is {given} and not {sample.raw!r}"
    return ""


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _frames(draw: np.random.Generator, count: int, tally: StreamTally) -> None:
    """Frames of whole packets with a right error control, in which octets were changed: pointers, lengths, channels."""
    receiver = BulkReceiver(TmChannel(_SCID, None, _FRAME_LENGTH))
    field_length = _FRAME_LENGTH - TM_HEADER_LENGTH - CRC_LENGTH
    packets = [_packet(number, draw.bytes(int(draw.integers(1, 400)))) for number in range(count // 2)]
    made = []
    for number, (pointer, content) in enumerate(islice(fill_frames(packets, field_length), count)):
        head = (_SCID << 4).to_bytes(2, "big") + bytes((number & 0xFF, number & 0xFF))
        frame = bytearray(head + (0x1800 | pointer).to_bytes(2, "big") + content)
        if draw.random() < _DAMAGED:
            for place in draw.integers(0, len(frame), 3).tolist():
                frame[place if draw.random() < 0.5 else place % 12] = int(draw.integers(0, 256))
        made.append(append_crc(bytes(frame)))
    received = receiver.receive(b"".join(made))
    tally.packets += len(received)
    offsets, data = received.offsets, received.data
    if offsets[0] != 0 or offsets[-1] != len(data) or (np.diff(offsets) < _SHORTEST_PACKET).any():
        tally.defects.append("packets do not stand one behind the other")
        return
    said = (data[offsets[:-1] + 4].astype(np.int64) << 8 | data[offsets[:-1] + 5]) + _SHORTEST_PACKET
    for row in np.flatnonzero(said != np.diff(offsets)).tolist():
        tally.defects.append(
            f"a packet is not as long as it says: {data[offsets[row] : offsets[row + 1]].tobytes().hex()}"
        )


def _packet(number: int, data: bytes) -> bytes:
    return encode_packet(
        SpacePacket(PacketType.TELEMETRY, number % 7, number % 16384, data, has_secondary_header=False)
    )


def _read_database(text: str) -> MissionDatabase:
    with tempfile.NamedTemporaryFile("w", suffix=".xml", encoding="utf-8", errors="surrogatepass") as file:
        file.write(text)
        file.flush()
        return load_mdb(Path(file.name))


def _check_database(read: object) -> None:
    """What is read can be compiled, and is written and read as the same."""
    assert isinstance(read, MissionDatabase)
    BatchDecoder(read)
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        write_mdb(read, Path(file.name))
        assert load_mdb(Path(file.name)) == read


XTCE: Final = Target((_SEED_FILE.read_text(),), _read_database, _check_database)
STREAMS: Final[dict[str, Callable[[], Offer]]] = {
    "packets": lambda: _packets(load_mdb(_SEED_FILE), ((6, 6),)),
    "pus-packets": lambda: _packets(reference_mdb(), ((7, 24), (8, 32))),
    "open-frames": lambda: _frames,
}
