"""Runs in files, and whether one is better than another: against examples by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vlmrag.errors import UsageError
from vlmrag.evaluation.runs import (
    Difference,
    Scores,
    compare_runs,
    format_csv,
    format_run,
    read_scores,
    resample,
    score_queries,
)

QRELS = {"q1": {"a": 1.0}, "q2": {"b": 1.0}, "q3": {"c": 1.0}}
RUN = {"q1": [("a", 0.9), ("b", 0.1)], "q2": [("a", 2.0), ("b", 1.0)], "unjudged": [("a", 1.0)]}


def make_scores(values: dict[str, float]) -> Scores:
    return {query: {"ndcg@10": value, "recall@100": 1.0, "mrr@10": value} for query, value in values.items()}


def test_the_figures_of_each_judged_query() -> None:
    assert score_queries(RUN, QRELS) == {
        "q1": {"ndcg@10": 1.0, "recall@100": 1.0, "mrr@10": 1.0},
        "q2": {"ndcg@10": pytest.approx(0.6309297536), "recall@100": 1.0, "mrr@10": 0.5},
    }


def test_a_run_and_its_csv_are_read_back_alike(tmp_path: Path) -> None:
    scores = score_queries(RUN, QRELS)
    (tmp_path / "old.run").write_text(format_run(RUN), "utf-8")
    (tmp_path / "old.csv").write_text(format_csv(scores), "utf-8")
    assert read_scores(tmp_path / "old.run", QRELS) == scores
    assert read_scores(tmp_path / "old.csv", {}) == {q: pytest.approx(row, abs=1e-6) for q, row in scores.items()}
    assert (tmp_path / "old.csv").read_text("utf-8").splitlines()[:2] == [
        "query,ndcg@10,recall@100,mrr@10",
        "q1,1.000000,1.000000,1.000000",
    ]


def test_a_run_is_ordered_by_score_and_not_by_its_lines(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("q1 Q0 b 1 0.1 x\nq1 Q0 a 2 0.9 x\n", "utf-8")
    assert read_scores(tmp_path / "run", QRELS)["q1"]["mrr@10"] == 1.0


@pytest.mark.parametrize("text", ["q1 Q0 a 1\n", "q1 Q0 a 1 high x\n", "query,ndcg@10,recall@100,mrr@10\nq1,1\n"])
def test_a_file_that_is_no_run_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd").write_text(text, "utf-8")
    with pytest.raises(UsageError, match="odd: neither a TREC run nor a CSV"):
        read_scores(tmp_path / "odd", QRELS)
    with pytest.raises(UsageError, match="nowhere: No such file"):
        read_scores(tmp_path / "nowhere", QRELS)


def test_two_queries_can_be_drawn_in_four_ways() -> None:
    """Differences 1 and 0: a draw of two means 0, 1/2, 1/2 or 1, so a quarter of the draws are not above 0."""
    found = resample([1.0, 0.0])
    assert (found.queries, found.better, found.worse, found.mean, found.low, found.high) == (2, 1, 0, 0.5, 0.0, 1.0)
    assert found.p == pytest.approx(2 * 1 / 4, abs=0.02)
    assert resample([1.0, 0.0]) == found


def test_what_is_the_same_everywhere_is_no_chance() -> None:
    assert resample([0.25] * 8) == Difference(8, 8, 0, 0.25, 0.25, 0.25, 0.0)
    assert resample([0.0] * 3) == Difference(3, 0, 0, 0.0, 0.0, 0.0, 1.0)


def test_only_queries_of_both_runs_are_compared() -> None:
    new, old = make_scores({"a": 0.5, "b": 1.0, "new": 1.0}), make_scores({"b": 0.5, "a": 1.0, "old": 0.0})
    found = compare_runs(new, old)
    assert (found.queries, found.better, found.worse, found.mean) == (2, 1, 1, 0.0)
    with pytest.raises(UsageError, match="no query in common"):
        compare_runs(make_scores({"a": 1.0}), make_scores({"b": 1.0}))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(-4, 4).map(lambda n: n / 4), min_size=1, max_size=9))
def test_turning_the_runs_round_turns_the_sign(change: list[float]) -> None:
    one, other = resample(change), resample([-value for value in change])
    assert (one.mean, one.better, one.p) == (-other.mean, other.worse, other.p)
    assert one.low == pytest.approx(-other.high)
    assert one.low - 1e-9 <= one.mean <= one.high + 1e-9
