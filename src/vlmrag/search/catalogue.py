"""The library as a question meets it: papers with their sentences, names, and how telling each word is.

Everything is read from one generation of the index and kept for the life of the object, so that all parts of an
answer speak of the same library.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cached_property, partial

from vlmrag.index.index import Index
from vlmrag.ingest.attributes import Vocabulary
from vlmrag.ingest.names import PaperNames
from vlmrag.language.fold import HAN_CHAR, fold, name_key
from vlmrag.language.glossary import Glossary
from vlmrag.search.denied import meets
from vlmrag.search.organisations import belongs_to
from vlmrag.search.places import falls_in, lies_in, read_shapes
from vlmrag.search.rows import Rows
from vlmrag.search.venues import holds_venue
from vlmrag.search.voice import speaks_of_itself
from vlmrag.types import Document, Filters, Kind, Paper, Sentence

NAME_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-+.][A-Za-z0-9]+)*")
"""A word in Latin letters that may be a name, with its parts: `DeCLIP`, `ViT-B`, `v1.5`."""
_WITH_VERSION = re.compile(rf"{NAME_LIKE.pattern}(?:[\s-]v?\d{{1,2}}(?:\.\d+)?(?![\w.]))?")
_LINK = re.compile(r"\(?<?(?:https?://|www\.)\S+")
_PARTED = re.compile(r"[\s-]+")
_RARE = 4.0
"""Weight from which one word says something by itself."""
_TELLING = 4
"""Words from which a name is a title, which says something of the paper."""
_PASSAGE = 8
"""Sentences of a paper that are about as much as an entry in a note."""
_UNSEEN, _LEFT_OF_HAN, _UNSEEN_HAN = 1.0, 1.5, 0.5


class Catalogue:
    """Papers, documents and sentences of one index, by id and by name."""

    def __init__(
        self,
        index: Index,
        glossary: Glossary,
        vocabulary: Vocabulary,
        place: Filters = Filters(),  # noqa: B008 - frozen
        own: bool = False,
    ) -> None:
        """Read nothing yet; each part is read when it is first asked for. A part of it is made by `within`."""
        self.index = index
        self.glossary = glossary
        self.vocabulary = vocabulary
        self._place = place
        self._own = own
        self._whole = self
        self._parts: dict[tuple[Filters, bool], Catalogue] = {}
        self._weights: dict[str, float] = {}
        self._named: dict[str, frozenset[str]] = {}
        self._dated: dict[str, frozenset[Sentence]] = {}
        self._contexts: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def within(self, source: str | None, kind: Kind | None) -> Catalogue:
        """Return this library as its sources of a path and kind tell it: all papers, and their sentences from there."""
        return self._take_part(Filters(source=source, kind=kind), own=False)

    def in_own_voice(self) -> Catalogue:
        """Return this part of the library without what its PDFs tell of other works."""
        return self._take_part(self._place, own=True)

    def _take_part(self, place: Filters, own: bool) -> Catalogue:
        whole = self._whole
        if place == Filters() and not own:
            return whole
        if (place, own) not in whole._parts:
            part = Catalogue(self.index, self.glossary, self.vocabulary, place, own)
            part._whole = whole
            whole._parts[place, own] = part
        return whole._parts[place, own]

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """All papers, in the order of the library."""
        return self._whole.papers if self._whole is not self else tuple(self.index.papers())

    @cached_property
    def names(self) -> PaperNames:
        """The names that the papers go by."""
        return self._whole.names if self._whole is not self else PaperNames(self.papers)

    @cached_property
    def documents(self) -> dict[str, Document]:
        """Documents by id, in the order of the library."""
        return self._whole.documents if self._whole is not self else {d.id: d for d in self.index.documents()}

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of documents that there are."""
        return frozenset(d.kind for d in self.documents.values() if lies_in(d, self._place))

    @property
    def whole(self) -> bool:
        """Whether this is the library as a whole, and no part of it that `within` made."""
        return self._whole is self

    @property
    def partial(self) -> bool:
        """Whether the library has documents that this part of it leaves out."""
        return not all(lies_in(d, self._place) for d in self.documents.values())

    @cached_property
    def _sentences(self) -> dict[str, list[Sentence]]:
        place, whole = self._place, self._whole
        if self._own:
            return self._leave_out_others(self._take_part(place, own=False)._sentences)
        if self is whole:
            parts = [whole.within(None, kind)._sentences for kind in sorted(self.kinds)]
            read = {document: sentences for part in parts for document, sentences in part.items()}
            return {document: read[document] for document in self.documents if document in read}
        if place.source is not None:
            wider = whole.within(None, place.kind) if place.kind else whole
            return {d: ss for d, ss in wider._sentences.items() if lies_in(self.documents[d], place)}
        found: dict[str, list[Sentence]] = {}
        for sentence in self.index.sentences(d.id for d in self.documents.values() if lies_in(d, place)):
            found.setdefault(sentence.document, []).append(sentence)
        return found

    def _leave_out_others(self, read: dict[str, list[Sentence]]) -> dict[str, list[Sentence]]:
        """The sentences of PDFs only where they tell of the paper itself."""
        sections = self.index.sections([d for d in read if self.documents[d].kind == "pdf"])
        names: dict[str, list[str]] = {}
        for paper in self.papers:
            short = [fold(name) for name in (paper.name, *paper.aliases) if len(name) > 2]
            names |= dict.fromkeys(paper.documents, short)
        kept = {}
        for document, sentences in read.items():
            starts = [start for start, _ in sections.get(document, ())]
            if starts:
                above = [sections[document][max(0, bisect_right(starts, s.start) - 1)][1] for s in sentences]
                own = names.get(document, [])
                sentences = [s for s, h in zip(sentences, above, strict=True) if speaks_of_itself(s.text, h, own)]
            kept[document] = sentences
        return kept

    @cached_property
    def titles(self) -> dict[str, str]:
        """What each source calls itself: its outermost heading, where that is of more than two words."""
        found: dict[str, str] = {}
        for document in self.documents.values():
            if document.heading:
                found.setdefault(document.source, document.heading[0])
        return {source: title for source, title in found.items() if len(title.split()) > 2}

    @cached_property
    def shapes(self) -> dict[str, frozenset[str]]:
        """The sources of each form that a question may call a note by: `diary`, `table`."""
        documents = self.documents.values()
        return read_shapes(documents, {s: self.index.source(s).text for s in {d.source for d in documents}})

    @cached_property
    def all_headings(self) -> frozenset[str]:
        """All headings of the library but the names of papers."""
        found = {h for document in self.documents for h in self.headings(document)}
        return frozenset(h for h in found if not self.names.find(h))

    @cached_property
    def rows(self) -> Rows:
        """The tables inside the notes."""

        def read_text(document: Document) -> str:
            return self.index.source(document.source).text

        return Rows(self.documents, read_text, self.spoken, self.glossary.terms)

    def sentences(self, paper: Paper) -> list[Sentence]:
        """The sentences of a paper's own entries, in the order of the library."""
        return [s for d in paper.documents for s in self._sentences.get(d, [])]

    def read_sentences(self, paper: Paper) -> list[Sentence]:
        """The sentences of a paper as `sentences` has them, without reading those of the whole library first."""
        if self is not self._whole:
            return self.sentences(paper)
        read: dict[str, list[Sentence]] = {}
        for sentence in self.index.sentences(paper.documents):
            read.setdefault(sentence.document, []).append(sentence)
        return [s for d in paper.documents for s in read.get(d, [])]

    def spoken(self, document: str, start: int = 0, end: int | None = None) -> list[Sentence]:
        """The sentences of a document that share characters with `start` to `end` of its source, in order."""
        sentences = self._sentences.get(document, [])
        return [s for s in sentences if s.end > start and (end is None or s.start < end)]

    def stating(self, paper: Paper, fields: Collection[str]) -> list[Sentence]:
        """The sentences of a paper's entries in which one of the `fields` ("org", "date") is stated, in order."""
        places = [
            (document, field.start, field.end)
            for document in paper.documents
            for work in self.documents[document].works
            for field in work.fields
            if field.name in fields
        ]

        def states(s: Sentence) -> bool:
            return any(s.document == d and s.start < b and a < s.end for d, a, b in places)

        return [s for s in self.sentences(paper) if states(s)]

    def is_bare(self, sentence: Sentence, paper: Paper) -> bool:
        """Whether a sentence holds nothing but the paper's short name, a date, a number or a link: no evidence."""
        names = self._short_names(paper)
        link = _LINK.search(sentence.text)
        terms = self.glossary.terms(_LINK.sub(" ", sentence.text)) if link else sentence.terms
        telling = [t for t in terms if t not in names and t.isalpha()]
        plain = link or sentence in self._dates(paper)  # with words about the link: "code", "project page"
        return len(telling) < (2 if plain else 1) and not any(self.weigh(t) >= _RARE for t in telling)

    def _short_names(self, paper: Paper) -> frozenset[str]:
        """The terms of the names that a paper goes by, those that are titles left out."""
        if paper.id not in self._named:
            short = (name for name in (paper.name, *paper.aliases) if len(_PARTED.split(name)) < _TELLING)
            self._named[paper.id] = frozenset(t for name in short for t in self.glossary.terms(name))
        return self._named[paper.id]

    def _dates(self, paper: Paper) -> frozenset[Sentence]:
        """The sentences that state when a paper appeared, or where it lies."""
        if paper.id not in self._dated:
            self._dated[paper.id] = frozenset(self.stating(paper, ("date", "year", "arxiv", "url", "doi")))
        return self._dated[paper.id]

    @cached_property
    def _spread(self) -> Counter[str]:
        """In how many passages each term stands."""
        return Counter(t for ss in self._passages for t in {t for s in ss for t in s.terms})

    @cached_property
    def _passages(self) -> list[list[Sentence]]:
        """What the spread of a term is counted over: a note's entry is one passage, of a PDF a few sentences are."""
        return [
            ss[at : at + step]
            for document, ss in self._sentences.items()
            for step in [_PASSAGE if self.documents[document].kind == "pdf" else len(ss)]
            for at in range(0, len(ss), step)
        ]

    @cached_property
    def written_names(self) -> frozenset[str]:
        """The folded keys of all words that the library writes in Latin letters, with a version after them or not."""
        written: set[str] = set()
        for sentence in (s for ss in self._sentences.values() for s in ss):
            for m in NAME_LIKE.finditer(sentence.text):
                written.add(m.group())
                written.add(_WITH_VERSION.match(sentence.text, m.start()).group())  # type: ignore[union-attr]
        return frozenset(map(name_key, written))

    def knows(self, term: str) -> bool:
        """Whether any sentence of the library has the term."""
        return term in self._spread

    def weigh(self, term: str) -> float:
        """How telling a term is: inverse document frequency as BM25 has it, over passages; at least 0.05.

        A word that the library never has may be a mere way of asking, so it weighs no more than `_UNSEEN`; what is
        left of Chinese between known terms is mostly grammar and weighs less still.
        Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009.
        """
        if term not in self._weights:
            self._weights[term] = self._weigh(term)
        return self._weights[term]

    def _weigh(self, term: str) -> float:
        n, df = len(self._passages), self._spread.get(term, 0)
        weight = max(0.05, math.log(1 + (n - df + 0.5) / (df + 0.5)))
        if HAN_CHAR.match(term):
            return min(weight, _LEFT_OF_HAN if df else _UNSEEN_HAN)
        return weight if df else min(weight, _UNSEEN)

    def headings(self, document: str) -> list[str]:
        """The headings above a document, outermost first, without its own name or title."""
        works = self.documents[document].works
        own = {name_key(t) for w in works for t in (*w.all("name"), *w.all("title"))}
        return [h for h in self.documents[document].heading if name_key(h) not in own]

    def context_terms(self, document: str) -> tuple[frozenset[str], frozenset[str]]:
        """The terms of the headings above a document, and those of the innermost one that is not its own title."""
        if document not in self._contexts:
            headings = self.headings(document)
            outer = frozenset(t for h in headings for t in self.glossary.terms(h))
            inner = frozenset(self.glossary.terms(headings[-1])) if headings else frozenset()
            self._contexts[document] = (outer, inner)
        return self._contexts[document]

    def admits(self, paper: Paper, f: Filters) -> bool:
        """Whether a paper meets all the filters."""
        documents = [self.documents[d] for d in paper.documents]
        return (
            (f.years is None or (paper.year is not None and f.years[0] <= paper.year <= f.years[1]))
            and (f.among is None or paper.year in f.among)
            and (f.months is None or f.years is None or falls_in(paper.date or "", f.years, f.months))
            and (f.org is None or meets(f.org, bool(paper.orgs), partial(belongs_to, paper.orgs, self.glossary)))
            and (f.venue is None or meets(f.venue, bool(paper.venue), partial(holds_venue, paper)))
            and (f.tag is None or any(fold(f.tag) in fold(t) for t in paper.tags))
            and (f.paper is None or self._is_named(paper, f.paper))
            and any(self._holds(d, f) for d in documents)
        )

    def select(self, filters: Filters) -> list[Paper]:
        """Return the papers that meet the filters, in the order of the library."""
        if self.whole and filters == Filters():
            return [p for p in self.papers if p.documents]  # without the documents' own records, which are many
        return [p for p in self.papers if self.admits(p, filters)]

    def count_unsaid(self, f: Filters, *, dated: bool = False) -> dict[str, int]:
        """Return how many papers a filter leaves out as the library does not say enough of them.

        By what is not said, "org", "venue" or "year"; each counted beside the other filters. `dated` papers are those
        of which the year is needed without a filter on it.
        """
        undated = replace(f, years=None, among=None, months=None)
        silent: dict[str, tuple[bool, Filters, Callable[[Paper], bool]]] = {
            "org": (f.org is not None, replace(f, org=None), lambda p: not p.orgs),
            "venue": (f.venue is not None, replace(f, venue=None), lambda p: not p.venue),
            "year": (dated or undated != f, undated, lambda p: not p.year),
        }
        found = {
            name: sum(says_nothing(p) for p in self.select(others))
            for name, (limited, others, says_nothing) in silent.items()
            if limited
        }
        return {name: count for name, count in found.items() if count}

    def select_documents(self, filters: Filters) -> list[str]:
        """Return the ids of the documents to search: free text too, where only its place is asked for."""
        papers = {d for p in self.select(filters) for d in p.documents}
        placed = Filters(source=filters.source, kind=filters.kind, section=filters.section, read=filters.read)
        if filters == placed:
            papers |= {d.id for d in self.documents.values() if self._holds(d, filters)}
        return [d for d in self.documents if d in papers and self._holds(self.documents[d], filters)]

    def _holds(self, document: Document, f: Filters) -> bool:
        """Whether a document is in this part of the library and meets the filters of place."""
        return lies_in(document, self._place) and lies_in(document, f)

    def _is_named(self, paper: Paper, name: str) -> bool:
        return any(p.id == paper.id for p, _, _ in self.names.find(name, typos=True)) or paper.id == name
