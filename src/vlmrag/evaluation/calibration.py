"""Fits the confidence of answers, and the probability below which one is refused, on gold questions.

Every question is asked with nothing refused for doubt; the signs that its answer shows and what the answer turned out
to be worth make one observation. A logistic model for each kind of answer is fitted to them by Newton's method with a
small penalty on its weights. All figures that are told come from cross-validation: the questions are dealt into folds,
answerable ones and others in turn, and each is rated by models and a threshold that never saw it.
Sources: Hoerl and Kennard, Ridge Regression, 1970; Stone, Cross-Validatory Choice and Assessment of Statistical
Predictions, 1974; Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, 2015.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from vlmrag.answer.answering import draft_answer
from vlmrag.answer.confidence import SIGNS, Model, group_of
from vlmrag.answer.draft import Draft
from vlmrag.assistant import Assistant
from vlmrag.config import Config
from vlmrag.errors import UsageError
from vlmrag.evaluation.gold import GoldQuestion, PaperKeys
from vlmrag.evaluation.judging import ReadSource, judge_answer
from vlmrag.evaluation.metrics import Bin, area_under, mean, sort_bins, trace_risk
from vlmrag.search.question import Question
from vlmrag.types import Progress

FOLDS = 5
MOST_FALSE = 0.05
"""Share of the answerable questions that may be refused."""
PENALTY = 0.3
"""On the squares of a model's weights; the intercept is free."""
_STEPS = 60
_BASELINE = {"fact": "covered", "check": "strength", "compare": "covered", "list": "strength", "similar": "likeness"}
"""The share that stood for confidence before there was a model: what the fitted one is held against."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A gold question as it was answered when nothing was refused for doubt."""

    qid: str
    lang: str
    answerable: bool
    group: str
    """A key of `confidence.SIGNS`; empty where there was no answer to be sure of."""
    signs: Mapping[str, float] = field(default_factory=dict)
    worth: float = 0.0
    """What the answer was worth, 0..1; 0 where there is no answer to the question."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well confidences tell what answers are worth, and how well refusals follow from them."""

    ece: float
    """Expected calibration error: how far they are off, on the mean."""
    brier: float
    """Mean squared distance from what the answers were worth."""
    aurc: float
    abstain_recall: float
    false_abstain: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Models, and what they are worth."""

    models: Mapping[str, Model]
    """Fitted on all observations."""
    before: Quality
    """Of the share that stood for confidence, nothing refused for doubt."""
    held_out: Quality
    """Each question rated by models that never saw it."""
    seen: Quality
    """Each rated by models that saw it: flattering."""


def observe(
    config: Config,
    questions: Sequence[GoldQuestion],
    keys: PaperKeys,
    read_source: ReadSource,
    progress: Progress | None = None,
) -> list[Observation]:
    """Ask every question, and keep what its answer shows and is worth."""
    probe = _Probe(config)
    found = []
    for done, gold in enumerate(questions):
        if progress:
            progress("asking", done, len(questions))
        answer = probe.ask(gold.question, history=gold.history)
        loss = judge_answer(gold, answer, keys, read_source).loss if gold.answerable else 1.0
        group = group_of(probe.drafted.kind) if probe.drafted.signs else ""
        if loss is not None:
            signs = {name: round(value, 4) for name, value in probe.drafted.signs.items()}
            found.append(Observation(gold.qid, gold.lang, gold.answerable, group, signs, round(1 - loss, 4)))
    probe.close()
    return found


def calibrate(observed: Sequence[Observation], folds: int = FOLDS) -> Calibration:
    """Fit the models; fewer folds where there are fewer questions of a kind.

    Raises UsageError where fewer than two questions are answerable, or fewer than two are not.
    """
    kinds = [[o for o in observed if o.answerable is kind] for kind in (True, False)]
    folds = min(folds, *map(len, kinds))
    if folds < 2:
        raise UsageError("a threshold needs at least two questions that are answerable and two that are not")
    models = fit_models(observed)
    held: list[tuple[Observation, float, bool]] = []
    for fold in range(folds):
        without = fit_models([o for kind in kinds for n, o in enumerate(kind) if n % folds != fold])
        held += [_rate(o, without) for kind in kinds for o in kind[fold::folds]]
    return Calibration(
        models=models,
        before=_judge([(o, o.signs.get(_BASELINE.get(o.group, ""), 0.0), not o.group) for o in observed]),
        held_out=_judge(held),
        seen=_judge([_rate(o, models) for o in observed]),
    )


def fit_models(observed: Sequence[Observation]) -> dict[str, Model]:
    """Return a model for each group, with the threshold of facts; an even chance where nothing was observed."""
    models = {group: fit_model([o for o in observed if o.group == group], names) for group, names in SIGNS.items()}
    fact = models["fact"]
    return models | {"fact": Model(fact.intercept, fact.weights, choose_least(observed, fact))}


def fit_model(observed: Sequence[Observation], names: Sequence[str]) -> Model:
    """Fit one logistic model by Newton's method; a worth between 0 and 1 counts as that share of a right answer."""
    if not observed:
        return Model(0.0, dict.fromkeys(names, 0.0))
    signs = np.array([[1.0, *(o.signs.get(name, 0.0) for name in names)] for o in observed])
    worth = (np.array([o.worth for o in observed]) * len(observed) + 1) / (len(observed) + 2)  # Platt's prior
    penalty = np.diag([1e-6, *[PENALTY] * len(names)])
    weights = np.zeros(signs.shape[1])
    for _ in range(_STEPS):
        rated = 1 / (1 + np.exp(-np.clip(signs @ weights, -30, 30)))
        slope = signs.T @ (rated - worth) + penalty @ weights
        curve = (signs.T * (rated * (1 - rated))) @ signs + penalty
        weights = weights - np.linalg.solve(curve, slope)
    told = [round(float(w), 3) for w in weights]
    return Model(told[0], dict(zip(names, told[1:], strict=True)))


