"""What a paper's first page says of the paper: title, name, authors, organisations, ids, date and venue.

Every value keeps the words that it was read from, so that it can be cited like anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vlmrag.ingest.fields import Span, find_arxiv, find_dates, find_dois, is_arxiv_id
from vlmrag.ingest.pages.byline import Spot, read_byline
from vlmrag.ingest.pages.coined import find_coined
from vlmrag.ingest.pages.headline import FirstPage, clean_title, find_abstract
from vlmrag.ingest.pages.nouns import Line
from vlmrag.ingest.pages.unbroken import join_lines
from vlmrag.ingest.pages.venue import name_venue
from vlmrag.ingest.titles import is_name, read_heading
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold, name_key
from vlmrag.types import Field

_FILE_NAME = re.compile(r"(?<![\d.])(\d{4}\.\d{4,5})(?:v(\d{1,2}))?(?=\D|$)")
_OLD_FILE_NAME = re.compile(r"(?<![a-z])([a-z]{2,8}(?:-[a-z]{2,4})?)[_-]?(\d{7})(?:v(\d{1,2}))?(?!\d)")
_OLD_ARCHIVES = frozenset({
    "astro-ph", "cmp-lg", "cond-mat", "cs", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math", "math-ph", "nlin",
    "nucl-ex", "nucl-th", "physics", "q-bio", "quant-ph", "stat",
})  # fmt: skip
_STAMP = re.compile(r"\s*arxiv:\s?(?:\d{4}\.\d{4,5}|[a-z.-]+/\d{7})(v\d+)?", re.IGNORECASE)
_EDGE = 0.13
"""Share of the page's height, above and below, in which a venue is named outside the text."""


@dataclass(frozen=True, slots=True)
class Found:
    """One value, and the words from which it was read."""

    name: str
    """As `Field.name`."""
    value: str
    first: Spot
    """Its first word: which of the lines, which of its words."""
    last: Spot


@dataclass(frozen=True, slots=True)
class Front:
    """What the first page says of the paper."""

    found: tuple[Found, ...]
    abstract: tuple[Line, ...]
    """Its lines on the first page, the heading left out."""
    version: str = ""
    """Of arXiv: `v3`; empty where the page has no stamp."""

    def all(self, name: str) -> list[str]:
        """Return the values of one name, in order."""
        return [found.value for found in self.found if found.name == name]

    def first(self, name: str) -> str | None:
        """Return the first value of one name, or None."""
        return next((found.value for found in self.found if found.name == name), None)


def read_file_name(name: str) -> tuple[str, str] | None:
    """Return arXiv id and version ("" where none is given) that a file is named by: `1706.03762v7.pdf`."""
    match = _FILE_NAME.search(name)
    if match and is_arxiv_id(match[1]):
        return match[1], f"v{match[2]}" if match[2] else ""
    old = _OLD_FILE_NAME.search(name)
    if old and old[1] in _OLD_ARCHIVES and 1 <= int(old[2][2:4]) <= 12:
        return f"{old[1]}/{old[2]}", f"v{old[3]}" if old[3] else ""
    return None


def read_front(lines: Sequence[Line], height: float, said: str = "") -> Front:
    """Return what the first page says: all its lines in reading order, stamps and running heads among them.

    `height` is the page's, in points; `said` is the title in the file's metadata, which settles the spelling of a
    title that the page prints too, and is never taken on its own word.
    """
    page = FirstPage(tuple(lines), height, said)
    title = page.title
    between = _find_between(page, title) if title else []
    byline = read_byline(lines, between)
    people = [Found("author", *each) for each in byline.authors] + [Found("org", *each) for each in byline.orgs]
    stamp, version = _read_stamp(lines)
    found = [*people, *stamp, *_read_venue(page, title)]
    if not any(f.name == "date" for f in stamp):
        found += _read_date(lines, between)
    if not any(f.name == "year" for f in found):
        found += [Found("year", f.value[:4], f.first, f.last) for f in found if f.name == "date"][:1]
    found += _read_doi(page, title)
    if title:
        is_paper = page.abstract is not None or any(f.name in ("author", "arxiv", "doi", "venue") for f in found)
        found = [*_read_title(page, title, is_paper=is_paper), *found]
    abstract = tuple(find_abstract(page))
    named = {name_key(f.value) for f in found if f.name == "name"}
    coined = find_coined(lines, abstract) if title else ()
    found += [Found("alias", name, spot, spot) for name, spot in coined if name_key(name) not in named]
    return Front(tuple(found), abstract, version)


def _find_between(page: FirstPage, title: Sequence[int]) -> list[int]:
    """Return the lines between the title and the text."""
    bottom = max(page.lines[i].rect[3] for i in title)
    return [
        i
        for i, line in enumerate(page.lines)
        if i not in title and line.upright and line.rect[1] >= bottom - 2 and line.rect[3] <= page.text_top + 3
    ]


def to_fields(front: Front, lines: Sequence[Line], starts: Sequence[int]) -> list[Field]:
    """Return the values as fields: `starts[i]` is where line i begins in the text, its words one space apart."""
    fields = []
    for found in front.found:
        a, b = sorted((_place(lines, starts, found.first), _place(lines, starts, found.last)))
        fields.append(Field(found.name, found.value, a[0], b[1]))
    return fields


def _place(lines: Sequence[Line], starts: Sequence[int], spot: Spot) -> Span:
    line, word = spot
    words = lines[line].words
    start = starts[line] + sum(len(each.text) + 1 for each in words[:word])
    return start, start + len(words[word].text)


