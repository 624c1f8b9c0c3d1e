"""Entries of one line: link lists, task lists, lists of names, and items with their fields nested below."""

from __future__ import annotations

import re

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.entries import Entry, Page
from vlmrag.ingest.fields import find_dates, find_label, find_links
from vlmrag.ingest.linked import find_described, find_linked, is_cross_reference, link_below
from vlmrag.ingest.references import find_reference, read_paren
from vlmrag.ingest.titles import Heading, is_name, is_title, plain, read_heading, trim
from vlmrag.ingest.works import Statement, make_works

_HAN = re.compile(r"[\u3400-\u9fff]")
_NAME_RUN = re.compile(r"[A-Za-z][\w.+-]*(?:\s[A-Z0-9][\w.+-]*)*")
_DEFINITION = re.compile(r"\[[^\[\]]+\]:\s")
"""Where Markdown keeps the address of a link that is used elsewhere."""
_TITLES = ("title", "name", "paper")
_TASK = re.compile(r"\[[ xX✓]\]")
_DASHED = re.compile(r"^(.{2,48}?)\s*(?:\s[-–—]{1,3}\s|:\s|：)\s*(\S.{5,})$")
_CHINESE_TAIL = re.compile(
    r"\s{2,}\S*[\u3400-\u9fff].*$|\s*[（(][^()（）]*[\u3400-\u9fff][^()（）]*[)）]?\s*$|\s*(?:19|20)\d{2}\s*年.*$|[，。；].*$"
)
_DATED_NAME = re.compile(
    r"[\s*_]*(?:\d+(?:\.\d+)*[.)]?\s+)?([^\s()（）*_][^()（）*\n]{0,60}?)[*_]*\s*[(（\[]([^()（）\[\]]*(?:19|20)\d{2}(?!\s?[-–~])[^()（）\[\]]*)[)）\]](?!\()\s*(?:[*_]*\s*(?:[:：—–-]|$)|[*_]+)"
)
_TRAILER = re.compile(r"^(.{2,260}?)\s*(?:[\[(（](?=[^\[\]()（）]*\d{2})|[,，]\s*(?:19|20)\d{2}).*$", re.DOTALL)
"""A name or title, and behind it a venue or year in brackets or after a comma."""
_LED_BY_DATE = re.compile(r"^[\s*_]*[\[(（]([^\[\]()（）]{4,24})[\])）][\s:：*_-]*")


def find_list_entry(page: Page, index: int) -> Entry | None:
    """Return the entry that one line of a list, or of prose, is."""
    block = page.blocks[index]
    if (block.quoted and block.kind == "text") or _DEFINITION.match(page.text, block.body, block.stop):
        return None
    if block.kind == "item" and (nested := _find_nested_entry(page, index)):
        return nested
    if dated := find_dated_name(page, block):
        return Entry(index, _line_end(page, index), make_works(dated, dated.heading))
    if reference := find_reference(page, block):
        return Entry(index, _line_end(page, index), make_works(reference, reference.heading))
    return _find_link_entry(page, index) or _find_bare_entry(page, index)


def find_dated_name(page: Page, block: Block) -> Statement | None:
    """Return what a line states that begins with a name and a year: `**BLIP-2 (Salesforce, 2023)**: ...`."""
    match = _DATED_NAME.match(page.text, block.body, block.stop)
    if match is None:
        return None
    span = trim(page.text, *match.span(1))
    words = page.text[slice(*span)]
    heading = read_heading(page.text, *span)
    named = is_name(words) or is_title(words) or bool(heading.name and heading.title)
    capitalised = bool(re.fullmatch(r"[A-Z][a-z]+", words))
    if not named and not capitalised:
        return None
    statement = read_paren(page, *match.span(2), Heading(span, None) if capitalised else heading)
    if statement is None or not (named or statement.has("org", "venue")):
        return None
    statement.read_links(match.end(), block.stop)
    return statement


