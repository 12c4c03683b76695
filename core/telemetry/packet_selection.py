"""Which packets and parameters somebody wants: names with ``*`` for any characters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from core.telemetry.packet_table import APID, ARRIVAL, ERROR, GENERATED, RECEIVED, SEQUENCE, SERVICE, SUBTYPE

__all__ = ["PACKET_COLUMNS", "PacketSelection", "name_pattern"]

PACKET_COLUMNS: Final = (ARRIVAL, GENERATED, RECEIVED, APID, SEQUENCE, SERVICE, SUBTYPE)
_BESIDE: Final = (".raw", ".limit")


@dataclass(frozen=True)
class PacketSelection:
    """Packets of spacecraft and containers, and which of their parameters; empty for all.

    Parameters of packet headers are no telemetry values: they are left out, and told as what identifies a packet.

    Args:
        satellites: Their ids.
        containers: Names or patterns.
        parameters: Names or patterns.
        header: Parameters of packet headers.
    """

    satellites: frozenset[str] = frozenset()
    containers: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    header: frozenset[str] = frozenset()

    @property
    def whole_packets(self) -> bool:
        """Whether packets are wanted as such, also those without a value."""
        return bool(self.containers) and not self.parameters

    def wants_packet(self, satellite: str, container: str) -> bool:
        """Whether packets of a container can be wanted."""
        if self.satellites and satellite not in self.satellites:
            return False
        return not self.containers or self._container.fullmatch(container) is not None

    def wants_parameter(self, name: str) -> bool:
        """Whether a parameter is wanted, wherever it is."""
        return name not in self.header and (not self.parameters or self._parameter.fullmatch(name) is not None)

    def parameters_of(self, columns: Iterable[str]) -> list[str]:
        """The wanted parameters among the columns of a table of packets."""
        return [one for one in columns if ":" not in one and not one.endswith(_BESIDE) and self.wants_parameter(one)]

    def columns_of(self, columns: Iterable[str]) -> list[str]:
        """The columns of a table of packets that are needed; none where it has nothing that is wanted."""
        known = list(columns)
        wanted = self.parameters_of(known)
        if not wanted and not self.whole_packets:
            return []
        beside = {f"{name}{ending}" for name in wanted for ending in _BESIDE}
        chosen = {*wanted, *beside, *PACKET_COLUMNS, ERROR}
        return [one for one in known if one in chosen]

    @cached_property
    def _container(self) -> re.Pattern[str]:
        return name_pattern(self.containers)

    @cached_property
    def _parameter(self) -> re.Pattern[str]:
        return name_pattern(self.parameters)


def name_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """What matches any of some names, in which ``*`` stands for any characters."""
    return re.compile("|".join(".*".join(re.escape(part) for part in one.split("*")) for one in names), re.DOTALL)
