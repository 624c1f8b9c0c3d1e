"""One entry of a reference list: who, what, when and where, in any of the usual styles.

What an entry does not say plainly stays empty; its words are kept whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from vlmrag.ingest.fields import Span, find_arxiv, find_dois, find_links
from vlmrag.ingest.pages.people import (
    BARE_INITIALS,
    INITIALS_FIRST,
    SURNAMES_FIRST,
    are_people,
    split_people,
)
from vlmrag.ingest.words import word_list
from vlmrag.types import Field


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a reference list."""

    label: str
    """`[12]`, `12.`, `[Li20]`; empty where the list has none."""
    text: str
    """All its words, the label left out, hyphenation undone."""
    authors: tuple[str, ...]
    """As printed, "et al." left out."""
    title: str
    year: str
    """YYYY."""
    venue: str
    arxiv: str
    """Without version."""
    doi: str
    url: str
    first: int
    last: int
    """Indices of its first and last line among those that were given."""


_LABEL = re.compile(r"\s*(\[[^\[\]]{1,40}\]|［\d{1,4}］|【\d{1,4}】|\(\d{1,4}\)|\d{1,4}[.)](?=\s))\s*")
_MARK = re.compile(r"\s*[\[［](?:[JCMDPRSNAZGK]|EB|DB|CP)(?:/(?:OL|CD|MT|DK))?[\]］]")
"""What GB/T 7714 sets behind a title: [J], [C], [EB/OL]."""
_YEAR = r"(?:19|20)\d{2}"
_AUTHOR_YEAR = re.compile(
    rf"(.{{2,}}?)(?:[.,]?\s*[(（]({_YEAR})[a-z]?(?:,[^()]{{1,30}})?[)）][.,:]?|[.,]\s+({_YEAR})[a-z]?[.:]|"
    r"[.,]?\s*[\[(]n\.\s?d\.[\])]\.?)\s+(?=\S)"
)
_QUOTED = re.compile(r"(?<!\w)[\"“„]([^\"“”]{8,300}?)([.,?!]?)(?:[\"”]|'')([.,?!]?)(?=\s|$)")
_SENTENCE_END = re.compile(r"([.?!。．])[\"'”’)\]]*(?:\s+|(?<=[。．])|$)")
_NO_END = re.compile(
    r"(?:\b(?:vs|cf|al|ed|eds|dr|mr|mrs|st|no|vol|pp|jr|e\.g|i\.e|ver|fig|approx|proc|int|conf))\.$", re.I
)
_INITIAL = re.compile(r"(?:^|[\s.\-(])[A-ZÀ-Þ]\.$")
_VENUE_START = re.compile(
    r"(?:[,.]?\s+)?(?:[Ii]n(?::|\b(?=\s(?:[A-Z\d]|the\s)))|arXiv|ArXiv|arxiv|CoRR|bioRxiv|[Pp]roc\b|Proceedings|Ph\.?D|Technical|Tech\.|"
    r"Master|Transactions|Journal|Advances|URL\b|Available|Accessed|Preprint|preprint|¤)"
)
_COMMA_VENUE = re.compile(r",\s+(?=(?:in:?\s+[A-Z\d]|In:|arXiv|CoRR|¤|URL\b|https?:|pp?\.\s?\d))")
_COMMA_JOURNAL = re.compile(rf",\s+(?=[A-Z][\w.&: ]{{2,60}}?,?\s(?:\d+\s)?(?:\d+\s)?\({_YEAR}\))")
_END_YEAR = re.compile(
    rf"[,.]?\s*(?:\({_YEAR}[a-z]?\)|\b(?:[A-Z][a-z]{{2,8}}\.?\s+)?{_YEAR}[a-z]?(?!\)))[.,;]?\s*(?:¤|URL|Accessed|$).*$",
    re.DOTALL,
)
_AFTER_PEOPLE = re.compile(r"\s*[,:.]?\s*")
_LEADING_YEAR = re.compile(rf"\(?({_YEAR})[a-z]?\)?[.,:]\s+")
_TRAILING_YEAR = re.compile(rf"[(.,]\s*({_YEAR})[a-z]?\)?$")
_BRACKETED_YEAR = re.compile(rf"[(（]({_YEAR})[a-z]?[)）]")
_PLAIN_YEAR = re.compile(rf"(?<![\d.:/])({_YEAR})(?!\d|:\S)")
_YEAR_IN_NAME = re.compile(rf"^{_YEAR}\s+(?=[A-Z])")
_DATED = re.compile(rf"\b{_YEAR}\b|\d+\s?[(:]")
_PAGES = re.compile(r"(?!(?:19|20)\d\d-\d\d?(?!\d))\d+\s?[–—-]{1,2}\s?\d+")
_VENUE_END = re.compile(
    rf"[,;.]?\s*(?:\bpp?\.|\bpages?\b|\bvol(?:ume)?\b\.?\s*\d|\(?\b{_YEAR}\b(?!\s+[A-Z])|\barXiv\b|\bCoRR\b|¤|\bURL\b|\bdoi\b|\bAccessed\b|"
    r"[,:]?\s\d+\s?[(:]|[,]\s?\d|\s\d+[(,:])",
    re.IGNORECASE,
)
_EDITORS = re.compile(r"^.{0,300}?(?:\([Ee]ds?\.?\)|\beditors?\b|\b[Ee]ds?\.)[,:]?\s+")


