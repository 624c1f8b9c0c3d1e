"""Reading on where something was found: the text around a quote, and a PDF's page as it looks.

A file is only ever opened because the index holds it, and shown only while it is the one that was read: its bytes
still have the hash that the index keeps. A place taken from another state of a file would mark the wrong words.
"""

from __future__ import annotations

import hashlib
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vlmrag.errors import SourceError
from vlmrag.index.index import Index
from vlmrag.index.intake import locate
from vlmrag.types import Citation, Figure, Page, Rect, Source

_CHANGED = "changed since it was read; run vlmrag ingest"
_GONE = "is gone since it was read; run vlmrag ingest"
_UNKNOWN = "is not in the library; run vlmrag ingest"
_DRAWING = threading.Lock()
"""What draws pages may be used by one thread at a time."""
_DPI = 144
"""Twice the points: sharp on a fine screen, and the words legible where a page fills the width of a hand."""


@dataclass(frozen=True, slots=True)
class Context:
    """A quote among its neighbours, for reading on."""

    source: str
    line: int
    heading: tuple[str, ...]
    before: str
    quote: str
    after: str
    sha256: str = ""
    """Of the source."""
    start: int = 0
    """Where the quote begins, in characters of the source's text."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page of a PDF as it looks; a notebook shows it by itself."""

    source: str
    number: int
    """From 1."""
    pages: int
    """How many the PDF has."""
    width: float
    height: float
    """Points."""
    png: bytes
    sha256: str
    """Of the PDF."""

    def _repr_png_(self) -> bytes:
        return self.png


def read_context(index: Index, citation: Citation, around: int) -> Context:
    """Return the passage of a citation with up to `around` characters on each side, cut at line ends.

    Of a PDF that is the text as it was read. Raises `SourceError` where the library does not hold the place.
    """
    source = _find_source(index, citation.source)
    text = source.text
    first, last = _find_quote(index, citation, text)
    start, end = max(0, first - around), min(len(text), last + around)
    start = start if start == 0 else max(start, text.find("\n", start, first) + 1)
    cut = text.rfind("\n", last, end)
    end = end if end == len(text) or cut < 0 else cut
    return Context(
        source=citation.source,
        line=citation.line or text.count("\n", 0, first) + 1,
        heading=tuple(citation.heading.split(" > ")) if citation.heading else (),
        before=text[start:first],
        quote=text[first:last],
        after=text[last:end],
        sha256=source.sha256,
        start=first,
    )


def draw_page(index: Index, home: Path, path: str, number: int, rects: Sequence[Rect]) -> PageImage:
    """Return a page of a PDF of the library, from 1, with the rectangles marked.

    Raises:
        SourceError: The library has no such PDF or the PDF no such page, or it changed or went since it was read.
    """
    from vlmrag.ingest.pdf import count_pages, render_page

    source = _find_source(index, path)
    if source.kind != "pdf":
        raise SourceError(path, "has no pages to show: it is a text file")
    file = locate(path, home)
    _read_unchanged(source, file)
    with _DRAWING:
        pages = count_pages(file)
        if not 1 <= number <= pages:
            raise SourceError(path, f"has {pages} pages, no page {number}")
        png = render_page(file, number, rects, _DPI)
    width, height = struct.unpack(">II", png[16:24])
    return PageImage(path, number, pages, width * 72 / _DPI, height * 72 / _DPI, png, source.sha256)


def crop_figure(index: Index, home: Path, figure: Figure) -> bytes:
    """Return a PDF's figure as PNG, or a note's image file as it is. Raises `SourceError` as `draw_page` does."""
    from vlmrag.ingest.illustrations import read_unchanged
    from vlmrag.ingest.pdf import crop_page

    if figure.page is None or figure.rect is None:
        return read_unchanged(locate(figure.image or figure.source, home), figure)
    file = locate(figure.source, home)
    _read_unchanged(_find_source(index, figure.source), file)
    with _DRAWING:
        return crop_page(file, figure.page, figure.rect)


def read_pdf(index: Index, home: Path, sha256: str) -> tuple[str, bytes]:
    """Return path and bytes of the PDF of the library that has this hash.

    Raises:
        SourceError: The library has none, or it changed or went since it was read.
    """
    found = next((s for s in index.sources() if s.kind == "pdf" and s.sha256 == sha256), None)
    if found is None:
        raise SourceError("this PDF", _UNKNOWN)
    return found.path, _read_unchanged(found, locate(found.path, home))


def read_note(index: Index, sha256: str) -> tuple[str, str]:
    """Return path and text of the note of the library that has this hash, as it was read; no file is opened.

    Raises:
        SourceError: The library has none.
    """
    found = next((s for s in index.sources() if s.kind == "note" and s.sha256 == sha256), None)
    if found is None:
        raise SourceError("this note", _UNKNOWN)
    return found.path, index.source(found.path).text


def _find_source(index: Index, path: str) -> Source:
    try:
        return index.source(path)
    except KeyError:
        raise SourceError(path, _UNKNOWN) from None


def _read_unchanged(source: Source, file: Path) -> bytes:
    """Return the bytes of a file, which are those that were read."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise SourceError(source.path, _GONE) from None
    except OSError as error:
        raise SourceError(source.path, f"cannot be read: {error.strerror or error}") from error
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise SourceError(source.path, _CHANGED)
    return data


def _find_quote(index: Index, citation: Citation, text: str) -> tuple[int, int]:
    """Return where a quote begins and ends in the text of its source: of a PDF, by what its rectangles hold."""
    if citation.start is not None and citation.end is not None:
        return citation.start, citation.end
    spans = [_find_span(page, citation.rects or ()) for page in index.page(citation.source, citation.page or 0)]
    for start, end in spans:
        at = text.find(citation.quote, start, end)
        if at >= 0:
            return at, at + len(citation.quote)
    if not spans:
        raise SourceError(citation.source, _CHANGED)
    return spans[0]


def _find_span(page: Page, rects: Sequence[Rect]) -> tuple[int, int]:
    """Return the characters from the first to the last word whose middle lies in one of the rectangles."""
    inside = [
        (start, end)
        for start, end, x0, y0, x1, y1 in page.boxes
        if any(a <= (x0 + x1) / 2 <= c and b <= (y0 + y1) / 2 <= d for a, b, c, d in rects)
    ]
    return (min(s for s, _ in inside), max(e for _, e in inside)) if inside else (page.start, page.end)
