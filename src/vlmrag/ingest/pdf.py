"""What lies in a PDF, with nothing understood: words and their places, fonts, pictures, bookmarks, a reader's marks.

The only file that knows PyMuPDF, which is imported when the first PDF is opened. A page is interpreted once; words,
fonts and drawings are taken from that one run. The run leaves the annotations out, so that what a reader wrote on a
page is never taken for the paper's own words.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from vlmrag.errors import SourceError
from vlmrag.ingest.pages.nouns import Line, Mark, RawPage, RawPdf, Word
from vlmrag.language.words import HAN_RUN
from vlmrag.types import Rect

_SCALE = 100.0
"""MuPDF writes its JSON in whole numbers: hundredths of a point."""
_TEXT_BLOCK, _IMAGE_BLOCK = 0, 1
_MARKS = frozenset({"Highlight", "Underline", "Squiggly", "StrikeOut", "Text", "FreeText"})
_INVISIBLE = 3
"""The way of painting text that paints nothing."""
_SCAN = 0.5
"""Share of a page that an image covers where it may be a scan of it."""
_COLOUR = (1.0, 0.83, 0.0)
_Font = tuple[float, str, bool, bool]


@cache
def _load() -> Any:
    """Return PyMuPDF, told to keep quiet: what is wrong with a file is said by us, once."""
    import pymupdf

    tools: Any = pymupdf.TOOLS
    tools.mupdf_display_errors(False)
    tools.mupdf_display_warnings(False)
    return pymupdf


def extract_pdf(data: bytes, shown: str) -> RawPdf:
    """Return all pages of a PDF.

    Raises:
        SourceError: It is no PDF, cannot be opened without a password, or has no page that can be read.
    """
    document = _open(data, shown)
    try:
        pages: list[RawPage] = []
        problems = ["the file is damaged; read as far as it could be repaired"] if document.is_repaired else []
        for number in range(1, document.page_count + 1):
            try:
                pages.append(_extract_page(document[number - 1], number))
            except (RuntimeError, ValueError) as error:  # MuPDF's own errors are RuntimeErrors
                problems.append(f"page {number} cannot be read: {_first_line(error)}; skipped")
        if not pages:
            raise SourceError(shown, "has no page that can be read; the file may be cut off, fetch it again")
        title = (document.metadata or {}).get("title") or ""
        return RawPdf(tuple(pages), _read_outline(document), title, tuple(problems))
    finally:
        document.close()


def count_pages(path: Path) -> int:
    """Return how many pages a PDF has. Raises `SourceError`."""
    document = _open(path.read_bytes(), str(path))
    try:
        return int(document.page_count)
    finally:
        document.close()


def render_page(path: Path, number: int, rects: Sequence[Rect] = (), dpi: int = 110) -> bytes:
    """Return a page, from 1, as PNG, with the rectangles marked. Raises `SourceError`."""
    return _render(path, number, rects, None, dpi)


def crop_page(path: Path, number: int, rect: Rect, dpi: int = 150) -> bytes:
    """Return a part of a page, from 1, as PNG. Raises `SourceError`."""
    return _render(path, number, (), rect, dpi)


def _open(data: bytes, shown: str) -> Any:
    if not data:
        raise SourceError(shown, "is empty")
    if b"%PDF-" not in data[:1024]:
        raise SourceError(shown, "is not a PDF, whatever its name says")
    try:
        document = _load().open(stream=data, filetype="pdf")
    except (RuntimeError, ValueError) as error:
        raise SourceError(shown, f"cannot be opened as a PDF ({_first_line(error)}); fetch it again") from None
    if document.needs_pass:
        document.close()
        raise SourceError(shown, "is encrypted; save a copy without a password and give that")
    if document.page_count == 0:
        document.close()
        raise SourceError(shown, "has no page that can be read; the file may be cut off, fetch it again")
    return document


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _read_outline(document: Any) -> tuple[tuple[int, str, int], ...]:
    try:
        entries = document.get_toc()
    except (RuntimeError, ValueError):
        return ()
    return tuple((level, " ".join(words.split()), page) for level, words, page, *_ in entries)


def _extract_page(page: Any, number: int) -> RawPage:
    textpage = _interpret(page)
    lines = tuple(_make_lines(textpage, number))
    images: list[Rect] = []
    drawings: list[Rect] = []
    for x0, y0, x1, y1, _, _, kind in textpage.extractBLOCKS():
        if kind != _TEXT_BLOCK:
            (images if kind == _IMAGE_BLOCK else drawings).append((x0, y0, x1, y1))
    width, height = page.rect.width, page.rect.height
    scanned = any((x1 - x0) * (y1 - y0) > _SCAN * width * height for x0, y0, x1, y1 in images)
    hidden = bool(lines) and scanned and _is_hidden(page)
    return RawPage(number, width, height, lines, tuple(_read_marks(page)), tuple(images), tuple(drawings), hidden)


def _interpret(page: Any) -> Any:
    """Run a page's content and the values of its forms, as it is shown, and keep the text and where drawings stand."""
    pymupdf = _load()
    mupdf = pymupdf.mupdf
    flags = (
        pymupdf.TEXTFLAGS_WORDS
        | pymupdf.TEXT_PRESERVE_IMAGES
        | pymupdf.TEXT_COLLECT_VECTORS
        | pymupdf.TEXT_LAZY_VECTORS  # else a rule between two lines would split them
    )
    inner = page.this if isinstance(page.this, mupdf.FzPage) else page.this.super()
    kept = mupdf.FzStextPage(mupdf.fz_bound_page(inner))
    device = mupdf.fz_new_stext_device(kept, mupdf.FzStextOptions(flags))
    matrix, cookie = mupdf.FzMatrix(), mupdf.FzCookie()
    mupdf.fz_run_page_contents(inner, device, matrix, cookie)
    mupdf.fz_run_page_widgets(inner, device, matrix, cookie)
    mupdf.fz_close_device(device)
    return pymupdf.TextPage(kept)


