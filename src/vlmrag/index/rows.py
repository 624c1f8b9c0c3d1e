"""What vectors and keywords are made from: the rows of the library, their words and vectors, and what changed last."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from vlmrag.errors import IndexDamaged
from vlmrag.index.schema import REPAIR
from vlmrag.index.store import Library

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


def read_rows(library: Library) -> list[int]:
    """Return all row numbers, in increasing order."""
    return [row for (row,) in library.query('SELECT "row" FROM chunks ORDER BY "row"')]


def read_changes(library: Library) -> tuple[list[int], list[int]]:
    """Return the rows that came with the last change and those that went, in increasing order."""
    query = 'SELECT "row" FROM changes WHERE gone = ? ORDER BY "row"'
    came, went = ([row for (row,) in library.query(query, gone)] for gone in (0, 1))
    return came, went


def read_owners(library: Library) -> list[tuple[int, str]]:
    """Return row and document id of every chunk, by document."""
    return library.query('SELECT "row", document FROM chunks ORDER BY document, "row"')


def read_words(library: Library, rows: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
    """Yield the words of chunks, by row."""
    query = 'SELECT "row", words FROM chunks WHERE "row" IN (SELECT value FROM json_each(?)) ORDER BY "row"'
    for row, words in library.query(query, json.dumps(list(rows))):
        yield row, words.split(" ")


def read_vectors(library: Library, rows: Iterable[int] | None = None) -> tuple[Rows, Floats]:
    """Return rows (n,), all or these, in increasing order, and their vectors (n, dimension); raises `IndexDamaged`."""
    meta = library.read_meta()
    query = 'SELECT "row", vector FROM chunks LEFT JOIN vectors ON vectors.passage = chunks.passage AND encoder = ?'
    among = [] if rows is None else [json.dumps(list(rows))]
    where = ' WHERE "row" IN (SELECT value FROM json_each(?))' if among else ""
    found = library.query(f'{query}{where} ORDER BY "row"', meta.weights, *among)
    if any(vector is None or len(vector) != 4 * meta.dimension for _, vector in found):
        raise IndexDamaged(f"{library.path}: a passage has no vector. {REPAIR}")
    numbers = np.fromiter((row for row, _ in found), dtype=np.int64, count=len(found))
    vectors = np.frombuffer(b"".join(vector for _, vector in found), dtype="<f4").reshape(-1, meta.dimension)
    return numbers, vectors
