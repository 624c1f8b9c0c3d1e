"""Entries of one line: references, link lists, task lists, lists of names, rows of tables."""

from __future__ import annotations

import re

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.entries import Entry, Page
from vlmrag.ingest.fields import Link, Span, field_of_label, find_arxiv, find_dates, find_links, find_venues, name_in_url
from vlmrag.ingest.titles import (
    Heading,
    is_coined,
    is_name,
    is_title,
    plain,
    read_heading,
    trim,
    without_links,
)
from vlmrag.ingest.words import word_set
from vlmrag.ingest.works import Statement, make_works
from vlmrag.language.fold import fold, name_key

_PAREN_END = re.compile(r"^(.{6,300}?)\s*[(（]([^()（）]*(?:19|20)\d{2}[^()（）]*)[)）][\s.。*_]*$")
_APA = re.compile(r"^(.{3,400}?)\s*[(（]((?:19|20)\d{2})[a-z]?[)）][.,:。]?\s+")
_QUOTED = re.compile(r"^(.{3,300}?),?\s*[\"“]([^\"“”]{12,300}?)[,.]?[\"”][,.]?\s*")
_AUTHORS = re.compile(r"(?:[A-Z][\w'’-]+,\s+(?:[A-Z]\.[\s-]?)+|(?:[A-Z]\.[\s-]?)+[A-Z][\w'’-]+|et al)")
_TITLE_END = re.compile(r"[.?!。](?=\s|$)")
_TASK = re.compile(r"\[[ xX✓]\]")
_DASHED = re.compile(r"^(.{2,48}?)\s*(?:[-–—:：]{1,3})\s+(\S.{8,})$")
_CHINESE_TAIL = re.compile(r"\s{2,}\S*[\u3400-\u9fff].*$|\s*[（(][^()（）]*[\u3400-\u9fff][^()（）]*[)）]?\s*$|\s*(?:19|20)\d{2}\s*年.*$|[，。；].*$")
_ET_AL = re.compile(r"^(.{2,40}?)\s+et al\.?$")


def find_reference(page: Page, block: Block) -> Statement | None:
    """Return what a reference states: `Title (Org, Feb 27, 2023)`, APA or IEEE style; None for other lines."""
    text = page.text[block.body : block.stop]
    if not 20 <= len(text) <= 700:
        return None
    return _read_paren_reference(page, block, text) or _read_apa(page, block, text) or _read_ieee(page, block, text)


def _read_paren_reference(page: Page, block: Block, text: str) -> Statement | None:
    match = _PAREN_END.match(text)
    if match is None:
        return None
    span = trim(page.text, block.body, block.body + match.end(1))
    heading = read_heading(page.text, *span)
    words = plain(page.text, *span)
    inner = block.body + match.start(2), block.body + match.end(2)
    dates = find_dates(page.text, *inner)
    if not dates or not (is_title(words) or (heading.name and heading.title)):
        return None
    statement = Statement(page.text, page.find_orgs)
    statement.extend(dates[-1:])
    before = trim(page.text, inner[0], dates[-1].start)
    for part in statement.split(*before):
        piece = page.text[slice(*part)]
        if et_al := _ET_AL.match(piece):
            statement.add("author", part[0], part[0] + et_al.end(1))
        elif venues := find_venues(page.text, *part):
            statement.extend(venues[:1])
        elif piece.strip(" .,"):
            statement.add("org", *part)
    return _with_heading(statement, heading)


def _read_apa(page: Page, block: Block, text: str) -> Statement | None:
    match = _APA.match(text)
    if match is None or not _AUTHORS.search(match[1]):
        return None
    at = block.body + match.end()
    end = _TITLE_END.search(page.text, at, block.stop)
    span = trim(page.text, at, end.start() if end else block.stop)
    if len(page.text[slice(*span)].split()) < 2:
        return None
    statement = Statement(page.text, page.find_orgs)
    _add_authors(statement, block.body, block.body + match.end(1))
    year = block.body + match.start(2)
    statement.add("year", year, year + 4)
    statement.add("date", year, year + 4)
    rest = (end.end() if end else block.stop), block.stop
    statement.extend(find_arxiv(page.text, *rest))
    statement.read_links(*rest)
    venue = trim(page.text, rest[0], (find_links(page.text, *rest) or [_end(block)])[0].start)
    if venue[0] < venue[1] and not fold(page.text[slice(*venue)]).startswith("arxiv"):
        statement.add("venue", *venue)
    return _with_heading(statement, read_heading(page.text, *span))


def _end(block: Block) -> Link:
    return Link("other", "", block.stop, block.stop, (block.stop, block.stop))


