"""Verdicts of a model on what a list, or a yes-or-no question, leaves open: by words of a sentence, or not at all.

A paper is put to the model only where one of its sentences would bear a new verdict out, so that most lists cost no
call. A verdict counts where the words stand in the sentence that it names and hold what is asked, the sentence bears it
out, and no other sentence of the paper says the contrary. It settles what the rules left open (`depends`, or not stated
though nearly); what they decided stays, and no paper joins that they did not consider.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vlmrag.answer.answering import part_library
from vlmrag.answer.compose import plain_text, plain_words
from vlmrag.answer.draft import Draft, Point
from vlmrag.answer.reading.adviser import Adviser
from vlmrag.answer.reading.claims import ClaimCheck, put_as_claim
from vlmrag.answer.reading.prompts import VERDICT, request_verdict
from vlmrag.answer.writing.exactly import holds_words
from vlmrag.answer.writing.passages import Language, Passage, read_around
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import weigh_all
from vlmrag.search.question import Question
from vlmrag.types import Citation, Coverage, Paper, Says, Sentence, Struck

_OPEN: tuple[Says, ...] = ("depends", "not stated")
_OFFERED = 10
"""Sentences of a paper that the model reads at most, the nearest to the question."""
_LOOKED_AT = 40
"""Papers that a list leaves open, of which at most is looked whether a model could settle them."""
_MOST = 300
"""Tokens of a verdict."""
_OBJECT = re.compile(r"\{[^{}]*\}")
_WHY = {"no": "denies", "depends": "limited"}
"""Why a paper is not given as the answer: keys of `[why]` in `replies.toml`."""
_SHOWN = 200
"""Characters of what a model said that are told where it does not stand."""


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict as a model gives it."""

    says: str
    sentence: int
    words: str


@dataclass(frozen=True, slots=True)
class Settling:
    """What became of the papers that a list left open."""

    draft: Draft
    given: int = 0
    settled: int = 0
    refused: tuple[Struck, ...] = ()


def settle(draft: Draft, question: Question, catalogue: Catalogue, adviser: Adviser) -> Settling:
    """Put the papers that a list leaves open to a model, or the one of a yes-or-no question; return what it settled."""
    papers = {"list": draft.left_open[:_LOOKED_AT], "check": draft.points}.get(draft.kind, ())
    if not any(p.says in _OPEN for p in papers):
        return Settling(draft)
    court = Court(question, catalogue)
    settled: dict[str, Point] = {}
    refused: list[Struck] = []
    given = 0
    for point in papers:
        case = court.open_case(point) if point.says in _OPEN else None
        said = adviser.ask(VERDICT, request_verdict(question.text, case.passages), _MOST) if case else None
        if case is None or said is None:
            continue
        given += 1
        verdict = read_verdict(said)
        why = case.find_fault(verdict) if verdict else "it is no verdict in the form that was asked for"
        if verdict is None or why:
            refused.append(Struck(f"{point.paper.name}: {said[:_SHOWN]}", why))
        elif verdict.says != "unclear":
            settled[point.paper.id] = case.settle(verdict, adviser.name)
    return Settling(_take_in(draft, settled), given, len(settled), tuple(refused))


def read_verdict(text: str) -> Given | None:
    """Return the verdict that a text holds, as a JSON object anywhere in it; None where it holds none."""
    for match in _OBJECT.finditer(text):
        try:
            record = json.loads(match[0])
            return Given(str(record["verdict"]).lower(), int(record.get("sentence") or 0), str(record.get("words", "")))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return None


class Case:
    """One paper that is left open: the sentences that a model reads of it, and what each of them bears out."""

    def __init__(self, point: Point, sentences: Sequence[Sentence], passages: Sequence[Passage], check: ClaimCheck):
        self._point, self._sentences, self._check = point, sentences, check
        self.passages = passages

    @property
    def is_worth_asking(self) -> bool:
        """Whether a sentence bears out another verdict than the one that stands."""
        found = {says for at in range(len(self.passages)) for says in self._find_verdicts(at)}
        return bool(found - {self._point.says})

    def find_fault(self, given: Given) -> str:
        """Return why a verdict does not count; empty where it does, or leaves the paper open."""
        if given.says == "unclear":
            return ""
        if given.says not in ("yes", "no", "depends"):
            return "it is no verdict in the form that was asked for"
        at = given.sentence - 1
        if not 0 <= at < len(self.passages):
            return f"there is no sentence [{given.sentence}]"
        passage = self.passages[at]
        if not holds_words(passage, given.words):
            return f"its words do not stand in sentence [{given.sentence}]"
        if given.says not in self._find_verdicts(at):
            return "the sentence does not bear it out"
        shown = Passage(passage.marker, passage.paper, given.words, passage.language)
        holds = self._check.is_about(shown) or (given.says == "no" and self._check.opposes(shown))
        return "" if holds else "its words do not hold what is asked"

    def settle(self, given: Given, model: str) -> Point:
        """Return the paper as the verdict has it, the sentence that bears it out first."""
        says: Says = next(s for s in ("yes", "no", "depends") if s == given.says)
        evidence = dict.fromkeys((self._sentences[given.sentence - 1], *self._point.evidence))
        return replace(self._point, says=says, evidence=tuple(evidence), why=_WHY.get(says, ""), by=model)

    def _find_verdicts(self, at: int) -> frozenset[Says]:
        """What a sentence bears out; where the rules found both sides, only what all the rest lies apart from."""
        others = [p for p in self.passages if p is not self.passages[at]]
        found = self._check.find_verdicts(self.passages[at], others)
        if self._point.says != "depends":
            return found
        proven = {(s.document, s.start) for s in self._point.evidence}
        both = [p for p, s in zip(self.passages, self._sentences, strict=True) if (s.document, s.start) in proven]
        agree = all(self._check.lies_apart(p) for p in both if p in others)
        return found if agree and len(both) == len(proven) else frozenset()


