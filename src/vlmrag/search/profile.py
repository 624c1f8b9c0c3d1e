"""What a paper, or a text, is compared by: its words, subjects, sections, tags, names and year."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from vlmrag.language.fold import HAN_CHAR, fold, name_key
from vlmrag.language.patterns import compile_later
from vlmrag.language.words import WORD, stem, stop_words
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Document, Paper, Sentence

_SUBJECTS = ("task", "modality", "model-part", "data")
"""The kinds of the glossary that say what a paper is about."""
_FORMAL = frozenset({"arxiv", "url", "doi", "date", "year", "venue", "status", "org", "author", "cites"})
"""The fields whose words say nothing of a paper's subject, or what others say."""
_ADDRESS = compile_later(
    r"!\[[^\]]*\](?:\([^()\s]*\))?|(?:https?://|www\.)[^\s\u3000-\u9fff)>\]]+|\b[\w-]+(?:\.[\w-]+)+/[^\s)>\]]+"
)
_LETTER = compile_later(r"[^\W\d_]")
_FAMILY = 3
"""Letters that a name must have to begin those of a family."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What one paper, or a text, is compared by."""

    words: Mapping[str, float]
    """Terms by how often they are used, logarithmic."""
    subjects: Mapping[str, float]
    """The same of the glossary's tasks, modalities, parts and data."""
    sections: frozenset[tuple[str, ...]] = frozenset()
    """Where its entries stand: source and headings, outermost first; of a file of its own, the folder."""
    tags: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    """Keys of its short names, without versions."""
    year: int | None = None


class ProfileReader:
    """Reads profiles of papers and of texts."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Read the words of the glossary that profiles are made of."""
        self._catalogue = catalogue
        self._formal: dict[str, tuple[tuple[int, int], ...]] = {}
        self._terms: dict[tuple[str, int], Sequence[str]] = {}
        self._glossary_terms = cache(lambda text: frozenset(catalogue.glossary.terms(text)))
        self._subjects: dict[tuple[str, ...], str] = {}
        for entry in catalogue.glossary.entries.values():
            if entry.kind in _SUBJECTS and (stems := _stem_words(entry.term)):
                self._subjects.setdefault(stems, entry.term)
        self._longest = max(map(len, self._subjects), default=0)
        self._heads = {stems[0] for stems in self._subjects}
        self._files = Counter(d.source for d in catalogue.documents.values() if d.works)

    def read_paper(self, paper: Paper) -> Profile:
        """Return the profile of a paper of the library."""
        documents = [self._catalogue.documents[d] for d in paper.documents]
        return replace(
            self._read(map(self.read_terms, self._catalogue.sentences(paper))),
            sections=frozenset(place for d in documents for place in self._find_sections(d)),
            tags=frozenset(fold(tag) for tag in paper.tags),
            names=tuple(dict.fromkeys(key for n in (paper.name, *paper.aliases) if (key := _root(n)))),
            year=paper.year,
        )

    def read_text(self, text: str) -> Profile:
        """Return the profile of a text that is no paper of the library."""
        return self._read([self._catalogue.glossary.terms(_ADDRESS.sub(" ", text))])

    def _read(self, passages: Iterable[Sequence[str]]) -> Profile:
        words: Counter[str] = Counter()
        subjects: Counter[str] = Counter()
        for terms in passages:
            words.update(terms)
            subjects.update(self.find_subjects(terms))
        return Profile(_dampen({t: n for t, n in words.items() if _LETTER.search(t)}), _dampen(subjects))

    def find_subjects(self, terms: Sequence[str]) -> list[str]:
        """Return the glossary's tasks, modalities, parts and data that stand in a row of terms, in order."""
        found: list[str] = []
        if self._heads.isdisjoint(terms):
            return found
        for at in [i for i, term in enumerate(terms) if term in self._heads]:
            for end in range(min(len(terms), at + self._longest), at, -1):
                if subject := self._subjects.get(tuple(terms[at:end])):
                    found.append(subject)
                    break
        return found

    @cached_property
    def spelling(self) -> dict[str, str]:
        """English words of the glossary by their stems."""
        entries = self._catalogue.glossary.entries.values()
        return {stem(word): word for entry in entries for word in WORD.findall(fold(entry.term))}

    def _find_formal(self, document: str) -> tuple[tuple[int, int], ...]:
        if document not in self._formal:
            works = self._catalogue.documents[document].works
            fields = (f for work in works for f in work.fields if f.name in _FORMAL)
            self._formal[document] = tuple((f.start, f.end) for f in fields)
        return self._formal[document]

    def read_terms(self, sentence: Sentence) -> Sequence[str]:
        """Return the terms of a sentence without those of addresses, dates, organisations, people and references."""
        place = (sentence.document, sentence.start)
        if place not in self._terms:
            self._terms[place] = self._leave_formal(sentence)
        return self._terms[place]

    def _leave_formal(self, sentence: Sentence) -> Sequence[str]:
        text, start, end = sentence.text, sentence.start, sentence.end
        fields = [(a, b) for a, b in self._find_formal(sentence.document) if a < end and start < b]
        spans = [(max(a - start, 0), min(b - start, len(text))) for a, b in fields]
        if "/" in text or "www." in text or "![" in text:
            spans += [m.span() for m in _ADDRESS.finditer(text)]
        if not spans:
            return sentence.terms
        dropped = {t for a, b in spans for t in (*_stem_words(text[a:b]), *self._read_formal(text[a:b]))}
        rest = text
        for a, b in spans:
            rest = rest[:a] + " " * (b - a) + rest[b:]
        kept = set(_stem_words(rest))
        return [t for t in sentence.terms if t in kept or t not in dropped]

    def _read_formal(self, words: str) -> frozenset[str]:
        return self._glossary_terms(words) if HAN_CHAR.search(words) else frozenset()

    def _find_sections(self, document: Document) -> Iterable[tuple[str, ...]]:
        """The places of a document: below each heading that has words; of a file of its own, the folder."""
        headings = self._catalogue.headings(document.id)
        yield from (
            (document.source, *headings[:depth])
            for depth in range(1, len(headings) + 1)
            if _LETTER.search(headings[depth - 1])
        )
        if self._files[document.source] == 1 and "/" in document.source:
            yield (document.source.rpartition("/")[0],)


def _dampen(counts: Mapping[str, int]) -> dict[str, float]:
    return {key: 1 + math.log(n) for key, n in counts.items()}


def _stem_words(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in WORD.findall(fold(text)) if word not in stop_words())


def _root(name: str) -> str:
    """The key of a short name without its version; empty for a title, and for what is too short to begin a family."""
    key = re.sub(r"(?:v?\d+)+\Z", "", name_key(name)) if len(name.split()) < 4 else ""
    return key if len(key) >= _FAMILY else ""
