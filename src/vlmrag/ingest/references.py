"""References: one line that gives authors, title, year and place of publication in one of the usual styles."""

from __future__ import annotations

import re

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.entries import Page
from vlmrag.ingest.fields import Span, find_arxiv, find_dates, find_links, find_venues
from vlmrag.ingest.titles import Heading, is_name, is_people, is_title, plain, read_heading, trim
from vlmrag.ingest.works import Statement

PAREN_END = re.compile(r"^(.{6,300}?)\s*[(（]([^()（）]*(?:19|20)\d{2}[^()（）]*)[)）][\s.。*_]*$")
"""Words, and at their end a year in brackets, perhaps with an organisation or a venue."""

_APA = re.compile(r"^(.{3,400}?),?\s*(?:[(（]((?:19|20)\d{2})[a-z]?[)）][.,:。]?|((?:19|20)\d{2})[a-z]?\.)\s+")
_QUOTED = re.compile(r"^(.{2,300}?)[,:：]?\s*[\"“]([^\"“”]{12,300}?)[,.]?[\"”][,.]?\s*")
_AUTHORS_FIRST = re.compile(r"^(.{3,300}?\bet al)[.,:]{1,2}\s+(?!\()")
_INITIALED = r"(?:(?:[A-Z]\.[\s-]?)+[A-Z][\w'’-]+|[A-Z][\w'’-]+,?\s+(?:[A-Z]\.[\s-]?)+)"
_INITIALS_FIRST = re.compile(
    rf"^({_INITIALED}(?:,?\s*(?:and|&)?\s*{_INITIALED}){{0,30}}?)[.:,]?\s*[.:]?\s+(?=[A-Z][\w-]+[^.,]*\s\w)"
)
_IN = re.compile(r"In:?\s+(?=[A-Z])")
_AUTHORS = re.compile(r"(?:[A-Z][\w'’-]+,\s+(?:[A-Z]\.[\s-]?)+|(?:[A-Z]\.[\s-]?)+[A-Z][\w'’-]+|et al)")
_SURNAME = r"[A-Z][\w'’-]+"
_ONE_AUTHOR = re.compile(
    rf"{_SURNAME}(?:\s{_SURNAME})?,\s+(?:[A-Z]\.[\s-]?)+|(?:[A-Z]\.[\s-]?)+{_SURNAME}"
    rf"|{_SURNAME}(?:\s{_SURNAME})*(?=\s+et al)"
)
_TITLE_END = re.compile(r"[.?!。](?=\s|$)")
_ET_AL = re.compile(r"^(.{2,40}?)\s+et al\.?$")
_YEARS = re.compile(r"(?:19|20)\d{2}\s?[-–~]\s?(?:(?:19|20)?\d{2}|now|present)")


def find_reference(page: Page, block: Block) -> Statement | None:
    """Return what a reference states: `Title (Org, Feb 27, 2023)`, or APA, IEEE or ACL style; None for other lines."""
    text = page.text[block.body : block.stop]
    if not 20 <= len(text) <= 700:
        return None
    for read in (_read_paren_end, _read_quoted, _read_apa, _read_authors_first):
        if statement := read(page, block, text):
            return statement
    return None


def _read_paren_end(page: Page, block: Block, text: str) -> Statement | None:
    match = PAREN_END.match(text)
    if match is None or _YEARS.search(match[2]) or "://" in match[2]:
        return None
    span = trim(page.text, block.body, block.body + match.end(1))
    heading = read_heading(page.text, *span)
    if not (is_title(plain(page.text, *span)) or (heading.name and heading.title)):
        return None
    return read_paren(page, block.body + match.start(2), block.body + match.end(2), heading)


