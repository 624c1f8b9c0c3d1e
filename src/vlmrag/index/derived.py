"""What is made from the library for speed: `vectors/` and `keywords/`, each with a stamp beside it.

A stamp says which state of the library the part was made from, and the checksum of each of its files. It is put aside
before the part is touched and written again when the part is whole, so a kill leaves a part that is known to lag, never
a wrong one. A part that lags or is damaged is put right from the library, by whoever holds the writer's lock; a reader
that cannot have the lock makes the part in memory, out of the state of the library that it keeps.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vlmrag.errors import IndexBusy, IndexDamaged
from vlmrag.index.lexical import LexicalIndex, TantivyIndex
from vlmrag.index.lock import WriterLock
from vlmrag.index.rows import read_changes, read_rows, read_vectors, read_words
from vlmrag.index.schema import Meta
from vlmrag.index.stamps import Stamp, is_current, is_whole, make_stamp, read_stamp, write_stamp
from vlmrag.index.store import Library
from vlmrag.index.vectors.layered import SIZES, LayeredVectors
from vlmrag.index.vectors.seam import Floats, Rows, Sizes, VectorStore, split_rows

VECTORS = "vectors"
KEYWORDS = "keywords"
REPLACE_UP_TO = 50_000
"""Chunks up to which a removal makes the keywords anew (four seconds at most): their scores are then those of a fresh
index. Above, tantivy keeps the frequencies of removed chunks until it tidies up."""
GROUP = 2_000
"""Chunks whose words are held in memory at once."""


def load_vectors(folder: Path, meta: Meta, sizes: Sizes = SIZES) -> VectorStore | None:
    """Return the vectors of this state of the library, or None when the part lags or is damaged."""
    path = folder / VECTORS
    stamp = read_stamp(path)
    if not is_current(stamp, meta) or not is_whole(stamp, path):
        return None
    with contextlib.suppress(IndexDamaged):
        store = LayeredVectors.load(path, sizes)
        if read_stamp(path) == stamp:  # no writer came between the hash and the load
            return store
    return None


def load_keywords(folder: Path, meta: Meta) -> LexicalIndex | None:
    """Return the keywords of this state of the library, or None when the part lags or is damaged."""
    path = folder / KEYWORDS
    stamp = read_stamp(path)
    if not is_current(stamp, meta) or not is_whole(stamp, path):
        return None
    with contextlib.suppress(IndexDamaged):
        index = TantivyIndex(path, create=False)
        if read_stamp(path) == stamp:
            return index
    return None


def read_measured(folder: Path) -> dict[str, Any]:
    """Return what was measured when the vectors were written, empty where a search is exact: see `LayeredVectors`."""
    stamp = read_stamp(folder / VECTORS)
    return dict(stamp.measured) if stamp else {}


def make_vectors(library: Library) -> LayeredVectors:
    """Make the vectors in memory, for an exact search."""
    rows = np.array(read_rows(library), dtype=np.int64)
    store = LayeredVectors(library.read_meta().dimension, half=len(rows) > SIZES.half)
    for group in split_rows(rows):
        store.add(*read_vectors(library, group.tolist()))
    return store


def make_keywords(library: Library) -> LexicalIndex:
    """Make the keywords in memory."""
    index = TantivyIndex()
    add_words(index, library, read_rows(library))
    index.commit()
    return index


def refresh(folder: Path, library: Library, sizes: Sizes = SIZES) -> None:
    """Bring both parts to the library's state; what is there already is left alone. For the lock's holder."""
    meta = library.read_meta()
    if load_vectors(folder, meta) is None:
        refresh_vectors(folder, library, meta, sizes)
    if load_keywords(folder, meta) is None:
        refresh_keywords(folder, library, meta)


def repair(folder: Path) -> bool:
    """Bring both parts to the present state if nobody is writing; return whether that was possible."""
    try:
        with WriterLock(folder), contextlib.closing(Library(folder)) as library:
            refresh(folder, library)
    except (IndexBusy, OSError):
        return False
    return True


def refresh_vectors(folder: Path, library: Library, meta: Meta, sizes: Sizes = SIZES) -> None:
    """Add the vectors that those of the former state lack and take out those that went; what stays is not written.

    Vectors of any other state are made anew, and those in 16 bits where so few are left that 32 are kept.
    """
    path = folder / VECTORS
    former = read_stamp(path)
    store = change_vectors(path, library, meta, sizes)
    write_stamp(path, Stamp("", {}))
    if store is None:
        shutil.rmtree(path, ignore_errors=True)
        store = create_vectors(path, library, sizes)
    else:
        store.save(path)
    write_stamp(path, make_stamp(meta, path, former, store.describe()))


def create_vectors(path: Path, library: Library, sizes: Sizes) -> LayeredVectors:
    """Make the vectors in the folder `path`, from nothing but the library."""

    def read(rows: Rows) -> Floats:
        return read_vectors(library, rows.tolist())[1]

    rows = np.array(read_rows(library), dtype=np.int64)
    return LayeredVectors.create(path, rows, read, library.read_meta().dimension, sizes)


def change_vectors(path: Path, library: Library, meta: Meta, sizes: Sizes) -> LayeredVectors | None:
    """Return the vectors of the former state with the last change made to them, None where that cannot be."""
    stamp = read_stamp(path)
    if not stamp or stamp.state != meta.former or not is_whole(stamp, path):
        return None
    with contextlib.suppress(IndexDamaged):
        store = LayeredVectors.load(path, sizes)
        came, went = (np.array(rows, dtype=np.int64) for rows in read_changes(library))
        if len(went):
            store.remove(went)
        for group in split_rows(came):
            store.add(*read_vectors(library, group.tolist()))
        if len(store) > sizes.half or not store.half:
            return store
    return None


def refresh_keywords(folder: Path, library: Library, meta: Meta) -> None:
    """Add the rows that the keywords of the former state lack and take out those that went, in one commit.

    Keywords of any other state, or of none, are made anew: their rows may stand for something else.
    """
    path = folder / KEYWORDS
    stamp = read_stamp(path)
    usable = stamp is not None and stamp.state == meta.former and is_whole(stamp, path)
    came, went = read_changes(library)
    if not usable or came or went:
        write_stamp(path, Stamp("", {}))
        change_keywords(path, library, came, went, usable=usable)
    write_stamp(path, make_stamp(meta, path, stamp))


def change_keywords(path: Path, library: Library, came: list[int], went: list[int], *, usable: bool) -> None:
    """Write the keywords in the folder `path` after a change; what is there is put away unless it is `usable`."""
    if not usable:
        shutil.rmtree(path, ignore_errors=True)
    index = TantivyIndex(path)
    if usable and went and len(index) <= REPLACE_UP_TO:
        index.clear()
        usable = False
    index.remove(went if usable else ())
    add_words(index, library, came if usable else read_rows(library))
    index.commit()


def split_numbers(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield rows, a group at a time."""
    return (rows[start : start + GROUP] for start in range(0, len(rows), GROUP))


def add_words(index: LexicalIndex, library: Library, rows: list[int]) -> None:
    """Add the words of chunks by row, a group at a time."""
    for group in split_numbers(rows):
        found = dict(read_words(library, group))
        index.add(group, [found[row] for row in group])
