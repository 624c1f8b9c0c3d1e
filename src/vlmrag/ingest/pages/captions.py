"""Captions, and what they stand under or over: the words inside a figure, the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from vlmrag.ingest.pages.columns import ACROSS, Sheet, join_lines, unite
from vlmrag.ingest.pages.nouns import Block, Line
from vlmrag.ingest.pages.style import Style
from vlmrag.types import Rect

_CAPTION = re.compile(
    r"(?P<label>(?P<what>fig(?:ure|\.)?|table|tab\.|algorithm|listing|scheme|chart|图|圖|表|算法)\s*(?P<number>[A-Z]?\.?\d+(?:[.\-]\d+)?[a-z]?|[IVX]+|[A-Z]))"
    r"\s*(?P<mark>[.:|：—–、]|(?<=[.\d]) (?=\())?",
    re.IGNORECASE,
)
_CLOSE = 60
"""Points between a caption and the graphic that it belongs to."""
_PROSE_WORD = re.compile(r"[^\W\d_]{3,}")


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
    return f"{'Table' if what == 'Tab' else what} {match['number']}"


def mark_graphics(sheet: Sheet, blocks: Sequence[Block], style: Style) -> list[Block]:
    """Tell captions, tables and the words inside figures from the running text of a page."""
    marked = [
        replace(block, kind="caption", label=label) if (label := find_label(block, style)) else block
        for block in blocks
    ]
    kinds: dict[int, str] = {}
    for block in marked:
        if block.kind == "caption":
            _mark_region(sheet, block, marked, style, kinds)
    result: list[Block] = []
    for index, block in enumerate(marked):
        kind = kinds.get(index)
        if kind == "table":
            if result and result[-1].kind == "table" and kinds.get(index - 1) == "table":
                result[-1] = Block("table", result[-1].lines + block.lines)
            else:
                result.append(Block("table", block.lines))
        elif kind == "figure":
            if result and result[-1].kind == "figure":
                result[-1] = Block("figure", result[-1].lines + block.lines)
            else:
                result.append(Block("figure", block.lines))
        else:
            result.append(block)
    return [replace(block, lines=_make_rows(block.lines)) if block.kind == "table" else block for block in result]


def bound(block: Block) -> Rect:
    """Return the rectangle around a block's lines, which stand on one page."""
    return unite([line.rect for line in block.lines])


def is_prose(sheet: Sheet, block: Block, style: Style) -> bool:
    """Whether a block reads as running text: lines as wide as their column, or a sentence in the body's size."""
    line = block.lines[0]
    if not all(abs(one.size - style.size) <= 0.16 * style.size for one in block.lines[:2]):
        return False
    words = sum(len(_PROSE_WORD.findall(one.text)) for one in block.lines)
    total = sum(len(one.words) for one in block.lines)
    if words < 0.5 * total:
        return False
    left, right = sheet.edges[ACROSS] if sheet.column(line) == ACROSS else sheet.column_edges(line)
    wide = max(one.rect[2] - one.rect[0] for one in block.lines) > 0.7 * (right - left)
    return (wide and words >= 4) or (words >= 6 and block.lines[-1].text.endswith((".", "?", "!", ":")))


def _mark_region(sheet: Sheet, caption: Block, blocks: Sequence[Block], style: Style, kinds: dict[int, str]) -> None:
    """Find the blocks that a caption speaks of, above it or below, and note what they are."""
    table = caption.label.startswith(("Table", "表"))
    box = bound(caption)
    left, right = _reach(sheet, caption)
    above = _collect(sheet, blocks, (left, right), box, style, upwards=True)
    below = _collect(sheet, blocks, (left, right), box, style, upwards=False)
    if table:
        chosen = _nearer(blocks, above, below, box)
    else:
        chosen = above or ([] if _has_graphic(sheet, (left, right), box) else below)
    for index in chosen:
        kinds.setdefault(index, "table" if table else "figure")


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
        rect = bound(block)
        centre = (rect[0] + rect[2]) / 2
        if reach[0] - 20 <= centre <= reach[1] + 20:
            distance = box[1] - rect[3] if upwards else rect[1] - box[3]
            if distance > -0.5 * (rect[3] - rect[1]) and (rect[1] < box[1]) == upwards and rect != box:
                order.append((distance, index))
    found: list[int] = []
    edge = 0.0
    for distance, index in sorted(order):
        block = blocks[index]
        if block.kind == "caption" or is_prose(sheet, block, style) or distance - edge > _CLOSE * (2 if upwards else 1):
            break
        found.append(index)
        rect = bound(block)
        edge = max(edge, (box[1] - rect[1]) if upwards else (rect[3] - box[3]))
    return found


def _nearer(blocks: Sequence[Block], above: list[int], below: list[int], box: Rect) -> list[int]:
    if not above or not below:
        return above or below
    up = min(box[1] - bound(blocks[i])[3] for i in above)
    down = min(bound(blocks[i])[1] - box[3] for i in below)
    return above if up <= down else below


def _has_graphic(sheet: Sheet, reach: tuple[float, float], box: Rect) -> bool:
    """Whether an image ends just above a caption."""
    return any(
        -8 <= box[1] - rect[3] < _CLOSE and rect[0] < reach[1] and rect[2] > reach[0] and rect[3] - rect[1] > 20
        for rect in (*sheet.raw.images, *sheet.raw.drawings)
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
