"""An ingest over an archive in a folder, and frames of spacecraft for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.link import Telemetry, TmFrame, TmFrameHeader, encode_telemetry, encode_tm_frame, fill_frames, new_link_keys
from core.link.clcw import Clcw, encode_clcw
from core.link.keys import LinkKeys
from core.link.tm_frame import tm_capacity
from core.mdb import encode_container, reference_mdb
from core.telemetry import LatestValues, ReceivedFrame, TelemetryIngest, TelemetryStream, tm_channels
from core.telemetry.telemetry_archive import TelemetryArchive

__all__ = ["FLEET", "KEYS", "MDB", "T0_TAI_S", "Bench", "frames", "housekeeping"]

MDB = reference_mdb()
KEYS = LinkKeys(spacecraft={"LSAT-1": new_link_keys(673)})
FLEET = LinkKeys(spacecraft={f"LSAT-{number}": new_link_keys(672 + number) for number in (1, 2, 3)})
T0_TAI_S = 8.486e8
BASE = {name.name: 0 for name in MDB.containers["Housekeeping"].entries} | {
    "structure_id": 1,
    "mode": "nominal",
    "pointing": "nadir",
    "in_eclipse": False,
    "downlink_active": False,
}


@dataclass
class Bench:
    """An ingest on an archive in a folder; opened again, it is a restart."""

    folder: Path
    keys: LinkKeys
    archive: TelemetryArchive
    latest: LatestValues
    stream: TelemetryStream
    ingest: TelemetryIngest

    @classmethod
    def open(cls, folder: Path, keys: LinkKeys = KEYS) -> Bench:
        archive = TelemetryArchive(folder, MDB)
        latest, stream = LatestValues(archive, keys.spacecraft), TelemetryStream()
        return cls(folder, keys, archive, latest, stream, TelemetryIngest(archive, tm_channels(keys), latest, stream))

    def reopened(self) -> Bench:
        self.archive.close()
        return Bench.open(self.folder, self.keys)


def housekeeping(number: int, **values: object) -> bytes:
    data = encode_container(MDB, "Housekeeping", BASE | values)  # type: ignore[operator]
    return encode_telemetry(Telemetry(673, number, 3, 25, number, T0_TAI_S + number, data))


def frames(
    packets: list[bytes],
    first_count: int = 1,
    first_index: int = 1,
    keys: LinkKeys = KEYS,
    satellite: str = "LSAT-1",
    ocf: bytes = encode_clcw(Clcw(0, 3)),
) -> list[ReceivedFrame]:
    of = keys.spacecraft[satellite]
    sa = of.tm_association()
    made = []
    for offset, (pointer, data) in enumerate(fill_frames(packets, tm_capacity(sa))):
        count = first_count + offset
        header = TmFrameHeader(of.scid, 0, True, count & 0xFF, count & 0xFF, pointer)
        raw = encode_tm_frame(TmFrame(header, count, data, ocf), sa)
        made.append(ReceivedFrame(first_index + offset, "svalbard", T0_TAI_S + 100, raw))
    return made