class Court:
    """What a list question left open, over one library."""

    def __init__(self, question: Question, catalogue: Catalogue) -> None:
        self._question, self._catalogue = question, catalogue
        self._language = Language(catalogue)
        notes, papers = part_library(question, catalogue)
        self._parts = [part for part in (notes, papers.in_own_voice() if papers else None) if part]

    def open_case(self, point: Point) -> Case | None:
        """Return what a model may read of a paper; None where nothing that it could say would count."""
        claim = put_as_claim(self._question, point.paper, self._catalogue)
        if claim is None:
            return None
        sentences = self._choose(point)
        passages = [self._take(n, point, s) for n, s in enumerate(sentences, start=1)]
        case = Case(point, sentences, passages, ClaimCheck(claim, self._language))
        return case if case.is_worth_asking else None

    def bears_out(self, paper: Paper, says: Says, cited: Sequence[Citation]) -> bool:
        """Return whether one of the cited passages bears a verdict on a paper out, and none of them the contrary."""
        claim = put_as_claim(self._question, paper, self._catalogue)
        passages = [Passage(c.marker, paper, plain_words(c), self._language) for c in cited]
        check = ClaimCheck(claim, self._language) if claim else None
        return bool(check) and any(
            says in check.find_verdicts(p, [other for other in passages if other is not p]) for p in passages if check
        )

    def _take(self, marker: int, point: Point, sentence: Sentence) -> Passage:
        printed = self._catalogue.documents[sentence.document].kind == "pdf"
        return Passage(marker, point.paper, plain_text(sentence.text, printed=printed), self._language)

    def _choose(self, point: Point) -> list[Sentence]:
        """The nearest sentences of a paper in the order of the library, without those that speak to a model."""
        found = [e for part in self._parts for e in weigh_all(self._question, point.paper, part) if e.score > 0]
        nearest = [e.sentence for e in sorted(found, key=lambda e: -e.score)]
        each = {(s.document, s.start): s for s in reversed((*point.evidence, *nearest))}
        once = dict.fromkeys(each[s.document, s.start] for s in (*point.evidence, *nearest))
        chosen = [s for s in once if not self._speaks_to_a_model(s)][:_OFFERED]
        order = {document: at for at, document in enumerate(self._catalogue.documents)}
        return sorted(chosen, key=lambda s: (order[s.document], s.start))

    def _speaks_to_a_model(self, sentence: Sentence) -> bool:
        document = self._catalogue.documents[sentence.document]
        text = self._catalogue.index.source(document.source).text
        around = read_around(text, sentence.start, sentence.end, printed=document.kind == "pdf")
        return self._language.words.gives_orders(around)


def _take_in(draft: Draft, settled: Mapping[str, Point]) -> Draft:
    """The answer with what was settled: in a list who is in comes behind those who were, and the count is made anew."""
    if draft.coverage is None:
        return replace(draft, points=tuple(settled.get(p.paper.id, p) for p in draft.points))
    before = {p.paper.id: p.says for p in draft.left_open}
    counts = {"yes": 0, "no": 0, "depends": 0, "not stated": 0}
    for ident, point in settled.items():
        counts[before[ident]] -= 1
        counts[point.says] += 1
    c = draft.coverage
    coverage = Coverage(
        c.papers, c.examined, c.yes + counts["yes"], c.no + counts["no"], c.depends + counts["depends"],
        c.not_stated + counts["not stated"],
    )  # fmt: skip
    joined = tuple(p for p in settled.values() if p.says == "yes")
    ruled = (p for p in settled.values() if p.says != "yes")
    rest = (p for p in draft.considered if p.paper.id not in settled)
    return replace(draft, points=(*draft.points, *joined), considered=(*ruled, *rest), coverage=coverage)
