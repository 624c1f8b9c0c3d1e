"""Constraints that are said in a question's words: years, a venue, an organisation, a part of the library."""

from __future__ import annotations

import re
from dataclasses import replace

from vlmrag.ingest.fields import find_venues
from vlmrag.language.fold import fold, fold_with_offsets
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank
from vlmrag.types import Filters

EARLIEST, LATEST = 0, 9999
"""The years of a span that is open on one side."""


def read_limits(text: str, filters: Filters, catalogue: Catalogue, kind: str, cues: Cues) -> tuple[Filters, str]:
    """Constraints said in the question's words (years, an organisation, a part of the library), and the rest of it."""
    folded, offsets = fold_with_offsets(text)
    rest = blank(text, [(offsets[m.start()], offsets[m.end()]) for m in cues.places.finditer(folded)])
    if kind != "list":
        return filters, rest
    venues = find_venues(rest, 0, len(rest))
    if venues and filters.venue is None:
        filters = replace(filters, venue=venues[0].value)
        rest = blank(rest, [(v.start, v.end) for v in venues])
    years = _read_years(rest, cues)
    if years and filters.years is None:
        filters = replace(filters, years=years[0])
        rest = blank(rest, [years[1]])
    orgs = catalogue.glossary.spans(rest, "org")
    if orgs and filters.org is None:
        filters = replace(filters, org=_widest(orgs, catalogue))
        rest = blank(rest, [(start, end) for _, start, end in orgs])
    if filters.source is None:
        for source, title in catalogue.titles.items():
            at = fold(rest).find(fold(title))
            if at >= 0 and len(title) > 3:
                filters = replace(filters, source=source)
                rest = re.sub(re.escape(title), " ", rest, flags=re.IGNORECASE)
                break
    return filters, rest


def _read_years(text: str, cues: Cues) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The first and the last year that a question names, both included, and the span that says so."""
    folded, offsets = fold_with_offsets(text)
    for way, pattern in cues.years.items():
        found = pattern.search(folded)
        if found is None:
            continue
        said = [int(year) for year in re.findall(r"\d{4}", found.group())]
        first, last = min(said), max(said)
        limits = {
            "since": (first, LATEST),
            "after": (first + 1, LATEST),
            "until": (EARLIEST, last),
            "before": (EARLIEST, last - 1),
        }
        return limits.get(way, (first, last)), (offsets[found.start()], offsets[found.end()])
    return None


def _widest(orgs: list[tuple[str, int, int]], catalogue: Catalogue) -> str:
    """Of the organisations that a question names, the one that holds the others, else the first."""
    names = [o for o, _, _ in orgs]
    for name in names:
        if all(name == o or name in catalogue.glossary.parents(o) for o in names):
            return name
    return names[0]
