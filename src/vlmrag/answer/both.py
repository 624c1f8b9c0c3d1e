"""Notes and papers together: what a note says leads, what the paper says proves it or fills what the notes leave open.

A PDF holds nearly every word somewhere, so that more is asked of it: of a fact what `printed.py` asks, of a verdict
that the paper speaks of itself.
"""

from __future__ import annotations

from dataclasses import replace

from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.listing import answer_check, count_verdicts, judge_papers, list_papers
from vlmrag.answer.printed import answer_from_print, find_told
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import cover_paper
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever

PROVES = 0.7
"""Share of what is asked that a passage of a PDF must hold to be set beside what a note says."""
LEADS = 0.15
"""A named paper whose PDF holds so much more of what is asked than the notes do is told from the PDF; where no paper is
named, whichever holds more."""


def complete_list(question: Question, notes: Catalogue, printed: Catalogue) -> Draft:
    """Put the question to the PDFs too: they decide where the notes are silent, and prove what the notes say."""
    told = {point.paper.id: (point, s) for point, s in judge_papers(list_papers(question, printed), question, printed)}
    points = []
    for point, strength in judge_papers(list_papers(question, notes), question, notes):
        points.append(_join(point, strength, *told.pop(point.paper.id, (point, strength))))
    return count_verdicts([*points, *told.values()], question, notes)


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
    if question.unknown:
        return None
    checked = answer_check(question, printed.in_own_voice()) if question.kind == "check" else None
    told = _ask_papers(question, printed, retriever)
    if checked or told is None:
        return checked
    point, share = told
    return Draft(question.kind, (point,), confidence=share)


def join_fact(draft: Draft, question: Question, notes: Catalogue, printed: Catalogue, retriever: Retriever) -> Draft:
    """Set what the PDFs say beside what the notes say: as proof, or in their place where it says far more."""
    told = _ask_papers(question, printed, retriever)
    if told is None or question.kind in ("check", "compare"):
        return replace(draft, points=tuple(_prove(p, question, printed, retriever) for p in draft.points))
    point, share = told
    noted = max(cover_paper(question, p.paper, notes) for p in draft.points)
    if share > noted + (LEADS if question.papers else 0.0):
        return Draft(question.kind, (point,), confidence=share)
    return replace(draft, points=tuple(_prove(p, question, printed, retriever) for p in draft.points))


def _ask_papers(question: Question, printed: Catalogue, retriever: Retriever) -> tuple[Point, float] | None:
    papers = [p for p in question.papers if printed.sentences(p)] if question.papers else printed.papers
    excluded = {p.id for p in question.excluded}
    admitted = [p for p in papers if p.id not in excluded and printed.admits(p, question.filters)]
    return answer_from_print(question, admitted, printed, retriever)


def _prove(point: Point, question: Question, printed: Catalogue, retriever: Retriever) -> Point:
    """Set beside what a note says the passage of the paper itself that says it too."""
    if not printed.admits(point.paper, question.filters):
        return point
    for _, told in find_told(question, [point.paper], printed, retriever):
        if told[0].share >= PROVES:
            return replace(point, evidence=(*point.evidence, *told[0].sentences))
    return point
