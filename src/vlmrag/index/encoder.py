"""The seam to what turns text into vectors.

    load_encoder("all-MiniLM-L6-v2")     encoders/minilm.py          the bundled model, two ways to one vector
    load_encoder("hashing")              here                        a double for tests: no model, no files
    load_encoder(name or folder)         encoders/sentence_model.py  any model of sentence-transformers on this machine

Making an encoder costs nothing: weights are read when the first text comes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Done = Callable[[int], None]
"""Called with the number of texts that are done so far."""


class Encoder(Protocol):
    """Turns texts into unit vectors whose inner product says how near in meaning they are."""

    @property
    def name(self) -> str:
        """What `load_encoder` takes."""

    @property
    def fingerprint(self) -> str:
        """Hash of the weights: vectors of two encoders can be compared only where this is the same."""

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""

    @property
    def max_pieces(self) -> int:
        """Word pieces of a text that are read, special ones included; the rest is not seen."""

    def encode_passages(self, texts: Sequence[str], done: Done | None = None) -> Floats:
        """Return (n, dimension) unit rows, one per text; raises `EncoderError`."""

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, dimension) unit rows, one per question; raises `EncoderError`."""

    def count_pieces(self, text: str) -> int:
        """Count the word pieces of the whole text, special ones (start, end) included, nothing cut off."""

    def read_share(self, text: str) -> float:
        """Share of the text's own word pieces that the vocabulary knows, 0 to 1; 1 for a text without any."""


def load_encoder(name: str) -> Encoder:
    """Return the encoder called `name`: `all-MiniLM-L6-v2`, `hashing`, a sentence-transformers name, or a folder.

    Raises `EncoderError` when there is no such model on this machine. Opens no network connection.
    """
    if name == HashingEncoder.name:
        return HashingEncoder()
    if name in ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        from vlmrag.index.encoders.minilm import MiniLM

        return MiniLM()
    from vlmrag.index.encoders.sentence_model import SentenceModel

    return SentenceModel(name)


class HashingEncoder:
    """Words hashed into signed buckets (Weinberger et al. (2009), https://arxiv.org/abs/0902.2206): for tests.

    Deterministic on every machine; two texts are near when they share words. Reads every word of every script.
    """

    name = "hashing"
    max_pieces = 256

    def __init__(self, dimension: int = 64) -> None:
        self.dimension = dimension
        self.fingerprint = f"hashing:{dimension}"

    def encode_passages(self, texts: Sequence[str], done: Done | None = None) -> Floats:
        """Return (n, dimension) unit rows; a text without words gets the first axis."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for number, text in enumerate(texts):
            for word in _split(text):
                digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
                sign = 1 if digest[7] & 1 else -1
                rows[number, int.from_bytes(digest[:7], "little") % self.dimension] += sign
            if not rows[number].any():
                rows[number, 0] = 1
            if done:
                done(number + 1)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        """Return (n, dimension) unit rows, as for passages."""
        return self.encode_passages(texts)

    def count_pieces(self, text: str) -> int:
        """Count words and ideographs, and two for start and end."""
        return len(_split(text)) + 2

    def read_share(self, text: str) -> float:
        """Return 1: a hash knows every word."""
        return 1.0


def _split(text: str) -> list[str]:
    """Runs of ASCII letters and digits, and every other letter by itself."""
    return re.findall(r"[a-z0-9]+|[^\W_]", text.casefold())
