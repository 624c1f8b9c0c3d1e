"""What each entry says of its paper, side by side: the view of a library from which its faults are found.

A `Mention` is one work of one entry together with the paper that it became. A `Finding` is what is probably wrong
with it, and the place where a person would mend it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal

from vlmrag.ingest.papers import PaperNames
from vlmrag.language.fold import name_key
from vlmrag.types import Document, Field, Paper, Source, Work

FindingKind = Literal["id", "date", "link", "story", "url", "encoding", "unfinished"]

_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the notes that is probably wrong, and where."""

    source: str
    """`Source.path`."""
    line: int
    """From 1, of `start`."""
    start: int
    end: int
    """Characters of the source's text: what to look at, and mostly what to change."""
    kind: FindingKind
    what: str
    """What is wrong, in one plain sentence without its full stop."""
    why: str
    """Why it is thought so: what it was held against, and where that stands."""
    papers: tuple[str, ...] = ()
    """`Paper.id` of the papers concerned, the entry's own first."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One work as one entry states it."""

    document: Document
    work: Work
    paper: Paper

    def fields(self, *names: str) -> list[Field]:
        """Return the fields of these names, in the order of the text."""
        return [f for f in self.work.fields if f.name in names]

    @property
    def name(self) -> str:
        """What the entry calls the work."""
        return self.work.first("name") or self.work.first("title") or self.paper.name

    @property
    def keys(self) -> frozenset[str]:
        """The keys of every name and title by which the entry or the library knows the work."""
        paper = self.paper
        written = [f.value for f in self.fields("name", "alias", "title")]
        return frozenset(map(name_key, filter(None, [*written, paper.name, paper.title, *paper.aliases])))


class Shelf:
    """The library as the checks read it: texts by path, mentions in the order of the library, names."""

    def __init__(self, sources: Iterable[Source], documents: Sequence[Document], papers: Sequence[Paper]) -> None:
        self.texts = {source.path: source.text for source in sources if source.kind == "note"}
        self.documents = tuple(d for d in documents if d.source in self.texts)
        self.papers = tuple(papers)
        self.mentions = tuple(self._gather())
        self._lines = {path: _line_starts(text) for path, text in self.texts.items()}

    def _gather(self) -> Iterable[Mention]:
        owners: dict[str, list[Paper]] = {}
        for paper in self.papers:
            for ident in paper.documents:
                owners.setdefault(ident, []).append(paper)
        for document in self.documents:
            for work in document.works:
                paper = _find_owner(work, owners.get(document.id, []))
                if paper is not None:
                    yield Mention(document, work, paper)

    @cached_property
    def names(self) -> PaperNames:
        """The names that the papers go by."""
        return PaperNames(self.papers)

    @cached_property
    def named(self) -> dict[str, Paper]:
        """The papers by the keys of their names and aliases; the first of a name."""
        found: dict[str, Paper] = {}
        for paper in self.papers:
            for written in (paper.name, *paper.aliases):
                if len(key := name_key(written)) >= 3:
                    found.setdefault(key, paper)
        return found

    @cached_property
    def by_paper(self) -> dict[str, list[Mention]]:
        """The mentions of each paper, by its id."""
        found: dict[str, list[Mention]] = {}
        for mention in self.mentions:
            found.setdefault(mention.paper.id, []).append(mention)
        return found

    def text(self, document: Document) -> str:
        """Return the text of a document."""
        return self.texts[document.source][document.start : document.end]

    def line(self, source: str, position: int) -> int:
        """Return the line, from 1, of a position in a source."""
        from bisect import bisect_right

        return bisect_right(self._lines[source], position)

    def place(self, document: Document, position: int) -> str:
        """Return a place as a person reads it: `file:line`."""
        return f"{document.source}:{self.line(document.source, position)}"

    def report(
        self, document: Document, span: tuple[int, int], kind: FindingKind, what: str, why: str, *papers: Paper
    ) -> Finding:
        """Return a finding at a span of a document's source."""
        line = self.line(document.source, span[0])
        ids = tuple(dict.fromkeys(paper.id for paper in papers))
        return Finding(document.source, line, *span, kind, what, why, ids)


def _find_owner(work: Work, papers: list[Paper]) -> Paper | None:
    """Return which of the papers of a document a work became: the one that goes by its name or title."""
    if len(papers) <= 1:
        return papers[0] if papers else None
    keys = {name_key(f.value) for f in work.fields if f.name in ("name", "title", "alias")}
    for paper in papers:
        if keys & {name_key(n) for n in (paper.name, paper.title or "", *paper.aliases)}:
            return paper
    return None


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]


@cache
def check_words(name: str) -> tuple[str, ...]:
    """Return a list of `findings.toml`."""
    found = tomllib.loads((files("vlmrag.ingest") / "findings.toml").read_text(encoding="utf-8"))
    return tuple(found[name])


Months = tuple[int, int]
"""First and last month that a date can mean, each counted from the year 0."""


def read_months(date: str) -> Months:
    """Return the months that a date (YYYY, YYYY-MM or YYYY-MM-DD) covers."""
    year = int(date[:4]) * _DECEMBER
    if len(date) >= 7:
        month = year + int(date[5:7]) - 1
        return month, month
    return year, year + _DECEMBER - 1


def gap_between(first: Months, second: Months) -> int:
    """Return how many months lie from one stretch to a later one; negative for an earlier one, 0 where they meet."""
    if second[0] > first[1]:
        return second[0] - first[1]
    return second[1] - first[0] if second[1] < first[0] else 0
