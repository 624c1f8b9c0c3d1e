"""Notes and papers together: what a note says leads, what the paper says proves it or fills what the notes leave open.

A PDF holds nearly every word somewhere, so that more is asked of it: of a fact that one of its sentences says it, of a
verdict that it speaks of itself.
"""

from __future__ import annotations

from dataclasses import replace

from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.listing import answer_check, count_verdicts, judge_papers
from vlmrag.answer.passage import answer_fact, answer_from
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import weigh_all
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever

TOLD = 0.6
"""Share of what is asked that must stand together in a PDF for an answer from it."""
PROVES = 0.55
"""Share that one sentence of a PDF must hold to be set beside what a note says."""
_PROOFS = 2
"""Sentences of the paper itself that are set beside a note's."""


def complete_list(question: Question, notes: Catalogue, printed: Catalogue) -> Draft:
    """Put the question to the PDFs too: they decide where the notes are silent, and prove what the notes say."""
    told = {
        point.paper.id: (point, s) for point, s in judge_papers(printed.select(question.filters), question, printed)
    }
    points = []
    for point, strength in judge_papers(notes.select(question.filters), question, notes):
        points.append(_join(point, strength, *told.pop(point.paper.id, (point, strength))))
    return count_verdicts([*points, *told.values()], notes)


def _join(point: Point, strength: float, told: Point, told_strength: float) -> tuple[Point, float]:
    """One paper's verdict by its notes and by its PDF: a note that says something leads."""
    if told is point or told.says == "not stated":
        return point, strength
    if point.says == "not stated" or not point.evidence:
        return told, told_strength
    if point.says == told.says:
        return replace(point, evidence=(*point.evidence, *told.evidence[:1])), strength
    return point, strength


def answer_from_papers(question: Question, printed: Catalogue, retriever: Retriever) -> Draft | None:
    """What the PDFs answer by themselves, if they do."""
    checked = (
        answer_check(question, printed.in_own_voice()) if question.kind == "check" and not question.unknown else None
    )
    if checked:
        return checked
    draft = answer_fact(question, printed, retriever, mentioned=TOLD, found=TOLD)
    if draft.kind == "refusal":
        return None
    best = max((e.score for p in draft.points for e in weigh_all(question, p.paper, printed)[:1]), default=0.0)
    return draft if best >= PROVES else None


def prove(point: Point, question: Question, printed: Catalogue) -> Point:
    """Set beside what a note says the sentences of the paper itself that say it too."""
    if not printed.admits(point.paper, question.filters):
        return point
    found = answer_from(point.paper, question, printed, TOLD)
    if found is None:
        return point
    scores = {e.sentence: e.score for e in weigh_all(question, point.paper, printed)}
    proofs = [s for s in found.evidence if scores.get(s, 0.0) >= PROVES]
    return replace(point, evidence=(*point.evidence, *proofs[:_PROOFS]))
