"""What is usual in a paper: the size and font of its running text, and the space between two lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vlmrag.ingest.pages.columns import Sheet
from vlmrag.ingest.pages.nouns import Line

_ENOUGH = 10
"""Pages that tell what is usual."""


@dataclass(frozen=True, slots=True)
class Style:
    """The running text of a paper."""

    size: float
    """Points, to the half."""
    font: str
    gap: float
    """Points between the rectangles of two lines of one paragraph; below zero where they overlap."""

    def is_body(self, line: Line) -> bool:
        """Whether a line is as large as the running text."""
        return abs(line.size - self.size) <= 0.09 * self.size

    def is_small(self, line: Line) -> bool:
        """Whether a line is visibly smaller than the running text."""
        return line.size < 0.95 * self.size


def measure_style(sheets: Sequence[Sheet]) -> Style:
    """Return the style that most characters of the wide lines have."""
    sizes: Counter[float] = Counter()
    fonts: Counter[tuple[float, str]] = Counter()
    sheets = sheets[:: 1 + len(sheets) // _ENOUGH]
    for line in _wide_lines(sheets):
        size, length = round(line.size * 2) / 2, len(line.words)
        sizes[size] += length
        fonts[size, line.font] += length
    if not sizes:
        return Style(10.0, "", 2.0)
    size = sizes.most_common(1)[0][0]
    font = max((key for key in fonts if key[0] == size), key=lambda key: fonts[key])[1]
    gaps: Counter[float] = Counter()
    for sheet in sheets:
        for above, below in pairwise(sheet.lines):
            gap = below.rect[1] - above.rect[3]
            if abs(above.size - size) < 0.6 and abs(below.size - size) < 0.6 and -0.6 * size < gap < 2.5 * size:
                gaps[round(gap * 2) / 2] += 1
    return Style(size, font, gaps.most_common(1)[0][0] if gaps else 0.2 * size)


def _wide_lines(sheets: Sequence[Sheet]) -> Iterable[Line]:
    found = False
    for sheet in sheets:
        for line in sheet.lines:
            if line.upright and len(line.text) > 30:
                found = True
                yield line
    if not found:
        yield from (line for sheet in sheets for line in sheet.lines if line.upright)
