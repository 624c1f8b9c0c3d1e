"""Comparisons and likenesses: both sides of the one, reasons for the other."""

from __future__ import annotations

from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.passage import answer_from
from vlmrag.answer.refusal import refuse
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import cover_paper
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.search.similar import rank_similar

LEAST_LIKENESS = 0.72
"""A paper is given as similar down to this share of the best one's likeness."""
_MOST_ALIKE = 5


def answer_comparison(question: Question, catalogue: Catalogue, retriever: Retriever) -> Draft:
    """Put the question to each paper that is named, and give what each says."""
    papers = question.papers
    drafts = [answer_from(p, question, catalogue, 0.0, [o for o in papers if o is not p]) for p in papers]
    points = [point for point in drafts if point]
    if len(points) < 2:
        return refuse(question, catalogue, retriever)
    sure = min(cover_paper(question, paper, catalogue) for paper in papers)
    return Draft("compare", tuple(points), confidence=sure)


def answer_similar(question: Question, catalogue: Catalogue, retriever: Retriever) -> Draft:
    """Give the papers that are most like the first one named, within the question's constraints."""
    ranked = rank_similar(question.papers[0], catalogue, _MOST_ALIKE, catalogue.select(question.filters))
    least = LEAST_LIKENESS * ranked[0].score if ranked else 0.0
    points = [Point(x.paper, "yes", x.evidence) for x in ranked[:_MOST_ALIKE] if x.score >= least and x.evidence]
    if not points:
        return refuse(question, catalogue, retriever)
    return Draft("similar", tuple(points), confidence=ranked[0].score)
