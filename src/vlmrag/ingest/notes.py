"""A note becomes Documents: one for each entry of a paper, one for each stretch of text between entries.

Nothing of the text is lost: apart from the chrome of a saved web page, every line belongs to exactly one Document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from vlmrag.ingest.bibtex import find_bibtex_entry
from vlmrag.ingest.chrome import find_content
from vlmrag.ingest.entries import Entry, Page
from vlmrag.ingest.headed import find_book_entry, find_heading_entry, find_strong_entry
from vlmrag.ingest.identity import make_id
from vlmrag.ingest.layout import lay_out
from vlmrag.ingest.listed import find_list_entry, find_paragraph_entry
from vlmrag.ingest.rows import find_row_entry
from vlmrag.ingest.titles import plain
from vlmrag.ingest.whole import find_file_entry
from vlmrag.ingest.works import FindOrgs
from vlmrag.language.fold import name_key
from vlmrag.types import Document, Source, Work


def read_documents(source: Source, find_orgs: FindOrgs) -> list[Document]:
    """Return the documents of a note, in the order of its text."""
    text = source.text
    blocks = find_content(text, lay_out(text))
    page = Page.lay_out(text, blocks, PurePosixPath(source.path).stem, find_orgs)
    entries = _read_entries(page)
    heads = {entry.first for entry in entries}
    lines = _LineCounter(text)
    seen: dict[str, int] = {}
    documents = []
    for first, last, works in _cover(page, entries):
        if all(block.kind == "rule" for block in blocks[first:last]):
            continue
        start, end = blocks[first].start, max(block.stop for block in blocks[first:last])
        ident = make_id(source.path, text[start:end], seen)
        line = lines.count(start)
        documents.append(
            Document(ident, source.path, "note", start, end, line, _heading_path(page, first, heads), works)
        )
    return documents


def _read_entries(page: Page) -> list[Entry]:
    """Return the entries that count; what stands under a heading that is none after all is read for itself."""
    refused: set[int] = set()
    while True:
        entries = list(_find_entries(page, refused))
        kept = _admit(page, entries)
        over = {e.first for e in entries if page.blocks[e.first].kind == "heading" and e.last > e.first + 1}
        over -= {entry.first for entry in kept}
        if not over:
            return kept
        refused |= over


def _find_entries(page: Page, refused: set[int]) -> Iterator[Entry]:
    """Yield the entries from top to bottom, but for the `refused`; one never begins inside another."""
    whole = find_file_entry(page)
    if whole is not None:
        yield whole
        return
    index = 0
    while index < len(page.blocks):
        entry = _find_entry(page, index) if index not in refused else None
        if entry is None:
            index += 1
        else:
            yield entry
            index = max(entry.last, index + 1)


def _find_entry(page: Page, index: int) -> Entry | None:
    kind = page.blocks[index].kind
    if kind == "heading":
        return find_heading_entry(page, index)
    if kind == "strong":
        return find_strong_entry(page, index) or find_list_entry(page, index)
    if kind == "row":
        return find_row_entry(page, index)
    if kind in ("code", "text", "item") and (record := find_bibtex_entry(page, index)):
        return record
    if kind in ("text", "item"):
        book = find_book_entry(page, index)
        paragraph = find_paragraph_entry(page, index) if kind == "text" and book is None else None
        return book or paragraph or find_list_entry(page, index)
    return None


def _admit(page: Page, entries: list[Entry]) -> list[Entry]:
    """Keep the weak entries that stand by strong ones, under a heading for papers, or that name a strong one's work.

    A weak heading counts where strong ones of its level have labelled fields under them as it has.
    """
    section = _sections(page)
    strong = {section[entry.first] for entry in entries if not entry.weak}
    named = {key for entry in entries if not entry.weak for key in _name_keys(entry)}
    heads = [page.blocks[entry.first] for entry in entries if not entry.weak]
    levels = Counter(block.level for block in heads if block.kind == "heading")
    weak = Counter(section[entry.first] for entry in entries if entry.weak)

    def is_kept(entry: Entry) -> bool:
        at = section[entry.first]
        if not entry.weak or named & set(_name_keys(entry)):
            return True
        if entry.labelled and levels[page.blocks[entry.first].level] >= 2:
            return True
        if page.is_foreign(entry.first) or page.blocks[entry.first].kind == "heading":
            return False
        return at in strong or (weak[at] >= 2 and page.is_for_papers(at))

    return [entry for entry in entries if is_kept(entry)]


def _name_keys(entry: Entry) -> list[str]:
    return [name_key(name) for work in entry.works for name in work.all("name")]


def _sections(page: Page) -> list[int]:
    """Return for each block the heading that it stands under; a line in bold heads no section of its own."""
    current, sections = -1, []
    for i, block in enumerate(page.blocks):
        if block.kind == "heading":
            current = i
        sections.append(current)
    return sections


def _cover(page: Page, entries: list[Entry]) -> Iterator[tuple[int, int, tuple[Work, ...]]]:
    """Yield first block, last block and works of each document: the entries, and the free text between them."""
    at = 0
    for entry in entries:
        yield from _free(page, at, entry.first)
        yield entry.first, entry.last, entry.works
        at = entry.last
    yield from _free(page, at, len(page.blocks))


def _free(page: Page, first: int, last: int) -> Iterator[tuple[int, int, tuple[Work, ...]]]:
    """Yield the stretches of free text: each heading that has text under it begins a new one."""
    start = first
    for i in range(first + 1, last):
        if page.blocks[i].kind == "heading" and page.blocks[i - 1].kind != "heading":
            yield start, i, ()
            start = i
    if start < last:
        yield start, last, ()


def _heading_path(page: Page, index: int, heads: set[int]) -> tuple[str, ...]:
    """Return the headings above a block; a title in bold heads its own entry only."""
    above = page.headings_above(index)
    path = [page.words(i) for i in above if page.blocks[i].kind == "heading" or i not in heads]
    path.reverse()
    block = page.blocks[index]
    if block.kind == "heading":
        path.append(plain(page.text, block.body, block.stop))
    return tuple(words for words in path if words)


class _LineCounter:
    """Counts lines up to places that are asked for in order."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def count(self, position: int) -> int:
        """Return the line, from 1, on which a position lies."""
        if position < self._at:
            self._at, self._line = 0, 1
        piece = self._text[self._at : position]
        self._line += piece.count("\n") + piece.count("\r") - piece.count("\r\n")
        self._at = position
        return self._line
