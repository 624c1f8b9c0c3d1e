"""An honest no: the library does not hold it, and this is what comes nearest."""

from __future__ import annotations

from dataclasses import replace

from vlmrag.answer.draft import Draft, Point
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import weigh_all
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.types import Filters, Paper

_NEAREST = 3


def refuse(question: Question, catalogue: Catalogue, retriever: Retriever) -> Draft:
    """Refuse, with what *is* said of the papers named, or else the nearest passages."""
    points = []
    for paper in question.papers[:2]:
        found = weigh_all(question, paper, catalogue)
        if not any(e.score for e in found):  # nothing near: then what is said of it at all
            found = weigh_all(replace(question, alternatives=()), paper, catalogue)
        found = found[:2]
        points.append(Point(paper, "not stated", tuple(e.sentence for e in found), "near"))
    for paper in [] if points else find_nearest(question, catalogue, retriever, 12)[:_NEAREST]:
        found = weigh_all(question, paper, catalogue)[:1]
        points.append(Point(paper, "not stated", tuple(e.sentence for e in found), "near"))
    return Draft("refusal", (), tuple(points), missing=question.unknown)


def find_nearest(question: Question, catalogue: Catalogue, retriever: Retriever, passages: int) -> list[Paper]:
    """Return the papers of the `passages` nearest to the question, best first, within its constraints."""
    limited = question.filters != Filters() or catalogue.partial
    documents = catalogue.select_documents(question.filters) if limited else None
    allowed = {p.id: p for p in catalogue.select(question.filters)}
    hits = retriever.search(question.text, passages, documents)
    return list(dict.fromkeys(allowed[p] for hit in hits for p in hit.papers if p in allowed))
