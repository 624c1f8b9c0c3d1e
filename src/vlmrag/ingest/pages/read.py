"""A PDF becomes a reading: its text in reading order, what it is quoted and searched by, where every word stands."""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vlmrag.errors import SourceError
from vlmrag.ingest.figures import find_figures
from vlmrag.ingest.identity import make_id
from vlmrag.ingest.pages.bibliography import count_reference_lines
from vlmrag.ingest.pages.captions import is_prose, mark_captions, mark_graphics, stand_above
from vlmrag.ingest.pages.columns import Sheet, order_lines
from vlmrag.ingest.pages.footnotes import mark_footnotes
from vlmrag.ingest.pages.furniture import split_furniture
from vlmrag.ingest.pages.headings import Outline, is_references, mark_headings
from vlmrag.ingest.pages.health import check_pages
from vlmrag.ingest.pages.manuscript import Manuscript, write_manuscript
from vlmrag.ingest.pages.marks import Notes, write_notes
from vlmrag.ingest.pages.masthead import mark_front
from vlmrag.ingest.pages.nouns import Block, RawPdf
from vlmrag.ingest.pages.paragraphs import cut_paragraphs, join_paragraphs
from vlmrag.ingest.pages.passages import cut_notes, cut_paper_chunks, find_spoken, make_sentences
from vlmrag.ingest.pages.style import Style, measure_style
from vlmrag.ingest.pages.unbroken import find_words
from vlmrag.ingest.pages.work import read_work
from vlmrag.ingest.pdf import extract_pdf
from vlmrag.types import Document, Reading, Source

_PLAIN = re.compile(r"[A-Za-z]{3,}|[^\W\d_a-zA-Z\u0370-\u03ff]{2,}")
"""A word, rather than a sign of a formula."""
READERS_NOTES = "reader's notes"
"""The heading of what a reader marked and wrote on the pages."""

if TYPE_CHECKING:
    from vlmrag.ingest.reader import ReadingRules


def read_pdf(path: Path, shown: str, rules: ReadingRules) -> Reading:
    """Read one PDF; `shown` is the path that people see.

    Raises:
        SourceError: It is no PDF, is encrypted, or has no text at all.
    """
    try:
        data, stat = path.read_bytes(), path.stat()
    except OSError as error:
        raise SourceError(shown, f"cannot be read: {error.strerror or error}") from error
    with pause_collector():
        return _read(data, shown, stat.st_mtime_ns, rules)


