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
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TypeGuard

from vlmrag.errors import IndexBusy, IndexDamaged
from vlmrag.index.files import replace_file
from vlmrag.index.lexical import LexicalIndex, TantivyIndex
from vlmrag.index.lock import WriterLock
from vlmrag.index.schema import Meta
from vlmrag.index.store import Library
from vlmrag.index.vectors import FaissVectors, VectorStore, build_vectors

VECTORS = "vectors.faiss"
KEYWORDS = "keywords"
REPLACE_UP_TO = 50_000
"""Chunks up to which a removal makes the keywords anew (four seconds at most): their scores are then those of a fresh
index. Above, tantivy keeps the frequencies of removed chunks until it tidies up."""
GROUP = 2_000
"""Chunks whose words are held in memory at once."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a derived part was made from."""

    state: str
    """`Meta.state`; empty while the part is being changed."""
    sha256: str
    """Over the part's files."""


def load_vectors(folder: Path, meta: Meta) -> VectorStore | None:
    """Return the vectors of this state of the library, or None when the part lags or is damaged."""
    path = folder / VECTORS
    stamp = read_stamp(path)
    if not is_current(stamp, meta) or hash_files([path]) != stamp.sha256:
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
    if not is_current(stamp, meta) or hash_files(list_parts(path)) != stamp.sha256:
        return None
    with contextlib.suppress(IndexDamaged):
        index = TantivyIndex(path, create=False)
        if read_stamp(path) == stamp:
            return index
    return None


def make_vectors(library: Library) -> VectorStore:
    """Make the vectors in memory."""
    rows, vectors = library.read_vectors()
    return build_vectors(library.read_meta().dimension, rows, vectors)


def make_keywords(library: Library) -> LexicalIndex:
    """Make the keywords in memory."""
    index = TantivyIndex()
    add_words(index, library, library.read_rows())
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
    """Write the vectors anew: the file is written whole in any case, and reading 100,000 takes half a second."""
    path = folder / VECTORS
    write_stamp(path, Stamp("", ""))
    make_vectors(library).save(path)
    write_stamp(path, Stamp(meta.state, hash_files([path])))


def refresh_keywords(folder: Path, library: Library, meta: Meta) -> None:
    """Add the rows that the keywords of the former state lack and take out those that went, in one commit.

    Keywords of any other state, or of none, are made anew: their rows may stand for something else.
    """
    path = folder / KEYWORDS
    stamp = read_stamp(path)
    usable = stamp and stamp.state == meta.former and stamp.sha256 == hash_files(list_parts(path))
    write_stamp(path, Stamp("", ""))
    if not usable:
        shutil.rmtree(path, ignore_errors=True)
    index = TantivyIndex(path)
    have, want = set(index.rows()), library.read_rows()
    gone = have.difference(want)
    if gone and len(want) <= REPLACE_UP_TO:
        index.clear()
        have = set()
    else:
        index.remove(gone)
    add_words(index, library, [row for row in want if row not in have])
    index.commit()
    write_stamp(path, Stamp(meta.state, hash_files(list_parts(path))))


def add_words(index: LexicalIndex, library: Library, rows: list[int]) -> None:
    """Add the words of chunks by row, a group at a time."""
    left = iter(rows)
    while group := list(islice(left, GROUP)):
        found = dict(library.read_words(group))
        index.add(group, [found[row] for row in group])


def is_current(stamp: Stamp | None, meta: Meta) -> TypeGuard[Stamp]:
    """Say whether a part was made from just this state."""
    return stamp is not None and stamp.state == meta.state


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
