"""Telemetry: frames in, verified, decoded, checked, archived and streamed.

The archive (``telemetry_archive``, ``compactor``) is imported by its modules: it brings Arrow, which commands
that have nothing to do with stored telemetry need not load.
"""

from core.telemetry.alarm_book import Alarm, AlarmBook, AlarmEntry, AlarmState, AlarmStep
from core.telemetry.alarm_desk import AlarmDesk
from core.telemetry.archive import Archive, ArchivedPacket, ArchivedSample
from core.telemetry.bulk_receiver import BulkReceiver, PacketBatch
from core.telemetry.changed_limits import LimitOverrides
from core.telemetry.ingest import GATHERED_S, IngestResult, ReceivedClcw, TelemetryIngest, tm_channels
from core.telemetry.latest import LatestValue, LatestValues
from core.telemetry.limit_check import LimitChecker
from core.telemetry.open_frames import AosChannel, TmChannel
from core.telemetry.receiver import ChannelState, FrameVerdict, ReceivedFrame
from core.telemetry.resources import ArchiveTelemetryReader, ResourceEstimate
from core.telemetry.stream import StreamItem, Subscription, TelemetryStream

__all__ = [
    "GATHERED_S",
    "Alarm",
    "AlarmBook",
    "AlarmDesk",
    "AlarmEntry",
    "AlarmState",
    "AlarmStep",
    "AosChannel",
    "Archive",
    "ArchiveTelemetryReader",
    "ArchivedPacket",
    "ArchivedSample",
    "BulkReceiver",
    "ChannelState",
    "FrameVerdict",
    "IngestResult",
    "LatestValue",
    "LatestValues",
    "LimitChecker",
    "LimitOverrides",
    "PacketBatch",
    "ReceivedClcw",
    "ReceivedFrame",
    "ResourceEstimate",
    "StreamItem",
    "Subscription",
    "TelemetryIngest",
    "TelemetryStream",
    "TmChannel",
    "tm_channels",
]
