"""All stations of a mission behind one ground link."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from core.ground.errors import GroundLinkDown
from core.ground.messages import ContactStatus, TmDelivery
from core.ground.station_config import StationEndpoint, TransferKind
from core.ground.station_link import BoundStation, DatagramStation, PlainStation, StationEvents, StationLink
from core.time.clock import ClockAnchor

__all__ = ["StationLinks"]

_QUEUE_LIMIT: Final = 4096  # beyond it frames are dropped and counted: a station that floods stops no other
_LINKS: Final[Mapping[TransferKind, type[StationLink]]] = {
    TransferKind.TCP: PlainStation,
    TransferKind.UDP: DatagramStation,
    TransferKind.BOUND: BoundStation,
}


class StationLinks:
    """Several stations, each with its own connection.

    Args:
        endpoints: Where they are.
        cursor: Index of the last frame that is stored: those from now on are numbered after it.
        now_tai_s: Mission time, for frames that come without their time of reception.
    """

    def __init__(
        self, endpoints: Sequence[StationEndpoint], cursor: Callable[[], int], now_tai_s: Callable[[], float]
    ) -> None:
        self._cursor = cursor
        self._now_tai_s = now_tai_s
        self._lock = threading.Lock()
        self._index: int | None = None
        self._inbox: queue.Queue[TmDelivery | ContactStatus | None] = queue.Queue(_QUEUE_LIMIT)
        events = StationEvents(self._take_frame, self._take_refusal, lambda _station: self.wake())
        self._links = {one.station: _LINKS[one.kind](one, events) for one in endpoints}
        self.dropped_frames = 0

    @property
    def connected(self) -> bool:
        """Whether any station is."""
        return any(one.connected for one in self._links.values())

    @property
    def session(self) -> int:
        """Connections so far, of all stations."""
        return sum(one.session for one in self._links.values())

    def connected_to(self, station: str) -> bool:
        """Whether a station takes units now."""
        link = self._links.get(station)
        return link is not None and link.connected

    def session_of(self, station: str) -> int:
        """Connections to a station so far."""
        link = self._links.get(station)
        return link.session if link is not None else 0

    def start(self) -> None:
        """Begin to connect to every station."""
        for one in self._links.values():
            one.start()

    def close(self) -> None:
        """Disconnect for good."""
        for one in self._links.values():
            one.close()

    def send_cltu(self, station: str, satellite: str, cltu: bytes) -> None:
        """Hand a transmission unit to a station.

        Raises:
            GroundLinkDown: There is no connection to it.
        """
        link = self._links.get(station)
        if link is None:
            raise GroundLinkDown(f"station {station} is not one of {sorted(self._links)}")
        link.send(satellite, cltu)

    def receive(self, timeout_s: float) -> list[TmDelivery | ContactStatus]:
        """All that has arrived; waits up to the time-out for the first, or until woken."""
        items: list[TmDelivery | ContactStatus | None] = []
        try:
            items.append(self._inbox.get(timeout=timeout_s) if timeout_s > 0.0 else self._inbox.get_nowait())
            while True:
                items.append(self._inbox.get_nowait())
        except queue.Empty:
            return [one for one in items if one is not None]

    def acknowledge(self, cursor: int) -> None:
        """A station keeps nothing: what is lost on the way down is seen by the frame counts."""

    def set_clock(self, anchor: ClockAnchor) -> None:
        """Real spacecraft keep their own time."""

    def wake(self) -> None:
        """Have ``receive`` return at once."""
        with suppress(queue.Full):  # then there is enough to wake it
            self._inbox.put_nowait(None)

    def _take_frame(self, station: str, received_tai_s: float | None, frame: bytes) -> None:
        at_tai_s = self._now_tai_s() if received_tai_s is None else received_tai_s
        with self._lock:
            index = (self._cursor() if self._index is None else self._index) + 1
            try:
                self._inbox.put_nowait(TmDelivery(index, at_tai_s, station, frame))
            except queue.Full:
                self.dropped_frames += 1
                return
            self._index = index

    def _take_refusal(self, station: str, satellite: str, _reason: str) -> None:
        with suppress(queue.Full):
            self._inbox.put_nowait(ContactStatus(self._now_tai_s(), False, station, satellite))
