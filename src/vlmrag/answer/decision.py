"""What decided an answer: the threshold, and the scores that were held against it, for `vlmrag ask --explain`.

It is weighed with the functions that the answer itself comes from, so that it cannot tell another story.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from vlmrag.answer.answering import draft_answer, part_library, take_library
from vlmrag.answer.comparison import LEAST_LIKENESS
from vlmrag.answer.confidence import model_of
from vlmrag.answer.draft import Draft
from vlmrag.answer.listing import YES, judge_by_words, judge_papers, list_papers, weigh_papers
from vlmrag.answer.passage import answer_fact, answer_from, rank_papers, weigh_lifted
from vlmrag.answer.printed import TOLD, WHOLE, find_told
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.explain import Row, explain_question
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.search.similar import Likeness, rank_similar
from vlmrag.types import Paper, Says

_SHOWN = 5
"""Papers or sentences whose scores are told."""
_SHOWN_SIDES = 4
"""Sides of a likeness that are told."""
_LITTLE = 0.05
"""What a sign must add to the log odds to be told."""
_LENGTH = 60
"""Characters of a sentence that are shown."""
_RULED_OUT = {"denies": "no: the sentence denies it", "others": "no: said of other works"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a question was understood, and what decided its answer, in rows of a name and what is said under it."""

    understood: tuple[Row, ...]
    decided: tuple[Row, ...]


def explain_answer(question: Question, catalogue: Catalogue, retriever: Retriever) -> Explanation:
    """Return how a question was understood and what decides its answer, from the part of the library that gives it."""
    understood = explain_question(question, catalogue.glossary)
    notes, papers = part_library(question, catalogue)
    library = take_library(question, catalogue)
    if papers is None or question.kind in ("similar", "compare"):
        decided = _explain_decision(question, library, retriever)
    elif question.kind == "list":
        own = papers.in_own_voice()
        decided = [] if notes is None else [("put to", "the notes"), *_explain_decision(question, notes, retriever)]
        decided += [
            ("put to", "the PDFs, where they speak of themselves"),
            *_explain_decision(question, own, retriever),
        ]
    else:
        decided = _explain_told(question, draft_answer(question, catalogue, retriever), papers, retriever)
        decided = decided or _explain_decision(question, notes or papers, retriever)
    return Explanation(tuple(understood), tuple(decided))


def _explain_told(question: Question, draft: Draft, papers: Catalogue, retriever: Retriever) -> list[Row]:
    """What decides an answer that begins with what a PDF tells; nothing of another."""
    first = next((s for point in draft.points for s in point.evidence), None)
    if draft.kind in ("refusal", "check") or first is None or papers.documents[first.document].kind != "pdf":
        return []
    paper = draft.points[0].paper
    told = [passage for _, best in find_told(question, [paper], papers, retriever) for passage in best[:_SHOWN]]
    return [
        ("decided by", "how much of what is asked the passages of the PDF hold"),
        ("confidence", f"{draft.confidence:.2f}: the share that the best passage and the whole paper hold"),
        ("threshold", f"{WHOLE:.2f} of it in the paper, or {TOLD:.2f} in the passage"),
        *_list_rows(paper.name, (f"{t.share:.2f} “{_shorten(t.sentences[0].text)}”" for t in told)),
    ]


def _explain_decision(question: Question, catalogue: Catalogue, retriever: Retriever) -> list[Row]:
    admitted = [p for p in question.papers if catalogue.admits(p, question.filters)]
    if question.kind == "list":
        return _explain_list(list_papers(question, catalogue), question, catalogue)
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
    if question.asks or question.relations or not question.alternatives:
        says = [point.says for point, _ in judge_papers(papers, question, catalogue)]
        by = "what the sentences state of parts" if question.relations else "the constraints alone"
        by = "the table of attributes" if question.asks else by
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
    if "number" in question.wants and admitted and answer_from(admitted[0], question, catalogue) is None:
        return [("decided by", f"a number, which no sentence of {admitted[0].name} tells")]
    ranked = [] if admitted else rank_papers(question, catalogue, retriever)[:_SHOWN]
    draft = answer_fact(question, catalogue, retriever, least=0.0)
    rows = [("decided by", "the probability that the answer is right"), *_explain_confidence(draft)]
    rows += _list_rows("papers", (f"{score:.2f} {paper.name}" for score, paper in ranked if score > 0))
    about = admitted[:1] or [paper for _, paper in ranked[:1]]
    return [*rows, *_explain_sentences(about, question, catalogue)]


def _explain_confidence(draft: Draft) -> list[Row]:
    """The probability, the threshold, and what the signs add to the log odds, the weightiest first."""
    if not draft.signs:
        return [("confidence", "none: no sentence holds anything of what is asked")]
    model = model_of(draft.kind)
    added = {name: weight * draft.signs.get(name, 0.0) for name, weight in model.weights.items()}
    told = sorted(((name, odds) for name, odds in added.items() if abs(odds) >= _LITTLE), key=lambda x: -abs(x[1]))
    signs = ", ".join(f"{name} {odds:+.1f}" for name, odds in told)
    return [("confidence", f"{draft.confidence:.2f}: {signs}"), ("threshold", f"{model.least:.2f}")]


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
