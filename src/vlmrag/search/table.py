"""One side of what papers are compared by, as a table: keys by weight for every paper, compared with one at once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vlmrag.language.fold import HAN_CHAR

Scores = NDArray[np.float64]
_LEFT_OF_HAN = 1.5
"""What a term of Chinese that no entry of the glossary knows is worth at most: it is mostly grammar."""


class Table:
    """What every paper has on one side, ready to be compared with one: keys by weight, found from the key."""

    def __init__(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Weigh each key by how few of the rows have it (inverse document frequency, as BM25 has it)."""
        spread = Counter(key for row in rows for key in row)
        self._rarity = {key: _weigh(key, n, len(rows)) for key, n in spread.items()}
        self._holders: dict[str, tuple[list[int], list[float]]] = {}
        self._lengths = np.ones(len(rows))
        for at, row in enumerate(rows):
            weighed = self.weigh(row)
            self._lengths[at] = _length(weighed) or 1.0
            for key, weight in weighed.items():
                holders, weights = self._holders.setdefault(key, ([], []))
                holders.append(at)
                weights.append(weight / self._lengths[at])

    def weigh(self, row: Mapping[str, float]) -> dict[str, float]:
        """Return the keys of a row that the table knows, each by what it tells."""
        return {key: n * self._rarity[key] for key, n in row.items() if key in self._rarity}

    def compare(self, row: Mapping[str, float]) -> Scores:
        """Return the cosine of `row` with every row of the table, (n,)."""
        found = np.zeros(len(self._lengths))
        weighed = self.weigh(row)
        for key, weight in weighed.items():
            holders, weights = self._holders[key]
            found[holders] += weight * np.array(weights)
        length = _length(weighed)
        return found / length if length else found

    def rank_shared(self, a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
        """Return the keys that two rows share by what they weigh in both, the weightiest first."""
        x, y = self.weigh(a), self.weigh(b)
        shared = {key: x[key] * y[key] for key in x.keys() & y.keys()}
        return dict(sorted(shared.items(), key=lambda item: (-item[1], item[0])))

    def count_cohesion(self, rows: Sequence[Mapping[str, float]]) -> float:
        """Return the mean cosine between two of `rows`, 0 for fewer than two."""
        if len(rows) < 2:
            return 0.0
        whole: Counter[str] = Counter()
        for row in rows:
            weighed = self.weigh(row)
            length = _length(weighed) or 1.0
            for key, weight in weighed.items():
                whole[key] += weight / length  # type: ignore[assignment]
        return max(0.0, (_length(whole) ** 2 - len(rows)) / (len(rows) * (len(rows) - 1)))


def _weigh(key: str, holders: int, rows: int) -> float:
    """The square root of a key's rarity: both sides of a product have it. What is left of Chinese tells little."""
    rarity = max(0.05, math.log(1 + (rows - holders + 0.5) / (holders + 0.5)))
    return math.sqrt(min(rarity, _LEFT_OF_HAN) if HAN_CHAR.match(key) else rarity)


def _length(row: Mapping[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in row.values()))
