"""A passage as a sentence is held against it: its terms, its clauses and what binds them, its names and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from vlmrag.answer.claims.quantities import Quantity, read_quantities
from vlmrag.answer.writing.words import Bonds, Words, fold_prose, load_words
from vlmrag.ingest.attributes import Statement, read_statements
from vlmrag.ingest.attributes.statements import OPPOSITE, cut_clauses
from vlmrag.language.fold import HAN_CHAR, name_key
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Paper

Terms = tuple[str, ...]
MUST = ("data", "org", "model-part", "modality", "task")
"""Kinds of the glossary that are no manner of speaking: what a sentence names of them stands in its passage."""
_LABEL = re.compile(r"^([^:：,，。.]{1,24})[:：]\s*")
"""What a line of a note begins with: "Trained: the text encoder"."""
_EDGES = " ,;:，；：。、()（）—|"
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_BEFORE = 300
"""Characters of a PDF before a quote in which its reader may be spoken to."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands between two stops or joints ("and", "but", 并) and names something."""

    folded: str
    concepts: tuple[Terms, ...]
    """What it names, see `Language.read_concepts`."""
    terms: frozenset[str]
    bonds: Bonds
    of_others: bool
    """Whether it speaks of other works."""


class Language:
    """How texts are read: the glossary, the vocabulary of parts, the names of papers, and the words that bind."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.glossary = catalogue.glossary
        self.vocabulary = catalogue.vocabulary
        self.names = catalogue.names
        self.weigh = catalogue.weigh
        self.words: Words = load_words()

    def read_concepts(self, text: str) -> list[Terms]:
        """Return what a text is about: the terms of each thing it names, free words and numbers left out."""
        found = (self.words.same.get(concept, concept) for concept in self.glossary.concepts(text))
        return [c for c in found if not self.words.free.issuperset(c) and not c[0][0].isdigit()]

    def read_names(self, text: str) -> list[tuple[str, str]]:
        """Return the ids of the papers that a text names, each with the name as it stands there, folded.

        In folded text a name that is a common word as well (CLIP) could not be told from the word.
        """
        return [(paper.id, fold_prose(text[start:end])) for paper, start, end in self.names.find(text)]

    def cut(self, text: str, own: frozenset[str] = frozenset()) -> list[Clause]:
        """Return the clauses of a text; one that names nothing but `own` terms belongs to the next one."""
        folded = fold_prose(text)
        whole = ((start, end) for kind in ("org", "data") for _, start, end in self.glossary.spans(folded, kind))
        spans = self.words.cut(folded, whole)
        found: list[Clause] = []
        begins = 0
        for number, (_, end) in enumerate(spans, start=1):
            part = folded[begins:end].strip(_EDGES)
            concepts = tuple(c for c in self.read_concepts(part) if not own.issuperset(c))
            if not concepts and (number < len(spans) or not found):
                continue
            if not concepts:
                begins -= len(found[-1].folded)
                part, concepts = f"{found[-1].folded} {part}", found.pop().concepts
            others = self.vocabulary.speaks_of_others(folded, end)
            found.append(Clause(part, concepts, self.read_terms(part), self.read_bonds(part), others))
            begins = end
        return [clause for clause in found if clause.concepts]

    def read_terms(self, text: str) -> frozenset[str]:
        """Return the terms of a text as it stands and as it is put into English."""
        english = self.glossary.put_into_english(text)
        texts = [text] if english == text else [text, english]
        return frozenset(t for each in texts for concept in self._concepts(each) for t in concept)

    def _concepts(self, text: str) -> list[Terms]:
        return [self.words.same.get(concept, concept) for concept in self.glossary.concepts(text)]

    def read_must(self, text: str) -> list[Terms]:
        """Return the terms of each thing of the field that a text names, of the kinds in `MUST`."""
        named = (term for kind in MUST for term, _, _ in self.glossary.spans(text, kind))
        found = (tuple(t for concept in self._concepts(term) for t in concept) for term in named)
        return [terms for terms in dict.fromkeys(found) if not self.words.free.issuperset(terms)]

    def read_statements(self, text: str) -> frozenset[Statement]:
        """Return what a text states of parts; what is not trained is frozen."""
        return frozenset(_turn(said) for said in read_statements(text, self.vocabulary))

    def read_bonds(self, folded: str) -> Bonds:
        """Return what binds a folded text."""
        return self.words.read_bonds(folded, self.vocabulary.negation)


@dataclass(frozen=True)
class Passage:
    """Numbered evidence."""

    marker: int
    paper: Paper | None
    text: str
    """Its words on one line, without markup."""
    language: Language

    @cached_property
    def folded(self) -> str:
        """The words as they are matched."""
        return fold_prose(self.text)

    @cached_property
    def terms(self) -> frozenset[str]:
        """What it holds, as a whole and clause by clause: alone, a Chinese word is parted otherwise."""
        return self.language.read_terms(self.text).union(*(clause.terms for clause in self.clauses))

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """Its clauses, in order."""
        return tuple(self.language.cut(self.text))

    @cached_property
    def statements(self) -> frozenset[Statement]:
        """What it states of parts: in a clause that binds them, or that has one state and the part."""
        words = self.language.vocabulary
        text = _LABEL.sub(r"\1 ", self.text)
        found = set(self.language.read_statements(self.text) | self.language.read_statements(text))
        folded = fold_prose(text)
        for start, end in cut_clauses(folded, words):
            marks = words.find_marks(folded[start:end])
            states = {m.value for m in marks if m.kind == "state"}
            if len(states) == 1 and not self.language.read_bonds(folded[start:end]).denies:
                found |= {Statement(m.value, state, "says") for m in marks if m.kind == "component" for state in states}
        opposed = {Statement(said.component, OPPOSITE.get(said.state, ""), said.stance) for said in found}
        return frozenset(found - (opposed - self.language.read_statements(self.text)))

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Its numbers with their units."""
        return read_quantities(self.text)

    @cached_property
    def counts(self) -> frozenset[float]:
        """The numbers that it has in words."""
        return frozenset(value for value, _ in self.language.words.count_words(self.folded))

    @cached_property
    def digits(self) -> frozenset[str]:
        """Its runs of digits."""
        return read_digits(self.folded)

    @cached_property
    def letters(self) -> str:
        """Its letters and digits alone, in which names stand however they are hyphenated."""
        return name_key(self.text)

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """Ids and folded names of the papers that it names behind its label ("Frozen:" is none)."""
        return self.language.read_names(_LABEL.sub("", self.text))

    @cached_property
    def named(self) -> frozenset[str]:
        """Ids of the papers that it is of or that it names."""
        found = {ident for ident, _ in self.language.read_names(self.text)}
        return frozenset(found | ({self.paper.id} if self.paper else set()))

    @property
    def is_han(self) -> bool:
        """Whether it has Chinese words."""
        return bool(HAN_CHAR.search(self.text))


def read_digits(folded: str) -> frozenset[str]:
    """Return the runs of digits of a folded text, without what parts thousands."""
    return frozenset(re.sub(r",(?=\d{3})", "", run) for run in _DIGITS.findall(folded))


def read_around(text: str, start: int, end: int, *, printed: bool) -> str:
    """Return a quote with the line that it stands in and the one before, of a PDF with what is printed before it."""
    if printed:
        return text[max(0, start - _BEFORE) : end]
    line = text.rfind("\n", 0, start)
    before = text.rfind("\n", 0, max(0, line)) + 1
    after = text.find("\n", end)
    return text[before : after if after >= 0 else len(text)]


def _turn(said: Statement) -> Statement:
    if said.stance == "denies" and said.state in OPPOSITE:
        return Statement(said.component, OPPOSITE[said.state], "says")
    return said
