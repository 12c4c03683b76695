"""Word lists and weighted evidence of the embedded model: data files, one per tool and one per list.

A tool's file holds ``evidence``: pairs of weight and regular expression over normalised text. Weights add up; the tool
with the highest sum above ``threshold`` is meant. Weight 4 is a word that hardly means anything else, 2 is a hint,
a negative weight speaks against.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

__all__ = ["Evidence", "pattern_words", "rules", "tool_evidence", "words"]


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence."""

    weight: float
    pattern: re.Pattern[str]


@cache
def _file(name: str) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((resources.files(__name__) / f"{name}.yaml").read_text(encoding="utf-8"), Loader=loader)


@cache
def words(kind: str) -> Mapping[str, str]:
    """A word list of words.yaml as a mapping; plain lists map each word to itself."""
    content = _file("words")[kind]
    if isinstance(content, str):
        return {word: word for word in content.split()}
    return {str(key): str(value) for key, value in content.items()}


@cache
def tool_evidence() -> Mapping[str, tuple[Evidence, ...]]:
    """The evidence for every tool."""
    names = [one.name for one in resources.files(__name__).iterdir() if one.name.startswith("tool_")]
    return {
        name.removeprefix("tool_").removesuffix(".yaml"): _evidence(_file(name.removesuffix(".yaml"))["evidence"])
        for name in sorted(names)
    }


@cache
def pattern_words() -> frozenset[str]:
    """Every plain word in the evidence and the rules: spelled right by definition."""
    sources = [one.pattern.pattern for evidence in tool_evidence().values() for one in evidence]
    sources += [pattern.pattern for name in ("refuse", "greet") for _, pattern, _ in rules(name)]
    return frozenset(
        word for source in sources for word in re.findall(r"[a-z]{4,}", re.sub(r"\\[a-zA-Z]", " ", source))
    )


def _evidence(pairs: list[list[Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(float(weight), re.compile(pattern)) for weight, pattern in pairs)


@cache
def rules(name: str) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """The rules of rules.yaml under a name: code, pattern, and the sentence that says why."""
    return tuple((one["code"], re.compile(one["pattern"]), one.get("reason", "")) for one in _file("rules")[name])
