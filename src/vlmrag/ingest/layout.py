"""One way to lay out any note: HTML by its tags, everything else as Markdown, which plain text is as well."""

from __future__ import annotations

import re
from functools import lru_cache

from vlmrag.ingest.blocks import Block, parse_blocks
from vlmrag.ingest.html import parse_html

_HTML = re.compile(
    r"[\ufeff\s]*(?:<\?xml[^<>]*>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)


@lru_cache(maxsize=2)
def lay_out(text: str, start: int = 0, end: int | None = None) -> tuple[Block, ...]:
    """Return the lines of a text, or of a span that begins and ends with a line; the last ones are remembered."""
    if _HTML.match(text):
        return tuple(parse_html(text, start, len(text) if end is None else end))
    return tuple(parse_blocks(text, start, end))
