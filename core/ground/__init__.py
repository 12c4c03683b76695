"""Ground stations: the links to them, and the spacecraft simulator behind one."""

from core.ground.errors import GroundLinkDown, GroundMessageMalformed, StationRefused
from core.ground.link import GroundLink, TcpGroundLink
from core.ground.messages import ContactStatus, TmDelivery
from core.ground.process import SimulatorProcess
from core.ground.station_config import StationEndpoint, TransferKind, load_stations
from core.ground.station_links import StationLinks

__all__ = [
    "ContactStatus",
    "GroundLink",
    "GroundLinkDown",
    "GroundMessageMalformed",
    "SimulatorProcess",
    "StationEndpoint",
    "StationLinks",
    "StationRefused",
    "TcpGroundLink",
    "TmDelivery",
    "TransferKind",
    "load_stations",
]
