"""Headings: by the bookmarks where a file has them, else by fonts, numbers and the words that papers are divided by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from vlmrag.ingest.pages.bibliography import is_reference_heading
from vlmrag.ingest.pages.columns import Sheet
from vlmrag.ingest.pages.nouns import Block, Line
from vlmrag.ingest.pages.style import Style
from vlmrag.language.fold import HAN, fold

_NUMBERED = re.compile(
    r"(?P<number>(?:\d{1,2}|[A-Z])(?:\.\d{1,2}){0,3}|[IVX]{1,5}|Appendix [A-Z\d]|[一二三四五六七八九十]{1,3})"
    r"(?:[.)：:、]\s*|\s+)(?=\S)"
)
_APART = re.compile(
    r"abstract|acknowledge?ments?|references|bibliography|literature cited|appendi(?:x|ces)(?: [a-z])?"
    r"|supplementary materials?|摘要|引言|结论|結論|参考文献|參考文獻|附录|附錄|致谢|致謝"
)
"""Words that stand alone as headings and nowhere else."""
_KNOWN = re.compile(
    r"introduction|(?:related|previous|prior) works?|background|methods?|methodology|experiments?|results?"
    r"|discussions?|conclusions?(?: and .{3,30})?|limitations?|contents"
)
_UNFIT = re.compile(r"[.,;，。；\-]$")
_ANY_NUMBER = re.compile(r"^(?:appendix\s+)?(?:[a-z\d]{1,2}(?:\.\d{1,2})*|[ivx]{1,5})[.:)]?\s+")
_NO_LETTER = re.compile(r"[\W_]+")
_SMALLEST = 0.75
"""Share of the running text's size from which on letters without a number may be a heading's, not a figure's."""
_LONGEST = 130
_WORDS = 18


def heading_key(text: str) -> str:
    """Return what a bookmark and the printed heading share: letters and figures, without the number before them."""
    folded = fold(text)
    bare = _ANY_NUMBER.sub("", folded)
    return _NO_LETTER.sub("", bare)


def strip_number(text: str) -> str:
    """Return the words of a heading without its number."""
    match = _NUMBERED.match(text)
    return text[match.end() :] if match and len(text) > match.end() + 1 else text


def is_references(block: Block) -> bool:
    """Whether a heading opens the list of references."""
    return block.kind == "heading" and is_reference_heading(_text(block.lines))


def find_number(text: str) -> str:
    """Return the number that a heading begins with, or nothing."""
    match = _NUMBERED.match(text)
    return match["number"].removeprefix("Appendix ") if match else ""


class Outline:
    """The bookmarks of a file, as they are looked for on its pages."""

    def __init__(self, entries: Sequence[tuple[int, str, int]]) -> None:
        self._open: dict[str, list[tuple[int, int, str]]] = {}
        self._pages: set[int] = set()
        for level, words, page in entries:
            self._open.setdefault(heading_key(words), []).append((page, level, find_number(words)))
            self._pages |= {page - 1, page, page + 1}
        self.rich = len(entries) >= 4

    def has(self, page: int) -> bool:
        """Whether a bookmark may be on a page."""
        return page in self._pages

    def take(self, text: str, page: int) -> int:
        """Return the level of the bookmark that a text is on a page, and cross it out; 0 where there is none."""
        places = self._open.get(heading_key(text), [])
        for place in places:
            if abs(place[0] - page) <= 1 and place[2] in ("", find_number(text)):
                places.remove(place)
                return place[1]
        return 0


def mark_headings(blocks: Sequence[Block], sheet: Sheet, outline: Outline, style: Style, *, sure: bool) -> list[Block]:
    """Return the blocks of a page with its headings told apart; one that opens a paragraph is cut off from it.

    `sure` leaves those to a second round that nothing but their looks speaks for.
    """
    return [piece for block in blocks for piece in _mark(block, sheet, outline, style, sure=sure)]


def _text(lines: Sequence[Line]) -> str:
    return " ".join(line.text for line in lines)


def _mark(block: Block, sheet: Sheet, outline: Outline, style: Style, *, sure: bool) -> Iterator[Block]:
    if block.kind not in ("paragraph", "list"):
        yield block
        return
    lines = block.lines
    fits = lines[0].size > _SMALLEST * style.size or find_number(lines[0].text)
    for count in range(min(3, len(lines)), 0, -1) if fits and outline.has(lines[0].page) else ():
        text = _text(lines[:count])
        if len(text) <= _LONGEST and (level := outline.take(text, lines[0].page)):
            yield Block("heading", lines[:count], level)
            if lines[count:]:
                yield Block("paragraph", lines[count:])
            return
    if len(lines) <= 3 and (level := _guess_level(lines, sheet, style, strict=outline.rich, sure=sure)):
        yield Block("heading", lines, level)
    else:
        yield block


def _guess_level(lines: Sequence[Line], sheet: Sheet, style: Style, *, strict: bool, sure: bool) -> int:
    """Return the level that looks and words speak for; 0 where a block is no heading."""
    text, line = _text(lines), lines[0]
    words = strip_number(text)
    if len(text) > _LONGEST or len(text.split()) > _WORDS or not words:
        return 0
    known = fold(words).strip(" .:")
    if _APART.fullmatch(known) or (
        _KNOWN.fullmatch(known) and (len(words) < len(text) or line.size > 1.05 * style.size)
    ):
        return 1
    if strict or (_UNFIT.search(text) and not text.isupper()) or not _opens_well(words):
        return 0
    left, right = sheet.column_edges(line)
    number = _NUMBERED.match(text)
    full = len(lines) == 1 and line.rect[2] > right - 0.03 * (right - left) and line.size < 1.1 * style.size
    if not number and (sure or full):
        return 0
    large = line.size > 1.08 * style.size
    distinct = large or line.bold or (text.isupper() and len(text) > 5) or (line.font != style.font and bool(number))
    if not distinct or line.size < 0.9 * style.size:
        return 0
    if number:
        return 1 + number["number"].count(".")
    return 1 if line.size > 1.15 * style.size else 2


def _opens_well(words: str) -> bool:
    letters = sum(c.isalpha() for c in words)
    return (words[0].isupper() or bool(re.match(f"[{HAN}]", words))) and letters >= 3 and letters >= 0.5 * len(words)
