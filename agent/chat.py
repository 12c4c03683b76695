"""What passes between the agent and any language model: messages, tool calls, replies, and how a model can fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from pydantic import BaseModel, ConfigDict

from core.errors import LlamaSpaceError

__all__ = ["EMBEDDED", "ChatCall", "ChatModel", "ChatReply", "Message", "ModelUnavailable", "OnText", "Schema"]

Message = Mapping[str, Any]
Schema = Mapping[str, Any]
OnText = Callable[[str], None]

EMBEDDED: Final = "embedded/llamaspace-1"


class ModelUnavailable(LlamaSpaceError):
    """No configured model answered, or a network model is forbidden here."""

    default_code = "model-unavailable"


class ChatCall(BaseModel):
    """A tool call that a model asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    arguments: dict[str, Any]


class ChatReply(BaseModel):
    """A model's reply; ``model`` is the one that really answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = ""
    tool_calls: tuple[ChatCall, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    model: str = ""


class ChatModel(Protocol):
    """Anything that answers a conversation with text or tool calls."""

    def complete(
        self, messages: Sequence[Message], tools: Sequence[Schema], on_text: OnText | None = None
    ) -> ChatReply:
        """Answer; ``on_text`` gets pieces of text as they come."""
        ...
