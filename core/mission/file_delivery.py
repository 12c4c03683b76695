"""How files go up to and come down from the spacecraft of a mission (CFDP, CCSDS 727.0-B-5)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from core.mission.parts import MissionModel

__all__ = ["FileDelivery"]

_BEYOND_SPACECRAFT: Final = 2000  # CCSDS spacecraft ids, which are entities and APIDs too, end at 1023


class FileDelivery(MissionModel):
    """Ids and sizes of file delivery; a spacecraft's entity id is its CCSDS spacecraft id.

    Args:
        entity_id: The control centre's.
        apid: Of the packets that carry units of CFDP, in both directions.
        up_segment_octets: Octets of a file in one unit to the spacecraft; a unit has to fit one TC frame.
        down_segment_octets: The same from the spacecraft.
        onboard_store_bytes: The share of the mass memory that holds files.
        classes: Command class of an upload by the beginning of its destination's name; the longest that fits counts.
            Vital where none does.
    """

    entity_id: Annotated[int, Field(ge=0, le=0xFFFF)] = _BEYOND_SPACECRAFT
    apid: Annotated[int, Field(ge=1, le=2046)] = _BEYOND_SPACECRAFT
    up_segment_octets: Annotated[int, Field(ge=16, le=900)] = 200
    down_segment_octets: Annotated[int, Field(ge=16, le=8192)] = 900
    onboard_store_bytes: Annotated[int, Field(ge=1)] = 64_000_000
    classes: dict[
        Annotated[str, Field(min_length=1, max_length=255)], Literal["routine", "vital", "critical", "hazardous"]
    ] = Field(default_factory=dict)
