"""The exact double of a vector store: one matrix product over everything."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np

from vlmrag.errors import IndexDamaged
from vlmrag.index.files import replace_file
from vlmrag.index.vectors.seam import Floats, Rows, check_new, find_rows, is_searchable, no_hits, order_hits

FILE = "vectors.npz"


class NumpyVectors:
    """See `VectorStore`."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._rows: Rows = np.empty(0, dtype=np.int64)
        self._vectors: Floats = np.empty((0, dimension), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Rows, vectors: Floats) -> None:
        """See `VectorStore`."""
        check_new(rows, vectors, self._dimension)
        if np.isin(rows, self._rows).any():
            raise ValueError("a row twice")
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
        at = find_rows(self._rows, rows)
        if (at < 0).any():
            raise KeyError(f"rows that are not in the store: {rows[at < 0][:5].tolist()}")
        vectors: Floats = self._vectors[at]
        return vectors

    def rows(self) -> Rows:
        """See `VectorStore`."""
        return self._rows.copy()

    def save(self, path: Path) -> None:
        """See `VectorStore`."""
        path.mkdir(exist_ok=True)

        def write(draft: Path) -> None:
            with draft.open("wb") as file:
                np.savez(file, rows=self._rows, vectors=self._vectors)

        replace_file(path / FILE, write)

    @classmethod
    def load(cls, path: Path) -> Self:
        """See `VectorStore`."""
        try:
            with (path / FILE).open("rb") as file, np.load(file) as found:
                store = cls(found["vectors"].shape[1])
                store._rows, store._vectors = found["rows"], found["vectors"]
        except Exception as error:  # numpy and zipfile raise a dozen kinds for a damaged file
            raise IndexDamaged(f"{path} cannot be read: {error}") from error
        return store
