"""The figures of a paper: where each stands on its page, and which sentences of the text name it.

A figure is told by its caption. What belongs to it are the images, strokes and words next to the caption, above it or
else below, up to the running text of the caption's column. Where a page has nothing of the kind, a figure is its
caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from vlmrag.ingest.pages.columns import ACROSS, Sheet, order_lines
from vlmrag.ingest.pages.manuscript import Manuscript, PlacedBlock
from vlmrag.ingest.pages.nouns import RawPdf, unite
from vlmrag.types import Document, Figure, Rect, Sentence

_NAMES = {"figure": "figure", "图": "figure", "圖": "figure", "scheme": "scheme", "chart": "chart"}
"""What a picture is called, and under which name it is known."""
_LABEL = re.compile(r"(?P<what>Figure|图|圖|Scheme|Chart) (?P<number>[A-Z]?\.?\d\S*|[IVX]+)")
_NAMED = re.compile(
    r"(?P<what>(?<![^\W_])(?:fig(?:ure)?s?\.?|schemes?|charts?)|图|圖)\s*(?P<numbers>[A-Z]?\.?\d+[a-z]?(?:\([a-z]\))?"
    r"(?:\s*(?:,\s*and|,|&|and|to|-|–|—|、|和|与|與|至|到)\s*[A-Z]?\.?\d+(?![\d.]*%)[a-z]?(?:\([a-z]\))?)*)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"([A-Z]?\.?)(\d+)[a-z]?(?:\([a-z]\))?\s*(?:to|-|–|—|至|到)\s*\1(\d+)", re.IGNORECASE)
_NUMBER = re.compile(r"[A-Z]?\.?\d+", re.IGNORECASE)
_LONGEST_RANGE = 20
_TEXT = frozenset({"title", "front", "heading", "paragraph", "list", "caption", "table", "reference"})
"""Kinds of blocks that end a figure."""
_BESIDE = frozenset({"paragraph", "list", "caption"})
"""Kinds of blocks that a figure keeps clear of at its sides."""
_CLOSE = 60.0
"""Points between the parts of a figure, and between it and its caption."""
_LEAST = 20.0
"""Points that a figure is at least wide and high."""
_FRAME = 40.0
"""Points from which on a graphic is one that words may stand in."""
_PART = re.compile(r"\([a-z]\)\s", re.IGNORECASE)
_FEW = 5
"""Lines that such a caption of a part has at most."""
_WHOLE_PAGE = 0.9
"""Share of width and height from which on a graphic is the page's ground."""
_RULE = 1.5
"""Points that a rule is thick."""
_NUDGE = 6.0
"""Points that text may reach into a figure's column without being above or below it."""
_MARGIN = 3.0
"""Points that are kept around a figure, where no line of text stands in them."""
_TOUCH = 0.5


def find_figures(raw: RawPdf, script: Manuscript, paper: Document, sentences: Sequence[Sentence]) -> list[Figure]:
    """Return the figures of a paper in the order of its captions; `sentences` are the paper's own."""
    captions = [block for block in script.blocks if block.kind == "caption" and _LABEL.fullmatch(block.label)]
    if not captions:
        return []
    numbers = {block.lines[0].line.page for block in captions}
    sheets = {page.number: order_lines(page) for page in raw.pages if page.number in numbers}
    named = _find_mentions(sentences, captions)
    blocks: dict[int, list[PlacedBlock]] = {}
    for block in script.blocks:
        for number in {placed.line.page for placed in block.lines}:
            blocks.setdefault(number, []).append(block)
    figures = []
    for block in captions:
        page = block.lines[0].line.page
        rect = _frame(sheets[page], block, blocks[page])
        mentions = tuple(named.get(read_label(block.label), ()))
        figures.append(Figure(paper.id, paper.source, page, rect, block.label, block.start, block.end, mentions))
    return figures


def read_names(text: str) -> set[tuple[str, str]]:
    """Return the figures that a sentence names: ("figure", "3") for "Fig. 3a", "Figures 2-4" or "圖3"."""
    found = set()
    for match in _NAMED.finditer(text):
        low = match["what"].lower().rstrip(".s")
        what = "figure" if low.startswith("fig") else _NAMES.get(low, low)
        found |= {(what, _flatten(number)) for number in _expand(match["numbers"])}
    return found


def read_label(label: str) -> tuple[str, str]:
    """Return what a figure with this label is named by: ("figure", "3") for "Figure 3" and "圖 3"."""
    match = _LABEL.fullmatch(label)
    if match is None:
        return label, ""
    number = _NUMBER.match(match["number"])
    return _NAMES[match["what"].lower()], _flatten(number[0] if number else match["number"])


def _expand(numbers: str) -> Iterator[str]:
    """Yield the single numbers of "2, 4a and 6-8"."""
    yield from _NUMBER.findall(numbers)
    for letter, first, last in _RANGE.findall(numbers):
        if 0 < int(last) - int(first) <= _LONGEST_RANGE:
            yield from (f"{letter}{number}" for number in range(int(first), int(last)))


def _flatten(number: str) -> str:
    """Return a number as it is compared: A.2 and a2 are one."""
    return number.replace(".", "").upper()


def _find_mentions(
    sentences: Iterable[Sentence], captions: Sequence[PlacedBlock]
) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Return the sentences that name each figure, captions left out."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for sentence in sentences:
        if not any(block.start <= sentence.start < block.end for block in captions):
            for key in sorted(read_names(sentence.text)):
                found.setdefault(key, []).append((sentence.start, sentence.end))
    return found


