"""Which part of the library a question points at: a note by its form ("the diary"), a heading, a date's entries."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from vlmrag.language.fold import fold, fold_with_offsets
from vlmrag.search.cues import Cues
from vlmrag.types import Document, Filters

UNDER = " > "
"""What parts headings in `Filters.section`, all of which an entry must stand under."""
_MOST = 0.5
"""Share of a note's entries from which their form is the note's."""
_SHORTEST = 4
"""Characters of the shortest heading that a question can name."""
_QUOTES = "\"“”'「」『』《》[]【】"
_DIARY = re.compile(r"\b(?:diary|journal|daily)\b|日记|日志")
_NUMBER = re.compile(r"\d+")
_DATED = re.compile(
    r"(?P<year>(?:19|20)\d\d) ?[./年-] ?(?P<month>1[0-2]|0?[1-9])(?: ?[./月-] ?(?P<day>\d{1,2})(?: ?日)?| ?月)?"
)

Span = tuple[int, int]


def read_shapes(documents: Collection[Document], texts: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return the sources of each form: a `diary` has days for headings, a `table` has entries that are rows."""
    entries: dict[str, list[Document]] = {}
    for document in documents:
        if document.works and document.kind == "note":
            entries.setdefault(document.source, []).append(document)
    day = Cues.load().day

    def kept_daily(d: Document) -> bool:
        return any(day.fullmatch(fold(h)) or _DIARY.search(fold(h)) for h in d.heading)

    def is_row(d: Document) -> bool:
        text = texts[d.source]
        line = text[text.rfind("\n", 0, d.start) + 1 : d.start + 1]
        return any(bar in line for bar in "|│")

    tests = {"diary": kept_daily, "table": is_row}
    return {
        name: frozenset(s for s, ds in entries.items() if sum(map(test, ds)) >= _MOST * len(ds))
        for name, test in tests.items()
    }


def read_day(heading: str) -> str:
    """Return the date, as YYYY-MM-DD or YYYY-MM, that a heading is and nothing else; "" for any other."""
    found = _DATED.fullmatch(fold(heading))
    day = f"-{int(found['day']):02}" if found and found["day"] else ""
    return f"{found['year']}-{int(found['month']):02}{day}" if found else ""


def read_month(heading: str) -> str:
    """Return the month, as YYYY-MM, of a heading that is nothing but a date with one; "" for any other."""
    return read_day(heading)[:7]


def lies_in(document: Document, f: Filters) -> bool:
    """Whether a document lies in the part of the library that filters name by source, section, kind and diary month."""
    inside = f.source is None or fold(f.source) in fold(document.source)
    headed = f.section is None or stands_in(document, f.section)
    read = f.read is None or any(f.read[0] <= month <= f.read[1] for month in map(read_month, document.heading))
    noted = f.kind == "note" and document.kind == "record"  # what is said of a paper, by a reader or a catalogue
    return inside and headed and read and (f.kind is None or document.kind == f.kind or noted)


def stands_in(document: Document, section: str) -> bool:
    """Whether a document stands under the headings that `Filters.section` names."""
    above = [fold(heading) for heading in document.heading]
    for part in section.split(UNDER):
        pattern = Cues.load().sections.get(part)
        if not (any(map(pattern.search, above)) if pattern else part in above):
            return False
    return True


def falls_in(date: str, years: tuple[int, int], months: tuple[int, int]) -> bool:
    """Whether a date, which begins with its year, falls from a month of the first year to a month of the last.

    In the first and the last year a date must tell its month; between them none is needed.
    """
    year, month = date[:4], date[5:7]
    if f"{years[0]:04}" < year < f"{years[1]:04}":
        return True
    return bool(month) and f"{years[0]:04}{months[0]:02}" <= year + month <= f"{years[1]:04}{months[1]:02}"


def find_shape(text: str, shapes: Mapping[str, Collection[str]]) -> tuple[str, Span] | None:
    """Return the one source that a text calls after its form, and the span that says so."""
    folded, offsets = fold_with_offsets(text)
    for name, pattern in Cues.load().shapes.items():
        found = pattern.search(folded)
        if found and len(shapes[name]) == 1:
            return next(iter(shapes[name])), (offsets[found.start()], offsets[found.end()])
    return None


def find_headings(text: str, headings: Collection[str]) -> tuple[list[str], list[Span]]:
    """Return the headings that a text points at, folded, and the spans that say so.

    A heading counts where it is quoted or pointed at ("under X", "X 底下"); a day where a heading is that day.
    """
    cues = Cues.load()
    folded, offsets = fold_with_offsets(text)
    named: list[str] = []
    spans: list[Span] = []
    for heading in sorted({fold(h) for h in headings}, key=lambda h: (-len(h), h)):
        at = folded.find(heading) if len(heading) >= _SHORTEST else -1
        if at < 0 or any(s <= at < e for s, e in spans):
            continue
        end = at + len(heading)
        quoted = folded[at - 1 : at] in _QUOTES and folded[end : end + 1] in _QUOTES
        before = cues.heading_before.search(folded[:at].rstrip(" " + _QUOTES))
        rest = folded[end:].lstrip(" " + _QUOTES)
        after = cues.heading_after.search(rest)
        if cues.note_after.search(rest):
            continue
        if (quoted and at and end < len(folded)) or before or after:
            begin = before.start() if before else at
            spans.append((begin, len(folded) - len(rest) + after.end() if after else end))
            named.append(heading)
    for day in cues.day.finditer(folded):
        numbers = [int(n) for n in _NUMBER.findall(day.group())]
        same = next((h for h in headings if [int(n) for n in _NUMBER.findall(h)] == numbers), None)
        if same is not None:
            named.append(fold(same))
            spans.append(day.span())
    return named, [(offsets[s], offsets[e]) for s, e in spans]
