"""Entries that begin with a heading: a paper per file or section, a numbered title in bold, a 《title》 in a diary."""

from __future__ import annotations

import re

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.entries import Entry, Page
from vlmrag.ingest.fields import find_arxiv, find_dates, find_label, find_links, find_venues
from vlmrag.ingest.listed import find_dated_name
from vlmrag.ingest.titles import (
    Heading,
    is_name,
    is_title,
    plain,
    read_heading,
    split_names,
    trim,
    without_links,
    without_origin,
)
from vlmrag.ingest.words import word_set
from vlmrag.ingest.works import Statement, make_works
from vlmrag.language.fold import fold

_BOOK_TITLE = re.compile(r"[\s*_]*《([^《》]{3,300})》[\s*_]*")
_FIRST_LINE_END = re.compile(r"[，,。；;：:]|的(?!\w*合作)")
_AFTER_DATE = re.compile(r"[\s,，:：]*")
_JOINT_WORK = re.compile(r"(?:联合|合作|共同|等)*(?:出|发表|提出|发布)?的?$")
_NUMBERED = re.compile(r"[\s*_]*(?:\[\d{1,3}\]|\d{1,3}[.)])")
PAPER_FIELDS = frozenset({"paper", "title", "arxiv", "doi", "author", "org", "venue", "date", "year"})
_PLACEHOLDER = re.compile(r"`#\s|\bX{4}\.X{4,5}\b|\bYYYY\b")
"""What a template has where a note has an id or a year."""
_HEAD_LINES = 14
"""How many lines under its heading state a paper's fields."""


def find_heading_entry(page: Page, index: int) -> Entry | None:
    """Return the entry that a heading begins: fields or one paper's link stand right under it."""
    direct = page.direct_end(index)
    statement, others = read_head(page, index + 1, min(direct, index + 1 + _HEAD_LINES))
    statement.read_links(page.blocks[index].body, page.blocks[index].stop)
    if direct < len(page.blocks) and not _is_stated(statement) and _is_info_section(page, direct):
        statement, others = read_head(page, direct + 1, min(page.direct_end(direct), direct + 1 + _HEAD_LINES))
    block = page.blocks[index]
    start, end = without_links(page.text, block.body, block.stop)
    words = plain(page.text, start, end)
    if not others and words and (dated := find_dated_name(page, block)):
        dated.extend(statement.fields)
        return Entry(index, _entry_end(page, index, dated), make_works(dated, dated.heading))
    if others or not words or fold(words) in word_set("foreign_headings") | word_set("list_headings"):
        return None
    if not _is_stated(statement) and not _links_one_paper(page, index, direct, statement, words):
        return _find_weak_heading(page, index, statement) if direct > index + 1 else None
    heading = _divide_heading(page, start, end, statement)
    if heading is None:
        return None
    return Entry(index, _entry_end(page, index, statement), make_works(statement, heading))


def _find_weak_heading(page: Page, index: int, statement: Statement) -> Entry | None:
    """Return the weak entry of a heading that is a name, or a title or name with labelled fields under it."""
    block = page.blocks[index]
    start, end = without_links(page.text, block.body, block.stop)
    words = plain(page.text, start, end)
    labelled = bool(statement.labels - {"number"}) and (is_title(words) or is_name(words))
    if not labelled and not is_name(words):
        return None
    heading = _divide_heading(page, start, end, statement)
    if heading is None:
        return None
    works = make_works(statement, heading)
    return Entry(index, page.section_end(index), works, weak=True, labelled=labelled)


def _entry_end(page: Page, index: int, statement: Statement) -> int:
    """Return where the entry of a heading ends: with its section, or where another paper's fields begin inside it."""
    end = page.section_end(index)
    ids = {f.value for f in statement.fields if f.name in ("arxiv", "doi")}
    for i in range(index + 1, end - 1):
        if ids and page.blocks[i].kind == "strong" and _begins_another(page, i, ids):
            return i
        if not ids or page.blocks[i].kind != "heading":
            continue
        last = min(page.direct_end(i), i + 1 + _HEAD_LINES)
        if not find_arxiv(page.text, page.blocks[i + 1].start, page.blocks[last - 1].stop):
            continue
        other, _ = read_head(page, i + 1, last)
        if _is_stated(other) and not ids & {f.value for f in other.fields if f.name in ("arxiv", "doi")}:
            return i
    return end


