"""Constraints that are said in a question's words: years, a venue, an organisation, a part of the library."""

from __future__ import annotations

import re
from dataclasses import replace

from vlmrag.ingest.fields import find_venues
from vlmrag.ingest.words import word_list
from vlmrag.language.fold import fold, fold_with_offsets
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank
from vlmrag.search.places import UNDER, find_headings, find_shape, lies_in, stands_in
from vlmrag.search.venues import EITHER
from vlmrag.types import Filters

EARLIEST, LATEST = 0, 9999
"""The years of a span that is open on one side."""
_SMALL = re.compile(r"(?<![A-Za-z0-9-])[a-z][a-z-]{1,14}(?![A-Za-z-])")
_SHORT = 3
"""Letters up to which a venue in small letters may as well be a word."""
_YEAR_AFTER = re.compile(r"[\s'’-]{0,2}(?:(?:19|20)\d\d|\d\d)(?!\d)")
_QUOTED = re.compile(r"[\"“「『《]([^\"“”「」『』《》]{6,80})[\"”」』》]")
"""What may be the name of a note."""
_YEAR_AND_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[./-](1[0-2]|0?[1-9])(?![\d./-])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_OF_SEVERAL = re.compile(rf"\d+|\b(?:{'|'.join(_MONTHS)})")
_BY = re.compile(r"\b((?:by|from|at) )([a-z]{3,})\b")
_PLAIN_WORDS = frozenset({"findings"})
"""Venues that are called by a word of the language."""


def read_limits(text: str, filters: Filters, catalogue: Catalogue, kind: str, cues: Cues) -> tuple[Filters, str]:
    """Constraints said in the question's words (years, an organisation, a part of the library), and the rest of it."""
    if kind == "list":
        filters, text = _read_place(text, filters, catalogue)
    filters, rest = _read_kind(_blank_all(cues.places, text), filters, catalogue, cues)
    if kind != "list":
        return filters, rest
    filters, rest = _read_section(rest, filters, catalogue, cues)
    cased = _raise_venues(rest, cues)
    venues = find_venues(cased, 0, len(cased))
    if venues and filters.venue is None:
        filters = replace(filters, venue=EITHER.join(dict.fromkeys(v.value for v in venues)))
        rest = _blank_named(cased, [(v.start, v.end) for v in venues], cues)
    rest = _YEAR_AND_MONTH.sub(r"\1年\2月", rest)
    years = _read_years(rest, filters, cues)
    if years and filters.years is None and filters.among is None:
        filters, (start, end), way = years
        first, last = filters.years or (EARLIEST, LATEST)
        months, _ = _read_months(rest if first == last else rest[start:end], cues)
        if months and filters.months is None and filters.among is None:
            filters = _limit_months(filters, way, months)
        rest = blank(rest, [(start, end)])
        rest = _read_months(rest, cues)[1] if first == last else rest
    if filters.years and filters.read is None and cues.kept.search(fold(text)):
        read = _limit_reading(filters)
        if any(d.works and lies_in(d, read) for d in catalogue.documents.values()):
            filters, rest = read, _blank_all(cues.kept, rest)
    rest = _raise_orgs(rest, catalogue)
    orgs = catalogue.glossary.spans(rest, "org")
    if orgs and filters.org is None:
        filters = replace(filters, org=_widest(orgs, catalogue))
        rest = _blank_named(rest, [(start, end) for _, start, end in orgs], cues)
    return _read_title(rest, filters, catalogue)


def _read_title(rest: str, filters: Filters, catalogue: Catalogue) -> tuple[Filters, str]:
    """The note whose title a question names, in quotes a part of it, and the rest of it."""
    if filters.source is None and (quoted := _QUOTED.search(rest)):
        called = fold(quoted[1])
        if source := next((s for s, title in catalogue.titles.items() if called in fold(title)), None):
            filters = replace(filters, source=source)
            rest = blank(rest, [quoted.span()])
    if filters.source is None:
        for source, title in catalogue.titles.items():
            at = fold(rest).find(fold(title))
            if at >= 0 and len(title) > 3:
                filters = replace(filters, source=source)
                rest = re.sub(re.escape(title), " ", rest, flags=re.IGNORECASE)
                break
    return filters, rest


def _read_kind(text: str, filters: Filters, catalogue: Catalogue, cues: Cues) -> tuple[Filters, str]:
    """Whether a question asks of papers that there is a PDF of, where the library has any, and the rest of it."""
    folded, offsets = fold_with_offsets(text)
    found = cues.printed.search(folded)
    if found is None or filters.kind is not None or "pdf" not in catalogue.kinds:
        return filters, text
    return replace(filters, kind="pdf"), blank(text, [(offsets[found.start()], offsets[found.end()])])


def _blank_all(pattern: re.Pattern[str], text: str) -> str:
    folded, offsets = fold_with_offsets(text)
    return blank(text, [(offsets[m.start()], offsets[m.end()]) for m in pattern.finditer(folded)])


def _read_place(text: str, filters: Filters, catalogue: Catalogue) -> tuple[Filters, str]:
    """The headings, and the note called after its form, that a question points at, and the rest of it."""
    named, spans = find_headings(text, catalogue.all_headings)
    if named and filters.section is None:
        filters, text = replace(filters, section=UNDER.join(named)), blank(text, spans)
    called = find_shape(text, catalogue.shapes)
    if called and filters.source is None:
        filters, text = replace(filters, source=called[0]), blank(text, [called[1]])
    return filters, text


