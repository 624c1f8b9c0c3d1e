"""What each entry says of its paper, side by side: the view of a library from which its faults are found.

A `Mention` is one work of one entry together with the paper that it became. A `Finding` is what is probably wrong
with it, and the place where a person would mend it.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal

from vlmrag.ingest.fields import find_arxiv, find_links
from vlmrag.ingest.papers import PaperNames
from vlmrag.language.fold import name_key
from vlmrag.language.glossary import Glossary
from vlmrag.types import Document, Field, Paper, Rect, Source, Work

FindingKind = Literal["id", "date", "link", "story", "url", "encoding", "unfinished", "claim"]
ClaimVerdict = Literal["supported", "contradicted", "not found"]
"""What a paper, as it is printed, makes of what a note says of it."""

_DECEMBER = 12
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n.*?\n---[ \t]*\r?\n", re.DOTALL)
_FIRST_DAYS = {5: 2500, 4: 700}
"""Ids up to this number, by digits: many were handed in at the end of the month before."""


@dataclass(frozen=True, slots=True)
class Against:
    """A place in a printed paper, or in arXiv's record of it, that a note is held against."""

    source: str
    """`Source.path`."""
    quote: str
    page: int | None = None
    """From 1; None in a record."""
    rects: tuple[Rect, ...] | None = None
    line: int | None = None
    """From 1, in a record; None in a PDF."""


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
    quote: str
    """The characters `text[start:end]`."""
    kind: FindingKind
    what: str
    """What is wrong, in one plain sentence without its full stop."""
    why: str
    """Why it is thought so: what it was held against, and where that stands."""
    papers: tuple[str, ...] = ()
    """`Paper.id` of the papers concerned, the entry's own first."""
    against: Against | None = None
    """Of what a paper contradicts: where it does."""
    verdict: ClaimVerdict | None = None
    """None where the notes alone tell."""


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
        self._by_document: dict[str, list[Mention]] = {}
        for mention in self.mentions:
            self._by_document.setdefault(mention.document.id, []).append(mention)
        self._lines = {path: _line_starts(text) for path, text in self.texts.items()}

    def _gather(self) -> Iterable[Mention]:
        owners: dict[str, list[Paper]] = {}
        for paper in self.papers:
            for ident in paper.documents:
                owners.setdefault(ident, []).append(paper)
        for document in self.documents:
            for work in document.works:
                owner = _find_owner(work, owners.get(document.id, []))
                if owner is not None:
                    yield Mention(document, _without_note_date(work, self.texts[document.source]), owner)

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

    @cached_property
    def glossary(self) -> Glossary:
        """The organisations of the field, with what belongs to what."""
        return Glossary.load()

    def are_tied(self, first: Paper, second: Paper) -> bool:
        """Whether an entry of one paper names the other one: what they share is then no mistake."""
        pairs = ((first, second), (second, first))
        return any(self._speaks_of(m.document, b) for a, b in pairs for m in self.by_paper.get(a.id, ()))

    def _speaks_of(self, document: Document, paper: Paper) -> bool:
        """Whether a document names a paper in words: not in an address, and not by an id."""
        text = self.text(document)
        addresses = [link.address for link in find_links(text, 0, len(text))]
        addresses += [(f.start, f.end) for f in find_arxiv(text, 0, len(text), bare=True)]
        return any(
            found.id == paper.id and not any(a <= start < b for a, b in addresses)
            for found, start, _ in self.names.find(text)
        )

    def mentions_of(self, document: Document) -> list[Mention]:
        """Return what a document is an entry of."""
        return self._by_document.get(document.id, [])

    def text(self, document: Document) -> str:
        """Return the text of a document."""
        return self.texts[document.source][document.start : document.end]

    def line(self, source: str, position: int) -> int:
        """Return the line, from 1, of a position in a source."""
        return bisect_right(self._lines[source], position)

    def place(self, document: Document, position: int, seen_from: Document) -> str:
        """Return a place as a person reads it: `file:line`, or `line 12` where the reader is in that file already."""
        line = self.line(document.source, position)
        return f"line {line}" if document.source == seen_from.source else f"{document.source}:{line}"

    def report(
        self, document: Document, span: tuple[int, int], kind: FindingKind, what: str, why: str, *papers: Paper
    ) -> Finding:
        """Return a finding at a span of a document's source."""
        line = self.line(document.source, span[0])
        ids = tuple(dict.fromkeys(paper.id for paper in papers))
        quote = self.texts[document.source][slice(*span)]
        return Finding(document.source, line, *span, quote, kind, what, why, ids)


def _find_owner(work: Work, papers: list[Paper]) -> Paper | None:
    """Return which of the papers of a document a work became: the one that goes by its name or title."""
    if len(papers) <= 1:
        return papers[0] if papers else None
    keys = {name_key(f.value) for f in work.fields if f.name in ("name", "title", "alias")}
    for paper in papers:
        if keys & {name_key(n) for n in (paper.name, paper.title or "", *paper.aliases)}:
            return paper
    return None


def _without_note_date(work: Work, text: str) -> Work:
    """Leave out a day in the front matter: it may be the day of the note, and contradicts nothing."""
    front = _FRONT_MATTER.match(text)
    if front is None:
        return work
    days = (f for f in work.fields if f.name == "date" and len(f.value) == 10 and f.start < front.end())
    left = set(days)
    return Work(tuple(f for f in work.fields if f not in left))


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


def read_id_month(arxiv: str) -> Months | None:
    """Return the month in which an arXiv id was given, as months; None for what is no id."""
    match = re.fullmatch(r"(?:[a-z.-]+/)?(\d{2})(\d{2})(?:\.\d{4,5}|\d{3})", arxiv)
    if match is None:
        return None
    century = "19" if "/" in arxiv and match[1] > "80" else "20"
    return read_months(f"{century}{match[1]}-{match[2]}")


def say_month(months: Months) -> str:
    """Return one month, or a year, as people write it: `2023-07`, `2023`."""
    year, month = divmod(months[0], _DECEMBER)
    return f"{year}-{month + 1:02}" if months[0] == months[1] else str(year)


def is_first_days(arxiv: str) -> bool:
    """Whether an id was given in the first days of its month: the paper may be of the month before."""
    number = arxiv.partition(".")[2]
    return number.isdigit() and int(number) <= _FIRST_DAYS.get(len(number), 0)
