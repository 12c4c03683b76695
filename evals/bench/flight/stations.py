"""Stations of the searches that are timed: nothing but a place and a mask."""

from __future__ import annotations

from collections.abc import Sequence

from core.mission.model import GroundStation

__all__ = ["plain_stations"]


def plain_stations(places_deg: Sequence[tuple[float, float]], mask_deg: float) -> list[GroundStation]:
    """Stations on the ellipsoid at latitudes and longitudes, with one elevation mask."""
    return [
        GroundStation(
            id=f"station-{number}",
            name=f"Station {number}",
            latitude_deg=latitude_deg,
            longitude_deg=longitude_deg,
            height_m=0.0,
            minimum_elevation_deg=mask_deg,
            setup_s=0.0,
            bands=("S",),
            source="benchmark",
        )
        for number, (latitude_deg, longitude_deg) in enumerate(places_deg)
    ]