@contextmanager
def pause_collector() -> Iterator[None]:
    """Keep Python from looking for cycles among the words of a paper: there are none, and it takes a fifth longer.

    It looks once when this ends: let what is not needed be gone by then.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _read(data: bytes, shown: str, mtime_ns: int, rules: ReadingRules) -> Reading:
    raw = check_pages(extract_pdf(data, shown))
    script = understand(raw)
    notes = write_notes(raw, script)
    if not script.text.strip() and not notes.text:
        raise SourceError(shown, _say_empty(raw))
    digest = hashlib.sha256(data).hexdigest()
    source = Source(shown, "pdf", digest, len(data), mtime_ns, "", script.text + notes.text)
    return _make_reading(source, raw, script, notes, rules)


def _make_reading(source: Source, raw: RawPdf, script: Manuscript, notes: Notes, rules: ReadingRules) -> Reading:
    paper = _make_document(source, script, raw)
    words = find_words(placed.line.text for block in script.blocks for placed in block.lines)
    spoken = find_spoken(script, words)
    sentences = make_sentences(spoken, script.text, paper, rules.glossary.terms)
    chunks = cut_paper_chunks(spoken, script, source, paper, words, rules)
    figures = tuple(find_figures(raw, script, paper, sentences))
    documents = [paper] if script.blocks else []
    if notes.text:
        start, end = notes.spans[0][0], notes.spans[-1][1]
        ident = make_id(source.path, source.text[start:end], {})
        line = source.text.count("\n", 0, start) + 1
        documents.append(Document(ident, source.path, "note", start, end, line, (READERS_NOTES,), paper.works))
        said, passages = cut_notes(notes, source, documents[-1], words, rules)
        sentences, chunks = sentences + said, chunks + passages
    pages = (*script.pages, *notes.pages)
    return Reading(source, tuple(documents), tuple(sentences), tuple(chunks), pages, raw.problems, figures)


def _say_empty(raw: RawPdf) -> str:
    """Return why a file without a usable word cannot be read."""
    if any("garbled" in problem for problem in raw.problems):
        return "has text that is garbled; print it to a new PDF, or run it through an OCR program first"
    return "has no text; if it is a scan, run it through an OCR program first"


def understand(raw: RawPdf) -> Manuscript:
    """Return the pages of a PDF as one text in reading order, its blocks told apart."""
    sheets = [order_lines(page) for page in raw.pages]
    style = measure_style(sheets)
    outline = Outline(raw.outline)
    pages: list[tuple[Sheet, list[Block]]] = []
    asides: list[list[Block]] = []
    for sheet, (lines, loose) in zip(sheets, split_furniture(sheets), strict=True):
        blocks: list[Block] = cut_paragraphs(sheet, lines, style)
        if sheet is sheets[0]:
            blocks = mark_front(blocks, style)
        pages.append((sheet, mark_headings(mark_captions(blocks, style), sheet, outline, style, sure=True)))
        asides.append([Block("aside", (line,)) for line in loose])
    rows_above = stand_above(pages, style)
    whole: list[Block] = []
    for (sheet, blocks), around in zip(pages, asides, strict=True):
        whole += [*around, *_finish_page(sheet, blocks, outline, style, rows_above=rows_above)]
    joined = join_paragraphs(_mark_references(whole), {sheet.raw.number: sheet for sheet in sheets}, style)
    return write_manuscript(joined, raw.pages)


def _finish_page(
    sheet: Sheet, blocks: Sequence[Block], outline: Outline, style: Style, *, rows_above: bool
) -> list[Block]:
    blocks = mark_graphics(sheet, blocks, style, rows_above=rows_above)
    blocks = mark_headings(blocks, sheet, outline, style, sure=False)
    return [_mark_formula(block, sheet, style) for block in mark_footnotes(blocks, sheet, style)]


def _mark_formula(block: Block, sheet: Sheet, style: Style) -> Block:
    """Tell the debris of formulas from paragraphs."""
    if block.kind not in ("paragraph", "list") or is_prose(sheet, block, style):
        return block
    words = [word.text for line in block.lines for word in line.words]
    plain = sum(bool(_PLAIN.search(word)) for word in words)
    return replace(block, kind="formula") if plain < min(5, 0.4 * len(words)) or plain < 0.2 * len(words) else block


def _mark_references(blocks: Sequence[Block]) -> list[Block]:
    """Tell the lists of references from the text: from a heading to the next one of its level, or to the list's end."""
    marked = list(blocks)
    inside: list[int] = []
    level = 0
    for index, block in enumerate(blocks):
        if is_references(block):
            _mark_list(marked, inside)
            inside, level = [], block.level
        elif block.kind == "heading" and level and block.level <= level:
            level = 0
        elif level and (
            block.kind in ("paragraph", "list", "formula") or (block.kind == "footnote" and not block.label)
        ):
            inside.append(index)
    _mark_list(marked, inside)
    return marked


def _mark_list(blocks: list[Block], indices: Sequence[int]) -> None:
    """Mark those of the blocks below a heading that hold entries; what stands behind them is text again."""
    left = count_reference_lines([line for index in indices for line in blocks[index].lines])
    for index in indices:
        if left > 0:
            left -= len(blocks[index].lines)
            blocks[index] = replace(blocks[index], kind="reference")


def _make_document(source: Source, script: Manuscript, raw: RawPdf) -> Document:
    work = read_work(script, raw, source.path.rpartition("/")[2])
    end = script.blocks[-1].end if script.blocks else 0
    works = (work,) if work else ()
    return Document(make_id(source.path, source.text, {}), source.path, "pdf", 0, end, 1, (), works)