def _read_ieee(page: Page, block: Block, text: str) -> Statement | None:
    match = _QUOTED.match(text)
    if match is None or not (_AUTHORS.search(match[1]) or find_dates(page.text, block.body + match.end(), block.stop)):
        return None
    span = block.body + match.start(2), block.body + match.end(2)
    if not is_title(page.text[slice(*span)]):
        return None
    statement = Statement(page.text, page.find_orgs)
    if _AUTHORS.search(match[1]):
        _add_authors(statement, block.body, block.body + match.end(1))
    rest = block.body + match.end(), block.stop
    statement.extend(find_dates(page.text, *rest)[-1:])
    statement.extend(find_venues(page.text, *rest)[:1])
    statement.read_links(*rest)
    return _with_heading(statement, read_heading(page.text, *span))


def _add_authors(statement: Statement, start: int, end: int) -> None:
    pattern = re.compile(r"[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)?,\s+(?:[A-Z]\.[\s-]?)+|(?:[A-Z]\.[\s-]?)+[A-Z][\w'’-]+")
    for match in pattern.finditer(statement.text, start, end):
        statement.add("author", match.start(), match.start() + len(match[0].rstrip()))


def _with_heading(statement: Statement, heading: Heading) -> Statement:
    statement.heading = heading
    return statement


def find_list_entry(page: Page, index: int) -> Entry | None:
    """Return the entry that one line of a list, or of prose, is."""
    block = page.blocks[index]
    if block.quoted and block.kind == "text":
        return None
    if reference := find_reference(page, block):
        return Entry(index, _line_end(page, index), make_works(reference, reference.heading))
    return _find_link_entry(page, index) or _find_bare_entry(page, index)


def _line_end(page: Page, index: int) -> int:
    """Return where a one-line entry ends: what is nested under it belongs to it, other lines do not."""
    if page.blocks[index].kind != "item":
        return index + 1
    end = page.item_end(index)
    for i in range(index + 1, end):
        if page.blocks[i].kind == "text" and page.blocks[i].level <= page.blocks[index].level and _stands_alone(page, i):
            return i
        if page.blocks[i].kind == "item" and _stands_alone(page, i):
            return i
    return end


def _stands_alone(page: Page, index: int) -> bool:
    block = page.blocks[index]
    return find_reference(page, block) is not None or _find_link_entry(page, index) is not None


def _find_link_entry(page: Page, index: int) -> Entry | None:
    """Return the entry of a line with a name or title and a link: `Name: Title: url`, `[Title](url) - what it does`."""
    block = page.blocks[index]
    if block.stop - block.body > 900:
        return None
    following = _link_below(page, index)
    last = page.blocks[following] if following else block
    links = [link for link in find_links(page.text, block.body, last.stop) if not link.image]
    good = [link for link in links if link.kind in ("arxiv", "paper", "doi", "code", "page")]
    if not good or links[0].kind == "local":
        return None
    span = _words_of(page, block, links)
    words = plain(page.text, *span)
    if not words or _is_cross_reference(words):
        return None
    heading = _name_by_url(page, span, read_heading(page.text, *span), good)
    papers = {link.url for link in good if link.kind in ("arxiv", "paper", "doi")}
    if heading is None or len(papers) > 2:
        return None
    if not papers and (page.is_foreign(index) and not _agrees(words, good)):
        return None
    statement = Statement(page.text, page.find_orgs)
    statement.read_loose(block.body, last.stop)
    _read_around(statement, block, heading)
    end = max(_line_end(page, index) if following is None else following + 1, index + 1)
    for line in page.blocks[index + 1 : end]:
        statement.read_block(line)
    return Entry(index, end, make_works(statement, heading))


def _link_below(page: Page, index: int) -> int | None:
    """Return the next line where it is nothing but the link of this one."""
    after = index + 1
    if after >= len(page.blocks) or find_links(page.text, page.blocks[index].body, page.blocks[index].stop):
        return None
    block = page.blocks[after]
    if block.gap or block.kind not in ("text",):
        return None
    links = find_links(page.text, block.body, block.stop)
    alone = len(links) == 1 and links[0].start == block.body and links[0].end >= block.stop - 1
    return after if alone else None


def _words_of(page: Page, block: Block, links: list[Link]) -> Span:
    """Return where a line names its work: in the words of a link, or before the first link."""
    first = links[0]
    before = trim(page.text, block.body, min(first.start, block.stop))
    dated = find_dates(page.text, *before)
    if dated and before[1] - before[0] <= dated[0].end - dated[0].start + 4:
        before = (before[1], before[1])
    if first.words and before[0] >= before[1]:
        return trim(page.text, *first.words)
    for link in links:
        named = link.words and fold(plain(page.text, *link.words)).strip(" []") not in word_set("link_words")
        if named and link.words and is_title(page.text[slice(*link.words)]) and not is_title(page.text[slice(*before)]):
            return trim(page.text, *link.words)
    if _PAREN_END.match(page.text[slice(*before)] + " "):
        match = _PAREN_END.match(page.text[slice(*before)])
        return trim(page.text, before[0], before[0] + match.end(1)) if match else before
    return before


