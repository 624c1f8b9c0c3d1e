"""Changing an index: collect what was read, embed what is new, switch the library over in one step.

    with IndexWriter(folder, encoder, settings) as writer:
        writer.put(reading)
        writer.remove("data/notes/old.md")
        writer.commit(merge_papers)

Until `commit`, the changes wait in a file beside the library (`spool.py`); whatever breaks before its one transaction
leaves the old library as it was. Vectors are kept batch by batch ahead of it, under the hash of the text they stand
for: a passage that stays the same, comes twice or was embedded before a Ctrl-C is not embedded again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from vlmrag.errors import IndexDamaged, IndexMismatch, SourceError
from vlmrag.index import derived
from vlmrag.index.ahead import Ahead, hash_passage
from vlmrag.index.attribute_rows import AttributeRows, AttributeRules
from vlmrag.index.encoder import Encoder
from vlmrag.index.figures.gallery import Gallery
from vlmrag.index.files import replace_file
from vlmrag.index.lock import WriterLock
from vlmrag.index.schema import FORMAT, Meta, check_encoder
from vlmrag.index.spool import Spool
from vlmrag.index.store import FILE, Library
from vlmrag.index.vectors.layered import SIZES
from vlmrag.index.vectors.seam import Sizes
from vlmrag.language.words import split_bilingual
from vlmrag.types import Document, Paper, Progress, Reading

READABLE = 0.95
"""Share of a passage's word pieces that an encoder has to know: of less, it is given the passage in English."""

