"""The thresholds below which a question about a fact is refused, chosen by cross-validation on gold questions.

There are two, `MENTIONED` and `FOUND` of `answer/passage.py`. For each question the highest threshold at which it is
still answered is measured once, in percent; what any pair of thresholds would refuse then follows by counting. The
questions are dealt into folds, answerable ones and others in turn; each fold is judged by the thresholds that are best
on the others. Source: Stone, Cross-Validatory Choice and Assessment of Statistical Predictions, 1974.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from vlmrag.answer.draft import Draft
from vlmrag.answer.passage import FOUND, MENTIONED, answer_fact
from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.errors import UsageError
from vlmrag.evaluation.gold import GoldQuestion
from vlmrag.evaluation.metrics import mean
from vlmrag.search.question import Question
from vlmrag.types import Progress

FOLDS = 5
MOST_FALSE = 0.05
"""Share of the answerable questions that may be refused."""
_PERCENTS = range(1, 101)

Rule = Literal["mentioned", "found", ""]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A gold question, and up to which threshold it is answered."""

    qid: str
    answerable: bool
    rule: Rule
    """The threshold that decides, by whether a paper is named; empty where none does (lists, comparisons)."""
    share: int
    """The highest threshold, in percent, at which it is answered; 0 at none, 100 at all."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """In percent of what is asked."""

    mentioned: int
    found: int

    def refuse(self, weighed: Weighed) -> bool:
        """Tell whether a question is refused."""
        least = {"mentioned": self.mentioned, "found": self.found, "": 1}[weighed.rule]
        return weighed.share < least


PRESENT = Thresholds(round(100 * MENTIONED), round(100 * FOUND))


@dataclass(frozen=True, slots=True)
class Refusals:
    """How well a set of questions is refused."""

    thresholds: Thresholds | None
    """None where they differ from fold to fold."""
    abstain_recall: float
    false_abstain: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the thresholds are and might be."""

    present: Refusals
    chosen: Refusals
    """The best thresholds on all questions, judged on the same: flattering."""
    held_out: Refusals
    """Over all questions, each refused or not by the thresholds that were chosen without it."""
    folds: tuple[Thresholds, ...]
    """Those thresholds."""


def weigh_questions(
    config: Config, questions: Sequence[GoldQuestion], progress: Progress | None = None
) -> list[Weighed]:
    """Ask every question, and find up to which threshold it is answered."""
    probe = _Probe(config)
    weighed = []
    for done, gold in enumerate(questions):
        if progress:
            progress("asking", done, len(questions))
        probe.rule = ""
        answer = probe.ask(gold.question, history=gold.history)
        share = probe.share if probe.rule else 100 * (not answer.abstained)
        weighed.append(Weighed(gold.qid, gold.answerable, probe.rule, share))
    probe.close()
    return weighed


def calibrate(weighed: Sequence[Weighed], folds: int = FOLDS) -> Calibration:
    """Choose thresholds by cross-validation; fewer folds where there are fewer questions of a kind.

    Raises UsageError where fewer than two questions are answerable, or fewer than two are not.
    """
    kinds = [[w for w in weighed if w.answerable is kind] for kind in (True, False)]
    folds = min(folds, *map(len, kinds))
    if folds < 2:
        raise UsageError("a threshold needs at least two questions that are answerable and two that are not")
    chosen, refused = [], list[tuple[Weighed, bool]]()
    for fold in range(folds):
        thresholds = choose_thresholds([w for kind in kinds for n, w in enumerate(kind) if n % folds != fold])
        refused += [(w, thresholds.refuse(w)) for kind in kinds for w in kind[fold::folds]]
        chosen.append(thresholds)
    best = choose_thresholds(weighed)
    return Calibration(
        present=_judge(PRESENT, ((w, PRESENT.refuse(w)) for w in weighed)),
        chosen=_judge(best, ((w, best.refuse(w)) for w in weighed)),
        held_out=_judge(None, refused),
        folds=tuple(chosen),
    )


def choose_thresholds(weighed: Sequence[Weighed]) -> Thresholds:
    """Return the thresholds that refuse most of what cannot be answered, and of the rest at most `MOST_FALSE`.

    Where even the lowest refuse more than that, no more than those. Of equals, those that refuse least of the rest,
    and of these the middle ones, which are furthest from where the figures change.
    """
    fixed = _count_refused(weighed, "", 1)
    mentioned = [_count_refused(weighed, "mentioned", percent) for percent in _PERCENTS]
    found = [_count_refused(weighed, "found", percent) for percent in _PERCENTS]
    allowed = max(MOST_FALSE * sum(w.answerable for w in weighed), fixed[1] + mentioned[0][1] + found[0][1])
    figures = {
        (m, f): (fixed[0] + right + also_right, -(fixed[1] + wrong + also_wrong))
        for m, (right, wrong) in zip(_PERCENTS, mentioned, strict=True)
        for f, (also_right, also_wrong) in zip(_PERCENTS, found, strict=True)
    }
    best = max(pair for pair in figures.values() if -pair[1] <= allowed)
    ties = [pair for pair, counts in figures.items() if counts == best]
    middle = _take_middle(m for m, _ in ties)
    return Thresholds(middle, _take_middle(f for m, f in ties if m == middle))


def _count_refused(weighed: Iterable[Weighed], rule: Rule, percent: int) -> tuple[int, int]:
    """How many of the questions under a rule are refused: of those that cannot be answered, and of the others."""
    refused = [w.answerable for w in weighed if w.rule == rule and w.share < percent]
    return refused.count(False), refused.count(True)


def _take_middle(percents: Iterable[int]) -> int:
    ordered = sorted(set(percents))
    return ordered[(len(ordered) - 1) // 2]


def _judge(thresholds: Thresholds | None, refused: Iterable[tuple[Weighed, bool]]) -> Refusals:
    told = list(refused)
    right = mean(float(no) for w, no in told if not w.answerable)
    wrong = mean(float(no) for w, no in told if w.answerable)
    return Refusals(thresholds, right or 0.0, wrong or 0.0)


class _Probe(Assistant):
    """Finds, for the question that it answers, the highest threshold at which it would still answer."""

    rule: Rule = ""
    share: int = 0

    def _draft(self, question: Question) -> Draft:
        draft = super()._draft(question)
        if question.kind in ("list", "similar", "compare") or draft.kind == "check":
            return draft  # decided in another way

        def refuses(percent: int) -> bool:
            least = percent / 100
            again = answer_fact(question, self._catalogue, self._retriever, mentioned=least, found=least)
            return again.kind == "refusal"

        self.rule = "mentioned" if question.papers else "found"
        self.share = bisect_left(_PERCENTS, True, key=refuses)
        return draft
