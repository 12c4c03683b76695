"""The telemetry stream as server-sent events: one subscription, in the address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter

from api.auth.dependencies import CurrentRuntime, Viewer
from api.problems import problem_of
from api.service.runtime import Runtime
from api.service.telemetry_messages import Mode, Outgoing, Replay, StreamProblem, Subscribe
from api.service.telemetry_subscription import Sent, TelemetrySubscription
from core.errors import InputError, LlamaSpaceError

__all__ = ["router"]

router = APIRouter(tags=["telemetry"])
_KEEPALIVE_S: Final = 15.0
_ID: Final = "events"
_Names = Annotated[list[Annotated[str, Query(min_length=1, max_length=128)]], Query(max_length=500)]
_Instant = Annotated[str | None, Query(min_length=1, max_length=40)]
# Where the schema stands in the description of the API, so that its parts find each other.
_PLACE: Final = (
    "#/paths/~1api~1v1~1telemetry~1stream/get/responses/200/content/text~1event-stream/schema"
    "/properties/data/contentSchema/$defs/{model}"
)
_MESSAGE: Final[dict[str, Any]] = TypeAdapter(Outgoing).json_schema(ref_template=_PLACE)
_DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events: the data of each is a message, the id (where it has one) the cursor to resume after",
        "content": {
            "text/event-stream": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "string"},
                        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": _MESSAGE},
                    },
                    "required": ["data"],
                }
            }
        },
    }
}


@router.get("/telemetry/stream", response_class=StreamingResponse, responses=_DESCRIBED)
async def stream(
    request: Request,
    _user: Viewer,
    runtime: CurrentRuntime,
    satellite: _Names = [],  # noqa: B006  # FastAPI copies it
    parameter: _Names = [],  # noqa: B006
    container: _Names = [],  # noqa: B006
    alarms: bool = False,
    anomalies: bool = False,
    mode: Mode = Mode.NEWEST,
    maximum_hz: Annotated[float, Query(ge=0.01, le=100, allow_inf_nan=False)] = 10.0,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    replay_start: _Instant = None,
    replay_end: _Instant = None,
    replay_speed: Annotated[float, Query(ge=0.1, le=10_000, allow_inf_nan=False)] = 1.0,
    replay_version: Annotated[int | None, Query(ge=0, le=2**31)] = None,
    last_event_id: Annotated[str | None, Header(max_length=18)] = None,
) -> StreamingResponse:
    """Live telemetry, steps of alarms or of alerts of anomalies, or a replay, as server-sent events.

    A client that comes back with ``Last-Event-ID`` goes on after it. Names may have ``*`` for any characters.
    """
    if replay_start is None and (replay_end is not None or replay_version is not None):
        raise InputError("replay_start", "is needed for a replay")
    every = mode is Mode.EVERY or alarms or anomalies
    resumed = (
        every
        and replay_start is None
        and last_event_id is not None
        and last_event_id.isascii()
        and last_event_id.isdigit()
    )
    wanted = Subscribe(
        id=_ID,
        satellites=tuple(satellite),
        parameters=tuple(parameter),
        containers=tuple(container),
        alarms=alarms,
        anomalies=anomalies,
        mode=mode,
        maximum_hz=maximum_hz,
        after=int(last_event_id or "") if resumed else after,
        replay=None
        if replay_start is None
        else Replay(start=replay_start, end=replay_end, speed=replay_speed, version=replay_version),
    )
    subscription = TelemetrySubscription(runtime.live_telemetry, runtime.stream_catalogue, wanted)
    return StreamingResponse(
        _events(runtime, subscription, request),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _events(runtime: Runtime, subscription: TelemetrySubscription, request: Request) -> AsyncIterator[bytes]:
    with runtime.live_telemetry.reading():
        messages = subscription.messages()
        coming: asyncio.Future[Sent] | None = None
        try:
            while not await request.is_disconnected():
                coming = coming or asyncio.ensure_future(anext(messages))
                done, _ = await asyncio.wait([coming], timeout=_KEEPALIVE_S)
                if not done:
                    yield b": keep-alive\n\n"
                    continue
                one, coming = coming.result(), None
                number = b"" if one.cursor is None else b"id: %d\n" % one.cursor
                yield b"".join((number, b"data: ", *one.parts, b"\n\n"))
        except LlamaSpaceError as error:
            problem = StreamProblem(id=_ID, problem=problem_of(error))
            yield b"data: %b\n\n" % problem.model_dump_json(exclude_none=True).encode()
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
            await messages.aclose()  # type: ignore[attr-defined]
