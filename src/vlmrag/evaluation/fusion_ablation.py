"""What each step of the fusion is worth on a BEIR collection: the same two rankings, put together in simpler ways.

    dense only       cosines alone
    keywords only    BM25 alone
    RRF              reciprocal ranks, 60 + rank (Cormack et al., 2009)
    convex 0.3 ...   scores scaled to 0..1, this share to the dense side
    + trust          weights by how much of the query either side could read and find
    + support        a passage is supported by its document
    ours             and scores are evened out among neighbours: `search` as it is
    + vectors fed back, + words fed back    ideas left out, see `feedback.py`

All read the same index, in which passages stand under their titles and Chinese is put into English.
"""

from __future__ import annotations

from collections.abc import Mapping

from vlmrag.config import Config
from vlmrag.evaluation.beir import Collection, Search, open_collection, rank_documents
from vlmrag.evaluation.feedback import feed_back_vectors, feed_back_words
from vlmrag.evaluation.metrics import mean
from vlmrag.evaluation.runs import FIGURES, Scores, score_queries
from vlmrag.search.fusion import fuse_scores, share_trust, support_passages
from vlmrag.search.retriever import POOL, Retriever
from vlmrag.search.wording import Wording, word_query
from vlmrag.types import Progress

Passages = Mapping[str, float]
RRF = 60
CONVEX = {f"convex {share}": share for share in (0.3, 0.5, 0.7)}
LEFT_OUT = {"+ vectors fed back": feed_back_vectors, "+ words fed back": feed_back_words}
SYSTEMS = ("dense only", "keywords only", "RRF", *CONVEX, "+ trust", "+ support", "ours", *LEFT_OUT)


def ablate_fusion(
    collection: Collection, config: Config, k: int = 100, progress: Progress | None = None
) -> dict[str, Scores]:
    """Return the figures of each query by system, the simplest first."""
    with open_collection(collection, config, progress) as retriever:
        fusions = Fusions(retriever)
        found: dict[str, Scores] = {}
        for done, name in enumerate(SYSTEMS):
            if progress:
                progress("searching", done, len(SYSTEMS))
            run = {q.id: rank_documents(fusions.make_search(name), q, k) for q in collection.queries}
            found[name] = score_queries(run, collection.qrels)
    return found


def record_systems(systems: Mapping[str, Scores]) -> dict[str, dict[str, float]]:
    """Return the mean figures by system as JSON has them."""
    return {
        name: {figure: round(mean(row[figure] for row in scores.values()) or 0.0, 4) for figure in FIGURES}
        for name, scores in systems.items()
    }


class Fusions:
    """The ways to put the two rankings together."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    def make_search(self, name: str) -> Search:
        """Return the search of that system: text and limit to passages' documents and scores, best first."""

        def search(text: str, limit: int) -> list[tuple[str, float]]:
            if name == "ours":
                return [(hit.chunk.source, hit.score) for hit in self._retriever.search(text, limit)]
            index = self._retriever.index
            wording = word_query(text, self._retriever.glossary, index.encoder)
            if name in LEFT_OUT:
                scores: Passages = LEFT_OUT[name](self._retriever, wording)
            else:
                dense, lexical = self._retriever.score_sides(wording, max(POOL, limit))
                scores = self._put_together(name, wording, dense, lexical)
            best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]
            sources = [chunk.source for chunk in index.chunks([chunk for chunk, _ in best])]
            return [(source, score) for source, (_, score) in zip(sources, best, strict=True)]

        return search

    def _put_together(self, name: str, wording: Wording, dense: Passages, lexical: Passages) -> Passages:
        if name == "dense only":
            return dense
        if name == "keywords only":
            return {passage: score for passage, score in lexical.items() if score > 0}
        if name == "RRF":
            return fuse_ranks(dense, lexical)
        if name in CONVEX:
            return fuse_scores(dense, lexical, CONVEX[name])
        index = self._retriever.index
        supported = support_passages(lexical, index.place(lexical)) if name == "+ support" else lexical
        bound = index.bound_lexical(wording.words)
        cover = max(lexical.values(), default=0.0) / bound if bound else 0.0
        return fuse_scores(dense, supported, share_trust(wording.trust, cover))


def fuse_ranks(one: Passages, other: Passages) -> dict[str, float]:
    """Return the sum of 1 / (60 + rank) over both sides; ties within a side by id."""
    fused: dict[str, float] = {}
    for side in (one, other):
        for rank, passage in enumerate(sorted(side, key=lambda p: (-side[p], p)), start=1):
            fused[passage] = fused.get(passage, 0.0) + 1 / (RRF + rank)
    return fused
