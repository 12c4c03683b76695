"""A small neural network on indicators: trained with torch, evaluated with numpy, kept as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError

__all__ = ["fit_network", "network_values"]

_HIDDEN: Final = 128
_BATCH: Final = 256
_RATE: Final = 2e-3
_DECAY: Final = 1e-2
_DROP: Final = 0.1
_NOISE: Final = 0.1  # standard deviations, added to the inputs in training
_FARTHEST: Final = 6.0  # standard deviations; what lies beyond counts as this
_LAYERS: Final = ("first", "second", "third")


def fit_network(
    indicators: NDArray[np.float32],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    *,
    scale: float,
    epochs: int,
    seed: int,
) -> dict[str, NDArray[Any]]:
    """The arrays of a network that has learned a target.

    Args:
        indicators: Shape (n, k).
        target: Shape (n,); it is divided by ``scale``.
        weight: Of the rows, shape (n,).
    """
    import torch
    from torch import nn

    centre, spread = indicators.mean(axis=0), indicators.std(axis=0) + np.float32(1e-6)
    arrays: dict[str, NDArray[Any]] = {"centre": centre, "spread": spread, "scale": np.array([scale], np.float32)}
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = [nn.Linear(indicators.shape[1], _HIDDEN), nn.Linear(_HIDDEN, _HIDDEN), nn.Linear(_HIDDEN, 1)]
        drop = nn.Dropout(_DROP)
        steps_per_epoch = max(len(target) // _BATCH, 1)
        x = torch.from_numpy(np.clip((indicators - centre) / spread, -_FARTHEST, _FARTHEST))
        y = torch.from_numpy((target / scale).astype(np.float32))
        w = torch.from_numpy((weight / weight.mean()).astype(np.float32))
        parameters = [one for layer in layers for one in layer.parameters()]
        optimiser = torch.optim.AdamW(parameters, lr=_RATE, weight_decay=_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, _RATE, total_steps=epochs * steps_per_epoch, pct_start=0.2
        )
        for _ in range(epochs):
            order = torch.randperm(len(x), generator=random)
            for step in range(steps_per_epoch):
                rows = order[step * _BATCH : (step + 1) * _BATCH]
                hidden = x[rows] + _NOISE * torch.randn(len(rows), x.shape[1], generator=random)
                for layer in layers[:-1]:
                    hidden = drop(nn.functional.silu(layer(hidden)))
                loss = (w[rows] * (layers[-1](hidden)[:, 0] - y[rows]) ** 2).mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
    for name, layer in zip(_LAYERS, layers, strict=True):
        arrays[f"{name}.weight"] = layer.weight.detach().numpy().copy()
        arrays[f"{name}.bias"] = layer.bias.detach().numpy().copy()
    return arrays


def network_values(arrays: Mapping[str, NDArray[Any]], indicators: NDArray[np.float32]) -> NDArray[np.float64]:
    """What a network says, shape (n,).

    Raises:
        InputError: The arrays are not those of such a network on so many indicators.
    """
    expected = {"centre", "spread", "scale", *(f"{name}.{part}" for name in _LAYERS for part in ("weight", "bias"))}
    if set(arrays) != expected or arrays["first.weight"].shape != (_HIDDEN, indicators.shape[1]):
        raise InputError("model.network", f"not the weights of a network on {indicators.shape[1]} indicators")
    hidden = np.clip((indicators - arrays["centre"]) / arrays["spread"], -_FARTHEST, _FARTHEST)
    for name in _LAYERS[:-1]:
        linear = hidden @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"]
        hidden = linear * 0.5 * (1.0 + np.tanh(linear / 2))  # SiLU, without overflow
    found = (hidden @ arrays["third.weight"].T + arrays["third.bias"])[:, 0] * arrays["scale"][0]
    return np.asarray(found, dtype=float)
