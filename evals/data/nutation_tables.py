"""Makes native/src/nutation_2000a.inc and native/src/cio_locator_06.hpp from published tables.

Usage: ``python -m evals.data.nutation_tables NUTATION.npz TAB5.2D.TXT``. The first is skyfield's
``data/nutation.npz`` (MIT), the numbers of IAU 2000A (Mathews, Herring and Buffett 2002); the second is table 5.2d of
the IERS Conventions 2010.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

import numpy as np

_OUT: Final = Path("native/src")


def _nutation(path: Path) -> str:
    with np.load(path) as data:
        lunisolar = np.hstack(
            [data["nals_t"], data["lunisolar_longitude_coefficients"], data["lunisolar_obliquity_coefficients"]]
        )
        planetary = np.hstack(
            [data["napl_t"], data["nutation_coefficients_longitude"], data["nutation_coefficients_obliquity"]]
        )
    rows = {"lunisolar": lunisolar, "planetary": planetary}
    for table in rows.values():
        if np.any(table != np.rint(table)):
            raise SystemExit("a coefficient is not a whole number of 0.1 microarcseconds")
    text = [
        "// The 678 luni-solar and 687 planetary terms of nutation IAU 2000A, in 0.1 microarcseconds.",
        "// Source: Mathews, Herring and Buffett, J. Geophys. Res. 107 (2002), B4; the numbers as skyfield (MIT) tabulates",
        "// them. Made by evals/data/nutation_tables.py.",
        "#pragma once",
        "",
        "#include <cstdint>",
        "",
        "namespace llamaspace {",
        "",
        "struct LunisolarTerm {",
        "    std::int8_t l, lp, f, d, om;                 // multiples of the Delaunay arguments",
        "    std::int32_t psi_sin, psi_sin_t, psi_cos;    // longitude",
        "    std::int32_t eps_cos, eps_cos_t, eps_sin;    // obliquity",
        "};",
        "",
        "struct PlanetaryTerm {",
        "    std::int8_t multiples[14]; // l, l', F, D, Om, Mercury to Neptune, general precession",
        "    std::int32_t psi_sin, psi_cos, eps_sin, eps_cos;",
        "};",
        "",
        "inline constexpr LunisolarTerm lunisolar_2000a[678] = {",
        *("    {" + ", ".join(str(int(x)) for x in row) + "}," for row in lunisolar),
        "};",
        "",
        "inline constexpr PlanetaryTerm planetary_2000a[687] = {",
        *(
            "    {{"
            + ", ".join(str(int(x)) for x in row[:14])
            + "}, "
            + ", ".join(str(int(x)) for x in row[14:])
            + "},"
            for row in planetary
        ),
        "};",
        "",
        "} // namespace llamaspace",
    ]
    return "\n".join(text) + "\n"


def _locator(path: Path) -> str:
    power, terms = 0, []
    for line in path.read_text(encoding="ascii").splitlines():
        heading = re.match(r"\s*j = (\d)", line)
        if heading:
            power = int(heading.group(1))
        fields = line.split()
        if len(fields) == 17 and fields[0].isdigit():
            terms.append((power, fields[1], fields[2], fields[3:]))
    if len(terms) != 66:
        raise SystemExit(f"{len(terms)} terms; the table has 66")
    text = [
        "// The 66 periodic terms of s + XY/2, which places the celestial intermediate origin, in microarcseconds.",
        "// Source: IERS Conventions 2010, table 5.2d. Made by evals/data/nutation_tables.py.",
        "#pragma once",
        "",
        "#include <cstdint>",
        "",
        "namespace llamaspace {",
        "",
        "struct LocatorTerm {",
        "    int power; // of Julian centuries",
        "    double sine, cosine;",
        "    std::int8_t multiples[14]; // l, l', F, D, Om, Mercury to Neptune, general precession",
        "};",
        "",
        "inline constexpr LocatorTerm locator_06[66] = {",
        *(f"    {{{p}, {s}, {c}, {{{', '.join(m)}}}}}," for p, s, c, m in terms),
        "};",
        "",
        "} // namespace llamaspace",
    ]
    return "\n".join(text) + "\n"


def main(nutation: Path, locator: Path) -> None:
    """Write both tables."""
    (_OUT / "nutation_2000a.inc").write_text(_nutation(nutation), encoding="ascii")
    (_OUT / "cio_locator_06.hpp").write_text(_locator(locator), encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
