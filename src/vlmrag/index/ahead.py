"""Vectors that are computed ahead of the change that needs them, and kept batch by batch: a kill does not lose them.

They are kept under the hash of the text they stand for: what stays the same, comes twice or was embedded before a
Ctrl-C is not embedded again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from vlmrag.errors import EncoderError
from vlmrag.index.encoder import Encoder
from vlmrag.index.store import Library

BATCH = 256
"""Passages that are embedded between two moments at which their vectors are kept."""
CROWD = 4_096
"""Passages that are held in memory to be sorted by length. They come in the order of the library, not as files happen
to be read: where an encoder multiplies in 16 bits, the last digits of a vector depend on its company in a batch."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is computed for a generation that is to come."""

    library: Library
    encoder: Encoder
    generation: int
    since: int
    """Generation from which on vectors that are there are believed."""

    def embed(self, passages: Iterable[str], tell: Callable[[int], None]) -> int:
        """Compute the vectors that are not there yet; return how many. `tell` hears how many passages are done."""
        left = iter(passages)
        embedded = seen = 0
        while crowd := list(islice(left, CROWD)):
            seen += len(crowd)
            embedded += self._embed_crowd({hash_passage(text): text for text in crowd}, seen, tell)
        return embedded

    def _embed_crowd(self, texts: Mapping[str, str], seen: int, tell: Callable[[int], None]) -> int:
        """Compute those of the passages, by hash, that have no vector; return how many."""
        encoder = self.encoder
        there = self.library.find_vectors(texts, encoder.fingerprint, since=self.since)
        missing = sorted(texts.keys() - there, key=lambda passage: (-len(texts[passage]), passage))
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]

            def count(done: int, before: int = seen - len(missing) + start) -> None:
                tell(before + done)

            vectors = encoder.encode_passages([texts[passage] for passage in batch], count)
            if not np.isfinite(vectors).all():
                raise EncoderError(f"The encoder {encoder.name} gave a vector that is no number. Use another one.")
            self.library.save_vectors(batch, vectors, encoder.fingerprint, self.generation)
        return len(missing)


def hash_passage(text: str) -> str:
    """Return the name of a passage's text: the same text, the same vector."""
    return hashlib.sha256(text.encode()).hexdigest()
