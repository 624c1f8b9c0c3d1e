"""From a question to hits: both rankers score the union of what either found, and are fused by trust.

    wording.py     the words and the English that a query is searched by
    fusion.py      the arithmetic: scaling, weights, the support of a document, evening out
    reranker.py    where one is configured, it judges the best of them again

The keyword side reads every script. The dense side reads English: how far it is believed follows how much of the
question it could read, once Chinese terms are put into English by the glossary, and how much of the question the
keywords found. Rank fusion would give either side half the say on a question that it could not read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from vlmrag.index.encoders.minilm import one_blas_thread
from vlmrag.index.index import Index
from vlmrag.language.glossary import Glossary
from vlmrag.search.fusion import EVENED, even_scores, fuse_scores, share_trust, support_passages
from vlmrag.search.reranker import Reranker
from vlmrag.search.wording import Wording, word_query
from vlmrag.types import Hit

POOL = 200
"""Passages that each side puts forward. More are looked at only where more are asked for, and these come after."""
JUDGED = 50
"""Passages that a reranker judges, however few are asked for: the first hits do not depend on how many follow."""
JUDGE = 0.5
"""Its weight beside the fused score, each scaled to 0..1 per query."""


class Retriever:
    """Finds passages in one index."""

    def __init__(self, index: Index, glossary: Glossary, reranker: Reranker | None = None) -> None:
        """Read nothing yet; without a `reranker` the fused score is the last word."""
        self.index = index
        self.glossary = glossary
        self.reranker = reranker

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
        wording = word_query(query, self.glossary, self.index.encoder)
        pool = POOL
        dense, lexical = self.score_sides(wording, pool, documents)
        fused = self.fuse(wording, dense, lexical)
        while pool <= len(fused) < k:
            pool *= 2
            dense, lexical = self.score_sides(wording, pool, documents)
            fused = append_deeper(fused, self.fuse(wording, dense, lexical))
        places = {"dense": _rank(dense), "lexical": _rank(lexical)}
        if self.reranker is not None:
            judged = self._judge(query, fused, self.reranker)
            places["reranker"] = _rank(judged)
            fused = let_judge(fused, judged)
        best = sorted(fused.items(), key=lambda item: (-item[1], item[0]))[:k]
        chunks = {c.id: c for c in self.index.chunks([c for c, _ in best])}
        return [
            Hit(
                rank=rank,
                score=score,
                chunk=chunks[chunk],
                papers=self._owners.get(chunks[chunk].document, ()),
                via=tuple((side, place[chunk]) for side, place in places.items() if chunk in place),
            )
            for rank, (chunk, score) in enumerate(best, start=1)
        ]

    def score_sides(
        self, wording: Wording, pool: int, documents: Collection[str] | None = None
    ) -> tuple[dict[str, float], dict[str, float]]:
        """Return the cosines and the BM25 scores of the passages that either side puts forward, `pool` each, by id."""
        lexical = self.index.search_lexical(wording.words, pool, among=documents)
        if not wording.trust:
            return {}, lexical
        vector = self.index.encoder.encode_queries([wording.english])[0]
        dense = self.index.search_dense(vector, pool, among=documents)
        found = list(dense)
        dense |= self.index.score_dense(vector, [c for c in lexical if c not in dense])
        lexical |= self.index.score_lexical(wording.words, [c for c in found if c not in lexical])
        return dense, lexical

    def fuse(self, wording: Wording, dense: Mapping[str, float], lexical: Mapping[str, float]) -> dict[str, float]:
        """Return one score per passage, 0 to 1: `dense` and `lexical` are of the same passages, see `score_sides`."""
        bound = self.index.bound_lexical(wording.words)
        cover = max(lexical.values(), default=0.0) / bound if bound else 0.0
        supported = support_passages(lexical, self.index.place(lexical))
        fused = fuse_scores(dense, supported, share_trust(wording.trust, cover))
        order = sorted(fused, key=lambda chunk: (-fused[chunk], chunk))
        best = order[:POOL]
        with one_blas_thread():
            evened = even_scores([fused[chunk] for chunk in best], self.index.vectors(best))
        rest = {chunk: round((1 - EVENED) * fused[chunk], 6) for chunk in order[POOL:]}
        return {chunk: round(score, 6) for chunk, score in zip(best, evened, strict=True)} | rest

    def _judge(self, query: str, fused: Mapping[str, float], reranker: Reranker) -> dict[str, float]:
        """What the reranker says of the best passages."""
        best = sorted(fused, key=lambda chunk: (-fused[chunk], chunk))[:JUDGED]
        return dict(zip(best, reranker.score(query, [c.indexed for c in self.index.chunks(best)]), strict=True))


def append_deeper(fused: Mapping[str, float], deeper: Mapping[str, float]) -> dict[str, float]:
    """Return the scores of a pool, and below them those that only a deeper one has; these may be negative.

    The scores of the pool stay, so that the first hits do not depend on how many are asked for.
    """
    last = min(fused.values(), default=0.0)
    return {p: round(last - 1 + score, 6) for p, score in deeper.items() if p not in fused} | dict(fused)


def let_judge(fused: Mapping[str, float], judged: Mapping[str, float]) -> dict[str, float]:
    """Return scores where the passages that were judged, ordered by both, come before the others: 0 to 1."""
    both = fuse_scores(judged, {passage: fused[passage] for passage in judged}, JUDGE)
    return {p: round(0.5 + 0.5 * both[p] if p in both else 0.5 * score, 6) for p, score in fused.items()}


def _rank(scores: Mapping[str, float]) -> dict[str, int]:
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return {chunk: rank for rank, (chunk, _) in enumerate(ordered, start=1)}