def choose_least(observed: Sequence[Observation], model: Model) -> float:
    """Return the threshold that refuses most of what cannot be answered, and of the rest at most `MOST_FALSE`.

    What is refused for want of any answer counts. Of equals the one that refuses least of the rest, and of a gap in
    which nothing changes the middle.
    """
    facts = [(model.rate(o.signs), o.answerable) for o in observed if o.group == "fact"]
    gone = sum(o.answerable and not o.group for o in observed)
    allowed = max(MOST_FALSE * sum(o.answerable for o in observed) - gone, 0)
    rated = sorted({p for p, _ in facts})
    cuts = [0.0, *((a + b) / 2 for a, b in pairwise(rated))]

    def count(least: float) -> tuple[int, int]:
        refused = [answerable for p, answerable in facts if p < least]
        return refused.count(False), -refused.count(True)

    best = max((c for c in cuts if -count(c)[1] <= allowed), key=lambda c: (*count(c), -c))
    return round(best, 3)


def write_models(models: Mapping[str, Model]) -> str:
    """Return the models as `confidence.toml` has them."""
    parts = []
    for name, model in models.items():
        weights = "\n".join(f"{sign} = {weight}" for sign, weight in model.weights.items())
        parts.append(f"[{name}]\nintercept = {model.intercept}\nleast = {model.least}\n\n[{name}.weights]\n{weights}\n")
    return (
        "# Made by `vlmrag eval --calibrate --model FILE`: see answer/confidence.py. Not edited by hand.\n\n"
        + "\n".join(parts)
    )


def record_observation(observation: Observation) -> dict[str, Any]:
    """Return an observation as JSON has it."""
    return asdict(observation)


def read_observation(record: Mapping[str, Any]) -> Observation:
    """Return the observation of a JSON object; raises TypeError, KeyError where it is none."""
    return Observation(
        str(record["qid"]),
        str(record["lang"]),
        bool(record["answerable"]),
        str(record["group"]),
        {str(name): float(value) for name, value in record["signs"].items()},
        float(record["worth"]),
    )


def _rate(observation: Observation, models: Mapping[str, Model]) -> tuple[Observation, float, bool]:
    """An observation, the probability that it is right, and whether it is refused."""
    if not observation.group:
        return observation, 0.0, True
    model = models[observation.group]
    sure = model.rate(observation.signs)
    return observation, sure, sure < model.least


def _judge(rated: Iterable[tuple[Observation, float, bool]]) -> Quality:
    told = list(rated)
    answered = [(sure, o.worth) for o, sure, refused in told if not refused]
    bins = sort_bins(answered)
    curve = trace_risk(((float(not refused), sure), 1 - o.worth) for o, sure, refused in told if o.answerable)
    return Quality(
        ece=math.fsum(b.answers * abs(b.told - b.held) for b in bins) / max(1, len(answered)),
        brier=mean((sure - worth) ** 2 for sure, worth in answered) or 0.0,
        aurc=area_under(curve) or 0.0,
        abstain_recall=mean(float(refused) for o, _, refused in told if not o.answerable) or 0.0,
        false_abstain=mean(float(refused) for o, _, refused in told if o.answerable) or 0.0,
        bins=tuple(bins),
    )


class _Probe(Assistant):
    """Refuses nothing for doubt, and keeps the draft of its last answer."""

    drafted: Draft = Draft("refusal", ())

    def _draft(self, question: Question) -> Draft:
        self.drafted = draft_answer(question, self._catalogue, self._retriever, least=0.0)
        return self.drafted
