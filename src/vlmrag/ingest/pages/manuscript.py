"""Blocks become one text, a line of the page a line of the text, with the place of every word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from vlmrag.ingest.pages.nouns import Block, BlockKind, Line, RawPage
from vlmrag.types import Box, Page


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line and its characters in the text."""

    line: Line
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """A block and its characters in the text."""

    kind: BlockKind
    lines: tuple[PlacedLine, ...]
    level: int
    label: str

    @property
    def start(self) -> int:
        """Where its first line begins."""
        return self.lines[0].start

    @property
    def end(self) -> int:
        """Where its last line ends."""
        return self.lines[-1].end


@dataclass(frozen=True, slots=True)
class Manuscript:
    """The text of a paper and where it stands."""

    text: str
    blocks: tuple[PlacedBlock, ...]
    pages: tuple[Page, ...]


def write_manuscript(blocks: Sequence[Block], raw: Sequence[RawPage]) -> Manuscript:
    """Return the text of the blocks: a newline after each line, an empty line after each block."""
    parts: list[str] = []
    placed: list[PlacedBlock] = []
    boxes: dict[int, list[Box]] = {page.number: [] for page in raw}
    at = 0
    for block in blocks:
        lines = []
        for line in block.lines:
            start = at
            at = _place_words(line, at, parts, boxes[line.page])
            lines.append(PlacedLine(line, start, at))
            parts.append("\n")
            at += 1
        parts.append("\n")
        at += 1
        placed.append(PlacedBlock(block.kind, tuple(lines), block.level, block.label))
    pages = []
    reached = 0
    for page in raw:
        words = tuple(boxes[page.number])
        start, reached = (words[0][0], words[-1][1]) if words else (reached, reached)
        pages.append(Page(page.number, start, reached, page.width, page.height, words))
    return Manuscript("".join(parts), tuple(placed), tuple(pages))


def _place_words(line: Line, at: int, parts: list[str], boxes: list[Box]) -> int:
    """Write the words of a line and note their boxes; return where the line ends."""
    for text, (x0, y0, x1, y1), edges in line.words:
        end = at + len(text)
        if edges:
            boxes += [(at + i, at + i + 1, a, y0, b, y1) for i, (a, b) in enumerate(pairwise(edges))]
        else:
            boxes.append((at, end, x0, y0, x1, y1))
        at = end + 1
    parts.append(line.text)
    return at - 1
