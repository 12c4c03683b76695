"""Makes core/frames/earth_orientation.npz from the IERS file finals.all (IAU 2000).

Usage: ``python -m evals.data.earth_orientation finals.all.iau2000.txt``. The file is published by the IERS Rapid
Service at the United States Naval Observatory; a work of the US Government.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from core.frames.iers import read_finals, write_table

_OUT: Final = Path("core/frames/earth_orientation.npz")


def main(path: Path) -> None:
    """Read, write the compact form, and say what it covers."""
    series = read_finals(path.read_text(encoding="ascii"))
    write_table(series, _OUT)
    print(
        f"{_OUT}: {_OUT.stat().st_size} bytes, MJD {series.first_mjd_utc:.0f} to "
        f"{series.first_mjd_utc + len(series.days) - 1:.0f}, measured to {series.measured_until_mjd_utc:.0f}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