def _blank_named(text: str, spans: list[tuple[int, int]], cues: Cues) -> str:
    """The text without these names, nor the brackets that only list them and what they are called before those."""
    folded, offsets = fold_with_offsets(text)
    brackets = [(offsets[m.start()], offsets[m.end()]) for m in cues.listed.finditer(folded)]
    return blank(text, spans + [(a, b) for a, b in brackets if any(a <= start < b for start, _ in spans)])


def _read_section(text: str, filters: Filters, catalogue: Catalogue, cues: Cues) -> tuple[Filters, str]:
    """The kind of section that a question names, where a heading of the library is called so, and the rest of it."""
    folded, offsets = fold_with_offsets(text)
    for name, pattern in cues.sections.items():
        found = pattern.search(folded)
        if (
            found
            and filters.section is None
            and any(stands_in(document, name) for document in catalogue.documents.values())
        ):
            rest = blank(text, [(offsets[found.start()], offsets[found.end()])])
            return replace(filters, section=name), rest
    return filters, text


def _raise_venues(text: str, cues: Cues) -> str:
    """The text with venues as they are mostly called, not in small letters ("iclr 2024") nor in full.

    A name of three letters ("chi", "acl") needs a year after it.
    """
    names = {name.lower(): name for name in word_list("venues") if name.lower() not in _PLAIN_WORDS}

    def name_venue(m: re.Match[str]) -> str:
        return names.get(m[0], m[0]) if len(m[0]) > _SHORT or _YEAR_AFTER.match(text, m.end()) else m[0]

    for name, full in cues.venues.items():
        text = full.sub(name, text)
    return _SMALL.sub(name_venue, text)


def _read_years(text: str, filters: Filters, cues: Cues) -> tuple[Filters, tuple[int, int], str] | None:
    """The filters with the years that a question names, the span that says so, and in which way."""
    folded, offsets = fold_with_offsets(text)
    for way, pattern in cues.years.items():
        found = pattern.search(folded)
        if found is None:
            continue
        said = sorted({int(year) for year in re.findall(r"\d{4}", found.group())})
        first, last = said[0], said[-1]
        spans = {
            "since": (first, LATEST),
            "after": (first + 1, LATEST),
            "until": (EARLIEST, last),
            "before": (EARLIEST, last - 1),
        }
        single = way == "among" and len(said) > 1
        limited = (
            replace(filters, among=tuple(said)) if single else replace(filters, years=spans.get(way, (first, last)))
        )
        return limited, (offsets[found.start()], offsets[found.end()]), way
    return None


def _limit_months(filters: Filters, way: str, months: tuple[int, int]) -> Filters:
    """The filters with the months in which their first year begins and their last ends."""
    first, last = filters.years or (EARLIEST, LATEST)
    if way in ("since", "until"):
        return replace(filters, months=(months[0], 12) if way == "since" else (1, months[1]))
    if way == "after" and months[1] < 12:
        return replace(filters, years=(first - 1, last), months=(months[1] + 1, 12))
    if way == "before" and months[0] > 1:
        return replace(filters, years=(first, last + 1), months=(1, months[0] - 1))
    return replace(filters, months=months) if first == last else filters


def _limit_reading(filters: Filters) -> Filters:
    """The filters with their years and months meant of the reading, not of the papers."""
    (first, last), (begin, end) = filters.years or (EARLIEST, LATEST), filters.months or (1, 12)
    return replace(filters, years=None, months=None, read=(f"{first:04}-{begin:02}", f"{last:04}-{end:02}"))


def _read_months(text: str, cues: Cues) -> tuple[tuple[int, int] | None, str]:
    """The first and last month that a text names, and the rest of it, folded: "1 到 3 月", "q1", "December"."""
    folded = fold(text)
    several, one = cues.months.search(folded), cues.month.search(folded)
    parts = [span for span, pattern in cues.year_parts.items() if pattern.search(folded)]
    if several:
        first, last = (_read_month(said) for said in _MONTH_OF_SEVERAL.findall(several.group())[:2])
        months: tuple[int, int] | None = (first, last)
    elif parts:
        months = parts[0]
    else:
        months = (_read_month(one.group()),) * 2 if one else None
    for pattern in (*cues.year_parts.values(), cues.months, cues.month) if months else ():
        folded = pattern.sub(" ", folded)
    return months, folded if months else text


def _read_month(said: str) -> int:
    """The month that a word or a number says: "december", "12 月"."""
    number = re.search(r"\d+", said)
    return int(number.group()) if number else _MONTHS.index(said.strip()[:3]) + 1


def _raise_orgs(text: str, catalogue: Catalogue) -> str:
    """The text with an organisation in small letters as it is called, where it stands for one: "anything by meta"."""

    def name_org(m: re.Match[str]) -> str:
        known = (n for n in (m[2], m[2].capitalize(), m[2].upper()) if catalogue.glossary.spans(n, "org"))
        return m[1] + next(known, m[2])

    return _BY.sub(name_org, text)


def _widest(orgs: list[tuple[str, int, int]], catalogue: Catalogue) -> str:
    """Of the organisations that a question names, the one that holds the others, else any of them."""
    names = list(dict.fromkeys(o for o, _, _ in orgs))
    for name in names:
        if all(name == o or name in catalogue.glossary.parents(o) for o in names):
            return name
    return EITHER.join(names)
