"""Documents and their passages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.document import CORPUS, Document, FrontMatter, document_files, read_document
from knowledge.errors import DocumentUnreadable
from knowledge.ingest import chunks_of

HEAD = (
    "---\nid: PROC-X-001\ntitle: A procedure\nrevision: 2\nsubsystem: power\nlicence: CC0-1.0\nauthor: Someone\n---\n"
)
MATTER = FrontMatter(id="DOC-x", title="Some title", revision=1, subsystem="user", licence="CC0-1.0", author="Someone")


def document(text: str) -> Document:
    return Document(matter=MATTER, text=text)


def words(count: int, stem: str = "word") -> str:
    return " ".join(f"{stem}{index}" for index in range(count))


def test_front_matter_names_the_document(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(HEAD + "# A procedure\n\n## Steps\nDo it.\n")
    read = read_document(path)
    assert (read.matter.id, read.matter.revision, read.matter.licence) == ("PROC-X-001", 2, "CC0-1.0")
    assert [(one.document, one.section, one.text) for one in chunks_of([read])] == [("PROC-X-001", "Steps", "Do it.")]


def test_plain_text_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "Notes of Schröder 7.txt"
    path.write_text("Antenna two is out on Mondays.")
    read = read_document(path)
    assert read.matter.id == "DOC-Notes-of-Schr-der-7"
    assert read.matter.licence == "not stated"
    assert [one.section for one in chunks_of([read])] == ["Whole document"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEAD.replace("revision: 2", "revision: two").encode(), "revision"),
        (HEAD.replace("licence: CC0-1.0\n", "").encode(), "licence"),
        (HEAD.replace("author:", "writer:").encode(), "author"),
        (b"---\nid: [\n---\ntext", "not YAML"),
        (b"---\njust words\n---\ntext", "not a list of fields"),
        (b"\xff\xfe\x00binary", "not UTF-8"),
    ],
)
def test_a_bad_document_is_refused_by_name_and_field(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.md"
    path.write_bytes(content)
    with pytest.raises(DocumentUnreadable, match=message) as caught:
        read_document(path)
    assert "bad.md" in str(caught.value)


def test_a_document_of_five_megabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_text("a" * 5_000_000)
    with pytest.raises(DocumentUnreadable, match="5000000 bytes"):
        read_document(path)


def test_a_title_alone_without_front_matter_still_gives_a_document(tmp_path: Path) -> None:
    path = tmp_path / "€.md"
    path.write_text("# Ü\n\nText.")
    assert read_document(path).matter.title == "Document €"


def test_short_sections_are_joined_and_both_are_cited() -> None:
    made = chunks_of([document(f"## Purpose\n{words(20)}\n## Steps\n{words(100)}\n## Verification\n{words(120)}")])
    assert [one.section for one in made] == ["Purpose; Steps", "Verification"]
    assert made[0].text.startswith(f"{words(20)}\n\nSteps:\nword0")


def test_a_heading_below_another_is_cited_with_it() -> None:
    made = chunks_of([document(f"# Title\n## Rules\n### Power\n{words(150)}\n### Orbit\n{words(150)}")])
    assert [one.section for one in made] == ["Rules > Power", "Rules > Orbit"]


def test_a_hash_inside_a_code_block_is_no_heading() -> None:
    made = chunks_of([document("## Real\n```\n# comment\n```\nafter")])
    assert [one.section for one in made] == ["Real"]


def test_equal_content_is_kept_once() -> None:
    assert len(chunks_of([document("same"), document("same")])) == 1


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_no_word_is_lost_and_no_passage_is_longer_than_the_encoder_reads(lengths: list[int]) -> None:
    text = "\n".join(f"## Section {index}\n{words(length, f's{index}w')}" for index, length in enumerate(lengths))
    made = chunks_of([document(text)])
    expected = [f"s{index}w{word}" for index, length in enumerate(lengths) for word in range(length)]
    written = " ".join(re.sub(r"(?m)^Section \d+:$", "", one.text) for one in made)
    assert written.split() == expected
    headings = 2 * len(lengths)
    assert all(len(one.text.split()) <= 200 + headings for one in made)


@given(st.text(max_size=2000))
def test_any_text_can_be_taken_in(text: str) -> None:
    for chunk in chunks_of([document(text)]):
        assert chunk.text.strip() and chunk.section


def test_passages_of_the_handbook_cite_a_section() -> None:
    made = chunks_of(read_document(path) for path in document_files(CORPUS))
    assert all(one.section != "Whole document" and one.licence == "Apache-2.0" for one in made)
    tracker = [one.section for one in made if one.document == "PROC-ADCS-004"]
    assert any("Steps" in section for section in tracker)
