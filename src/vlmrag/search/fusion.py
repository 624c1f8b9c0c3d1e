"""How two rankings become one: scores scaled per query, summed by trust, and evened out among passages that agree.

All functions are of numbers and ids only. What each step is worth, `vlmrag eval --beir DIR --ablate` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FULL_COVER = 0.2
"""Share of the highest keyword score possible from which on the keyword side has its whole say."""
SUPPORT = 1.0
"""Weight of a document's score in the score of its passages."""
UNREAD = 2
"""Passages, each as good as its best, that a document is taken to have besides its own: one weak second passage says
little against a document of two, and much of a document of thirty is known."""
NEIGHBOURS = 3
"""Passages by which the score of a passage is evened out."""
EVENED = 0.2
"""Share of a score that comes from the neighbours."""


def fuse_scores(dense: Mapping[str, float], lexical: Mapping[str, float], weight: float) -> dict[str, float]:
    """Return `weight` times the dense score plus the rest times the keyword score, each scaled to 0..1 per query.

    Source: Bruch, Gai, Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, 2023 (convex combination).
    """
    a, b = _scale(dense), _scale(lexical)
    if not a:
        weight = 0.0
    if not b:
        weight = 1.0
    return {c: weight * a.get(c, 0.0) + (1 - weight) * b.get(c, 0.0) for c in sorted({*a, *b})}


def share_trust(dense: float, cover: float) -> float:
    """Return the dense side's weight, 0 to 1: a half where both sides are believed whole.

    `dense` is the share of the query that the encoder could read, 0 to 1. `cover` is the best keyword score as a share
    of the highest possible (the theoretical maximum of Bruch et al.): where the best passage holds little of what the
    words of the query weigh, as in another language, keywords found by chance must not decide.
    """
    lexical = min(1.0, cover / FULL_COVER)
    return dense / (dense + lexical) if dense + lexical > 0 else 0.5


def support_passages(scores: Mapping[str, float], places: Mapping[str, tuple[str, int]]) -> dict[str, float]:
    """Return the scores with their document's score added: a long text that goes on about it counts for more.

    `places` gives each passage's document and how many passages that has; those without a score count as 0. A
    document's score is the mean of its passages, drawn towards the best of them where it has few, see `UNREAD`.
    Source: Callan, Passage-Level Evidence in Document Retrieval, 1994.
    """
    sums: dict[str, float] = {}
    best: dict[str, float] = {}
    sizes: dict[str, int] = {}
    for passage in sorted(scores):
        document, sizes[document] = places[passage]
        sums[document] = sums.get(document, 0.0) + scores[passage]
        best[document] = max(best.get(document, 0.0), scores[passage])
    means = {document: (sums[document] + UNREAD * best[document]) / (sizes[document] + UNREAD) for document in sums}
    return {passage: score + SUPPORT * means[places[passage][0]] for passage, score in scores.items()}


def even_scores(scores: Sequence[float], vectors: Floats) -> list[float]:
    """Return scores evened out among nearest neighbours: passages that are alike answer the same query.

    `scores` (n,) belong to unit `vectors` (n, dimension). Each becomes a mean of itself and of the scores of its
    nearest neighbours among the others, weighted by cosine. Source: Diaz, Regularizing Ad Hoc Retrieval Scores, 2005.
    """
    own = np.asarray(scores, dtype=np.float64)
    near = min(NEIGHBOURS, len(own) - 1)
    if near < 1:
        return list(map(float, own))
    alike = np.round(vectors @ vectors.T, 6).astype(np.float64)
    np.fill_diagonal(alike, -2.0)
    nearest = np.argpartition(-alike, near - 1, axis=1)[:, :near]
    weights = np.maximum(np.take_along_axis(alike, nearest, axis=1), 0.0)
    total = weights.sum(axis=1)
    among = (weights * own[nearest]).sum(axis=1) / np.where(total > 0, total, 1.0)
    return list(map(float, np.where(total > 0, (1 - EVENED) * own + EVENED * among, own)))


def _scale(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    return {c: (s - low) / (high - low) if high > low else 1.0 for c, s in scores.items()}
