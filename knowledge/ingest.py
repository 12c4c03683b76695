"""From documents to passages: one per section, neighbours joined while short, long ones cut between paragraphs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from knowledge.document import Document

__all__ = ["Chunk", "chunks_of", "corpus_digest"]

_SHORT_WORDS: Final = 90  # a shorter section is joined with its neighbour
_LONG_WORDS: Final = 200  # with its headings about the 256 tokens that the encoder reads
_HEADING: Final = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_CODE_FENCE: Final = re.compile(r"^(```|~~~)")
_WHOLE: Final = "Whole document"


@dataclass(frozen=True)
class Chunk:
    """A passage before it is searched for.

    Args:
        document: Id of the document.
        title: Its title.
        section: Headings that it stands under; several where short sections were joined.
        text: What is written there; untrusted data.
        licence: Licence of the document.
    """

    document: str
    title: str
    section: str
    text: str
    licence: str

    @property
    def indexed_text(self) -> str:
        """What is searched: the headings say what a section of a procedure is about, its text often does not."""
        return f"{self.title}. {self.section}.\n{self.text}"

    @cached_property
    def digest(self) -> str:
        """Identifies the passage by its content."""
        return hashlib.sha256("\0".join((self.document, self.indexed_text)).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class _Section:
    heading: str
    text: str

    @property
    def words(self) -> int:
        return len(self.text.split())


def chunks_of(documents: Iterable[Document]) -> list[Chunk]:
    """All passages of documents, in order, each content once."""
    found = {chunk.digest: chunk for document in documents for chunk in _chunks(document)}
    return list(found.values())


def corpus_digest(chunks: Iterable[Chunk], encoder: str) -> str:
    """Changes whenever a passage or the encoder does."""
    content = "\n".join([encoder, *sorted(chunk.digest for chunk in chunks)])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _chunks(document: Document) -> Iterator[Chunk]:
    matter = document.matter
    for section in _joined(_cut(_sections(document.text))):
        yield Chunk(matter.id, matter.title, section.heading, section.text, matter.licence)


def _sections(text: str) -> Iterator[_Section]:
    """Text under each heading, named by the headings above it but the title's."""
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= bool(_CODE_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        yield from _section(path, lines)
        level = len(heading.group(1))
        path = [*(above for above in path if above[0] < level), (level, heading.group(2))]
        lines = []
    yield from _section(path, lines)


def _section(path: list[tuple[int, str]], lines: list[str]) -> Iterator[_Section]:
    text = "\n".join(lines).strip()
    if text:
        names = [name for level, name in path if level > 1] or [name for _, name in path[:1]] or [_WHOLE]
        yield _Section(" > ".join(names), text)


def _cut(sections: Iterable[_Section]) -> Iterator[_Section]:
    """Sections no longer than the encoder reads, cut between lines where possible, else between words."""
    for section in sections:
        if section.words <= _LONG_WORDS:
            yield section
            continue
        held: list[str] = []
        count = 0
        for piece in _pieces(section.text):
            words = len(piece.split())
            if held and count + words > _LONG_WORDS:
                yield _Section(section.heading, "\n".join(held).strip())
                held, count = [], 0
            held.append(piece)
            count += words
        yield _Section(section.heading, "\n".join(held).strip())


def _pieces(text: str) -> Iterator[str]:
    for line in text.splitlines():
        words = line.split()
        if len(words) <= _LONG_WORDS:
            yield line
            continue
        for start in range(0, len(words), _LONG_WORDS):
            yield " ".join(words[start : start + _LONG_WORDS])


def _joined(sections: Iterable[_Section]) -> Iterator[_Section]:
    held: _Section | None = None
    for section in sections:
        if held is None:
            held = section
        elif held.words < _SHORT_WORDS and held.words + section.words <= _LONG_WORDS:
            held = _join(held, section)
        else:
            yield held
            held = section
    if held is not None:
        yield held


def _join(first: _Section, second: _Section) -> _Section:
    if first.heading == second.heading:
        return _Section(first.heading, f"{first.text}\n\n{second.text}")
    # The reader of the passage must see where the second section begins.
    return _Section(f"{first.heading}; {second.heading}", f"{first.text}\n\n{second.heading}:\n{second.text}")
