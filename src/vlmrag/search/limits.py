"""Constraints that are said in a question's words: years, a venue, an organisation, a part of the library."""

from __future__ import annotations

import re
from dataclasses import replace

from vlmrag.ingest.fields import find_venues
from vlmrag.ingest.words import word_list
from vlmrag.language.fold import fold, fold_with_offsets
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank, blank_all
from vlmrag.search.denied import NOT, take_denial
from vlmrag.search.organisations import find_class
from vlmrag.search.periods import read_period
from vlmrag.search.places import UNDER, find_headings, find_shape, stands_in
from vlmrag.search.venues import EITHER
from vlmrag.types import Filters

_SMALL = re.compile(r"(?<![A-Za-z0-9-])[a-z][a-z-]{1,14}(?![A-Za-z-])")
_SHORT = 3
"""Letters up to which a venue in small letters may as well be a word."""
_YEAR_AFTER = re.compile(r"[\s'’-]{0,2}(?:(?:19|20)\d\d|\d\d)(?!\d)")
_QUOTED = re.compile(r"[\"“「『《]([^\"“”「」『』《》]{6,80})[\"”」』》]")
"""What may be the name of a note."""
_BY = re.compile(r"\b((?:by|from|at) )([a-z]{3,})\b")
_PLAIN_WORDS = frozenset({"findings"})
"""Venues that are called by a word of the language."""


def read_limits(text: str, filters: Filters, catalogue: Catalogue, kind: str, cues: Cues) -> tuple[Filters, str]:
    """Constraints said in the question's words (years, an organisation, a part of the library), and the rest of it."""
    if kind == "list":
        filters, text = _read_place(text, filters, catalogue)
    filters, rest = _read_kind(blank_all(cues.places, text), filters, catalogue, cues)
    if kind != "list":
        return filters, rest
    filters, rest = _read_section(rest, filters, catalogue, cues)
    filters, rest = _read_venue(rest, filters, cues)
    filters, rest = read_period(rest, filters, catalogue, cues, kept=bool(cues.kept.search(fold(text))))
    filters, rest = _read_org(rest, filters, catalogue, cues)
    return _read_title(rest, filters, catalogue)


def _read_venue(text: str, filters: Filters, cues: Cues) -> tuple[Filters, str]:
    """The venues that a question names, or wants none of, and the rest of it."""
    cased = _raise_venues(text, cues)
    venues = find_venues(cased, 0, len(cased))
    if not venues or filters.venue is not None:
        return filters, cased
    spans = [(v.start, v.end) for v in venues]
    rest, denied = take_denial(cased, spans, cues)
    wanted = EITHER.join(dict.fromkeys(v.value for v in venues))
    return replace(filters, venue=f"{NOT}{wanted}" if denied else wanted), _blank_named(rest, spans, cues)


def _read_org(text: str, filters: Filters, catalogue: Catalogue, cues: Cues) -> tuple[Filters, str]:
    """The organisations, or the class of them, that a question names or wants none of, and the rest of it."""
    text = _raise_orgs(text, catalogue)
    if filters.org is not None:
        return filters, text
    if orgs := catalogue.glossary.spans(text, "org"):
        wanted, spans = _widest(orgs, catalogue), [(start, end) for _, start, end in orgs]
    elif asked := find_class(text):
        wanted, spans = asked[0], [asked[1]]
    else:
        return filters, text
    rest, denied = take_denial(text, spans, cues)
    return replace(filters, org=f"{NOT}{wanted}" if denied else wanted), _blank_named(rest, spans, cues)


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
