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

_TABLE = re.compile(r"^[ \t]*<table\b.{0,40000}?</table>[ \t]*$", re.IGNORECASE | re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)


@lru_cache(maxsize=2)
def lay_out(text: str, start: int = 0, end: int | None = None) -> tuple[Block, ...]:
    """Return the lines of a text, or of a span that begins and ends with a line; the last ones are remembered."""
    if _HTML.match(text):
        return tuple(parse_html(text, start, len(text) if end is None else end))
    stop = len(text) if end is None else end
    blocks: list[Block] = []
    for first, last in _find_tables(text, start, stop):
        blocks += [*parse_blocks(text, start, first), *parse_html(text, first, last)]
        start = last
    return tuple(blocks + parse_blocks(text, start, end))


def _find_tables(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of HTML tables that stand on lines of their own in Markdown, outside code."""
    if "<table" not in text[start:end] and "<TABLE" not in text[start:end]:
        return
    fences = [match.start() for match in _FENCE.finditer(text, start, end)]
    for match in _TABLE.finditer(text, start, end):
        if bisect_left(fences, match.start()) % 2 == 0:
            yield match.span()
