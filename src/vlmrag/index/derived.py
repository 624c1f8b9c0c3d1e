"""What is made from the library for speed: `vectors.faiss` and `keywords/`, each with a stamp beside it.

A stamp says which state of the library the part was made from, and its checksum. It is put aside before the part is
touched and written again when the part is whole, so a kill leaves a part that is known to lag, never a wrong one. A
part that lags or is damaged is put right from the library, by whoever holds the writer's lock; a reader that cannot
have the lock makes the part in memory, out of the state of the library that it keeps.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeGuard

import numpy as np

from vlmrag.errors import IndexBusy, IndexDamaged
from vlmrag.index.files import replace_file
from vlmrag.index.lexical import LexicalIndex, TantivyIndex
from vlmrag.index.lock import WriterLock
from vlmrag.index.rows import read_changes, read_rows, read_vectors, read_words
from vlmrag.index.schema import Meta
from vlmrag.index.store import Library
from vlmrag.index.vectors import HALF_PRECISION_AT, FaissVectors, VectorStore, build_vectors

VECTORS = "vectors.faiss"
KEYWORDS = "keywords"
HASHED_UP_TO = 64_000_000
"""Bytes of a part up to which every reader hashes it (0.04 s). A larger one is believed while its files have the sizes
and times of change that its writer saw; anything that changed a file since then has it hashed again."""
REPLACE_UP_TO = 50_000
"""Chunks up to which a removal makes the keywords anew (four seconds at most): their scores are then those of a fresh
index. Above, tantivy keeps the frequencies of removed chunks until it tidies up."""
GROUP = 2_000
"""Chunks whose words or vectors are held in memory at once."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a derived part was made from."""

    state: str
    """`Meta.state`; empty while the part is being changed."""
    sha256: str
    """Over the part's files."""
    files: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Size in bytes and time of change in ns of each file, by name."""


def load_vectors(folder: Path, meta: Meta) -> VectorStore | None:
    """Return the vectors of this state of the library, or None when the part lags or is damaged."""
    path = folder / VECTORS
    stamp = read_stamp(path)
    if not is_current(stamp, meta) or not is_whole(stamp, [path]):
        return None
    with contextlib.suppress(IndexDamaged):
        store = FaissVectors.load(path)
        if read_stamp(path) == stamp:  # no writer came between the hash and the load
            return store
    return None


def load_keywords(folder: Path, meta: Meta) -> LexicalIndex | None:
    """Return the keywords of this state of the library, or None when the part lags or is damaged."""
    path = folder / KEYWORDS
    stamp = read_stamp(path)
    if not is_current(stamp, meta) or not is_whole(stamp, list_parts(path)):
        return None
    with contextlib.suppress(IndexDamaged):
        index = TantivyIndex(path, create=False)
        if read_stamp(path) == stamp:
            return index
    return None


def make_vectors(library: Library) -> FaissVectors:
    """Make the vectors in memory."""
    rows = read_rows(library)
    parts = (read_vectors(library, group) for group in split_rows(rows))
    return build_vectors(library.read_meta().dimension, len(rows), parts)


def make_keywords(library: Library) -> LexicalIndex:
    """Make the keywords in memory."""
    index = TantivyIndex()
    add_words(index, library, read_rows(library))
    index.commit()
    return index


def refresh(folder: Path, library: Library) -> None:
    """Bring both parts to the library's state; what is there already is left alone. For the lock's holder."""
    meta = library.read_meta()
    if load_vectors(folder, meta) is None:
        refresh_vectors(folder, library, meta)
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


def refresh_vectors(folder: Path, library: Library, meta: Meta) -> None:
    """Add the vectors that those of the former state lack and take out those that went; then write the file whole.

    Vectors of any other state, or of another precision than is kept of so many, are made anew.
    """
    path = folder / VECTORS
    store = change_vectors(path, library, meta)
    write_stamp(path, Stamp("", ""))
    (store or make_vectors(library)).save(path)
    write_stamp(path, make_stamp(meta, [path]))


def change_vectors(path: Path, library: Library, meta: Meta) -> FaissVectors | None:
    """Return the vectors of the former state with the last change made to them, None where that cannot be."""
    stamp = read_stamp(path)
    if not stamp or stamp.state != meta.former or not is_whole(stamp, [path]):
        return None
    with contextlib.suppress(IndexDamaged):
        store = FaissVectors.load(path, mapped=False)
        came, went = read_changes(library)
        store.remove(np.array(went, dtype=np.int64))
        for group in split_rows(came):
            store.add(*read_vectors(library, group))
        if store.half == (len(store) > HALF_PRECISION_AT):
            return store
    return None


def refresh_keywords(folder: Path, library: Library, meta: Meta) -> None:
    """Add the rows that the keywords of the former state lack and take out those that went, in one commit.

    Keywords of any other state, or of none, are made anew: their rows may stand for something else.
    """
    path = folder / KEYWORDS
    stamp = read_stamp(path)
    usable = stamp and stamp.state == meta.former and is_whole(stamp, list_parts(path))
    write_stamp(path, Stamp("", ""))
    if not usable:
        shutil.rmtree(path, ignore_errors=True)
    index = TantivyIndex(path)
    came, went = read_changes(library)
    if usable and went and len(index) <= REPLACE_UP_TO:
        index.clear()
        usable = False
    index.remove(went if usable else ())
    add_words(index, library, came if usable else read_rows(library))
    index.commit()
    write_stamp(path, make_stamp(meta, list_parts(path)))


def add_words(index: LexicalIndex, library: Library, rows: list[int]) -> None:
    """Add the words of chunks by row, a group at a time."""
    for group in split_rows(rows):
        found = dict(read_words(library, group))
        index.add(group, [found[row] for row in group])


def split_rows(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield rows, a group at a time."""
    return (rows[start : start + GROUP] for start in range(0, len(rows), GROUP))


