"""BERT in numpy: one text through the weights of a `model.safetensors`, without torch.

torch needs five seconds to start, which is longer than a researcher waits for an answer; a question has a dozen
word pieces, and numpy reads those in milliseconds. The weights are mapped, not copied.

Devlin et al. (2019), "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
https://arxiv.org/abs/1810.04805. Post-layer-norm encoder, exact GELU (Hendrycks and Gimpel (2016),
https://arxiv.org/abs/1606.08415), mean pooling and unit length (Reimers and Gurevych (2019), "Sentence-BERT",
https://arxiv.org/abs/1908.10084).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vlmrag.index.encoders.transformer import Floats, Layers, map_weights

_ATTENTION = ("query", "key", "value")


class Bert:
    """A BERT encoder with mean pooling, one text at a time: the vector does not depend on the company it keeps."""

    def __init__(self, folder: Path) -> None:
        shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._depth: int = shape["num_hidden_layers"]
        weights = map_weights(folder / "model.safetensors")
        self._layers = Layers(weights, shape["num_attention_heads"], shape["layer_norm_eps"])

    def encode(self, pieces: Sequence[int]) -> Floats:
        """Turn the ids of one text's word pieces, special ones included, into a unit vector (dimension,)."""
        table = self._layers.weights
        states = table["embeddings.word_embeddings.weight"][np.asarray(pieces)]
        states = states + table["embeddings.position_embeddings.weight"][: len(pieces)]
        states = states + table["embeddings.token_type_embeddings.weight"][0]
        states = self._layers.normalise(states, "embeddings.LayerNorm")
        for number in range(self._depth):
            states = self._run_layer(states, f"encoder.layer.{number}")
        mean: Floats = states.mean(axis=0, dtype=np.float32)
        return mean / np.linalg.norm(mean)

    def _run_layer(self, states: Floats, at: str) -> Floats:
        layers = self._layers
        seen = layers.attend(states, f"{at}.attention.self", _ATTENTION)
        attended = layers.project(seen, f"{at}.attention.output.dense")
        states = layers.normalise(states + attended, f"{at}.attention.output.LayerNorm")
        hidden = gelu(layers.project(states, f"{at}.intermediate.dense"))
        return layers.normalise(states + layers.project(hidden, f"{at}.output.dense"), f"{at}.output.LayerNorm")


def gelu(x: Floats) -> Floats:
    """x times the normal distribution function of x, as max(x, 0) - |x| erfc(|x| / sqrt 2) / 2: nothing cancels."""
    size = np.abs(x)
    rest = erfc(size * np.float32(2**-0.5))
    rest *= size
    rest *= np.float32(-0.5)
    rest += np.maximum(x, 0, out=size)
    return rest


def erfc(x: Floats) -> Floats:
    """Complementary error function of x >= 0, to 1.5e-7; in place, since this is where the time goes.

    Abramowitz and Stegun (1964), Handbook of Mathematical Functions, formula 7.1.26.
    """
    t = x * np.float32(0.3275911)
    t += np.float32(1)
    np.reciprocal(t, out=t)
    total = t * np.float32(1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        total += np.float32(coefficient)
        total *= t
    np.multiply(x, x, out=t)
    np.negative(t, out=t)
    total *= np.exp(t, out=t)
    return total
