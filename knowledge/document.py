"""A document of the knowledge base: a file, its front matter and its text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.errors import DocumentUnreadable

__all__ = ["CORPUS", "Document", "FrontMatter", "document_files", "read_document"]

CORPUS: Final = Path(__file__).parent / "corpus"
_SUFFIXES: Final = (".md", ".txt")
_FENCE: Final = "---\n"
_MAXIMUM_BYTES: Final = 4_000_000  # a handbook chapter has some kilobytes; more is not a text that somebody wrote


class FrontMatter(BaseModel):
    """What stands between the two ``---`` lines at the head of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,79}$")]
    title: Annotated[str, Field(min_length=3, max_length=200)]
    revision: Annotated[int, Field(ge=1)]
    subsystem: str
    satellites: tuple[str, ...] = ()
    licence: str
    author: str


class Document(BaseModel):
    """A document; its text is untrusted data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    matter: FrontMatter
    text: str


def document_files(folder: Path) -> list[Path]:
    """Markdown and plain text files below a folder, in order; none where there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())


def read_document(path: Path) -> Document:
    """A document from a UTF-8 file; without front matter its name and first heading stand in.

    Raises:
        DocumentUnreadable: Too large, not UTF-8, or a front matter that is incomplete.
    """
    size_bytes = path.stat().st_size
    if size_bytes > _MAXIMUM_BYTES:
        raise DocumentUnreadable(
            path.name, f"{size_bytes} bytes are more than the {_MAXIMUM_BYTES} bytes allowed", path=str(path)
        )
    try:
        raw = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentUnreadable(
            path.name, f"not UTF-8 at byte {error.start}: {error.reason}", path=str(path)
        ) from error
    head, text = _split(raw)
    return Document(matter=_matter(head, path) if head is not None else _assumed(path, text), text=text)


def _split(raw: str) -> tuple[str | None, str]:
    if not raw.startswith(_FENCE):
        return None, raw
    head, fence, text = raw[len(_FENCE) :].partition("\n" + _FENCE)
    return (head, text) if fence else (None, raw)


def _matter(head: str, path: Path) -> FrontMatter:
    try:
        fields = yaml.safe_load(head)
    except yaml.YAMLError as error:
        raise DocumentUnreadable(path.name, f"front matter is not YAML: {error}", path=str(path)) from error
    if not isinstance(fields, Mapping):
        raise DocumentUnreadable(path.name, "front matter is not a list of fields", path=str(path))
    try:
        return FrontMatter.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DocumentUnreadable(f"{path.name}:{field}", first["msg"], path=str(path)) from error


def _assumed(path: Path, text: str) -> FrontMatter:
    lines = (line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#"))
    title = next((line for line in lines if len(line) >= 3), path.stem)[:200]
    name = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in path.stem).strip("-")
    return FrontMatter(
        id=f"DOC-{name}"[:80],
        title=title if len(title) >= 3 else f"Document {title}",
        revision=1,
        subsystem="user",
        licence="not stated",
        author="not stated",
    )
