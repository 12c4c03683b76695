"""Makes core/orbit/numerical/{egm2008,jgm3}.npz: gravity fields in a compact form, from ICGEM files.

Usage: ``python -m evals.data.gravity_fields EGM2008_120.gfc JGM3.gfc``. EGM2008 (Pavlis et al. 2012) is a work of the US
Government; JGM-3 (Tapley et al. 1996) was published for free use. Both are distributed by ICGEM.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np

_OUT: Final = Path("core/orbit/numerical")


def write(source: Path, name: str) -> Path:
    """Writes the C and S of a file, degree by degree and order by order, beside its scale."""
    header: dict[str, str] = {}
    rows = []
    for line in source.read_text(encoding="ascii").splitlines():
        words = line.lower().replace("d", "e").split() if line.startswith("gfc") else line.split()
        if line.startswith("gfc"):
            rows.append([float(word) for word in words[1:5]])
        elif len(words) == 2:
            header[words[0]] = words[1]
    degree = int(header["max_degree"])
    c, s = np.zeros((degree + 1) * (degree + 2) // 2), np.zeros((degree + 1) * (degree + 2) // 2)
    for n, m, cosine, sine in rows:
        place = int(n) * (int(n) + 1) // 2 + int(m)
        c[place], s[place] = cosine, sine
    out = _OUT / f"{name}.npz"
    scale = [float(header[key].lower().replace("d", "e")) for key in ("earth_gravity_constant", "radius")]
    np.savez_compressed(out, mu_m3_s2=scale[0], radius_m=scale[1], degree=degree, c=c, s=s)
    return out


if __name__ == "__main__":
    for path, name in zip(sys.argv[1:], ("egm2008", "jgm3"), strict=True):
        print(write(Path(path), name))
