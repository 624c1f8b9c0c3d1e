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
        self._units = [_scale(self.weigh(row)) for row in rows]
        holders: dict[str, list[tuple[int, float]]] = {}
        for at, unit in enumerate(self._units):
            for key, weight in unit.items():
                holders.setdefault(key, []).append((at, weight))
        self._holders = {
            key: (np.array([at for at, _ in held]), np.array([w for _, w in held])) for key, held in holders.items()
        }

    def weigh(self, row: Mapping[str, float]) -> dict[str, float]:
        """Return the keys of a row that the table knows, each by what it tells."""
        return {key: n * self._rarity[key] for key, n in row.items() if key in self._rarity}

    def compare(self, row: Mapping[str, float]) -> Scores:
        """Return the cosine of `row` with every row of the table, (n,)."""
        found = np.zeros(len(self._units))
        for key, weight in _scale(self.weigh(row)).items():
            at, weights = self._holders[key]
            found[at] += weight * weights
        return found

    def rank_shared(self, a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
        """Return the keys that two rows share by what they weigh in both, the weightiest first."""
        x, y = self.weigh(a), self.weigh(b)
        shared = {key: x[key] * y[key] for key in x.keys() & y.keys()}
        return dict(sorted(shared.items(), key=lambda item: (-item[1], item[0])))

    def count_cohesion(self, rows: Sequence[int]) -> float:
        """Return the mean cosine between two of the rows of these numbers, 0 for fewer than two."""
        if len(rows) < 2:
            return 0.0
        whole: dict[str, float] = {}
        for at in rows:
            for key, weight in self._units[at].items():
                whole[key] = whole.get(key, 0.0) + weight
        squared = sum(weight * weight for weight in whole.values())
        return max(0.0, (squared - len(rows)) / (len(rows) * (len(rows) - 1)))


def _weigh(key: str, holders: int, rows: int) -> float:
    """The square root of a key's rarity: both sides of a product have it. What is left of Chinese tells little."""
    rarity = max(0.05, math.log(1 + (rows - holders + 0.5) / (holders + 0.5)))
    return math.sqrt(min(rarity, _LEFT_OF_HAN) if HAN_CHAR.match(key) else rarity)


def _scale(row: Mapping[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in row.values()))
    return {key: weight / length for key, weight in row.items()}