def _name_by_url(page: Page, span: Span, heading: Heading, links: list[Link]) -> Heading | None:
    """Return name and title of a linked line; where its words are no name, the link's own name may be one."""
    words = plain(page.text, *span)
    if heading.name and (heading.title or is_name(page.text[slice(*heading.name)])):
        return heading
    slugs = [(name, link) for link in links if (name := name_in_url(link.url))]
    for name, link in slugs:
        for match in re.finditer(r"[\w.+-]+", words):
            if name_key(match[0]) == name_key(name) and len(name) > 2:
                at = page.text.find(match[0], *span)
                return Heading((at, at + len(match[0])), None) if at >= 0 else None
        if name_key(words) and name_key(words) in name_key(name) and len(words.split()) == 1:
            return Heading(span, None)
        if 1 <= len(words.split()) <= 8 and words[:1].isupper() and (is_coined(name) or "-" in name) and not is_title(words):
            at = page.text.find(name, *link.address)
            alias = () if name_key(name).startswith(name_key(words)) else (span,)
            return Heading((at, at + len(name)), None, alias) if at >= 0 else None
    if is_title(words):
        if not slugs or any(link.kind in ("arxiv", "paper", "doi") for link in links):
            return heading
        name, link = slugs[0]
        at = page.text.find(name, *link.address)
        return Heading((at, at + len(name)), None, (span,)) if at >= 0 and (is_coined(name) or "-" in name) else heading
    if any(link.kind in ("arxiv", "paper", "doi") for link in links) and 1 <= len(words.split()) <= 12:
        return heading if heading.name else Heading(span, None) if len(words) <= 40 else Heading(None, span)
    return None


def _agrees(words: str, links: list[Link]) -> bool:
    """Whether a word of the line is what a link's repository is called."""
    keys = {name_key(word) for word in re.findall(r"[\w.+-]+", words)}
    return any(name_key(name_in_url(link.url)) in keys for link in links if name_in_url(link.url))


def _read_around(statement: Statement, block: Block, heading: Heading) -> None:
    """Read the dates and venues of a line that stand outside the title."""
    spans = [s for s in (heading.title, heading.name) if s]
    low, high = (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else (block.stop, block.stop)
    addresses = [link.address for link in find_links(statement.text, block.body, block.stop)]
    for start, end in ((block.body, max(low, block.body)), (min(high, block.stop), block.stop)):
        for found in [*find_dates(statement.text, start, end)[:1], *find_venues(statement.text, start, end)[:1]]:
            if not any(a <= found.start < b for a, b in addresses):
                statement.extend([found])


def _is_cross_reference(words: str) -> bool:
    parts = re.split(r"[:：,，\s]+", fold(words))
    return any(part in word_set("cross_references") for part in parts[1:3])


def _find_bare_entry(page: Page, index: int) -> Entry | None:
    """Return the weak entry of a line without a link: a title in a task list, a name, `Name - what it does`."""
    block = page.blocks[index]
    if block.stop - block.body > 400 or find_links(page.text, block.body, block.stop):
        return None
    raw = page.text[block.body : block.stop]
    tail = _CHINESE_TAIL.search(raw)
    start, end = trim(page.text, block.body, block.body + (tail.start() if tail and tail.start() > 8 else len(raw)))
    words = plain(page.text, start, end)
    task = bool(_TASK.search(block.marker))
    statement = Statement(page.text, page.find_orgs)
    if tail:
        statement.extend(find_dates(page.text, end, block.stop)[:1])
    if _is_cross_reference(words):
        return None
    if is_title(words, strict=True) and not words.endswith((":", "?")):
        heading = read_heading(page.text, start, end)
        return Entry(index, index + 1, make_works(statement, heading), weak=not task)
    if is_name(words) and end >= block.stop - 1:
        return Entry(index, index + 1, make_works(statement, read_heading(page.text, start, end)), weak=True)
    dashed = _DASHED.match(raw)
    if dashed and block.kind != "row" and is_name(dashed[1]) and " " not in dashed[1].strip():
        name = trim(page.text, block.body, block.body + dashed.end(1))
        titled = is_title(raw, strict=True) and dashed[2][:1].isupper()
        heading = read_heading(page.text, block.body, block.stop) if titled else Heading(name, None)
        return Entry(index, index + 1, make_works(statement, heading), weak=True)
    return None


def find_row_entry(page: Page, index: int) -> Entry | None:
    """Return the entry of a table's row, where the table's columns are those of a list of papers."""
    block = page.blocks[index]
    columns = read_columns(page, block)
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


def read_columns(page: Page, block: Block) -> list[str | None] | None:
    """Return the field of each column of a table of papers; None for any other table."""
    if len(block.header) < 2:
        return None
    columns = [_column(plain(page.text, *cell)) for cell in block.header]
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


def _column(words: str) -> str | None:
    return field_of_label(words)


