"""Two ideas that were left out, kept so that `--ablate` goes on saying why: what is found first widens the query.

    feed_back_vectors    the query's vector is moved towards the best passages (Rocchio, 1971)
    feed_back_words      the words that tell the best passages apart are looked up too (RM3: Lavrenko and Croft, 2001)

Evening out the scores among neighbours already takes what is to be had from passages that are alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vlmrag.language.words import split_bilingual
from vlmrag.search.retriever import POOL, Retriever
from vlmrag.search.wording import Wording

BELIEVED = 10
"""Passages that are taken to be relevant."""
MOVED = 0.3
"""Weight of their mean vector beside the query's own."""
ADDED, SAID = 20, 4
"""Words that are added, and how many times one of them each of the query's own weighs."""


def feed_back_vectors(retriever: Retriever, wording: Wording) -> dict[str, float]:
    """Return the fused scores with the dense side asked anew by the query and the best passages together."""
    dense, lexical = retriever.score_sides(wording, POOL)
    fused = retriever.fuse(wording, dense, lexical)
    if not dense:
        return fused
    best = _choose_best(fused)
    weights = np.array([fused[passage] for passage in best])
    own = retriever.index.encoder.encode_queries([wording.english])[0]
    moved = own + MOVED * (weights @ retriever.index.vectors(best)) / weights.sum()
    again = retriever.index.score_dense((moved / np.linalg.norm(moved)).astype(np.float32), fused)
    return retriever.fuse(wording, again, lexical)


def feed_back_words(retriever: Retriever, wording: Wording) -> dict[str, float]:
    """Return the fused scores with the keyword side asked for words of the best passages too."""
    dense, lexical = retriever.score_sides(wording, POOL)
    fused = retriever.fuse(wording, dense, lexical)
    index = retriever.index
    weighed: dict[str, float] = {}
    best = _choose_best(fused)
    for passage, chunk in zip(best, index.chunks(best), strict=True):
        words = split_bilingual(chunk.indexed, retriever.glossary.put_into_english(chunk.indexed))
        for word, times in Counter(words).items():
            telling = times / len(words) * index.bound_lexical([word])
            weighed[word] = weighed.get(word, 0.0) + fused[passage] * telling
    added = sorted(weighed, key=lambda word: (-weighed[word], word))[:ADDED]
    wider = replace(wording, words=(*wording.words * SAID, *added))
    return retriever.fuse(wider, dense, index.score_lexical(wider.words, fused))


def _choose_best(fused: Mapping[str, float]) -> list[str]:
    return sorted(fused, key=lambda passage: (-fused[passage], passage))[:BELIEVED]
