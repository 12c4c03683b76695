"""Damages texts the way transmission, hand editing and malice do, reproducibly from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["mutated"]

_MOST_CHANGES: Final = 3
_SPLICES: Final = (
    "nan", "inf", "-inf", "1e999", "-1e999", "1e-999", "0", "-0", "", " ", "\n", "\r\n", "\t", "\x00", "\ufeff", "é", "１",
    "=", "==", "[km]", "[", "]", "<", "</", "<a>", "&amp;", "&x;", "<!DOCTYPE a>", "<![CDATA[", "{", "}", '"', "'", ",",
    "COMMENT", "META_START", "META_STOP", "COVARIANCE_START", "2026-02-30T25:61:61", "9999-12-31T23:59:60",
    "2016-12-31T23:59:60.5", "0000-000T00:00:00", "1" * 400, "9" * 20, "-", "+", ".", "_", "1_000", "0x10", "1d5", "1e5",
)  # fmt: skip

Lines = list[str]


def mutated(draw: random.Random, seeds: Sequence[str]) -> str:
    """One of some texts with one to three changes."""
    text = draw.choice(seeds)
    for _ in range(draw.randint(1, _MOST_CHANGES)):
        text = draw.choice(_CHANGES)(draw, text)
    return text


def _flip(draw: random.Random, text: str) -> str:
    if not text:
        return text
    at = draw.randrange(len(text))
    return text[:at] + chr(ord(text[at]) ^ (1 << draw.randrange(7))) + text[at + 1 :]


def _splice(draw: random.Random, text: str) -> str:
    at = draw.randint(0, len(text))
    return text[:at] + draw.choice(_SPLICES) + text[at + draw.choice((0, 0, 1, 5)) :]


def _cut(draw: random.Random, text: str) -> str:
    at = draw.randint(0, len(text))
    return text[:at] + text[at + draw.choice((1, 2, 7, 40, 400)) :]


def _end(draw: random.Random, text: str) -> str:
    return text[: draw.randint(0, len(text))]


def _replace_value(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    keyword, equals, _ = lines[at].partition("=")
    lines[at] = f"{keyword}{equals} {draw.choice(_SPLICES)}" if equals else draw.choice(_SPLICES)
    return "\n".join(lines)


def _drop_line(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    del lines[draw.randrange(len(lines))]
    return "\n".join(lines)


def _double_line(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    return "\n".join([*lines[: at + 1], *lines[at:]])


def _swap_lines(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


_CHANGES: Final[tuple[Callable[[random.Random, str], str], ...]] = (
    _flip,
    _flip,
    _splice,
    _splice,
    _cut,
    _end,
    _replace_value,
    _drop_line,
    _double_line,
    _swap_lines,
)
