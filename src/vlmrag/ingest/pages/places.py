"""Where the words of a quote stand: on which pages, in which rectangles."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from vlmrag.ingest.pages.nouns import unite
from vlmrag.types import Box, Page, Rect

Place = tuple[int, tuple[Rect, ...]]
"""A page, from 1, and rectangles on it."""
_HAIR = 0.02
"""Points by which a rectangle stays away from a foreign word's middle."""
_BAND = 12.0
"""Height of the bands, in points, by which the words near a rectangle are found: about a line."""


def find_places(pages: Sequence[Page], start: int, end: int) -> list[Place]:
    """Return, for every page that `text[start:end]` touches, a rectangle for each of its lines, in reading order."""
    touched = [page for page in pages if page.start < end and start < page.end]
    places = [(page.number, PrintedWords(page).find_rects(start, end)) for page in touched]
    return [(number, rects) for number, rects in places if rects]


class PrintedWords:
    """The words of a page by their places."""

    def __init__(self, page: Page) -> None:
        """Sort the middles of the words into bands."""
        self.page = page
        self._bands: defaultdict[float, list[tuple[int, float, float]]] = defaultdict(list)
        for i, (_, _, x0, y0, x1, y1) in enumerate(page.boxes):
            y = (y0 + y1) / 2
            self._bands[y // _BAND].append((i, (x0 + x1) / 2, y))

    def find_rects(self, start: int, end: int) -> tuple[Rect, ...]:
        """Return a rectangle for each line of `text[start:end]` on this page, in reading order.

        The words whose middle lies inside the rectangles are the words of the quote: where one around a line's words
        would take in a word of another line, it is cut up.
        """
        boxes = self.page.boxes
        first = bisect_left(boxes, start, key=lambda box: box[1] - 1)
        last = bisect_left(boxes, end, lo=first, key=lambda box: box[0])
        quoted = list(boxes[first:last])
        for edge in (0, -1) if quoted else ():  # no other word can lie partly in the quote
            quoted[edge] = _cut(quoted[edge], start, end)
        rects: list[Rect] = []
        for line in _cut_lines(quoted):
            rects += self._frame(line, first)
            first += len(line)
        return tuple(rects)

    def _frame(self, line: Sequence[Box], first: int) -> Iterator[Rect]:
        """Yield one rectangle around the words of a line, or several; `first` is the number of its first word."""
        whole = unite([box[2:] for box in line])
        if not self._find_foreign(whole, first, first + len(line)):
            yield whole
            return
        held, begun = line[0][2:], first
        for index, box in enumerate(line[1:], start=first + 1):
            wider = unite([held, box[2:]])
            if self._find_foreign(wider, begun, index + 1):
                yield self._shrink(held, begun, index)
                held, begun = box[2:], index
            else:
                held = wider
        yield self._shrink(held, begun, first + len(line))

    def _find_foreign(self, rect: Rect, first: int, stop: int) -> list[tuple[int, float, float]]:
        """Return number and middle of the words in a rectangle other than those from `first` to before `stop`."""
        x0, y0, x1, y1 = rect
        bands = range(int(y0 // _BAND), int(y1 // _BAND) + 1)
        found = [
            word
            for band in bands
            for word in self._bands.get(band, ())
            if y0 <= word[2] <= y1 and x0 <= word[1] <= x1 and not first <= word[0] < stop
        ]
        return sorted(found) if len(found) > 1 else found

    def _shrink(self, rect: Rect, first: int, stop: int) -> Rect:
        """Return the rectangle drawn in towards its middle until no foreign word's middle lies in it."""
        x0, y0, x1, y1 = rect
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        for _, x, y in self._find_foreign(rect, first, stop):
            if abs(y - cy) * (x1 - x0) > abs(x - cx) * (y1 - y0):
                y0, y1 = (max(y0, y + _HAIR), y1) if y < cy else (y0, min(y1, y - _HAIR))
            else:
                x0, x1 = (max(x0, x + _HAIR), x1) if x < cx else (x0, min(x1, x - _HAIR))
        return x0, y0, x1, y1


def _cut(box: Box, start: int, end: int) -> Box:
    """Return the part of a word that lies between two characters, its width shared out evenly."""
    first, last, x0, y0, x1, y1 = box
    if start <= first and last <= end:
        return box
    width = (x1 - x0) / (last - first)
    a, b = max(start, first), min(end, last)
    return a, b, x0 + (a - first) * width, y0, x0 + (b - first) * width, y1


def _cut_lines(boxes: Sequence[Box]) -> Iterator[Sequence[Box]]:
    """Yield the words that follow one another on a line."""
    starts = [i for i, (before, box) in enumerate(pairwise(boxes), start=1) if not _follows(before, box)]
    for first, stop in pairwise([0, *starts, len(boxes)]):
        if first < stop:
            yield boxes[first:stop]


def _follows(before: Box, box: Box) -> bool:
    """Whether a word stands to the right of the last one, on its line."""
    _, _, x0, y0, x1, y1 = before
    _, _, left, top, _, bottom = box
    if left < x0 + 0.5 * (x1 - x0) or left - x1 >= 4 * (y1 - y0):
        return False
    return min(y1, bottom) - max(y0, top) > 0.5 * min(y1 - y0, bottom - top)
