"""Constraints that are said in a question's words: years, a venue, an organisation, a part of the library."""

from __future__ import annotations

import re
from dataclasses import replace

from vlmrag.ingest.fields import find_venues
from vlmrag.language.fold import fold
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank
from vlmrag.types import Filters

_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:\s*(?:-|–|—|~|to|and|至|到)\s*((?:19|20)\d\d))?(?!\d)(?!\.\d)\s*年?")


def read_limits(text: str, filters: Filters, catalogue: Catalogue, kind: str, cues: Cues) -> tuple[Filters, str]:
    """Constraints said in the question's words (years, an organisation, a part of the library), and the rest of it."""
    rest = text
    for pattern in cues.places:
        rest = blank(rest, [m.span() for m in pattern.finditer(rest)])
    if kind != "list":
        return filters, rest
    venues = find_venues(rest, 0, len(rest))
    if venues and filters.venue is None:
        filters = replace(filters, venue=venues[0].value)
        rest = blank(rest, [(v.start, v.end) for v in venues])
    years = _YEARS.search(rest)
    if years and filters.years is None:
        first, last = int(years.group(1)), int(years.group(2) or years.group(1))
        filters = replace(filters, years=(min(first, last), max(first, last)))
        rest = blank(rest, [years.span()])
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


def _widest(orgs: list[tuple[str, int, int]], catalogue: Catalogue) -> str:
    """Of the organisations that a question names, the one that holds the others, else the first."""
    names = [o for o, _, _ in orgs]
    for name in names:
        if all(name == o or name in catalogue.glossary.parents(o) for o in names):
            return name
    return names[0]
