"""What a retrieval run is worth query by query, kept in files, and whether one run is better than another.

    TREC run    query Q0 document rank score name       what others' tools read (trec_eval, ranx)
    CSV         query,ndcg@10,recall@100,mrr@10         a query a line

Two runs are compared by the paired bootstrap: queries are drawn anew, with replacement, and each draw gives one mean
difference. Source: Sakai, Evaluating Evaluation Metrics based on the Bootstrap, 2006.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vlmrag.errors import UsageError
from vlmrag.evaluation import metrics

Ranking = list[tuple[str, float]]
"""Documents and their scores, best first."""
Scores = dict[str, dict[str, float]]
"""Figures by query."""
FIGURES = ("ndcg@10", "recall@100", "mrr@10")
DRAWS, GROUP, SEED = 10_000, 500, 20_210
"""Draws, how many are held in memory at once, and the seed of the generator."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much one run is better than another in a figure, over the queries that both have."""

    queries: int
    better: int
    """Queries on which it is better."""
    worse: int
    mean: float
    low: float
    high: float
    """Ends of the 95 % interval of the mean."""
    p: float
    """Share of the draws that speak for the other run, both ways: below 0.05 a difference is hardly chance."""


def score_queries(run: Mapping[str, Ranking], qrels: Mapping[str, Mapping[str, float]]) -> Scores:
    """Return the figures of each query of a run that has judgements; recall counts what the run holds."""
    scores = {}
    for query, ranking in run.items():
        if query in qrels:
            documents, grades = [document for document, _ in ranking], qrels[query]
            values = (
                metrics.ndcg(documents, grades, k=10),
                metrics.recall(documents, grades, k=100),
                metrics.reciprocal_rank(documents, grades, k=10),
            )
            scores[query] = dict(zip(FIGURES, values, strict=True))
    return scores


def compare_runs(new: Scores, old: Scores, figure: str = FIGURES[0]) -> Difference:
    """Return how much `new` is better than `old`; raises UsageError when they share no query."""
    shared = [query for query in new if query in old]
    if not shared:
        raise UsageError("the two runs have no query in common")
    return resample([new[query][figure] - old[query][figure] for query in shared])


def resample(change: Sequence[float], draws: int = DRAWS) -> Difference:
    """Return the bootstrap of the mean of `change` (n,), a difference per query; the same for the same numbers."""
    values = np.asarray(change, dtype=np.float64)
    generator = np.random.default_rng(SEED)
    size = len(values)
    drawn = (generator.integers(0, size, (GROUP, size)) for _ in range(draws // GROUP))
    means = np.concatenate([values[places].mean(axis=1) for places in drawn])
    low, high = np.percentile(means, [2.5, 97.5])
    against = min(float((means <= 0).mean()), float((means >= 0).mean()))
    better, worse = int((values > 0).sum()), int((values < 0).sum())
    return Difference(len(values), better, worse, float(values.mean()), float(low), float(high), min(1.0, 2 * against))


def format_run(run: Mapping[str, Ranking]) -> str:
    """Return a ranking per query as a TREC run file: query, Q0, document, rank, score and name of the run."""
    lines = [
        f"{query} Q0 {document} {rank} {score:.6f} vlmrag\n"
        for query, ranking in run.items()
        for rank, (document, score) in enumerate(ranking, start=1)
    ]
    return "".join(lines)


def format_csv(scores: Scores) -> str:
    """Return the figures of each query as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["query", *FIGURES])
    writer.writerows([query, *(f"{figures[name]:.6f}" for name in FIGURES)] for query, figures in scores.items())
    return out.getvalue()


def read_scores(path: Path, qrels: Mapping[str, Mapping[str, float]]) -> Scores:
    """Read what `format_csv` or `format_run` wrote, or a TREC run of another system, scored here; raises UsageError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or 'is not UTF-8 text'}") from None
    head = ["query", *FIGURES]
    try:
        if text.startswith(",".join(head)):
            rows = csv.DictReader(io.StringIO(text), strict=True)
            return {row["query"]: {name: float(row[name]) for name in FIGURES} for row in rows}
        return score_queries(_read_run(text), qrels)
    except (ValueError, TypeError, csv.Error):
        raise UsageError(f"{path}: neither a TREC run nor a CSV that `vlmrag eval --beir --csv` wrote") from None


def _read_run(text: str) -> dict[str, Ranking]:
    """The rankings of a TREC run, ordered by score as trec_eval does, ties by descending id; raises ValueError."""
    run: dict[str, Ranking] = {}
    for line in text.splitlines():
        if line.strip():
            query, _, document, _, score, _ = line.split()
            run.setdefault(query, []).append((document, float(score)))
    return {query: sorted(found, key=lambda item: (item[1], item[0]), reverse=True) for query, found in run.items()}
