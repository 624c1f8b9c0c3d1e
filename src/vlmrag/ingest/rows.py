"""Entries that are rows of a table: a paper in each row, its fields in the columns."""

from __future__ import annotations

import re

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.entries import Entry, Page, has_paper_link
from vlmrag.ingest.fields import Span, field_of_label, find_dates, find_links, find_venues
from vlmrag.ingest.titles import (
    Heading,
    cut_tail,
    is_link_word,
    is_title,
    plain,
    read_heading,
    trim,
    without_links,
    without_origin,
)
from vlmrag.ingest.works import Statement, make_works

_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def find_row_entry(page: Page, index: int) -> Entry | None:
    """Return the entry of a table's row, where the table's columns are those of a list of papers."""
    block = page.blocks[index]
    columns = _read_columns(page, block)
    if columns is None:
        return None
    named = next((i for i, kind in enumerate(columns) if kind in ("name", "title", "paper")), None)
    if named is None or named >= len(block.cells) or block.cells[named][0] >= block.cells[named][1]:
        return None
    statement = Statement(page.text, page.find_orgs)
    cell = block.cells[named]
    statement.read_loose(*cell)
    span = _name_in_cell(page.text, *cell)
    statement.extend(find_dates(page.text, span[1], cell[1])[:1])
    statement.extend(find_venues(page.text, span[1], cell[1])[:1])
    for link in find_links(page.text, block.body, block.stop):
        statement.read_note_link(link)
    for i, kind in enumerate(columns[: len(block.cells)]):
        if kind is None and i != named and _is_paper_link(page, *block.cells[i]):
            statement.read_value("paper", block.cells[i])  # whatever the column is called
        if i != named and kind and block.cells[i][0] < block.cells[i][1] and kind not in ("name", "text", "number"):
            statement.read_value(kind, block.cells[i])
    words = plain(page.text, *span)
    if not words or words in "-—–/" or not statement.has("arxiv", "doi", "date", "year", "venue", "url"):
        return None
    heading = read_heading(page.text, *span)
    listed = statement.has("note") and len(words.split()) <= 4
    if not heading.name and len(words) <= 40 and (listed or not is_title(words)):
        heading = Heading(span, None)
    return Entry(index, index + 1, make_works(statement, heading))


def _is_paper_link(page: Page, start: int, end: int) -> bool:
    """Whether a cell is a link to a paper and nothing else."""
    left, right = without_links(page.text, start, end)
    return has_paper_link(page, start, end) and not plain(page.text, left, right)


def _name_in_cell(text: str, start: int, end: int) -> Span:
    """Return where a cell names its work: the words of its link, or its first line without links and badges."""
    links = find_links(text, start, end)
    named = [link.words for link in links if link.words and not link.image and not is_link_word(text, link.words)]
    first = next((words for words in named if plain(text, *words)), None)
    span = trim(text, *(first or without_links(text, start, end)))
    for image in links:
        if image.image and first is None and image.start <= span[0] < image.end:
            span = trim(text, image.end, span[1])
    if line := _LINE_BREAK.search(text, *span):
        span = trim(text, span[0], line.start())
    return trim(text, span[0], cut_tail(text, span[0], without_origin(text, *span)))


def _read_columns(page: Page, block: Block) -> list[str | None] | None:
    """Return the field of each column of a table of papers; None for any other table."""
    if len(block.header) < 2:
        return None
    columns = [field_of_label(plain(page.text, *cell)) for cell in block.header]
    if not any(kind in ("name", "title", "paper") for kind in columns):
        return None
    dated = {"year", "date", "arxiv", "venue", "doi", "url", "author"} & set(columns)
    named = next(i for i, kind in enumerate(columns) if kind in ("name", "title", "paper"))
    linked = named < len(block.cells) and [
        link.kind for link in find_links(page.text, *block.cells[named]) if not link.image
    ]
    if linked and "local" in linked and not {"year", "date", "arxiv", "venue", "doi"} & set(columns):
        return None
    if not dated and not (linked and {"arxiv", "paper", "code", "page"} & set(linked)):
        return columns if any(has_paper_link(page, *cell) for cell in block.cells) else None
    return columns
