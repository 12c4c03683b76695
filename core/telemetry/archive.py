"""What the rest of the system reads of stored telemetry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.mdb.references import Value

__all__ = ["Archive", "ArchivedPacket", "ArchivedSample"]


@dataclass(frozen=True)
class ArchivedPacket:
    """A stored packet; ``packet_id`` grows in the order of arrival. Service and subtype are 0 where it is no PUS report."""

    packet_id: int
    satellite: str
    service: int
    subtype: int
    name: str
    generated_tai_s: float
    received_tai_s: float
    raw: bytes


@dataclass(frozen=True)
class ArchivedSample:
    """A stored value of a parameter: a number, a text where it is a label or text, or octets. Truths are 0 and 1."""

    satellite: str
    parameter: str
    generated_tai_s: float
    number: float | int | None
    text: str | None
    unit: str
    limit_state: str
    octets: bytes | None = None

    @property
    def value(self) -> float | int | str | bytes | None:
        """The one that it has."""
        if self.octets is not None:
            return self.octets
        return self.text if self.text is not None else self.number

    @classmethod
    def of(
        cls, satellite: str, parameter: str, generated_tai_s: float, value: Value, unit: str, limit_state: str
    ) -> ArchivedSample:
        """A sample of any kind of value."""
        number = int(value) if isinstance(value, bool) else value if isinstance(value, (int, float)) else None
        text = value if isinstance(value, str) else None
        octets = value if isinstance(value, bytes) else None
        return cls(satellite, parameter, generated_tai_s, number, text, unit, limit_state, octets)


class Archive(Protocol):
    """Packets in the order of their arrival, and values by the time of their generation."""

    def packets(
        self,
        *,
        after: int = 0,
        service: int | None = None,
        apid: int | None = None,
        container: str | None = None,
        limit: int = 1000,
    ) -> list[ArchivedPacket]:
        """Packets after a packet id."""

    def samples(
        self, satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, limit: int = 10_000
    ) -> list[ArchivedSample]:
        """Values generated in an interval, both ends included, oldest first."""

    def newest(self, satellite: str, parameter: str, not_after_tai_s: float) -> ArchivedSample | None:
        """The value that was generated last, up to an instant."""

    def latest(self, satellite: str) -> list[ArchivedSample]:
        """The newest generated value of every parameter."""

    def counters(self) -> Mapping[str, Mapping[str, int]]:
        """What became of frames and packets, by satellite and reason."""
