"""Dates that contradict each other: between entries of one paper, against the diary's day, and against the calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from vlmrag.ingest.fields import find_dates
from vlmrag.ingest.mentions import (
    Finding,
    Mention,
    Months,
    Shelf,
    check_words,
    gap_between,
    is_first_days,
    read_id_month,
    read_months,
)
from vlmrag.types import Document, Field, Paper

_MONTHS_APART = 6
"""Months between two dates of different years from which on two entries contradict each other."""

_Dated = tuple[Mention, Field, Months]


def check_between_entries(shelf: Shelf) -> Iterator[Finding]:
    """Yield dates by which two entries of one paper contradict each other, told at the one farther from the id.

    A date beside a venue is the venue's, and contradicts nothing.
    """
    for mentions in shelf.by_paper.values():
        paper = mentions[0].paper
        dated = [(m, f, read_months(f.value)) for m in mentions if not m.fields("venue") for f in m.fields("date")]
        if widest := _find_widest(dated):
            yield _tell_apart(shelf, paper, *widest)


def _find_widest(dated: list[_Dated]) -> tuple[_Dated, _Dated] | None:
    """Return the earliest and the latest of the dates, where they contradict each other."""
    if len(dated) < 2:
        return None
    first, last = min(dated, key=lambda d: d[2][1]), max(dated, key=lambda d: d[2][0])
    apart = gap_between(first[2], last[2]) >= _MONTHS_APART and first[2][0] // 12 != last[2][0] // 12
    return (first, last) if apart and first[0].document.id != last[0].document.id else None


def _tell_apart(shelf: Shelf, paper: Paper, early: _Dated, late: _Dated) -> Finding:
    given = read_id_month(paper.arxiv) if paper.arxiv else None
    odd, other = late, early
    if given and abs(gap_between(given, early[2])) > abs(gap_between(given, late[2])):
        odd, other = early, late
    mention, field, _ = odd
    what = f"{mention.name} is dated {field.value} here and {other[1].value} elsewhere"
    why = f"the other date stands at {shelf.place(other[0].document, other[1].start, mention.document)}"
    if given and abs(gap_between(given, other[2])) <= 1:
        why += f" and fits arXiv {paper.arxiv}; name the venue if this one is its date"
    return shelf.report(mention.document, (field.start, field.end), "date", what, why, paper)


def check_calendar(shelf: Shelf, today: date) -> Iterator[Finding]:
    """Yield what is dated in the future, or after the day in a diary under which it stands; impossible venues."""
    now = read_months(today.isoformat())
    for mention in shelf.mentions:
        day = None if mention.fields("venue") else _find_day(mention.document)
        for field in mention.fields("date", "arxiv"):
            months = read_id_month(field.value) if field.name == "arxiv" else read_months(field.value)
            stated = f"arXiv {field.value}" if field.name == "arxiv" else field.value
            if months is None or (field.name == "arxiv" and is_first_days(field.value)):
                continue
            if gap_between(now, months) > 0:
                what, why = f"{mention.name} is dated {stated}, in the future", f"today is {today.isoformat()}"
            elif day and gap_between(read_months(day), months) > 0:
                what = f"{mention.name} is dated {stated}, later than the date that it stands under, {day}"
                why = "what was read on that day was published before it"
            else:
                continue
            yield shelf.report(mention.document, (field.start, field.end), "date", what, why, mention.paper)
            break
        yield from _check_venues(shelf, mention)


def _find_day(document: Document) -> str | None:
    """Return the date that a heading above the entry consists of: the day of a diary."""
    for heading in reversed(document.heading):
        dates = find_dates(heading, 0, len(heading))
        if len(dates) == 1 and dates[0].end - dates[0].start >= 0.6 * len(heading.strip()):
            return dates[0].value
    return None


def _check_venues(shelf: Shelf, mention: Mention) -> Iterator[Finding]:
    for field in mention.fields("venue"):
        match = re.match(r"(\w+)\D{0,3}((?:19|20)\d{2})(?!\d)", field.value)
        if match is None:
            continue
        for parity, kind in enumerate(("even", "odd")):
            if match[1].upper() in check_words(f"{kind}_years") and int(match[2]) % 2 != parity:
                what = f"there was no {match[1]} in {match[2]}, where {mention.name} is said to have appeared"
                why = f"{match[1]} is held in {kind} years"
                yield shelf.report(mention.document, (field.start, field.end), "date", what, why, mention.paper)
