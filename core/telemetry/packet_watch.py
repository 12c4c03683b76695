"""Packets that stay away or come too often: alarms by the rates that the mission database states.

A rate counts while there is contact, in mission time. The alarm of a packet is named ``packets of`` its container.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mdb.batch import DecodedBatch
from core.mdb.containers import PacketRate
from core.mdb.model import MissionDatabase
from core.mdb.types import AlarmLevel

__all__ = ["PacketWatch", "packet_alarm"]

_PATIENCE: Final = 3.0  # intervals of the least rate that may pass without a packet
_COUNTED: Final = 10.0  # intervals of the greatest rate over which packets are counted
_LEVELS: Final = list(AlarmLevel)
_AWAY: Final = _LEVELS.index(AlarmLevel.WARNING)
_TOO_OFTEN: Final = _LEVELS.index(AlarmLevel.WATCH)


def packet_alarm(container: str) -> str:
    """The name of the alarm of a container's packets."""
    return f"packets of {container}"


@dataclass
class _Followed:
    rate: PacketRate
    newest_tai_s: float = float("-inf")  # when the newest was received
    received: deque[float] = field(default_factory=deque)  # times of reception, as many as the greatest rate allows
    level: int = 0


class PacketWatch:
    """Follows how often packets come.

    Args:
        mdb: Containers and their rates.
        change: Told of a new level: spacecraft, name of the alarm, level 0 normal to 5 severe, time.
    """

    def __init__(self, mdb: MissionDatabase, change: Callable[[str, str, int, float], None]) -> None:
        self._rates = {one.name: one.rate for one in mdb.containers.values() if one.rate is not None}
        self._change = change
        self._lock = threading.Lock()
        self._followed: dict[tuple[str, str], _Followed] = {}
        self._slack_s = 0.0
        self._since_tai_s: dict[str, float] = {}  # since when each spacecraft is in contact

    def take(self, satellite: str, container: str, received_tai_s: Collection[float]) -> None:
        """Packets were received.

        Args:
            satellite: From whom.
            container: Of which kind.
            received_tai_s: When, in mission time, not falling.
        """
        rate = self._rates.get(container)
        if rate is None or not received_tai_s:
            return
        with self._lock:
            one = self._followed.setdefault((satellite, container), _Followed(rate))
            for at_tai_s in received_tai_s:
                one.newest_tai_s = max(one.newest_tai_s, at_tai_s)
                self._count(one, at_tai_s)
            self._judge(satellite, container, one, one.newest_tai_s)

    def take_part(self, satellite: str, received_tai_s: NDArray[np.float64], decoded: DecodedBatch) -> None:
        """The packets of a stored batch; a time of reception for each."""
        for one in decoded.containers:
            if one.container in self._rates:
                self.take(satellite, one.container, received_tai_s[one.rows].tolist())
        for row, packet in decoded.interpreted:
            self.take(satellite, packet.name, [float(received_tai_s[row])])

    def look(self, in_contact: Collection[str], now_tai_s: float, slack_s: float = 0.0) -> None:
        """See what stays away from the spacecraft that are in contact now; packets may be on their way for ``slack_s``."""
        with self._lock:
            self._slack_s = slack_s
            for satellite in in_contact:
                self._since_tai_s.setdefault(satellite, now_tai_s)
                for container, rate in self._rates.items():
                    one = self._followed.setdefault((satellite, container), _Followed(rate))
                    self._judge(satellite, container, one, now_tai_s)
            for satellite in self._since_tai_s.keys() - set(in_contact):
                del self._since_tai_s[satellite]

    def _count(self, one: _Followed, at_tai_s: float) -> None:
        if one.rate.maximum_hz:
            one.received.append(at_tai_s)
            while len(one.received) > _COUNTED + 1:
                one.received.popleft()

    def _judge(self, satellite: str, container: str, one: _Followed, now_tai_s: float) -> None:
        level = max(self._too_often(one, now_tai_s), self._away(satellite, one, now_tai_s))
        if level != one.level:
            one.level = level
            self._change(satellite, packet_alarm(container), level, now_tai_s)

    def _away(self, satellite: str, one: _Followed, now_tai_s: float) -> int:
        """Silence counts from the beginning of the contact; outside of contacts nothing is judged but what comes."""
        since_tai_s = self._since_tai_s.get(satellite)
        if not one.rate.minimum_hz or since_tai_s is None:
            return 0
        silent_s = now_tai_s - max(since_tai_s, one.newest_tai_s)
        return _AWAY if silent_s > _PATIENCE / one.rate.minimum_hz + self._slack_s else 0

    def _too_often(self, one: _Followed, now_tai_s: float) -> int:
        if not one.rate.maximum_hz or len(one.received) <= _COUNTED:
            return 0
        span_s = max(now_tai_s, one.received[-1]) - one.received[0]
        return _TOO_OFTEN if span_s * one.rate.maximum_hz < _COUNTED else 0
