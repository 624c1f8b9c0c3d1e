"""A vector store in two layers: a base that stays as it is, and a small tail of what came since.

    base.faiss    most of the vectors, mapped; above `Sizes.lists` in lists
    tail.faiss    those that came after it, mapped as well
    about.json    which rows of the base went since, and what was measured when it was made

So a change costs what changed, however much there is. A tail that has grown is merged into a base made anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vlmrag.errors import IndexDamaged
from vlmrag.index.files import replace_file
from vlmrag.index.vectors.layer import Layer
from vlmrag.index.vectors.lists import write_lists
from vlmrag.index.vectors.seam import (
    Floats,
    Rows,
    Sizes,
    check_new,
    find_rows,
    is_searchable,
    no_hits,
    order_hits,
    split_rows,
)

BASE, TAIL, ABOUT = "base.faiss", "tail.faiss", "about.json"
SIZES = Sizes()


class LayeredVectors:
    """FAISS behind the seam; exact up to `Sizes.lists` vectors, and wherever `among` is given."""

    def __init__(self, dimension: int, sizes: Sizes = SIZES, *, half: bool = False) -> None:
        """Make an empty store; `half` keeps 16-bit numbers."""
        self._sizes = sizes
        self._base = Layer.make(dimension, half=half)
        self._tail = Layer.make(dimension, half=half)
        self._stay: NDArray[np.bool_] = np.ones(0, dtype=bool)
        self._measured: Mapping[str, float] = {}
        self._at: Path | None = None
        self._changed = True

    def __len__(self) -> int:
        return int(np.count_nonzero(self._stay)) + len(self._tail)

    @property
    def half(self) -> bool:
        """Whether 16-bit numbers are kept."""
        return self._base.half

    def describe(self) -> dict[str, float]:
        """Return how many `lists` there are, how many are `probed`, and the `recall` that was measured.

        Empty where a search is exact.
        """
        return dict(self._measured)

    def add(self, rows: Rows, vectors: Floats) -> None:
        """See `VectorStore`."""
        check_new(rows, vectors, self._base.dimension)
        if any((places >= 0).any() for places in self._find(rows)):
            raise ValueError("a row twice")
        self._tail.add(np.asarray(rows, dtype=np.int64), vectors)
        self._changed = True

    def remove(self, rows: Rows) -> None:
        """See `VectorStore`."""
        base, tail = self._find(rows)
        self._stay[base[base >= 0]] = False
        stay = np.ones(len(self._tail), dtype=bool)
        stay[tail[tail >= 0]] = False
        self._tail.keep(stay)
        self._changed = True

    def search(self, query: Floats, k: int, among: Rows | None = None) -> tuple[Floats, Rows]:
        """See `VectorStore`."""
        if not is_searchable(query, self._base.dimension) or k <= 0:
            return no_hits()
        able: tuple[NDArray[np.bool_] | None, ...] = (None if self._stay.all() else self._stay, None)
        if among is not None:
            able = tuple(map(mark, self._find(among), map(len, (self._base, self._tail))))
        found = (
            layer.search(query, k, places, exact=among is not None)
            for layer, places in zip((self._base, self._tail), able, strict=True)
        )
        scores, rows = zip(*found, strict=True)
        return order_hits(np.concatenate(scores), np.concatenate(rows), k)

    def score(self, query: Floats, rows: Rows) -> Floats:
        """See `VectorStore`."""
        is_searchable(query, self._base.dimension)
        scores: Floats = self.read(rows) @ query
        return scores

    def read(self, rows: Rows) -> Floats:
        """See `VectorStore`."""
        rows = np.asarray(rows, dtype=np.int64)
        base, tail = self._find(rows)
        if (gone := (base < 0) & (tail < 0)).any():
            raise KeyError(f"rows that are not in the store: {rows[gone][:5].tolist()}")
        vectors = np.empty((len(rows), self._base.dimension), dtype=np.float32)
        vectors[base >= 0] = self._base.read(base[base >= 0])
        vectors[tail >= 0] = self._tail.read(tail[tail >= 0])
        return vectors

    def rows(self) -> Rows:
        """See `VectorStore`."""
        return np.sort(np.concatenate([self._base.rows[self._stay], self._tail.rows]))

    def save(self, path: Path) -> None:
        """See `VectorStore`. The base is left as it is until the tail has grown; nothing is written where all is."""
        strange, moved = self._at != path, len(self._tail) + int(np.count_nonzero(~self._stay))
        if strange or moved > max(self._sizes.tail, self._sizes.share * len(self._base)):
            write_layers(path, self.rows(), self.read, self._base.dimension, self._sizes)
            self._open(path, self._sizes)
        elif self._changed:
            self._tail.save(path / TAIL)
            write_about(path, {"gone": self._base.rows[~self._stay].tolist(), "measured": dict(self._measured)})
            self._changed = False

    @classmethod
    def create(
        cls, path: Path, rows: Rows, read: Callable[[Rows], Floats], dimension: int, sizes: Sizes = SIZES
    ) -> Self:
        """Write a store of sorted rows (n,) into the folder `path` and return it; `read` gives the vectors of rows.

        No more than a group of vectors is held twice, and above `sizes.lists` no more than a sample at all.
        """
        write_layers(path, rows, read, dimension, sizes)
        return cls.load(path, sizes)

    @classmethod
    def load(cls, path: Path, sizes: Sizes = SIZES) -> Self:
        """See `VectorStore`. Files are mapped, in some milliseconds, and processes share their pages."""
        store = cls.__new__(cls)
        store._open(path, sizes)
        return store

    def _open(self, path: Path, sizes: Sizes) -> None:
        self._base, self._tail = Layer.load(path / BASE), Layer.load(path / TAIL)
        about = read_about(path)
        self._stay = ~mark(find_rows(self._base.rows, np.array(about["gone"], dtype=np.int64)), len(self._base))
        self._measured, self._sizes, self._at, self._changed = about["measured"], sizes, path, False

    def _find(self, rows: Rows) -> tuple[Rows, Rows]:
        """The places of rows in base and tail, -1 where they are not."""
        base = find_rows(self._base.rows, rows)
        there = base >= 0
        base[there] = np.where(self._stay[base[there]], base[there], -1)
        return base, find_rows(self._tail.rows, rows)


def write_layers(path: Path, rows: Rows, read: Callable[[Rows], Floats], dimension: int, sizes: Sizes) -> None:
    """Write a base of all rows and an empty tail into the folder `path`; see `LayeredVectors.create`."""
    path.mkdir(parents=True, exist_ok=True)
    half, measured = len(rows) > sizes.half or len(rows) > sizes.lists, {}
    if len(rows) > sizes.lists:
        measured = asdict(write_lists(path / BASE, rows, read, sizes.recall))
    else:
        base = Layer.make(dimension, half=half)
        for group in split_rows(rows):
            base.add(group, read(group))
        base.save(path / BASE)
    Layer.make(dimension, half=half).save(path / TAIL)
    write_about(path, {"gone": [], "measured": measured})


def mark(places: Rows, size: int) -> NDArray[np.bool_]:
    """Return (size,) with true at places; -1 is none."""
    marked = np.zeros(size, dtype=bool)
    marked[places[places >= 0]] = True
    return marked


def write_about(path: Path, about: Mapping[str, Any]) -> None:
    """Write what is to be known of the layers in a folder."""
    replace_file(path / ABOUT, lambda draft: draft.write_text(json.dumps(about) + "\n", "utf-8"))


def read_about(path: Path) -> dict[str, Any]:
    """Return what `write_about` wrote; raises `IndexDamaged`."""
    try:
        about = json.loads((path / ABOUT).read_text("utf-8"))
        return {"gone": list(about["gone"]), "measured": dict(about["measured"])}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexDamaged(f"{path / ABOUT} cannot be read: {error}") from error
