"""One way to lay out any note: HTML by its tags, everything else as Markdown, which plain text is as well."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from vlmrag.ingest.blocks import Block, parse_blocks
from vlmrag.ingest.html import parse_html

_HTML = re.compile(
    r"[\ufeff\s]*(?:<\?xml[^<>]*>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)

_TABLE = re.compile(r"^[ \t]*<table\b", re.IGNORECASE | re.MULTILINE)
_TABLE_END = re.compile(r"</table>[ \t]*$", re.IGNORECASE | re.MULTILINE)
_LONGEST_TABLE = 40_000
"""Characters after which a table that was never closed is taken for text."""
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)


def lay_out(text: str, start: int = 0, end: int | None = None) -> tuple[Block, ...]:
    """Return the lines of a text, or those of its lines that lie in a span; the last texts are remembered."""
    blocks, starts = _lay_out_all(text)
    first = bisect_left(starts, start)
    return blocks[first : len(blocks) if end is None else bisect_left(starts, end, first)]


@lru_cache(maxsize=2)
def _lay_out_all(text: str) -> tuple[tuple[Block, ...], list[int]]:
    """Return all lines of a text, and where they begin."""
    if _HTML.match(text):
        blocks = parse_html(text, 0, len(text))
    else:
        blocks, at = [], 0
        for first, last in _find_tables(text):
            blocks += [*parse_blocks(text, at, first), *parse_html(text, first, last)]
            at = last
        blocks += parse_blocks(text, at)
    return tuple(blocks), [block.start for block in blocks]


def _find_tables(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of HTML tables that stand on lines of their own in Markdown, outside code."""
    openings = list(_TABLE.finditer(text))
    fences = [match.start() for match in _FENCE.finditer(text)] if openings else []
    reached, closing = 0, None
    for match in openings:
        if closing is None or closing.start() < match.end():
            closing = _TABLE_END.search(text, match.end())
        if closing is None:
            return
        short = closing.end() - match.start() <= _LONGEST_TABLE
        if match.start() >= reached and short and bisect_left(fences, match.start()) % 2 == 0:
            reached = closing.end()
            yield match.start(), reached


def cut_stretches(text: str, start: int, end: int, longest: int, marks: str) -> Iterator[tuple[int, int]]:
    """Yield stretches of at most `longest` characters, each cut behind the last of the `marks` in its second half."""
    while end - start > longest:
        cut = max(text.rfind(mark, start + longest // 2, start + longest) for mark in marks)
        cut = start + longest if cut < 0 else cut + 1
        yield start, cut
        start = cut
    yield start, end
