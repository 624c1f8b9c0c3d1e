"""What lies in a PDF, with nothing understood: words and their places, fonts, pictures, bookmarks, a reader's marks.

The only file that knows PyMuPDF, which is imported when the first PDF is opened. A page is interpreted once; words,
fonts and drawings are taken from that one run. The run leaves the annotations out, so that what a reader wrote on a
page is never taken for the paper's own words.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby, pairwise, repeat
from pathlib import Path
from typing import Any

from vlmrag.errors import SourceError
from vlmrag.ingest.pages.nouns import Line, Mark, RawPage, RawPdf, Word
from vlmrag.ingest.pages.sizes import measure_sizes
from vlmrag.language.words import HAN_RUN
from vlmrag.types import Rect

_SCALE = 100.0
"""MuPDF writes its JSON in whole numbers: hundredths of a point."""
_FONT = re.compile(
    r'"font":\{"name":"([^"]*)","family":"[^"]*","weight":"(\w*)","style":"(\w*)","size":(\d+)\}'
    r',"x":-?\d+,"y":-?\d+,"text":"([^"]*)'
)
"""A line's font, and its text up to a quotation mark."""
_TEXT_BLOCK, _IMAGE_BLOCK = 0, 1
_MARKS = {0: "Text", 2: "FreeText", 8: "Highlight", 9: "Underline", 10: "Squiggly", 11: "StrikeOut"}
"""The annotations that a reader says something with, by MuPDF's numbers."""
_ON_WORDS = frozenset({"Highlight", "Underline", "Squiggly", "StrikeOut"})
_INVISIBLE = 3
"""The way of painting text that paints nothing."""
_SCAN = 0.5
"""Share of a page that an image covers where it may be a scan of it."""
_LAM_ALEF = re.compile("[\u0622\u0623\u0625\u0627]\u0644")
"""Alef before lam, as MuPDF has the two where one sign stands for both."""
_NO_WIDTH = 0.1
_UNSEEN = re.compile(rb"\b3 Tr\b")
"""What a page's content says before words that are painted with nothing."""
_COLOUR = (1.0, 0.83, 0.0)
_Font = tuple[float, str, bool, bool]


@cache
def _load() -> Any:
    """Return PyMuPDF, told to keep quiet: what is wrong with a file is said by us, once.

    It would load models of page layout, which we do not ask, and take five times as long: they are kept away meanwhile.
    """
    kept_away = "pymupdf.layout" not in sys.modules
    if kept_away:
        sys.modules["pymupdf.layout"] = None  # type: ignore[assignment]  # how Python is told that there is none
    try:
        import pymupdf
    finally:
        if kept_away:
            del sys.modules["pymupdf.layout"]

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
    lines = _make_lines(textpage, number)
    images, drawings = _read_graphics(textpage)
    width, height = page.rect.width, page.rect.height
    scanned = any((x1 - x0) * (y1 - y0) > _SCAN * width * height for x0, y0, x1, y1 in images)
    unseen = _measure_unseen(page) if lines and (scanned or _may_hide(page.read_contents())) else 0.0
    return RawPage(
        number, width, height, tuple(lines), tuple(_read_marks(page)), tuple(images), tuple(drawings), unseen, scanned
    )


def _read_graphics(textpage: Any) -> tuple[list[Rect], list[Rect]]:
    """Return where images and drawings stand.

    The blocks are walked one by one: PyMuPDF's `extractBLOCKS` would give them too, but loses 17 kB a page for ever.
    A plot has hundreds, and what their properties call, called without them, is five times as fast.
    """
    mupdf = _load().mupdf
    kind_of, box_of, after = (getattr(mupdf.fz_stext_block, name).fget for name in ("type", "bbox", "next"))
    left, top, right, bottom = (getattr(mupdf.fz_rect, name).fget for name in ("x0", "y0", "x1", "y1"))
    images: list[Rect] = []
    drawings: list[Rect] = []
    block = textpage.this.m_internal.first_block
    while block:
        pointer = block.this
        if (kind := kind_of(pointer)) != _TEXT_BLOCK:
            box = box_of(pointer).this
            (images if kind == _IMAGE_BLOCK else drawings).append((left(box), top(box), right(box), bottom(box)))
        block = after(pointer)
    return images, drawings


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


def _make_lines(textpage: Any, number: int) -> list[Line]:
    found = textpage.extractWORDS()
    if not found:
        return []
    x0s, y0s, x1s, y1s, texts, blocks, rows, _ = zip(*found, strict=True)
    text = " ".join(texts)
    if not text.isprintable():
        texts = tuple([word if word.isprintable() else _without_controls(word) for word in texts])
    edges = _read_edges(textpage, found) if not text.isascii() and HAN_RUN.search(text) else repeat(())
    if not text.isascii() and _LAM_ALEF.search(text):
        known = _mend_arabic(textpage)
        texts = tuple([known.get((*word[5:7], word[4]), text) for word, text in zip(found, texts, strict=True)])
    rects = list(zip(x0s, y0s, x1s, y1s, strict=True))
    words = tuple(map(tuple.__new__, repeat(Word), zip(texts, rects, edges)))  # noqa: B905 - half the time of Word()
    heights = [y1 - y0 for _, y0, _, y1 in rects]
    starts = [i for i in range(1, len(rows)) if rows[i] != rows[i - 1] or blocks[i] != blocks[i - 1]]
    spans = list(pairwise([0, *starts, len(rows)]))
    fonts = _read_fonts(textpage, [texts[first:last] for first, last in spans])
    sizes = measure_sizes([heights[first:last] for first, last in spans], [font[0] for font in fonts])
    lines = []
    for (first, last), size, (_, font, bold, italic) in zip(spans, sizes, fonts, strict=True):
        rect = min(x0s[first:last]), min(y0s[first:last]), max(x1s[first:last]), max(y1s[first:last])
        upright = rect[2] - rect[0] >= 0.6 * (rect[3] - rect[1]) or len(texts[first]) < 3
        lines.append(Line(number, words[first:last], rect, size, font, bold, italic, upright))
    return lines


