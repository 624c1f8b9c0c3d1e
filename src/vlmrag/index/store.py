"""The truth on disk: one SQLite file that holds all that was read, and the vector of every passage.

Write-ahead log: readers keep the state they opened while a writer goes on, and a kill at any moment leaves the last
committed one. `synchronous=FULL`: a generation that was told to the vectors and keywords beside this file must not be
lost to a power failure, or its row numbers would be given out twice. A row number is given once and never again, and
what it stands for never changes; so whatever was derived from this file is put right by the rows that came and went:
those of the last change are in the table `changes`.

Open it with any SQLite browser, Datasette for one: a column per field, JSON where a field is a list.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vlmrag.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, VlmragError
from vlmrag.index.boxes import pack_boxes, unpack_boxes
from vlmrag.index.records import from_rows, list_columns, quote_columns, to_row
from vlmrag.index.schema import FORMAT, REPAIR, SCHEMA, Meta
from vlmrag.types import Chunk, Document, Figure, Page, Paper, Reading, Sentence, Source

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

FILE = "library.sqlite"
PAGE_COLUMNS = 'number, start, "end", width, height, boxes'
CACHE_MB = 256
"""Of the file that a writer keeps in memory: the names of passages are hashes, which fall on pages all over it."""
NO_RIGHT = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
"""What SQLite says where it may not put its log beside the file."""


class Library:
    """One connection to the file, safe to share between threads."""

    def __init__(self, folder: Path, *, create: bool = False, pinned: bool = False) -> None:
        """Open the file in `folder`.

        `create` makes an empty one where there is none; `pinned` keeps the state of this moment for as long as the
        connection lasts. Raises `IndexMissing`, `IndexMismatch` for another format, `IndexDamaged`.
        """
        self.path = folder / FILE
        if not create and not self.path.is_file():
            raise IndexMissing(f"There is no index in {folder} yet. Make one: vlmrag ingest")
        self._lock = threading.RLock()
        address = self.path.absolute().as_uri()
        with translate_errors(self.path):
            try:
                self._connect(address, create, pinned)
            except sqlite3.OperationalError as error:
                log = self.path.with_name(f"{FILE}-wal")
                if create or log.exists() or error.sqlite_errorcode & 0xFF not in NO_RIGHT:
                    raise
                self._connect(f"{address}?immutable=1", create, pinned)  # a folder that we may only read

    def _connect(self, address: str, create: bool, pinned: bool) -> None:
        self._db = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(create, pinned)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, create: bool, pinned: bool) -> None:
        self._db.execute("PRAGMA synchronous = FULL")
        if create:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA cache_size = {-1024 * CACHE_MB}")
        else:
            self._db.execute("PRAGMA query_only = ON")
        if pinned:
            self._db.execute("BEGIN")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0 and create:
            with self.transaction():
                for statement in SCHEMA.split(";\n"):
                    self._db.execute(statement)
                self.write_meta(Meta(uuid.uuid4().hex, "", 0, "", "", 0, {}, ""))
                self._db.execute(f"PRAGMA user_version = {FORMAT}")
        elif version == 0:
            raise IndexMissing(f"There is no index in {self.path.parent} yet. Make one: vlmrag ingest")
        elif version != FORMAT:
            raise IndexMismatch(
                f"{self.path} has format {version}, this vlmrag reads format {FORMAT}. "
                "Make it anew: vlmrag ingest --rebuild"
            )

    def is_sound(self) -> bool:
        """Say whether all pages of the file can be read and hang together; a second for a gigabyte."""
        try:
            self.read_meta()
            return self.query("PRAGMA quick_check") == [("ok",)]
        except IndexDamaged:
            return False

    def close(self) -> None:
        """End the connection, and the hold on the state that it kept."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written within, or nothing of it."""
        with self._lock, translate_errors(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:  # SQLite has rolled back by itself where the disk is full
                    self._db.execute("ROLLBACK")

    # -- reading -------------------------------------------------------------------------------------------------

    def read_meta(self) -> Meta:
        """Return what the library is."""
        found = dict(self.query("SELECT key, value FROM meta"))
        try:
            return Meta(**{key: json.loads(value) for key, value in found.items()})
        except (TypeError, ValueError) as error:
            raise IndexDamaged(f"{self.path}: its table meta cannot be read. {REPAIR}") from error

    def read_known(self) -> dict[str, tuple[int, int, str]]:
        """Return size, time of change and sha256 of every source, by path."""
        rows = self.query("SELECT path, size, mtime_ns, sha256 FROM sources ORDER BY path")
        return {path: (size, mtime_ns, sha256) for path, size, mtime_ns, sha256 in rows}

    def read_sources(self) -> list[Source]:
        """Return all sources, by path; without their text, which is read one by one."""
        columns = quote_columns(Source).replace('"text"', "''")
        return from_rows(Source, self.query(f"SELECT {columns} FROM sources ORDER BY path"))

    def read_source(self, path: str) -> Source:
        """Return a source with its text; raises `KeyError`."""
        found = from_rows(Source, self.query(f"SELECT {quote_columns(Source)} FROM sources WHERE path = ?", path))
        if not found:
            raise KeyError(path)
        return found[0]

    def read_documents(self) -> list[Document]:
        """Return all documents in the order of the library: by source, then as they were read."""
        return from_rows(
            Document, self.query(f"SELECT {quote_columns(Document)} FROM documents ORDER BY source, place")
        )

    def read_sentences(self, documents: Iterable[str] | None = None) -> list[Sentence]:
        """Return the sentences of these documents, or all, in the order of the library."""
        query = f"SELECT {quote_columns(Sentence)} FROM sentences"
        if documents is None:
            return from_rows(Sentence, self.query(f"{query} ORDER BY source, place"))
        among = json.dumps(sorted(set(documents)))
        where = "WHERE document IN (SELECT value FROM json_each(?))"
        return from_rows(Sentence, self.query(f"{query} {where} ORDER BY source, place", among))

    def read_pages(self, path: str, start: int, end: int) -> list[Page]:
        """Return the pages of a source that share characters with `start` to `end`, in order."""
        where = 'source = ? AND start < ? AND "end" > ? ORDER BY number'
        return _to_pages(self.query(f"SELECT {PAGE_COLUMNS} FROM pages WHERE {where}", path, end, start))

    def read_page(self, path: str, number: int) -> list[Page]:
        """Return one page of a source: as it was printed, then what its readers wrote on it, if anything."""
        query = f"SELECT {PAGE_COLUMNS} FROM pages WHERE source = ? AND number = ? ORDER BY start"
        return _to_pages(self.query(query, path, number))

    def read_heading(self, path: str, at: int) -> tuple[str, ...]:
        """Return the headings above the chunk of a source that holds the character `at`; none where no chunk does."""
        query = 'SELECT heading FROM chunks WHERE source = ? AND start <= ? AND "end" > ? ORDER BY start LIMIT 1'
        found = self.query(query, path, at, at)
        return tuple(json.loads(found[0][0])) if found else ()

    def read_sections(self, documents: Iterable[str]) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
        """Return start and headings of the chunks of documents, in the order of the text, by document."""
        query = """SELECT document, start, heading FROM chunks
            WHERE document IN (SELECT value FROM json_each(?)) ORDER BY document, start"""
        found: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
        for document, start, heading in self.query(query, json.dumps(sorted(set(documents)))):
            found.setdefault(document, []).append((start, tuple(json.loads(heading))))
        return found

    def read_figures(self) -> list[Figure]:
        """Return all figures, by source and as they stand in it."""
        return from_rows(Figure, self.query(f"SELECT {quote_columns(Figure)} FROM figures ORDER BY source, place"))

    def read_papers(self) -> list[Paper]:
        """Return all papers in the order that they were given in."""
        return from_rows(Paper, self.query(f"SELECT {quote_columns(Paper)} FROM papers ORDER BY place"))

    def read_chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """Return chunks in the order of `ids`; raises `KeyError`."""
        query = f"SELECT {quote_columns(Chunk)} FROM chunks WHERE id IN (SELECT value FROM json_each(?))"
        found = {chunk.id: chunk for chunk in from_rows(Chunk, self.query(query, json.dumps(list(ids))))}
        return [found[id_] for id_ in ids]

    def count(self) -> dict[str, int]:
        """Return how many sources, documents, papers, sentences and chunks there are."""
        tables = ("sources", "documents", "papers", "sentences", "chunks")
        return {table: self.query(f"SELECT count(*) FROM {table}")[0][0] for table in tables}

    def query(self, query: str, *values: Any) -> list[Any]:
        """Return the rows that a query gives; for other rooms of the index, which have tables of their own here."""
        with self._lock, translate_errors(self.path):
            return self._db.execute(query, values).fetchall()

    # -- writing -------------------------------------------------------------------------------------------------

    def write(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row, in the transaction that is open, else in one of its own."""
        with contextlib.nullcontext() if self._db.in_transaction else self.transaction():
            self._db.executemany(statement, rows)

    def write_meta(self, meta: Meta) -> None:
        """Replace what the library says of itself."""
        rows = [(key, json.dumps(getattr(meta, key), ensure_ascii=False)) for key in list_columns(Meta)]
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def find_vectors(self, passages: Iterable[str], encoder: str, since: int) -> set[str]:
        """Return the passages whose vector by `encoder` was computed for generation `since` or later."""
        table, where = ("ahead", "AND generation >= ?") if since else ("vectors", "AND ? = 0")
        query = f"""SELECT passage FROM {table} WHERE encoder = ? {where}
            AND passage IN (SELECT value FROM json_each(?))"""
        return {passage for (passage,) in self.query(query, encoder, since, json.dumps(list(passages)))}

    def save_vectors(self, passages: Sequence[str], vectors: Floats, encoder: str, generation: int) -> None:
        """Keep vectors at once, ahead of the change that needs them: a kill does not lose them."""
        rows = zip(passages, vectors.astype("<f4"), strict=True)
        with self.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)",
                [(passage, encoder, vector.tobytes()) for passage, vector in rows],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO ahead VALUES (?, ?, ?)",
                [(passage, encoder, generation) for passage in passages],
            )

    def forget_changes(self) -> None:
        """Begin another change: what the former one did to the chunks is told no more."""
        self._db.execute("DELETE FROM changes")

    def prune_vectors(self, encoder: str, before: int) -> None:
        """Drop vectors that no chunk has: of chunks that went, and computed ahead of a generation before `before`.

        Looks only at what changed, however large the library is.
        """
        came = "SELECT passage FROM changes WHERE NOT gone"
        self._db.execute(f"DELETE FROM ahead WHERE encoder = ? AND passage IN ({came})", (encoder,))
        unused = "NOT (encoder = ? AND passage IN (SELECT passage FROM chunks))"
        stray = "SELECT passage, encoder FROM ahead WHERE generation < ?"
        self._db.execute(f"DELETE FROM vectors WHERE (passage, encoder) IN ({stray}) AND {unused}", (before, encoder))
        self._db.execute("DELETE FROM ahead WHERE generation < ?", (before,))
        went = "passage IN (SELECT passage FROM changes WHERE gone)"
        kept = "(passage, encoder) IN (SELECT passage, encoder FROM ahead)"
        self._db.execute(f"DELETE FROM vectors WHERE {went} AND NOT {kept} AND {unused}", (encoder,))

    def touch(self, path: str, mtime_ns: int, size: int) -> None:
        """Note that a source of unchanged content has another time."""
        self._db.execute("UPDATE sources SET mtime_ns = ?, size = ? WHERE path = ?", (mtime_ns, size, path))

    def delete_source(self, path: str) -> None:
        """Take out a source and all that was read from it."""
        self._db.execute("DELETE FROM sources WHERE path = ?", (path,))
        for table in ("documents", "sentences", "chunks", "pages", "figures"):
            self._db.execute(f"DELETE FROM {table} WHERE source = ?", (path,))

    def replace_source(self, reading: Reading, words: Mapping[str, str], passages: Mapping[str, str]) -> None:
        """Put in a source in place of its former state; chunks that stayed the same, with their words, keep their rows.

        `words` and `passages` give the keywords and the content hash of each chunk, by id.
        """
        path = reading.source.path
        query = f"SELECT {quote_columns(Chunk)} FROM chunks WHERE source = ?"
        former = {chunk.id: chunk for chunk in from_rows(Chunk, self.query(query, path))}
        read = {id_: rest for id_, *rest in self.query("SELECT id, words, passage FROM chunks WHERE source = ?", path)}
        stay = {
            chunk.id
            for chunk in reading.chunks
            if former.get(chunk.id) == chunk and read[chunk.id] == [words[chunk.id], passages[chunk.id]]
        }
        self._db.executemany("DELETE FROM chunks WHERE id = ?", [(id_,) for id_ in former.keys() - stay])
        self._db.execute("DELETE FROM sources WHERE path = ?", (path,))
        for table in ("documents", "sentences", "pages", "figures"):
            self._db.execute(f"DELETE FROM {table} WHERE source = ?", (path,))
        self._insert("sources", [to_row(reading.source)])
        self._insert("documents", [[*to_row(document), at] for at, document in enumerate(reading.documents)])
        self._insert("sentences", [[*to_row(sentence), path, at] for at, sentence in enumerate(reading.sentences)])
        pages = [(p.number, p.start, p.end, p.width, p.height, pack_boxes(p.boxes)) for p in reading.pages]
        self._insert("pages", [[path, *page] for page in pages])
        self._insert("figures", [[*to_row(figure), at] for at, figure in enumerate(reading.figures)])
        new = [chunk for chunk in reading.chunks if chunk.id not in stay]
        self._insert("chunks", [[None, *to_row(chunk), words[chunk.id], passages[chunk.id]] for chunk in new])

    def replace_papers(self, papers: Sequence[Paper]) -> None:
        """Put in all papers in place of the former ones."""
        self._db.execute("DELETE FROM papers")
        self._insert("papers", [[*to_row(paper), at] for at, paper in enumerate(papers)])

    def _insert(self, table: str, rows: list[list[Any]]) -> None:
        if rows:
            self._db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _to_pages(rows: Iterable[Sequence[Any]]) -> list[Page]:
    return [
        Page(number, start, end, width, height, unpack_boxes(boxes))
        for number, start, end, width, height, boxes in rows
    ]


@contextlib.contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Say in our errors what SQLite has to say of the file and the disk; mistakes of ours go through as they are."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise IndexBusy(f"{path} is in use by another program. Close it there, then try again.") from error
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise VlmragError(f"{path}: {error}. See to the disk and to the rights on the folder.") from error
        raise IndexDamaged(f"{path} cannot be read: {error}. {REPAIR}") from error
