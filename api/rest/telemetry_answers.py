"""The JSON forms of telemetry for pages that browse and plot it; times are UTC."""

from __future__ import annotations

from typing import Literal

from api.rest.answers import Answer
from core.mdb import AlarmLevel

__all__ = [
    "BandAnswer",
    "BrowsedParameter",
    "BucketsAnswer",
    "IngestAnswer",
    "IngestedSatellite",
    "LimitsAnswer",
    "OpenedPacketAnswer",
    "PacketAnswer",
    "PacketValueAnswer",
    "ParametersAnswer",
    "SeriesAnswer",
    "ValuesAnswer",
]

ShownValue = int | float | str | None


class BandAnswer(Answer):
    """A value is at this level while it is outside ``low`` to ``high``, or with ``inside`` while it is in it; null is open."""

    level: AlarmLevel
    low: float | None
    high: float | None
    inside: bool


class LimitsAnswer(Answer):
    """Limits in force now; values that were stored earlier keep the level that they were judged with.

    ``changed`` says that people put them in place of the mission database's, ``contextual`` that others hold while certain
    conditions do. ``labels`` are levels of texts.
    """

    changed: bool
    contextual: bool
    bands: tuple[BandAnswer, ...]
    labels: dict[str, AlarmLevel]
    minimum_violations: int
    minimum_conformance: int


class BrowsedParameter(Answer):
    """A parameter of the mission database."""

    name: str
    kind: str
    unit: str
    description: str
    limits: LimitsAnswer


class ParametersAnswer(Answer):
    """The parameters of the mission database, with the limits of one spacecraft, and what its packets were decoded as.

    The container ``-`` has the packets without a meaning.
    """

    satellite: str
    parameters: tuple[BrowsedParameter, ...]
    containers: tuple[str, ...]


class ValuesAnswer(Answer):
    """Single values; null where a packet had none that means something. Octets are in hexadecimal."""

    t: tuple[str, ...]
    values: tuple[ShownValue, ...]
    levels: tuple[AlarmLevel, ...]


class BucketsAnswer(Answer):
    """Numbers in buckets of ``bucket_s`` s each; ``t`` is where a bucket begins, ``levels`` the worst in it."""

    bucket_s: int
    t: tuple[str, ...]
    minimum: tuple[float, ...]
    maximum: tuple[float, ...]
    mean: tuple[float, ...]
    count: tuple[int, ...]
    levels: tuple[AlarmLevel, ...]


class SeriesAnswer(Answer):
    """A parameter over an interval.

    ``form`` says what of it: all ``values``; ``buckets`` of numbers; or ``changes``, those values that are no numbers and are
    other ones than a neighbour, of ``total`` in all. Before ``kept_from`` nothing is known any more, before
    ``values_from`` no single values; null where nothing was removed.
    """

    satellite: str
    parameter: str
    unit: str
    kind: str | None
    start: str
    end: str
    form: Literal["values", "buckets", "changes"]
    total: int
    values: ValuesAnswer | None
    buckets: BucketsAnswer | None
    limits: LimitsAnswer
    values_from: str | None
    kept_from: str | None


class PacketAnswer(Answer):
    """A stored packet in one line; ``size`` is null where its octets were removed by the retention policy.

    The id is a text, because it may be greater than what numbers in JSON are safe for.
    """

    packet_id: str
    satellite: str
    container: str
    generated: str
    received: str
    apid: int
    sequence: int
    service: int
    subtype: int
    size: int | None


class PacketValueAnswer(Answer):
    """A value of a packet; ``raw`` is what was sent where that differs. Its place is null where that is not fixed."""

    name: str
    value: ShownValue
    raw: ShownValue
    unit: str
    level: AlarmLevel
    offset_bits: int | None
    size_bits: int | None


class OpenedPacketAnswer(PacketAnswer):
    """A packet with its octets in hexadecimal and its values in the order of the packet.

    ``error`` says why it has no meaning. ``definitions`` are hashes of those that it was decoded with.
    """

    octets: str | None
    values: tuple[PacketValueAnswer, ...]
    error: str
    definitions: tuple[str, ...]


class IngestedSatellite(Answer):
    """What became of a spacecraft's telemetry since the data folder began, and what is stored of it.

    ``reasons`` counts frames and packets by what became of them; the satellite ``-`` is none of the mission.
    ``newest`` is the generation time of the newest packet that has been stored.
    """

    satellite: str
    reasons: dict[str, int]
    station: str | None
    newest: str | None
    filed_packets: int
    waiting_packets: int
    files: int
    octets: int
    summary_files: int
    summary_octets: int
    octets_removed: int
    values_removed: int
    too_late: int


class KeptAnswer(Answer):
    """Days that telemetry is kept after its generation: octets of packets, their values, and summaries of these; null for ever."""

    packets_days: float | None
    values_days: float | None
    summaries_days: float | None


class CopyAnswer(Answer):
    """How the copy goes: packets since the service began, and why it does not go on; empty where it does."""

    copied_packets: int
    failure: str


class IngestAnswer(Answer):
    """How telemetry comes in now.

    Args:
        as_of: Mission time.
        clock_rate: How fast it runs.
        link_up: Whether the ground station connection stands.
        waiting_packets: Durable, but in no file yet.
        compaction_failure: Why packets could not be moved into files the last time; empty where it went well.
        alarm_failure: Why steps of alarms could not be written; empty where they were.
        kept: For how long telemetry is kept.
        copy_in_postgres: The copy of telemetry in PostgreSQL; null where none is kept.
    """

    as_of: str
    clock_rate: float
    link_up: bool
    waiting_packets: int
    compaction_failure: str
    alarm_failure: str
    kept: KeptAnswer
    copy_in_postgres: CopyAnswer | None
    satellites: tuple[IngestedSatellite, ...]
