"""Packets as the archive takes them: octets, when they were made and received, and how far their source was read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import StoreError
from core.link.pus import TM_SECONDARY_HEADER_LENGTH
from core.link.space_packet import PRIMARY_HEADER_LENGTH
from core.link.time_code import CUC_LENGTH
from core.telemetry.receiver import ChannelState

__all__ = ["PacketRows", "PacketTimes", "pus_times"]

PacketTimes = Callable[[NDArray[np.uint8], NDArray[np.int64]], NDArray[np.float64]]
_CUC_AT: Final = PRIMARY_HEADER_LENGTH + TM_SECONDARY_HEADER_LENGTH - CUC_LENGTH
_J2000_SINCE_1958_S: Final = 1_325_419_200  # as in core.link.time_code
_FINE_STEPS: Final = 1 << 24


def pus_times(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Generation times of PUS packets, TAI s since J2000; NaN where a packet is too short for one."""
    begins, lengths = offsets[:-1], np.diff(offsets)
    known = lengths >= _CUC_AT + CUC_LENGTH
    times = np.full(len(begins), np.nan)
    at = begins[known] + _CUC_AT
    coarse = np.zeros(len(at), dtype=np.int64)
    fine = np.zeros(len(at), dtype=np.int64)
    for octet in range(4):
        coarse = coarse << 8 | data[at + octet]
    for octet in range(4, CUC_LENGTH):
        fine = fine << 8 | data[at + octet]
    times[known] = coarse - _J2000_SINCE_1958_S + fine / _FINE_STEPS
    return times


@dataclass(frozen=True)
class PacketRows:
    """Packets of one satellite that become durable together.

    Args:
        satellite: Whose.
        data, offsets: Their octets, and where each begins; at last where the last one ends.
        received_tai_s: When each was received.
        source, cursor: From where they came, and how far that is read with them; empty for nothing to remember.
        channels: What must be remembered of the virtual channels of the source.
    """

    satellite: str
    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    received_tai_s: NDArray[np.float64]
    source: str = ""
    cursor: int = 0
    channels: Mapping[int, ChannelState] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def apids(self) -> NDArray[np.uint16]:
        """The packets' APIDs."""
        return (self._word(0) & 0x7FF).astype(np.uint16)

    @property
    def sequences(self) -> NDArray[np.uint16]:
        """The packets' sequence counts."""
        return (self._word(2) & 0x3FFF).astype(np.uint16)

    def pack(self) -> list[bytes | memoryview]:
        """As pieces of a record."""
        about = {
            "satellite": self.satellite,
            "packets": len(self),
            "source": self.source,
            "cursor": self.cursor,
            "channels": {str(vcid): [one.extended_count, one.remainder.hex()] for vcid, one in self.channels.items()},
        }
        header = json.dumps(about).encode()
        lengths = np.diff(self.offsets).astype("<u4")
        data = np.ascontiguousarray(self.data[self.offsets[0] : self.offsets[-1]])
        times = np.ascontiguousarray(self.received_tai_s, dtype="<f8")
        return [
            len(header).to_bytes(4, "big") + header,
            lengths.tobytes(),
            times.tobytes(),
            data.data,
        ]

    @classmethod
    def unpack(cls, payload: bytes) -> PacketRows:
        """Out of a record.

        Raises:
            StoreError: It is no record of packets.
        """
        try:
            size = int.from_bytes(payload[:4], "big")
            about = json.loads(payload[4 : 4 + size])
            count = int(about["packets"])
            at = 4 + size
            lengths = np.frombuffer(payload, dtype="<u4", count=count, offset=at).astype(np.int64)
            times = np.frombuffer(payload, dtype="<f8", count=count, offset=at + 4 * count)
            data = np.frombuffer(payload, dtype=np.uint8, offset=at + 12 * count)
            channels = {int(one): ChannelState(n, bytes.fromhex(rest)) for one, (n, rest) in about["channels"].items()}
            offsets = np.concatenate(([0], np.cumsum(lengths)))
            if offsets[-1] != data.size:
                raise ValueError(f"{data.size} octets are not the packets' {offsets[-1]}")
            return cls(about["satellite"], data, offsets, times, about["source"], about["cursor"], channels)
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"a record of the telemetry log holds no packets: {error}") from error

    def _word(self, at: int) -> NDArray[np.uint16]:
        begins = self.offsets[:-1] + at
        high, low = self.data[begins].astype(np.uint16), self.data[begins + 1].astype(np.uint16)
        return (high * np.uint16(256) + low).astype(np.uint16)
