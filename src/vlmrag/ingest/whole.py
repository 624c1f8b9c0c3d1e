"""A file that is one paper: front matter or the file's name gives what its headings do not."""

from __future__ import annotations

import re

from vlmrag.ingest.entries import Entry, Page
from vlmrag.ingest.fields import Span, find_label, find_links
from vlmrag.ingest.headed import PAPER_FIELDS, find_heading_entry, read_head
from vlmrag.ingest.titles import is_name, is_title, read_heading, trim, without_links
from vlmrag.ingest.works import Statement, make_works
from vlmrag.types import Field, Work


def find_file_entry(page: Page) -> Entry | None:
    """Return the entry of a file without a heading of its own: its front matter or its name gives the title."""
    blocks = page.blocks
    front = next((i for i, block in enumerate(blocks) if block.kind not in ("meta", "rule")), len(blocks))
    statement = Statement(page.text, page.find_orgs)
    kind = ""
    for block in blocks[:front]:
        if block.kind == "meta" and (label := find_label(page.text, block.body, block.stop)):
            kind = label[0]
            _read_front_matter(statement, kind, label[1])
        elif block.kind == "meta" and page.text.startswith("- ", block.body):
            _read_front_matter(statement, kind, (block.body + 2, block.stop))
    if statement.has("title") and (statement.labels & PAPER_FIELDS) - {"title", "date"}:
        return Entry(0, len(blocks), make_works(statement, None))
    if front and (whole := _join_front_matter(page, front, statement)):
        return whole
    title = page.stem.replace("_", " ").strip()
    if front or not blocks or blocks[0].kind == "heading" or not (is_title(title) or re.search(r"[:：]", title)):
        return None
    statement, others = read_head(page, 0, min(len(blocks), 5))
    if others or len({f.value for f in statement.fields if f.name in ("arxiv", "doi")}) != 1:
        return None
    at = blocks[0].start
    return Entry(0, len(blocks), (Work((Field("title", title, at, at), *statement.fields)),))


def _join_front_matter(page: Page, front: int, stated: Statement) -> Entry | None:
    """Return the entry of a file whose front matter lacks only the title: the heading below it has that.

    The dates of such front matter are the note's own.
    """
    fields = [f for f in stated.fields if f.name not in ("date", "year", "url", "status")]
    if not fields or front >= len(page.blocks) or page.blocks[front].kind != "heading":
        return None
    entry = find_heading_entry(page, front)
    if entry is None and any(f.name in ("arxiv", "doi", "author", "venue") for f in fields):
        start, end = without_links(page.text, page.blocks[front].body, page.blocks[front].stop)
        if is_title(page.text[start:end]) or is_name(page.text[start:end]):
            works = make_works(Statement(page.text, page.find_orgs), read_heading(page.text, start, end))
            entry = Entry(front, page.section_end(front), works)
    if entry is None or entry.weak or len(entry.works) != 1:
        return None
    own = entry.works[0].fields
    more = [f for f in fields if not any(f.name == g.name and f.value == g.value for g in own)]
    return Entry(0, entry.last, (Work((*own, *more)),)) if entry.last == len(page.blocks) else None


def _read_front_matter(statement: Statement, kind: str, span: Span) -> None:
    """Read one line of YAML: quotes and list brackets are markup."""
    start, end = trim(statement.text, *span, edge=" \t\"'[]")
    if start >= end or not kind:
        return
    if kind == "author":
        inner = statement.text[start:end].replace('"', " ").replace("'", " ")
        for part in re.finditer(r"[^,;，；]+", inner):
            if words := part[0].strip():
                at = start + part.start() + len(part[0]) - len(part[0].lstrip())
                statement.add("author", at, at + len(words), words)
        statement.labels.add(kind)
    elif kind in ("title", "paper") and not find_links(statement.text, start, end):
        statement.labels.add(kind)
        statement.add("title", start, end)
    else:
        statement.read_value(kind, (start, end))
