"""Fields that are found by their form, wherever they stand: links, arXiv ids, DOIs, dates, venues, and labels.

Every function takes the whole text and a span, and gives spans of the whole text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal
from urllib.parse import unquote, urlsplit

from vlmrag.ingest.words import labels, word_list
from vlmrag.language.fold import fold
from vlmrag.language.patterns import compile_later
from vlmrag.types import Field

Span = tuple[int, int]
LinkKind = Literal["arxiv", "paper", "doi", "code", "page", "local", "other"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link, bare or in Markdown or HTML."""

    kind: LinkKind
    url: str
    start: int
    end: int
    """The whole link, its words and brackets included."""
    address: Span
    """Where the URL itself stands."""
    words: Span | None = None
    """Where the link's words stand; None for a bare URL."""
    image: bool = False
    bare: bool = False
    """Whether it is only an arXiv id, without an address."""


_MARKDOWN_LINK = compile_later(
    r"(!?)\[((?:[^\[\]\\]|\\.|!?\[[^\[\]]*\](?:\([^()\s]*\))?){0,400})\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?"
    r"(?:\s+[\"'][^\"']*[\"'])?\s*\)"
)
_HTML_LINK = compile_later(r"<a\s[^<>]*?href\s*=\s*[\"']([^\"'<>]*)[\"'][^<>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL)
_BARE_URL = compile_later(
    r"(?:https?://|www\.)[^\s<>\"'`|，。；、）】》「」*]+|(?<![\w/.])(?:arxiv\.org|github\.com|openreview\.net|huggingface\.co)/[^\s<>\"'`|，。；、）】》*]+",
    re.IGNORECASE,
)
_ARXIV = compile_later(
    r"(?:arxiv\.org/(?:abs|pdf|html|ps|format|src|e-print)/|arxiv\.org/?:?\s?|alphaxiv\.org/\w+/|ar5iv\.(?:labs\.arxiv\.)?org/(?:abs|html)/"
    r"|huggingface\.co/papers/|arxiv(?:\s*id)?\s*[:：]?\s*\[?(?:preprint\s*)?(?:arxiv\s*:\s*)?(?:abs/)?|\babs/|10\.48550/arxiv\.)"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(v\d+)?(?!\d)",
    re.IGNORECASE,
)
_BARE_ARXIV = compile_later(r"(?<![\w./])(\d{4}\.\d{4,5})(v\d+)?(?![\w/]|\.\d)")
_DOI = compile_later(r"\b(10\.\d{4,9}/[^\s\"<>，。；、|]+[^\s\"<>，。；、|.,;)\]])", re.IGNORECASE)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATES = compile_later(
    rf"(?<![\d.])((?:19|20)\d{{2}})\s?(?:[-/.]|年)\s?(\d{{1,2}})(?![\d])(?:\s?(?:[-/.]|月)\s?(\d{{1,2}})(?!\d)|\s?月)?\s?日?"
    rf"|\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+((?:19|20)\d{{2}})\b|\b(\d{{1,2}})\s+{_MONTH},?\s+((?:19|20)\d{{2}})\b"
    rf"|\b{_MONTH},?\s+((?:19|20)\d{{2}})\b|(?<![\d.])((?:19|20)\d{{2}})[\s,]+{_MONTH}(?![a-z])"
    rf"|(?<![\d./:-])((?:19|20)\d{{2}})(?![\d:]|[./-]\d)\s?年?",
    re.IGNORECASE,
)
_DECORATION = r"\s*_`【\[\ufe0f\u200d\U0001f300-\U0001faff\u2600-\u27bf>*-"
_LABEL = compile_later(
    rf"[{_DECORATION}]*([^\s:：*_`【】\[\]|][^:：*_`【】\[\]|\n]{{0,28}}?)\s*[*_`】\]]*\s*[:：]\s*[*_]{{0,3}}[ \t]*"
)


def find_links(text: str, start: int, end: int) -> list[Link]:
    """Return the links of a span in order, none inside another."""
    if "/" not in text[start:end] and "](" not in text[start:end]:
        return []
    links: list[Link] = []
    for match in _MARKDOWN_LINK.finditer(text, start, end):
        links.append(_make_link(match[3], match.span(), match.span(3), match.span(2), image=bool(match[1])))
    for match in _HTML_LINK.finditer(text, start, end):
        links.append(_make_link(match[1], match.span(), match.span(1), match.span(2)))
    taken = [(link.start, link.end) for link in links]
    for match in _BARE_URL.finditer(text, start, end):
        if not any(a <= match.start() < b for a, b in taken):
            url = _trim_url(match[0])
            span = match.start(), match.start() + len(url)
            links.append(_make_link(url, span, span))
    return sorted(links, key=lambda link: link.start)


def _trim_url(url: str) -> str:
    url = url.rstrip(".,;:!?*_~'\"")
    while url and url[-1] in ")]}" and url.count(url[-1]) > url.count({")": "(", "]": "[", "}": "{"}[url[-1]]):
        url = url[:-1].rstrip(".,;:!?*_~'\"")
    return url


def _make_link(url: str, span: Span, address: Span, words: Span | None = None, *, image: bool = False) -> Link:
    return Link(classify_url(url), url, *span, address, words, image)


def classify_url(url: str) -> LinkKind:
    """Return what a URL leads to: a paper, its code, its project page, a place in these notes, or something else."""
    if _ARXIV.search(url):
        return "arxiv"
    if url.startswith(("#", "/", "./", "../")) or ("//" not in url and not re.match(r"[\w-]+(\.[\w-]+)+/", url)):
        return "local"
    try:
        split = urlsplit(url if "//" in url else "//" + url)
    except ValueError:
        return "other"
    host, path = (split.hostname or "").removeprefix("www."), split.path.strip("/")
    if host.endswith(("doi.org",)) and _DOI.search(url):
        return "doi"
    if any(host == known or host.endswith("." + known) for known in word_list("paper_hosts")):
        return "paper"
    if host in word_list("code_hosts"):
        parts = path.split("/")
        inside = len(parts) > 2 and parts[2] in word_list("repository_parts")
        return "code" if len(parts) >= 2 and parts[0] not in word_list("host_parts") and not inside else "other"
    if host.endswith(word_list("page_hosts")):
        return "page"
    return "other"


def name_in_url(url: str) -> str:
    """Return what a repository or project page is called in its URL, or an empty string."""
    try:
        parts = urlsplit(url if "//" in url else "//" + url)
    except ValueError:
        return ""
    host, path = (parts.hostname or "").removeprefix("www."), [p for p in unquote(parts.path).split("/") if p]
    if host in ("github.com", "gitlab.com", "gitee.com", "bitbucket.org"):
        return path[1].removesuffix(".git") if len(path) >= 2 else ""
    if host.endswith(word_list("page_hosts")) and host != "sites.google.com":
        return path[0] if path and re.fullmatch(r"[\w.-]+", path[0]) and "." not in path[0] else host.split(".")[0]
    return ""


def find_arxiv(text: str, start: int, end: int, *, bare: bool = False) -> list[Field]:
    """Return the arXiv ids of a span; `bare`: also numbers that merely look like one."""
    found: dict[int, Field] = {}
    for pattern in (_ARXIV, _BARE_ARXIV) if bare else (_ARXIV,):
        for match in pattern.finditer(text, start, end):
            if is_arxiv_id(match[1]):
                found.setdefault(match.start(1), Field("arxiv", match[1].lower(), match.start(1), match.end()))
    return [found[key] for key in sorted(found)]


def find_id_links(text: str, start: int, end: int, *, bare: bool = False) -> list[Link]:
    """Return the arXiv ids of a span as links, their "arXiv:" included; `bare` as in `find_arxiv`."""
    if not any(char.isdigit() for char in text[start:end]):
        return []
    found: dict[int, Link] = {}
    for pattern in (_ARXIV, _BARE_ARXIV) if bare else (_ARXIV,):
        for match in pattern.finditer(text, start, end):
            if is_arxiv_id(match[1]):
                link = Link("arxiv", match[1].lower(), *match.span(), (match.start(1), match.end()), bare=True)
                found.setdefault(match.start(1), link)
    return [found[key] for key in sorted(found)]


def is_arxiv_id(number: str) -> bool:
    """Whether a number can be an arXiv id: its month exists."""
    if "/" in number:
        return True
    month, width = int(number[2:4]), len(number) - 5
    return 1 <= month <= 12 and number[:2] >= "07" and (width == 5) == (number[:4] >= "1501")


def find_dois(text: str, start: int, end: int) -> list[Field]:
    """Return the DOIs of a span, arXiv's own left out."""
    return [
        Field("doi", match[1].lower(), *match.span(1))
        for match in _DOI.finditer(text, start, end)
        if "arxiv" not in match[1].lower()
    ]


def find_dates(text: str, start: int, end: int) -> list[Field]:
    """Return the dates of a span as YYYY, YYYY-MM or YYYY-MM-DD, in order."""
    found = []
    for match in _DATES.finditer(text, start, end):
        year, month, day = _read_date(match)
        if month is not None and not 1 <= month <= 12:
            month = day = None
        value = year if month is None else f"{year}-{month:02}"
        value += f"-{day:02}" if month is not None and day is not None and 1 <= day <= 31 else ""
        stop = match.start() + len(match[0].rstrip())
        found.append(Field("date", value, match.start(), stop))
    return found


def _read_date(match: re.Match[str]) -> tuple[str, int | None, int | None]:
    groups = match.groups()
    if groups[0]:
        return groups[0], int(groups[1]), int(groups[2]) if groups[2] else None
    if groups[3]:
        return groups[5], _month(groups[3]), int(groups[4])
    if groups[6]:
        return groups[8], _month(groups[7]), int(groups[6])
    if groups[9]:
        return groups[10], _month(groups[9]), None
    if groups[11]:
        return groups[11], _month(groups[12]), None
    return groups[13], None, None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


@cache
def _venue_pattern() -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(word_list("venues"), key=len, reverse=True))
    openings = "|".join(re.escape(name) for name in word_list("venue_openings"))
    tracks = "Oral|Spotlight|Findings|Workshops?|Poster|Best Paper|Highlight|D&B|Main"
    track = rf"(?:\s*[-(（]?\s*(?:{tracks})[A-Za-z ]{{0,20}}[)）]?)?"
    return re.compile(
        rf"(?<![A-Za-z0-9-])(?:(?:ACM\s+)?(?:{names})(?![A-Za-z-])(?:[\s'’-]{{0,2}}(?:(?:19|20)\d{{2}}|\d{{2}})(?!\d))?{track}"
        rf"|(?:{openings})\b[A-Za-z0-9 &,/-]{{0,90}})"
    )


def find_venues(text: str, start: int, end: int) -> list[Field]:
    """Return the conferences and journals that a span names, as written."""
    return [
        Field("venue", match[0].strip(" ,"), match.start(), match.start() + len(match[0].rstrip(" ,")))
        for match in _venue_pattern().finditer(text, start, end)
    ]


def find_label(text: str, start: int, end: int) -> tuple[str, Span] | None:
    """Return the field that a line's label announces, and the span of what follows the label."""
    match = _LABEL.match(text, start, min(end, start + 80))
    if match is None or text.startswith("//", match.end()):
        return None
    kind = field_of_label(match[1])
    if kind is None:
        return None
    at = _LABEL.match(text, start, end)
    value = at.end() if at else match.end()
    stop = value + len(text[value:end].rstrip())
    return kind, (value, stop)


def field_of_label(words: str) -> str | None:
    """Return the field that a label or a column's head announces."""
    plain = fold(re.sub(r"[*_`]|[\(（][^()（）]*[\)）]", "", words)).strip(" :：.#\ufe0f") or fold(words).strip()
    return labels().get(plain)