def _frame(sheet: Sheet, caption: PlacedBlock, blocks: Sequence[PlacedBlock]) -> Rect:
    """Return the rectangle of a caption's figure on its page, whose blocks are given."""
    page = sheet.raw
    lines = [placed.line for placed in caption.lines if placed.line.page == page.number]
    box = unite([line.rect for line in lines])
    across = sheet.gutter is None or any(sheet.column(line) == ACROSS for line in lines)
    left, right = sheet.edges[-1] if across else sheet.edges[sheet.column(lines[0])]
    left, right = min(left, box[0]), max(right, box[2])
    if across:  # where there are few words, they reach less far than what is drawn; the margins are alike
        left, right = min(left, page.width - right), max(right, page.width - left)
    for other in _list_beside(box, page.number, blocks):
        left, right = (max(left, other[2]), right) if other[2] <= box[0] else (left, min(right, other[0]))
    pictures = [rect for rect in (*page.images, *page.drawings) if _is_part(rect, page.width, page.height)]
    inks = [*pictures, *_list_lines(blocks, page.number, frozenset({"figure"}))]
    frames = [rect for rect in pictures if rect[2] - rect[0] >= _FRAME and rect[3] - rect[1] >= _FRAME]
    outer = [block for block in blocks if block is not caption and not _is_subcaption(block)]
    texts = [rect for rect in _list_lines(outer, page.number, _TEXT) if not _is_inside(rect, frames)]
    left, right = left + _NUDGE, right - _NUDGE
    reached = [rect for rect in inks if rect[0] < right and rect[2] > left and left <= _middle(rect) <= right]
    near = [rect for rect in texts if rect[0] < right and rect[2] > left]
    rect = _collect(box, reached, near, upwards=True) or _collect(box, reached, near, upwards=False)
    if rect is None:
        return box
    x0, y0, x1, y1 = rect
    words = [box, *near, *_list_lines(blocks, page.number, frozenset({"aside"}))]
    over = max((other[3] for other in words if other[3] <= y0 + _TOUCH), default=0.0)
    under = min((other[1] for other in words if other[1] >= y1 - _TOUCH), default=page.height)
    top, bottom = max(y0 - _MARGIN, min(over, y0)), min(y1 + _MARGIN, max(under, y1))
    return max(0.0, x0 - _MARGIN), max(0.0, top), min(page.width, x1 + _MARGIN), min(page.height, bottom)


def _list_beside(box: Rect, page: int, blocks: Sequence[PlacedBlock]) -> Iterator[Rect]:
    """Yield the lines left or right of a caption: those of a figure in the same row, or of text that flows around."""
    for other in _list_lines(blocks, page, _BESIDE):
        if other[1] < box[3] and box[1] < other[3] and (other[2] <= box[0] or box[2] <= other[0]):
            yield other


def _collect(box: Rect, inks: Sequence[Rect], texts: Sequence[Rect], *, upwards: bool) -> Rect | None:
    """Return what is drawn between a caption and the next text above or below it, each part near the last one."""
    if upwards:
        end = max((rect[3] for rect in texts if rect[3] <= box[1] + 2), default=0.0)
        inside = [rect for rect in inks if _height(rect) >= end and rect[1] < box[1] and _height(rect) < box[1]]
        inside.sort(key=lambda rect: -rect[3])
    else:
        end = min((rect[1] for rect in texts if rect[1] >= box[3] - 2), default=float("inf"))
        inside = [rect for rect in inks if box[3] < _height(rect) <= end]
        inside.sort(key=lambda rect: rect[1])
    parts: list[Rect] = []
    edge = box[1] if upwards else box[3]
    for rect in inside:
        if (edge - rect[3] if upwards else rect[1] - edge) > _CLOSE:
            break
        parts.append((rect[0], max(rect[1], end), rect[2], rect[3]) if upwards else rect)
        edge = min(edge, rect[1]) if upwards else max(edge, rect[3])
    if not parts:
        return None
    x0, y0, x1, y1 = unite(parts)
    whole = (x0, y0, x1, min(y1, box[1])) if upwards else (x0, max(y0, box[3]), x1, min(y1, end))
    return whole if whole[2] - whole[0] >= _LEAST and whole[3] - whole[1] >= _LEAST else None


def _list_lines(blocks: Sequence[PlacedBlock], page: int, kinds: frozenset[str]) -> list[Rect]:
    return [
        placed.line.rect
        for block in blocks
        if block.kind in kinds
        for placed in block.lines
        if placed.line.page == page and placed.line.upright
    ]


def _is_part(rect: Rect, width: float, height: float) -> bool:
    """Whether a graphic can be part of a figure: on the page, and neither its ground nor a rule across it."""
    x0, y0, x1, y1 = rect
    if y1 - y0 < _RULE and x1 - x0 > 0.5 * width:
        return False
    ground = x1 - x0 > _WHOLE_PAGE * width and y1 - y0 > _WHOLE_PAGE * height
    return not ground and x1 > 0 and y1 > 0 and x0 < width and y0 < height


def _is_inside(rect: Rect, frames: Sequence[Rect]) -> bool:
    """Whether the middle of a line lies in an image, a plot or a box: then its words are the figure's own."""
    x, y = _middle(rect), _height(rect)
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in frames)


def _is_subcaption(block: PlacedBlock) -> bool:
    """Whether a block is the few lines below a part of a figure: "(a) Final test performance"."""
    return len(block.lines) <= _FEW and bool(_PART.match(block.lines[0].line.text))


def _middle(rect: Rect) -> float:
    return (rect[0] + rect[2]) / 2


def _height(rect: Rect) -> float:
    return (rect[1] + rect[3]) / 2
