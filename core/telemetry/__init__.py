"""Telemetry: frames in, verified, decoded, checked, archived and streamed."""

from core.telemetry.archive import Archive, ArchivedPacket, ArchivedSample, SqlArchive
from core.telemetry.ingest import IngestResult, ReceivedClcw, TelemetryIngest
from core.telemetry.latest import LatestValue, LatestValues
from core.telemetry.receiver import FrameReceiver, FrameVerdict, ReceivedFrame
from core.telemetry.resources import ArchiveTelemetryReader, ResourceEstimate
from core.telemetry.stream import StreamItem, Subscription, TelemetryStream

__all__ = [
    "Archive",
    "ArchiveTelemetryReader",
    "ArchivedPacket",
    "ArchivedSample",
    "FrameReceiver",
    "FrameVerdict",
    "IngestResult",
    "LatestValue",
    "LatestValues",
    "ReceivedClcw",
    "ReceivedFrame",
    "ResourceEstimate",
    "SqlArchive",
    "StreamItem",
    "Subscription",
    "TelemetryIngest",
    "TelemetryStream",
]