def _without_controls(word: str) -> str:
    """Put U+FFFD for what no text may hold: control characters and halves of surrogate pairs."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in word)


def _read_fonts(textpage: Any, lines: Sequence[Sequence[str]]) -> list[_Font]:
    """Return the font that each line, given by its words, begins with.

    MuPDF's JSON has one for each line, in the order of the words; where it knows a line that has no words, the fonts
    are found again by the lines' text.
    """
    mupdf = _load().mupdf
    buffer = mupdf.fz_new_buffer(1 << 16)
    output = mupdf.FzOutput(buffer)
    mupdf.fz_print_stext_page_as_json(output, textpage.this, _SCALE)
    output.fz_close_output()
    found = [
        (int(size) / _SCALE, name.rpartition("+")[2], weight == "bold", style == "italic", text)
        for name, weight, style, size, text in _FONT.findall(buffer.fz_buffer_extract().decode("utf-8", "replace"))
        if not text.isspace()
    ]
    if len(found) == len(lines):
        return [font[:4] for font in found]
    known = {font[4].strip(): font[:4] for font in reversed(found)}
    return [known.get(" ".join(line).partition('"')[0].strip(), (10.0, "", False, False)) for line in lines]


def _read_edges(textpage: Any, words: Sequence[Any]) -> list[tuple[float, ...]]:
    """Return for each word with Han or kana where its characters stand, from left to right; for others nothing."""
    known: dict[tuple[int, int, int, str], tuple[float, ...]] = {}
    for block, row, word in _read_characters(textpage):
        text, lefts = "".join(char["c"] for char in word), [char["bbox"][0] for char in word]
        if HAN_RUN.search(text) and lefts == sorted(lefts):
            known[block, row, round(lefts[0]), text] = (*lefts, word[-1]["bbox"][2])
    return [known.get((block, row, round(x0), text), ()) for x0, _, _, _, text, block, row, _ in words]


def _mend_arabic(textpage: Any) -> dict[tuple[int, int, str], str]:
    """Return what the words are in which one sign stands for lam and alef, by their block, line and text.

    MuPDF gives the two the wrong way round, the alef without a width: behind its lam it belongs.
    """
    mended: dict[tuple[int, int, str], str] = {}
    for block, row, word in _read_characters(textpage):
        chars = [char["c"] for char in word]
        for i, (x0, _, x1, _) in enumerate(char["bbox"] for char in word[:-1]):
            if _LAM_ALEF.match(chars[i] + chars[i + 1]) and x1 - x0 < _NO_WIDTH:
                chars[i : i + 2] = chars[i + 1], chars[i]
        mended[block, row, "".join(char["c"] for char in word)] = "".join(chars)
    return mended


def _read_characters(textpage: Any) -> Iterator[tuple[int, int, list[Any]]]:
    """Yield the words by their characters, with the number of their block and line."""
    for block in textpage.extractRAWDICT()["blocks"]:
        for row, line in enumerate(block.get("lines", ())):
            chars = [char for span in line["spans"] for char in span["chars"]]
            for blank, group in groupby(chars, key=lambda char: char["c"].isspace()):
                if not blank:
                    yield block["number"], row, list(group)


def _may_hide(content: bytes) -> bool:
    return b"3 Tr" in content and _UNSEEN.search(content) is not None


def _measure_unseen(page: Any) -> float:
    """Return the share of a page's characters that are painted with nothing."""
    painted = {True: 0, False: 0}
    for span in page.get_texttrace():
        painted[span["type"] == _INVISIBLE or span["opacity"] == 0] += len(span["chars"])
    return painted[True] / max(1, sum(painted.values()))


def _read_marks(page: Any) -> Iterator[Mark]:
    """Yield what a reader put on the page; a highlight is one rectangle a line."""
    if page.first_annot is None:  # links, of which a paper has hundreds, are none
        return
    document = page.parent
    found = [(xref, _MARKS[number]) for xref, number, _ in page.annot_xrefs() if number in _MARKS]
    matrix = tuple(page.transformation_matrix * page.rotation_matrix) if found else ()
    for xref, kind in found:
        quads = _read_numbers(document, xref, "QuadPoints") if kind in _ON_WORDS else []
        rects = [_bound(quads[i : i + 8], matrix) for i in range(0, len(quads) - 7, 8)]
        if not rects and len(box := _read_numbers(document, xref, "Rect")) == 4:
            rects = [_bound(box, matrix)]
        said, author = (document.xref_get_key(xref, key) for key in ("Contents", "T"))
        words = "\n".join(said[1].splitlines()).strip() if said[0] == "string" else ""
        yield Mark(kind, tuple(rects), words, author[1].strip() if author[0] == "string" else "")


def _read_numbers(document: Any, xref: int, key: str) -> list[float]:
    kind, value = document.xref_get_key(xref, key)
    try:
        return [float(number) for number in value.strip("[]").split()] if kind == "array" else []
    except ValueError:
        return []


def _bound(numbers: Sequence[float], matrix: Sequence[float]) -> Rect:
    """Return the rectangle around points of a page, given as x, y, x, y, ... in the file's own coordinates."""
    a, b, c, d, e, f = matrix
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    xs, ys = [a * x + c * y + e for x, y in points], [b * x + d * y + f for x, y in points]
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