def parse_reference(words: str, first: int, last: int) -> Reference:
    """Return what an entry states, whose lines `first` to `last` were joined to `words`."""
    label = _LABEL.match(words)
    text = words[label.end() :] if label else words
    links = find_links(text, 0, len(text)) if "/" in text else []
    ids = find_arxiv(text, 0, len(text))
    dois = find_dois(text, 0, len(text)) if "10." in text else []
    masked = _mask(text, [(f.start, f.end) for f in (*ids, *dois)] + [(link.start, link.end) for link in links])
    authors, year, title = _divide(masked)
    end = _cut_title(masked, *title) if title[0] < title[1] and not _MARK.match(masked, title[1]) else title[1]
    people = split_people(text[slice(*authors)]) if authors[0] < authors[1] else ()
    arxiv = ids or _find_bare_id(text)
    return Reference(
        label=label[1] if label else "",
        text=text,
        authors=people,
        title=_clean(text[title[0] : end]),
        year=year or _find_year(masked),
        venue=_find_venue(masked, end),
        arxiv=arxiv[0].value if arxiv else "",
        doi=dois[0].value if dois else "",
        url=links[0].url if links else "",
        first=first,
        last=last,
    )


def _mask(text: str, spans: Iterable[Span]) -> str:
    """Return `text` with the spans overwritten by the sign ¤: the digits of addresses and ids say nothing."""
    chars = list(text)
    for start, end in spans:
        chars[start:end] = "¤" * (end - start)
    return "".join(chars)


def _find_bare_id(text: str) -> list[Field]:
    """Return the number that can only be an arXiv id, though nothing says so: `1507.06228, 2015`."""
    found = find_arxiv(text, 0, len(text), bare=True)
    return found if len(found) == 1 and re.search(r"[.,]\s$", text[: found[0].start]) else []


def _divide(text: str) -> tuple[Span, str, Span]:
    """Return where the authors stand, the year that follows them, and from where to where to look for the title."""
    for divide in (_divide_marked, _divide_dated, _divide_quoted, _divide_initials, _divide_sentence):
        if (found := divide(text)) is not None:
            return found
    return (0, 0), "", (0, len(text))


def _divide_marked(text: str) -> tuple[Span, str, Span] | None:
    """Divide `作者. 题名[J]. 刊名, 2020`."""
    mark = _MARK.search(text)
    if mark is None:
        return None
    for end in _SENTENCE_END.finditer(text, 0, mark.start()):
        if are_people(text[: end.start()]) and not (
            _INITIAL.search(text[: end.start() + 1]) and text[end.end()].islower()
        ):
            return (0, end.start()), "", (end.end(), mark.start())
    return (0, 0), "", (0, mark.start())


def _divide_dated(text: str) -> tuple[Span, str, Span] | None:
    """Divide `Ada Stone and Cy Wu. 2020. Title.` and `Stone, A. (2020). Title.`."""
    match = _AUTHOR_YEAR.match(text)
    if match is None or not _may_lead(match[1]):
        return None
    if _VENUE_START.match(text, match.end()) and not (are_people(match[1]) and text.startswith("In ", match.end())):
        return None
    return (0, match.end(1)), match[2] or match[3] or "", (match.end(), len(text))


def _may_lead(words: str) -> bool:
    """Whether words in front of a year are people, or the name of a group."""
    return are_people(words) or bool(re.fullmatch(r"[^.,:;¤]{2,60}|¤+[./]?|[^.:;¤]{2,40}", words))


def _divide_quoted(text: str) -> tuple[Span, str, Span] | None:
    """Divide `A. Stone, “Title,” in Venue, 2020`."""
    match = _QUOTED.search(text)
    if match is None or not (match[2] or match[3]) or text[: match.start()].count(". ") > 60:
        return None
    before = text[: match.start()].rstrip(" ,.:")
    year = _TRAILING_YEAR.search(before)
    people = before[: year.start()] if year else before
    if people and not are_people(people):
        return None
    return (0, len(people)), year[1] if year else "", match.span(1)


