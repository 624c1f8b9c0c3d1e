"""Footnotes: small print at the foot of a column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from vlmrag.ingest.pages.columns import Sheet
from vlmrag.ingest.pages.nouns import Block
from vlmrag.ingest.pages.style import Style

_MARK = re.compile(r"(?P<mark>\d{1,2}|[*∗†‡§¶♯♢♠⋆]{1,3}|[a-z](?=[A-Z]))(?=\s?[^\s\d.,)])")


def mark_footnotes(blocks: Sequence[Block], sheet: Sheet, style: Style) -> list[Block]:
    """Tell the footnotes of a page from its text: blocks in small print below everything else in their column."""
    feet: dict[int, list[int]] = {}
    for index, block in sorted(enumerate(blocks), key=lambda item: item[1].rect[1]):
        if block.kind in ("paragraph", "list", "heading", "front", "title"):
            column = feet.setdefault(sheet.column(block.lines[0]), [])
            small = block.kind in ("paragraph", "list") and style.is_small(block.lines[0])
            if not small or not (column or _opens(block, sheet)):
                column.clear()
            else:
                column.append(index)
    found = {index for column in feet.values() for index in column}
    result: list[Block] = []
    for index, block in enumerate(blocks):
        if index not in found:
            result.append(block)
            continue
        for note in _cut_notes(block):
            if not note.label and index - 1 in found and result[-1].label:
                result[-1] = replace(result[-1], lines=result[-1].lines + note.lines)
            else:
                result.append(note)
    return result


def _opens(block: Block, sheet: Sheet) -> bool:
    """Whether a block in small print may be the first footnote: it has a mark, or is the small print of page one."""
    marked, top = bool(_MARK.match(block.lines[0].text)), block.rect[1] / sheet.raw.height
    return (marked and top > 0.4) or (sheet.raw.number == 1 and top > 0.7)


def _cut_notes(block: Block) -> Iterator[Block]:
    """Yield the footnotes of a block: one begins where a mark counts on from the last one."""
    first, label = 0, _find_mark(block, 0)
    for index in range(1, len(block.lines)):
        mark = _find_mark(block, index)
        if mark and label.isdigit() and mark == str(int(label) + 1):
            yield Block("footnote", block.lines[first:index], label=label)
            first, label = index, mark
    yield Block("footnote", block.lines[first:], label=label)


def _find_mark(block: Block, index: int) -> str:
    match = _MARK.match(block.lines[index].text)
    return match["mark"] if match else ""
