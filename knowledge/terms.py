"""Words of a text as an index counts them: folded, stop words left out, endings taken off."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["terms_of"]

_WORD: Final = re.compile(r"[^\W_]+(?:[_-][^\W_]+)*")
_POSSESSIVE: Final = re.compile(r"(?<=\w)['’]s\b")
_JOINT: Final = re.compile(r"[_-]")
_VOWEL: Final = re.compile(r"[aeiouy]")
_STOP_WORDS: Final = (
    "a an and any are as at be been but by can could did do does for from get got had has have how i if in into is it "
    "its just may me my no not of on or our please shall should so than that the their them then there these they this "
    "those to us was we were what when where which while who why will with would you your"
)
_STOP: Final = frozenset(_STOP_WORDS.split())
_DOUBLED: Final = frozenset("bdfgmnprt")
_MINIMUM_STEM: Final = 3


def terms_of(text: str) -> list[str]:
    """The terms of a text in order; an identifier such as ``wheel_1_speed_rad_s`` also gives its parts."""
    found: list[str] = []
    folded = unicodedata.normalize("NFKC", text).casefold()
    for word in _WORD.findall(_POSSESSIVE.sub("", folded)):
        parts = _JOINT.split(word)
        if len(parts) > 1:
            found.append(word)
        found.extend(_stem(part) for part in parts if part not in _STOP)
    return found


def _stem(word: str) -> str:
    """A word without plural, -ing, -ed and final e: the S-stemmer of Harman (1991, JASIS 42(1)) and two endings more.

    It joins the forms that operators mix (draining, drained, drains) and little else, so that names stay apart.
    """
    if not word.isalpha():
        return word
    word = _singular(word)
    for ending in ("ing", "ed"):
        stem = word[: -len(ending)]
        if word.endswith(ending) and not word.endswith("eed") and len(stem) >= _MINIMUM_STEM and _VOWEL.search(stem):
            return _undoubled(stem).removesuffix("e")
    return word.removesuffix("e") if len(word) > _MINIMUM_STEM + 1 else word


def _singular(word: str) -> str:
    if len(word) <= _MINIMUM_STEM:
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


def _undoubled(stem: str) -> str:
    return stem[:-1] if len(stem) > _MINIMUM_STEM and stem[-1] == stem[-2] and stem[-1] in _DOUBLED else stem
