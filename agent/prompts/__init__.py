"""Prompts: one Markdown file per purpose, with a version in its first line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from core.errors import NotFound

__all__ = ["CONTEXT_FENCE", "Prompt", "load_prompt", "system_message"]

CONTEXT_FENCE = "```json context"


@dataclass(frozen=True)
class Prompt:
    """A prompt and its version."""

    name: str
    version: int
    text: str


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt of that name from this folder.

    Raises:
        NotFound: There is no such file, or its first line is not ``<!-- version N -->``.
    """
    file = resources.files(__name__) / f"{name}.md"
    if not file.is_file():
        raise NotFound(f"there is no prompt {name!r}")
    first, _, body = file.read_text(encoding="utf-8").partition("\n")
    words = first.split()
    if words[:2] != ["<!--", "version"] or not words[2].isdigit():
        raise NotFound(f"prompt {name!r} does not begin with its version: {first!r}")
    return Prompt(name, int(words[2]), body.strip())


def system_message(context: Mapping[str, Any]) -> dict[str, str]:
    """The system message: how to behave, and the mission's facts as one JSON block."""
    facts = f"{CONTEXT_FENCE}\n{json.dumps(context, ensure_ascii=False)}\n```"
    return {"role": "system", "content": f"{load_prompt('system').text}\n\n{facts}"}
