"""Entries that are rows of a table: a paper in each row, its fields in the columns."""

from __future__ import annotations

import re

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.entries import Entry, Page
from vlmrag.ingest.fields import field_of_label, find_dates, find_links
from vlmrag.ingest.titles import Heading, is_title, plain, read_heading, trim, without_links
from vlmrag.ingest.works import Statement, make_works


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
    links = [link for link in find_links(page.text, *cell) if not link.image]
    span = trim(page.text, *(links[0].words if links and links[0].words else without_links(page.text, *cell)))
    span = trim(page.text, span[0], _before_year(page.text, *span))
    statement.extend(find_dates(page.text, span[1], cell[1])[:1])
    for i, kind in enumerate(columns[: len(block.cells)]):
        if i != named and kind and block.cells[i][0] < block.cells[i][1] and kind not in ("name", "text", "number"):
            statement.read_value(kind, block.cells[i])
    words = plain(page.text, *span)
    if not words or words in "-—–/" or not statement.has("arxiv", "doi", "date", "year", "venue", "url"):
        return None
    heading = read_heading(page.text, *span)
    if not heading.name and len(words) <= 40 and not is_title(words):
        heading = Heading(span, None)
    return Entry(index, index + 1, make_works(statement, heading))


def _before_year(text: str, start: int, end: int) -> int:
    match = re.search(r"\s*[(（](?:19|20)\d{2}[)）]\s*$", text[start:end])
    return start + match.start() if match else end


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
    if linked and "local" in linked:
        return None
    if not dated and not (linked and {"arxiv", "paper", "code", "page"} & set(linked)):
        return None
    return columns