def _begins_another(page: Page, index: int, ids: set[str]) -> bool:
    """Whether a line in bold is the title of another paper, whose link stands right under it."""
    words = page.words(index)
    if not page.blocks[index].gap or not (is_title(words) or is_name(words)):
        return False
    end = index + 1
    while end < min(len(page.blocks), index + 4) and not page.blocks[end].gap:
        end += 1
    found = {f.value for f in find_arxiv(page.text, page.blocks[index].start, page.blocks[end - 1].stop)}
    return len(found) == 1 and not found & ids and find_strong_entry(page, index) is not None


def read_head(page: Page, first: int, last: int) -> tuple[Statement, bool]:
    """Return what the lines under a heading state, and whether they are a list of several works instead."""
    statement = Statement(page.text, page.find_orgs)
    listed: set[str] = set()
    indent = next((block.level for block in page.blocks[first:last] if block.kind == "item"), 0)
    for index, block in enumerate(page.blocks[first:last], first):
        if block.kind == "item" and block.level > indent + 1:
            continue
        if block.kind in ("code", "heading") or (block.kind == "strong" and not _is_info_words(page.words(index))):
            break
        if block.kind == "head_row" and len(block.cells) != 2:
            break
        if _PLACEHOLDER.search(page.text, block.body, block.stop):
            return statement, True
        ids = {f.value for f in find_arxiv(page.text, block.body, block.stop)}
        ids |= {link.url for link in find_links(page.text, block.body, block.stop) if link.kind == "paper"}
        label = find_label(page.text, block.body, block.stop)
        if ids and label is None and (block.kind == "item" or is_title(page.text[block.body : block.stop])):
            listed |= ids
        if label is None and block.end - block.body > 400 and not ids:
            break
        statement.read_block(block)
    return statement, len(listed) > 1


def _is_stated(statement: Statement) -> bool:
    """Whether fields are stated that only a paper has."""
    labelled = statement.labels & PAPER_FIELDS
    found = {f.name for f in statement.fields}
    if len(labelled) >= 2 and found & {"arxiv", "doi", "author", "org", "venue", "url"}:
        return True
    return bool(labelled & {"paper", "title", "arxiv"}) and bool(found & {"title", "arxiv", "doi", "url"})


def _is_info_section(page: Page, index: int) -> bool:
    """Whether the first section of a file is a table or list of the paper's fields."""
    return _is_info_words(page.words(index))


def _is_info_words(heading: str) -> bool:
    words = fold(heading)
    return bool(re.search(r"信息|info|metadata|meta data|details|资料|概况", words)) and len(words) <= 24


def _links_one_paper(page: Page, index: int, direct: int, statement: Statement, words: str) -> bool:
    """Whether one paper is linked right under a heading that reads like a title or a name."""
    ids = {f.value for f in statement.fields if f.name in ("arxiv", "doi")}
    titled = is_title(words) or is_name(words) or bool(re.search(r"[:：]", words) and len(words) > 6)
    linked = any(_is_bare_link(page, block) for block in page.blocks[index + 1 : min(direct, index + 3)])
    if len(ids) == 1 and (titled or (page.blocks[index].level == 1 and linked)):
        return True
    if not (is_title(words) or is_name(words)) or direct - index > 4 or page.is_foreign(index):
        return False
    pages = [f for f in statement.fields if f.name == "url"]
    return len(pages) == 1 and all(_is_bare_link(page, block) for block in page.blocks[index + 1 : direct])


def _is_bare_link(page: Page, block: Block) -> bool:
    links = find_links(page.text, block.body, block.stop)
    return bool(links) and links[0].start - block.body <= 30


def _divide_heading(page: Page, start: int, end: int, statement: Statement) -> Heading | None:
    """Return name and title of a heading; a plain one ("Notes") leaves them to the fields."""
    words = fold(plain(page.text, start, end))
    if words in word_set("plain_headings"):
        return Heading(None, None) if statement.has("title", "name") else _heading_of_file(page)
    heading = read_heading(page.text, start, end)
    if not statement.has("title"):
        short = heading.name is None and len(words) <= 30 and len(words.split()) <= 3 and not is_title(words)
        return Heading(heading.title, None) if short else heading
    if heading.name or len(split_names(page.text, start, end)) > 1:
        return Heading(heading.name or (start, end), None, heading.aliases)
    return Heading((start, end), None) if len(words.split()) <= 4 and len(words) <= 30 else Heading(None, None)


def _heading_of_file(page: Page) -> Heading | None:
    return Heading(None, None) if is_title(page.stem.replace("_", " ")) else None


