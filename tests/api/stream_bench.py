"""Live telemetry over an archive in a folder, and readers that keep what they got."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter

from api.service.step_feed import StepsOf
from api.service.telemetry_messages import ArrowHead, Outgoing, Subscribe
from api.service.telemetry_requests import StreamCatalogue
from api.service.telemetry_stream import LiveTelemetry
from api.service.telemetry_subscription import TelemetrySubscription
from core.events import EventLog
from core.link import Telemetry, encode_telemetry
from core.mdb import encode_container
from core.store import open_database
from core.telemetry import AlarmDesk, LatestValues, LimitOverrides, TelemetryIngest, TelemetryStream, tm_channels
from core.telemetry.packet_feed import PacketFeed
from core.telemetry.telemetry_archive import TelemetryArchive
from core.time import MissionClock, format_utc, utc_from_tai_s
from core.time.clock import ClockAnchor
from ml.alerts.desk import AlertDesk
from tests.core.telemetry.intake import FLEET, MDB, T0_TAI_S, frames, housekeeping

__all__ = ["SELECTIONS", "Packet", "StreamBench", "arrow_message", "event_packet", "rows_of", "soc_packet", "utc"]

MESSAGE: TypeAdapter[Any] = TypeAdapter(Outgoing)
ARROW_HEAD: TypeAdapter[Any] = TypeAdapter(ArrowHead)
CLOCK = MissionClock(ClockAnchor(0.0, T0_TAI_S + 10_000, 1.0), lambda: 0.0)
SELECTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"satellites": ("LSAT-2",)},
    {"parameters": ("so*",)},
    {"containers": ("Event*",)},
    {"containers": ("*",), "parameters": ("soc", "event_id")},
)


def utc(seconds: float) -> str:
    """The instant so long after the first packet."""
    return format_utc(utc_from_tai_s(T0_TAI_S + seconds))


@dataclass(frozen=True)
class Packet:
    """What was sent: when it says that it was generated, and its octets."""

    satellite: str
    container: str
    generated_tai_s: float
    raw: bytes


def soc_packet(satellite: str, number: int, soc: float = 0.9) -> Packet:
    """Housekeeping with a state of charge."""
    return Packet(satellite, "Housekeeping", T0_TAI_S + number, housekeeping(number, soc=soc))


def event_packet(satellite: str, number: int) -> Packet:
    """An event."""
    data = encode_container(MDB, "EventInformative", {"event_id": "started", "event_value": 0.0})
    raw = encode_telemetry(Telemetry(673, number, 5, 1, number, T0_TAI_S + number, data))
    return Packet(satellite, "EventInformative", T0_TAI_S + number, raw)


class StreamBench:
    """Ingest, archive and live telemetry, as a service has them."""

    def __init__(self, folder: Path) -> None:
        self.archive = TelemetryArchive(folder / "telemetry", MDB)
        self.database = open_database(folder / "service.db")
        events = EventLog(self.database)
        self.latest, self.stream = LatestValues(self.archive, FLEET.spacecraft), TelemetryStream()
        self.alarms = AlarmDesk(self.database, events, MDB, LimitOverrides(self.database, events, MDB), CLOCK)
        channels = tm_channels(FLEET)
        self.ingest = TelemetryIngest(self.archive, channels, self.latest, self.stream, self.alarms)
        feed = PacketFeed(self.archive.columns)
        self.alerts = AlertDesk(self.database, events, CLOCK)
        steps = {StepsOf.ALARMS: self.alarms, StepsOf.ANOMALIES: self.alerts}
        self.live = LiveTelemetry(self.stream, feed, self.latest, steps, self.archive.units)
        self.catalogue = StreamCatalogue(
            MDB, lambda: sorted(FLEET.spacecraft), self.archive.units, feed, CLOCK.now_tai_s
        )
        self._counts = dict.fromkeys(FLEET.spacecraft, 0)
        self._index = 0

    def take(self, packets: list[Packet]) -> None:
        """Make packets durable together."""
        made = []
        for satellite in dict.fromkeys(one.satellite for one in packets):
            raw = [one.raw for one in packets if one.satellite == satellite]
            of_it = frames(raw, self._counts[satellite] + 1, self._index + len(made) + 1, FLEET, satellite)
            self._counts[satellite] += len(of_it)
            made += of_it
        self._index += len(made)
        self.ingest.ingest("test", made)

    def subscription(self, **wanted: Any) -> TelemetrySubscription:
        """A subscription."""
        return TelemetrySubscription(self.live, self.catalogue, Subscribe(id="s", **wanted))

    async def collect(self, until: Callable[[list[dict[str, Any]]], bool], **wanted: Any) -> list[dict[str, Any]]:
        """Messages of a subscription until they are enough; each is what the documented models say."""
        found: list[dict[str, Any]] = []
        with self.live.reading():
            async with aclosing(self.subscription(**wanted).messages()) as messages:  # type: ignore[type-var]
                async with asyncio.timeout(120):
                    async for one in messages:
                        MESSAGE.validate_json(one.text)
                        found.append(json.loads(one.text))
                        if until(found):
                            return found
        raise AssertionError("the subscription has ended")

    def close(self) -> None:
        """Close files."""
        self.archive.close()
        self.database.close()


def arrow_message(raw: bytes) -> tuple[dict[str, Any], list[pa.Table]]:
    """Head and tables of a binary message, read as the documentation says."""
    length = int.from_bytes(raw[:4], "little")
    assert (4 + length) % 8 == 0
    source = pa.BufferReader(raw[4 + length :])
    tables = []
    while source.tell() < source.size():
        with pa.ipc.open_stream(source) as stream:
            tables.append(stream.read_all())
    ARROW_HEAD.validate_json(raw[4 : 4 + length])
    return json.loads(raw[4 : 4 + length]), tables


def rows_of(message: dict[str, Any]) -> list[tuple[int, str, str, float, dict[str, Any]]]:
    """Arrival, satellite, container, generation time and values of each packet in a message, by arrival."""
    return sorted(
        (
            arrival,
            block["satellite"],
            block["container"],
            block["generated_tai_s"][row],
            {name: column["values"][row] for name, column in block["parameters"].items()},
        )
        for block in message.get("blocks", ())
        for row, arrival in enumerate(block["arrival"])
    )
