"""Facts out of a paper's own text: the few sentences in a row that hold most of what is asked.

An entry in a note says each thing in a line; a paper says it in a paragraph, and the number stands in the sentence
after the one that names it. So here passages of neighbouring sentences are weighed: by the share of what is asked that
they hold, by what the retriever thinks of the place, and the shorter the better.

A paper of ten thousand words holds most words of any question somewhere. That a word which is asked for stands nowhere
in it is therefore the best sign that it does not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vlmrag.answer.draft import Point
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import cover
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.types import Paper, Sentence

WHOLE = 0.9
"""Share of what is asked that a paper must hold somewhere, for its best passage to be an answer,"""
TOLD = 0.85
"""or share that the passage must hold itself."""
_LEAST = 0.4
"""Share that the passage must hold in any case."""
_HITS = 60
"""Passages of the index in which sentences are looked at."""
_ROW = 3
"""Sentences in a row, at most, and the characters that they may have."""
_ROW_LENGTH = 600
_NEAR = 2
"""Characters between two sentences of one paragraph."""
_PLACE, _LENGTH, _NUMBER = 0.3, 0.1 / 300, 0.1
"""What the retriever's score adds to a share of 1, what a character takes from it, and what a number that is asked for
adds."""
_SHOWN, _SHOWN_LENGTH = 3, 1000
"""Passages of an answer, at most, and the characters that they may have together."""
_KEEP = 0.65
"""A further passage must have this part of the best one's score."""
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Told:
    """Sentences in a row, as evidence for a question."""

    sentences: tuple[Sentence, ...]
    share: float
    """Of what is asked, that they hold between them, 0..1."""
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
    found: dict[str, list[Told]] = {}
    seen: set[tuple[Sentence, ...]] = set()
    for hit in retriever.search(question.text, _HITS, list(owners)):
        for row in _rows(printed.spoken(hit.chunk.document, hit.chunk.start, hit.chunk.end)):
            if row not in seen:
                seen.add(row)
                told = _weigh(row, hit.score, question, printed)
                found.setdefault(owners[hit.chunk.document].id, []).append(told)
    by_id = {paper.id: paper for paper in papers}
    ranked = [(by_id[ident], sorted(told, key=lambda t: -t.score)) for ident, told in found.items()]
    return sorted(ranked, key=lambda entry: -entry[1][0].score)


def answer_from_print(
    question: Question, papers: Sequence[Paper], printed: Catalogue, retriever: Retriever
) -> tuple[Point, float] | None:
    """Return what the paper says that tells most of it, and the share of the question that this holds; or None."""
    for paper, told in find_told(question, papers, printed, retriever)[:1]:
        best = told[0]
        whole = _cover_whole(question, paper, printed)
        if best.share >= _LEAST and (whole >= WHOLE or best.share >= TOLD):
            first, *rest = _choose(told)
            shown = [*_go_on(first, printed), *(s for t in rest for s in t.sentences)]
            return Point(paper, "yes", tuple(dict.fromkeys(shown))), min(best.share, whole)
    return None


def _go_on(told: Told, printed: Catalogue) -> tuple[Sentence, ...]:
    """The sentences of a passage and the one that follows them in their paragraph: it often names the figure."""
    last = told.sentences[-1]
    after = printed.spoken(last.document, last.end, last.end + _NEAR + 1)[:1]
    room = _ROW_LENGTH - (last.end - told.sentences[0].start)
    return told.sentences + tuple(s for s in after if s.start >= last.end and s.end - s.start <= room)


def _rows(sentences: Sequence[Sentence]) -> Iterator[tuple[Sentence, ...]]:
    """Yield the sentences one by one, and as many in a row as belong together."""
    for first in range(len(sentences)):
        for row in (sentences[first : first + length] for length in range(1, _ROW + 1)):
            apart = len(row) > 1 and row[-1].start - row[-2].end > _NEAR
            if apart or (len(row) > 1 and row[-1].end - row[0].start > _ROW_LENGTH):
                break
            yield tuple(row)


def _weigh(row: tuple[Sentence, ...], place: float, question: Question, printed: Catalogue) -> Told:
    held = {term for sentence in row for term in sentence.terms}
    share = max((cover(wanted, held, printed) for wanted in question.alternatives), default=0.0)
    counts = "number" in question.wants and any(_FIGURE.search(sentence.text) for sentence in row)
    length = row[-1].end - row[0].start
    return Told(row, share, share + _PLACE * place + _NUMBER * counts - _LENGTH * length)


def _cover_whole(question: Question, paper: Paper, printed: Catalogue) -> float:
    held = {term for sentence in printed.sentences(paper) for term in sentence.terms}
    return max((cover(wanted, held, printed) for wanted in question.alternatives), default=0.0)


def _choose(told: Sequence[Told]) -> list[Told]:
    """The best passages that do not overlap, as long as they are about as good."""
    chosen: list[Told] = []
    length = 0
    for passage in told:
        size = passage.sentences[-1].end - passage.sentences[0].start
        if len(chosen) == _SHOWN or passage.score < _KEEP * told[0].score:
            break
        if any(passage.overlaps(other) for other in chosen) or (chosen and length + size > _SHOWN_LENGTH):
            continue
        chosen.append(passage)
        length += size
    return chosen
