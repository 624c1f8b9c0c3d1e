"""Lines that name a work and link to it: `Name: Title: url`, `[Title](url) - what it does`, `Name, what it is: url`."""

from __future__ import annotations

import re

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.entries import Page
from vlmrag.ingest.fields import (
    Link,
    Span,
    find_dates,
    find_id_links,
    find_label,
    find_links,
    find_venues,
    name_in_url,
)
from vlmrag.ingest.titles import (
    Heading,
    cut_tail,
    is_coined,
    is_link_word,
    is_name,
    is_title,
    plain,
    read_heading,
    trim,
)
from vlmrag.ingest.words import word_set
from vlmrag.ingest.works import Statement
from vlmrag.language.fold import fold, name_key
from vlmrag.language.words import stop_words
from vlmrag.types import Field

_HAN = re.compile(r"[\u3400-\u9fff]")
_NAME_RUN = re.compile(r"[A-Za-z][\w.+-]*(?:\s[A-Z0-9][\w.+-]*)*")
_TRAILER = re.compile(r"^(.{2,260}?)\s*(?:[\[(（【](?=[^\[\]()（）【】]*\d{2})|[,，]\s*(?:19|20)\d{2}).*$", re.DOTALL)
"""A name or title, and behind it a venue or year in brackets or after a comma."""
_LED_BY_DATE = re.compile(r"^[\s*_]*[\[(（【]([^\[\]()（）【】]{4,24})[\])）】][\s:：*_-]*")
_BOLD = re.compile(r"\s*(?:\*\*|__)([^*_\n]{2,200}?)[.:：]?(?:\*\*|__)[.:：]?\s+")
_SAYS = re.compile(r"\w")
_PAPER_LINKS = ("arxiv", "paper", "doi")
_WORK_LINKS = ("arxiv", "paper", "doi", "code", "page")
_LONGEST_LINE = 900


def find_linked(page: Page, index: int) -> Statement | None:
    """Return what a line with a name or title and a link states, its heading included; None for other lines."""
    block = page.blocks[index]
    if block.stop - block.body > _LONGEST_LINE or find_label(page.text, block.body, block.stop):
        return None
    following = link_below(page, index)
    last = page.blocks[following] if following else block
    links = _links_of(page, block, last)
    good = [link for link in links if link.kind in _WORK_LINKS]
    elsewhere = any(link.words and not is_link_word(page.text, link.words) for link in good)
    if not good or (links[0].kind == "local" and elsewhere):
        return None
    span = _words_of(page, block, links)
    words = plain(page.text, *span)
    if not words or is_cross_reference(words):
        return None
    heading = _name_by_url(page, span, read_heading(page.text, *span), good)
    papers = {link.url for link in good if link.kind in _PAPER_LINKS}
    if heading is None or len(papers) > 2 or (not papers and not _is_work(page, index, words, good)):
        return None
    statement = Statement(page.text, page.find_orgs, heading=heading)
    statement.read_loose(block.body, last.stop)
    statement.extend(Field("arxiv", link.url, *link.address) for link in links if link.bare)
    for link in links:
        statement.read_note_link(link)
    _read_around(statement, block, heading)
    return statement


def find_described(page: Page, index: int) -> Statement | None:
    """Return what a line `Name, what it is: url` states whose link may lead anywhere: a tutorial, a demo."""
    block = page.blocks[index]
    links = [link for link in find_links(page.text, block.body, block.stop) if not link.image]
    if len(links) != 1 or links[0].kind != "other" or links[0].words or block.stop - block.body > _LONGEST_LINE:
        return None
    span = trim(page.text, block.body, links[0].start)
    heading = read_heading(page.text, *span)
    if heading.name is None or heading.title or heading.name[1] >= span[1]:
        return None
    return Statement(page.text, page.find_orgs, heading=heading) if is_name(page.text[slice(*heading.name)]) else None


def link_below(page: Page, index: int) -> int | None:
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


def is_cross_reference(words: str) -> bool:
    """Whether words lead to another entry ("LLaVA: see above")."""
    parts = re.split(r"[:：,，\s]+", fold(words))
    return any(part in word_set("cross_references") for part in parts[1:3])


def _links_of(page: Page, block: Block, last: Block) -> list[Link]:
    """Return the links of a line and the one below; a mere arXiv id is one where words name its work."""
    links = [link for link in find_links(page.text, block.body, last.stop) if not link.image]
    if any(link.kind in _PAPER_LINKS for link in links):
        return links
    ids = find_id_links(page.text, block.body, last.stop, bare=block.kind == "item" and bool(links))
    if not ids:
        return links
    before = page.text[slice(*trim(page.text, block.body, min(link.start for link in [*ids, *links])))]
    named = is_name(before) or is_title(before) or (links and links[0].start < ids[0].start)
    return sorted([*links, *ids], key=lambda link: link.start) if named else links


def _words_of(page: Page, block: Block, links: list[Link]) -> Span:
    """Return where a line names its work: in the words of a link, or before the first link."""
    first = links[0]
    led = _LED_BY_DATE.match(page.text[block.body : block.stop])
    dated = led and (find_dates(page.text, block.body, block.body + led.end()) or _is_venue(page, block, led))
    start = block.body + led.end() if led and dated else block.body
    stop = min(first.start, block.stop)
    raw = start, cut_tail(page.text, start, stop) if start < stop else stop
    before = trim(page.text, min(start, first.start), raw[1])
    dates = find_dates(page.text, *before)
    if dates and before[1] - before[0] <= dates[0].end - dates[0].start + 4:
        before = (before[1], before[1])
    if not _SAYS.search(page.text, *before):
        before = (before[1], before[1])
    if first.words and before[0] >= before[1]:
        return trim(page.text, *first.words)
    for link in links:
        named = link.words and not is_link_word(page.text, link.words)
        if named and link.words and is_title(page.text[slice(*link.words)]) and not is_title(page.text[slice(*before)]):
            return trim(page.text, *link.words)
    if (bold := _BOLD.match(page.text, start, before[1])) and not is_title(page.text[bold.end() : before[1]]):
        head = trim(page.text, *bold.span(1))
        if is_name(page.text[slice(*head)]) or is_title(page.text[slice(*head)]):
            return head
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


def _is_work(page: Page, index: int, words: str, links: list[Link]) -> bool:
    """Whether a line without a link to a paper speaks of a work: not of a tool, a list of links, the way to a page."""
    if _runs_on(words) or page.stands_under(index, "tool_headings"):
        return False
    if fold(words.split()[0]) == "awesome" or all(fold(name_in_url(link.url)).startswith("awesome") for link in links):
        return False
    return not page.is_foreign(index) or _agrees(words, links)


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
