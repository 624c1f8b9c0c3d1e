"""The attributes of all papers as rows of the library: read at ingest, so that a table over many papers opens at once.

They are derived: each paper's stand with the rules that read them and with what they were read from. Of rows that were
read by other rules nothing is given, and whoever asks reads the sentences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vlmrag.index.records import from_rows, list_columns, quote_columns, to_row
from vlmrag.index.store import Library
from vlmrag.types import Attribute, Paper, Progress

_BEGINNING = 40
"""Characters of a sentence that are looked at for what it begins with."""


class AttributeRules(Protocol):
    """By what attributes are read, and how."""

    @property
    def key(self) -> str:
        """Names vocabulary and code: another key, other attributes."""

    def read(self, papers: Sequence[Paper]) -> Iterator[tuple[Paper, Sequence[Attribute]]]:
        """Yield papers with what their sentences state, in order."""

    def names(self, paper: Paper) -> Iterable[str]:
        """Return what a sentence that has this paper as its subject may begin with."""

    def head(self, words: str) -> str:
        """Return the letters that a sentence and each name that it may begin with have in common; "" for none."""


@dataclass(frozen=True, slots=True)
class ReadFrom:
    """What the attributes of a paper were read from; all but the rules are hashes."""

    rules: str
    """`AttributeRules.key`."""
    own: str
    """Of its record and its sources."""
    near: str
    """Of the names of papers that its sentences may begin with."""
    names: str = field(compare=False)
    """Of all names of papers: while they and what is its own are the same, so is `near`."""


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
        query = "SELECT paper, rules, content FROM attribute_readings"
        there = {paper: _unpack(key, content) for paper, key, content in library.query(query)}
        coming = self._describe(papers, sources, rules, there)
        gone = [paper for paper in there if paper not in coming]
        changed = [paper for paper in papers if there.get(paper.id) != coming[paper.id]]
        for table in ("attributes", "attribute_readings"):
            library.write(f"DELETE FROM {table} WHERE paper = ?", [(p,) for p in [*gone, *(p.id for p in changed)]])
        renamed = [(_pack(new), p) for p, new in coming.items() if p in there and new.names != there[p].names]
        library.write("UPDATE attribute_readings SET content = ? WHERE paper = ?", renamed)
        marks = ", ".join("?" * (len(list_columns(Attribute)) + 3))
        for done, (paper, held) in enumerate(rules.read(changed), start=1):
            rows = [[paper.id, *to_row(one), sources[one.document], place] for place, one in enumerate(held)]
            library.write(f"INSERT INTO attributes VALUES ({marks})", rows)
            reading = [(paper.id, rules.key, _pack(coming[paper.id]))]
            library.write("INSERT INTO attribute_readings VALUES (?, ?, ?)", reading)
            if progress:
                progress("reading attributes", done, len(changed))

    def _describe(
        self,
        papers: Sequence[Paper],
        sources: Mapping[str, str],
        rules: AttributeRules,
        there: Mapping[str, ReadFrom],
    ) -> dict[str, ReadFrom]:
        """What each paper's attributes are read from; `sources` has the source of each document.

        A sentence that begins with another paper tells nothing of this one, so the names that a paper's sentences may
        begin with count too. To find these all sentences are looked at, but only where anything is not as it was.
        """
        hashes = {path: sha256 for path, (_, _, sha256) in self._library.read_known().items()}
        settings = dict(self._library.read_meta().settings)
        names = hash_all(sorted((paper.id, *rules.names(paper)) for paper in papers))
        own = {p.id: hash_all([settings, p, sorted({hashes[sources[d]] for d in p.documents})]) for p in papers}
        before = {paper: (one.own, one.names) for paper, one in there.items()}
        if all(before.get(paper.id) == (own[paper.id], names) for paper in papers):
            near = {paper: one.near for paper, one in there.items()}
        else:
            near = self._describe_near(papers, rules)
        return {p.id: ReadFrom(rules.key, own[p.id], near[p.id], names) for p in papers}

    def _describe_near(self, papers: Sequence[Paper], rules: AttributeRules) -> dict[str, str]:
        """A hash of the names that the sentences of each paper may begin with."""
        by_head: dict[str, list[tuple[str, str]]] = {}
        for paper in papers:
            for name in rules.names(paper):
                by_head.setdefault(rules.head(name), []).append((paper.id, name))
        told = {head: hash_all(sorted(names)) for head, names in by_head.items() if head}
        heads: dict[str, set[str]] = {}
        for document, words in self._library.query(f"SELECT document, substr(text, 1, {_BEGINNING}) FROM sentences"):
            heads.setdefault(document, set()).add(rules.head(words))
        near = {p.id: {h for d in p.documents for h in heads.get(d, ())} & told.keys() for p in papers}
        return {paper: hash_all(sorted(told[head] for head in found)) for paper, found in near.items()}


def _pack(one: ReadFrom) -> str:
    return f"{one.own} {one.near} {one.names}"


def _unpack(rules: str, content: str) -> ReadFrom:
    own, near, names = (*content.split(), "", "", "")[:3]
    return ReadFrom(rules, own, near, names)


def hash_all(things: object) -> str:
    """Return 16 hex digits of what stands for things of plain values."""
    return hashlib.sha256(repr(things).encode()).hexdigest()[:16]
