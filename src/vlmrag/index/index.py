"""The index of a library: one folder, opened for reading here and for writing in `writer.py`.

    library.sqlite     the truth: sources, documents, papers, sentences, chunks, vectors      store.py
    vectors/           from it: vectors by row                                                derived.py, vectors/
    keywords/          from it: words by row                                                  derived.py, lexical.py

This is where chunks meet row numbers: inside there are rows, outside there are ids. Scores are rounded and ties are
put in the order of the library, so that what is found does not depend on the order in which things were added.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vlmrag.errors import IndexMissing
from vlmrag.index import derived
from vlmrag.index.attribute_rows import AttributeRows
from vlmrag.index.encoder import Encoder
from vlmrag.index.figures.gallery import Gallery
from vlmrag.index.lexical import LexicalIndex
from vlmrag.index.places import Places
from vlmrag.index.rows import read_owners, read_vectors
from vlmrag.index.schema import FORMAT, Meta, check_encoder
from vlmrag.index.store import Library
from vlmrag.index.vectors.seam import VectorStore
from vlmrag.index.writer import IndexWriter
from vlmrag.reports import DenseSearch, FigureCount
from vlmrag.types import Attribute, Chunk, Document, Figure, Page, Paper, Sentence, Source

__all__ = ["Index", "IndexWriter"]

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

DENSE_DIGITS, LEXICAL_DIGITS = 6, 4
"""Decimals of a score that are told: beyond them lies what the order of a sum does to 32-bit floats."""


class Index:
    """One state of a library, for reading: it stays as it was opened while a writer goes on. Threads may share it."""

    version = FORMAT
    """Of the format on disk."""

    def __init__(self, folder: Path, encoder: Encoder, library: Library, meta: Meta) -> None:
        """Use `Index.open`."""
        self.folder = folder
        self.encoder = encoder
        self.generation = meta.generation
        self.fingerprint = meta.fingerprint
        self._library = library
        self._places = Places(library)
        self._meta = meta
        self._lock = threading.RLock()
        self._last: Source | None = None

    @classmethod
    def open(cls, folder: Path, encoder: Encoder) -> Self:
        """Open the library in `folder` as it is at this moment; a few milliseconds.

        How its sources were read and cut matters to a writer only, who checks it.
        Raises `IndexMissing`, `IndexMismatch` when it was built by another encoder or format, `IndexDamaged`.
        """
        library = Library(folder, pinned=True)
        try:
            meta = library.read_meta()
            if meta.generation == 0:
                raise IndexMissing(f"There is no index in {folder} yet. Make one: vlmrag ingest")
            check_encoder(meta, encoder, folder)
        except BaseException:
            library.close()
            raise
        return cls(folder, encoder, library, meta)

    def close(self) -> None:
        """Let go of the files."""
        self._library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what it holds -------------------------------------------------------------------------------------------

    def papers(self) -> list[Paper]:
        """Return all papers."""
        return list(self._papers)

    def documents(self) -> list[Document]:
        """Return all documents, by source and as they stand in it: the order of the library."""
        return self._library.read_documents()

    def sentences(self, documents: Iterable[str] | None = None) -> list[Sentence]:
        """Return the sentences of the documents with these ids, or all, in the order of the library."""
        return self._library.read_sentences(documents)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """Return chunks in the order of `ids`; raises `KeyError`."""
        return self._library.read_chunks(ids)

    def source(self, path: str) -> Source:
        """Return a source with its text; raises `KeyError`. The last one is kept, for citations come in its order."""
        last = self._last
        if last is None or last.path != path:
            self._last = last = self._library.read_source(path)
        return last

    def pages(self, path: str, start: int, end: int) -> list[Page]:
        """Return the pages of a PDF that `start` to `end` of its text lies on, in order; none of a text file."""
        return self._library.read_pages(path, start, end)

    def page(self, path: str, number: int) -> list[Page]:
        """Return a page of a PDF, counted from 1: as it was printed, then what its readers wrote on it, if anything."""
        return self._library.read_page(path, number)

    def attributes(self, key: str) -> dict[str, tuple[Attribute, ...]] | None:
        """Return what every paper states, by its id, None where some were not read by the rules of this key."""
        return AttributeRows(self._library).read(key)

    def has_attributes(self, key: str) -> bool:
        """Whether the attributes of every paper were read by the rules of this key."""
        return AttributeRows(self._library).is_current(key)

    def figures(self) -> list[Figure]:
        """Return all figures that have a picture, by source and as they stand in it."""
        return [figure for figure in self._library.read_figures() if figure.image is None or figure.sha256]

    def count_figures(self) -> FigureCount:
        """Return how many figures there are, and how many of them a model has seen."""
        return Gallery(self._library).count()

    def describe_dense(self) -> DenseSearch:
        """Return how the nearest chunks are found, as it was measured when the vectors were written."""
        return DenseSearch(**derived.read_measured(self.folder))

    def picture_vectors(self, weights: str) -> tuple[list[Figure], Floats]:
        """Return the figures that a model of pictures has seen, in the order of the library, and unit vectors (n, d).

        `weights` is its `PictureEncoder.fingerprint`.
        """
        return Gallery(self._library).read(weights)

    def heading_at(self, path: str, at: int) -> tuple[str, ...]:
        """Return the headings above a character of a source's text: of a PDF, its section."""
        return self._library.read_heading(path, at)

    def sections(self, documents: Iterable[str]) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
        """Return where the chunks of documents begin, in order, and the headings above each, by document."""
        return self._library.read_sections(documents)

    def sources(self) -> list[Source]:
        """Return all sources by path, their `text` left empty."""
        return self._library.read_sources()

    def counts(self) -> dict[str, int]:
        """Return how many `sources`, `documents`, `papers`, `sentences` and `chunks` there are."""
        return self._library.count()

    def paper_vectors(self) -> tuple[list[str], Floats]:
        """Return ids (n,) and unit vectors (n, dimension) of the papers: means over the chunks of their documents.

        Papers without chunks are left out. In the order of `papers`.
        """
        rows, vectors = read_vectors(self._library)
        by_document: dict[str, list[int]] = {}
        for row, document in read_owners(self._library):
            by_document.setdefault(document, []).append(int(np.searchsorted(rows, row)))
        ids, means = [], []
        for paper in self.papers():
            at = sorted({place for document in paper.documents for place in by_document.get(document, ())})
            mean = vectors[at].mean(axis=0, dtype=np.float64) if at else np.zeros(1)
            if length := float(np.linalg.norm(mean)):
                ids.append(paper.id)
                means.append((mean / length).astype(np.float32))
        return ids, np.stack(means) if means else np.empty((0, self._meta.dimension), dtype=np.float32)

    # -- what is near a question ---------------------------------------------------------------------------------

    def search_dense(self, vector: Floats, k: int, among: Collection[str] | None = None) -> dict[str, float]:
        """Return the `k` chunks nearest to a unit vector (dimension,), best first: id and cosine.

        `among` holds the ids of the documents to search in; None is all.
        """
        able = self._select(among)

        def search(limit: int) -> list[tuple[int, float]]:
            scores, rows = self._vectors.search(vector, limit, None if able is None else to_rows(able))
            return list(zip(rows.tolist(), scores.tolist(), strict=True))

        return self._rank(search, k, DENSE_DIGITS)

    def search_lexical(self, words: Sequence[str], k: int, among: Collection[str] | None = None) -> dict[str, float]:
        """Return the `k` chunks that share the most telling words, best first: id and BM25 score.

        `words` come from `language.words.split_words`; `among` holds ids of documents, None is all.
        """
        able = self._select(among)
        return self._rank(lambda limit: self._keywords.search(words, limit, able), k, LEXICAL_DIGITS)

    def score_dense(self, vector: Floats, ids: Iterable[str]) -> dict[str, float]:
        """Return the cosine of each chunk with a unit vector (dimension,); raises `KeyError` for an unknown id."""
        wanted = list(ids)
        rows = self._find_rows(wanted)
        scores = self._vectors.score(vector, rows).tolist()
        return {id_: round(score, DENSE_DIGITS) for id_, score in zip(wanted, scores, strict=True)}

    def score_lexical(self, words: Sequence[str], ids: Iterable[str]) -> dict[str, float]:
        """Return the BM25 score of each chunk, 0.0 where no word is shared; raises `KeyError` for an unknown id."""
        places = self._places.of_chunks(ids)
        scores = self._keywords.score(words, (place.row for place in places.values()))
        return {id_: round(scores[place.row], LEXICAL_DIGITS) for id_, place in places.items()}

    def bound_lexical(self, words: Sequence[str]) -> float:
        """Return the BM25 score that no chunk can exceed for these words; words that no chunk has count too."""
        return self._keywords.bound(words)

    def vectors(self, ids: Iterable[str]) -> Floats:
        """Return the unit vectors (n, dimension) of chunks; raises `KeyError` for an unknown id."""
        return self._vectors.read(self._find_rows(list(ids)))

    def place(self, ids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Return the document of each chunk and how many chunks that has; raises `KeyError` for an unknown id."""
        places = self._places.of_chunks(ids)
        sizes = self._places.count_chunks(place.document for place in places.values())
        return {id_: (place.document, sizes[place.document]) for id_, place in places.items()}

    # -- rows ----------------------------------------------------------------------------------------------------

    def _find_rows(self, ids: Sequence[str]) -> Rows:
        """The rows of chunks; raises `KeyError`."""
        places = self._places.of_chunks(ids)
        return to_rows(places[id_].row for id_ in ids)

    def _select(self, documents: Collection[str] | None) -> list[int] | None:
        """The rows of the chunks of these documents; None for all."""
        return None if documents is None else self._places.select_rows(documents)

    def _rank(self, search: Callable[[int], list[tuple[int, float]]], k: int, digits: int) -> dict[str, float]:
        """The best `k` of what `search` finds by row, by id; ties in the order of the library."""
        limit, total = k, self._places.total
        if k <= 0 or not total:
            return {}
        while True:
            limit = min(total, limit + 8)
            found = search(limit)
            places = self._places.at_rows(row for row, _ in found)
            hits = [(places[row], round(score, digits)) for row, score in found if row in places]
            if limit == total or len(hits) < limit or hits[-1][1] < hits[k - 1][1]:
                break
            limit *= 4  # a tie runs over the edge: it must not be for row numbers to say who wins
        best = sorted(hits, key=lambda hit: (-hit[1], hit[0].order))[:k]
        return {place.id: score for place, score in best}

    @cached_property
    def _papers(self) -> tuple[Paper, ...]:
        return tuple(self._library.read_papers())

    @property
    def _vectors(self) -> VectorStore:
        with self._lock:
            return self._open_vectors

    @property
    def _keywords(self) -> LexicalIndex:
        with self._lock:
            return self._open_keywords

    @cached_property
    def _open_vectors(self) -> VectorStore:
        found = derived.load_vectors(self.folder, self._meta)
        if found is None and derived.repair(self.folder):
            found = derived.load_vectors(self.folder, self._meta)
        return derived.make_vectors(self._library) if found is None else found

    @cached_property
    def _open_keywords(self) -> LexicalIndex:
        found = derived.load_keywords(self.folder, self._meta)
        if found is None and derived.repair(self.folder):
            found = derived.load_keywords(self.folder, self._meta)
        return derived.make_keywords(self._library) if found is None else found


def to_rows(rows: Iterable[int]) -> Rows:
    """Return row numbers as an array (n,)."""
    return np.fromiter(rows, dtype=np.int64)
