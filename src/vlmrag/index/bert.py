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
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def map_weights(path: Path) -> dict[str, Floats]:
    """Map the 32-bit tensors of a safetensors file into memory, by name, read-only.

    The file is a length (8 bytes, little endian), a JSON header of that length, and the tensors' bytes.
    """
    raw = np.memmap(path, dtype=np.uint8, mode="r")
    length = int(raw[:8].view("<u8")[0])
    header = json.loads(raw[8 : 8 + length].tobytes())
    weights: dict[str, Floats] = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            weights[name] = np.frombuffer(raw[start:end], dtype="<f4").reshape(entry["shape"])
    return weights


class Bert:
    """A BERT encoder with mean pooling, one text at a time: the vector does not depend on the company it keeps."""

    def __init__(self, folder: Path) -> None:
        shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._layers: int = shape["num_hidden_layers"]
        self._heads: int = shape["num_attention_heads"]
        self._epsilon = np.float32(shape["layer_norm_eps"])
        self._weights = map_weights(folder / "model.safetensors")

    def encode(self, pieces: Sequence[int]) -> Floats:
        """Turn the ids of one text's word pieces, special ones included, into a unit vector (dimension,)."""
        table = self._weights
        states = table["embeddings.word_embeddings.weight"][np.asarray(pieces)]
        states = states + table["embeddings.position_embeddings.weight"][: len(pieces)]
        states = states + table["embeddings.token_type_embeddings.weight"][0]
        states = self._normalise(states, "embeddings.LayerNorm")
        for number in range(self._layers):
            states = self._run_layer(states, f"encoder.layer.{number}")
        mean: Floats = states.mean(axis=0, dtype=np.float32)
        return mean / np.linalg.norm(mean)

    def _run_layer(self, states: Floats, at: str) -> Floats:
        attended = self._project(self._attend(states, f"{at}.attention.self"), f"{at}.attention.output.dense")
        states = self._normalise(states + attended, f"{at}.attention.output.LayerNorm")
        hidden = gelu(self._project(states, f"{at}.intermediate.dense"))
        return self._normalise(states + self._project(hidden, f"{at}.output.dense"), f"{at}.output.LayerNorm")

    def _attend(self, states: Floats, at: str) -> Floats:
        """Multi-head self-attention (pieces, dimension) -> same; every piece sees every other."""
        length, dimension = states.shape

        def split(name: str) -> Floats:
            return self._project(states, f"{at}.{name}").reshape(length, self._heads, -1).transpose(1, 0, 2)

        query, key, value = split("query"), split("key"), split("value")
        weight = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(dimension / self._heads))
        weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
        weight /= weight.sum(axis=-1, keepdims=True)
        return np.ascontiguousarray((weight @ value).transpose(1, 0, 2)).reshape(length, dimension)

    def _project(self, states: Floats, at: str) -> Floats:
        # the weights stand on the left so that BLAS reads them as they lie: a question takes 7 ms instead of 12
        projected: Floats = (self._weights[f"{at}.weight"] @ states.T).T + self._weights[f"{at}.bias"]
        return projected

    def _normalise(self, states: Floats, at: str) -> Floats:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + self._epsilon)
        normal: Floats = centred / spread * self._weights[f"{at}.weight"] + self._weights[f"{at}.bias"]
        return normal


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