def is_current(stamp: Stamp | None, meta: Meta) -> TypeGuard[Stamp]:
    """Say whether a part was made from just this state."""
    return stamp is not None and stamp.state == meta.state


def is_whole(stamp: Stamp, paths: Sequence[Path]) -> bool:
    """Say whether a part's files are those that were written; large ones are hashed only where they were touched."""
    found = list_states(paths)
    large = sum(size for size, _ in found.values()) > HASHED_UP_TO
    untouched = found == {name: tuple(state) for name, state in stamp.files.items()}
    return (large and untouched) or hash_files(paths) == stamp.sha256


def make_stamp(meta: Meta, paths: Sequence[Path]) -> Stamp:
    """Return the stamp of a part that is whole."""
    return Stamp(meta.state, hash_files(paths), list_states(paths))


def list_states(paths: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """Return size in bytes and time of change in ns of the files that are there, by name."""
    found = {}
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            state = path.stat()
            found[path.name] = (state.st_size, state.st_mtime_ns)
    return found


def list_parts(path: Path) -> list[Path]:
    """Return the files of the keywords, without tantivy's locks and lists of its own."""
    return sorted(file for file in path.glob("[!.]*") if file.is_file())


def hash_files(paths: Iterable[Path]) -> str:
    """Return one sha256 over the names and contents of files; of a missing one, that it is missing."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.name}\n".encode())
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def read_stamp(part: Path) -> Stamp | None:
    """Return the stamp of a part, None where there is none that can be read."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Stamp(**json.loads(stamp_path(part).read_text(encoding="utf-8")))
    return None


def write_stamp(part: Path, stamp: Stamp) -> None:
    """Put a part's stamp in place of the former one, in one step."""
    replace_file(stamp_path(part), lambda draft: draft.write_text(json.dumps(asdict(stamp)) + "\n", "utf-8"))


def stamp_path(part: Path) -> Path:
    """Return where the stamp of a part lies: `vectors.json`, `keywords.json`."""
    return part.with_suffix(".json")
