"""What stands on a PDF's pages, in the order in which it is understood.

    RawPdf (RawPage, Word, Mark)    what pdf.py finds in the file: words with their places and fonts, nothing understood
    Line ─▶ Block                   lines of one column; blocks of them, in reading order, each of one kind

All rectangles are in PDF points from the top left of the page as it is shown, rotation applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from vlmrag.types import Rect

BlockKind = Literal[
    "title", "front", "heading", "paragraph", "list", "caption", "table", "formula", "figure", "footnote", "reference",
    "aside",
]  # fmt: skip
"""`front`: what stands between title and abstract; `figure`: words inside a picture; `reference`: a part of the
reference list; `aside`: running heads, page numbers, stamps in the margin."""


class Word(NamedTuple):
    """Characters without a space between them."""

    text: str
    rect: Rect
    edges: tuple[float, ...] = ()
    """Of a word in a script without spaces: where each character begins and the last one ends, left to right."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader added to a page: a highlight, an underline, a comment, a text of their own."""

    kind: str
    """As PDF calls it: `Highlight`, `Underline`, `Text`, `FreeText`, ..."""
    rects: tuple[Rect, ...]
    """What is marked; of a comment, where it sits."""
    text: str
    """The reader's own words; empty for a mere highlight."""
    author: str


@dataclass(frozen=True)
class Line:
    """Words on one baseline of one column."""

    page: int
    """From 1."""
    words: tuple[Word, ...]
    rect: Rect
    size: float = 10.0
    """Of the font that it begins with, in points."""
    font: str = ""
    """The name of that font."""
    bold: bool = False
    italic: bool = False
    upright: bool = True
    """Whether it runs from left to right or right to left; False for a stamp in the margin that runs up the page."""

    @cached_property
    def text(self) -> str:
        """The words, one space between them."""
        return " ".join([word.text for word in self.words])


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page, with nothing understood."""

    number: int
    """From 1."""
    width: float
    height: float
    lines: tuple[Line, ...]
    """In the order of the file's content stream, the reader's own texts left out."""
    marks: tuple[Mark, ...]
    images: tuple[Rect, ...] = ()
    drawings: tuple[Rect, ...] = ()
    """Every stroke and filled shape; a rule is one that is wide and flat."""
    unseen: float = 0.0
    """Share of its characters that are not printed, as a scanner's software lays them over the image of a page."""
    scanned: bool = False
    """Whether an image covers the page."""


@dataclass(frozen=True, slots=True)
class RawPdf:
    """A PDF's pages, with nothing understood."""

    pages: tuple[RawPage, ...]
    outline: tuple[tuple[int, str, int], ...]
    """The bookmarks: level from 1, words, page from 1."""
    title: str
    """As the file's metadata has it; often empty or wrong."""
    problems: tuple[str, ...] = ()
    """What could not be read, a line for people each: "page 3 has no text; skipped"."""


@dataclass(frozen=True)
class Block:
    """Lines that belong together: a paragraph (also over a column or page break), a heading, a caption, a table."""

    kind: BlockKind
    lines: tuple[Line, ...]
    """In reading order."""
    level: int = 0
    """Of a heading, from 1; else 0."""
    label: str = ""
    """Of a caption or table, "Figure 3" or "Table 2"; of a footnote its mark; else empty."""

    @cached_property
    def rect(self) -> Rect:
        """Around its lines; of use while they stand on one page."""
        return unite([line.rect for line in self.lines])


def unite(rects: Iterable[Rect]) -> Rect:
    """Return the smallest rectangle around others; there must be one."""
    x0s, y0s, x1s, y1s = zip(*rects, strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)
