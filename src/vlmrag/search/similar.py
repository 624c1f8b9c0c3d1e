"""Papers like a paper: by what is said of them, by where they stand, and by when they came."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Paper, Sentence

_WEIGHTS = {"terms": 0.55, "dense": 0.15, "mention": 0.1, "section": 0.1, "year": 0.1}
"""What each side may add to a likeness of 1."""
_YEARS_APART = 4.0
"""Years after which closeness in time has fallen to 1/e."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two papers are, and the sentences of the other that show it best."""

    paper: Paper
    score: float
    """0..1."""
    shared: tuple[str, ...]
    """The terms that weigh most in both, best first."""
    evidence: tuple[Sentence, ...]


def rank_similar(
    paper: Paper, catalogue: Catalogue, k: int = 10, among: Sequence[Paper] | None = None
) -> list[Likeness]:
    """Return the `k` papers most like `paper`, `among` some or all of the library, best first; ties in that order."""
    others = catalogue.papers if among is None else among
    terms = {p.id: _term_vector(p, catalogue) for p in (paper, *others)}
    dense = _dense_likeness(paper, catalogue)
    headings = {p.id: _sections(p, catalogue) for p in (paper, *others)}
    own = terms[paper.id]
    mentioned = _mentioned(paper, catalogue)
    ranked = []
    for order, other in enumerate(others):
        if other.id == paper.id:
            continue
        parts = {
            "terms": _cosine(own, terms[other.id]),
            "dense": max(0.0, dense.get(other.id, 0.0)),
            "mention": float(other.id in mentioned),
            "section": float(bool(headings[paper.id] & headings[other.id])),
            "year": _closeness(paper.year, other.year),
        }
        ranked.append((sum(_WEIGHTS[side] * value for side, value in parts.items()), order, other))
    ranked.sort(key=lambda item: (-item[0], item[1]))
    found = []
    for score, _, other in ranked[:k]:
        shared = sorted(set(own) & set(terms[other.id]), key=lambda t: (-own[t] * terms[other.id][t], t))[:6]
        found.append(Likeness(other, round(score, 4), tuple(shared), _show(other, shared, catalogue)))
    return found


def _term_vector(paper: Paper, catalogue: Catalogue) -> dict[str, float]:
    """Terms of a paper's sentences by weight (tf-idf, logarithmic)."""
    counts = Counter(t for s in catalogue.sentences(paper) for t in s.terms)
    return {t: (1 + math.log(n)) * catalogue.weigh(t) for t, n in counts.items()}


def _cosine(a: dict[str, float], b: dict[str, float]) -> float:
    dot = sum(w * b[t] for t, w in a.items() if t in b)
    norm = math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))
    return dot / norm if norm else 0.0


def _dense_likeness(paper: Paper, catalogue: Catalogue) -> dict[str, float]:
    ids, vectors = catalogue.index.paper_vectors()
    if paper.id not in ids:
        return {}
    scores: np.ndarray[tuple[int], np.dtype[np.float32]] = vectors @ vectors[ids.index(paper.id)]
    return {i: round(float(s), 6) for i, s in zip(ids, scores, strict=True)}


def _mentioned(paper: Paper, catalogue: Catalogue) -> frozenset[str]:
    """The ids of the papers that this one's entries name, and of those whose entries name it."""
    names = [n for n in (paper.name, *paper.aliases) if len(n) > 2]
    named = re.compile("|".join(rf"(?<![\w-]){re.escape(n)}(?![\w-])" for n in names)) if names else None
    naming = [p.id for p in catalogue.papers if named and any(named.search(s.text) for s in catalogue.sentences(p))]
    own = [p.id for s in catalogue.sentences(paper) for p, _, _ in catalogue.names.find(s.text)]
    return frozenset({*naming, *own} - {paper.id})


def _sections(paper: Paper, catalogue: Catalogue) -> frozenset[tuple[str, ...]]:
    """The places in the notes where a paper has its entries: source and headings, the outermost alone left out."""
    places = ((catalogue.documents[d].source, *catalogue.headings(d)) for d in paper.documents)
    return frozenset(place for place in places if len(place) > 2)


def _closeness(a: int | None, b: int | None) -> float:
    return math.exp(-abs(a - b) / _YEARS_APART) if a and b else 0.0


def _show(paper: Paper, shared: list[str], catalogue: Catalogue) -> tuple[Sentence, ...]:
    """The two sentences of a paper that hold most of the shared terms, by weight."""
    weight = {t: catalogue.weigh(t) for t in shared}
    sentences = [s for s in catalogue.sentences(paper) if not catalogue.is_bare(s, paper)] or catalogue.sentences(paper)
    return tuple(sorted(sentences, key=lambda s: -sum(weight.get(t, 0.0) for t in set(s.terms)))[:2])


def project_papers(catalogue: Catalogue) -> list[tuple[Paper, float, float]]:
    """Return each paper with its place on a map of two dimensions, those said alike lying near.

    The two directions in which the papers' mean vectors differ most (principal components), each scaled to -1..1.
    """
    ids, vectors = catalogue.index.paper_vectors()
    if len(ids) < 3:
        return [(p, float(i), 0.0) for i, p in enumerate(catalogue.papers)]
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    # an axis has no sign of its own: its largest part is made positive, so that the map is the same each time
    axes = axes[:2] * np.sign(axes[:2][np.arange(2), np.abs(axes[:2]).argmax(axis=1)])[:, None]
    places = centred @ axes.T
    places = places / np.abs(places).max(axis=0)
    place_of = dict(zip(ids, places.round(6).tolist(), strict=True))
    return [(p, *place_of[p.id]) for p in catalogue.papers if p.id in place_of]
