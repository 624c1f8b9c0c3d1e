"""What is printed around the text and is no part of it: running heads, page numbers, stamps, numbers of lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from vlmrag.ingest.pages.columns import Sheet
from vlmrag.ingest.pages.nouns import Line

_EDGE = 0.12
"""Share of the page's height, above and below, in which running heads stand."""
_LAST = 0.2
"""Share of the page's height, above and below, in which a page number stands."""
_PAGE_NUMBER = re.compile(
    r"[-–—]?\s*(?:page\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?\s*[-–—]?", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")
_LEADER = re.compile(r"(?:\. ?){6,}|…{3,}|·{6,}")
_DOTS = ("..", ". .", "…", "··")
"""What a page with leaders has at least one of."""
_CONTENTS = 5
"""So many lines with dots that lead to a page number make a table of contents."""
_AROUND = 60
"""Points above and below them in which its other lines stand."""
_TITLE = 0.9
"""Share of the largest size on the first page that all lines of the title have."""
_TITLE_WORDS = 4
_LINE_NUMBERS = 10
"""So many bare numbers in a margin are the numbers of lines."""


def split_furniture(sheets: Sequence[Sheet]) -> list[tuple[list[Line], list[Line]]]:
    """Return for each page the lines of its text, and those that stand around it."""
    repeated, title = _find_repeated(sheets), _find_title(sheets[0]) if sheets else ""
    pages = []
    for sheet in sheets:
        numbers = _find_line_numbers(sheet) | _find_contents(sheet)
        text: list[Line] = []
        around: list[Line] = []
        for line in sheet.lines:
            apart = not line.upright or id(line) in numbers
            if _is_at_edge(sheet, line):
                apart = apart or _is_repeated(line, repeated) or (sheet is not sheets[0] and _is_part(line, title))
            apart = apart or (len(line.words) < 5 and _is_page_number(sheet, line))
            (around if apart else text).append(line)
        pages.append((text, around))
    return pages


def _is_at_edge(sheet: Sheet, line: Line) -> bool:
    height = sheet.raw.height
    return line.rect[3] < _EDGE * height or line.rect[1] > (1 - _EDGE) * height


def _key(line: Line) -> tuple[str, int]:
    return _DIGITS.sub("#", line.text.lower()), round(line.rect[1] / 3)


def _find_repeated(sheets: Sequence[Sheet]) -> set[tuple[str, int]]:
    """Return words and height of what stands at the edge of several pages, numbers apart."""
    found: Counter[tuple[str, int]] = Counter()
    for sheet in sheets:
        found.update({_key(line) for line in sheet.lines if line.upright and _is_at_edge(sheet, line)})
    return {key for key, count in found.items() if count >= (2 if len(sheets) < 5 else 3)}


def _is_repeated(line: Line, repeated: set[tuple[str, int]]) -> bool:
    words, place = _key(line)
    return any((words, near) in repeated for near in (place - 1, place, place + 1))


def _find_title(first: Sheet) -> str:
    """Return the largest words in the upper half of the first page, in small letters."""
    upper = [line for line in first.lines if line.upright and line.rect[3] < 0.5 * first.raw.height]
    largest = max((line.size for line in upper), default=0.0)
    return " ".join(line.text.lower() for line in upper if line.size > _TITLE * largest)


def _is_part(line: Line, title: str) -> bool:
    """Whether a line repeats the paper's title, as the head of a page does."""
    return len(line.words) >= _TITLE_WORDS and line.text.lower() in title


def _is_page_number(sheet: Sheet, line: Line) -> bool:
    if _LAST < line.rect[3] / sheet.raw.height < 1 - _LAST:
        return False
    return bool(_PAGE_NUMBER.fullmatch(line.text)) and _is_outermost(sheet, line)


def _is_outermost(sheet: Sheet, line: Line) -> bool:
    """Whether no line of text stands between this one and the nearer end of the page."""
    y0, y1 = line.rect[1], line.rect[3]
    others = [other.rect for other in sheet.lines if other is not line and other.upright]
    return all(r[1] < y1 for r in others) if y0 > sheet.raw.height / 2 else all(r[3] > y0 for r in others)


def _find_contents(sheet: Sheet) -> set[int]:
    """Return the lines of a table of contents: those with leaders, and what stands between them."""
    page = "\n".join([line.text for line in sheet.lines])
    if not any(dots in page for dots in _DOTS):
        return set()
    leaders = [line.rect[1] for line in sheet.lines if _LEADER.search(line.text)]
    if len(leaders) < _CONTENTS:
        return set()
    top, bottom = min(leaders) - _AROUND, max(leaders) + _AROUND
    return {id(line) for line in sheet.lines if top <= line.rect[1] <= bottom and line.upright}


def _find_line_numbers(sheet: Sheet) -> set[int]:
    """Return the numbers that count the lines of a manuscript, in the margins."""
    bare = [line for line in sheet.lines if line.text.isdigit() and len(line.words) == 1]
    if len(bare) < _LINE_NUMBERS:
        return set()
    sides = Counter(round(line.rect[2] / 6) for line in bare)
    kept = {side for side, count in sides.items() if count >= _LINE_NUMBERS}
    left, right = sheet.edges[0][0], sheet.edges[-1][1]
    outside = [line for line in bare if line.rect[2] <= left + 1 or line.rect[0] >= right - 1]
    return {id(line) for line in outside if round(line.rect[2] / 6) in kept}
