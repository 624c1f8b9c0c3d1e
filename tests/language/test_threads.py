"""Several threads may read words at once: each gets what one alone would get."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from vlmrag.language.words import stem

WORDS = [f"{root}{end}" for root in ("train", "freez", "relat", "national", "gener", "happ") for end in
         ("", "e", "ed", "ing", "ies", "ations", "ization", "fulness", "ously", "ement")]  # fmt: skip


def test_words_are_stemmed_alike_by_many_threads() -> None:
    stem.cache_clear()
    alone = [stem(word) for word in WORDS]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            stem.cache_clear()
            with ThreadPoolExecutor(8) as threads:
                assert list(threads.map(stem, WORDS * 4)) == alone * 4
    finally:
        sys.setswitchinterval(interval)
