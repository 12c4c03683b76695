"""Telemetry: frames in, verified, decoded, checked, archived and streamed.

The column archive and what stores into it (``column_archive``, ``compactor``, ``bulk_ingest``) are imported by their modules:
they bring Arrow, which a service without them need not load.
"""

from core.telemetry.alarm_book import Alarm, AlarmBook, AlarmEntry, AlarmState, AlarmStep
from core.telemetry.archive import Archive, ArchivedPacket, ArchivedSample, SqlArchive
from core.telemetry.bulk_receiver import BulkReceiver, PacketBatch
from core.telemetry.ingest import IngestResult, ReceivedClcw, TelemetryIngest
from core.telemetry.latest import LatestValue, LatestValues
from core.telemetry.limit_check import LimitChecker
from core.telemetry.open_frames import AosChannel, TmChannel
from core.telemetry.receiver import FrameReceiver, FrameVerdict, ReceivedFrame
from core.telemetry.resources import ArchiveTelemetryReader, ResourceEstimate
from core.telemetry.stream import StreamItem, Subscription, TelemetryStream

__all__ = [
    "Alarm",
    "AlarmBook",
    "AlarmEntry",
    "AlarmState",
    "AlarmStep",
    "AosChannel",
    "Archive",
    "ArchiveTelemetryReader",
    "ArchivedPacket",
    "ArchivedSample",
    "BulkReceiver",
    "FrameReceiver",
    "FrameVerdict",
    "IngestResult",
    "LatestValue",
    "LatestValues",
    "LimitChecker",
    "PacketBatch",
    "ReceivedClcw",
    "ReceivedFrame",
    "ResourceEstimate",
    "SqlArchive",
    "StreamItem",
    "Subscription",
    "TelemetryIngest",
    "TelemetryStream",
    "TmChannel",
]
