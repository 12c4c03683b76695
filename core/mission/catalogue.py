"""A catalogue of objects in orbit: element sets from a file of TLEs or OMMs, with where they come from and how old they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from core.errors import InputError
from core.mission.model import MeanElements
from core.mission.omm import parse_omm
from core.mission.tle import TleError, parse_tle

__all__ = ["Catalogue", "CatalogueObject", "RejectedSet", "parse_catalogue", "read_catalogue"]

_LARGEST_BYTES: Final = 100_000_000  # fifteen times the whole public catalogue
_TLE_LENGTH: Final = 69


@dataclass(frozen=True)
class CatalogueObject:
    """One object: its number where it has one, and its newest elements."""

    name: str
    norad_id: int | None
    elements: MeanElements

    def age_s(self, at_utc: datetime) -> float:
        """How old the elements are at an instant; negative where they are of later."""
        return (at_utc - self.elements.epoch_utc).total_seconds()


@dataclass(frozen=True)
class RejectedSet:
    """An element set that could not be read: its first line in the file, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class Catalogue:
    """Objects, each once, in the order of the file; ``source`` says where from.

    ``rejected`` are sets of the file that could not be read: whoever screens against the catalogue does not see them.
    """

    source: str
    objects: tuple[CatalogueObject, ...]
    rejected: tuple[RejectedSet, ...] = ()

    def __len__(self) -> int:
        return len(self.objects)

    def without(self, norad_ids: Collection[int]) -> Catalogue:
        """The catalogue less some objects, as one's own satellites."""
        kept = tuple(one for one in self.objects if one.norad_id is None or one.norad_id not in norad_ids)
        return replace(self, objects=kept)


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue in a file of TLEs (two or three lines each) or of OMMs in any form.

    Raises:
        InputError: The file cannot be read, is too large, or holds no element set that can be read.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError("catalogue", f"{path.name} has more than {_LARGEST_BYTES // 1_000_000} MB")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("catalogue", f"{path.name} cannot be read: {error}") from error
    return parse_catalogue(text, path.name)


def parse_catalogue(text: str, source: str) -> Catalogue:
    """The same from the text of a file.

    A damaged TLE is left out and listed; a damaged OMM file is refused whole, as its errors are of the file's form. Of an
    object that occurs more than once the newest elements count.

    Raises:
        InputError: There is no element set that can be read; :class:`core.mission.OmmError` for a damaged OMM.
    """
    lines = text.splitlines()
    if any(_is_first(line) for line in lines):
        read = list(_tles(lines))
    else:
        read = [CatalogueObject(one.object_name, one.norad_id, one.elements) for one in parse_omm(text)]
    rejected = tuple(one for one in read if isinstance(one, RejectedSet))
    newest: dict[object, CatalogueObject] = {}
    for place, one in enumerate(read):
        if isinstance(one, RejectedSet):
            continue
        key: object = ("unnumbered", place) if one.norad_id is None else one.norad_id
        before = newest.get(key)
        if before is None or one.elements.epoch_utc > before.elements.epoch_utc:
            newest[key] = one
    if not newest:
        reason = f": line {rejected[0].line}: {rejected[0].reason}" if rejected else ""
        raise InputError("catalogue", f"{source} holds no element set that can be read{reason}")
    return Catalogue(source, tuple(newest.values()), rejected)


def _is_first(line: str) -> bool:
    return line.startswith("1 ") and len(line.rstrip()) == _TLE_LENGTH


def _tles(lines: list[str]) -> Iterator[CatalogueObject | RejectedSet]:
    """Every pair of lines 1 and 2, with the line before as the name where it is none of a set."""
    name, index = "", 0
    while index < len(lines):
        line = lines[index]
        if not line.startswith("1 "):
            name, index = line.removeprefix("0 ").strip() if not line.startswith("2 ") else "", index + 1
            continue
        second = lines[index + 1] if index + 1 < len(lines) else ""
        try:
            tle = parse_tle(line.rstrip(), second.rstrip())
            yield CatalogueObject(name or str(tle.norad_id), tle.norad_id, tle.elements)
        except TleError as error:
            yield RejectedSet(index + 1, error.message)
        name, index = "", index + (2 if second.startswith("2 ") else 1)
