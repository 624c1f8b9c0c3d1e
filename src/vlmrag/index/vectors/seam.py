"""The seam to what finds the nearest vectors: rows (64-bit numbers) and unit vectors, nothing else.

    plain.py      NumpyVectors     one exact matrix product: the double that says what is right
    layered.py    LayeredVectors   FAISS, mapped into memory: a base that stays, and a small tail of what came since
    layer.py      what both are made of: one FAISS index and its rows
    lists.py      the base of a large library: lists around centres, of which a question reads a few

A saved store is a folder of files; who saves remembers their checksums, for FAISS loads a flipped byte without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

GROUP = 2_000
"""Vectors that are held in memory at once where many are read."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of vectors from which on a store is made in another way."""

    half: int = 100_000
    """More are kept in 16-bit numbers: half the bytes, 1.7 times as fast, the same ten nearest (measured)."""
    lists: int = 300_000
    """More are kept in lists, of which a question reads a few: an exact search would take longer than to understand
    the question (10 ms)."""
    recall: float = 0.98
    """Share of the ten nearest of a vector that half of the lists that are read have to hold."""
    tail: int = 1_000
    share: float = 1 / 32
    """A tail of more vectors than both `tail` and this share of the base is merged into the base."""


class VectorStore(Protocol):
    """Finds the vectors with the largest inner product. Rows are unique. Not for writing and searching at once."""

    def __len__(self) -> int: ...

    def add(self, rows: Rows, vectors: Floats) -> None:
        """Add vectors (n, dimension) under rows (n,) that are not in the store; raises `ValueError`."""

    def remove(self, rows: Rows) -> None:
        """Remove rows; those that are not in the store are passed over."""

    def search(self, query: Floats, k: int, among: Rows | None = None) -> tuple[Floats, Rows]:
        """Return scores (m,) and rows (m,), m <= k, best first, of ties the smaller row first.

        `query` is (dimension,); one with NaN finds nothing. `among` leaves only these rows in the race, exactly.
        Raises `ValueError` for a query of another dimension.
        """

    def score(self, query: Floats, rows: Rows) -> Floats:
        """Return the inner products (n,) with rows that are in the store; raises `KeyError` for one that is not."""

    def read(self, rows: Rows) -> Floats:
        """Return the vectors (n, dimension) of rows that are in the store; raises `KeyError` for one that is not."""

    def rows(self) -> Rows:
        """Return all rows, in increasing order."""

    def save(self, path: Path) -> None:
        """Write the folder `path`; a file that is there is replaced or left as it is, so readers keep what they have.

        A kill may leave files of two states: who saves has to know.
        """

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote; raises `IndexDamaged`."""


def check_new(rows: Rows, vectors: Floats, dimension: int) -> None:
    """Raise `ValueError` unless `vectors` are (len(rows), dimension), finite, and their rows all different."""
    if vectors.shape != (len(rows), dimension):
        raise ValueError(f"vectors of shape {vectors.shape} for {len(rows)} rows of dimension {dimension}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector with NaN or infinity")
    if len(np.unique(rows)) < len(rows):
        raise ValueError("a row twice")


def is_searchable(query: Floats, dimension: int) -> bool:
    """Say whether a query holds only numbers; raises `ValueError` when it has another dimension."""
    if query.shape != (dimension,):
        raise ValueError(f"a query of shape {query.shape} for vectors of dimension {dimension}")
    return bool(np.isfinite(query).all())


def order_hits(scores: Floats, rows: Rows, k: int) -> tuple[Floats, Rows]:
    """Return the best `k`: higher score first, of ties the smaller row first."""
    best = np.lexsort((rows, -scores))[: max(k, 0)]
    return scores[best], rows[best]


def no_hits() -> tuple[Floats, Rows]:
    """Return the answer of an empty store."""
    return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)


def find_rows(sorted_rows: Rows, rows: Rows) -> Rows:
    """Return where each of `rows` stands among sorted ones, -1 where it does not."""
    if not len(sorted_rows):
        return np.full(len(rows), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(sorted_rows, rows), len(sorted_rows) - 1)
    return np.where(sorted_rows[at] == rows, at, -1)


def split_rows(rows: Rows) -> Iterator[Rows]:
    """Yield rows, a group at a time."""
    return (rows[start : start + GROUP] for start in range(0, len(rows), GROUP))
