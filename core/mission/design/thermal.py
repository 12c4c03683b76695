"""The design of the thermal control: a network of nodes, its couplings, its heaters and its limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from core.mission.parts import Direction, Fraction, Identifier, MissionModel, Name, NotNegative, Positive

__all__ = ["CELSIUS_K", "Conductor", "Exchange", "Face", "Heater", "NodeDesign", "ThermalDesign"]

CELSIUS_K: Final = 273.15  # BIPM, The International System of Units, 9th ed., section 2.3.1

Celsius = Annotated[float, Field(ge=-CELSIUS_K, le=1000.0)]


class Face(MissionModel):
    """An outer surface: fixed to the body, or one of the two sides of the array."""

    normal: Direction | Literal["array_front", "array_back"]
    area_m2: Positive
    absorptivity: Fraction  # of sunlight; with blankets, the effective value
    emissivity: Fraction


class NodeDesign(MissionModel):
    """A part of one temperature; without faces it is internal."""

    id: Identifier
    equipment: Name
    capacity_j_k: Positive
    faces: tuple[Face, ...] = ()
    operating_degc: tuple[Celsius, Celsius]
    qualification_margin_k: NotNegative  # beyond the operating limits, both ways

    @model_validator(mode="after")
    def _limits_do_not_cross(self) -> NodeDesign:
        low, high = self.operating_degc
        if not low < high:
            raise ValueError(f"operating_degc: the lower limit {low:g} degC must be below the upper one {high:g} degC")
        return self

    @property
    def operating_k(self) -> tuple[float, float]:
        """Limits of operation."""
        low, high = self.operating_degc
        return low + CELSIUS_K, high + CELSIUS_K

    @property
    def qualification_k(self) -> tuple[float, float]:
        """Limits that the equipment was qualified to."""
        low, high = self.operating_k
        return low - self.qualification_margin_k, high + self.qualification_margin_k


class Conductor(MissionModel):
    """Conduction between two nodes."""

    between: tuple[Identifier, Identifier]
    conductance_w_k: Positive


class Exchange(MissionModel):
    """Radiation between two nodes."""

    between: tuple[Identifier, Identifier]
    area_m2: Positive  # area times interchange factor (Gilmore, chapter 15: radiation coupling)


class Heater(MissionModel):
    """A heater with its thermostat."""

    id: Identifier
    node: Identifier
    power_w: Positive
    on_below_degc: Celsius
    off_above_degc: Celsius

    @model_validator(mode="after")
    def _has_a_band(self) -> Heater:
        if not self.on_below_degc < self.off_above_degc:
            raise ValueError(
                f"off_above_degc {self.off_above_degc:g} degC must be above on_below_degc {self.on_below_degc:g} degC"
            )
        return self

    @property
    def on_below_k(self) -> float:
        """At or below this the thermostat switches on."""
        return self.on_below_degc + CELSIUS_K

    @property
    def off_above_k(self) -> float:
        """At or above this it switches off."""
        return self.off_above_degc + CELSIUS_K


class ThermalDesign(MissionModel):
    """The network."""

    nodes: tuple[NodeDesign, ...] = Field(min_length=1, max_length=64)
    conductors: tuple[Conductor, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    heaters: tuple[Heater, ...] = Field(default=(), max_length=32)

    @model_validator(mode="after")
    def _joins_hold(self) -> ThermalDesign:
        _once("nodes", [node.id for node in self.nodes])
        _once("heaters", [heater.id for heater in self.heaters])
        for kind, joins in (("conductors", self.conductors), ("exchanges", self.exchanges)):
            for join in joins:
                self.require(join.between, f"{kind} between {join.between[0]} and {join.between[1]}")
                if join.between[0] == join.between[1]:
                    raise ValueError(f"{kind}: node {join.between[0]!r} is joined with itself")
        for heater in self.heaters:
            self.require([heater.node], f"heater {heater.id}")
        if not any(face.emissivity > 0 for node in self.nodes for face in node.faces):
            raise ValueError("nodes: no face radiates, so no heat can leave")
        return self

    @property
    def node_ids(self) -> tuple[str, ...]:
        """Names of the nodes, in the order of every array over nodes."""
        return tuple(node.id for node in self.nodes)

    def index(self, node: str) -> int:
        """Place of a node in arrays over nodes."""
        return self.node_ids.index(node)

    def require(self, nodes: Iterable[str], who: str) -> None:
        """ValueError unless all nodes exist."""
        for node in nodes:
            if node not in self.node_ids:
                raise ValueError(f"{who}: {node!r} is not a thermal node: {list(self.node_ids)}")


def _once(name: str, ids: list[str]) -> None:
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise ValueError(f"{name}: id used twice: {twice}")
