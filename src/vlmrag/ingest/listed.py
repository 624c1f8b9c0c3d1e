"""Entries of one line: link lists, task lists, lists of names, and items with their fields nested below."""

from __future__ import annotations

import re

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.entries import Entry, Page
from vlmrag.ingest.fields import Link, Span, find_dates, find_label, find_links, find_venues, name_in_url
from vlmrag.ingest.references import find_reference, read_paren
from vlmrag.ingest.titles import Heading, is_coined, is_name, is_people, is_title, plain, read_heading, trim
from vlmrag.ingest.words import word_set
from vlmrag.ingest.works import Statement, make_works
from vlmrag.language.fold import fold, name_key
from vlmrag.language.words import stop_words
from vlmrag.types import Field

_HAN = re.compile(r"[\u3400-\u9fff]")
_NAME_RUN = re.compile(r"[A-Za-z][\w.+-]*(?:\s[A-Z0-9][\w.+-]*)*")
_DEFINITION = re.compile(r"\[[^\[\]]+\]:\s")
"""Where Markdown keeps the address of a link that is used elsewhere."""
_TASK = re.compile(r"\[[ xX✓]\]")
_DASHED = re.compile(r"^(.{2,48}?)\s*(?:\s[-–—]{1,3}\s|:\s|：)\s*(\S.{5,})$")
_CHINESE_TAIL = re.compile(
    r"\s{2,}\S*[\u3400-\u9fff].*$|\s*[（(][^()（）]*[\u3400-\u9fff][^()（）]*[)）]?\s*$|\s*(?:19|20)\d{2}\s*年.*$|[，。；].*$"
)
_DATED_NAME = re.compile(
    r"[\s*_]*(?:\d+(?:\.\d+)*[.)]?\s+)?([^\s()（）*_][^()（）*\n]{0,60}?)[*_]*\s*[(（]([^()（）]*(?:19|20)\d{2}(?!\s?[-–~])[^()（）]*)[)）]\s*(?:[*_]*\s*(?:[:：—–-]|$)|[*_]+)"
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
    parts = statement.split(line.body, line.stop)
    people = [part for part in parts if not find_dates(statement.text, *part)]
    if people and is_people(", ".join(statement.text[slice(*part)] for part in people)):
        statement.read_value("author", (people[0][0], people[-1][1]))
        statement.extend(find_venues(statement.text, people[-1][1], line.stop)[:1])
        statement.extend(find_dates(statement.text, people[-1][1], line.stop)[:1])
    else:
        statement.read_block(line)


def _find_nested_entry(page: Page, index: int) -> Entry | None:
    """Return the entry of an item that is a name or title and has its fields or its link nested below."""
    block = page.blocks[index]
    end = page.item_end(index)
    start, stop = trim(page.text, block.body, block.stop)
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
    return find_reference(page, block) is not None or _find_link_entry(page, index) is not None


def _find_link_entry(page: Page, index: int) -> Entry | None:
    """Return the entry of a line with a name or title and a link: `Name: Title: url`, `[Title](url) - what it does`."""
    block = page.blocks[index]
    if block.stop - block.body > 900 or find_label(page.text, block.body, block.stop):
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
    if not papers and (_runs_on(words) or (page.is_foreign(index) and not _agrees(words, good))):
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
    led = _LED_BY_DATE.match(page.text[block.body : block.stop])
    dated = led and (find_dates(page.text, block.body, block.body + led.end()) or _is_venue(page, block, led))
    start = block.body + led.end() if led and dated else block.body
    before = trim(page.text, min(start, first.start), min(first.start, block.stop))
    dates = find_dates(page.text, *before)
    if dates and before[1] - before[0] <= dates[0].end - dates[0].start + 4:
        before = (before[1], before[1])
    if first.words and before[0] >= before[1]:
        return trim(page.text, *first.words)
    for link in links:
        named = link.words and fold(plain(page.text, *link.words)).strip(" []") not in word_set("link_words")
        if named and link.words and is_title(page.text[slice(*link.words)]) and not is_title(page.text[slice(*before)]):
            return trim(page.text, *link.words)
    if match := _TRAILER.match(page.text[slice(*before)]):
        head = trim(page.text, before[0], before[0] + match.end(1))
        if is_name(page.text[slice(*head)]) or is_title(page.text[slice(*head)]):
            return head
    return before


def _is_venue(page: Page, block: Block, led: re.Match[str]) -> bool:
    return bool(find_venues(page.text, block.body + led.start(1), block.body + led.end(1)))


def _name_by_url(page: Page, span: Span, heading: Heading, links: list[Link]) -> Heading | None:
    """Return name and title of a linked line; where its words are no name, the link's own name may be one."""
    words = plain(page.text, *span)
    if heading.name and (heading.title or is_name(page.text[slice(*heading.name)])):
        return heading
    if _HAN.search(words):
        coined = [match for match in _NAME_RUN.finditer(page.text, *span) if is_name(match[0])]
        return Heading(coined[0].span(), None) if len(coined) == 1 else None
    slugs = [(name, link) for link in links if (name := name_in_url(link.url))]
    for name, link in slugs:
        for match in re.finditer(r"[\w.+-]+", words):
            if name_key(match[0]) == name_key(name) and len(name) > 2:
                at = page.text.find(match[0], *span)
                return Heading((at, at + len(match[0])), None) if at >= 0 else None
        if name_key(words) and name_key(words) in name_key(name) and len(words.split()) == 1:
            return Heading(span, None)
        if (
            1 <= len(words.split()) <= 8
            and words[:1].isupper()
            and (is_coined(name) or "-" in name)
            and not is_title(words)
        ):
            at = page.text.find(name, *link.address)
            alias = () if name_key(name).startswith(name_key(words)) else (span,)
            return Heading((at, at + len(name)), None, alias) if at >= 0 else None
    if is_title(words):
        if any(link.kind in ("arxiv", "paper", "doi") for link in links):
            return heading
        name, link = slugs[0] if slugs else ("", links[0])
        at = page.text.find(name, *link.address) if is_coined(name) or "-" in name else -1
        if at >= 0:
            return Heading((at, at + len(name)), None, (span,))
        return heading if is_title(words, strict=True) else None
    if any(link.kind in ("arxiv", "paper", "doi") for link in links) and 1 <= len(words.split()) <= 12:
        return heading if heading.name else Heading(span, None) if len(words) <= 40 else Heading(None, span)
    return None


def _runs_on(words: str) -> bool:
    """Whether words are the part of a sentence that leads to a link ("For more, go to")."""
    tokens = re.findall(r"[\w']+", fold(words))
    leading = {"use", "see", "go", "visit", "using", "called", "named"}
    return bool(tokens) and (tokens[-1] in stop_words() | leading or (len(tokens) > 3 and tokens[0] in stop_words()))


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
        found_orgs = [
            Field("org", statement.text[start + a : start + b], start + a, start + b)
            for _, a, b in statement.find_orgs(statement.text[start:end][:60])
        ]
        for found in [
            *find_dates(statement.text, start, end)[:1],
            *find_venues(statement.text, start, end)[:1],
            *found_orgs,
        ]:
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