def read_paren(page: Page, start: int, end: int, heading: Heading) -> Statement | None:
    """Return what brackets behind a title or name state: an organisation, an author, a venue, a date."""
    dates = find_dates(page.text, start, end)
    if not dates or "://" in page.text[start:end]:
        return None
    statement = Statement(page.text, page.find_orgs, heading=heading)
    statement.extend(dates[-1:])
    if venues := find_venues(page.text, start, end):
        statement.extend(venues[:1])
        return statement
    for part in statement.split(*trim(page.text, start, dates[-1].start)):
        piece = page.text[slice(*part)]
        if et_al := _ET_AL.match(piece):
            statement.add("author", part[0], part[0] + et_al.end(1))
        elif piece.strip(" .,"):
            statement.add("org", *part)
    return statement


def _read_apa(page: Page, block: Block, text: str) -> Statement | None:
    match = _APA.match(text)
    if match is None or not (_AUTHORS.search(match[1]) or is_people(match[1])):
        return None
    title, rest = _cut_title(page, block, block.body + match.end())
    if len(page.text[slice(*title)].split()) < 2:
        return None
    statement = Statement(page.text, page.find_orgs, heading=read_heading(page.text, *title))
    _add_authors(statement, block.body, block.body + match.end(1))
    year = block.body + match.start(2 if match[2] else 3)
    statement.add("year", year, year + 4)
    statement.add("date", year, year + 4)
    _read_rest(page, statement, rest)
    return statement


def _read_authors_first(page: Page, block: Block, text: str) -> Statement | None:
    """Read `A. Author et al. Title. Venue 2022.`."""
    match = _AUTHORS_FIRST.match(text) or _INITIALS_FIRST.match(text)
    if match is None:
        return None
    title, rest = _cut_title(page, block, block.body + match.end())
    dates = find_dates(page.text, *rest)
    if not dates or not is_title(page.text[slice(*title)]):
        return None
    statement = Statement(page.text, page.find_orgs, heading=read_heading(page.text, *title))
    _add_authors(statement, block.body, block.body + match.end(1))
    statement.extend(dates[-1:])
    _read_rest(page, statement, rest)
    return statement


def _read_quoted(page: Page, block: Block, text: str) -> Statement | None:
    """Read `A. Author, "Title," venue, year` and `NAME: "Title", venue year`."""
    match = _QUOTED.match(text)
    if match is None:
        return None
    head = trim(page.text, block.body, block.body + match.end(1))
    named, by = is_name(page.text[slice(*head)]), _AUTHORS.search(match[1])
    span = block.body + match.start(2), block.body + match.end(2)
    rest = block.body + match.end(), block.stop
    dates = find_dates(page.text, *rest)
    if not (by or named or dates) or not is_title(page.text[slice(*span)]):
        return None
    heading = read_heading(page.text, *span)
    statement = Statement(page.text, page.find_orgs, heading=Heading(head, span) if named else heading)
    if by:
        _add_authors(statement, block.body, block.body + match.end(1))
    statement.extend(dates[-1:])
    statement.extend(find_venues(page.text, *rest)[:1])
    statement.read_links(*rest)
    return statement


def _cut_title(page: Page, block: Block, start: int) -> tuple[Span, Span]:
    """Return the span of a title that begins at `start`, and of what follows its full stop."""
    end = _TITLE_END.search(page.text, start, block.stop)
    title = trim(page.text, start, end.start() if end else block.stop)
    return title, (end.end() if end else block.stop, block.stop)


def _read_rest(page: Page, statement: Statement, rest: Span) -> None:
    """Read what follows the title: ids, links, and the venue as it is written."""
    statement.extend(find_arxiv(page.text, *rest))
    statement.read_links(*rest)
    links = find_links(page.text, *rest)
    venue = trim(page.text, rest[0], links[0].start if links else rest[1])
    inside = _IN.match(page.text, *venue)
    venue = (inside.end(), venue[1]) if inside else venue
    if venue[0] < venue[1] and "arxiv" not in page.text[slice(*venue)].lower():
        statement.add("venue", *venue)


def _add_authors(statement: Statement, start: int, end: int) -> None:
    for match in _ONE_AUTHOR.finditer(statement.text, start, end):
        statement.add("author", match.start(), match.start() + len(match[0].rstrip()))
