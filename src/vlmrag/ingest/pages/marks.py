"""What a reader marked and wrote on the pages of a paper: a text of its own behind the paper's, each mark at its place.

A highlight is noted by the words that it marks; a comment on it stands before them. Other comments have no words on the
page: their place is that of the annotation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vlmrag.ingest.fields import Span
from vlmrag.ingest.pages.manuscript import Manuscript
from vlmrag.ingest.pages.nouns import Mark, RawPdf, unite
from vlmrag.types import Box, Page, Rect

_OWN_WORDS = frozenset({"Text", "FreeText"})
"""Kinds of marks that mark no words."""


@dataclass(frozen=True, slots=True)
class Notes:
    """A reader's marks as text: to be set behind the paper's."""

    text: str
    spans: tuple[tuple[int, int, int], ...]
    """Start and end of each mark in the whole text, and its page."""
    pages: tuple[Page, ...]
    """The places of the words, for each page that has marks."""


def write_notes(raw: RawPdf, script: Manuscript) -> Notes:
    """Return the marks of all pages as a text that begins where the paper's ends."""
    parts: list[str] = []
    spans: list[tuple[int, int, int]] = []
    pages: list[Page] = []
    at = len(script.text)
    for page, printed in zip(raw.pages, script.pages, strict=True):
        boxes: list[Box] = []
        for mark in sorted(page.marks, key=lambda mark: (mark.rects[0][1], mark.rects[0][0]) if mark.rects else (0, 0)):
            text, places = _write_mark(mark, script.text, printed)
            if text:
                spans.append((at, at + len(text), page.number))
                boxes += [(at + start, at + end, *rect) for (start, end), rect in places]
                parts.append(text + "\n\n")
                at += len(text) + 2
        if boxes:
            end = spans[-1][1]
            pages.append(replace(printed, start=boxes[0][0], end=end, boxes=tuple(boxes)))
    return Notes("".join(parts), tuple(spans), tuple(pages))


def _write_mark(mark: Mark, text: str, printed: Page) -> tuple[str, list[tuple[Span, Rect]]]:
    """Return the text of a mark, and where its words stand: their characters in it, and a rectangle."""
    if not mark.rects:
        return "", []
    marked = [] if mark.kind in _OWN_WORDS else list(_find_marked(mark, printed))
    boxes = [((0, len(mark.text)), unite(mark.rects))] if mark.text else []
    if not marked:
        return mark.text, boxes
    written = f"{mark.text}: “" if mark.text else ""
    last = marked[0]
    for box in marked:
        written += _find_gap(text, (last[0], last[1]), (box[0], box[1]))
        boxes.append(((len(written), len(written) + box[1] - box[0]), box[2:]))
        written += text[box[0] : box[1]]
        last = box
    return written + ("”" if mark.text else ""), boxes


def _find_marked(mark: Mark, printed: Page) -> Iterator[Box]:
    """Yield the words whose middle lies in what is marked."""
    _, top, _, bottom = unite(mark.rects)
    for box in printed.boxes:
        x, y = (box[2] + box[4]) / 2, (box[3] + box[5]) / 2
        if top <= y <= bottom and any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in mark.rects):
            yield box


def _find_gap(text: str, last: Span, here: Span) -> str:
    """Return what stands between two marked words: nothing, a space, or a line's end."""
    if last == here:
        return ""
    between = text[last[1] : here[0]]
    return "\n" if "\n" in between else between and " "
