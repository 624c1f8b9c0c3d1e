"""A PDF becomes a reading: its text in reading order, what it is quoted and searched by, where every word stands."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vlmrag.errors import SourceError
from vlmrag.ingest.identity import make_id
from vlmrag.ingest.pages.captions import bound, is_prose, mark_graphics
from vlmrag.ingest.pages.columns import Sheet, order_lines
from vlmrag.ingest.pages.furniture import split_furniture
from vlmrag.ingest.pages.headings import Outline, is_references, mark_headings
from vlmrag.ingest.pages.manuscript import Manuscript, write_manuscript
from vlmrag.ingest.pages.nouns import Block, Line, RawPdf
from vlmrag.ingest.pages.paragraphs import cut_paragraphs, find_words, join_paragraphs
from vlmrag.ingest.pages.passages import cut_paper_chunks, cut_paper_sentences
from vlmrag.ingest.pages.style import Style, measure_style
from vlmrag.ingest.pages.work import read_work
from vlmrag.ingest.pdf import extract_pdf
from vlmrag.types import Document, Reading, Source

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
    raw = extract_pdf(data, shown)
    script = understand(raw)
    if not script.text.strip():
        raise SourceError(shown, "has no text; if it is a scan, run it through an OCR program first")
    digest = hashlib.sha256(data).hexdigest()
    source = Source(shown, "pdf", digest, len(data), stat.st_mtime_ns, "", script.text)
    document = _make_document(source, script, raw)
    words = find_words(placed.line for block in script.blocks for placed in block.lines)
    sentences = cut_paper_sentences(script, document, words, rules.glossary.terms)
    chunks = cut_paper_chunks(script, document, words, rules)
    return Reading(source, (document,), tuple(sentences), tuple(chunks), script.pages)


def understand(raw: RawPdf) -> Manuscript:
    """Return the pages of a PDF as one text in reading order, its blocks told apart."""
    sheets = [order_lines(page) for page in raw.pages]
    style = measure_style(sheets)
    outline = Outline(raw.outline)
    blocks: list[Block] = []
    for sheet, (lines, around) in zip(sheets, split_furniture(sheets), strict=True):
        blocks += [Block("aside", (line,)) for line in around]
        blocks += _understand_page(sheet, lines, outline, style)
    blocks = _mark_references(_mark_front(blocks, style))
    joined = join_paragraphs(blocks, {sheet.raw.number: sheet for sheet in sheets}, style)
    return write_manuscript(joined, raw.pages)


def _understand_page(sheet: Sheet, lines: Sequence[Line], outline: Outline, style: Style) -> list[Block]:
    blocks = mark_graphics(sheet, cut_paragraphs(sheet, lines, style), style)
    blocks = mark_headings(blocks, sheet, outline, style)
    return [_mark_rest(block, sheet, style) for block in blocks]


def _mark_rest(block: Block, sheet: Sheet, style: Style) -> Block:
    """Tell footnotes and the debris of formulas and figures from paragraphs."""
    if block.kind not in ("paragraph", "list") or is_prose(sheet, block, style):
        return block
    if style.is_small(block.lines[0]) and bound(block)[1] > 0.5 * sheet.raw.height and len(block.lines[0].words) > 3:
        return Block("footnote", block.lines)
    words = [word.text for line in block.lines for word in line.words]
    plain = sum(len(word) > 2 and word.strip("(),.;:").isalpha() for word in words)
    if plain < 0.4 * len(words):
        return Block("formula", block.lines)
    return block


def _mark_front(blocks: Sequence[Block], style: Style) -> list[Block]:
    """Find the title, the largest words of the first page's upper part, and what stands between it and the text."""
    first = [i for i, b in enumerate(blocks) if b.lines[0].page == blocks[0].lines[0].page and b.kind != "aside"]
    upper = [i for i in first[:6] if blocks[i].lines[0].size > 1.15 * style.size and blocks[i].lines[0].upright]
    if not upper:
        return list(blocks)
    title = max(upper, key=lambda i: (round(blocks[i].lines[0].size), -i))
    marked = list(blocks)
    marked[title] = replace(blocks[title], kind="title", level=0)
    for index in first:
        block = blocks[index]
        if index <= title:
            continue
        if block.kind == "heading" or (block.kind == "paragraph" and len(block.lines) > 4) or block.kind == "caption":
            break
        marked[index] = replace(block, kind="front")
    return marked


def _mark_references(blocks: Sequence[Block]) -> list[Block]:
    """Tell the list of references from the text: from its heading to the next one of its level."""
    marked = []
    level = 0
    for block in blocks:
        if is_references(block):
            level = block.level
        elif block.kind == "heading" and level and block.level <= level:
            level = 0
        inside = level and block.kind in ("paragraph", "list", "formula", "footnote")
        marked.append(replace(block, kind="reference") if inside else block)
    return marked


def _make_document(source: Source, script: Manuscript, raw: RawPdf) -> Document:
    work = read_work(script, raw, source.path.rpartition("/")[2])
    end = script.blocks[-1].end
    works = (work,) if work else ()
    return Document(make_id(source.path, source.text, {}), source.path, "pdf", 0, end, 1, (), works)
