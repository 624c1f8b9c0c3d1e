"""HTML becomes lines: headings, items, rows and paragraphs by their tags, with the spans of the file as it is.

What a page shows around its text (navigation, forms, scripts, the foot) is passed over. Tags inside a line stay part of
its span, as bold marks do in Markdown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vlmrag.ingest.blocks import Block, BlockKind, Span

_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?\]\]>|<(/?)([a-zA-Z][a-zA-Z0-9-]*)\b[^<>]*>|<[!?][^<>]*>", re.DOTALL
)
_CHROME = "script style head nav header footer aside form button svg noscript template select iframe"
_BREAKING = """p div section article main body html ul ol dl dt dd li table thead tbody tfoot tr blockquote pre br hr
figure figcaption h1 h2 h3 h4 h5 h6 address details summary"""
_PASSED_OVER = frozenset(_CHROME.split())
_LINES = frozenset(_BREAKING.split())
_CELLS = frozenset({"td", "th"})
_INDENT = 2


@dataclass
class _Reader:
    """Walks over the tags of a page and gathers its lines."""

    text: str
    blocks: list[Block] = field(default_factory=list)
    kind: BlockKind = "text"
    level: int = 0
    opened: int = -1
    """Where the tag of the current line begins; -1 where it has none of its own."""
    first: int = -1
    """Where the words of the current line begin; -1 before any."""
    last: int = -1
    link: int = -1
    """Where a link begins whose words are still to come."""
    depth: int = 0
    cells: list[Span] | None = None
    header: tuple[Span, ...] = ()
    heads: bool = False
    """Whether the current row heads the table."""

    def take(self, start: int, end: int) -> None:
        """Take text between two tags."""
        piece = self.text[start:end]
        if piece.strip():
            begin = self.link if self.link >= 0 else start + len(piece) - len(piece.lstrip())
            self.first = begin if self.first < 0 else self.first
            self.last = start + len(piece.rstrip())
            self.link = -1

    def take_link(self, start: int, end: int, *, closing: bool) -> None:
        """Take the tag of a link: it belongs to the words inside it."""
        if not closing:
            self.link = start
        elif self.first >= 0:
            self.last = end

    def close_line(self) -> None:
        """End the current line."""
        if self.cells is None and self.first >= 0:
            start = self.opened if self.opened >= 0 else self.first
            self.blocks.append(
                Block(self.kind, start, self.last, self.first, self.level, self.last, gap=True, marker=self._marker())
            )
        if self.cells is None:
            self.first = self.last = self.opened = -1
            self.kind, self.level = "text", 0

    def _marker(self) -> str:
        return "-" if self.kind == "item" else ""

    def open(self, name: str, start: int) -> None:
        """Begin what a tag opens; a row that a new row or table interrupts ends there."""
        if self.cells is not None:
            if name not in ("tr", "table"):
                return
            self.end_row()
        if name in ("ul", "ol"):
            self.depth += 1
        elif name == "tr":
            self.cells, self.opened, self.heads = [], start, False
        elif name == "table":
            self.header = ()
        elif name == "li":
            self.kind, self.level, self.opened = "item", max(0, self.depth - 1) * _INDENT, start
        elif re.fullmatch("h[1-6]", name):
            self.kind, self.level, self.opened = "heading", int(name[1]), start

    def close(self, name: str) -> None:
        """End what a tag closes."""
        if name in ("ul", "ol"):
            self.depth = max(0, self.depth - 1)
        elif name in ("tr", "table") and self.cells is not None:
            self.end_row()
        if name == "table":
            self.header = ()

    def end_row(self) -> None:
        """End a row, with the cell that is open in it."""
        if self.first >= 0:
            self.close_cell(head=False)
        self._close_row()

    def close_cell(self, *, head: bool) -> None:
        """End a cell of a row."""
        if self.cells is not None:
            self.cells.append((self.first, self.last) if self.first >= 0 else (self.opened, self.opened))
            self.heads = self.heads or head
            self.first = self.last = -1

    def _close_row(self) -> None:
        cells, start = tuple(self.cells or ()), self.opened
        self.cells = None
        self.first = self.last = self.opened = -1
        if any(a < b for a, b in cells):
            stop = max(b for _, b in cells)
            body = min(a for a, b in cells if a < b)
            kind: BlockKind = "head_row" if self.heads and not self.header else "row"
            header = self.header if kind == "row" else ()
            self.blocks.append(Block(kind, start, stop, body, stop=stop, cells=cells, header=header, gap=not header))
            self.header = self.header or (cells if kind == "head_row" else ())


def parse_html(text: str, start: int, end: int) -> list[Block]:
    """Return the lines of a page, or of a span of it, in order."""
    reader = _Reader(text)
    at = start
    passed: list[str] = []
    for match in _TAG.finditer(text, start, end):
        if not passed:
            reader.take(at, match.start())
        at = match.end()
        name, closing = (match[2] or "").lower(), bool(match[1])
        if name in _PASSED_OVER and not match[0].endswith("/>"):
            _follow_passed_over(passed, name, closing)
        elif not passed and name == "a":
            reader.take_link(match.start(), match.end(), closing=closing)
        elif not passed and name in _CELLS:
            if closing or reader.first >= 0:
                reader.close_cell(head=name == "th")
        elif not passed and name in _LINES:
            reader.close_line()
            if closing:
                reader.close(name)
            else:
                reader.open(name, match.start())
    if not passed:
        reader.take(at, end)
    if reader.cells is not None:
        reader.end_row()
    reader.close_line()
    return reader.blocks


def _follow_passed_over(passed: list[str], name: str, closing: bool) -> None:
    if not closing:
        passed.append(name)
    elif name in passed:
        while passed.pop() != name:
            pass
