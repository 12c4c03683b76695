"""Units as messages write them, to SI: ``km/s``, ``m**2``, ``km²·s⁻¹``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Unit", "unit_of"]

# Powers of metre, kilogram, second and radian.
Dimension = tuple[int, int, int, int]
_NONE: Final[Dimension] = (0, 0, 0, 0)
_BASE: Final[dict[str, tuple[float, Dimension]]] = {
    "m": (1.0, (1, 0, 0, 0)),
    "km": (1000.0, (1, 0, 0, 0)),
    "kg": (1.0, (0, 1, 0, 0)),
    "s": (1.0, (0, 0, 1, 0)),
    "min": (60.0, (0, 0, 1, 0)),
    "h": (3600.0, (0, 0, 1, 0)),
    "d": (86_400.0, (0, 0, 1, 0)),
    "day": (86_400.0, (0, 0, 1, 0)),
    "deg": (math.pi / 180.0, (0, 0, 0, 1)),
    "°": (math.pi / 180.0, (0, 0, 0, 1)),
    "rad": (1.0, (0, 0, 0, 1)),
    "n": (1.0, (1, 1, -2, 0)),
    "%": (0.01, _NONE),
    "#/yr": (1.0 / (365.25 * 86_400.0), (0, 0, -1, 0)),
    # Space weather keeps its customary units; the dimensions only tell them from others and from each other.
    "sfu": (1.0, (0, 1, -2, 0)),
    "nt": (1.0, (0, 1, -2, 1)),
    "": (1.0, _NONE),
    "1": (1.0, _NONE),
    "n/a": (1.0, _NONE),
}
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER: Final = re.compile(r"([a-z°]+|1)(?:(?:\*\*|\^)\(?(-?\d)\)?)?")


@dataclass(frozen=True)
class Unit:
    """What a written number has to be multiplied with to be in SI and radians, and what it measures."""

    scale: float
    dimension: Dimension

    def measures_like(self, other: Unit) -> bool:
        """Whether both are units of the same quantity."""
        return self.dimension == other.dimension


def unit_of(text: str) -> Unit | None:
    """The unit that a text names; None when it names none that we know."""
    written = re.sub(r"([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: "**" + found[1].translate(_SUPERSCRIPTS), text.strip())
    written = written.lower().replace("×", "·").replace(" ", "")
    if written in _BASE:
        return Unit(*_BASE[written])
    scale, dimension = 1.0, _NONE
    for place, part in enumerate(written.split("/")):
        for factor in re.split(r"·|(?<!\*)\*(?!\*)|\.", part):
            found = _POWER.fullmatch(factor)
            if found is None or found[1] not in _BASE:
                return None
            power = int(found[2] or 1) * (1 if place == 0 else -1)
            base_scale, base = _BASE[found[1]]
            scale *= base_scale**power
            dimension = tuple(have + power * one for have, one in zip(dimension, base, strict=True))  # type: ignore[assignment]
    return Unit(scale, dimension)