def _whole(lines: Sequence[Line], first: int, last: int) -> tuple[Spot, Spot]:
    return (first, 0), (last, len(lines[last].words) - 1)


def _read_title(page: FirstPage, title: Sequence[int], *, is_paper: bool) -> Iterator[Found]:
    """Yield the title and the name that it begins with.

    Notes that are headed by a name and what it stands for, and by nothing else of a paper, are about the work of that
    name: they have no title of their own.
    """
    words = clean_title(page.read(title), page.said)
    spots = _whole(page.lines, title[0], title[-1])
    heading = read_heading(words, 0, len(words))
    name = words[slice(*heading.name)] if heading.name else ""
    named = bool(name) and words.startswith(name) and _may_be_name(name, shouted=words.isupper())
    if named and (heading.title or heading.aliases):
        yield Found("name", name, (title[0], 0), (title[0], _find_word(page.lines[title[0]], name)))
    if named and heading.aliases and not (heading.title or is_paper):
        yield Found("alias", words[slice(*heading.aliases[0])], *spots)
    else:
        yield Found("title", words, *spots)


def _may_be_name(words: str, *, shouted: bool) -> bool:
    """Whether the words before a title's colon are a name: coined, or one word that is none of the field's."""
    tokens = words.split()
    if len(tokens) > (2 if shouted else 4) or fold(words) in word_set("not_names"):
        return False
    return is_name(words) or (
        len(tokens) == 1 and fold(words) not in word_set("topic_words") | word_set("banner_words")
    )


def _find_word(line: Line, name: str) -> int:
    """Return the word of the line with which a name that begins it ends."""
    held = ""
    for i, word in enumerate(line.words):
        held += word.text
        if len(held) >= len(name.replace(" ", "")):
            return i
    return len(line.words) - 1


def _read_stamp(lines: Sequence[Line]) -> tuple[list[Found], str]:
    """Return id, and date if it can be told, from the stamp that arXiv prints in the margin.

    The stamp's date is that of its version; of a later version only the month is told, by the id.
    """
    for i, line in enumerate(lines):
        match = _STAMP.match(line.text)
        if match is None or (line.upright and "[" not in line.text):
            continue
        text = line.text
        ids = find_arxiv(text, 0, len(text))
        if not ids:
            continue
        spots = _whole(lines, i, i)
        dates = find_dates(text, ids[0].end, len(text))
        number, version = ids[0].value, match[1] or ""
        found = [Found("arxiv", number, *spots)]
        month = f"20{number[:2]}-{number[2:4]}" if "/" not in number else ""
        if dates and (version in ("", "v1") or not month or dates[-1].value.startswith(month)):
            found.append(Found("date", dates[-1].value, *spots))
        elif month:
            found.append(Found("date", month, *spots))
        return found, version
    return [], ""


def _read_date(lines: Sequence[Line], indices: Sequence[int]) -> Iterator[Found]:
    """Yield the date that stands on a line of its own below the title."""
    for i in indices:
        text = lines[i].text
        dates = find_dates(text, 0, len(text))
        if dates and dates[0].end - dates[0].start >= 0.6 * len(text):
            yield Found("date", dates[0].value, *_whole(lines, i, i))
            return


def _read_doi(page: FirstPage, title: Sequence[int]) -> Iterator[Found]:
    """Yield the DOI that the page gives for the paper itself: on a line that says so, outside the text."""
    for i, line in enumerate(page.lines):
        dois = find_dois(line.text, 0, len(line.text))
        own = line.upright and (
            _is_outside(page, line, title) or line.text.lower().startswith(("doi", "https://doi", "http://dx"))
        )
        if own and dois:
            yield Found("doi", dois[0].value, *_whole(page.lines, i, i))
            return


def _is_outside(page: FirstPage, line: Line, title: Sequence[int]) -> bool:
    """Whether a line stands above the title, at the foot of the page, or in smaller letters than the text."""
    top = page.lines[title[0]].rect[1] if title else _EDGE * page.height
    edge = line.rect[3] <= max(top, _EDGE * page.height) or line.rect[1] >= (1 - _EDGE) * page.height
    return edge or (line.size < 0.93 * page.size and line.rect[1] > 0.4 * page.height)


def _read_venue(page: FirstPage, title: Sequence[int]) -> list[Found]:
    """Return where and in which year the paper appeared, as a line outside the text says."""
    lines = page.lines
    for i, line in enumerate(lines):
        if not line.upright or i in title or _STAMP.match(line.text) or not _is_outside(page, line, title):
            continue
        last = i + 1 if i + 1 < len(lines) and _continues(line, lines[i + 1]) else i
        text = join_lines([each.text for each in lines[i : last + 1]])
        name = name_venue(text)
        if name:
            spots = _whole(lines, i, last)
            years = [f.value[:4] for f in find_dates(text, 0, len(text))] or re.findall(r"(?:19|20)\d\d", text)
            short = re.search(r"[’'](\d\d)\b", name)
            year = years[:1] or ([f"20{short[1]}"] if short else [])
            return [Found("venue", name, *spots), *(Found("year", value, *spots) for value in year)]
    return []


def _continues(line: Line, below: Line) -> bool:
    close = 0 <= below.rect[1] - line.rect[1] < 2.2 * line.size
    return close and abs(below.size - line.size) < 0.6 and below.rect[0] < line.rect[2] and below.upright
