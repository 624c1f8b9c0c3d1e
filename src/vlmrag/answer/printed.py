"""Facts out of a paper's own text: the few sentences in a row that hold most of what is asked.

An entry in a note says each thing in a line; a paper says it in a paragraph, under a heading, or in a row of a table,
and the number stands in the sentence after the one that names it. So here rows of neighbouring sentences are weighed:
by the share of what is asked that they hold, where what stands beside and above them counts in part, by what the
retriever thinks of the place, and the shorter the better.

A paper of ten thousand words holds most words of any question somewhere. That a word which is asked for stands nowhere
in it is therefore the best sign that it does not say.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from vlmrag.answer.draft import Point
from vlmrag.language.fold import fold
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues
from vlmrag.search.evidence import cover, is_headline
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.types import Paper, Sentence

WHOLE = 0.85
"""Share of what is asked that a paper must hold somewhere, for its best passage to be an answer,"""
TOLD = 0.85
"""or share that the passage must hold itself."""
_LEAST = 0.4
"""Share that the passage must hold in any case."""
_HITS = 60
"""Passages of the index that say how good a place is."""
_ROWS = 150
"""Rows that are weighed, those first that hold the most telling words."""
_ROW = 3
"""Sentences in a row, at most, and the characters that they may have."""
_ROW_LENGTH = 600
_NEAR = 2
"""Characters between two sentences of one paragraph."""
_BEFORE, _AFTER = 4, 2
"""Sentences before and after a row that are read with it: the lines above in a table, what "it" is."""
_BESIDE, _ABOVE = 0.5, 0.6
"""What a term counts that stands only there, or in the headings above."""
_PLACE, _LENGTH, _NUMBER = 0.3, 0.1 / 300, 0.1
"""What the retriever's score adds to a share of 1, what a character takes from it, and what a number that is asked for
adds."""
_EXPLAINS, _RESULTS = 0.3, 0.1
"""What a sentence adds to a share of 1 that tells how or why, where that is asked, and what one takes that tells how
well."""
_ABOUT, _HEADED = 0.85, 0.9
"""Share of a heading's weight that the question must hold for what stands under it to explain that; what a term of it
then counts."""
_TERMS = 3
"""What has fewer, such as a heading within a line, explains nothing."""
_SHOWN, _SHOWN_LENGTH = 4, 1000
"""Passages of an answer, at most, and the characters that they may have together."""
_KEEP = 0.65
"""A further passage must have this part of the best one's score."""
_STOPS = (".", "!", ")", "]")
_FIGURE, _LETTER = re.compile(r"\d"), re.compile(r"[^\W\d]")
_POINTS = re.compile(
    r"\[\d[^\[\]]*\]|\([^()]*\b(?:19|20)\d\d[a-z]?\)"
    r"|\b(?:Fig(?:ure|\.)?|Table|Tab\.|Section|Sec\.|Appendix|Eq(?:uation|\.)?|Algorithm)s?[\s~]*\(?[A-Z]?\.?\d+"
)
"""Numbers that only point: to a reference, a figure, a section."""


@dataclass(frozen=True, slots=True)
class Told:
    """Sentences in a row, as evidence for a question."""

    sentences: tuple[Sentence, ...]
    share: float
    """Of what is asked, that they hold between them, with what stands around them, 0..1."""
    score: float
    """By which passages are put in order."""

    def overlaps(self, other: Told) -> bool:
        """Say whether two passages share a sentence."""
        return bool(set(self.sentences) & set(other.sentences))


def find_told(
    question: Question, papers: Sequence[Paper], printed: Catalogue, retriever: Retriever
) -> list[tuple[Paper, list[Told]]]:
    """Return what the papers tell of a question, best passages first, the paper with the best one first.

    `papers` are those to look in; `printed` is the part of the library that holds PDFs.
    """
    owners = {d: paper for paper in papers for d in paper.documents if printed.spoken(d)}
    if not owners:
        return []
    places: dict[str, list[tuple[int, int, float]]] = {}
    for hit in retriever.search(question.text, _HITS, list(owners)):
        places.setdefault(hit.chunk.document, []).append((hit.chunk.start, hit.chunk.end, hit.score))
    found: dict[str, list[Told]] = {}
    reader = _Reader(question, printed, list(owners))
    for document, first in reader.find_starts(places):
        score = max((s for a, b, s in places.get(document, ()) if a <= reader.begins(document, first) < b), default=0.0)
        found.setdefault(owners[document].id, []).extend(reader.weigh_rows(document, first, score))
    by_id = {paper.id: paper for paper in papers}
    ranked = [(by_id[ident], sorted(told, key=lambda t: -t.score)) for ident, told in found.items() if told]
    return sorted(ranked, key=lambda entry: -entry[1][0].score)


