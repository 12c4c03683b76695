"""One subscription to telemetry: what it sends, over whatever connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import BaseModel

from api.service.alarms import entry_answer
from api.service.anomalies import alert_entry_answer
from api.service.step_feed import StepsOf
from api.service.telemetry_messages import (
    AlarmSteps,
    AnomalySteps,
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
        steps = self._request.steps_of
        head = await (self._live.begin_at() if steps is None else self._live.steps[steps].last())
        after = head if self._request.after is None else self._request.after
        if after > head and steps is None:  # a reader may have been told of what has just been stored
            head = await asyncio.to_thread(self._live.feed.head)
        if after > head:
            raise InputError("after", f"{after} is beyond the newest, {head}: it is not a cursor of this archive")
        yield _sent(self._subscribed(after))
        if self._replay is not None:
            messages = self._replayed(self._replay)
        elif steps is not None:
            messages = self._steps(steps, after)
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

    async def _steps(self, kind: StepsOf, cursor: int) -> AsyncIterator[Sent]:
        place, feed, told_as = -1, self._live.steps[kind], _TOLD[kind]
        with feed.beat(self._request.maximum_hz) as beat:
            while True:
                place = await beat.after(place)
                while steps := await feed.after(cursor):
                    cursor = steps[-1].entry_id
                    chosen = [one for one in steps if self._wants(*told_as.about(one))]
                    if chosen:
                        told = told_as.message(self._request.id, cursor, chosen)
                        yield Sent((told.model_dump_json().encode(),), cursor)

    def _wants(self, satellite: str, parameters: Sequence[str]) -> bool:
        wanted = self._wanted
        of_satellite = not wanted.satellites or satellite in wanted.satellites
        return of_satellite and any(map(wanted.wants_parameter, parameters))

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


@dataclass(frozen=True)
class _Told:
    """How steps of one kind are told: what each is about (satellite, parameters), and the message of several."""

    about: Callable[[Any], tuple[str, Sequence[str]]]
    message: Callable[[str, int, Sequence[Any]], BaseModel]


_TOLD: Final[Mapping[StepsOf, _Told]] = {
    StepsOf.ALARMS: _Told(
        lambda step: (step.entry.alarm.satellite, (step.entry.alarm.parameter,)),
        lambda told_id, cursor, steps: AlarmSteps(id=told_id, cursor=cursor, steps=tuple(map(entry_answer, steps))),
    ),
    StepsOf.ANOMALIES: _Told(
        lambda step: (step.entry.alert.satellite, step.entry.alert.parameters),
        lambda told_id, cursor, steps: AnomalySteps(
            id=told_id, cursor=cursor, steps=tuple(map(alert_entry_answer, steps))
        ),
    ),
}


def _listed(parts: Iterable[bytes]) -> list[bytes]:
    """Those that are not empty, with commas between them."""
    made = [piece for one in parts if one for piece in (b",", one)]
    return made[1:]


def _sent(message: BaseModel) -> Sent:
    return Sent((message.model_dump_json(exclude_none=True).encode(),))
