"""What planners ask a scheduler for: images, downlinks, burns, calibrations, maintenance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from core.plan.activity import PlanPart, PointingMode
from core.plan.maintenance import Work

__all__ = ["BurnRequest", "DownlinkRequest", "HoldRequest", "ImagingRequest", "MaintenanceRequest", "ScheduleRequest"]

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]
Priority = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Duration = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class _Request(PlanPart):
    name: Name
    priority: Priority = 1.0
    earliest: AwareDatetime | None = None
    latest_end: AwareDatetime | None = None


class ImagingRequest(_Request):
    """An image of a place by any of some satellites (all where none is named), by daylight."""

    type: Literal["imaging"] = "imaging"
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    height_m: Annotated[float, Field(ge=-500, le=9000)] = 0.0
    duration_s: Duration = 8.0
    max_off_nadir_deg: Annotated[float, Field(gt=0, le=60)] | None = None
    satellites: tuple[str, ...] = ()


class DownlinkRequest(_Request):
    """Payload data of one satellite brought down over any of some stations (all with X-band where none is named)."""

    type: Literal["downlink"] = "downlink"
    satellite: str
    volume_bytes: Annotated[int, Field(gt=0)]
    stations: tuple[str, ...] = ()


class BurnRequest(_Request):
    """A burn along the velocity or against it, anywhere in a window."""

    type: Literal["burn"] = "burn"
    satellite: str
    delta_v_m_s: Annotated[float, Field(allow_inf_nan=False)]
    purpose: Literal["orbit_raise", "orbit_lower", "station_keeping"] = "station_keeping"


class HoldRequest(_Request):
    """An attitude held for a while."""

    type: Literal["hold"] = "hold"
    satellite: str
    duration_s: Duration
    pointing: PointingMode = PointingMode.NADIR


class MaintenanceRequest(_Request):
    """A calibration or maintenance of one satellite, in the attitude and the light that the work needs."""

    type: Literal["maintenance"] = "maintenance"
    satellite: str
    work: Work
    duration_s: Duration | None = None  # what the work usually takes where None


ScheduleRequest = Annotated[
    ImagingRequest | DownlinkRequest | BurnRequest | HoldRequest | MaintenanceRequest, Field(discriminator="type")
]
