"""Telemetry over Kafka: stations publish what they receive, and a group of consumers stores it, each record once.

``producer`` and ``consumer`` need the Kafka client of the extra ``bus``; what is here does not.
"""

from core.telemetry.bus.envelope import BusRecord, RecordKind
from core.telemetry.bus.partition import PartitionStore, StorePlace

__all__ = ["BusRecord", "PartitionStore", "RecordKind", "StorePlace"]
