"""Terms, BM25 and fusion."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.bm25 import Bm25
from knowledge.fusion import fuse
from knowledge.terms import terms_of

WORDS = st.sampled_from(["wheel", "tracker", "battery", "valve", "leak", "burn", "pass", "signal", "clock", "key"])
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=8)


def test_forms_of_a_word_are_one_term() -> None:
    for forms in ("drain drains draining drained", "wheel wheels", "recovery recoveries", "stop stopped stopping"):
        assert len(set(terms_of(forms))) == 1, forms


def test_words_that_only_look_alike_stay_apart() -> None:
    for pair in ("thermal thruster", "mass mask", "bus bu", "speed spe", "string stray"):
        assert len(set(terms_of(pair))) == 2, pair


def test_an_identifier_gives_itself_and_its_parts() -> None:
    assert terms_of("`wheel_1_speed_rad_s`") == ["wheel_1_speed_rad_s", "wheel", "1", "speed", "rad", "s"]
    assert terms_of("FR-05")[0] == "fr-05"


def test_a_possessive_leaves_no_letter_behind() -> None:
    assert terms_of("the battery's limit") == terms_of("battery limit")


@given(st.text(max_size=300))
def test_terms_do_not_depend_on_case_and_hold_no_space(text: str) -> None:
    assert all(term and not term.isspace() for term in terms_of(text))
    plain = text.encode("ascii", "ignore").decode()
    assert terms_of(plain.upper()) == terms_of(plain.lower())


def test_scores_are_those_of_the_published_formula() -> None:
    # Three texts of 3, 1 and 2 terms, mean length 2; "leak" is in two of three. By hand, k1 = 1.2 and b = 0.75:
    weight = math.log(1.0 + (3 - 2 + 0.5) / (2 + 0.5))
    first = weight * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
    second = weight * 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1 / 2))
    ranked = dict(Bm25(["leak leak valve", "leak", "burn burn"]).rank("leak", 10))
    assert ranked == pytest.approx({0: first, 1: second})


@given(TEXTS, WORDS)
def test_only_texts_that_share_a_term_are_ranked_and_scores_fall(texts: list[str], word: str) -> None:
    ranked = Bm25(texts).rank(word, 100)
    assert {position for position, _ in ranked} == {index for index, text in enumerate(texts) if word in text.split()}
    scores = [score for _, score in ranked]
    assert scores == sorted(scores, reverse=True) and all(score > 0.0 for score in scores)


@given(TEXTS, WORDS)
def test_one_more_occurrence_at_equal_length_never_lowers_a_score(texts: list[str], word: str) -> None:
    less = [*texts, f"{word} filler filler"]
    more = [*texts, f"{word} {word} filler"]
    position = len(texts)
    assert dict(Bm25(more).rank(word, 100))[position] > dict(Bm25(less).rank(word, 100))[position]


@given(TEXTS, WORDS)
def test_a_rarer_term_weighs_more(texts: list[str], word: str) -> None:
    searched = Bm25([*[f"{text} common" for text in texts], "rare common"])
    scores_common, scores_rare = dict(searched.rank("common", 100)), dict(searched.rank("rare", 100))
    assert scores_rare[len(texts)] > scores_common[len(texts)]


def test_a_passage_that_holds_too_little_of_a_query_is_left_out_when_asked() -> None:
    searched = Bm25(["battery common", "wheel common", "valve common", "clock common"])
    assert [position for position, _ in searched.rank("common battery", 10, coverage=0.3)] == [0]
    assert searched.rank("common zirconium gimbal", 10, coverage=0.3) == []
    assert len(searched.rank("common zirconium gimbal", 10)) == 4


def test_an_empty_corpus_ranks_nothing() -> None:
    assert Bm25([]).rank("leak", 5) == []


RANKING = st.lists(st.integers(0, 30), unique=True, max_size=20)


@given(RANKING, RANKING)
def test_fusion_holds_every_position_once_and_is_symmetric(first: list[int], second: list[int]) -> None:
    fused = fuse([first, second])
    assert sorted(position for position, _ in fused) == sorted({*first, *second})
    assert dict(fused) == pytest.approx(dict(fuse([second, first])))


@given(RANKING)
def test_fusing_one_ranking_keeps_its_order(ranking: list[int]) -> None:
    assert [position for position, _ in fuse([ranking])] == ranking


def test_first_in_both_rankings_beats_first_in_one() -> None:
    assert fuse([[7, 1, 2], [7, 3, 1]])[0] == (7, pytest.approx(2 / 61))
