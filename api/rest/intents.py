"""Intents and the conversations that they belong to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.auth.dependencies import CurrentRuntime, Operator, Viewer
from api.rest.answers import ConversationAnswer, ConversationSummary
from api.rest.ids import PathId
from api.rest.paging import Cursor, Limit, Page, page_of
from api.service.intents import IntentView
from api.service.runtime import Runtime
from core.plan.model import MissionPlan

__all__ = ["router"]

router = APIRouter(tags=["intents"])
_KEEPALIVE_S = 15.0
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class NewIntent(BaseModel):
    """What an operator wants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"\S")]
    conversation_id: _Id | None = None
    satellites: Annotated[tuple[str, ...], Field(max_length=100)] = ()


class Words(BaseModel):
    """Something said about a plan under review."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"\S")]


@router.post("/intents", status_code=202)
def create(
    intent: NewIntent,
    user: Operator,
    runtime: CurrentRuntime,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> IntentView:
    """Accept an intent; the same Idempotency-Key and words give the same intent again."""
    return runtime.intents.accept(
        intent.text,
        user,
        channel="api",
        conversation_id=intent.conversation_id,
        satellites=intent.satellites,
        idempotency_key=idempotency_key,
    )


@router.get("/intents/{intent_id}")
def show(intent_id: PathId, _user: Viewer, runtime: CurrentRuntime) -> IntentView:
    """How far an intent has come."""
    return runtime.intents.get(intent_id)


@router.post("/intents/{intent_id}/cancel")
def cancel(intent_id: PathId, _user: Operator, runtime: CurrentRuntime) -> IntentView:
    """Stop a run at its next step."""
    return runtime.intents.cancel(intent_id)


@router.get("/conversations")
def conversations(
    _user: Viewer, runtime: CurrentRuntime, limit: Limit = 50, cursor: Cursor = None
) -> Page[ConversationSummary]:
    """Conversations, the latest first."""
    found = [ConversationSummary.model_validate(one) for one in runtime.intents.conversations(limit=10_000)]
    return page_of(found, limit, cursor)


@router.get("/conversations/{conversation_id}")
def conversation(conversation_id: PathId, _user: Viewer, runtime: CurrentRuntime) -> ConversationAnswer:
    """A conversation as it stands."""
    intents = runtime.intents.in_conversation(conversation_id)
    view = runtime.conversations.state(conversation_id)
    plan = MissionPlan.model_validate(view.plan) if view.plan else None
    return ConversationAnswer(
        conversation_id=conversation_id,
        status=intents[-1].status,
        intents=tuple(intents),
        messages=tuple(view.messages),
        calls=tuple(view.results),
        plan_id=plan.plan_id if plan else intents[-1].plan_id,
        revision=plan.revision if plan else intents[-1].revision,
        interrupt=view.interrupt,
        last_sequence=runtime.conversation_log.last_sequence(conversation_id),
    )


@router.post("/conversations/{conversation_id}/respond", status_code=202)
def respond(conversation_id: PathId, words: Words, user: Operator, runtime: CurrentRuntime) -> IntentView:
    """Say something to the agent about the plan under review."""
    return runtime.intents.respond(conversation_id, user, words.text)


@router.get("/conversations/{conversation_id}/events", response_class=StreamingResponse)
async def events(
    conversation_id: PathId,
    request: Request,
    _user: Viewer,
    runtime: CurrentRuntime,
    after: Annotated[int, Query(ge=0, le=2**31)] = 0,
    last_event_id: Annotated[str | None, Header(max_length=18)] = None,
) -> StreamingResponse:
    """The conversation's AG-UI events as server-sent events: what was missed, then what comes."""
    await asyncio.to_thread(runtime.intents.in_conversation, conversation_id)
    begin = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else after
    return StreamingResponse(
        _stream(runtime, conversation_id, begin, request),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _stream(runtime: Runtime, conversation_id: PathId, after: int, request: Request) -> AsyncIterator[str]:
    subscription = runtime.broadcaster.subscribe()
    try:
        while missed := await asyncio.to_thread(runtime.conversation_log.read, conversation_id, after):
            for sequence, event in missed:
                after = sequence
                yield _sse(sequence, event)
        messages = subscription.messages()
        while not await request.is_disconnected():
            try:
                message = await asyncio.wait_for(anext(messages), _KEEPALIVE_S)
            except TimeoutError:
                messages = subscription.messages()
                yield ": keep-alive\n\n"
                continue
            except StopAsyncIteration:
                return
            if message.get("conversation_id") == conversation_id and message.get("sequence", 0) > after:
                after = message["sequence"]
                yield _sse(after, message["event"])
    finally:
        runtime.broadcaster.unsubscribe(subscription)


def _sse(sequence: int, event: dict[str, Any]) -> str:
    return f"id: {sequence}\ndata: {json.dumps(event)}\n\n"
