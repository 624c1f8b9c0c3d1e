"""Lines become paragraphs: first within a column, then over the ends of columns and pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from vlmrag.ingest.pages.columns import Sheet
from vlmrag.ingest.pages.headings import find_number
from vlmrag.ingest.pages.nouns import Block, Line
from vlmrag.ingest.pages.style import Style

ENDS = re.compile(r"[.!?:;。！？：；…][\"'”’」』）)\]]*\d{0,2}$")
"""A line that a paragraph may end with."""
_BULLET = re.compile(r"[•●▪■◦○‣∙·*–—➢✓-]\s|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]\s|\[\d{1,3}\]\s|[①-⑳]|（\d{1,2}）")
_SURE_BULLET = re.compile(r"[•●▪■◦○‣∙➢✓]|[①-⑳]")
_CELL = 8
"""Words that a table's cell has at most."""
_FULL = 0.15
"""Share of the page that the last line of a column is wide at least; a cell or a word in a figure is narrower."""
_FLOW = frozenset({"title", "front", "heading", "paragraph", "list", "formula", "reference"})
"""What follows one another as one reads; the rest stands beside it."""
_STARTS_LOW = re.compile(r"[a-z(\[,;%]")
_HYPHEN = ("-", "\u00ad", "‐")


def cut_paragraphs(sheet: Sheet, lines: Sequence[Line], style: Style) -> list[Block]:
    """Return the lines of a page as paragraphs, each within one column."""
    groups: list[list[Line]] = []
    for index, line in enumerate(lines):
        after = lines[index + 1] if index + 1 < len(lines) else None
        if groups and not _begins(sheet, groups[-1], line, after, style):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [Block("list" if _BULLET.match(group[0].text) else "paragraph", tuple(group)) for group in groups]


def _begins(sheet: Sheet, group: Sequence[Line], line: Line, after: Line | None, style: Style) -> bool:
    """Whether a line begins a paragraph rather than going on with the group."""
    above = group[-1]
    if sheet.column(above) != sheet.column(line) and not _overlap(above, line):
        return True
    if _is_beside(above, line) or (after is not None and _is_beside(line, after) and len(line.words) < _CELL):
        return True
    size = max(above.size, line.size)
    step = line.rect[1] - above.rect[1]
    if step < -0.6 * size:
        return True
    gap = line.rect[1] - above.rect[3]
    usual = style.gap * size / style.size
    if gap > usual + 0.4 * size or (min(above.size, line.size) < 0.86 * size and gap > -0.3 * size):
        return True
    if above.text.endswith(_HYPHEN) and _STARTS_LOW.match(line.text):
        return False
    left, right = sheet.column_edges(above)
    short = above.rect[2] < right - 0.08 * (right - left)
    if above.bold and not line.bold and len(group) < 4 and (short or find_number(group[0].text)[:1].isdigit()):
        return True
    if short and line.bold and not above.bold and ENDS.search(above.text):
        return True
    ended = bool(ENDS.search(above.text))
    if _SURE_BULLET.match(line.text) or (
        _BULLET.match(line.text) and (ended or short) and line.rect[0] <= above.rect[0] + 2
    ):
        return True
    if gap > usual + 0.15 * size and ended and short:
        return True
    heading = above.bold and line.bold and above.size > 0.98 * style.size
    return _is_indented(group, line, after, size) and (ended or short) and not heading


def _is_beside(line: Line, right: Line) -> bool:
    """Whether a line stands to the right of another, well apart, as a table's cells do."""
    shared = min(line.rect[3], right.rect[3]) - max(line.rect[1], right.rect[1])
    return right.rect[0] - line.rect[2] > 1.5 * line.size and shared > 0.5 * (line.rect[3] - line.rect[1])


def _overlap(above: Line, line: Line) -> bool:
    """Whether two lines of different widths stand one above the other, as the last line of a wide paragraph does."""
    shared = min(above.rect[2], line.rect[2]) - max(above.rect[0], line.rect[0])
    return (
        shared > 0.6 * min(above.rect[2] - above.rect[0], line.rect[2] - line.rect[0]) and line.rect[1] > above.rect[1]
    )


def _is_indented(group: Sequence[Line], line: Line, after: Line | None, size: float) -> bool:
    """Whether a line stands in from the one above and from the one below, or out from a hanging paragraph."""
    above = group[-1]
    step = line.rect[0] - above.rect[0]
    if 0.7 * size < step < 4 * size:
        return after is None or after.rect[0] < line.rect[0] - 0.5 * size or after.rect[1] < line.rect[1]
    return len(group) > 1 and step < -0.7 * size and above.rect[0] - group[0].rect[0] > 0.5 * size


def join_paragraphs(blocks: Sequence[Block], sheets: dict[int, Sheet], style: Style) -> list[Block]:
    """Join the halves of paragraphs over columns and pages, and set what stood between them before or after.

    Footnotes, captions and what else interrupts a paragraph on the page where it begins come before it; what opens the
    page where it ends comes after it. So every page stays one stretch of the text.
    """
    result: list[Block] = []
    held: list[Block] = []
    for block in blocks:
        if block.kind not in _FLOW:
            held.append(block)
        elif result and _go_together(result[-1], block, held, sheets, style) and _may_move(result[-1], block, held):
            last = result[-1]
            early = [one for one in held if one.lines[0].page == last.lines[-1].page]
            held = held[len(early) :]
            result[-1:] = [*early, replace(last, lines=last.lines + block.lines)]
        else:
            result += [*held, block]
            held = []
    return result + held


def _may_move(last: Block, block: Block, held: Sequence[Block]) -> bool:
    """Whether what stands between the halves of a paragraph can be set before or after it, on its own page."""
    first, final = last.lines[-1].page, block.lines[0].page
    pages = {one.lines[0].page for one in held}
    return pages <= {first, final} and (first not in pages or last.lines[0].page == first)


def _go_together(last: Block, block: Block, held: Sequence[Block], sheets: dict[int, Sheet], style: Style) -> bool:
    """Whether a block goes on with the sentence that the last one breaks off."""
    if last.kind not in ("paragraph", "list") or block.kind != "paragraph":
        return False
    above, line = last.lines[-1], block.lines[0]
    if abs(above.size - line.size) > 0.1 * style.size or (line.bold and not above.bold):
        return False
    sheet = sheets[above.page]
    if above.rect[2] - above.rect[0] < _FULL * sheet.raw.width:
        return False
    apart = (
        above.page != line.page or sheet.column(above) != sheets[line.page].column(line) or line.rect[1] < above.rect[1]
    )
    if not apart and not held:
        return False
    if ENDS.search(above.text) and above.text[-1] != ";":
        return False
    if above.text.endswith(_HYPHEN) or _STARTS_LOW.match(line.text):
        return True
    left, right = sheet.column_edges(above)
    return above.rect[2] > right - 0.1 * (right - left)