def find_strong_entry(page: Page, index: int) -> Entry | None:
    """Return the entry that a line in bold begins: `**[1] NAME: Title**` with labelled bullets under it."""
    block = page.blocks[index]
    end = page.section_end(index)
    body_end = min(end, _bullets_end(page, index + 1, end))
    start, stop = without_links(page.text, block.body, block.stop)
    words = plain(page.text, start, stop)
    if fold(words).strip(" :") in word_set("foreign_headings") or fold(words) in {
        "others",
        "other",
        "其他",
        "其它",
        "etc",
    }:
        return None
    statement = Statement(page.text, page.find_orgs)
    for line in page.blocks[index + 1 : body_end]:
        statement.read_block(line)
    statement.read_links(block.body, block.stop)
    origin = without_origin(page.text, start, stop), stop
    if not statement.has("date", "year", "venue"):
        statement.extend([*find_venues(page.text, *origin)[:1], *find_dates(page.text, *origin)[:1]])
    heading = read_heading(page.text, start, stop)
    numbered = bool(_NUMBERED.match(page.text, block.body, block.stop))
    if numbered and heading.title and not heading.name and not is_title(words) and len(words.split()) <= 4:
        heading = Heading(heading.title, None)
    named = bool(heading.name) or is_title(words) or numbered
    strong = statement.has("arxiv", "doi", "url") or bool(statement.labels & {"paper", "title", "venue", "author"})
    cited = statement.has("venue", "org", "date") and (numbered or is_title(words))
    if (
        not named
        or not (strong or cited)
        or (not numbered and not statement.labels and not statement.has("arxiv", "doi"))
    ):
        return None
    return Entry(index, body_end, make_works(statement, heading))


def _bullets_end(page: Page, first: int, end: int) -> int:
    """Return where the lines under a title in bold end: a bullet apart that only says "others" is outside."""
    for i in range(first, end):
        if page.blocks[i].kind == "heading" or (
            page.blocks[i].gap and fold(page.words(i)).strip(" :.") in {"others", "other", "其他", "其它", "etc"}
        ):
            return i
    return end


def find_book_entry(page: Page, index: int) -> Entry | None:
    """Return the entry that a line with nothing but a 《title》 begins; it goes on to the next such line or heading."""
    block = page.blocks[index]
    match = _BOOK_TITLE.match(page.text, block.body, block.stop)
    if match is None or match.end() < without_links(page.text, block.body, block.stop)[1]:
        return None
    words = match[1]
    end = index + 1
    while end < len(page.blocks) and page.blocks[end].kind not in ("heading", "strong"):
        after = page.blocks[end]
        if _BOOK_TITLE.match(page.text, after.body, after.stop) and page.text[after.body : after.stop].strip().endswith(
            "》"
        ):
            break
        end += 1
    if not (is_title(words) or is_name(words)) and end == index + 1:
        return None
    statement = Statement(page.text, page.find_orgs)
    if end > index + 1:
        _read_first_line(statement, page.blocks[index + 1])
    for line in page.blocks[index + 1 : min(end, index + 8)]:
        if find_label(page.text, line.body, line.stop) or find_links(page.text, line.body, line.stop):
            statement.read_block(line)
    span = trim(page.text, *match.span(1))
    heading = read_heading(page.text, *span)
    if not heading.title and (heading.name is None or heading.name[1] < span[1]):
        heading = Heading(heading.name, span, heading.aliases)
    return Entry(index, end, make_works(statement, heading))


def _read_first_line(statement: Statement, block: Block) -> None:
    """Read what a diary says first: when and by whom the paper was published ("2023.6 A 和 B 合作的一篇文章")."""
    dates = find_dates(statement.text, block.body, min(block.stop, block.body + 24))
    if not dates or dates[0].start - block.body > 4:
        return
    statement.extend(dates[:1])
    start = _AFTER_DATE.match(statement.text, dates[0].end).end()  # type: ignore[union-attr]
    stop = min(block.stop, start + 80)
    cut = _FIRST_LINE_END.search(statement.text, start, stop)
    words = statement.text[start : cut.start() if cut else stop]
    end = start + (_JOINT_WORK.search(words) or re.search("$", words)).start()  # type: ignore[union-attr]
    known = statement.find_orgs(statement.text[start:end])
    for part in statement.split_orgs(start, end):
        if statement.covers_org(part) or (known and part[1] - part[0] <= 24):
            statement.add("org", *part)
