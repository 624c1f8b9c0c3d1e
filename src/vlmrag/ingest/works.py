"""What an entry states of its work: labelled lines, bare links and dates become fields, and fields become works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.fields import (
    Link,
    Span,
    field_of_label,
    find_arxiv,
    find_dates,
    find_dois,
    find_label,
    find_links,
    find_venues,
)
from vlmrag.ingest.titles import (
    Heading,
    cut_tail,
    is_acronym,
    is_name,
    is_people,
    plain,
    read_heading,
    split_names,
    trim,
    without_links,
)
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold
from vlmrag.types import Field, Work

FindOrgs = Callable[[str], list[tuple[str, int, int]]]
"""Canonical name, start and end of the organisations that a text names."""

_PARTS = re.compile(r"\s*(?:ï¼Œ|[;；、，,|]|\s[/—–]\s)\s*")
_AND = re.compile(r"\s+(?:and|&|和|与|與)\s+|和|与|與|\s\+\s")
_EMPHASIS = re.compile(r"(\*{1,3}|_{1,3})(?!\s)([^*]+?)(?<!\s)\1")
_BOLD_LABEL = re.compile(r"\*\*([^*:：]{2,24})\s*[:：]?\*\*[ \t]*[:：]?")
_CODE = re.compile(r"`([^`\n]+)`")
_AUTHOR_NOISE = re.compile(r"\bet al\.?|等人?$|\bothers\b|[*†‡§¶\\]+|[\(（][^()（）]*[\)）]?")
_MOST_AUTHORS = 60
_LONGEST_PART = 60


@dataclass
class Statement:
    """Collects the fields that an entry states, in the order of the text."""

    text: str
    find_orgs: FindOrgs
    fields: list[Field] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    intro: list[Span] = field(default_factory=list)
    """Parts of an introduction that may be what the work is called."""
    heading: Heading | None = None
    """How the line that was read divides into name and title."""

    def add(self, name: str, start: int, end: int, value: str | None = None) -> None:
        """Add a field; without `value`, its words without markup."""
        value = plain(self.text, start, end) if value is None else value
        if value and not any(f.name == name and f.value == value for f in self.fields):
            self.fields.append(Field(name, value, start, end))

    def extend(self, fields: Iterable[Field]) -> None:
        """Add fields that were found by their form."""
        for found in fields:
            self.add(found.name, found.start, found.end, found.value)

    def has(self, *names: str) -> bool:
        """Whether a field of one of these names was stated."""
        return any(f.name in names for f in self.fields)

    def read_block(self, block: Block) -> None:
        """Read one line of an entry: what its label announces, or what its form gives away."""
        if block.kind == "row":
            if len(block.cells) >= 2 and (kind := field_of_label(plain(self.text, *block.cells[0]))):
                self.read_value(kind, block.cells[1])
            return
        marks = list(_BOLD_LABEL.finditer(self.text, block.body, block.stop))
        if len(marks) > 1 and all(field_of_label(mark[1]) for mark in marks):
            for mark, after in zip(marks, [*marks[1:], None], strict=True):
                end = after.start() if after else block.stop
                self.read_value(str(field_of_label(mark[1])), trim(self.text, mark.end(), end, edge=" \t·•|,，;；:："))
        elif label := find_label(self.text, block.body, block.stop):
            self.read_value(label[0], label[1])
        elif block.kind == "meta":
            return
        else:
            self.read_loose(block.body, block.stop)

    def read_value(self, kind: str, span: Span) -> None:
        """Read what stands after a label."""
        start, end = trim(self.text, *span, edge=" \t\u3000*_")
        if start >= end:
            return
        self.labels.add(kind)
        if kind in ("text", "number"):
            return
        reader = getattr(self, f"_read_{kind}", None)
        if reader is not None:
            reader(start, end)

    def read_loose(self, start: int, end: int) -> None:
        """Read a line without a label: its links and ids; a line that is only a date, a venue or organisations."""
        self.read_links(start, end)
        if end - start > 160:
            return
        if cut_tail(self.text, start, end, people=True) < end and self.read_people(start, end):
            return
        found: list[Field] = []
        for part in self.split(start, end):
            words = self.text[slice(*part)].strip("()（）* ")
            dates, venues = find_dates(self.text, *part), find_venues(self.text, *part)
            if find_links(self.text, *part) or find_arxiv(self.text, *part):
                continue
            if venues and len(venues[0].value) >= 0.6 * len(words):
                found += venues[:1]
            elif dates and dates[0].end - dates[0].start >= 0.7 * len(words):
                found += dates[:1]
            elif self.covers_org(part):
                found.append(Field("org", plain(self.text, *part), *part))
            else:
                return
        self.extend(found)

    def read_people(self, start: int, end: int) -> bool:
        """Read a line that is a list of people, perhaps with venue and date behind; return whether it is one."""
        stop = cut_tail(self.text, start, end, people=True)
        parts = self.split(start, stop)
        people = [part for part in parts if not find_dates(self.text, *part)]
        if not people or not is_people(", ".join(self.text[slice(*part)] for part in people)):
            return False
        self.read_value("author", (people[0][0], people[-1][1]))
        self.extend(find_venues(self.text, people[-1][1], end)[:1])
        self.extend(find_dates(self.text, people[-1][1], end)[:1])
        return True

    def read_links(self, start: int, end: int) -> None:
        """Read the ids and links of a span."""
        self.extend(find_arxiv(self.text, start, end))
        self.extend(find_dois(self.text, start, end))
        for link in find_links(self.text, start, end):
            if not link.image and link.kind in ("paper", "code", "page", "doi"):
                self.add("url", *link.address, value=link.url)

    def read_note_link(self, link: Link) -> None:
        """Read a link to a file of these notes: the note on the work."""
        path = link.url.partition("#")[0]
        if link.kind == "local" and path and not link.image and "://" not in path:
            self.add("note", *link.address, value=path)

    def _read_paper(self, start: int, end: int) -> None:
        self.read_links(start, end)
        for link in find_links(self.text, start, end):
            if link.words and not link.image and self._is_title_words(link.words):
                self.add("title", *trim(self.text, *link.words))
                return
        self._read_title(start, end)

    def _read_title(self, start: int, end: int) -> None:
        self.extend(find_arxiv(self.text, start, end))
        match = _EMPHASIS.search(self.text, start, end)
        span = trim(self.text, *(match.span(2) if match else without_links(self.text, start, end)))
        words = find_links(self.text, *span)
        if words and words[0].words and words[0].start == span[0]:
            span = trim(self.text, *words[0].words)
        if self._is_title_words(span):
            self.add("title", *span)

    def _is_title_words(self, span: Span) -> bool:
        words = plain(self.text, *span)
        if (
            "://" in words
            or "![" in words
            or re.fullmatch(r"[\w.-]+\.\w+/\S*", words)
            or re.match(r"arxiv\s*:", words, re.I)
        ):
            return False
        return len(words) >= 4 and fold(words) not in word_set("link_words") and bool(re.search(r"[^\W\d]{2}", words))

    def _read_arxiv(self, start: int, end: int) -> None:
        self.extend(find_arxiv(self.text, start, end, bare=True))

    def _read_doi(self, start: int, end: int) -> None:
        self.extend(find_dois(self.text, start, end))

    def _read_url(self, start: int, end: int) -> None:
        self.read_links(start, end)

    def _read_date(self, start: int, end: int) -> None:
        self.extend(find_dates(self.text, start, end)[:1])
        self.extend(find_arxiv(self.text, start, end)[:1])
        self.extend(find_venues(self.text, start, end)[:1])

    def _read_year(self, start: int, end: int) -> None:
        dates = find_dates(self.text, start, end)
        if dates:
            self.add("year", dates[0].start, dates[0].end, dates[0].value[:4])
            self.extend(dates[:1])
        self.extend(find_venues(self.text, start, end)[:1])

    def _read_venue(self, start: int, end: int) -> None:
        venues = find_venues(self.text, start, end)
        self.extend(venues[:1])
        self.extend(f for f in find_arxiv(self.text, start, end)[:1] if f.start - start <= 12)
        if not venues:
            self.add("status", *trim(self.text, start, end))

    _read_status = _read_venue

    def _read_org(self, start: int, end: int) -> None:
        for part in self.split_orgs(start, end):
            if self.text[slice(*part)].strip(" .)）"):
                self.add("org", *part)

    def _read_author(self, start: int, end: int) -> None:
        for part in self.split(start, end)[:_MOST_AUTHORS]:
            if self.covers_org(part):
                self.add("org", *part)
            elif (name := _AUTHOR_NOISE.sub("", plain(self.text, *part)).strip(" .,，；;")) and len(name) <= 40:
                self.add("author", *part, value=re.sub(r"^and\s+", "", name))

    def _read_tag(self, start: int, end: int) -> None:
        marked = list(_CODE.finditer(self.text, start, end))
        for part in [m.span(1) for m in marked] or self.split(start, end, joined=False):
            if part[1] - part[0] <= _LONGEST_PART:
                self.add("tag", *part)

    def _read_name(self, start: int, end: int) -> None:
        self.read_links(start, end)
        span = without_links(self.text, start, end)
        if is_name(self.text[slice(*span)]):
            self.add("name", *span)

    def _read_alias(self, start: int, end: int) -> None:
        for part in self.split(start, end, joined=False):
            self.add("alias", *part)

    def _read_intro(self, start: int, end: int) -> None:
        self.read_links(start, end)
        parts = self.split(start, end, joined=False)
        for part in parts:
            words = self.text[slice(*part)]
            if venues := find_venues(self.text, *part):
                self.extend(venues[:1])
            elif self.covers_org(part):
                self.add("org", *part)
            elif is_name(words) and len(words.split()) <= 2:
                self.intro.append(part)

    def split_orgs(self, start: int, end: int) -> list[Span]:
        """Return the organisations of an enumeration; an "and" divides only two of them ("Science and Technology")."""
        spans = []
        for at, stop in self.split(start, end, joined=False):
            known = [(at + a, at + b) for _, a, b in self.find_orgs(self.text[at:stop])]
            first = at
            for cut in _AND.finditer(self.text, at, stop):
                inside = any(a <= cut.start() < b for a, b in known)
                left, right = trim(self.text, first, cut.start()), trim(self.text, cut.end(), stop)
                both = self.covers_org(left) and (not cut[0].strip().isascii() or self.covers_org(right))
                if both and not inside:
                    spans.append(left)
                    first = cut.end()
            spans.append(trim(self.text, first, stop))
        return spans

    def split(self, start: int, end: int, *, joined: bool = True) -> list[Span]:
        """Return the parts of an enumeration; brackets are not divided."""
        spans, at, depth = [], start, 0
        cuts = {m.start(): m.end() for m in _PARTS.finditer(self.text, start, end)}
        if joined:
            cuts |= {m.start(): m.end() for m in _AND.finditer(self.text, start, end) if m.start() not in cuts}
        for i in range(start, end):
            char = self.text[i]
            depth += (char in "(（[") - (char in ")）]" and depth > 0)
            if i in cuts and depth == 0 and i >= at:
                spans.append(trim(self.text, at, i))
                at = cuts[i]
        spans.append(trim(self.text, at, end))
        return [span for span in spans if span[0] < span[1]]

    def covers_org(self, span: Span) -> bool:
        """Whether a few words are the name of an organisation."""
        words = self.text[slice(*span)]
        if not words or len(words) > _LONGEST_PART or find_links(self.text, *span):
            return False
        known = sum(end - start for _, start, end in self.find_orgs(words))
        if known >= 0.5 * len(words):
            return True
        last = fold(words).split()
        parts = word_set("org_parts")
        return (len(last) <= 7 and any(part in parts for part in last)) or any(
            fold(words).endswith(part) for part in parts if not part.isascii()
        )


def make_works(statement: Statement, heading: Heading | None) -> tuple[Work, ...]:
    """Return the works of an entry: one, or one for each of several bare names ("BLIP, BLIP2")."""
    text = statement.text
    fields = statement.fields
    names: list[Span] = []
    if heading and heading.name and not statement.has("name"):
        names = split_names(text, *heading.name)
    own = [Field("name" if i == 0 else "alias", plain(text, *s), *s) for i, s in enumerate(names) if s[0] < s[1]]
    own += [Field("alias", plain(text, *s), *s) for s in (heading.aliases if heading else ())]
    if heading and heading.title and not statement.has("title"):
        own.append(Field("title", plain(text, *heading.title), *heading.title))
    titled = statement.has("title") or any(f.name == "title" for f in own)
    if len(names) > 1 and not titled:
        shared = [f for f in fields if f.name in ("org", "venue", "date", "year", "tag", "author")]
        return tuple(Work((Field("name", plain(text, *s), *s), *shared)) for s in names)
    return (Work(tuple(_use_intro_name(statement, _name_from_title(text, [*own, *fields])))),)


def _use_intro_name(statement: Statement, fields: list[Field]) -> list[Field]:
    """Let an introduction name a work whose title has no coined name of its own ("intro: BYOL")."""
    named = next((f for f in fields if f.name == "name"), None)
    if len(statement.intro) != 1 or (named and is_name(named.value) and len(named.value.split()) <= 3):
        return fields
    start, end = statement.intro[0]
    words = plain(statement.text, start, end)
    title = next((f.value for f in fields if f.name == "title"), "")
    alone = not any(f.name in ("org", "venue") for f in statement.fields)
    if not title or not (alone or is_acronym(words, title)):
        return fields
    others = [Field("alias", f.value, f.start, f.end) if f is named else f for f in fields]
    return [Field("name", words, start, end), *others]


def _name_from_title(text: str, fields: list[Field]) -> list[Field]:
    """Add the name that a title begins with ("LLaVA: Visual Instruction Tuning"), where none is stated."""
    if any(f.name == "name" for f in fields):
        return fields
    for stated in fields:
        if stated.name == "title" and stated.start < stated.end:
            heading = read_heading(text, stated.start, stated.end)
            if heading.name and heading.title:
                return [Field("name", plain(text, *heading.name), *heading.name), *fields]
    return fields
