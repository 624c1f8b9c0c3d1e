"""The attributes of all papers as rows of the library: read at ingest, so that a table over many papers opens at once.

They are derived: each paper's stand with the rules that read them and with what they were read from. Of rows that were
read by other rules nothing is given, and whoever asks reads the sentences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from vlmrag.index.records import from_rows, list_columns, quote_columns, to_row
from vlmrag.index.store import Library
from vlmrag.types import Attribute, Paper, Progress


class AttributeRules(Protocol):
    """By what attributes are read, and how."""

    @property
    def key(self) -> str:
        """Names vocabulary and code: another key, other attributes."""

    def read(self, papers: Sequence[Paper]) -> Iterator[tuple[Paper, Sequence[Attribute]]]:
        """Yield papers with what their sentences state, in order."""


class AttributeRows:
    """The tables `attributes` and `attribute_readings` of a library."""

    def __init__(self, library: Library) -> None:
        """Read nothing yet."""
        self._library = library

    def read(self, key: str) -> dict[str, tuple[Attribute, ...]] | None:
        """Return the attributes of every paper by its id, None where some were not read by the rules of this key."""
        if not self.is_current(key):
            return None
        query = f"SELECT paper, {quote_columns(Attribute)} FROM attributes ORDER BY paper, place"
        rows = self._library.query(query)
        found: dict[str, list[Attribute]] = {}
        for (paper, *_), one in zip(rows, from_rows(Attribute, [row[1:] for row in rows]), strict=True):
            found.setdefault(paper, []).append(one)
        return {paper: tuple(held) for paper, held in found.items()}

    def is_current(self, key: str) -> bool:
        """Whether every paper was read by the rules of this key."""
        query = "SELECT count(*) FROM papers WHERE id NOT IN (SELECT paper FROM attribute_readings WHERE rules = ?)"
        return bool(self._library.query(query, key) == [(0,)])

    def forget(self) -> None:
        """Take it that no paper was read."""
        self._library.write("DELETE FROM attribute_readings WHERE ?", [(1,)])
        self._library.write("DELETE FROM attributes WHERE ?", [(1,)])

    def renew(self, rules: AttributeRules, progress: Progress | None = None) -> None:
        """Read the papers of which anything changed, rules, names, entries or sources; let go of those that went."""
        library = self._library
        papers = library.read_papers()
        sources = {document.id: document.source for document in library.read_documents()}
        coming = self._describe(papers, sources)
        query = "SELECT paper, rules, content FROM attribute_readings"
        there = {paper: (key, content) for paper, key, content in library.query(query)}
        gone = [paper for paper in there if paper not in coming]
        changed = [paper for paper in papers if there.get(paper.id) != (rules.key, coming[paper.id])]
        for table in ("attributes", "attribute_readings"):
            library.write(f"DELETE FROM {table} WHERE paper = ?", [(p,) for p in [*gone, *(p.id for p in changed)]])
        marks = ", ".join("?" * (len(list_columns(Attribute)) + 3))
        for done, (paper, held) in enumerate(rules.read(changed), start=1):
            rows = [[paper.id, *to_row(one), sources[one.document], place] for place, one in enumerate(held)]
            library.write(f"INSERT INTO attributes VALUES ({marks})", rows)
            library.write("INSERT INTO attribute_readings VALUES (?, ?, ?)", [(paper.id, rules.key, coming[paper.id])])
            if progress:
                progress("reading attributes", done, len(changed))

    def _describe(self, papers: Sequence[Paper], sources: Mapping[str, str]) -> dict[str, str]:
        """What each paper's attributes are read from, as a hash: its record, its sources, and all papers' names.

        The names of all count since a sentence that begins with another paper tells nothing of this one. `sources` has
        the source of each document.
        """
        hashes = {path: sha256 for path, (_, _, sha256) in self._library.read_known().items()}
        names = [sorted((p.id, p.name, p.title, p.aliases) for p in papers), dict(self._library.read_meta().settings)]
        common = hash_all(names)
        return {p.id: hash_all([common, p, sorted({hashes[sources[d]] for d in p.documents})]) for p in papers}


def hash_all(things: object) -> str:
    """Return 16 hex digits of what stands for things of plain values."""
    return hashlib.sha256(repr(things).encode()).hexdigest()[:16]
