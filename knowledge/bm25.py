"""Okapi BM25: passages ranked by the words that they share with a query."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from knowledge.terms import terms_of

__all__ = ["Bm25"]

_K1: Final = 1.2  # Robertson and Zaragoza 2009, section 3.4: 1.2 to 2 is good in most circumstances
_B: Final = 0.75  # the same: 0.5 to 0.8


class Bm25:
    """Scores of passages for a query.

    Args:
        texts: The passages, whose positions the ranking gives.

    Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), equation 3.15, with
    the weight ln(1 + (N - n + 0.5) / (n + 0.5)), which is the Robertson/Sparck Jones one kept positive.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(terms_of(text)) for text in texts]
        lengths = [count.total() for count in counts]
        mean = sum(lengths) / len(lengths) if lengths else 0.0
        self._saturation = [_K1 * (1.0 - _B + _B * length / mean) if mean else _K1 for length in lengths]
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for position, count in enumerate(counts):
            for term, frequency in count.items():
                self._postings[term].append((position, frequency))
        self._size = len(texts)

    def rank(self, query: str, limit: int, coverage: float = 0.0) -> list[tuple[int, float]]:
        """Positions and scores of passages that share a term with a query, best first; ties by position.

        Args:
            query: What is searched for.
            limit: At most how many.
            coverage: Share of the query's term weights, 0 to 1, that a passage must hold.
        """
        scores: dict[int, float] = defaultdict(float)
        held: dict[int, float] = defaultdict(float)
        asked = 0.0
        for term in sorted(set(terms_of(query))):
            postings = self._postings.get(term, ())
            weight = math.log(1.0 + (self._size - len(postings) + 0.5) / (len(postings) + 0.5))
            asked += weight
            for position, frequency in postings:
                held[position] += weight
                scores[position] += weight * frequency * (_K1 + 1.0) / (frequency + self._saturation[position])
        covering = [(position, score) for position, score in scores.items() if held[position] >= coverage * asked]
        return sorted(covering, key=lambda one: (-one[1], one[0]))[:limit]
