"""Vectors in one FAISS index, in the order of their rows: one after the other, or in lists.

Douze et al. (2024), "The Faiss library", https://arxiv.org/abs/2401.08281. What FAISS numbers are the places of vectors
here; the rows stand beside them in one sorted array, so that a row is found without a table of all of them in memory.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vlmrag.errors import IndexDamaged
from vlmrag.index.files import replace_file
from vlmrag.index.vectors.seam import Floats, Rows, no_hits, order_hits


class Layer:
    """Some of the vectors of a store."""

    def __init__(self, whole: Any, *, mapped: bool = False) -> None:
        """Take an `IndexIDMap` of FAISS whose rows are sorted; a `mapped` one is never changed: FAISS dies of it."""
        self._faiss = import_faiss()
        self._whole = whole
        self._mapped = mapped
        self._open()

    def _open(self) -> None:
        self.rows: Rows = self._faiss.vector_to_array(self._whole.id_map)
        self._inner = self._faiss.downcast_index(self._whole.index)
        in_lists = isinstance(self._inner, self._faiss.IndexIVF)
        self.lists: int = self._inner.nlist if in_lists else 0
        """Lists that the vectors are in, 0 where they lie one after the other."""
        self.probed: int = self._inner.nprobe if in_lists else 0
        """Lists that a search reads."""

    @classmethod
    def make(cls, dimension: int, *, half: bool) -> Self:
        """Make an empty layer without lists; `half` keeps 16-bit numbers."""
        faiss = import_faiss()
        product = faiss.METRIC_INNER_PRODUCT
        return cls(
            faiss.IndexIDMap(
                faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, product)
                if half
                else faiss.IndexFlatIP(dimension)
            )
        )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return int(self._inner.d)

    @property
    def half(self) -> bool:
        """Whether 16-bit numbers are kept."""
        return bool(self.lists) or isinstance(self._inner, self._faiss.IndexScalarQuantizer)

    def add(self, rows: Rows, vectors: Floats) -> None:
        """Add vectors (n, dimension) under rows (n,) that are not here; for a layer without lists."""
        order = np.argsort(rows)
        rows, vectors = rows[order], vectors[order]
        if self._mapped or (len(self) and len(rows) and rows[0] < self.rows[-1]):
            self._replace(np.concatenate([self.rows, rows]), np.concatenate([self.read(np.arange(len(self))), vectors]))
        else:
            self._append(rows, vectors)

    def keep(self, stay: NDArray[np.bool_]) -> None:
        """Keep only the vectors at the places that are true in `stay` (n,); for a layer without lists."""
        if not stay.all():
            self._replace(self.rows[stay], self.read(np.flatnonzero(stay)))

    def read(self, places: Rows) -> Floats:
        """Return the vectors (n, dimension) at places (n,)."""
        if not len(places):
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors: Floats = self._inner.reconstruct_batch(np.asarray(places, dtype=np.int64))
        return vectors

    def search(
        self, query: Floats, k: int, able: NDArray[np.bool_] | None = None, *, exact: bool = False
    ) -> tuple[Floats, Rows]:
        """Return scores and rows of the `k` nearest, best first, of ties the smaller row first.

        Only places that are true in `able` (n,) count. `exact` reads all lists; so does a search that asks for more
        than the lists that are near hold.
        """
        limit = len(self) if able is None else int(np.count_nonzero(able))
        probed = self.lists if exact else self.probed
        fetch = min(limit, k + 16)
        while fetch:
            scores, places = self._ask(query, fetch, able, probed)
            if places[min(k, fetch) - 1] < 0 and probed < self.lists:
                probed = min(self.lists, 4 * probed)
            elif fetch == limit or scores[-1] < scores[k - 1]:
                real = places >= 0  # FAISS pads with -1
                return order_hits(scores[real], self.rows[places[real]], k)
            else:  # a tie runs over the edge: which rows win must not be left to FAISS
                fetch = min(limit, 4 * fetch)
        return no_hits()

    def save(self, path: Path) -> None:
        """Write one file: whole, or the one that was there before."""
        replace_file(path, lambda draft: self._faiss.write_index(self._whole, str(draft)))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map a file into memory, in a millisecond; processes share its pages. Raises `IndexDamaged`."""
        faiss = import_faiss()
        try:
            whole = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise IndexDamaged(f"{path} cannot be read by FAISS") from error
        if not isinstance(whole, faiss.IndexIDMap):
            raise IndexDamaged(f"{path} cannot be read: it holds {type(whole).__name__}, not IndexIDMap")
        return cls(whole, mapped=True)

    def _ask(self, query: Floats, fetch: int, able: NDArray[np.bool_] | None, probed: int) -> tuple[Floats, Rows]:
        faiss = self._faiss
        faiss.omp_set_num_threads(
            1
        )  # of this thread: on a busy machine several wait for each other, five times as long
        chosen = None if able is None else faiss.IDSelectorBitmap(np.packbits(able, bitorder="little"))
        if self.lists:
            parameters = faiss.SearchParametersIVF(nprobe=probed, sel=chosen)
        else:
            parameters = None if chosen is None else faiss.SearchParameters(sel=chosen)
        scores, places = self._inner.search(np.ascontiguousarray(query[None], np.float32), fetch, params=parameters)
        return scores[0], places[0]

    def _append(self, rows: Rows, vectors: Floats) -> None:
        self._whole.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.asarray(rows, dtype=np.int64))
        self.rows = np.concatenate([self.rows, rows])

    def _replace(self, rows: Rows, vectors: Floats) -> None:
        fresh = self.make(self.dimension, half=self.half)
        order = np.argsort(rows)
        fresh._append(rows[order], vectors[order])
        self._whole, self._mapped = fresh._whole, False
        self._open()


def import_faiss() -> Any:
    """Import FAISS (0.15 s) when it is first needed, without what SWIG has to say about new Pythons."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import faiss
    return faiss
