"""Facts and definitions: the fewest sentences of the right paper that hold what is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vlmrag.answer.confidence import model_of, read_signs
from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.refusal import find_nearest, refuse
from vlmrag.ingest.attributes import Vocabulary, read_parts, read_statements
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import Evidence, cover_paper, weigh_all
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.types import Paper, Sentence

FOUND = 0.42
"""What a paper that is not named must score to be found."""
_PASSAGES, _CANDIDATES = 100, 40
"""Passages that are looked at for the one paper that answers, and how many papers of them at most."""
_LENGTH = 700
"""Characters of evidence in an answer, about."""
_MOST = 5
_SHORT = 240
"""Characters up to which an answer is short: it takes one more sentence that holds anything of what is asked."""
_FILLS = 0.2
"""Share of the best one's score that such a sentence must have."""
_KEEP = 0.6
"""A sentence that adds no new term must score this share of the best one's."""
_PART = 0.4
"""What it adds to a sentence's score that it names a certain one of the part that is asked for."""
_STATE = 1.0
"""What it adds that it says of a part that it is in the state that is asked for."""
_DIGITS = 0.3
"""What it adds, where a number is asked for, that there is one."""
_TITLE = 0.25
"""What a title's score is worth: it holds the words of the subject and seldom the answer."""
_FIELDS = {
    "org": ("org", "author"),
    "author": ("author", "org"),
    "date": ("date", "year"),
    "title": ("title",),
    "venue": ("venue", "status"),
    "url": ("arxiv", "url", "doi"),
}
"""The fields that state what a question wants."""
_TELLING_OF = {"date": ("venue", "arxiv")}
"""The fields that tell it in passing, where none states it: "NeurIPS 2021" is a year, an arXiv id a month."""
_NUMBER = re.compile(
    r"\d|[二三四五六七八九十百千兩两]+\s?(?:[个個种種项項组組层層阶階步张張篇类類家万萬亿億]|份|倍|位|名|条|條|次)"
    r"|[万萬亿億]|\b(?:two|three|four|five|six|seven|eight|ten|dozens|hundreds|thousands|millions?|billions?)\b"
)
"""What tells a number, in figures or words."""


def answer_fact(question: Question, catalogue: Catalogue, retriever: Retriever, *, least: float | None = None) -> Draft:
    """Answer from the paper that is named, else from the one that is found.

    Refuses where the answer is right with a probability below `least`, by default the model's own.
    """
    if question.guess:
        ways = (replace(question, guess=(), papers=papers) for papers in (question.guess, ()))
        drafts = [answer_fact(way, catalogue, retriever, least=least) for way in ways]
        return max(drafts, key=lambda draft: draft.confidence)  # of equals, of what the conversation was about
    asked = question.papers or question.alternatives or question.parts.components
    if question.unknown or not asked:
        return refuse(question, catalogue, retriever)
    margin = None
    if question.papers:
        point = answer_from(question.papers[0], question, catalogue)
    else:
        point, margin = _search_paper(question, catalogue, retriever)
    if point is None:
        return refuse(question, catalogue, retriever)
    stated = {"stated": float(bool(find_stated(point.paper, question, catalogue)))}
    signs = read_signs(question, [point], catalogue, margin=margin) | stated
    sure = model_of("fact").rate(signs)
    if sure < (model_of("fact").least if least is None else least):
        return refuse(question, catalogue, retriever)
    kind = "fact" if question.kind == "check" else question.kind
    return Draft(kind, (point,), confidence=sure, signs=signs)


def answer_from(paper: Paper, question: Question, catalogue: Catalogue, others: Sequence[Paper] = ()) -> Point | None:
    """Return the sentences of one paper that answer, or None where none does.

    `others` are the papers that it is compared with: a sentence that names one is worth more, and a paper of which
    nothing that is asked is said is at least described. A paper that the question's constraints leave out says nothing.
    """
    if not catalogue.admits(paper, question.filters):
        return None
    stated = find_stated(paper, question, catalogue)
    found = weigh_lifted(paper, question, catalogue, others)
    if "number" in question.wants and not stated and not any(_counts(e.sentence, question) for e in found):
        return None
    chosen = choose_sentences(found, question, stated)
    if not chosen and others:
        chosen = choose_sentences(weigh_all(replace(question, alternatives=()), paper, catalogue), question)
    return Point(paper, "yes", tuple(dict.fromkeys(map(catalogue.rows.join, chosen)))) if chosen else None


def find_stated(paper: Paper, question: Question, catalogue: Catalogue) -> list[Sentence]:
    """Return the sentences that state the field that the question wants, or else tell it in passing."""
    return _find_stated(paper, question, _FIELDS, catalogue) or _find_stated(paper, question, _TELLING_OF, catalogue)


