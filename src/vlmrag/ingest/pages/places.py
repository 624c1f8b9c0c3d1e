"""Where the words of a quote stand: on which pages, in which rectangles."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from vlmrag.ingest.pages.nouns import unite
from vlmrag.types import Box, Page, Rect

Place = tuple[int, tuple[Rect, ...]]
"""A page, from 1, and rectangles on it."""
Middles = Mapping[int, tuple[float, float]]
"""The middles of words, by their number on the page."""
_HAIR = 0.02
"""Points by which a rectangle stays away from a foreign word's middle."""


def find_places(pages: Sequence[Page], start: int, end: int) -> list[Place]:
    """Return, for every page that `text[start:end]` touches, a rectangle for each of its lines, in reading order.

    The words whose middle lies inside the rectangles are the words of the quote: where one around a line's words would
    take in a word of another line, it is cut up.
    """
    places = []
    for page in pages:
        if page.start < end and start < page.end:
            first = bisect_left(page.boxes, start, key=lambda box: box[1] - 1)
            last = bisect_left(page.boxes, end, lo=first, key=lambda box: box[0])
            if first < last:
                inside = [_cut(box, start, end) for box in page.boxes[first:last]]
                places.append(
                    (page.number, tuple(_merge(inside, [*page.boxes[:first], *inside, *page.boxes[last:]], first)))
                )
    return places


def _cut(box: Box, start: int, end: int) -> Box:
    """Return the part of a word that lies between two characters, its width shared out evenly."""
    first, last, x0, y0, x1, y1 = box
    if start <= first and last <= end:
        return box
    width = (x1 - x0) / (last - first)
    a, b = max(start, first), min(end, last)
    return a, b, x0 + (a - first) * width, y0, x0 + (b - first) * width, y1


def _merge(inside: Sequence[Box], boxes: Sequence[Box], first: int) -> list[Rect]:
    """Return a rectangle around each line's words, or several where one would hold a word of another line."""
    top, bottom = min(box[3] for box in inside), max(box[5] for box in inside)
    middles = {
        i: ((x0 + x1) / 2, (y0 + y1) / 2) for i, (_, _, x0, y0, x1, y1) in enumerate(boxes) if y1 > top and y0 < bottom
    }
    rects: list[Rect] = []
    begun = first
    for index, box in enumerate(inside, start=first):
        held = boxes[begun:index]
        if held and not (
            _follows(held[-1], box) and not _find_foreign(_around(boxes[begun : index + 1]), middles, begun, index)
        ):
            rects.append(_shrink(_around(held), middles, begun, index - 1))
            begun = index
    last = first + len(inside)
    return [*rects, _shrink(_around(boxes[begun:last]), middles, begun, last - 1)]


def _follows(before: Box, box: Box) -> bool:
    """Whether a word stands to the right of the last one, on its line."""
    _, _, x0, y0, x1, y1 = before
    shared = min(y1, box[5]) - max(y0, box[3])
    return (
        box[2] >= x0 + 0.5 * (x1 - x0) and shared > 0.5 * min(y1 - y0, box[5] - box[3]) and box[2] - x1 < 4 * (y1 - y0)
    )


def _around(boxes: Sequence[Box]) -> Rect:
    return unite(box[2:] for box in boxes)


def _find_foreign(rect: Rect, middles: Middles, first: int, last: int) -> list[tuple[float, float]]:
    """Return the middles of the words other than `first` to `last` that lie in a rectangle."""
    x0, y0, x1, y1 = rect
    return [(x, y) for i, (x, y) in middles.items() if x0 <= x <= x1 and y0 <= y <= y1 and not first <= i <= last]


def _shrink(rect: Rect, middles: Middles, first: int, last: int) -> Rect:
    """Return the rectangle drawn in towards its middle until no foreign word's middle lies in it."""
    x0, y0, x1, y1 = rect
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    for x, y in _find_foreign(rect, middles, first, last):
        if abs(y - cy) * (x1 - x0) > abs(x - cx) * (y1 - y0):
            y0, y1 = (max(y0, y + _HAIR), y1) if y < cy else (y0, min(y1, y - _HAIR))
        else:
            x0, x1 = (max(x0, x + _HAIR), x1) if x < cx else (x0, min(x1, x - _HAIR))
    return x0, y0, x1, y1
