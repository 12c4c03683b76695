"""The encoder that predicts every sensor from the others: attention across sensors, time mixed within each. Training only.

Each sensor is predicted twice: from the other sensors alone (what drifts away from them shows), and with its own past as well
(what jumps shows). Queries attend to what sensors were measured, never to each other, and never to their own sensor; so no
present value reaches its own prediction, whatever the depth.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml.anomaly.spacecraft_inputs import CONTEXT_SIZE, SENSORS
from ml.anomaly.spacecraft_windows import BEFORE, PRESENT, THERE, WINDOW_INPUTS

__all__ = ["SpacecraftNetwork"]

_INPUTS: Final = WINDOW_INPUTS
_CONTEXT_TOKENS: Final = 4
_LEAST_SPREAD: Final = 1e-3  # of how a sensor usually varies: telemetry is not told more finely
_LEAST_STEP: Final = 0.05  # of how much it usually changes


class SpacecraftNetwork(nn.Module):
    """Windows in, predictions of their present out.

    Args:
        step: Of the scale of its inputs.
        width: Of a token.
        layers, heads: Of the attention.
    """

    def __init__(self, step: NDArray[np.float64], width: int = 48, layers: int = 1, heads: int = 4) -> None:
        super().__init__()
        sensors = len(SENSORS)
        self.width, self.heads = width, heads
        self.measured = nn.Parameter(torch.randn(sensors, _INPUTS, width) / math.sqrt(_INPUTS))
        self.measured_bias = nn.Parameter(0.1 * torch.randn(sensors, width))
        self.mix = nn.Sequential(nn.GELU(), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.context = nn.Sequential(
            nn.Linear(CONTEXT_SIZE, 2 * width), nn.GELU(), nn.Linear(2 * width, _CONTEXT_TOKENS * width)
        )
        self.conditions = nn.Linear(_CONTEXT_TOKENS * width, width)
        self.who = nn.Parameter(torch.randn(2 * sensors, width))
        self.own_past = nn.Parameter(torch.randn(sensors, _INPUTS, width) / math.sqrt(_INPUTS))
        self.attentions = nn.ModuleList(
            _Attention(width, heads, 2 * sensors, sensors + _CONTEXT_TOKENS) for _ in range(layers)
        )
        self.forwards = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
            for _ in range(layers)
        )
        self.last = nn.LayerNorm(width)
        self.readout = nn.Parameter(torch.randn(2 * sensors, width, 2) / math.sqrt(width))
        self.readout_bias = nn.Parameter(torch.zeros(2 * sensors, 1, 2))
        barred = torch.eye(sensors, dtype=torch.bool).repeat(2, 1)
        self.barred: Tensor
        self.past: Tensor
        self.unit: Tensor
        self.least: Tensor
        self.register_buffer("barred", torch.cat([barred, torch.zeros(2 * sensors, _CONTEXT_TOKENS).bool()], dim=1))
        past = torch.ones(_INPUTS)
        past[list(PRESENT)] = 0.0
        self.register_buffer("past", past)
        unit = torch.stack([torch.ones(sensors), torch.from_numpy(step).float()])
        self.register_buffer("unit", unit)
        least = torch.log(torch.tensor([[_LEAST_SPREAD], [_LEAST_STEP]]) * unit)
        self.register_buffer("least", least)

    def forward(self, windows: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Predictions and the logarithm of their spreads, both (windows, 2, sensors), in the windows' scale.

        Args:
            windows: As ``lagged`` makes them.
            context: Shape (windows, CONTEXT_SIZE).
        """
        count, sensors = windows.shape[0], windows.shape[1]
        by_sensor = windows.transpose(0, 1)  # (sensors, windows, inputs)
        linear = torch.bmm(by_sensor, self.measured).transpose(0, 1) + self.measured_bias
        tokens = linear + self.mix(linear)
        around = self.context(context)
        tokens = torch.cat([tokens, around.reshape(count, _CONTEXT_TOKENS, self.width)], dim=1)
        own = torch.bmm(by_sensor * self.past, self.own_past).transpose(0, 1)
        queries = torch.cat([torch.zeros_like(own), own], dim=1) + self.who + self.conditions(around).unsqueeze(1)
        # A sensor without any value in its window has nothing to say.
        silent = windows[:, :, THERE:].sum(dim=2) < 0.5
        silent = torch.cat([silent, torch.zeros(count, _CONTEXT_TOKENS, dtype=torch.bool)], dim=1)
        closed = (self.barred.unsqueeze(0) | silent.unsqueeze(1)).to(windows.dtype) * -1e4
        for attention, forward in zip(self.attentions, self.forwards, strict=True):
            queries = queries + attention(queries, tokens, closed)
            queries = queries + forward(queries)
        found = torch.bmm(self.last(queries).transpose(0, 1), self.readout) + self.readout_bias
        found = found.transpose(0, 1).reshape(count, 2, sensors, 2)
        before = windows[:, :, BEFORE]  # to which the second kind adds a change
        base = torch.stack([torch.zeros_like(before), before], dim=1)
        raw = found[..., 1] + torch.log(self.unit)
        log_spread = torch.nn.functional.softplus(raw - self.least) + self.least
        return base + found[..., 0] * self.unit, log_spread


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int, queries: int, tokens: int) -> None:
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        # Whom a sensor listens to is known from training; what is measured now only shifts it.
        self.usual = nn.Parameter(torch.randn(heads, queries, tokens))

    def forward(self, queries: Tensor, tokens: Tensor, closed: Tensor) -> Tensor:
        q, k, v = self.query(self.before(queries)), self.key(tokens), self.value(tokens)
        size = q.shape[2] // self.heads
        parts = []
        for head in range(self.heads):
            at = slice(head * size, (head + 1) * size)
            weights = torch.softmax(
                q[:, :, at] @ k[:, :, at].transpose(1, 2) / math.sqrt(size) + self.usual[head] + closed, dim=2
            )
            parts.append(weights @ v[:, :, at])
        made: Tensor = self.out(torch.cat(parts, dim=2))
        return made