def _divide_initials(text: str) -> tuple[Span, str, Span] | None:
    """Divide `Stone, A. and Wu, C. Title.`, `Stone, A., Wu, C.: Title.` and `A. Stone, C. Wu, Title, Journal`."""
    match = SURNAMES_FIRST.match(text) or BARE_INITIALS.match(text)
    if match is None:
        match = INITIALS_FIRST.match(text)
        if match is None or not text.startswith(",", match.end()):
            return None
    after = _AFTER_PEOPLE.match(text, match.end())
    start = after.end() if after else match.end()
    if text[match.end() : start].strip() == "," and not INITIALS_FIRST.fullmatch(text[: match.end()]):
        longer = _divide_sentence(text)
        if longer is not None and longer[0][1] > match.end():
            return longer
    year = _LEADING_YEAR.match(text, start)
    return (0, match.end()), year[1] if year else "", (year.end() if year else start, len(text))


def _divide_sentence(text: str) -> tuple[Span, str, Span] | None:
    """Divide `Ada Stone, Bo Li, and Cy Wu. Title.`: the first sentence is people."""
    initial = None
    for end in _SENTENCE_END.finditer(text):
        if end[1] in "?!" or end.end() == len(text):
            break
        people = are_people(text[: end.start()])
        divided = (0, end.start()), "", (end.end(), len(text))
        if not _INITIAL.search(text[: end.start() + 1]):
            return divided if people else initial
        if people and "," in text[: end.start()] and text[end.end()].isupper():
            initial = divided  # the last initial may end the sentence: `Stone, Ada E. Title.`
    return initial


def _cut_title(text: str, start: int, end: int) -> int:
    """Return where the title that begins at `start` ends."""
    for comma in (_COMMA_VENUE, _COMMA_JOURNAL):
        match = comma.search(text, start, end)
        if match and not any(
            _ends_title(text, stop, end) for stop in _SENTENCE_END.finditer(text, start, match.start())
        ):
            return match.start()
    for stop in _SENTENCE_END.finditer(text, start, end):
        if _ends_title(text, stop, end):
            return _without_year(text, start, stop.start() + (stop[1] in "?!"))
    address = text.find("¤", start, end)
    return _without_year(text, start, address if address > start else end)


def _ends_title(text: str, stop: re.Match[str], end: int) -> bool:
    """Whether the full stop, or the question mark, is the end of a title."""
    if stop.end() >= end or _VENUE_START.match(text, stop.end()):
        return True
    if stop[1] in "?!":
        rest = re.split(r"[.?!]\s", text[stop.end() : end], maxsplit=1)[0]
        return not rest[0].islower() and (bool(_DATED.search(rest)) or rest.startswith(_venues()))
    head = text[: stop.start() + 1]
    return not (_INITIAL.search(head) or _NO_END.search(head)) and not text[stop.end()].islower()


@cache
def _venues() -> tuple[str, ...]:
    return (*word_list("venues"), *word_list("venue_openings"))


def _without_year(text: str, start: int, end: int) -> int:
    match = _END_YEAR.search(text, start + 4, end) if end - start > 8 else None
    return match.start() if match else end


def _find_year(text: str) -> str:
    """Return the last year that is neither a page nor part of an address: in brackets if there is one so."""
    text = _PAGES.sub(" ", text)
    found = _BRACKETED_YEAR.findall(text) or _PLAIN_YEAR.findall(text)
    return found[-1] if found else ""


def _find_venue(text: str, start: int) -> str:
    """Return the conference or journal, up to its volume, pages or year."""
    rest = _MARK.sub("", text[start:], count=1).lstrip(' .,;:?!"”’。．/')
    rest = re.sub(r"^[Ii]n(?::\s*|\s+)", "", rest)
    if editors := _EDITORS.match(rest):
        rest = rest[editors.end() :]
    rest = _YEAR_IN_NAME.sub("", rest)
    end = _VENUE_END.search(rest)
    venue = rest[: end.start()] if end else rest
    head, _, _ = venue.partition(". ")
    marked = _MARK.match(text, start) is not None
    venue = head if len(venue) > 60 or marked or head in word_list("venues") else venue
    venue = re.sub(r"\s*\([^()]*$", "", venue).strip(" .,;:()（）。，")
    if re.fullmatch(r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*", venue):
        return ""
    return (
        ""
        if not re.search(r"[^\W\d_]{2}", venue) or re.match(r"(?:arxiv|preprint|url|https?)\b", venue, re.I)
        else venue
    )


def _clean(title: str) -> str:
    return title.strip(' .,;:"“”。，．')
