"""From a question to hits: both rankers score the union of what either found, and are fused by trust.

The keyword side reads every script. The dense side reads English: how far it is believed follows how much of the
question it could read, once Chinese terms are put into English by the glossary. Rank fusion would give it half the
say on a question that it read as noise.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property

from vlmrag.index.index import Index
from vlmrag.language.fold import HAN_CHAR
from vlmrag.language.glossary import Glossary
from vlmrag.language.words import split_words
from vlmrag.types import Hit

DENSE_SHARE = 0.5
"""Weight of the dense side on a question that it can read whole; the rest is the keyword side's."""
POOL = 200
"""Passages that each side puts forward, at least."""
_LATIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .+/_-]*")


class Retriever:
    """Finds passages in one index."""

    def __init__(self, index: Index, glossary: Glossary) -> None:
        """Read nothing yet."""
        self.index = index
        self.glossary = glossary

    @cached_property
    def _owners(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for paper in self.index.papers():
            for document in paper.documents:
                found.setdefault(document, []).append(paper.id)
        return {document: tuple(papers) for document, papers in found.items()}

    def search(self, query: str, k: int = 10, documents: Collection[str] | None = None) -> list[Hit]:
        """Return the `k` best passages, best first, within `documents` (ids) if given; ties by the passage's id."""
        query = query.strip()
        if not query or k < 1:
            return []
        gloss = self.glossary.gloss(query)
        words = split_words(" ".join([query, *gloss]))
        pool = max(POOL, 10 * k)
        lexical = self.index.search_lexical(words, pool, among=documents)
        english, trust = self._put_into_english(query, gloss)
        dense: dict[str, float] = {}
        if trust > 0:
            vector = self.index.encoder.encode_queries([english])[0]
            dense = self.index.search_dense(vector, pool, among=documents)
            dense |= self.index.score_dense(vector, [c for c in lexical if c not in dense])
            lexical |= self.index.score_lexical(words, [c for c in dense if c not in lexical])
        fused = fuse_scores(dense, lexical, DENSE_SHARE * trust)
        best = sorted(fused.items(), key=lambda item: (-item[1], item[0]))[:k]
        places = {"dense": _rank(dense), "lexical": _rank(lexical)}
        chunks = {c.id: c for c in self.index.chunks([c for c, _ in best])}
        return [
            Hit(
                rank=rank,
                score=round(score, 6),
                chunk=chunks[chunk],
                papers=self._owners.get(chunks[chunk].document, ()),
                via=tuple((side, place[chunk]) for side, place in places.items() if chunk in place),
            )
            for rank, (chunk, score) in enumerate(best, start=1)
        ]

    def _put_into_english(self, query: str, gloss: list[str]) -> tuple[str, float]:
        """What the encoder reads instead of the query, and how much of the query's meaning that holds, 0 to 1."""
        han = len(HAN_CHAR.findall(query))
        if not han:
            return query, self.index.encoder.read_share(query)
        latin = [m.group().strip() for m in _LATIN.finditer(query)]
        english = " ".join([*latin, *gloss])
        if not english:
            return "", 0.0
        # two characters of Han make a word, and a word of gloss stands for about that much
        told = min(1.0, 2 * len(gloss) / han)
        share = (told * han + sum(map(len, latin)) / 2) / (han + sum(map(len, latin)) / 2)
        return english, min(1.0, share) * self.index.encoder.read_share(english)


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


def _scale(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    return {c: (s - low) / (high - low) if high > low else 1.0 for c, s in scores.items()}


def _rank(scores: Mapping[str, float]) -> dict[str, int]:
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return {chunk: rank for rank, (chunk, _) in enumerate(ordered, start=1)}
