"""Facts and definitions: the fewest sentences of the right paper that hold what is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.refusal import refuse
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import Evidence, cover, weigh_all
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.types import Paper, Sentence

MENTIONED = 0.34
"""Share of what is asked that a named paper's entries must hold; below it the answer is refused."""
FOUND = 0.55
"""The same where no paper was named and one had to be found."""
_LENGTH = 560
"""Characters of evidence in an answer, about."""
_MOST = 4
_FIELDS = {"org": ("org", "author"), "author": ("author", "org"), "date": ("date", "year"), "title": ("title",),
           "venue": ("venue", "status"), "url": ("arxiv", "url", "doi")}  # fmt: skip
_NUMBER = re.compile(r"\d|[一二三四五六七八九十百千万億亿兩两]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\b")


def answer_fact(question: Question, catalogue: Catalogue, retriever: Retriever) -> Draft:
    """Answer from the paper that is named, else from the one that is found."""
    if question.unknown and not question.papers:
        return refuse(question, catalogue, retriever)
    if question.papers:
        points = [p for paper in question.papers[:1] for p in [answer_from(paper, question, catalogue)] if p]
    else:
        points = _search_paper(question, catalogue, retriever)
    if not points or question.unknown:
        return refuse(question, catalogue, retriever)
    return Draft(question.kind, tuple(points))


def answer_from(paper: Paper, question: Question, catalogue: Catalogue, least: float = MENTIONED) -> Point | None:
    """Return the sentences of one paper that answer, or None where they do not hold enough of what is asked."""
    sentences = catalogue.sentences(paper)
    fields = _stating(paper, question.wants, sentences, catalogue)
    found = weigh_all(question, sentences, catalogue)
    held = {t for s in sentences for t in s.terms}
    share = max((cover(a, held, catalogue) for a in question.alternatives), default=1.0)
    wanted_field = any(w in _FIELDS for w in question.wants)
    if not sentences or (share < least and not (wanted_field and fields)):
        return None
    if wanted_field and not fields and share < least:
        return None
    if "number" in question.wants and not wanted_field:
        found = [e for e in found if _NUMBER.search(e.sentence.text)] or found
        if not any(e.score > 0 and _NUMBER.search(e.sentence.text) for e in found):
            return None
    chosen = choose_sentences(found, question, catalogue, fields)
    return Point(paper, "yes", tuple(chosen or [e.sentence for e in found[:2]]))


def choose_sentences(
    found: Sequence[Evidence], question: Question, catalogue: Catalogue, first: Sequence[Sentence] = ()
) -> list[Sentence]:
    """Take sentences while each adds to what is held, best first, up to the length of an answer."""
    chosen = list(dict.fromkeys(first))[:_MOST]
    held = {t for s in chosen for t in s.terms}
    length = sum(len(s.text) for s in chosen)
    for evidence in found:
        sentence = evidence.sentence
        if len(chosen) >= _MOST or (chosen and length + len(sentence.text) > _LENGTH):
            break
        if sentence in chosen or evidence.score <= 0:
            continue
        new = set(sentence.terms) & set(question.terms) - held
        if not chosen or new or evidence.score >= 0.6 * found[0].score:
            chosen.append(sentence)
            held |= set(sentence.terms)
            length += len(sentence.text)
    return chosen


def _stating(
    paper: Paper, wants: Sequence[str], sentences: Sequence[Sentence], catalogue: Catalogue
) -> list[Sentence]:
    """The sentences in which the fields stand that the question wants."""
    places = [
        (document, field.start, field.end)
        for want in wants
        for name in _FIELDS.get(want, ())
        for document in paper.documents
        for work in catalogue.documents[document].works
        for field in work.fields
        if field.name == name
    ]
    return [s for d, a, b in places for s in sentences if s.document == d and s.start < b and a < s.end]


def _search_paper(question: Question, catalogue: Catalogue, retriever: Retriever) -> list[Point]:
    """The one paper that best holds what is asked: candidates by retrieval, decided on their sentences."""
    excluded = {p.id for p in question.excluded}
    ranked: list[tuple[float, int, Paper]] = []
    order = {p: i for i, p in enumerate(_candidates(question, catalogue, retriever))}
    for paper, at in order.items():
        if paper.id in excluded:
            continue
        sentences = catalogue.sentences(paper)
        found = weigh_all(question, sentences, catalogue)
        held = {t for s in sentences for t in s.terms}
        whole = max((cover(a, held, catalogue) for a in question.alternatives), default=0.0)
        best = max((e.score for e in found if e.stance != "others"), default=0.0)
        ranked.append((0.6 * best + 0.4 * whole - 0.01 * at, at, paper))
    ranked.sort(key=lambda r: (-r[0], r[1]))
    if not ranked or ranked[0][0] < FOUND:
        return []
    point = answer_from(ranked[0][2], question, catalogue, least=0.0)
    return [point] if point else []


def _candidates(question: Question, catalogue: Catalogue, retriever: Retriever, most: int = 12) -> list[Paper]:
    by_id = {p.id: p for p in catalogue.papers}
    hits = retriever.search(question.text, k=40)
    return list(dict.fromkeys(by_id[p] for hit in hits for p in hit.papers))[:most]
