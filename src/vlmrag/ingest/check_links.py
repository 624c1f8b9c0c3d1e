"""Links that lead elsewhere, and addresses that lead nowhere: nothing is fetched, everything is told from the notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from vlmrag.ingest.fields import Link, find_arxiv, find_links, name_in_url
from vlmrag.ingest.mentions import Finding, Mention, Shelf, check_words
from vlmrag.ingest.titles import plain, trim
from vlmrag.language.fold import name_key
from vlmrag.types import Document, Field, Paper

_SHARED_OPENING = 4
"""Two names that begin with so many equal characters may be one family."""
_SCHEME = re.compile(r"(?<![A-Za-z0-9])(h{0,2}t{1,3}ps?)(\s?[:：;]?\s?)(/{1,3})(?=[A-Za-z])", re.IGNORECASE)
_DOUBLED = re.compile(r"https?://(?:https?:?//?)", re.IGNORECASE)
_SPACED_TARGET = re.compile(r"\]\(\s*(https?://[^()\s]*[ \t]+(?![\"'(])[^()\n]*)\)")
_WITHOUT_ID = re.compile(r"^(?:https?://)?(?:www\.)?arxiv\.org/(?:abs|pdf|html)(?:/|$)", re.IGNORECASE)
_CUT_OFF = re.compile(r"…|\.\.\.")
_HOST = re.compile(r"^(?:localhost|\[[0-9a-f:]+\]|.+\..+)$", re.IGNORECASE)


def check_links(shelf: Shelf) -> Iterator[Finding]:
    """Yield links of an entry that lead to the project of another paper that the notes name."""
    for mention in shelf.mentions:
        for field in mention.fields("url"):
            other = _find_stranger(shelf, mention, field)
            if other is None:
                continue
            theirs = shelf.by_paper[other.id][0]
            what = f"the link of {mention.name} leads to {name_in_url(field.value)}, the project of another paper"
            where = shelf.place(theirs.document, theirs.document.start, mention.document)
            why = f"{other.name} is an entry of its own at {where}, and nothing ties the two together"
            yield shelf.report(mention.document, (field.start, field.end), "link", what, why, mention.paper, other)
        yield from _check_label(shelf, mention)


def _find_stranger(shelf: Shelf, mention: Mention, field: Field) -> Paper | None:
    """Return the paper whose name a link has, where nothing ties it to the entry."""
    key = name_key(name_in_url(field.value))
    other = shelf.named.get(key)
    if other is None or other.id == mention.paper.id or other.id not in shelf.by_paper:
        return None
    if any(_related(key, own) for own in mention.keys) or _names_own(mention, field.value):
        return None
    if len(mention.document.works) > 1 or not _is_by_strangers(shelf, mention.paper, field.value):
        return None
    return None if shelf.are_tied(mention.paper, other) else other


def _related(key: str, own: str) -> bool:
    return key in own or own in key or key[:_SHARED_OPENING] == own[:_SHARED_OPENING]


def _names_own(mention: Mention, url: str) -> bool:
    """Whether the entry's name stands elsewhere in the address: a folder of a shared repository."""
    address = name_key(unquote(url))
    return any(own in address for own in mention.keys if len(own) >= 3)


def _is_by_strangers(shelf: Shelf, paper: Paper, url: str) -> bool:
    """Whether the account that an address belongs to is an organisation, and none of those that the paper is of.

    Without that, two papers may well share one repository.
    """
    glossary, parts = shelf.glossary, urlsplit(url)
    account = next((part for part in parts.path.split("/") if part), "")
    owner = glossary.org(account)
    if owner is None or not paper.orgs:
        return False
    family = {owner, *glossary.parents(owner)}
    own = {canonical for org in paper.orgs if (canonical := glossary.org(org) or org)}
    own |= {parent for org in own for parent in glossary.parents(org)}
    return not family & own and not any(
        name_key(word) in name_key(account) for org in paper.orgs for word in org.split()
    )


