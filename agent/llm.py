"""Language models behind one interface; this and agent.embedded are the only places that know LiteLLM.

LiteLLM takes 5 s to import, so it is imported when a routed model is first asked. The embedded model is asked directly.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agent.chat import EMBEDDED, ChatCall, ChatModel, ChatReply, Message, ModelUnavailable, OnText, Schema
from core.errors import InputError

__all__ = [
    "LiteLLMChat",
    "ModelSettings",
    "make_chat",
]


class ModelSettings(BaseModel):
    """Which model answers and how long to wait.

    ``allow_network`` is the switch that keeps tests and air-gapped sites from calling a network model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = EMBEDDED
    api_base: str | None = None
    api_key: str | None = None
    timeout_s: float = Field(default=60.0, gt=0)
    retries: int = Field(default=2, ge=0, le=10)
    fall_back_to_embedded: bool = True
    allow_network: bool = True
    temperature: float = Field(default=0.0, ge=0, le=2)


def make_chat(settings: ModelSettings) -> ChatModel:
    """The configured model: the embedded one directly, any other through LiteLLM.

    Raises:
        InputError: There is no embedded model of that name.
    """
    if settings.model.startswith("embedded/"):
        if settings.model != EMBEDDED:
            raise InputError("model", f"{settings.model!r} is not an embedded model; there is {EMBEDDED}")
        from agent.embedded import EmbeddedChat

        return EmbeddedChat()
    return LiteLLMChat(settings)


class LiteLLMChat:
    """Any LiteLLM model with retries, a time-out and the embedded model as fallback.

    Raises:
        ModelUnavailable: The model is forbidden here or failed, and there is no fallback.
    """

    def __init__(self, settings: ModelSettings) -> None:
        if not settings.allow_network and not settings.model.startswith("embedded/"):
            raise ModelUnavailable(
                f"{settings.model} needs the network, which is switched off here; use {EMBEDDED}", model=settings.model
            )
        self._settings = settings
        self._router: Any = None

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Schema], on_text: OnText | None = None
    ) -> ChatReply:
        """Answer through the router; streams when ``on_text`` is given."""
        router = self._ready_router()
        import litellm
        import openai

        # LiteLLM would hand tools to its own MCP client, which calls servers by itself: ours are run by the graph alone.
        options: dict[str, Any] = {"tools": [dict(tool) for tool in tools], "_skip_mcp_handler": True} if tools else {}
        if on_text is not None:
            options |= {"stream": True, "stream_options": {"include_usage": True}}
        try:
            response = router.completion(model="chosen", messages=[dict(one) for one in messages], **options)
            if on_text is not None:
                response = _joined(response, on_text, messages)
        except litellm.exceptions.AuthenticationError as error:
            raise ModelUnavailable(
                f"{self._settings.model} refuses the configured key", model=self._settings.model
            ) from error
        except openai.OpenAIError as error:  # the root of all LiteLLM errors
            raise ModelUnavailable(
                f"{self._settings.model} did not answer: {error}", model=self._settings.model
            ) from error
        return _reply(response)

    def _ready_router(self) -> Any:
        if self._router is None:
            os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else the import fetches a price list
            from litellm import Router

            from agent.embedded.provider import register

            register()
            self._router = Router(**_routing(self._settings))
        return self._router


def _routing(settings: ModelSettings) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "model": settings.model,
        "timeout": settings.timeout_s,
        "temperature": settings.temperature,
        "drop_params": True,  # reasoning models know no temperature
    }
    if settings.api_base:
        chosen["api_base"] = settings.api_base
    if settings.api_key:
        chosen["api_key"] = settings.api_key
    models = [{"model_name": "chosen", "litellm_params": chosen}]
    fallbacks: list[dict[str, list[str]]] = []
    if settings.fall_back_to_embedded:
        models.append({"model_name": "fallback", "litellm_params": {"model": EMBEDDED}})
        fallbacks.append({"chosen": ["fallback"]})
    return {
        "model_list": models,
        "fallbacks": fallbacks,
        "num_retries": settings.retries,
        "timeout": settings.timeout_s,
    }


def _joined(stream: Any, on_text: OnText, messages: Sequence[Message]) -> Any:
    import litellm

    chunks = []
    for chunk in stream:
        chunks.append(chunk)
        piece = chunk.choices[0].delta.content if chunk.choices else None
        if piece:
            on_text(piece)
    return litellm.stream_chunk_builder(chunks, messages=[dict(one) for one in messages])


def _reply(response: Any) -> ChatReply:
    message = response.choices[0].message
    usage = getattr(response, "usage", None)
    return ChatReply(
        text=message.content or "",
        tool_calls=tuple(_call(one) for one in message.tool_calls or ()),
        tokens_in=int(getattr(usage, "prompt_tokens", 0) or 0),
        tokens_out=int(getattr(usage, "completion_tokens", 0) or 0),
        cost_usd=_cost_usd(response),
        model=str(response.model or ""),
    )


def _call(call: Any) -> ChatCall:
    raw = call.function.arguments or "{}"
    try:
        arguments = json.loads(raw)
    except json.JSONDecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        arguments = {"not_a_json_object": raw}  # the tool refuses it by name, and the model can mend it
    return ChatCall(id=call.id, name=call.function.name, arguments=arguments)


def _cost_usd(response: Any) -> float:
    """What the answer cost in US dollars; 0 for a model without a known price, such as a local one."""
    hidden = getattr(response, "_hidden_params", None) or {}
    return float(hidden.get("response_cost") or 0.0)
