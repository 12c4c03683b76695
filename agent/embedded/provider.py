"""The embedded model as a LiteLLM provider, so that routing and fallback treat it like any other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import litellm
from litellm import CustomLLM
from litellm.types.utils import GenericStreamingChunk, ModelResponse

from agent.chat import ChatReply
from agent.embedded.model import EmbeddedChat

__all__ = ["EmbeddedProvider", "register"]


def register() -> None:
    """Make ``embedded/…`` known to LiteLLM; a second time changes nothing."""
    if not any(one["provider"] == "embedded" for one in litellm.custom_provider_map):
        litellm.custom_provider_map.append({"provider": "embedded", "custom_handler": EmbeddedProvider()})
        litellm.utils.custom_llm_setup()


class EmbeddedProvider(CustomLLM):  # type: ignore[misc]
    """LiteLLM's four ways to ask, all answered by the same model."""

    def completion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """The whole answer."""
        reply = _reply(kwargs)
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
        if reply.tool_calls:
            message["tool_calls"] = [_tool_call(reply, index) for index in range(len(reply.tool_calls))]
        reason = "tool_calls" if reply.tool_calls else "stop"
        response = ModelResponse(
            model=reply.model, choices=[{"index": 0, "finish_reason": reason, "message": message}], usage=_usage(reply)
        )
        return response

    async def acompletion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """The whole answer, for asynchronous callers."""
        return self.completion(*args, **kwargs)

    def streaming(self, *args: Any, **kwargs: Any) -> Iterator[GenericStreamingChunk]:
        """The answer in pieces."""
        reply = _reply(kwargs)
        for index in range(len(reply.tool_calls)):
            yield _chunk(tool_use={**_tool_call(reply, index), "index": index})
        for start in range(0, len(reply.text), 40):
            yield _chunk(text=reply.text[start : start + 40])
        yield _chunk(reason="tool_calls" if reply.tool_calls else "stop", usage=_usage(reply))

    async def astreaming(self, *args: Any, **kwargs: Any) -> AsyncIterator[GenericStreamingChunk]:
        """The answer in pieces, for asynchronous callers."""
        for chunk in self.streaming(*args, **kwargs):
            yield chunk


def _reply(kwargs: dict[str, Any]) -> ChatReply:
    options = kwargs.get("optional_params") or {}
    return EmbeddedChat().complete(kwargs["messages"], options.get("tools") or kwargs.get("tools") or [])


def _tool_call(reply: ChatReply, index: int) -> dict[str, Any]:
    call = reply.tool_calls[index]
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}


def _usage(reply: ChatReply) -> dict[str, int]:
    total = reply.tokens_in + reply.tokens_out
    return {"prompt_tokens": reply.tokens_in, "completion_tokens": reply.tokens_out, "total_tokens": total}


def _chunk(text: str = "", tool_use: Any = None, reason: str = "", usage: Any = None) -> GenericStreamingChunk:
    return {
        "text": text,
        "tool_use": tool_use,
        "is_finished": bool(reason),
        "finish_reason": reason,
        "usage": usage,
        "index": 0,
    }