def weigh_lifted(
    paper: Paper, question: Question, catalogue: Catalogue, others: Sequence[Paper] = ()
) -> list[Evidence]:
    """A paper's sentences, best first; those that name the part, state, number or paper asked for are raised."""
    titles = _find_titles(paper, question, catalogue)
    found = [_lift(e, question, catalogue, others, titles) for e in weigh_all(question, paper, catalogue)]
    return sorted(found, key=lambda e: -e.score)


def _find_stated(
    paper: Paper, question: Question, table: Mapping[str, Sequence[str]], catalogue: Catalogue
) -> list[Sentence]:
    """The sentences that state what the question wants, by the fields of `table`."""
    return catalogue.stating(paper, [field for want in question.wants for field in table.get(want, ())])


def _find_titles(paper: Paper, question: Question, catalogue: Catalogue) -> set[Sentence]:
    """The sentences that state the paper's title, unless that is what is asked for."""
    return set() if "title" in question.wants else set(catalogue.stating(paper, ("title",)))


def choose_sentences(found: Sequence[Evidence], question: Question, first: Sequence[Sentence] = ()) -> list[Sentence]:
    """Take sentences while each adds to what is held, best first, up to the length of an answer.

    A short answer takes the next best sentence too: what surrounds a fact is often what makes it one.
    """
    chosen = list(dict.fromkeys(first))[:2]
    held = {t for s in chosen for t in s.terms}
    length = sum(len(s.text) for s in chosen)
    for evidence in found:
        sentence = evidence.sentence
        if sentence in chosen or evidence.score <= 0:
            continue
        if len(chosen) >= _MOST or (chosen and length + len(sentence.text) > _LENGTH):
            break
        new = set(sentence.terms) & set(question.terms) - held
        near = length < _SHORT and evidence.score >= _FILLS * found[0].score
        if not chosen or new or evidence.score >= _KEEP * found[0].score or near:
            chosen.append(sentence)
            held |= set(sentence.terms)
            length += len(sentence.text)
    return chosen


def _lift(
    evidence: Evidence, question: Question, catalogue: Catalogue, others: Sequence[Paper], titles: set[Sentence]
) -> Evidence:
    """Raise the score of a sentence that names the part, state, number or paper asked for; a title tells little."""
    sentence, score = evidence.sentence, evidence.score
    score += _name_part(sentence, question, catalogue.vocabulary)
    if others and any(p in others for p, _, _ in catalogue.names.find(sentence.text)):
        score += _PART
    if "number" in question.wants and _counts(sentence, question):
        score += _DIGITS
    if sentence in titles:
        score *= _TITLE
    return Evidence(sentence, score, evidence.stance)


def _counts(sentence: Sentence, question: Question) -> bool:
    """Whether a sentence has a number, and what the question counts, if it says what."""
    held = set(sentence.terms)
    counted = not question.counted or any(held & set(concept) for concept in question.counted)
    return counted and bool(_NUMBER.search(sentence.text))


def _name_part(sentence: Sentence, question: Question, words: Vocabulary) -> float:
    """What a sentence is worth for naming a certain one of the parts asked for, or one in the state asked for."""
    if question.parts.states & {s.state for s in read_statements(sentence.text, words) if s.stance == "says"}:
        return _STATE
    return _PART if question.parts.components & read_parts(sentence.text, words).values else 0.0


def _search_paper(question: Question, catalogue: Catalogue, retriever: Retriever) -> tuple[Point | None, float]:
    """What the one paper says that best holds what is asked, and how far it is ahead of the next."""
    ranked = rank_papers(question, catalogue, retriever)
    if not ranked or ranked[0][0] < FOUND:
        return None, 0.0
    behind = ranked[1][0] if len(ranked) > 1 else 0.0
    return answer_from(ranked[0][1], question, catalogue), max(0.0, ranked[0][0] - behind)


def rank_papers(question: Question, catalogue: Catalogue, retriever: Retriever) -> list[tuple[float, Paper]]:
    """The papers that may answer, best first: candidates by retrieval, scored on their sentences."""
    excluded = {p.id for p in question.excluded}
    ranked: list[tuple[float, int, Paper]] = []
    for at, paper in enumerate(find_nearest(question, catalogue, retriever, _PASSAGES)[:_CANDIDATES]):
        if paper.id in excluded:
            continue
        found = weigh_all(question, paper, catalogue)
        best = max((e.score for e in found if e.stance != "others"), default=0.0)
        ranked.append((0.6 * best + 0.4 * cover_paper(question, paper, catalogue) - 0.003 * at, at, paper))
    return [(score, paper) for score, _, paper in sorted(ranked, key=lambda r: (-r[0], r[1]))]
