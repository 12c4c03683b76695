"""Makes core/orbit/numerical/fes2004.npz: the ocean tide's changes of the gravity field, in a compact form.

Usage: ``python -m evals.data.ocean_tides fes2004_Cnm-Snm-8x8.dat``. The file is the table of the IERS Conventions 2010
(section 6.3.2: FES2004, Lyard et al. 2006) up to degree and order 8, as Orekit carries it among its test resources
(Apache-2.0). Degree 1, which moves the centre of mass, is left out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np

_OUT: Final = Path("core/orbit/numerical/fes2004.npz")
_UNIT: Final = 1e-11  # of the file
_COLUMNS: Final = 8


def write(source: Path) -> Path:
    """Writes the multipliers of Doodson's arguments of each wave, and the coefficients with the number of their wave."""
    waves: dict[str, list[int]] = {}
    rows = []
    for line in source.read_text(encoding="ascii").splitlines():
        words = line.split()
        if len(words) != _COLUMNS or not words[0].replace(".", "").isdigit():
            continue
        number, _, degree, order, *coefficients = words
        digits = number.replace(".", "").rjust(6, "0")
        waves.setdefault(number, [int(digits[0]), *(int(digit) - 5 for digit in digits[1:])])
        values = [_UNIT * float(one) for one in coefficients]
        if int(degree) >= 2 and any(values):
            rows.append([list(waves).index(number), int(degree), int(order), *values])
    np.savez_compressed(_OUT, doodson=np.array(list(waves.values()), dtype=np.int8), rows=np.array(rows))
    return _OUT


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
