"""One subscription to telemetry: what it sends, over whatever connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import BaseModel

from api.service.alarms import entry_answer
from api.service.telemetry_messages import (
    AlarmSteps,
    ArrowHead,
    Format,
    Mode,
    ReplayControl,
    ReplayPlace,
    ReplayTold,
    Subscribe,
    Subscribed,
)
from api.service.telemetry_packets import WrittenPiece, newest_values
from api.service.telemetry_replay import TelemetryReplay
from api.service.telemetry_requests import StreamCatalogue
from api.service.telemetry_stream import LiveTelemetry, Seen
from core.errors import InputError
from core.telemetry.alarm_store import StoredEntry
from core.time import format_utc, utc_from_tai_s

__all__ = ["Sent", "TelemetrySubscription"]

_TELL_CURSOR_S: Final = (
    10.0  # when nothing that is wanted came, so that who resumes need not look through all of it again
)

_LENGTH_OCTETS: Final = 4  # of the head of a binary message
_ALIGNED: Final = 8  # octets: where Arrow wants its streams to begin


@dataclass(frozen=True)
class Sent:
    """A message in parts, of which other readers may get the same ones, and the cursor to resume after it; None where there is none."""

    parts: tuple[bytes, ...]
    cursor: int | None = None
    binary: bool = False

    @property
    def text(self) -> str:
        """The whole message, which is not binary."""
        return b"".join(self.parts).decode()


class TelemetrySubscription:
    """Telemetry for one reader. It never holds more than the message that it is sending.

    Args:
        live: What comes.
        catalogue: What there is.
        request: What is wanted.
    Raises:
        NotFound, InputError: It cannot be had.
    """

    def __init__(self, live: LiveTelemetry, catalogue: StreamCatalogue, request: Subscribe) -> None:
        self._live = live
        self._catalogue = catalogue
        self._request = request
        self._wanted = catalogue.selection(request)
        self._limit = catalogue.rows_at_once(self._wanted)
        self._id = orjson.dumps(request.id)
        self._replay: TelemetryReplay | None = None
        if request.replay is not None:
            self._replay = TelemetryReplay(
                live.feed,
                frozenset(catalogue.satellites()),
                self._wanted,
                catalogue.replay(request.replay),
                1.0 / request.maximum_hz,
                self._limit,
            )

    def control(self, order: ReplayControl) -> None:
        """Change its replay.

        Raises:
            InputError: It is none, or the order cannot be obeyed.
        """
        if self._replay is None:
            raise InputError("id", f"{order.id!r} is not a replay")
        self._replay.control(order)

    async def messages(self) -> AsyncIterator[Sent]:
        """What it sends, without an end.

        Raises:
            InputError: The cursor is not one of this archive.
            StoreError: The archive cannot be read.
        """
        head = await (asyncio.to_thread(self._live.alarms.last_step) if self._request.alarms else self._live.begin_at())
        after = head if self._request.after is None else self._request.after
        if after > head and not self._request.alarms:  # a reader may have been told of what has just been stored
            head = await asyncio.to_thread(self._live.feed.head)
        if after > head:
            raise InputError("after", f"{after} is beyond the newest, {head}: it is not a cursor of this archive")
        yield _sent(self._subscribed(after))
        if self._replay is not None:
            messages = self._replayed(self._replay)
        elif self._request.alarms:
            messages = self._alarms(after)
        elif self._request.mode is Mode.EVERY:
            messages = self._every(after)
        else:
            messages = self._newest()
        async for one in messages:
            yield one

    def _subscribed(self, cursor: int) -> Subscribed:
        kept = self._catalogue.kept_from_tai_s(self._wanted)
        return Subscribed(
            id=self._request.id,
            mode=self._request.mode,
            maximum_hz=self._request.maximum_hz,
            cursor=None if self._replay is not None else cursor,
            replay=self._replay is not None,
            kept_from={satellite: format_utc(utc_from_tai_s(tai_s)) for satellite, tai_s in kept.items()},
        )

    async def _every(self, cursor: int) -> AsyncIterator[Sent]:
        loop = asyncio.get_running_loop()
        told_s = loop.time()
        with self._live.beat(self._request.maximum_hz) as beat:
            while True:
                head = await beat.after(cursor)
                while cursor < head:
                    pieces = await self._live.pieces(cursor, beat, self._wanted, self._limit)
                    cursor = int(pieces[-1].through)
                    made = self._samples(pieces, cursor=cursor)
                    if made is None and loop.time() - told_s > _TELL_CURSOR_S:
                        made = self._samples((), cursor=cursor, always=True)
                    if made is not None:
                        told_s = loop.time()
                        yield made

    def _samples(
        self,
        pieces: Sequence[WrittenPiece],
        *,
        cursor: int | None = None,
        replay: ReplayPlace | None = None,
        always: bool = False,
    ) -> Sent | None:
        """A message of every sample; none where nothing of it is wanted, unless there is always to be one."""
        arrow = self._request.format is Format.ARROW
        content = [(one.streams if arrow else one.blocks)(self._wanted) for one in pieces]
        content = [one for one in content if one]
        if not content and not always:
            return None
        about = ArrowHead(id=self._request.id, cursor=cursor, replay=replay)
        head = about.model_dump_json(exclude_none=True).encode()
        if not arrow:
            return Sent((head[:-1] + b',"blocks":[', *_listed(content), b"]}"), cursor)
        head += b" " * (-(len(head) + _LENGTH_OCTETS) % _ALIGNED)
        return Sent((len(head).to_bytes(_LENGTH_OCTETS, "little") + head, *content), cursor, binary=True)

    async def _newest(self) -> AsyncIterator[Sent]:
        begin = b'{"type":"newest","id":%b,"samples":[' % self._id
        place, seen = -1, Seen()
        with self._live.beat(self._request.maximum_hz) as beat:
            while True:
                place = await beat.after(place)
                samples, seen = self._live.newest(self._wanted, seen)
                if samples:
                    yield Sent((begin, samples, b"]}"))

    async def _alarms(self, cursor: int) -> AsyncIterator[Sent]:
        place = -1
        with self._live.alarm_beat(self._request.maximum_hz) as beat:
            while True:
                place = await beat.after(place)
                while steps := await self._live.steps(cursor):
                    cursor = steps[-1].entry_id
                    chosen = tuple(entry_answer(one) for one in steps if self._wants_alarm(one))
                    if chosen:
                        told = AlarmSteps(id=self._request.id, cursor=cursor, steps=chosen)
                        yield Sent((told.model_dump_json().encode(),), cursor)

    def _wants_alarm(self, step: StoredEntry) -> bool:
        alarm, wanted = step.entry.alarm, self._wanted
        return (not wanted.satellites or alarm.satellite in wanted.satellites) and wanted.wants_parameter(
            alarm.parameter
        )

    async def _replayed(self, replay: TelemetryReplay) -> AsyncIterator[Sent]:
        every = self._request.mode is Mode.EVERY
        async for piece in replay.pieces():
            if piece is None:
                yield _sent(ReplayTold(id=self._request.id, replay=replay.place()))
            elif every:
                made = self._samples([WrittenPiece(piece, self._live.units)], replay=replay.place())
                if made is not None:
                    yield made
            elif samples := newest_values(piece, self._wanted, self._live.units):
                place = replay.place().model_dump_json().encode()
                yield Sent((b'{"type":"newest","id":%b,"replay":%b,"samples":[' % (self._id, place), samples, b"]}"))


def _listed(parts: Iterable[bytes]) -> list[bytes]:
    """Those that are not empty, with commas between them."""
    made = [piece for one in parts if one for piece in (b",", one)]
    return made[1:]


def _sent(message: BaseModel) -> Sent:
    return Sent((message.model_dump_json(exclude_none=True).encode(),))
