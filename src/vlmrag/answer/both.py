"""Notes and papers together: what a note says leads, what the paper says proves it or fills what the notes leave open.

A PDF holds nearly every word somewhere, so that more is asked of it: of a fact what `printed.py` asks, of a verdict
that the paper speaks of itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.listing import answer_check, count_verdicts, judge_papers, list_papers
from vlmrag.answer.passage import answer_from
from vlmrag.answer.printed import answer_from_print, find_told, go_on, show_told
from vlmrag.language.fold import name_key
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import cover_paper
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.types import Paper, Sentence

PROVES = 0.7
"""Share of what is asked that a passage of a PDF must hold to be set beside what a note says."""
LEADS = 0.15
"""A named paper whose PDF holds so much more of what is asked than the notes do is told from the PDF; where no paper is
named, whichever holds more."""
_A_SIDE = 2
"""Passages that a side of a comparison shows, at most."""


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
    told = None if question.kind == "check" else _ask_papers(question, printed, retriever)
    if told:
        point, share = told
        noted = max(cover_paper(question, p.paper, notes) for p in draft.points)
        if share > noted + (LEADS if question.papers else 0.0):
            return Draft(question.kind, (point,), confidence=share)
    return replace(draft, points=tuple(_prove(p, question, printed, retriever) for p in draft.points))


def compare_both(question: Question, notes: Catalogue, printed: Catalogue, retriever: Retriever) -> Draft | None:
    """What notes and papers say of each side of a comparison; None where they do not tell of two."""
    from vlmrag.answer.comparison import answer_comparison  # a fact does not wait for it

    noted = answer_comparison(question, notes, retriever)
    points, shares = [], []
    for paper in question.papers:
        said = next((p for p in noted.points if p.paper.id == paper.id), None)
        others = [other for other in question.papers if other is not paper]
        said = said or answer_from(paper, question, notes, others)
        share = cover_paper(question, paper, notes) if said else 0.0
        for owner, told in find_told(question, _find_printed([paper], question, printed), printed, retriever)[:1]:
            if said is None or told[0].share > share + LEADS:
                said, share = Point(owner, "yes", show_told(told, printed, _A_SIDE)), told[0].share
            elif told[0].share >= PROVES:
                said = replace(said, evidence=(*said.evidence, *told[0].sentences))
        points += [said] if said else []
        shares.append(share)
    if len(points) < 2:
        return None
    if noted.kind == "compare":
        return replace(noted, points=tuple(points))
    return Draft("compare", tuple(points), confidence=min(shares))


def echoes_print(draft: Draft, notes: Catalogue) -> bool:
    """Whether all that the notes say are lines that a reader marked in a paper: then the paper itself is asked."""
    sentences = [s for point in draft.points for s in point.evidence]
    return bool(sentences) and all(_is_printed(s, notes) for s in sentences)


def _is_printed(sentence: Sentence, notes: Catalogue) -> bool:
    """Whether a note's sentence stands in a PDF, and is the PDF's own words."""
    source = notes.documents[sentence.document].source
    paper = next((d for d in notes.documents.values() if d.source == source and d.kind == "pdf"), None)
    if paper is None:
        return False
    printed = notes.index.source(source).text[paper.start : paper.end]
    return _squeeze(sentence.text) in _squeeze(printed)


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _ask_papers(question: Question, printed: Catalogue, retriever: Retriever) -> tuple[Point, float] | None:
    excluded = {p.id for p in question.excluded}
    papers = _find_printed(question.papers, question, printed) if question.papers else printed.papers
    admitted = [p for p in papers if p.id not in excluded and printed.admits(p, question.filters)]
    return answer_from_print(question, admitted, printed, retriever)


def _find_printed(papers: Sequence[Paper], question: Question, printed: Catalogue) -> list[Paper]:
    """The papers among these that there are PDFs of; of one without, those of its name."""
    found = {p.id: p for p in papers if printed.sentences(p)}
    for paper in (p for p in papers if p.id not in found):
        key = name_key(paper.name)
        found |= {p.id: p for p in printed.papers if name_key(p.name) == key and printed.sentences(p)}
    return [p for p in found.values() if printed.admits(p, question.filters)]


def _prove(point: Point, question: Question, printed: Catalogue, retriever: Retriever) -> Point:
    """Set beside what a note says the passage of the paper itself that says it too."""
    for _, told in find_told(question, _find_printed([point.paper], question, printed), printed, retriever):
        if told[0].share >= PROVES:
            # what something is for stands in one place of a paper, and by what it is done in another
            proof = show_told(told, printed) if question.explains else go_on(told[0], printed)
            return replace(point, evidence=tuple(dict.fromkeys((*point.evidence, *proof))))
    return point
