"""The console's socket: everything live over one connection, and what was missed after a reconnect."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from api.auth.dependencies import user_of_connection
from api.auth.errors import NotSignedIn
from api.problems import Problem, problem_of
from api.service.live import Message, Subscription
from api.service.runtime import Runtime
from api.ws.connection import received

__all__ = ["router"]

router = APIRouter()
_NOT_SIGNED_IN = 4401
_TRY_AGAIN = 1013  # RFC 6455 registry: try again later
_MAXIMUM_MESSAGE = 64_000


class Subscribe(BaseModel):
    """Follow a conversation from a sequence number on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["subscribe"]
    conversation_id: Annotated[str, Field(min_length=1, max_length=64)]
    after: Annotated[int, Field(ge=0, le=2**53)] = 0


class Ping(BaseModel):
    """Are you there?"""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["ping"]


_INCOMING: TypeAdapter[Subscribe | Ping] = TypeAdapter(Annotated[Subscribe | Ping, Field(discriminator="type")])


class ConsoleSocket:
    """One console's connection.

    Live conversation events are sent only for conversations that were subscribed to, and none twice: the replay and the
    live stream meet at a sequence number.
    """

    def __init__(self, socket: WebSocket, runtime: Runtime, subscription: Subscription) -> None:
        self._socket = socket
        self._runtime = runtime
        self._subscription = subscription
        self._sent: dict[str, int] = {}
        self._sending = asyncio.Lock()

    async def receive(self) -> None:
        """Answer what the console asks for, until it leaves."""
        while True:
            text = await received(self._socket)
            if len(text) > _MAXIMUM_MESSAGE:
                await self._problem(f"a message of length {len(text)} is longer than {_MAXIMUM_MESSAGE}")
                continue
            try:
                message = _INCOMING.validate_json(text)
            except ValidationError as error:
                await self._problem(str(error.errors(include_url=False)[0]["msg"]))
                continue
            if isinstance(message, Ping):
                await self._send({"type": "pong"})
            else:
                await self._replay(message)

    async def follow(self) -> None:
        """Send what is published, until the console falls too far behind."""
        async for message in self._subscription.messages():
            if message["type"] == "overflow":
                await self._socket.close(_TRY_AGAIN, "too far behind: connect again")
                return
            if message["type"] == "agui":
                await self._event(message)
            else:
                await self._send(message)

    async def _replay(self, request: Subscribe) -> None:
        async with self._sending:
            conversation_id = request.conversation_id
            self._sent[conversation_id] = request.after
            # One read gives a bounded number of events: what is left after it has to follow before anything live.
            while missed := await asyncio.to_thread(
                self._runtime.conversation_log.read, conversation_id, self._sent[conversation_id]
            ):
                for sequence, event in missed:
                    await self._socket.send_json(_agui(conversation_id, sequence, event))
                    self._sent[conversation_id] = sequence

    async def _event(self, message: Message) -> None:
        async with self._sending:
            conversation_id, sequence = message["conversation_id"], message["sequence"]
            if conversation_id in self._sent and sequence > self._sent[conversation_id]:
                self._sent[conversation_id] = sequence
                await self._socket.send_json(message)

    async def _send(self, message: Message) -> None:
        async with self._sending:
            await self._socket.send_json(message)

    async def _problem(self, detail: str) -> None:
        problem = Problem(title="Unprocessable message", status=422, detail=detail, code="bad-message")
        await self._send({"type": "problem", "problem": problem.model_dump()})


@router.websocket("/console")
async def console(socket: WebSocket) -> None:
    """One console."""
    runtime: Runtime = socket.app.state.runtime
    await socket.accept()
    try:
        user = await asyncio.to_thread(user_of_connection, socket)
    except NotSignedIn as error:
        await socket.send_json({"type": "problem", "problem": problem_of(error).model_dump()})
        await socket.close(_NOT_SIGNED_IN, "sign in first")
        return
    subscription = runtime.broadcaster.subscribe()
    connection = ConsoleSocket(socket, runtime, subscription)
    try:
        # A console that leaves in the middle of a message is no failure: what it missed is stored.
        with suppress(WebSocketDisconnect):
            hello = {"type": "hello", "user": user.model_dump(mode="json"), "clock": runtime.clock_service.view()}
            await socket.send_json(hello)
            for message in await asyncio.to_thread(_present, runtime):
                await socket.send_json(message)
            await _until_first_ends(connection.receive(), connection.follow())
    finally:
        runtime.broadcaster.unsubscribe(subscription)


async def _until_first_ends(*work: Any) -> None:
    """Run side by side until one ends, such as the client leaving; the others are cancelled."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            with suppress(WebSocketDisconnect):
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _present(runtime: Runtime) -> list[Message]:
    """What a console that has just connected should know."""
    up = runtime.flight.link_up()
    detail = "connected to the ground stations" if up else "no connection to the ground stations: trying again"
    messages: list[Message] = [{"type": "link", "up": up, "detail": detail}]
    for craft in runtime.mission.spacecraft:
        latest = runtime.flight.latest(craft.id)
        station = runtime.flight.contact_of(craft.id)
        if latest["parameters"]:
            messages.append(
                {"type": "telemetry", "satellite": craft.id, "at": latest["as_of"], "parameters": latest["parameters"]}
            )
        if station:
            messages.append({"type": "contact", "satellite": craft.id, "station": station, "in_contact": True})
    return messages


def _agui(conversation_id: str, sequence: int, event: dict[str, Any]) -> Message:
    return {"type": "agui", "conversation_id": conversation_id, "sequence": sequence, "event": event}