def _make_lines(textpage: Any, number: int) -> Iterator[Line]:
    words = [word if word[4].isprintable() else _without_controls(word) for word in textpage.extractWORDS()]
    groups = [list(group) for _, group in groupby(words, key=lambda word: word[5:7])]
    edges = _read_edges(textpage) if any(HAN_RUN.search(word[4]) for word in words) else {}
    fonts = list(_match_fonts(groups, _read_fonts(textpage)))
    sizes = _measure_sizes(groups, fonts)
    for group, size, (_, font, bold, italic) in zip(groups, sizes, fonts, strict=True):
        if edges:
            kept = tuple(Word(w[4], w[:4], edges.get((*w[5:7], round(w[0]), w[4]), ())) for w in group)
        else:
            kept = tuple([Word(w[4], w[:4]) for w in group])
        x0s, y0s, x1s, y1s, *_ = zip(*group, strict=True)
        rect = (min(x0s), min(y0s), max(x1s), max(y1s))
        yield Line(number, kept, rect, size, font, bold, italic, _is_upright(kept))


def _measure_sizes(groups: Sequence[Sequence[Any]], fonts: Sequence[_Font]) -> list[float]:
    """Return the size that most words of each line have.

    MuPDF tells the size of a line's first character, which may be a footnote's mark or a sign of a formula: then the
    usual height of the words decides, at the rate of points to height that most lines of the page have.
    """
    heights = [_usual_height(group) for group in groups]
    rates = [font[0] / height if height > 0 else 1.0 for font, height in zip(fonts, heights, strict=True)]
    long = sorted(rate for rate, group in zip(rates, groups, strict=True) if len(group) > 4) or sorted(rates)
    usual = long[len(long) // 2] if long else 1.0
    return [
        font[0] if abs(rate / usual - 1) < 0.15 or len(group) == 1 else height * usual
        for font, rate, height, group in zip(fonts, rates, heights, groups, strict=True)
    ]


def _usual_height(group: Sequence[Any]) -> float:
    heights = sorted([w[3] - w[1] for w in group if len(w[4]) > 1] or [w[3] - w[1] for w in group])
    middle: float = heights[(len(heights) - 1) // 2]
    return middle


def _without_controls(word: Any) -> Any:
    """Put U+FFFD for what no text may hold: control characters and halves of surrogate pairs."""
    kept = "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in word[4])
    return (*word[:4], kept, *word[5:])


def _is_upright(words: Sequence[Word]) -> bool:
    """Whether words of more than one character are wider than high, or, all being short, stand side by side."""
    longest = max(words, key=lambda word: len(word.text))
    x0, y0, x1, y1 = longest.rect
    if len(longest.text) > 2 or len(words) == 1:
        return len(longest.text) < 3 or x1 - x0 >= 0.6 * (y1 - y0)
    first, last = words[0].rect, words[-1].rect
    return abs(last[0] - first[0]) >= abs(last[1] - first[1])


def _read_fonts(textpage: Any) -> list[tuple[str, _Font]]:
    """Return the words of every line that has any, and the font that it begins with."""
    mupdf = _load().mupdf
    buffer = mupdf.fz_new_buffer(1 << 16)
    output = mupdf.FzOutput(buffer)
    mupdf.fz_print_stext_page_as_json(output, textpage.this, _SCALE)
    output.fz_close_output()
    try:
        blocks = json.loads(buffer.fz_buffer_extract().decode("utf-8", "replace"), strict=False)["blocks"]
    except (ValueError, KeyError):
        return []
    found = []
    for block in blocks:
        for line in block.get("lines", ()):
            if words := line["text"].strip():
                font = line["font"]
                name = font["name"].rpartition("+")[2]
                found.append(
                    (words, (font["size"] / _SCALE, name, font["weight"] == "bold", font["style"] == "italic"))
                )
    return found


def _match_fonts(groups: list[list[Any]], fonts: list[tuple[str, _Font]]) -> Iterable[_Font]:
    """Return the font of each group of words; the two lists are of the same lines, save for rare ones left out."""
    if len(groups) == len(fonts):
        return [font for _, font in fonts]
    known: dict[str, _Font] = dict(reversed(fonts))
    return [
        known.get(" ".join(w[4] for w in group)) or (group[0][3] - group[0][1], "", False, False) for group in groups
    ]


def _read_edges(textpage: Any) -> dict[tuple[int, int, int, str], tuple[float, ...]]:
    """Return where each character of the words with Han or kana stands, by block, line, left edge and word."""
    edges: dict[tuple[int, int, int, str], tuple[float, ...]] = {}
    for block in textpage.extractRAWDICT()["blocks"]:
        for row, line in enumerate(block.get("lines", ())):
            chars = [char for span in line["spans"] for char in span["chars"]]
            for blank, group in groupby(chars, key=lambda char: char["c"].isspace()):
                word = list(group)
                text = "".join(char["c"] for char in word)
                if not blank and HAN_RUN.search(text):
                    lefts = [char["bbox"][0] for char in word]
                    if lefts == sorted(lefts):
                        key = (block["number"], row, round(lefts[0]), text)
                        edges[key] = (*lefts, word[-1]["bbox"][2])
    return edges


def _is_hidden(page: Any) -> bool:
    """Whether more of a page's characters are painted with nothing than with ink."""
    painted = {True: 0, False: 0}
    for span in page.get_texttrace():
        painted[span["type"] == _INVISIBLE or span["opacity"] == 0] += len(span["chars"])
    return painted[True] > painted[False]


def _read_marks(page: Any) -> Iterator[Mark]:
    """Yield what a reader put on the page; a highlight is one rectangle a line."""
    matrix = page.rotation_matrix
    for annotation in page.annots():
        kind = annotation.type[1]
        if kind not in _MARKS:
            continue
        points = annotation.vertices if kind in ("Highlight", "Underline", "Squiggly", "StrikeOut") else None
        if points:
            quads = [points[i : i + 4] for i in range(0, len(points) - 3, 4)]
            rects = [_bound(quad, matrix) for quad in quads]
        else:
            box = annotation.rect
            rects = [_bound(((box.x0, box.y0), (box.x1, box.y1)), matrix)]
        info = annotation.info
        words = "\n".join((info.get("content") or "").splitlines()).strip()
        yield Mark(kind, tuple(rects), words, (info.get("title") or "").strip())


def _bound(points: Iterable[tuple[float, float]], matrix: Any) -> Rect:
    turned = [_load().Point(*point) * matrix for point in points]
    xs, ys = [p.x for p in turned], [p.y for p in turned]
    return min(xs), min(ys), max(xs), max(ys)


def _render(path: Path, number: int, rects: Sequence[Rect], part: Rect | None, dpi: int) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(str(path), f"cannot be read: {error.strerror or error}") from error
    pymupdf = _load()
    document = _open(data, str(path))
    try:
        if not 1 <= number <= document.page_count:
            raise SourceError(str(path), f"has {document.page_count} pages, no page {number}")
        page = document[number - 1]
        for rect in rects:
            shape = page.new_shape()
            shape.draw_rect(pymupdf.Rect(rect) * page.derotation_matrix)
            shape.finish(color=None, fill=_COLOUR, fill_opacity=0.35)
            shape.commit()
        clip = pymupdf.Rect(part) if part else None
        return bytes(page.get_pixmap(dpi=dpi, clip=clip, annots=False).tobytes("png"))
    except (RuntimeError, ValueError) as error:
        raise SourceError(str(path), f"page {number} cannot be drawn: {_first_line(error)}") from None
    finally:
        document.close()
