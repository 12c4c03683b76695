"""What an orbit comprehensive message writes in its blocks: moments, numbers in SI, element sets and their units."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.mission.odm.blocks import Block
from core.mission.odm.epochs import parse_epoch
from core.mission.odm.errors import OdmError
from core.mission.odm.items import Item
from core.mission.odm.ocm_keywords import Keywords
from core.mission.odm.references import TimeSystem
from core.mission.odm.units import unit_of

__all__ = [
    "ELEMENT_UNITS",
    "ElementSet",
    "Moment",
    "OcmClock",
    "OcmFields",
    "fields_of",
    "listed",
    "scale_of",
    "units_of",
]

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class ElementSet(StrEnum):
    """What the numbers of a trajectory or covariance row are (SANA registry of orbital elements)."""

    ADBARV = "ADBARV"
    CARTP = "CARTP"
    CARTPV = "CARTPV"
    CARTPVA = "CARTPVA"
    DELAUNAY = "DELAUNAY"
    DELAUNAYMOD = "DELAUNAYMOD"
    EIGVAL3EIGVEC3 = "EIGVAL3EIGVEC3"
    EQUINOCTIAL = "EQUINOCTIAL"
    EQUINOCTIALMOD = "EQUINOCTIALMOD"
    GEODETIC = "GEODETIC"
    KEPLERIAN = "KEPLERIAN"
    KEPLERIANMEAN = "KEPLERIANMEAN"
    LDBARV = "LDBARV"
    ONSTATION = "ONSTATION"
    POINCARE = "POINCARE"


def _units(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# The registry's units, which a message may repeat but not change.
ELEMENT_UNITS: Final[Mapping[ElementSet, tuple[str, ...]]] = {
    ElementSet.ADBARV: _units("deg deg deg deg km km/s"),
    ElementSet.CARTP: _units("km km km"),
    ElementSet.CARTPV: _units("km km km km/s km/s km/s"),
    ElementSet.CARTPVA: _units("km km km km/s km/s km/s km/s**2 km/s**2 km/s**2"),
    ElementSet.DELAUNAY: _units("km**2/s km**2/s km**2/s deg deg deg"),
    ElementSet.DELAUNAYMOD: _units("√km √km √km deg deg deg"),
    ElementSet.EIGVAL3EIGVEC3: _units("km km km" + 9 * " n/a"),
    ElementSet.EQUINOCTIAL: _units("km n/a n/a deg n/a n/a n/a"),
    ElementSet.EQUINOCTIALMOD: _units("km n/a n/a deg n/a n/a n/a"),
    ElementSet.GEODETIC: _units("deg deg deg deg km km/s"),
    ElementSet.KEPLERIAN: _units("km n/a deg deg deg deg"),
    ElementSet.KEPLERIANMEAN: _units("km n/a deg deg deg deg"),
    ElementSet.LDBARV: _units("deg deg deg deg km km/s"),
    ElementSet.ONSTATION: _units("km n/a n/a n/a n/a deg"),
    ElementSet.POINCARE: _units("deg km/√s km/√s km**2/s km/√s km/√s"),
}
_ROOTS: Final = {"√km": math.sqrt(1000.0), "km/√s": 1000.0}


def scale_of(unit: str) -> float:
    """What a number in a unit of ours has to be multiplied with to be in SI and radians."""
    found = unit_of(unit)
    return found.scale if found is not None else _ROOTS[unit]


def listed(written: str) -> list[str]:
    """The entries of a list such as ``[km, km/s]`` or ``MOON, SUN``."""
    inner = written.strip().removeprefix("[").removesuffix("]")
    return [one.strip() for one in inner.split(",")] if inner.strip() else []


def units_of(block: Block, keyword: str, expected: Iterable[str]) -> None:
    """Check the units that a message gives for its rows.

    Raises:
        OdmError: There are more or fewer than the rows have numbers, or one is not the standard's.
    """
    written = block.optional(keyword)
    if written is None:
        return
    given, wanted = listed(written), list(expected)
    if len(given) != len(wanted):
        raise OdmError(keyword, f"{len(given)} units for rows of {len(wanted)} numbers", block.line(keyword))
    for one, unit in zip(given, wanted, strict=True):
        if unit_of(one) != unit_of(unit) or (unit in _ROOTS and one != unit):
            raise OdmError(keyword, f"{one!r} stands where the standard has {unit}", block.line(keyword))


@dataclass(frozen=True)
class Moment:
    """A time as it is written: of the calendar, or in seconds from the message's epoch ``EPOCH_TZERO``.

    ``t_tai_s`` are TAI seconds since J2000, None where the time system cannot be converted without further data;
    ``since_tzero_s`` is None where then the calendar is used.
    """

    written: str
    t_tai_s: float | None
    since_tzero_s: float | None


@dataclass(frozen=True)
class OcmClock:
    """How a message counts time."""

    system: TimeSystem
    tzero: Moment

    @classmethod
    def of(cls, metadata: Block, system: TimeSystem) -> OcmClock:
        """The clock of a message's metadata."""
        name = "EPOCH_TZERO"
        epoch, t_tai_s = parse_epoch(metadata.text(name), system, name, metadata.line(name))
        return cls(system, Moment(epoch, t_tai_s, 0.0))

    def read(self, text: str, keyword: str, line: int | None) -> Moment:
        """A time of the calendar or relative to ``EPOCH_TZERO``.

        Raises:
            OdmError: It is neither, or no such day or time exists.
        """
        text, start = text.strip(), self.tzero.t_tai_s
        if _NUMBER.fullmatch(text):
            since_s = float(text)
            if not abs(since_s) < 1e12:
                raise OdmError(keyword, f"{text[:40]} s from EPOCH_TZERO is out of range", line)
            return Moment(text, None if start is None else start + since_s, since_s)
        epoch, t_tai_s = parse_epoch(text, self.system, keyword, line)
        return Moment(epoch, t_tai_s, None if t_tai_s is None or start is None else t_tai_s - start)


@dataclass(frozen=True)
class OcmFields:
    """What a block says beside its rows, by the standard's keywords and in the order of the message.

    Numbers are in SI and radians, percentages are ratios; fluxes stay in SFU and geomagnetic indices as they are written.
    """

    values: Mapping[str, str | float | Moment] = field(default_factory=dict)

    def text(self, keyword: str) -> str | None:
        """A text, or None where the message has none."""
        found = self.values.get(keyword)
        return found if isinstance(found, str) else None

    def number(self, keyword: str) -> float | None:
        """A number, or None where the message has none."""
        found = self.values.get(keyword)
        return found if isinstance(found, float) else None

    def moment(self, keyword: str) -> Moment | None:
        """A time, or None where the message has none."""
        found = self.values.get(keyword)
        return found if isinstance(found, Moment) else None


def fields_of(block: Block, keywords: Keywords, clock: OcmClock) -> OcmFields:
    """Everything that a block says.

    Raises:
        OdmError: A number is none or its unit measures something else, or a time does not exist.
    """
    return OcmFields({item.keyword: _value(block, item, keywords, clock) for item in block.items() if _says(item)})


def _says(item: Item) -> bool:
    return bool(item.value or item.written)


def _value(block: Block, item: Item, keywords: Keywords, clock: OcmClock) -> str | float | Moment:
    if item.keyword in keywords.numbers:
        return block.number(item.keyword)
    if item.keyword in keywords.times:
        return clock.read(item.value, item.keyword, item.line)
    return block.text(item.keyword)
