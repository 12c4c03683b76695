"""A batch in the archive's log: packets of any number of satellites and what they change, durable as one record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import StoreError
from core.telemetry.packet_rows import PacketRows

__all__ = ["BatchRecord"]


@dataclass(frozen=True)
class BatchRecord:
    """All of it becomes true, or nothing.

    Args:
        parts: Packets, satellite by satellite.
        change: Of ``IntakeMemory``.
    """

    parts: Sequence[PacketRows]
    change: Mapping[str, Any]

    def pack(self) -> list[bytes | memoryview]:
        """As pieces of a payload."""
        packed = [one.pack() for one in self.parts]
        sizes = [sum(len(piece) for piece in one) for one in packed]
        header = json.dumps({"parts": sizes, "change": self.change}).encode()
        return [len(header).to_bytes(4, "big") + header, *(piece for one in packed for piece in one)]

    @classmethod
    def unpack(cls, payload: bytes) -> BatchRecord:
        """Out of a payload.

        Raises:
            StoreError: It is none.
        """
        try:
            at = 4 + int.from_bytes(payload[:4], "big")
            about = json.loads(payload[4:at])
            parts = []
            for size in about["parts"]:
                parts.append(PacketRows.unpack(payload[at : at + size]))
                at += size
            if at != len(payload):
                raise ValueError(f"{len(payload) - at} octets are left over")
            return cls(parts, about["change"])
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"a record of the telemetry log cannot be read: {error}") from error
