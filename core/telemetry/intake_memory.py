"""What the archive remembers beside packets: how far each source is stored, its virtual channels, and what became of frames."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import StoreError
from core.telemetry.receiver import ChannelState

__all__ = ["IntakeMemory", "Progress"]

_EMPTY: Final = '{"sources": {}, "counts": {}}'
Counts = Mapping[str, Mapping[str, int]]  # by satellite and reason


@dataclass(frozen=True)
class Progress:
    """What becomes true with a batch.

    Args:
        source: From where it came; empty for nothing to remember.
        cursor: How far the source is read with it; it never goes back.
        channels: Virtual channels of the source after it, by satellite.
        counts: What is added to the counters, by satellite and reason.
    """

    source: str = ""
    cursor: int = 0
    channels: Mapping[str, Mapping[int, ChannelState]] = field(default_factory=dict)
    counts: Counts = field(default_factory=dict)


class IntakeMemory:
    """The state after all batches so far; changes are told with totals, so that one that is told twice counts once.

    Args:
        text: As ``text`` gave it; None for none.
    Raises:
        StoreError: It is no such text.
    """

    def __init__(self, text: str | None = None) -> None:
        self._sources: dict[str, dict[str, Any]] = {}
        self._counts: dict[str, dict[str, int]] = {}
        try:
            self.apply(json.loads(text or _EMPTY))
        except ValueError as error:
            raise StoreError(f"what telemetry remembers cannot be read: {error}") from error

    def change(self, progress: Progress) -> dict[str, Any]:
        """What a batch changes, in the form that ``apply`` takes and JSON keeps."""
        sources: dict[str, Any] = {}
        if progress.source:
            channels = {
                satellite: {str(vcid): [one.extended_count, one.remainder.hex()] for vcid, one in states.items()}
                for satellite, states in progress.channels.items()
            }
            cursor = max(progress.cursor, self.cursor(progress.source))
            sources[progress.source] = {"cursor": cursor, "channels": channels}
        counts: dict[str, dict[str, int]] = {}
        for satellite, reasons in progress.counts.items():
            known = self._counts.get(satellite, {})
            totals = {reason: known.get(reason, 0) + number for reason, number in reasons.items() if number}
            if totals:
                counts[satellite] = totals
        return {"sources": sources, "counts": counts}

    def apply(self, change: Mapping[str, Any]) -> None:
        """Let a change be true.

        Raises:
            StoreError: It is none.
        """
        try:
            for name, one in change["sources"].items():
                known = self._sources.setdefault(name, {"cursor": 0, "channels": {}})
                known["cursor"] = int(one["cursor"])
                known["channels"] |= one["channels"]
            for satellite, totals in change["counts"].items():
                self._counts.setdefault(satellite, {}).update(totals)
        except (KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"what telemetry remembers cannot be read: {error}") from error

    def text(self) -> str:
        """All of it, to be kept."""
        return json.dumps({"sources": self._sources, "counts": self._counts})

    def cursor(self, source: str) -> int:
        """How far a source is stored; 0 before the first batch."""
        known = self._sources.get(source)
        return int(known["cursor"]) if known else 0

    def channels(self, source: str, satellite: str) -> dict[int, ChannelState]:
        """Virtual channels of a satellite, as of the source's cursor."""
        known = self._sources.get(source, {"channels": {}})["channels"].get(satellite, {})
        return {int(vcid): ChannelState(count, bytes.fromhex(head)) for vcid, (count, head) in known.items()}

    def counters(self) -> dict[str, dict[str, int]]:
        """Totals by satellite and reason."""
        return {satellite: dict(totals) for satellite, totals in self._counts.items()}
