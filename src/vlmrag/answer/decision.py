"""What decided an answer: the threshold, and the scores that were held against it, for `vlmrag ask --explain`.

It is weighed with the functions that the answer itself comes from, so that it cannot tell another story.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from vlmrag.answer.comparison import LEAST_LIKENESS
from vlmrag.answer.listing import YES, judge_by_words, judge_papers, weigh_papers
from vlmrag.answer.passage import FOUND, MENTIONED, rank_papers, weigh_lifted
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import cover_paper
from vlmrag.search.explain import Row, explain_question
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.search.similar import Likeness, rank_similar
from vlmrag.types import Paper, Says

_SHOWN = 5
"""Papers or sentences whose scores are told."""
_SHOWN_SIDES = 4
"""Sides of a likeness that are told."""
_LENGTH = 60
"""Characters of a sentence that are shown."""
_RULED_OUT = {"denies": "no: the sentence denies it", "others": "no: said of other works"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a question was understood, and what decided its answer, in rows of a name and what is said under it."""

    understood: tuple[Row, ...]
    decided: tuple[Row, ...]


def explain_answer(question: Question, catalogue: Catalogue, retriever: Retriever) -> Explanation:
    """Return how a question was understood and what decides its answer."""
    understood = explain_question(question, catalogue.glossary)
    return Explanation(tuple(understood), tuple(_explain_decision(question, catalogue, retriever)))


def _explain_decision(question: Question, catalogue: Catalogue, retriever: Retriever) -> list[Row]:
    admitted = [p for p in question.papers if catalogue.admits(p, question.filters)]
    if question.kind == "list":
        return _explain_list(catalogue.select(question.filters), question, catalogue)
    if question.kind == "similar":
        return _explain_similar(question, catalogue)
    if question.kind == "compare":
        return [("decided by", "the sentences of each paper"), *_explain_sentences(admitted, question, catalogue)]
    if question.kind == "check" and admitted and not question.unknown:
        [(point, _)] = judge_papers(admitted[:1], question, catalogue)
        if point.says != "not stated":
            return _explain_list(admitted[:1], question, catalogue)
    return _explain_fact(admitted, question, catalogue, retriever)


def _explain_list(papers: Sequence[Paper], question: Question, catalogue: Catalogue) -> list[Row]:
    if question.relations or not question.alternatives:
        says = [point.says for point, _ in judge_papers(papers, question, catalogue)]
        by = "what the sentences state of parts" if question.relations else "the constraints alone"
        counted = ", ".join(f"{says.count(verdict)} {verdict}" for verdict in get_args(Says) if verdict in says)
        return [("decided by", by), ("papers", counted or "none meets the constraints")]
    weighed, least = weigh_papers(papers, question, catalogue)
    judged = [judge_by_words(paper, found, least) for paper, found in zip(papers, weighed, strict=True)]
    judged.sort(key=lambda item: -item[1])
    best = [(score, p.paper.name, _RULED_OUT.get(p.why, p.says)) for p, score in judged if p.paper and score > 0]
    nearest = "" if least == YES else f": no sentence reaches {YES}, and the nearest count"
    return [
        ("decided by", "how much of what is looked for the best sentence holds, with those around it"),
        ("threshold", f"{least:.2f}{nearest}"),
        *_list_rows("papers", (f"{score:.2f} {name} ({verdict})" for score, name, verdict in best[:_SHOWN])),
    ]


def _explain_similar(question: Question, catalogue: Catalogue) -> list[Row]:
    ranked = rank_similar(question.papers[0], catalogue, _SHOWN, catalogue.select(question.filters))
    least = LEAST_LIKENESS * ranked[0].score if ranked else 0.0
    return [
        ("decided by", "likeness: what they share, by what each thing shared adds"),
        ("threshold", f"{least:.2f}"),
        *_list_rows("papers", (f"{x.score:.2f} {x.paper.name} ({_show_sides(x)})" for x in ranked)),
    ]


def _show_sides(likeness: Likeness) -> str:
    return ", ".join(f"{side} {added:.2f}" for side, added in likeness.sides[:_SHOWN_SIDES])


def _explain_fact(
    admitted: Sequence[Paper], question: Question, catalogue: Catalogue, retriever: Retriever
) -> list[Row]:
    if question.unknown:
        return [("decided by", "the names that the library does not know")]
    if question.papers and not admitted:
        return [("decided by", "the constraints, which the paper does not meet")]
    if not (admitted or question.alternatives or question.parts.components):
        return [("decided by", "nothing: no words to look for")]
    if admitted:
        share = cover_paper(question, admitted[0], catalogue)
        by = f"how much of what is asked the entries of {admitted[0].name} hold: {share:.2f}"
        sentences = _explain_sentences(admitted[:1], question, catalogue)
        return [("decided by", by), ("threshold", f"{MENTIONED:.2f}"), *sentences]
    ranked = [(score, paper) for score, paper in rank_papers(question, catalogue, retriever)[:_SHOWN] if score > 0]
    return [
        ("decided by", "how much of what is asked the paper's sentences hold"),
        ("threshold", f"{FOUND:.2f}"),
        *_list_rows("papers", (f"{score:.2f} {paper.name}" for score, paper in ranked)),
        *_explain_sentences([paper for _, paper in ranked[:1]], question, catalogue),
    ]


def _explain_sentences(papers: Sequence[Paper], question: Question, catalogue: Catalogue) -> list[Row]:
    """The best sentences of each paper with their scores."""
    rows: list[Row] = []
    for paper in papers:
        found = weigh_lifted(paper, question, catalogue, [p for p in papers if p is not paper])
        rows += _list_rows(
            paper.name, (f"{e.score:.2f} “{_shorten(e.sentence.text)}”" for e in found[:_SHOWN] if e.score > 0)
        )
    return rows


def _list_rows(name: str, lines: Iterable[str]) -> list[Row]:
    """One row for each line; the name stands over the first."""
    return [(name if at == 0 else "", line) for at, line in enumerate(lines)]


def _shorten(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LENGTH else words[:_LENGTH].rstrip() + " …"
