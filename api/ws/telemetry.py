"""The telemetry socket: any number of subscriptions, live and replayed, over one connection."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ValidationError

from api.auth.dependencies import user_of_connection
from api.auth.errors import NotSignedIn
from api.problems import Problem, problem_of
from api.service.runtime import Runtime
from api.service.telemetry_messages import (
    INCOMING,
    Hello,
    Ping,
    Pong,
    ReplayControl,
    StreamProblem,
    Subscribe,
    Unsubscribe,
    Unsubscribed,
)
from api.service.telemetry_requests import StreamCatalogue
from api.service.telemetry_stream import LiveTelemetry
from api.service.telemetry_subscription import TelemetrySubscription
from api.ws.connection import received
from api.ws.shared_frames import send_parts
from core.errors import Conflict, InputError, LlamaSpaceError, NotFound

__all__ = ["TelemetrySocket", "router"]

router = APIRouter()
_NOT_SIGNED_IN: Final = 4401
_REFUSED: Final = 1008  # RFC 6455: policy violation
_MAXIMUM_MESSAGE: Final = 64_000
_MOST_SUBSCRIPTIONS: Final = 64
_BY_ADDRESS: Final = "address"  # id of the subscription that is part of the address
_log = structlog.get_logger("telemetry-stream")


class TelemetrySocket:
    """One client's connection.

    Each subscription waits for its own turn to send, and reads what it sends then: a client that does not keep up
    holds one message of each, whatever comes meanwhile.
    """

    def __init__(self, socket: WebSocket, live: LiveTelemetry, catalogue: StreamCatalogue) -> None:
        self._socket = socket
        self._live = live
        self._catalogue = catalogue
        self._known: dict[str, tuple[TelemetrySubscription, asyncio.Task[None]]] = {}
        self._sending = asyncio.Lock()

    async def serve(self, first: Subscribe | None = None) -> None:
        """Answer until the client leaves.

        Raises:
            NotFound, InputError: What the first subscription wants cannot be had.
        """
        with self._live.reading():
            try:
                hello = Hello(satellites=tuple(self._catalogue.satellites()), cursor=await self._live.begin_at())
                await self._tell(hello)
                if first is not None:
                    self._subscribe(first)
                await self._receive()
            finally:
                tasks = [task for _, task in self._known.values()]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self) -> None:
        while True:
            text = await received(self._socket)
            if len(text) > _MAXIMUM_MESSAGE:
                await self._bad(f"a message of length {len(text)} is longer than {_MAXIMUM_MESSAGE}")
                continue
            try:
                message = INCOMING.validate_json(text)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                where = ".".join(str(part) for part in first["loc"][1:])
                await self._bad(f"{where}: {first['msg']}" if where else str(first["msg"]), where or None)
                continue
            if isinstance(message, Ping):
                await self._tell(Pong())
                continue
            try:
                if isinstance(message, Subscribe):
                    self._subscribe(message)
                elif isinstance(message, Unsubscribe):
                    await self._unsubscribe(message.id)
                else:
                    self._control(message)
            except LlamaSpaceError as error:
                await self._problem(error, message.id)

    def _subscribe(self, request: Subscribe) -> None:
        if request.id in self._known:
            raise Conflict(f"there is a subscription {request.id!r} already: unsubscribe it, or choose another id")
        if len(self._known) >= _MOST_SUBSCRIPTIONS:
            raise InputError("id", f"a connection has at most {_MOST_SUBSCRIPTIONS} subscriptions")
        subscription = TelemetrySubscription(self._live, self._catalogue, request)
        task = asyncio.create_task(self._follow(request.id, subscription))
        self._known[request.id] = (subscription, task)

    async def _unsubscribe(self, subscription_id: str) -> None:
        known = self._known.pop(subscription_id, None)
        if known is None:
            raise _unknown(subscription_id)
        known[1].cancel()
        await asyncio.gather(known[1], return_exceptions=True)
        await self._tell(Unsubscribed(id=subscription_id))

    def _control(self, order: ReplayControl) -> None:
        known = self._known.get(order.id)
        if known is None:
            raise _unknown(order.id)
        known[0].control(order)

    async def _follow(self, subscription_id: str, subscription: TelemetrySubscription) -> None:
        try:
            async for one in subscription.messages():
                await self._send(*one.parts, binary=one.binary)
        except LlamaSpaceError as error:
            _log.warning("a telemetry subscription ended", error=error.message, code=error.code)
            self._known.pop(subscription_id, None)
            await self._problem(error, subscription_id)
        except WebSocketDisconnect:
            return  # who receives sees it as well

    async def _tell(self, message: BaseModel) -> None:
        await self._send(message.model_dump_json(exclude_none=True).encode())

    async def _send(self, *parts: bytes, binary: bool = False) -> None:
        async with self._sending:
            await send_parts(self._socket, parts, binary=binary)

    async def _problem(self, error: LlamaSpaceError, subscription_id: str | None) -> None:
        await self._tell(StreamProblem(id=subscription_id, problem=problem_of(error)))

    async def _bad(self, detail: str, field: str | None = None) -> None:
        problem = Problem(title="Unprocessable message", status=422, detail=detail, code="bad-message", field=field)
        await self._tell(StreamProblem(problem=problem))


@router.websocket("/telemetry/stream")
async def telemetry(
    socket: WebSocket,
    satellite: Annotated[list[str] | None, Query()] = None,
    parameter: Annotated[list[str] | None, Query()] = None,
) -> None:
    """Live telemetry; with a satellite or a parameter in the address, their newest values without more words."""
    runtime: Runtime = socket.app.state.runtime
    await socket.accept()
    try:
        await asyncio.to_thread(user_of_connection, socket)
        first = _of_address(satellite, parameter)
        with suppress(WebSocketDisconnect):
            connection = TelemetrySocket(socket, runtime.live_telemetry, runtime.stream_catalogue)
            await connection.serve(first)
    except LlamaSpaceError as error:
        with suppress(WebSocketDisconnect):
            problem = StreamProblem(problem=problem_of(error)).model_dump_json(exclude_none=True)
            await socket.send_text(problem)
            await socket.close(_NOT_SIGNED_IN if isinstance(error, NotSignedIn) else _REFUSED, error.code)


def _of_address(satellites: list[str] | None, parameters: list[str] | None) -> Subscribe | None:
    if not satellites and not parameters:
        return None
    try:
        return Subscribe(id=_BY_ADDRESS, satellites=tuple(satellites or ()), parameters=tuple(parameters or ()))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(str(first["loc"][0]), first["msg"]) from error


def _unknown(subscription_id: str) -> NotFound:
    return NotFound(f"there is no subscription {subscription_id!r}", code="unknown-subscription")
