"""The head of the first page: the title, and what stands between it and the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from vlmrag.ingest.pages.nouns import Block
from vlmrag.ingest.pages.style import Style
from vlmrag.language.fold import fold

_TEXT_BEGINS = re.compile(r"(?:abstract|summary|(?:[1i]\.?\s*)?introduction|摘要|引言|前言)\b", re.IGNORECASE)
_FIRST = re.compile(r"1(?:[.、]\s*|\s+)[^\W\d]{2,}")
"""The number and the words of a first section."""
_SAYS = 24
"""Characters of a line that says something."""
_LARGE = 1.15
"""How much larger than the text a title is at least."""
_NEARLY = 0.9
_LINES_OF_TEXT = 4


def mark_front(blocks: Sequence[Block], style: Style) -> list[Block]:
    """Find the title, the largest words in the upper part of the first page, and the names below it.

    `blocks` are those of the first page, in reading order. What stands below the head of the abstract, or beside it,
    is text already.
    """
    text_top = min([block.rect[1] for block in blocks if _is_text(block, style)], default=float("inf"))
    upper = [
        index for index, block in enumerate(blocks)
        if block.lines[0].size > _LARGE * style.size and block.rect[1] < text_top and len(block.lines) < 8
    ]  # fmt: skip
    if not upper:
        return list(blocks)
    largest = max(blocks[index].lines[0].size for index in upper)
    title = next(index for index in upper if blocks[index].lines[0].size > _NEARLY * largest)
    marked = list(blocks)
    marked[title] = replace(blocks[title], kind="title", level=0)
    for index, block in enumerate(blocks[title + 1 :], start=title + 1):
        box = block.rect
        if box[3] <= text_top + 1 and box[1] >= blocks[title].rect[1]:
            marked[index] = replace(block, kind="front")
    return marked


def _is_text(block: Block, style: Style) -> bool:
    words = fold(block.lines[0].text)
    if _TEXT_BEGINS.match(words) and len(block.lines[0].words) < 12:
        return True
    if _FIRST.match(words) and (block.lines[0].bold or words[1] in ".、"):
        return True
    said = len(block.lines) > 1 and block.lines[-1].text.endswith(("。", ".")) and len(block.lines[0].text) > _SAYS
    return (len(block.lines) > _LINES_OF_TEXT or said) and style.is_body(block.lines[1])