README = """\
This folder is an index of vlmrag. `vlmrag ingest` makes and updates it; it can be deleted and made anew at any time.

library.sqlite   what was read: sources, documents, papers, sentences, chunks and their vectors. Any SQLite browser
                 opens it, for instance: datasette library.sqlite
vectors/         made from it: the vectors, for finding the nearest. vectors.json says from which state.
keywords/        made from it: the words, for finding them. keywords.json says from which state.
manifest.json    version, encoder, counts and time of the last change, for people
places.txt       the paths that were given to `vlmrag ingest`
writer.lock      the process that is writing, while there is one
"""


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit left."""

    sources: int
    documents: int
    papers: int
    sentences: int
    chunks: int
    embedded: int
    """Passages whose vector had to be computed."""
    generation: int
    fingerprint: str


class IndexWriter:
    """The one process that changes the index in a folder."""

    def __init__(
        self,
        folder: Path,
        encoder: Encoder,
        settings: Mapping[str, str],
        *,
        rebuild: bool = False,
        put_into_english: Callable[[str], str] = str,
        make_rules: Callable[[Library], AttributeRules] | None = None,
        sizes: Sizes = SIZES,
    ) -> None:
        """Touch nothing before `with`. `settings` says how sources are read and cut; `rebuild` starts from nothing.

        `put_into_english` gives a passage as someone can read it who knows no Chinese; by default it stays as it is.
        `make_rules` gives the rules by which the attributes of a library's papers are read; without, none are kept.
        `sizes` says from how many vectors on they are kept in other ways.
        """
        self._folder = folder
        self._encoder = encoder
        self._settings = dict(sorted(settings.items()))
        self._rebuild = rebuild
        self._put_into_english = put_into_english
        self._make_rules = make_rules
        self._sizes = sizes
        self._removed: set[str] = set()
        self._touched: dict[str, tuple[int, int]] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Take the lock and open the library, or an empty one.

        Raises `IndexBusy`; `IndexMismatch` when encoder or format are not those of the library and `IndexDamaged`
        when it cannot be read, both only without `rebuild`.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as opening:
            opening.enter_context(WriterLock(self._folder))
            self._library = self._open_library()
            opening.callback(self._library.close)
            self._put = opening.enter_context(contextlib.closing(Spool(self._folder)))
            self._meta = self._library.read_meta()
            if self._meta.generation and not self._rebuild:
                check_encoder(self._meta, self._encoder, self._folder)
            self._open = opening.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go of library and lock; what was not committed is forgotten."""
        self._open.close()

    @property
    def outdated(self) -> bool:
        """Whether the library was read by other settings: each source must be put again, or it leaves at commit."""
        return bool(self._meta.generation) and not self._rebuild and self._meta.settings != self._settings

    def known(self) -> dict[str, tuple[int, int, str]]:
        """Return size, time of change in ns and sha256 of every source of the library by path; nothing on a rebuild.

        Of an outdated library no source is as it would be read now, so none has a size or a hash.
        """
        if self._rebuild:
            return {}
        known = self._library.read_known()
        return dict.fromkeys(known, (-1, -1, "")) if self.outdated else known

    @property
    def gallery(self) -> Gallery:
        """What the figures show, as of the last commit; filled behind it, for it changes nothing that was read."""
        return Gallery(self._library)

    @cached_property
    def linked_images(self) -> dict[str, list[tuple[str, str]]]:
        """Return the image files that each note links with their sha256, which is empty where there was none."""
        found: dict[str, list[tuple[str, str]]] = {}
        for figure in self._library.read_figures():
            if figure.image is not None:
                found.setdefault(figure.source, []).append((figure.image, figure.sha256))
        return found

    def put(self, reading: Reading) -> None:
        """Let a source in, in place of its former state; raises `SourceError` for what no library can hold."""
        check_reading(reading)
        self._removed.discard(reading.source.path)
        self._put.put(reading)

    def touch(self, path: str, mtime_ns: int, size: int) -> None:
        """Note that a source has another time of change and the same content."""
        self._touched[path] = (mtime_ns, size)

    def remove(self, path: str) -> None:
        """Let a source go."""
        self._put.drop(path)
        self._removed.add(path)

    def commit(
        self, merge_papers: Callable[[list[Document]], list[Paper]], progress: Progress | None = None
    ) -> Committed:
        """Embed what is new, switch the library over, and bring vectors and keywords along.

        `merge_papers` gets all documents, old and new, in the order of the library. Without any change there is no
        new generation. `progress` is told of the stages "embedding" and "splitting" (into keywords).
        """
        known = self._library.read_known()
        afresh = self._rebuild or self.outdated
        removed = {*self._removed, *(known if afresh else ())} & known.keys() - set(self._put.paths())
        embedded = 0
        if self._put or removed or afresh or not self._meta.generation:
            embedded = self._embed(progress)
            self._switch(removed, merge_papers, progress)
        else:
            with self._library.transaction():
                self._touch_all()
                self._read_attributes(progress)
        # Windows does not let go of a file that a reader has mapped; then whoever comes next repairs
        with contextlib.suppress(PermissionError):
            derived.refresh(self._folder, self._library, self._sizes)
        return self._describe(embedded)

    # -- the steps of a commit -----------------------------------------------------------------------------------

    def _embed(self, progress: Progress | None) -> int:
        """Compute and keep the vectors that are not there yet; return how many. A rebuild trusts no older ones."""
        coming = self._meta.generation + 1
        chunks = (chunk for reading in self._put for chunk in reading.chunks)
        passages = (self._choose_passage(c.indexed, self._put_into_english(c.indexed)) for c in chunks)
        total = self._put.count_chunks()
        ahead = Ahead(self._library, self._encoder, coming, since=coming if self._rebuild else 0)
        return ahead.embed(passages, lambda done: progress("embedding", done, total) if progress else None)

    def _switch(
        self, removed: set[str], merge_papers: Callable[[list[Document]], list[Paper]], progress: Progress | None
    ) -> None:
        """Turn the old library into the new one, in one transaction."""
        library, coming = self._library, self._meta.generation + 1
        stay = [d for d in library.read_documents() if d.source not in removed and d.source not in self._put]
        papers = merge_papers(
            sorted([*stay, *self._put.documents()], key=lambda document: document.source)
        )  # stable within a source
        with library.transaction():
            library.forget_changes()
            for path in sorted(removed if not self._rebuild else library.read_known()):
                library.delete_source(path)
            self._touch_all()
            for done, reading in enumerate(self._put, start=1):
                library.replace_source(reading, *self._split(reading))
                if progress:
                    progress("splitting", done, len(self._put))
            library.replace_papers(papers)
            library.prune_vectors(self._encoder.fingerprint, before=coming)
            meta = self._make_meta(coming)
            library.write_meta(meta)
            self._read_attributes(progress)
        self._meta = meta
        self._put.clear()
        self._removed, self._touched, self._rebuild = set(), {}, False

    def _read_attributes(self, progress: Progress | None) -> None:
        """Read the attributes of papers that changed, or whose rules did; without rules none are true any more."""
        rows = AttributeRows(self._library)
        if self._make_rules is None:
            rows.forget()
        else:
            rows.renew(self._make_rules(self._library), progress)

    def _split(self, reading: Reading) -> tuple[dict[str, str], dict[str, str]]:
        """The keywords and the content hash of every chunk, by id."""
        words, passages = {}, {}
        for chunk in reading.chunks:
            english = self._put_into_english(chunk.indexed)
            words[chunk.id] = " ".join(split_bilingual(chunk.indexed, english))
            passages[chunk.id] = hash_passage(self._choose_passage(chunk.indexed, english))
        return words, passages

    def _choose_passage(self, indexed: str, english: str) -> str:
        """What the encoder reads of a chunk: its text in English where it knows too little of the original."""
        if english in ("", indexed) or self._encoder.read_share(indexed) >= READABLE:
            return indexed
        return english

    def _make_meta(self, generation: int) -> Meta:
        encoder = self._encoder
        meta = Meta(
            uuid.uuid4().hex,
            self._meta.state,
            generation,
            encoder.name,
            encoder.fingerprint,
            encoder.dimension,
            self._settings,
            "",
        )
        sources = [(path, sha256) for path, (_, _, sha256) in self._library.read_known().items()]
        content = [FORMAT, meta.encoder, meta.weights, meta.dimension, meta.settings, sources]
        digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()
        return replace(meta, fingerprint=f"sha256:{digest}")

    def _touch_all(self) -> None:
        for path, (mtime_ns, size) in self._touched.items():
            self._library.touch(path, mtime_ns, size)

    def _describe(self, embedded: int) -> Committed:
        """Write what people may want to know into the folder; return it."""
        meta, counts = self._meta, self._library.count()
        manifest = {
            "version": FORMAT,
            "encoder": meta.encoder,
            "weights": meta.weights,
            "dimension": meta.dimension,
            "settings": meta.settings,
            "generation": meta.generation,
            "fingerprint": meta.fingerprint,
            "counts": counts,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        replace_file(self._folder / "manifest.json", lambda draft: draft.write_text(text, "utf-8"))
        replace_file(self._folder / "README.txt", lambda draft: draft.write_text(README, "utf-8"))
        return Committed(**counts, embedded=embedded, generation=meta.generation, fingerprint=meta.fingerprint)

    # -- opening -------------------------------------------------------------------------------------------------

    def _open_library(self) -> Library:
        """Open the library or make an empty one; a rebuild puts away one that cannot be read."""
        try:
            library = Library(self._folder, create=True)
            if not self._rebuild or library.is_sound():
                return library
            library.close()
        except (IndexDamaged, IndexMismatch):
            if not self._rebuild:
                raise
        for name in (f"{FILE}-wal", f"{FILE}-shm", FILE):
            (self._folder / name).unlink(missing_ok=True)
        return Library(self._folder, create=True)


def check_reading(reading: Reading) -> None:
    """Raise `SourceError` where ids come twice or texts hold halves of characters: one file must not stop the rest."""
    path = reading.source.path
    for things in (reading.documents, reading.chunks):
        ids = [thing.id for thing in things]
        if len(set(ids)) < len(ids):
            raise SourceError(path, f"two of its parts have the id {max(ids, key=ids.count)}")
    try:
        for text in (path, reading.source.text, *(f"{chunk.text}{chunk.indexed}" for chunk in reading.chunks)):
            text.encode()
    except UnicodeEncodeError:
        raise SourceError(path.encode("utf-8", "replace").decode(), "holds halves of characters (surrogates)") from None