def _check_label(shelf: Shelf, mention: Mention) -> Iterator[Finding]:
    """Yield an entry that is called as one paper and linked to another: `Name: https://.../Other-Name`."""
    text = shelf.texts[mention.document.source]
    for field in mention.fields("name"):
        links = find_links(text, mention.document.start, mention.document.end)
        link = next((k for k in links if k.address[0] <= field.start < k.address[1]), None)
        if link is None:
            continue
        begin = text.rfind("\n", 0, link.start) + 1
        span = trim(text, max(begin, mention.document.start), link.start, edge=" \t*_:：-–—>.。#")
        called = shelf.named.get(name_key(plain(text, *span)))
        if called is not None and called.id != mention.paper.id and called.id in shelf.by_paper:
            theirs = shelf.by_paper[called.id][0].document
            what = f"the entry is called {plain(text, *span)}, and its link leads to {field.value}"
            why = f"{called.name} is another paper, at {shelf.place(theirs, theirs.start, mention.document)}"
            yield shelf.report(mention.document, span, "link", what, why, mention.paper, called)


def check_urls(shelf: Shelf) -> Iterator[Finding]:
    """Yield addresses that cannot be opened as they are written, and such that only pass the reader on."""
    for document in shelf.documents:
        text = shelf.texts[document.source]
        papers = tuple(m.paper for m in shelf.mentions_of(document))
        reached = document.start
        for span, what, why in sorted(_find_broken(text, document), key=lambda found: (found[0][0], -found[0][1])):
            if span[0] >= reached and not _is_code(text, document.start, span[0]):
                reached = span[1]
                yield shelf.report(document, span, "url", what, why, *papers)


def _is_code(text: str, start: int, position: int) -> bool:
    """Whether a place stands in a code block or between backticks: what looks like a link there is an example."""
    line = text.rfind("\n", start, position) + 1
    return text.count("`", max(line, start), position) % 2 == 1 or text.count("```", start, position) % 2 == 1


def _find_broken(text: str, document: Document) -> Iterator[tuple[tuple[int, int], str, str]]:
    start, end = document.start, document.end
    for match in _SCHEME.finditer(text, start, end):
        proper = match[1].lower() in ("http", "https") and match[2] == ":" and match[3] == "//"
        meant = len(match[1]) >= 4 and (":" in match[2] or "：" in match[2] or match[3] == "//")
        if not proper and meant:
            yield match.span(), f"{match[0].strip()!r} begins no address", "an address begins with http:// or https://"
    for match in _DOUBLED.finditer(text, start, end):
        yield match.span(), "an address that begins twice", f"it reads {match[0]!r}"
    for match in _SPACED_TARGET.finditer(text, start, end):
        yield match.span(1), "an address with a space in it", "a link ends at the first space"
    for link in find_links(text, start, end):
        if not link.image and (fault := _find_fault(text, link)):
            yield (link.address if link.url else (link.start, link.end)), *fault


def _find_fault(text: str, link: Link) -> tuple[str, str] | None:
    """Return what is wrong with one link, and why."""
    url = link.url
    if not url:
        return "a link without an address", f"its words are {text[link.start : link.end]!r}"
    if link.words and "//" not in url and link.kind != "local" and not re.match(r"[a-z]+:", url, re.IGNORECASE):
        return f"the link {url} lacks its https://", "without it the link is looked for beside the notes"
    if _CUT_OFF.search(url) or (link.words is None and _CUT_OFF.match(text, link.address[1])):
        return f"the address {url} is cut off", "it ends in dots that stand for the rest"
    if _WITHOUT_ID.match(url) and not find_arxiv(url, 0, len(url)):
        return f"the address {url} holds no arXiv id", "an id is YYMM.NNNNN, five digits after the dot since 2015"
    if "//" not in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"the address {url} is malformed", "its host cannot be read"
    if not parts.scheme.startswith("http"):
        return None
    if not _HOST.match(parts.hostname or "") and not re.search(r"[@:]", parts.netloc):
        return f"the address {url} names no host", "a host has a dot in its name"
    return _find_wrapper(parts.hostname or "", parts.query)


def _find_wrapper(host: str, query: str) -> tuple[str, str] | None:
    if not any(host == known or host.endswith("." + known) for known in check_words("redirect_hosts")):
        return None
    for name, value in parse_qsl(query):
        if name.lower() in check_words("redirect_parameters") and re.match(r"https?://", value):
            return f"a link through {host} instead of to {value}", f"{host} only passes the reader on"
    return None
