"""Trains the encoder on nominal flights, and writes it as ONNX."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.spacecraft_inputs import CONTEXT_SIZE, SENSORS, Rows
from ml.anomaly.spacecraft_network import SpacecraftNetwork
from ml.anomaly.spacecraft_windows import WINDOW_INPUTS, Scale, lagged, usable
from ml.models.progress import Progress

__all__ = ["EncoderRecipe", "check_exporter", "encoder_onnx", "train_encoder"]

_HIDDEN_SHARE: Final = 0.5  # of windows in training, from which some sensors are hidden
_MOST_HIDDEN: Final = 4


@dataclass(frozen=True)
class EncoderRecipe:
    """How the encoder is made.

    Args:
        width, layers, heads: Of the network.
        epochs, batch, rate: Of the training.
    """

    width: int = 48
    layers: int = 1
    heads: int = 4
    epochs: int = 7
    batch: int = 256
    rate: float = 3e-3


def train_encoder(
    flights: Sequence[Rows], recipe: EncoderRecipe, seed: int, progress: Progress
) -> tuple[SpacecraftNetwork, Scale]:
    """The network and the scale of its inputs, from nominal rows, flight by flight."""
    scale = Scale.of([one.values for one in flights])
    scaled = np.concatenate([scale(one.values) for one in flights])
    context = np.concatenate([one.context for one in flights]).astype(np.float32)
    places = np.flatnonzero(np.concatenate([usable(one) for one in flights]))
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    network = SpacecraftNetwork(scale.step, recipe.width, recipe.layers, recipe.heads)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=1e-4)
    steps = recipe.epochs * (len(places) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=max(steps, 2), pct_start=0.1)
    step, told = 0, 0.0
    for epoch in range(recipe.epochs):
        order = chance.permutation(places)
        for first in range(0, len(order) - recipe.batch + 1, recipe.batch):
            at = order[first : first + recipe.batch]
            target = scaled[at]
            windows = _hidden(lagged(scaled, scale.step, at), chance)
            loss = _loss(network, windows, context[at], target)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            step, told = step + 1, 0.98 * told + 0.02 * float(loss.detach())
            if step % 50 == 0:
                progress(step / steps, f"epoch {epoch + 1} of {recipe.epochs}, loss {told:.3f}")
    return network.eval(), scale


def check_exporter() -> None:
    """Say before hours of training that the encoder could not be written.

    Raises:
        InputError: The exporter's packages are not installed.
    """
    if missing := [one for one in ("onnx", "onnxscript") if find_spec(one) is None]:
        raise InputError(
            "train", f"{' and '.join(missing)} are needed to write the encoder: pip install 'llamaspace[train]'"
        )


def encoder_onnx(network: SpacecraftNetwork) -> bytes:
    """The network as an ONNX file that takes any number of windows.

    Raises:
        InputError: The exporter's packages are not installed.
    """
    check_exporter()
    count = torch.export.Dim("windows", min=1, max=1 << 16)
    example = (torch.zeros(4, len(SENSORS), WINDOW_INPUTS), torch.zeros(4, CONTEXT_SIZE))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        program = torch.onnx.export(
            network,
            example,
            input_names=["windows", "context"],
            output_names=["expected", "log_spread"],
            dynamic_shapes=({0: count}, {0: count}),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    octets: bytes = program.model_proto.SerializeToString()
    return octets


def _loss(
    network: SpacecraftNetwork,
    windows: NDArray[np.float32],
    context: NDArray[np.float32],
    target: NDArray[np.float32],
) -> torch.Tensor:
    """Negative log-likelihood under a law with the tails of an exponential: rare states must not rule the training."""
    expected, log_spread = network(torch.from_numpy(windows), torch.from_numpy(context))
    there = torch.from_numpy(np.isfinite(target)).unsqueeze(1).expand_as(expected)
    truth = torch.from_numpy(np.nan_to_num(target)).unsqueeze(1)
    away = (truth - expected) * torch.exp(-log_spread)
    each = log_spread + math.sqrt(2.0) * (torch.sqrt(1.0 + away * away) - 1.0)
    mean: torch.Tensor = each[there].mean()
    return mean


def _hidden(windows: NDArray[np.float32], chance: np.random.Generator) -> NDArray[np.float32]:
    """Windows of which some lack sensors, so that the network can do without them."""
    count, sensors = windows.shape[:2]
    wanted = np.where(chance.random(count) < _HIDDEN_SHARE, chance.integers(1, _MOST_HIDDEN + 1, count), 0)
    ranks = chance.random((count, sensors)).argsort(axis=1)
    windows[ranks < wanted[:, None]] = 0.0
    return windows
