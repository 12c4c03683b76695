"""How far temperatures stay from their limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mission.design import ThermalDesign

__all__ = ["NodeMargin", "node_margins"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class NodeMargin:
    """Distance of one node from its limits; negative beyond them.

    Attributes:
        node: Name of the node.
        coldest_k: Lowest temperature.
        hottest_k: Highest temperature.
        operating_k: Least distance to an operating limit.
        qualification_k: Least distance to a qualification limit.
    """

    node: str
    coldest_k: float
    hottest_k: float
    operating_k: float
    qualification_k: float


def node_margins(design: ThermalDesign, temp_min_k: FloatArray, temp_max_k: FloatArray) -> tuple[NodeMargin, ...]:
    """Margins of every node, in the order of ``design.nodes``.

    Args:
        design: The network with its limits.
        temp_min_k: Lowest temperatures, shape (nodes,).
        temp_max_k: Highest temperatures, shape (nodes,).
    Raises:
        InputError: A shape is not that of the nodes, or a temperature is not finite.
    """
    for name, values in (("temp_min_k", temp_min_k), ("temp_max_k", temp_max_k)):
        if values.shape != (len(design.nodes),) or not np.isfinite(values).all():
            raise InputError(name, f"{len(design.nodes)} finite temperatures are needed, one per node")

    def margin(limits_k: tuple[float, float], cold_k: float, hot_k: float) -> float:
        return min(cold_k - limits_k[0], limits_k[1] - hot_k)

    return tuple(
        NodeMargin(
            node.id,
            cold_k,
            hot_k,
            margin(node.operating_k, cold_k, hot_k),
            margin(node.qualification_k, cold_k, hot_k),
        )
        for node, cold_k, hot_k in zip(design.nodes, temp_min_k.tolist(), temp_max_k.tolist(), strict=True)
    )
