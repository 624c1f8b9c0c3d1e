"""The measures, as pure functions of numbers, ids and sets.

Retrieval: `ndcg`, `recall`, `reciprocal_rank`, as trec_eval defines them (linear gain). Answers: `score_set`.
Confidence: `trace_risk`, `area_under`. Time: `percentile`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple


class SetScore(NamedTuple):
    """How a set that was found agrees with the set that is right; each 0..1."""

    precision: float
    recall: float
    f1: float


def mean(values: Iterable[float]) -> float | None:
    """Return the arithmetic mean, or None of nothing."""
    known = list(values)
    return math.fsum(known) / len(known) if known else None


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the value below which `share` (0..1) of the values lie, interpolated linearly; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def score_set(found: Collection[str], gold: Collection[str], neutral: Collection[str] = ()) -> SetScore:
    """Return precision, recall and F1; what is `neutral` counts neither for nor against.

    Nothing found where nothing is right is perfect; nothing found where something is right has precision 0.
    """
    counted, right = set(found) - set(neutral), set(gold)
    hits = len(counted & right)
    precision = hits / len(counted) if counted else float(not right)
    recall = hits / len(right) if right else 1.0
    total = precision + recall
    return SetScore(precision, recall, 2 * precision * recall / total if total else 0.0)


def ndcg(ranking: Sequence[str], grades: Mapping[str, float], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first `k`; 0 where nothing is relevant.

    Gain is the grade itself, the discount log2(rank + 1), as trec_eval's `ndcg_cut`.
    Source: Järvelin and Kekäläinen, Cumulated Gain-Based Evaluation of IR Techniques, 2002.
    """
    ideal = _discount(sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:k])
    return _discount([max(0.0, grades.get(item, 0.0)) for item in ranking[:k]]) / ideal if ideal else 0.0


def _discount(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def recall(ranking: Sequence[str], grades: Mapping[str, float], k: int = 100) -> float:
    """Return the share of the relevant (grade above 0) that is among the first `k`; 0 where nothing is relevant."""
    relevant = {item for item, grade in grades.items() if grade > 0}
    return len(relevant & set(ranking[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, float], k: int = 10) -> float:
    """Return 1 / rank of the first relevant one among the first `k`, or 0."""
    return next((1 / rank for rank, item in enumerate(ranking[:k], start=1) if grades.get(item, 0) > 0), 0.0)


class Risk(NamedTuple):
    """One point of a risk-coverage curve."""

    coverage: float
    """Share of the questions that are answered when only the surest are, above 0 and up to 1."""
    risk: float
    """Mean loss over those, 0..1."""


def trace_risk(judged: Iterable[tuple[tuple[float, ...], float]]) -> list[Risk]:
    """Return the risk-coverage curve of (confidence, loss) pairs: one point per question, the surest first.

    A confidence is a tuple, compared left to right. Questions of equal confidence have no order among them: the
    curve takes the mean over all their orders, so that it depends on nothing but the numbers.
    Source: El-Yaniv and Wiener, On the Foundations of Noise-free Selective Classification, 2010.
    """
    ordered = sorted(judged, key=lambda pair: pair[0], reverse=True)
    curve: list[Risk] = []
    before = 0.0
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        losses = [loss for _, loss in tied]
        each = math.fsum(losses) / len(losses)
        done = len(curve)
        curve += [Risk((done + n) / len(ordered), (before + n * each) / (done + n)) for n in range(1, len(losses) + 1)]
        before += math.fsum(losses)
    return curve


def area_under(curve: Sequence[Risk]) -> float | None:
    """Return the area under a risk-coverage curve (AURC): the mean risk over all coverages; lower is better.

    Source: Geifman, Uziel and El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, 2019.
    """
    return mean(point.risk for point in curve)


class Bin(NamedTuple):
    """Answers of about one confidence."""

    told: float
    """Their mean confidence."""
    held: float
    """What they were worth, on the mean."""
    answers: int


def sort_bins(pairs: Iterable[tuple[float, float]], bins: int = 10) -> list[Bin]:
    """Sort (confidence, worth) pairs, each 0..1, into `bins` bins of one width, and return those that hold any.

    Source: Guo et al., On Calibration of Modern Neural Networks, 2017.
    """
    found: dict[int, list[tuple[float, float]]] = {}
    for told, held in pairs:
        found.setdefault(min(bins - 1, int(told * bins)), []).append((told, held))
    return [
        Bin(math.fsum(t for t, _ in held) / len(held), math.fsum(w for _, w in held) / len(held), len(held))
        for _, held in sorted(found.items())
    ]


def calibration_error(pairs: Iterable[tuple[float, float]], bins: int = 10) -> float | None:
    """Return how far confidences are from what answers are worth, weighed by bin (ECE); None of nothing."""
    found = sort_bins(pairs, bins)
    total = sum(b.answers for b in found)
    return math.fsum(b.answers * abs(b.told - b.held) for b in found) / total if total else None
