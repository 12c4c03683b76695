"""The newest batches for readers who keep up: what lies between two turns of theirs is written once, and goes to all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

from api.service.telemetry_packets import WrittenPiece
from core.telemetry.packet_feed import FeedPart, FeedPiece
from core.telemetry.parameter_units import ParameterUnits

__all__ = ["RecentPieces"]

_ROWS: Final = 100_000  # of the newest batches; who needs others reads the archive
_BATCHES: Final = 4096
_PIECES: Final = 1024
_OCTETS: Final = 64_000_000  # of what has been written


class RecentPieces:
    """Batches at hand, and what has been written of them.

    Readers of one rate turn at the same places. Who falls behind gets the very pieces that the others got, several in one message:
    it costs no writing of its own, else a moment in which many fall behind would make all of them slower still.

    Args:
        units: Of parameters.
    """

    def __init__(self, units: ParameterUnits) -> None:
        self._units = units
        self._batches: deque[FeedPiece] = deque()
        self._rows = 0
        self._written: OrderedDict[tuple[int, int, int], WrittenPiece] = OrderedDict()

    @property
    def first(self) -> float:
        """Arrival number after which all that came is at hand; infinity while nothing is."""
        return self._batches[0].after if self._batches else float("inf")

    def take(self, batches: Sequence[FeedPiece] | None) -> None:
        """Batches that came after those at hand; None where some can no longer be had."""
        if batches is None:
            self.clear()
        for one in batches or ():
            if self._batches and self._batches[-1].through != one.after:
                self.clear()
            self._batches.append(one)
            self._rows += one.rows
        while self._batches and (self._rows > _ROWS or len(self._batches) > _BATCHES):
            self._rows -= self._batches.popleft().rows

    def clear(self) -> None:
        """Forget everything."""
        self._batches.clear()
        self._written.clear()
        self._rows = 0

    def between(self, after: int, turns: Sequence[int], limit: int) -> list[WrittenPiece] | None:
        """What arrived after a number, in one piece up to each turn, about so many packets; None where it is not at hand.

        Args:
            after: Arrival number.
            turns: Rising; the last one is greater than ``after``.
            limit: Packets; one piece is more than nothing, so that a single turn may be cut.
        """
        if after < self.first or turns[-1] > self._batches[-1].through:
            return None
        found: list[WrittenPiece] = []
        rows, place = 0, after
        for turn in turns[bisect_right(turns, after) :]:
            one = self._piece(place, turn, limit)
            rows += one.rows
            if found and rows > limit:
                break
            found.append(one)
            place = int(one.through)
            if place < turn:
                break
        return found

    def _piece(self, after: int, turn: int, limit: int) -> WrittenPiece:
        known = self._written.get((after, turn, 0)) or self._written.get((after, turn, limit))
        if known is not None and known.rows <= limit:
            return known
        chosen = []
        for one in reversed(self._batches):
            if one.through <= after:
                break
            if one.through <= turn:
                chosen.append(one)
        chosen.reverse()
        piece = _joined(chosen, after, limit)
        made = WrittenPiece(piece, self._units)
        # Where all of it goes at once it is the same for readers of any limit.
        self._written[after, turn, 0 if piece.through == turn else limit] = made
        octets = sum(one.octets for one in self._written.values())
        while len(self._written) > _PIECES or (octets > _OCTETS and len(self._written) > 1):
            octets -= self._written.popitem(last=False)[1].octets
        return made


def _joined(batches: Sequence[FeedPiece], after: int, limit: int) -> FeedPiece:
    """Batches as one piece, and of the last one only so many packets as there is room for."""
    parts: list[FeedPart] = []
    rows, through = 0, after
    for one in batches:
        if rows >= limit:
            break
        only = one.cut(after, limit - rows)
        parts += only.parts
        rows += only.rows
        through = int(only.through)
        if through < one.through:
            break
    return FeedPiece(after, through, tuple(parts))
