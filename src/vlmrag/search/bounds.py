"""Bounds that a question sets to a count: "fewer than 10B parameters", "超过 1 亿图文对"."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from vlmrag.ingest.attributes.figures import FigureReader, parse_count
from vlmrag.search.cues import Cues


@dataclass(frozen=True, slots=True)
class Bound:
    """What a count of some thing must keep to."""

    thing: str
    """What is counted; empty for parameters. "pairs" are image-text pairs too."""
    low: float = 0.0
    high: float = math.inf
    open: bool = False
    """Whether the bound itself is out: "more than", "less than"."""

    def holds(self, value: str) -> bool:
        """Say whether a value of the table, such as `400M image-text pairs`, keeps to it."""
        count, thing = parse_count(value)
        within = self.low < count < self.high if self.open else self.low <= count <= self.high
        return within and thing.endswith(self.thing)


def read_bounds(folded: str, reader: FigureReader, cues: Cues) -> Iterator[tuple[str, Bound, tuple[int, int]]]:
    """Yield the bounds of a folded question: the column of the table, the bound, and where it stands."""
    for value in reader.read_counts(folded):
        count, thing = parse_count(value.value)
        for way, pattern in cues.bounds_before.items():
            if said := pattern.search(folded, 0, value.start):
                yield value.column, _bind(way, count, thing), (said.start(), value.end)
                break
        else:
            for way, pattern in cues.bounds_after.items():
                if said := pattern.match(folded, value.end):
                    yield value.column, _bind(way, count, thing), (value.start, said.end())
                    break


def _bind(way: str, count: float, thing: str) -> Bound:
    above = way in ("more", "least")
    low, high = (count, math.inf) if above else (0.0, count)
    return Bound(thing, low, high, open=way in ("more", "less"))
