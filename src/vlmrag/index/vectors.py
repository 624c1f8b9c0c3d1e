"""The seam to what finds the nearest vectors: rows (64-bit numbers) and unit vectors, nothing else.

FaissVectors   exact inner products by FAISS, mapped into memory by readers (Douze et al. (2024), "The Faiss library",
               https://arxiv.org/abs/2401.08281)
NumpyVectors   the same by one matrix product: the double that says what is right

A saved store is one file; who saves remembers its checksum, since FAISS loads a flipped byte without a word.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from vlmrag.errors import IndexDamaged
from vlmrag.index.files import replace_file

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

HALF_PRECISION_AT = 100_000
"""Vectors from which 16-bit numbers are kept: half the bytes, 1.7 times as fast, the same ten nearest (measured)."""


class VectorStore(Protocol):
    """Finds the vectors with the largest inner product. Rows are unique. Not for writing and searching at once."""

    def __len__(self) -> int: ...

    def add(self, rows: Rows, vectors: Floats) -> None:
        """Add vectors (n, dimension) under rows (n,) that are not in the store; raises `ValueError`."""

    def remove(self, rows: Rows) -> None:
        """Remove rows; those that are not in the store are passed over."""

    def search(self, query: Floats, k: int, among: Rows | None = None) -> tuple[Floats, Rows]:
        """Return scores (m,) and rows (m,), m <= k, best first, of ties the smaller row first.

        `query` is (dimension,); one with NaN finds nothing. `among` leaves only these rows in the race.
        Raises `ValueError` for a query of another dimension.
        """

    def score(self, query: Floats, rows: Rows) -> Floats:
        """Return the inner products (n,) with rows that are in the store; raises `KeyError` for one that is not."""

    def read(self, rows: Rows) -> Floats:
        """Return the vectors (n, dimension) of rows that are in the store; raises `KeyError` for one that is not."""

    def rows(self) -> Rows:
        """Return all rows, in increasing order."""

    def save(self, path: Path) -> None:
        """Write one file: whole, or the one that was there before. Safe beside readers of the one before."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote; raises `IndexDamaged`."""


