"""Text as the embedded model reads it: lower case, one spelling, numbers as digits, and a way back to the original."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.embedded.lexicon import pattern_words, words

__all__ = ["Utterance", "blank", "read"]

_TOKEN = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\.\d+|\d+|[^\W\d_]+(?:'[^\W\d_]+)?|_|[^\w\s]")
_DASHES = str.maketrans(
    {
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "′": "'",
        "″": '"',
        "º": "°",
    }
)
_ENDINGS = (
    ("s", ""),
    ("es", ""),
    ("ed", ""),
    ("ed", "e"),
    ("d", ""),
    ("ing", ""),
    ("ing", "e"),
    ("er", ""),
    ("er", "e"),
    ("ly", ""),
    ("ies", "y"),
    ("ied", "y"),
)
_ORDINAL_OR_UNIT = re.compile(
    r"^\s*(?:hours?|hrs?|minutes?|mins?|days?|weeks?|seconds?|km|kilomet|met|gb|mb|gigab|megab|eclips|orbits?|degrees?)"
)
_AFTER_SATELLITE = re.compile(r"(?:lsat|sat|satellite|spacecraft|bird|wheel|rw|number|no)\W*$")


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int
    original_start: int
    original_end: int


@dataclass(frozen=True)
class Utterance:
    """A text in one spelling (``norm``) with the place of every piece in the original."""

    original: str
    norm: str
    _pieces: tuple[_Piece, ...]

    def original_of(self, start: int, end: int) -> str:
        """The original text behind a stretch of ``norm``."""
        inside = [one for one in self._pieces if one.start >= start and one.end <= end]
        return self.original[inside[0].original_start : inside[-1].original_end].strip() if inside else ""

    def only(self, start: int, end: int) -> Utterance:
        """The same utterance with everything but one stretch blanked; places stay as they are."""
        return self.saying(" " * start + self.norm[start:end] + " " * (len(self.norm) - end))

    def saying(self, norm: str) -> Utterance:
        """The same utterance with parts of ``norm`` blanked.

        Raises:
            ValueError: The length differs, so that places would no longer agree.
        """
        if len(norm) != len(self.norm):
            raise ValueError(f"the text has {len(norm)} characters, not {len(self.norm)}")
        return Utterance(self.original, norm, self._pieces)


def read(text: str, names: frozenset[str] = frozenset()) -> Utterance:
    """Normalise a text; ``names`` are words of the mission that spelling repair also knows."""
    plain = text.translate(_DASHES)
    norm, pieces, last_end = "", [], 0
    matches = list(_TOKEN.finditer(plain))
    for match in matches:
        if match.start() > last_end:
            norm += " "
        word = _spelled(
            match.group().lower().replace(",", "") if match.group()[0].isdigit() else match.group().lower(), names
        )
        word = _as_digits(word, norm, plain[match.end() :].lower())
        pieces.append(_Piece(len(norm), len(norm) + len(word), match.start(), match.end()))
        norm += word
        last_end = match.end()
    return Utterance(text, norm, tuple(pieces))


def blank(text: str, start: int, end: int) -> str:
    """The text with a stretch replaced by spaces, so that nothing reads it twice."""
    return text[:start] + " " * (end - start) + text[end:]


def _as_digits(word: str, before: str, after: str) -> str:
    number = words("numbers").get(word.removesuffix("'s"))
    if number is None:
        return word
    if word in ("one", "a", "an", "second", "first", "third", "fourth"):
        counted = _ORDINAL_OR_UNIT.match(after) if word in ("one", "a", "an") else None
        return number if counted or (word == "one" and _AFTER_SATELLITE.search(before)) else word
    return number


@lru_cache(maxsize=8192)
def _spelled(word: str, names: frozenset[str]) -> str:
    """The known word that this one most likely is; itself when it is known, short, or like nothing known."""
    replaced = words("synonyms").get(word)
    if replaced is not None:
        return replaced
    known = words("vocabulary")
    if (
        len(word) < 4
        or not word.isalpha()
        or word in known
        or word in names
        or word in words("common")
        or word in pattern_words()
        or _inflected(word)
    ):
        return word
    allowed = 1 if len(word) < 6 else 2
    candidates = [one for one in (*known, *names) if abs(len(one) - len(word)) <= allowed and len(one) > 3]
    best = process.extractOne(word, candidates, scorer=OSA.distance, score_cutoff=allowed)
    if best is None:
        return word
    # The first letter is seldom mistyped; without it only a single slip in a longer word is believed.
    return best[0] if best[0][0] == word[0] or (best[1] == 1 and len(word) >= 6) else word


def _inflected(word: str) -> bool:
    known = {**words("vocabulary"), **words("common")}
    return any(
        word.endswith(ending) and len(stem := word[: -len(ending)] + rest) > 2 and stem in known
        for ending, rest in _ENDINGS
    )