class _Reader:
    """The sentences of some PDFs as one question meets them."""

    def __init__(self, question: Question, printed: Catalogue, documents: Sequence[str]) -> None:
        self._question, self._printed = question, printed
        self._weights = {term: printed.weigh(term) for term in question.terms}
        self._sentences = {d: printed.spoken(d) for d in documents}
        sought = self._weights.keys()
        self._marks = {d: [sought & set(s.terms) for s in ss] for d, ss in self._sentences.items()}
        self._sections = printed.index.sections(documents)
        self._above: dict[tuple[str, ...], dict[str, float]] = {}

    def begins(self, document: str, at: int) -> int:
        """Where in its source a sentence begins, by its number in the document."""
        return self._sentences[document][at].start

    def find_starts(self, places: Mapping[str, Sequence[tuple[int, int, float]]]) -> list[tuple[str, int]]:
        """The sentences at which the best rows may begin: those with the most telling words, and those in `places`."""
        ranked = []
        for document, marks in self._marks.items():
            spots = places.get(document, ())
            for at, held in enumerate(marks):
                if held:
                    start = self._sentences[document][at].start
                    placed = max((s for a, b, s in spots if a <= start < b), default=0.0)
                    near = held.union(*marks[at + 1 : at + _ROW])
                    ranked.append((sum(self._weights[t] for t in near) * (1 + placed), document, at))
        best = sorted(ranked, key=lambda r: -r[0])[:_ROWS]
        return [(document, at) for _, document, at in best]

    def weigh_rows(self, document: str, first: int, place: float) -> list[Told]:
        """The rows that begin with a sentence, weighed."""
        sentences, marks = self._sentences[document], self._marks[document]
        told = []
        for end in range(first + 1, min(first + _ROW, len(sentences)) + 1):
            row = tuple(sentences[first:end])
            length = row[-1].end - row[0].start
            if len(row) > 1 and (length > _ROW_LENGTH or row[-1].start - row[-2].end > _NEAR):
                break
            if is_headline(row[-1]):
                continue
            held = set().union(*marks[first:end])
            beside = set().union(*marks[max(0, first - _BEFORE) : first], *marks[end : end + _AFTER])
            context = dict.fromkeys(beside, _BESIDE) | self._read_above(document, row[0].start)
            share = _cover(self._question, held, self._printed, context)
            counts = "number" in self._question.wants and any(_FIGURE.search(_POINTS.sub("", s.text)) for s in row)
            score = share + _PLACE * place + _NUMBER * counts - _LENGTH * length
            if self._question.explains:
                parts = list(map(self._explain, row, marks[first:end]))
                score += max(0.0, *parts) + min(0.0, *parts)
            told.append(Told(row, share, score))
        return told

    def _explain(self, sentence: Sentence, marks: Collection[str]) -> float:
        """What a sentence on the question's subject adds by telling how or why; what one takes that cannot."""
        tells, text = Cues.load().tells, " ".join(fold(sentence.text).split())
        if len(set(sentence.terms)) < _TERMS or not text.endswith(_STOPS) or tells["results"].search(text):
            return -_RESULTS
        tells_it = marks and tells[self._question.explains].search(text)
        return _EXPLAINS * _cover(self._question, marks, self._printed) if tells_it else 0.0

    def _read_above(self, document: str, start: int) -> dict[str, float]:
        """What the terms of the headings above a place count."""
        sections = self._sections.get(document, [])
        at = bisect_right(sections, start, key=lambda section: section[0]) - 1
        heading = sections[at][1] if at >= 0 else ()
        if heading not in self._above:
            titles = [[t for t in self._printed.glossary.terms(title) if _LETTER.search(t)] for title in heading]
            self._above[heading] = {t: _ABOVE for terms in titles for t in terms if t in self._weights}
            for terms in titles[-1:] if self._question.explains else ():
                whole = sum(map(self._printed.weigh, terms))
                if whole and sum(self._weights.get(t, 0.0) for t in terms) >= _ABOUT * whole:
                    self._above[heading] |= dict.fromkeys(terms, _HEADED)
        return self._above[heading]


def answer_from_print(
    question: Question, papers: Sequence[Paper], printed: Catalogue, retriever: Retriever
) -> tuple[Point, float] | None:
    """Return what the paper says that tells most of it, and the share of the question that this holds; or None."""
    for paper, told in find_told(question, papers, printed, retriever)[:1]:
        best = told[0]
        whole = _cover_whole(question, paper, printed)
        if best.share >= _LEAST and (whole >= WHOLE or best.share >= TOLD):
            return Point(paper, "yes", show_told(told, printed)), min(best.share, whole)
    return None


def show_told(told: Sequence[Told], printed: Catalogue, most: int = _SHOWN) -> tuple[Sentence, ...]:
    """The sentences of the `most` best passages, best first, and the one that goes on from the best."""
    first, *rest = _choose(told)[:most]
    return tuple(dict.fromkeys([*go_on(first, printed), *(s for t in rest for s in t.sentences)]))


def go_on(told: Told, printed: Catalogue) -> tuple[Sentence, ...]:
    """The sentences of a passage and the one that follows them in their paragraph: it often names the figure."""
    last = told.sentences[-1]
    after = printed.spoken(last.document, last.end, last.end + _NEAR + 1)[:1]
    room = _ROW_LENGTH - (last.end - told.sentences[0].start)
    fits = (s for s in after if s.start >= last.end and s.end - s.start <= room and not is_headline(s))
    return told.sentences + tuple(fits)


def _cover(
    question: Question, held: Collection[str], printed: Catalogue, context: Mapping[str, float] | None = None
) -> float:
    """The share of what is asked that is held, by the alternative of which most is."""
    return max((cover(wanted, held, printed, context) for wanted in question.alternatives), default=0.0)


def _cover_whole(question: Question, paper: Paper, printed: Catalogue) -> float:
    return _cover(question, {term for sentence in printed.sentences(paper) for term in sentence.terms}, printed)


def _choose(told: Sequence[Told]) -> list[Told]:
    """The best passages that do not overlap, as long as they are about as good."""
    chosen: list[Told] = []
    shown: set[str] = set()  # a library may hold two copies of a paper
    length = 0
    for passage in takewhile(lambda t: t.score >= _KEEP * told[0].score, told):
        size = passage.sentences[-1].end - passage.sentences[0].start
        if len(chosen) == _SHOWN:
            break
        words = {fold("".join(s.text.split())) for s in passage.sentences}
        if any(passage.overlaps(other) for other in chosen) or (chosen and length + size > _SHOWN_LENGTH):
            continue
        if words & shown:
            continue
        shown |= words
        chosen.append(passage)
        length += size
    return chosen
