"""The LiteLLM side: the embedded model through LiteLLM itself, fallback, and the switch that forbids the network."""

from __future__ import annotations

import pytest

from agent.altitude import mean_altitudes_km
from agent.chat import EMBEDDED, ModelUnavailable
from agent.context import mission_context, tools_for_model
from agent.embedded import EmbeddedChat
from agent.llm import LiteLLMChat, ModelSettings, make_chat
from agent.prompts import system_message
from agent.state import AgentRequest
from core.errors import InputError
from core.mission.model import Mission
from tests.agent.conftest import NOW
from tools.catalog import CATALOG
from tools.contract import Role

WORDS = "Point LSAT-1 at the sun for 45 minutes"


def conversation(mission: Mission, words: str) -> list[dict[str, str]]:
    request = AgentRequest(text=words)
    return [
        system_message(mission_context(mission, mean_altitudes_km(mission, NOW), NOW, request)),
        {"role": "user", "content": words},
    ]


def tools() -> list[dict[str, object]]:
    return tools_for_model(CATALOG.schemas(Role.OPERATOR), Role.OPERATOR)


def test_the_embedded_model_is_asked_directly() -> None:
    assert isinstance(make_chat(ModelSettings()), EmbeddedChat)


def test_an_unknown_embedded_model_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="embedded/nothing"):
        make_chat(ModelSettings(model="embedded/nothing"))


def test_a_network_model_is_refused_where_the_network_is_off() -> None:
    with pytest.raises(ModelUnavailable, match="switched off"):
        make_chat(ModelSettings(model="openai/gpt-5", allow_network=False))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_embedded_model_answers_alike_through_litellm(mission: Mission) -> None:
    chat = LiteLLMChat(ModelSettings(model=EMBEDDED, retries=0))
    direct = EmbeddedChat().complete(conversation(mission, WORDS), tools())
    whole = chat.complete(conversation(mission, WORDS), tools())
    assert [(one.name, one.arguments) for one in whole.tool_calls] == [
        (one.name, one.arguments) for one in direct.tool_calls
    ]
    assert whole.tokens_in == direct.tokens_in and whole.cost_usd == 0.0
    pieces: list[str] = []
    streamed = chat.complete(conversation(mission, WORDS), tools(), pieces.append)
    assert [(one.name, one.arguments) for one in streamed.tool_calls] == [
        (one.name, one.arguments) for one in direct.tool_calls
    ]
    greeting = chat.complete(conversation(mission, "Hello"), tools(), pieces.append)
    assert greeting.text == "".join(pieces) and greeting.text.startswith("Hello")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_model_that_does_not_answer_falls_back_to_the_embedded_one(mission: Mission) -> None:
    nowhere = ModelSettings(
        model="openai/gpt-5", api_base="http://127.0.0.1:9/v1", api_key="none", retries=0, timeout_s=2
    )
    reply = LiteLLMChat(nowhere).complete(conversation(mission, WORDS), tools())
    assert (reply.tool_calls[0].name == "point_attitude" and "embedded" in reply.model) or "llamaspace" in reply.model
    alone = nowhere.model_copy(update={"fall_back_to_embedded": False})
    with pytest.raises(ModelUnavailable, match="did not answer"):
        LiteLLMChat(alone).complete(conversation(mission, WORDS), tools())
