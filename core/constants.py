"""Physical constants that several subsystems share, each with its authority."""

from __future__ import annotations

from typing import Final

__all__ = ["AU_M", "EARTH_MU_M3_S2", "SPEED_OF_LIGHT_M_S", "STANDARD_GRAVITY_M_S2"]

EARTH_MU_M3_S2: Final = 3.986_004_418e14  # IERS Conventions 2010, table 1.1
AU_M: Final = 149_597_870_700.0  # IAU 2012 Resolution B2
STANDARD_GRAVITY_M_S2: Final = 9.806_65  # 3rd CGPM (1901)
SPEED_OF_LIGHT_M_S: Final = 299_792_458.0  # exact, SI
