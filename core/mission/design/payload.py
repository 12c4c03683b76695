"""The design of the payload and its radio links."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.mission.parts import MissionModel, NotNegative, Positive
from core.units import to_rad

__all__ = ["Antenna", "Imager"]

Decibel = Annotated[float, Field(ge=-100, le=200)]


class Imager(MissionModel):
    """The payload camera."""

    data_rate_bit_s: Positive
    maximum_off_nadir_deg: Annotated[float, Field(gt=0, le=60)]

    @property
    def maximum_off_nadir_rad(self) -> float:
        """Largest angle between the boresight and nadir."""
        return to_rad(self.maximum_off_nadir_deg)


class Antenna(MissionModel):
    """Radio links of the spacecraft.

    The losses of the X-band are all but free space's: atmosphere, polarisation, pointing, implementation; the required
    bit energy over noise density already holds what coding gains.
    """

    x_band_downlink_bit_s: Positive
    x_band_frequency_hz: Positive
    x_band_eirp_dbw: Decibel
    x_band_losses_db: NotNegative
    x_band_required_eb_n0_db: Decibel
    link_margin_db: NotNegative  # that a planned link keeps
    s_band_uplink_bit_s: Positive
    s_band_downlink_bit_s: Positive
