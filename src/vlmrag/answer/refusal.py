"""An honest no: the library does not hold it, and this is what comes nearest."""

from __future__ import annotations

from vlmrag.answer.draft import Draft, Point
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import weigh_all
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever

_NEAREST = 3


def refuse(question: Question, catalogue: Catalogue, retriever: Retriever) -> Draft:
    """Refuse, with what *is* said of the papers named, or else the nearest passages."""
    points = []
    for paper in question.papers[:2]:
        found = weigh_all(question, paper, catalogue)[:2]
        points.append(Point(paper, "not stated", tuple(e.sentence for e in found), "near"))
    if not points:
        by_id = {p.id: p for p in catalogue.papers}
        for hit in retriever.search(question.text, k=12):
            for paper in (by_id[i] for i in hit.papers[:1]):
                if paper not in [p.paper for p in points] and len(points) < _NEAREST:
                    found = weigh_all(question, paper, catalogue)[:1]
                    points.append(Point(paper, "not stated", tuple(e.sentence for e in found), "near"))
    return Draft("refusal", (), tuple(points), missing=question.unknown)
