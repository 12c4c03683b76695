"""Ground stations: the link to them, and the spacecraft simulator behind it."""

from core.ground.errors import GroundLinkDown, GroundMessageMalformed
from core.ground.link import GroundLink, TcpGroundLink
from core.ground.messages import ContactStatus, TmDelivery
from core.ground.process import SimulatorProcess

__all__ = [
    "ContactStatus",
    "GroundLink",
    "GroundLinkDown",
    "GroundMessageMalformed",
    "SimulatorProcess",
    "TcpGroundLink",
    "TmDelivery",
]
