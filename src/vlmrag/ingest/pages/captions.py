"""Captions, and what they stand under or over: the words inside a figure, the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from vlmrag.ingest.pages.columns import ACROSS, Sheet, join_lines
from vlmrag.ingest.pages.nouns import Block, BlockKind, Line
from vlmrag.ingest.pages.style import Style
from vlmrag.types import Rect

_CAPTION = re.compile(
    r"(?P<label>(?P<what>fig(?:ure|\.)?|table|tab\.|algorithm|listing|scheme|chart|图|圖|表|算法)"
    r"(?:\s*(?P<number>[A-Z]?\.?\d+(?:[.\-]\d+)?[a-z]?)|\s+(?P<letters>[IVX]+|[A-Z])(?!\w)))"
    r"\s*(?P<mark>[.:|：—–、]|(?<=[.\d]) (?=\())?",
    re.IGNORECASE,
)
_CLOSE = 60
"""Points between a caption and the graphic that it belongs to."""
_ENOUGH = 4
"""Lines that tell what a block is."""
_PROSE_WORD = re.compile(r"[^\W\d_]{3,}")
_SAYS = re.compile(
    r"[a-z][.,;:?!]|\b(?:a|an|and|are|as|at|by|can|for|from|in|is|it|of|on|or|our|that|the|to|we|with)\b", re.IGNORECASE
)
"""What running text has, and the head and rows of a table have not."""


def find_label(block: Block, style: Style) -> str:
    """Return the label of a caption, "Figure 3", or nothing where a block is none."""
    line = block.lines[0]
    match = _CAPTION.match(line.text)
    if match is None or (not match["what"][0].isupper() and match["what"].isascii()):
        return ""
    rest = line.text[match.end() :]
    marked = bool(match["mark"]) or not rest
    if not marked and not (line.bold or line.italic or style.is_small(line)):
        return ""
    what = "Figure" if match["what"].lower().startswith("fig") else match["what"].rstrip(".").capitalize()
    return f"{'Table' if what == 'Tab' else what} {match['number'] or match['letters']}"


def mark_captions(blocks: Sequence[Block], style: Style) -> list[Block]:
    """Tell captions from the rest."""
    return [
        replace(block, kind="caption", label=label) if (label := find_label(block, style)) else block
        for block in blocks
    ]


def stand_above(pages: Sequence[tuple[Sheet, Sequence[Block]]], style: Style) -> bool:
    """Whether the tables of a paper have their captions below: those with rows on one side only tell."""
    votes = 0
    for sheet, blocks in pages:
        for block in blocks:
            if block.kind == "caption" and _is_table(block):
                above, below = _collect_both(sheet, block, blocks, style)
                votes += bool(above and not below) - bool(below and not above)
    return votes > 0


def mark_graphics(sheet: Sheet, blocks: Sequence[Block], style: Style, *, rows_above: bool) -> list[Block]:
    """Tell tables and the words inside figures, which stand by their captions, from the running text of a page."""
    kinds: dict[int, BlockKind] = {}
    for block in blocks:
        if block.kind == "caption":
            above, below = _collect_both(sheet, block, blocks, style)
            if _is_table(block):
                chosen = above if above and (rows_above or not below) else below
            else:
                chosen = above or ([] if _has_graphic(sheet, block) else below)
            for index in chosen:
                kinds.setdefault(index, "table" if _is_table(block) else "figure")
    result: list[Block] = []
    for index, block in enumerate(blocks):
        kind = kinds.get(index)
        if kind and result and result[-1].kind == kind == kinds.get(index - 1):
            result[-1] = Block(kind, result[-1].lines + block.lines)
        else:
            result.append(Block(kind, block.lines) if kind else block)
    return [replace(block, lines=_make_rows(block.lines)) if block.kind == "table" else block for block in result]


def _is_table(caption: Block) -> bool:
    return caption.label.startswith(("Table", "表"))


def is_prose(sheet: Sheet, block: Block, style: Style) -> bool:
    """Whether a block reads as running text: lines as wide as their column, or a sentence in the body's size."""
    line = block.lines[0]
    if not all(abs(one.size - style.size) <= 0.16 * style.size for one in block.lines[:2]):
        return False
    words = sum(len(_PROSE_WORD.findall(one.text)) for one in block.lines[:_ENOUGH])
    total = sum(len(one.words) for one in block.lines[:_ENOUGH])
    if words < 0.5 * total:
        return False
    if not any(_SAYS.search(one.text) or not one.text.isascii() for one in block.lines[:_ENOUGH]):
        return False
    left, right = sheet.edges[ACROSS] if sheet.column(line) == ACROSS else sheet.column_edges(line)
    wide = max(one.rect[2] - one.rect[0] for one in block.lines) > 0.7 * (right - left)
    return (wide and words >= 4) or (words >= 6 and block.lines[-1].text.endswith((".", "?", "!", ":")))


def _collect_both(sheet: Sheet, caption: Block, blocks: Sequence[Block], style: Style) -> tuple[list[int], list[int]]:
    reach, box = _reach(sheet, caption), caption.rect
    above = _collect(sheet, blocks, reach, box, style, upwards=True)
    return above, _collect(sheet, blocks, reach, box, style, upwards=False)


def _reach(sheet: Sheet, caption: Block) -> tuple[float, float]:
    """Return the horizontal stretch that a caption's graphic takes: its column, or the page."""
    column = sheet.column(caption.lines[0])
    if any(sheet.column(line) == ACROSS for line in caption.lines) or sheet.gutter is None:
        return sheet.edges[-1]
    return sheet.edges[column]


def _collect(
    sheet: Sheet, blocks: Sequence[Block], reach: tuple[float, float], box: Rect, style: Style, *, upwards: bool
) -> list[int]:
    """Return the blocks next to a caption, up to the first that is running text, a caption or far away."""
    order = []
    for index, block in enumerate(blocks):
        rect = block.rect
        centre = (rect[0] + rect[2]) / 2
        if reach[0] - 20 <= centre <= reach[1] + 20:
            distance = box[1] - rect[3] if upwards else rect[1] - box[3]
            if distance > -0.5 * (rect[3] - rect[1]) and (rect[1] < box[1]) == upwards and rect != box:
                order.append((distance, index))
    found: list[int] = []
    edge = 0.0
    for distance, index in sorted(order):
        block = blocks[index]
        far = distance - edge > _CLOSE * (2 if upwards else 1)
        if far or block.kind in ("caption", "heading", "title", "front") or is_prose(sheet, block, style):
            break
        found.append(index)
        rect = block.rect
        edge = max(edge, (box[1] - rect[1]) if upwards else (rect[3] - box[3]))
    return found


def _has_graphic(sheet: Sheet, caption: Block) -> bool:
    """Whether an image or a drawing ends just above a caption."""
    (left, right), top = _reach(sheet, caption), caption.rect[1]
    return any(
        -8 <= top - y1 < _CLOSE and x0 < right and x1 > left and y1 - y0 > 20
        for x0, y0, x1, y1 in (*sheet.raw.images, *sheet.raw.drawings)
    )


def _make_rows(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lines of a table, one a row, its cells from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.rect[1] + line.rect[3]):
        middle = (line.rect[1] + line.rect[3]) / 2
        if rows and rows[-1][0].rect[1] < middle < rows[-1][0].rect[3]:
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(reduce(join_lines, sorted(row, key=lambda line: line.rect[0])) for row in rows)
