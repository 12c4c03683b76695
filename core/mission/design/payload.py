"""The design of the payload and its radio links."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.mission.parts import MissionModel, Positive
from core.units import to_rad

__all__ = ["Antenna", "Imager"]


class Imager(MissionModel):
    """The payload camera."""

    data_rate_bit_s: Positive
    maximum_off_nadir_deg: Annotated[float, Field(gt=0, le=60)]

    @property
    def maximum_off_nadir_rad(self) -> float:
        """Largest angle between the boresight and nadir."""
        return to_rad(self.maximum_off_nadir_deg)


class Antenna(MissionModel):
    """Radio links of the spacecraft."""

    x_band_downlink_bit_s: Positive
    s_band_uplink_bit_s: Positive
    s_band_downlink_bit_s: Positive
