"""The lines of a page in reading order, and the columns that they stand in.

The content stream of nearly every paper is written in reading order, so it is trusted until it jumps back and forth
between the columns; then the lines are put in order by their places. What MuPDF cuts apart on one baseline (a heading's
number and its words, a line with a wide space, a fraction) is one line again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from vlmrag.ingest.pages.nouns import Line, RawPage, unite
from vlmrag.types import Rect

ACROSS, LEFT, RIGHT = -1, 0, 1
_NUMBER = re.compile(r"(?:\d{1,2}|[A-Z]|[IVX]{1,4})(?:\.\d{1,2})*\.?\Z|(?:Appendix|Section|Chapter) [A-Z\d]\.?\Z")
"""What stands before a heading's words."""
_WIDE = 0.2
"""Share of the page that a line of a column is at least wide, where most of it is text."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page whose lines are in reading order."""

    raw: RawPage
    lines: tuple[Line, ...]
    gutter: float | None
    """Where the right one of two columns begins; None where there is one column."""
    edges: tuple[tuple[float, float], ...]
    """Left and right edge of the text of each column, and of the page's text across the columns, last."""

    def column(self, line: Line) -> int:
        """Return `LEFT`, `RIGHT` or `ACROSS`; on a page of one column all lines are `LEFT`."""
        return _find_column(line.rect, self.gutter)

    def column_edges(self, line: Line) -> tuple[float, float]:
        """Return the left and right edge of the column that a line stands in."""
        return self.edges[self.column(line)]


def order_lines(page: RawPage) -> Sheet:
    """Return the lines of a page in reading order; those that run up the page come last."""
    upright = [line for line in page.lines if line.upright]
    gutter = _find_gutter(upright, page.width)
    lines = _join_fragments(upright, gutter)
    if gutter is not None and _is_shuffled(lines, gutter, page.width):
        lines = _join_fragments(_sort_by_place(lines, gutter), gutter)
    turned = [line for line in page.lines if not line.upright]
    return Sheet(page, (*lines, *turned), gutter, _measure_edges(lines, gutter, page.width))


def _find_column(rect: Rect, gutter: float | None) -> int:
    if gutter is None or rect[2] <= gutter + 2:
        return LEFT
    return RIGHT if rect[0] >= gutter - 4 else ACROSS


def _find_gutter(lines: Sequence[Line], width: float) -> float | None:
    """Return where the right column begins: the first left edge in the page's middle that many wide lines share."""
    wide = [line.rect for line in lines if line.rect[2] - line.rect[0] > _WIDE * width]
    starts = Counter(round(rect[0]) for rect in wide if 0.35 * width < rect[0] < 0.7 * width)
    near = {x: starts[x - 1] + starts[x] + starts[x + 1] for x in sorted(starts)}
    enough = max(3.0, 0.2 * max(near.values(), default=0))
    for start, count in near.items():
        if count >= enough:
            right = sum(start - 2 <= rect[0] <= start + 40 for rect in wide)
            left = sum(rect[2] <= start + 1 for rect in wide)
            across = sum(rect[0] < start - 12 and rect[2] > start + 12 for rect in wide)
            if right >= 4 and (left >= 2 or right >= 12) and right + left > across:
                return start - 1.0
    return None


def _join_fragments(lines: Sequence[Line], gutter: float | None) -> list[Line]:
    joined: list[Line] = []
    for line in lines:
        if joined and _continues(joined[-1], line, gutter):
            joined[-1] = join_lines(joined[-1], line)
        else:
            joined.append(line)
    return joined


def _continues(before: Line, line: Line, gutter: float | None) -> bool:
    """Whether a fragment goes on on the baseline of the one before it, in its column."""
    a, b = before.rect, line.rect
    shared = min(a[3], b[3]) - max(a[1], b[1])
    if shared <= 0.4 * min(a[3] - a[1], b[3] - b[1]) or b[2] < a[2]:
        return False
    gap = b[0] - a[2]
    if gap < -0.5 * (a[2] - a[0]) and b[0] < a[0]:
        return False
    size = max(before.size, line.size)
    allowed = 4.5 if _NUMBER.match(before.text) else 2.2
    if gap > allowed * size:
        return False
    return gutter is None or not (a[2] <= gutter + 2 and b[0] >= gutter - 4) or gap < 0.4 * size


def join_lines(first: Line, second: Line) -> Line:
    """Return two lines as one; its font is that of the longer one, a heading's number counting for nothing."""
    lead = first if len(first.words) >= len(second.words) and not _NUMBER.match(first.text) else second
    bold = first.bold and (second.bold or len(first.text) > len(second.text))
    words = first.words + second.words
    return Line(first.page, words, unite([first.rect, second.rect]), lead.size, lead.font, bold, lead.italic)


def _is_shuffled(lines: Sequence[Line], gutter: float, width: float) -> bool:
    """Whether the stream goes back from the right column to the left one more often than floats explain."""
    wide = [line.rect for line in lines if line.rect[2] - line.rect[0] > _WIDE * width]
    columns = [column for rect in wide if (column := _find_column(rect, gutter)) != ACROSS]
    back = sum(pair == (RIGHT, LEFT) for pair in pairwise(columns))
    return back > 4 and back > 0.1 * len(columns)


def _sort_by_place(lines: Sequence[Line], gutter: float) -> list[Line]:
    """Order by place: what runs across the columns parts the page into bands, each read left column first."""
    ordered: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.rect[1], line.rect[0])):
        if _find_column(line.rect, gutter) == ACROSS:
            ordered += [*_sort_band(band, gutter), line]
            band = []
        else:
            band.append(line)
    return [*ordered, *_sort_band(band, gutter)]


def _sort_band(band: Sequence[Line], gutter: float) -> list[Line]:
    return sorted(band, key=lambda line: (_find_column(line.rect, gutter), line.rect[1], line.rect[0]))


def _measure_edges(lines: Sequence[Line], gutter: float | None, width: float) -> tuple[tuple[float, float], ...]:
    """Return the edges of each column: where most wide lines begin, and as far right as they reach."""
    whole = [line.rect for line in lines if line.rect[2] - line.rect[0] > _WIDE * width] or [(0, 0, width, 0)]
    columns = [whole] if gutter is None else [[r for r in whole if _find_column(r, gutter) == c] for c in (LEFT, RIGHT)]
    edges = []
    for rects in columns:
        kept = rects or whole
        left = Counter(round(r[0]) for r in kept).most_common(1)[0][0]
        rights = sorted(r[2] for r in kept)
        edges.append((float(left), rights[int(0.9 * (len(rights) - 1))]))
    if gutter is not None:
        edges.append((edges[0][0], edges[-1][1]))
    return tuple(edges)
