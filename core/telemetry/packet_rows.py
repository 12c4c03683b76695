"""Packets as the archive takes them: octets, and when they were made and received."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import StoreError
from core.link.pus import TM_SECONDARY_HEADER_LENGTH
from core.link.space_packet import PRIMARY_HEADER_LENGTH
from core.link.time_code import CUC_LENGTH

__all__ = ["PacketRows", "PacketTimes", "pus_reports", "pus_times"]

PacketTimes = Callable[[NDArray[np.uint8], NDArray[np.int64]], NDArray[np.float64]]
_CUC_AT: Final = PRIMARY_HEADER_LENGTH + TM_SECONDARY_HEADER_LENGTH - CUC_LENGTH
_J2000_SINCE_1958_S: Final = 1_325_419_200  # as in core.link.time_code
_FINE_STEPS: Final = 1 << 24
_TYPE_AND_SECONDARY_HEADER: Final = 0b11 << 3  # of a primary header's first octet (CCSDS 133.0-B-2 §4.1.3.3)
_SECONDARY_HEADER: Final = 1 << 3
_PUS_VERSION: Final = 2  # ECSS-E-ST-70-41C §7.4.3.1
_SERVICE_AT: Final = PRIMARY_HEADER_LENGTH + 1
_SUBTYPE_AT: Final = PRIMARY_HEADER_LENGTH + 2


def pus_reports(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which packets are telemetry of the packet utilisation standard (ECSS-E-ST-70-41C §7.4.3), by their headers."""
    begins, reports = offsets[:-1], np.diff(offsets) >= _CUC_AT + CUC_LENGTH
    at = begins[reports]
    is_report = (data[at] & _TYPE_AND_SECONDARY_HEADER) == _SECONDARY_HEADER
    reports[reports] = is_report & (data[at + PRIMARY_HEADER_LENGTH] >> 4 == _PUS_VERSION)
    return reports


def pus_times(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Generation times of PUS packets, TAI s since J2000; NaN for packets that are none."""
    begins, known = offsets[:-1], pus_reports(data, offsets)
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
        arrivals: Numbers by the order of arrival that they have from elsewhere; None where the archive is to number them.
    """

    satellite: str
    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    received_tai_s: NDArray[np.float64]
    arrivals: NDArray[np.int64] | None = None

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

    @cached_property
    def reports(self) -> NDArray[np.bool_]:
        """Which of them are PUS reports."""
        return pus_reports(self.data, self.offsets)

    @cached_property
    def services(self) -> NDArray[np.uint8]:
        """PUS service types; 0 for packets that are none."""
        return self._report_octet(_SERVICE_AT)

    @property
    def subtypes(self) -> NDArray[np.uint8]:
        """PUS message subtypes; 0 for packets that are none."""
        return self._report_octet(_SUBTYPE_AT)

    def only(self, wanted: NDArray[np.bool_]) -> PacketRows:
        """Some of them."""
        if wanted.all():
            return self
        lengths = np.diff(self.offsets)
        data = self.data[self.offsets[0] : self.offsets[-1]][np.repeat(wanted, lengths)]
        offsets = np.concatenate(([0], np.cumsum(lengths[wanted])))
        arrivals = None if self.arrivals is None else self.arrivals[wanted]
        return PacketRows(self.satellite, data, offsets, self.received_tai_s[wanted], arrivals)

    def octets(self, row: int) -> bytes:
        """One packet."""
        return self.data[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def pack(self) -> list[bytes | memoryview]:
        """As pieces of a record."""
        about = {"satellite": self.satellite, "packets": len(self), "numbered": self.arrivals is not None}
        header = json.dumps(about).encode()
        lengths = np.diff(self.offsets).astype("<u4")
        data = np.ascontiguousarray(self.data[self.offsets[0] : self.offsets[-1]])
        times = np.ascontiguousarray(self.received_tai_s, dtype="<f8")
        numbers = [] if self.arrivals is None else [self.arrivals.astype("<i8").tobytes()]
        return [
            len(header).to_bytes(4, "big") + header,
            lengths.tobytes(),
            times.tobytes(),
            *numbers,
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
            count, at = int(about["packets"]), 4 + size
            lengths = np.frombuffer(payload, dtype="<u4", count=count, offset=at).astype(np.int64)
            times = np.frombuffer(payload, dtype="<f8", count=count, offset=at + 4 * count)
            at += 12 * count
            arrivals = None
            if about["numbered"]:
                arrivals = np.frombuffer(payload, dtype="<i8", count=count, offset=at).astype(np.int64)
                at += 8 * count
            data = np.frombuffer(payload, dtype=np.uint8, offset=at)
            offsets = np.concatenate(([0], np.cumsum(lengths)))
            if offsets[-1] != data.size:
                raise ValueError(f"{data.size} octets are not the packets' {offsets[-1]}")
            return cls(about["satellite"], data, offsets, times, arrivals)
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"a record of the telemetry log holds no packets: {error}") from error

    def _report_octet(self, at: int) -> NDArray[np.uint8]:
        reports = self.reports
        made = np.zeros(len(self), dtype=np.uint8)
        made[reports] = self.data[self.offsets[:-1][reports] + at]
        return made

    def _word(self, at: int) -> NDArray[np.uint16]:
        begins = self.offsets[:-1] + at
        high, low = self.data[begins].astype(np.uint16), self.data[begins + 1].astype(np.uint16)
        return (high * np.uint16(256) + low).astype(np.uint16)
