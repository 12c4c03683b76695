"""Which station is reached where and how: a YAML file beside the mission file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InputError
from core.mission.model import Mission

__all__ = ["StationEndpoint", "TransferKind", "load_stations"]


class TransferKind(StrEnum):
    """How a station is spoken to."""

    TCP = "tcp"  # plain units and frames
    UDP = "udp"  # one a datagram
    BOUND = "bound"  # numbered and answered, after the operations of SLE


class StationEndpoint(BaseModel):
    """One station's address; ``listen_port`` is for UDP, ``initiator`` and ``heartbeat_s`` for the bound transfer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    station: Annotated[str, Field(min_length=1, max_length=64)]
    kind: TransferKind
    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)]
    listen_port: Annotated[int, Field(ge=0, le=65535)] = 0
    initiator: Annotated[str, Field(min_length=1, max_length=64)] = "llamaspace"
    heartbeat_s: Annotated[float, Field(gt=0, le=600)] = 10.0


class _StationsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    stations: Annotated[tuple[StationEndpoint, ...], Field(min_length=1)]


def load_stations(path: Path, mission: Mission) -> tuple[StationEndpoint, ...]:
    """The stations in a file.

    Raises:
        InputError: Not readable, a field is wrong, a station is not the mission's or is there twice.
    """
    try:
        found = _StationsFile.model_validate(yaml.safe_load(path.read_text())).stations
    except (OSError, yaml.YAMLError) as error:
        raise InputError("stations", f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(one) for one in first["loc"])
        raise InputError(field or "stations", f"{first['msg']} ({path})") from error
    known = [one.id for one in mission.stations]
    names = [one.station for one in found]
    for number, name in enumerate(names):
        if name not in known:
            raise InputError(f"stations.{number}.station", f"{name!r} is not one of {known}")
        if names.index(name) != number:
            raise InputError(f"stations.{number}.station", f"{name!r} is there twice")
    return found