def find_paragraph_entry(page: Page, index: int) -> Entry | None:
    """Return the entry of a paragraph that begins with a title on a line of its own; authors and a link follow."""
    block = page.blocks[index]
    start, stop = trim(page.text, block.body, block.stop)
    words = page.text[start:stop]
    starts = block.gap or index == 0 or page.blocks[index - 1].kind in ("heading", "strong", "rule")
    if not starts or block.quoted or find_links(page.text, start, stop) or not (is_title(words) or is_name(words)):
        return None
    end = index + 1
    while end < len(page.blocks) and page.blocks[end].kind == "text" and not page.blocks[end].gap:
        end += 1
    statement = Statement(page.text, page.find_orgs)
    for line in page.blocks[index + 1 : min(end, index + 6)]:
        links = find_links(page.text, line.body, line.stop)
        if links and links[0].start - line.body > 30 and is_title(page.text[line.body : links[0].start]):
            return None
        _read_paragraph_line(statement, line)
    if not statement.has("arxiv", "doi") and len({"url", "author", "venue"} & {f.name for f in statement.fields}) < 2:
        return None
    return Entry(index, end, make_works(statement, read_heading(page.text, start, stop)))


def _read_paragraph_line(statement: Statement, line: Block) -> None:
    if not statement.read_people(line.body, line.stop):
        statement.read_block(line)


def _find_nested_entry(page: Page, index: int) -> Entry | None:
    """Return the entry of an item that is a name or title and has its fields or its link nested below."""
    block = page.blocks[index]
    end = page.item_end(index)
    label = find_label(page.text, block.body, block.stop)
    start, stop = trim(page.text, *(label[1] if label and label[0] in _TITLES else (block.body, block.stop)))
    words = page.text[start:stop]
    if (
        end == index + 1
        or stop - start > 260
        or find_links(page.text, start, stop)
        or not (is_name(words) or is_title(words))
    ):
        return None
    statement = Statement(page.text, page.find_orgs)
    for line in page.blocks[index + 1 : end]:
        if line.level <= block.level and line.kind == "item":
            break
        if find_links(page.text, line.body, line.stop) and is_title(page.text[line.body : line.stop].split("http")[0]):
            return None
        statement.read_block(line)
    stated = statement.has("arxiv", "doi", "url") or len(statement.labels - {"text", "number"}) >= 2
    return Entry(index, end, make_works(statement, read_heading(page.text, start, stop))) if stated else None


def _line_end(page: Page, index: int) -> int:
    """Return where a one-line entry ends: what is nested under it belongs to it, other lines do not."""
    if page.blocks[index].kind != "item":
        return index + 1
    end = page.item_end(index)
    for i in range(index + 1, end):
        if (
            page.blocks[i].kind == "text"
            and page.blocks[i].level <= page.blocks[index].level
            and _stands_alone(page, i)
        ):
            return i
        if page.blocks[i].kind == "item" and _stands_alone(page, i):
            return i
    return end


def _stands_alone(page: Page, index: int) -> bool:
    block = page.blocks[index]
    return find_reference(page, block) is not None or find_linked(page, index) is not None


def _find_link_entry(page: Page, index: int) -> Entry | None:
    """Return the entry of a line with a name or title and a link, with what is nested below it."""
    linked, described = find_linked(page, index), None
    if linked is None and (described := find_described(page, index)) is None:
        return None
    statement = linked or described
    assert statement is not None
    following = link_below(page, index)
    end = _line_end(page, index) if following is None else following + 1
    for line in page.blocks[index + 1 : end]:
        statement.read_block(line)
    return Entry(index, max(end, index + 1), make_works(statement, statement.heading), weak=linked is None)


def _find_bare_entry(page: Page, index: int) -> Entry | None:
    """Return the weak entry of a line without a link: a title in a task list, a name, `Name - what it does`."""
    block = page.blocks[index]
    if block.stop - block.body > 400 or find_links(page.text, block.body, block.stop):
        return None
    if find_label(page.text, block.body, block.stop):
        return None
    raw = page.text[block.body : block.stop]
    tail = _CHINESE_TAIL.search(raw)
    start, end = trim(page.text, block.body, block.body + (tail.start() if tail and tail.start() > 8 else len(raw)))
    words = plain(page.text, start, end)
    task = bool(_TASK.search(block.marker))
    statement = Statement(page.text, page.find_orgs)
    if tail:
        statement.extend(find_dates(page.text, end, block.stop)[:1])
    if is_cross_reference(words):
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