class NumpyVectors:
    """The exact double: one matrix product over everything."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._rows: Rows = np.empty(0, dtype=np.int64)
        self._vectors: Floats = np.empty((0, dimension), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Rows, vectors: Floats) -> None:
        """See `VectorStore`."""
        check_new(rows, vectors, self._dimension, self._rows)
        joined = np.concatenate([self._rows, rows])
        order = np.argsort(joined)
        self._rows, self._vectors = joined[order], np.concatenate([self._vectors, vectors])[order]

    def remove(self, rows: Rows) -> None:
        """See `VectorStore`."""
        stay = ~np.isin(self._rows, rows)
        self._rows, self._vectors = self._rows[stay], self._vectors[stay]

    def search(self, query: Floats, k: int, among: Rows | None = None) -> tuple[Floats, Rows]:
        """See `VectorStore`."""
        if not is_searchable(query, self._dimension):
            return no_hits()
        able = np.ones(len(self._rows), dtype=bool) if among is None else np.isin(self._rows, among)
        return order_hits((self._vectors @ query)[able], self._rows[able], k)

    def score(self, query: Floats, rows: Rows) -> Floats:
        """See `VectorStore`."""
        is_searchable(query, self._dimension)
        scores: Floats = self.read(rows) @ query
        return scores

    def read(self, rows: Rows) -> Floats:
        """See `VectorStore`."""
        if not np.isin(rows, self._rows).all():
            raise KeyError(f"rows that are not in the store: {np.setdiff1d(rows, self._rows)[:5].tolist()}")
        vectors: Floats = self._vectors[np.searchsorted(self._rows, rows)]
        return vectors

    def rows(self) -> Rows:
        """See `VectorStore`."""
        return self._rows.copy()

    def save(self, path: Path) -> None:
        """See `VectorStore`."""

        def write(draft: Path) -> None:
            with draft.open("wb") as file:
                np.savez(file, rows=self._rows, vectors=self._vectors)

        replace_file(path, write)

    @classmethod
    def load(cls, path: Path) -> Self:
        """See `VectorStore`."""
        try:
            with path.open("rb") as file, np.load(file) as found:
                store = cls(found["vectors"].shape[1])
                store._rows, store._vectors = found["rows"], found["vectors"]
        except Exception as error:  # numpy and zipfile raise a dozen kinds for a damaged file
            raise IndexDamaged(f"{path} cannot be read: {error}") from error
        return store


class FaissVectors:
    """FAISS behind the seam: flat, exact; from `HALF_PRECISION_AT` vectors in 16-bit numbers."""

    def __init__(self, dimension: int, *, half: bool = False) -> None:
        """Make an empty store; `half` keeps 16-bit numbers."""
        faiss = import_faiss()
        product = faiss.METRIC_INNER_PRODUCT
        flat = (
            faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, product)
            if half
            else faiss.IndexFlatIP(dimension)
        )
        self._faiss = faiss
        self._index = faiss.IndexIDMap2(flat)
        self._mapped = False

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, rows: Rows, vectors: Floats) -> None:
        """See `VectorStore`."""
        held = self._faiss.vector_to_array(self._index.id_map)
        later = not len(held) or not len(rows) or rows.min() > held.max()  # a large library grows at its end
        check_new(rows, vectors, self._index.d, held[:0] if later else held)
        self._copy_if_mapped()
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.asarray(rows, dtype=np.int64))

    def remove(self, rows: Rows) -> None:
        """See `VectorStore`."""
        self._copy_if_mapped()
        self._index.remove_ids(np.asarray(rows, dtype=np.int64))

    def search(self, query: Floats, k: int, among: Rows | None = None) -> tuple[Floats, Rows]:
        """See `VectorStore`."""
        if not is_searchable(query, self._index.d) or k <= 0:
            return no_hits()
        chosen = None if among is None else self._faiss.IDSelectorBatch(np.asarray(among, dtype=np.int64))
        limit = len(self) if among is None else min(len(self), len(among))
        fetch = min(limit, k + 16)
        while fetch:
            parameters = None if chosen is None else self._faiss.SearchParameters(sel=chosen)
            found = self._index.search(np.ascontiguousarray(query[None], dtype=np.float32), fetch, params=parameters)
            scores, rows = found[0][0], found[1][0]
            if fetch == limit or scores[-1] < scores[k - 1] or rows[-1] < 0:
                real = rows >= 0  # FAISS pads with row -1
                return order_hits(scores[real], rows[real], k)
            fetch = min(limit, 4 * fetch)  # a tie runs over the edge: which rows win must not be left to FAISS
        return no_hits()

    def score(self, query: Floats, rows: Rows) -> Floats:
        """See `VectorStore`."""
        is_searchable(query, self._index.d)
        scores: Floats = self.read(rows) @ query
        return scores

    def read(self, rows: Rows) -> Floats:
        """See `VectorStore`."""
        rows = np.asarray(rows, dtype=np.int64)
        if not len(rows):
            return np.empty((0, self._index.d), dtype=np.float32)
        try:
            vectors: Floats = self._index.reconstruct_batch(rows)
        except RuntimeError as error:
            gone = np.setdiff1d(rows, self.rows())
            raise KeyError(f"rows that are not in the store: {gone[:5].tolist()}") from error
        return vectors

    def rows(self) -> Rows:
        """See `VectorStore`."""
        found: Rows = np.sort(self._faiss.vector_to_array(self._index.id_map))
        return found

    def save(self, path: Path) -> None:
        """See `VectorStore`."""
        replace_file(path, lambda draft: self._faiss.write_index(self._index, str(draft)))

    @classmethod
    def load(cls, path: Path, *, mapped: bool = True) -> Self:
        """See `VectorStore`. The file is mapped, 0.2 ms, and processes share its pages; to change it, read it."""
        faiss = import_faiss()
        store = cls.__new__(cls)
        try:
            store._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if mapped else 0)
        except RuntimeError as error:
            raise IndexDamaged(f"{path} cannot be read by FAISS") from error
        if not isinstance(store._index, faiss.IndexIDMap2):
            raise IndexDamaged(f"{path} holds {type(store._index).__name__}, not IndexIDMap2")
        store._faiss, store._mapped = faiss, mapped
        return store

    @property
    def half(self) -> bool:
        """Whether 16-bit numbers are kept."""
        return isinstance(self._faiss.downcast_index(self._index.index), self._faiss.IndexScalarQuantizer)

    def _copy_if_mapped(self) -> None:
        """Take a mapped store into memory: FAISS dies of SIGSEGV when a mapped one is changed."""
        if self._mapped:
            self._index = self._faiss.deserialize_index(self._faiss.serialize_index(self._index))
            self._mapped = False


def build_vectors(dimension: int, total: int, parts: Iterable[tuple[Rows, Floats]]) -> FaissVectors:
    """Return a FAISS store of `total` vectors, in full precision up to `HALF_PRECISION_AT`.

    They come in parts, rows (n,) and vectors (n, dimension), so that no more than one part is held twice.
    """
    store = FaissVectors(dimension, half=total > HALF_PRECISION_AT)
    for rows, vectors in parts:
        store.add(rows, vectors)
    return store


def import_faiss() -> Any:
    """Import FAISS (0.15 s) when it is first needed, without what SWIG has to say about new Pythons."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import faiss
    return faiss


def check_new(rows: Rows, vectors: Floats, dimension: int, present: Rows) -> None:
    """Raise `ValueError` unless `vectors` are (len(rows), dimension), finite, and their rows new and all different."""
    if vectors.shape != (len(rows), dimension):
        raise ValueError(f"vectors of shape {vectors.shape} for {len(rows)} rows of dimension {dimension}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector with NaN or infinity")
    if len(np.unique(rows)) < len(rows) or np.isin(rows, present).any():
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
