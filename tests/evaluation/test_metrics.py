"""The measures against values worked out by hand, and against the definitions of trec_eval written out."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlmrag.evaluation.metrics import (
    Risk,
    SetScore,
    area_under,
    mean,
    ndcg,
    percentile,
    recall,
    reciprocal_rank,
    score_set,
    trace_risk,
)


@pytest.mark.parametrize(
    ("found", "gold", "neutral", "expected"),
    [
        ("ab", "ab", "", (1, 1, 1)),
        ("abx", "ab", "x", (1, 1, 1)),
        ("abx", "abcd", "", (2 / 3, 1 / 2, 4 / 7)),
        ("", "ab", "", (0, 0, 0)),
        ("x", "ab", "x", (0, 0, 0)),
        ("", "", "", (1, 1, 1)),
        ("a", "", "", (0, 1, 0)),
    ],
)
def test_sets(found: str, gold: str, neutral: str, expected: tuple[float, float, float]) -> None:
    assert score_set(found, gold, neutral) == pytest.approx(SetScore(*expected))


def test_means_and_percentiles() -> None:
    assert (mean([]), mean([0.1] * 10)) == (None, 0.1)
    values = [15, 20, 35, 40, 50]
    assert [percentile(values, share) for share in (0, 0.25, 0.5, 0.95, 1)] == pytest.approx([15, 20, 35, 48, 50])
    assert (percentile([], 0.5), percentile([7], 0.95)) == (None, 7)


def test_ranking_by_hand() -> None:
    grades = {"a": 3.0, "b": 1.0, "c": 0.0, "d": 2.0}
    ranking = ["c", "a", "x", "b"]
    ideal = 3 + 2 / math.log2(3) + 1 / 2
    assert ndcg(ranking, grades) == pytest.approx((3 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert ndcg(ranking, grades, k=2) == pytest.approx((3 / math.log2(3)) / (3 + 2 / math.log2(3)))
    assert ndcg(["a", "d", "b"], grades) == 1
    assert (recall(ranking, grades), recall(ranking, grades, k=3)) == pytest.approx((2 / 3, 1 / 3))
    assert (reciprocal_rank(ranking, grades), reciprocal_rank(ranking, grades, k=1)) == (0.5, 0.0)
    assert ndcg(ranking, {}) == recall(ranking, {}) == reciprocal_rank(ranking, {}) == 0


def define(ranking: Sequence[str], grades: Mapping[str, float]) -> tuple[float, float, float]:
    """ndcg_cut_10, recall_100 and recip_rank as trec_eval's sources have them, loop by loop."""
    gain = 0.0
    for i in range(min(10, len(ranking))):
        gain += max(grades.get(ranking[i], 0), 0) / math.log2(i + 2)
    best, ideal = sorted(grades.values(), reverse=True), 0.0
    for i in range(min(10, len(best))):
        ideal += max(best[i], 0) / math.log2(i + 2)
    relevant = [item for item in grades if grades[item] > 0]
    found = [item for item in ranking[:100] if item in relevant]
    first = 0.0
    for i, item in enumerate(ranking[:10]):
        if item in relevant and not first:
            first = 1 / (i + 1)
    return gain / ideal if ideal else 0.0, len(found) / len(relevant) if relevant else 0.0, first


@given(st.randoms(use_true_random=False), st.integers(0, 150), st.integers(0, 30))
def test_ranking_as_defined(chance: random.Random, length: int, judged: int) -> None:
    items = [f"d{n}" for n in range(200)]
    ranking = chance.sample(items, length)
    grades = {item: float(chance.randint(0, 3)) for item in chance.sample(items, judged)}
    got = ndcg(ranking, grades), recall(ranking, grades), reciprocal_rank(ranking, grades)
    assert got == pytest.approx(define(ranking, grades))


def test_risk_by_hand() -> None:
    judged = [((0.9,), 0.0), ((0.5,), 1.0), ((0.7,), 0.5)]
    curve = trace_risk(judged)
    assert [risk for _, risk in curve] == pytest.approx([0.0, 0.25, 0.5])
    assert [coverage for coverage, _ in curve] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert area_under(curve) == pytest.approx(0.25)
    assert area_under([]) is None


@given(st.lists(st.tuples(st.tuples(st.sampled_from([0.0, 0.5, 1.0])), st.sampled_from([0.0, 0.25, 1.0])), max_size=12))
def test_equal_confidence_has_no_order(judged: list[tuple[tuple[float], float]]) -> None:
    curve = trace_risk(judged)
    assert [x for point in curve for x in point] == pytest.approx([x for p in trace_risk(judged[::-1]) for x in p])
    if judged:
        assert curve[-1] == pytest.approx(Risk(1.0, sum(loss for _, loss in judged) / len(judged)))
        best = area_under(trace_risk([((-loss,), loss) for _, loss in judged])) or 0.0
        worst = area_under(trace_risk([((loss,), loss) for _, loss in judged])) or 0.0
        assert best - 1e-9 <= (area_under(curve) or 0.0) <= worst + 1e-9
