"""The library as a question meets it: papers with their sentences, names, and how telling each word is.

Everything is read from one generation of the index and kept for the life of the object, so that all parts of an
answer speak of the same library.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cached_property

from vlmrag.index.index import Index
from vlmrag.ingest.attributes import Vocabulary
from vlmrag.ingest.papers import PaperNames
from vlmrag.language.fold import HAN_CHAR, fold, name_key
from vlmrag.language.glossary import Glossary
from vlmrag.types import Document, Filters, Paper, Sentence

NAME_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-+.][A-Za-z0-9]+)*")
"""A word in Latin letters that may be a name, with its parts: `DeCLIP`, `ViT-B`, `v1.5`."""
_WITH_VERSION = re.compile(rf"{NAME_LIKE.pattern}(?:[\s-]v?\d{{1,2}}(?:\.\d+)?(?![\w.]))?")
_LINK = re.compile(r"\(?<?(?:https?://|www\.)\S+")
_TELLING = 4
"""Words from which a name is a title, which says something of the paper."""
_UNSEEN, _LEFT_OF_HAN, _UNSEEN_HAN = 1.0, 1.5, 0.5


class Catalogue:
    """Papers, documents and sentences of one index, by id and by name."""

    def __init__(self, index: Index, glossary: Glossary, vocabulary: Vocabulary) -> None:
        """Read nothing yet; each part is read when it is first asked for."""
        self.index = index
        self.glossary = glossary
        self.vocabulary = vocabulary
        self._named: dict[str, frozenset[str]] = {}
        self._dated: dict[str, frozenset[Sentence]] = {}
        self._contexts: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """All papers, in the order of the library."""
        return tuple(self.index.papers())

    @cached_property
    def names(self) -> PaperNames:
        """The names that the papers go by."""
        return PaperNames(self.papers)

    @cached_property
    def documents(self) -> dict[str, Document]:
        """Documents by id, in the order of the library."""
        return {d.id: d for d in self.index.documents()}

    @cached_property
    def _sentences(self) -> dict[str, list[Sentence]]:
        found: dict[str, list[Sentence]] = {}
        for sentence in self.index.sentences():
            found.setdefault(sentence.document, []).append(sentence)
        return found

    @cached_property
    def titles(self) -> dict[str, str]:
        """What each source calls itself: its outermost heading, where that is of more than two words."""
        found: dict[str, str] = {}
        for document in self.documents.values():
            if document.heading:
                found.setdefault(document.source, document.heading[0])
        return {source: title for source, title in found.items() if len(title.split()) > 2}

    def sentences(self, paper: Paper) -> list[Sentence]:
        """The sentences of a paper's own entries, in the order of the library."""
        return [s for d in paper.documents for s in self._sentences.get(d, [])]

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
        return len(telling) < (2 if link or sentence in self._dates(paper) else 1)

    def _short_names(self, paper: Paper) -> frozenset[str]:
        """The terms of the names that a paper goes by, those that are titles left out."""
        if paper.id not in self._named:
            short = (name for name in (paper.name, *paper.aliases) if len(name.split()) < _TELLING)
            self._named[paper.id] = frozenset(t for name in short for t in self.glossary.terms(name))
        return self._named[paper.id]

    def _dates(self, paper: Paper) -> frozenset[Sentence]:
        """The sentences that state when a paper appeared, or where it lies."""
        if paper.id not in self._dated:
            self._dated[paper.id] = frozenset(self.stating(paper, ("date", "year", "arxiv", "url", "doi")))
        return self._dated[paper.id]

    @cached_property
    def _spread(self) -> Counter[str]:
        """In how many documents each term stands."""
        return Counter(t for ss in self._sentences.values() for t in {t for s in ss for t in s.terms})

    @cached_property
    def written_names(self) -> frozenset[str]:
        """The folded keys of all words that the library writes in Latin letters, with a version after them or not."""
        keys = set()
        for sentence in (s for ss in self._sentences.values() for s in ss):
            for m in NAME_LIKE.finditer(sentence.text):
                keys.add(name_key(m.group()))
                keys.add(name_key(_WITH_VERSION.match(sentence.text, m.start()).group()))  # type: ignore[union-attr]
        return frozenset(keys)

    def knows(self, term: str) -> bool:
        """Whether any sentence of the library has the term."""
        return term in self._spread

    def weigh(self, term: str) -> float:
        """How telling a term is: inverse document frequency as BM25 has it, over documents; at least 0.05.

        A word that the library never has may be a mere way of asking, so it weighs no more than `_UNSEEN`; what is
        left of Chinese between known terms is mostly grammar and weighs less still.
        Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009.
        """
        n, df = len(self._sentences), self._spread.get(term, 0)
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
            and (f.org is None or self._belongs(paper.orgs, f.org))
            and (f.venue is None or fold(f.venue) in fold(paper.venue or ""))
            and (f.tag is None or any(fold(f.tag) in fold(t) for t in paper.tags))
            and (f.paper is None or self._is_named(paper, f.paper))
            and any(self._lies(d, f) for d in documents)
        )

    def select(self, filters: Filters) -> list[Paper]:
        """Return the papers that meet the filters, in the order of the library."""
        return [p for p in self.papers if self.admits(p, filters)]

    def select_documents(self, filters: Filters) -> list[str]:
        """Return the ids of the documents to search: free text too, where only its place is asked for."""
        papers = {d for p in self.select(filters) for d in p.documents}
        placed = Filters(source=filters.source, kind=filters.kind)
        if filters == placed:
            papers |= {d.id for d in self.documents.values() if self._lies(d, filters)}
        return [d for d in self.documents if d in papers and self._lies(self.documents[d], filters)]

    def _lies(self, document: Document, f: Filters) -> bool:
        inside = f.source is None or fold(f.source) in fold(document.source)
        return inside and (f.kind is None or document.kind == f.kind)

    def _belongs(self, orgs: Iterable[str], wanted: str) -> bool:
        """Whether one of the organisations is the wanted one, or part of it."""
        canonical = self.glossary.org(wanted) or wanted
        for org in orgs:
            own = self.glossary.org(org) or org
            if name_key(canonical) in {name_key(x) for x in (own, *self.glossary.parents(own))}:
                return True
            if self.glossary.org(wanted) is None and fold(wanted) in fold(org):
                return True
        return False

    def _is_named(self, paper: Paper, name: str) -> bool:
        return any(p.id == paper.id for p, _, _ in self.names.find(name, typos=True)) or paper.id == name
