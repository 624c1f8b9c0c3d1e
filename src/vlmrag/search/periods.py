"""The time that a question limits papers to: years and months, of their publication or of their reading."""

from __future__ import annotations

import re
from dataclasses import replace

from vlmrag.language.fold import fold, fold_with_offsets
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank, blank_all
from vlmrag.search.denied import take_denial
from vlmrag.search.places import lies_in
from vlmrag.types import Filters

EARLIEST, LATEST = 0, 9999
"""The years of a span that is open on one side."""
_YEAR_AND_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[./-](1[0-2]|0?[1-9])(?![\d./-])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_OF_SEVERAL = re.compile(rf"\d+|\b(?:{'|'.join(_MONTHS)})")


def read_period(text: str, filters: Filters, catalogue: Catalogue, cues: Cues, *, kept: bool) -> tuple[Filters, str]:
    """Return the filters with the time that a question names or wants none of, and the rest of the question.

    `kept`: it asks when papers were read, not when they appeared.
    """
    rest = _YEAR_AND_MONTH.sub(r"\1年\2月", text)
    years = _read_years(rest, filters, cues)
    if years and filters.years is None and filters.among is None:
        limited, span, way = years
        rest, denied = take_denial(rest, [span], cues)
        if denied:
            return _turn_round(limited, filters, catalogue), blank(rest, [span])
        filters, (first, last) = limited, limited.years or (EARLIEST, LATEST)
        months, _ = _read_months(rest if first == last else rest[slice(*span)], cues)
        if months and filters.months is None and filters.among is None:
            filters = _limit_months(filters, way, months)
        rest = blank(rest, [span])
        rest = _read_months(rest, cues)[1] if first == last else rest
    if filters.years and filters.read is None and kept:
        read = _limit_reading(filters)
        if any(d.works and lies_in(d, read) for d in catalogue.documents.values()):
            filters, rest = read, blank_all(cues.kept, rest)
    return filters, rest


def _turn_round(limited: Filters, filters: Filters, catalogue: Catalogue) -> Filters:
    """The filters with all years of the library but those that `limited` holds."""
    first, last = limited.years or (LATEST, EARLIEST)
    held = {*(limited.among or ()), *range(first, last + 1)}
    return replace(filters, among=tuple(sorted({p.year for p in catalogue.papers if p.year} - held)))


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
