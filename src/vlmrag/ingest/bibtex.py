"""BibTeX: an `@article{...}` in a note, in a code block or bare, is the entry of a paper."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vlmrag.ingest.entries import Entry, Page
from vlmrag.ingest.fields import Span, find_arxiv, find_dates, find_dois
from vlmrag.ingest.titles import is_title, plain, read_heading
from vlmrag.ingest.works import Statement, make_works

_OPENING = re.compile(r"@(?!string|preamble|comment)\w{3,20}\s*(\{)\s*[^\s,{}=]*\s*,?", re.IGNORECASE)
_FIELD = re.compile(r"(?<![\w-])(\w+)\s*=\s*(?=\S)")
_BRACE = re.compile(r"[{}]")
_PLAIN_VALUE = re.compile(r"[^,\n}]*")
_EDGE = ' \t\r\n"'
_VENUES = ("journal", "booktitle", "journaltitle", "eventtitle")
_LONGEST = 6000
"""Characters after which a record that does not close is none."""


def find_bibtex_entry(page: Page, index: int) -> Entry | None:
    """Return the entry that a BibTeX record is, which begins with this line."""
    block = page.blocks[index]
    opening = _OPENING.match(page.text, block.body, block.stop)
    end = _find_closing(page.text, opening.start(1)) if opening else None
    if opening is None or end is None:
        return None
    statement = Statement(page.text, page.find_orgs)
    for name, span in _fields(page.text, opening.end(), end - 1):
        _read_field(statement, name, span)
    if not statement.has("title") or not statement.has("author", "year", "venue", "arxiv", "doi"):
        return None
    last = index + 1
    while last < len(page.blocks) and page.blocks[last].start < end:
        last += 1
    return Entry(index, last, make_works(statement, None))


def _find_closing(text: str, opening: int) -> int | None:
    """Return the place after the brace that closes the one at `opening`; None where none does."""
    depth = 0
    for match in _BRACE.finditer(text, opening, opening + _LONGEST):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end()
    return None


def _fields(text: str, start: int, end: int) -> Iterator[tuple[str, Span]]:
    """Yield the fields of a record, each with the span of its value without the braces or quotes around it."""
    at = start
    while match := _FIELD.search(text, at, end):
        first = match.end()
        if text[first] == "{":
            at = min(_find_closing(text, first) or end, end)
        elif text[first] == '"':
            at = text.find('"', first + 1, end) + 1 or end
        else:
            plain_value = _PLAIN_VALUE.match(text, first, end)
            at = plain_value.end() if plain_value else end
        at = max(at, first + 1)
        yield match[1].lower(), _without_edges(text, first, at)


def _without_edges(text: str, start: int, end: int) -> Span:
    while start < end and text[end - 1] in _EDGE:
        end -= 1
    while start < end and (text[start] in _EDGE or (text[start] == "{" and _find_closing(text, start) == end)):
        end -= text[start] == "{"
        start += 1
        while start < end and text[end - 1] in _EDGE:
            end -= 1
    return start, end


def _read_field(statement: Statement, name: str, span: Span) -> None:
    text = statement.text
    if name == "title":
        _read_title(statement, span)
    elif name == "author":
        at = span[0]
        for cut in re.finditer(r"\s+and\s+|$", text[slice(*span)]):
            statement.add("author", at, span[0] + cut.start())
            at = span[0] + cut.end()
    elif name in ("year", "date"):
        for found in find_dates(text, *span)[:1]:
            statement.add("year", found.start, found.end, found.value[:4])
            statement.extend([found])
    elif name in _VENUES and "arxiv" not in text[slice(*span)].lower():
        statement.add("venue", *span)
    elif name == "doi":
        statement.extend(find_dois(text, *span))
    elif name in (*_VENUES, "eprint", "url", "volume", "note"):
        statement.extend(find_arxiv(text, *span, bare=name == "eprint"))


def _read_title(statement: Statement, span: Span) -> None:
    """Read a title, and the name that it begins with: braces inside it only guard capitals."""
    words = _BRACE.sub("", plain(statement.text, *span))
    if not is_title(words) and len(words.split()) < 2:
        return
    heading = read_heading(words, 0, len(words))
    if heading.name and heading.title:
        name = words[slice(*heading.name)]
        at = statement.text.find(name, *span)
        if at >= 0:
            statement.add("name", at, at + len(name), name)
    statement.add("title", *span, words)
