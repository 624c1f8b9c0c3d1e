"""A claim of a note with its verdict, and a paper as it is printed: its pages, or what arXiv's record says of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from vlmrag.answer.citations import place_quote
from vlmrag.ingest.mentions import Against, ClaimVerdict, Mention, Shelf
from vlmrag.language.fold import fold
from vlmrag.search.catalogue import Catalogue
from vlmrag.types import Document, Field, Paper, Sentence

ClaimKind = Literal["title", "arxiv", "date", "org", "number", "component", "state"]
Found = tuple[Document, int, int]
"""A place in a printed paper: the document, and characters of its source."""

HYPHEN = re.compile(r"-\s*\n\s*(?=[a-z])")
"""What breaks a word at the end of a printed line."""
_BETWEEN = re.compile(r"[\W_]")
_NUMERAL = re.compile(r"\d+(?:\.\d+)?")
_TABULAR = 5
"""Numbers that make a line of a PDF a line of a table."""
_SHOWN = 160
"""Characters of a quote that a reason repeats."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a note says of a paper, and whether the paper says it too."""

    paper: str
    """`Paper.id`."""
    kind: ClaimKind
    value: str
    """What is claimed, normalised: `2201.12086`, `129M images`, `image_encoder frozen`."""
    source: str
    line: int
    start: int
    end: int
    quote: str
    """The characters `text[start:end]` of the note."""
    verdict: ClaimVerdict
    what: str
    """In one plain sentence without its full stop."""
    why: str
    """Where the paper says so, or otherwise; empty where nothing was found."""
    against: Against | None
    """The place in the paper; None where nothing was found."""


class Printed:
    """One paper as its PDFs and arXiv's record have it."""

    def __init__(self, catalogue: Catalogue, paper: Paper) -> None:
        """Read nothing yet but which documents there are: PDFs first, then records."""
        self.catalogue = catalogue
        self.paper = paper
        held = [catalogue.documents[ident] for ident in paper.documents]
        self.documents = [d for kind in ("pdf", "record") for d in held if d.kind == kind]

    def fields(self, *names: str) -> list[tuple[Document, Field]]:
        """Return what the documents state under these names, with the document that does."""
        return [(d, f) for d in self.documents for work in d.works for f in work.fields if f.name in names]

    @cached_property
    def sentences(self) -> list[Sentence]:
        """Every sentence of the PDFs, in order."""
        part = self.catalogue.within(None, "pdf")
        return [s for d in self.documents if d.kind == "pdf" for s in part.spoken(d.id)]

    @cached_property
    def own(self) -> frozenset[tuple[str, int]]:
        """Document and start of the sentences in which the paper tells of itself."""
        part = self.catalogue.within(None, "pdf").in_own_voice()
        return frozenset((s.document, s.start) for d in self.documents for s in part.spoken(d.id) if d.kind == "pdf")

    def is_own(self, sentence: Sentence) -> bool:
        """Whether the paper tells of itself in a sentence."""
        return (sentence.document, sentence.start) in self.own

    @cached_property
    def text(self) -> str:
        """All that is printed, folded, words that a line breaks joined again."""
        index = self.catalogue.index
        return fold("\n".join(HYPHEN.sub("", index.source(path).text) for path in self._paths))

    @cached_property
    def front(self) -> str:
        """What is printed before the first 4,000 characters end, about the first page, folded; and records whole."""
        index = self.catalogue.index
        return fold("\n".join(HYPHEN.sub("", index.source(path).text[:4000]) for path in self._paths))

    @cached_property
    def _paths(self) -> list[str]:
        return list(dict.fromkeys(d.source for d in self.documents))

    @cached_property
    def _letters(self) -> str:
        return _squeeze(self.text)

    def holds_any(self, spellings: Iterable[str]) -> bool:
        """Whether any spelling of a name stands anywhere in what is printed, spaces, hyphens and accents aside."""
        return any((key := _squeeze(fold(spelling))) and key in self._letters for spelling in spellings)

    def find_words(self, spelling: str, own: bool = False) -> Found | None:
        """Return the first sentence that holds a name, with `own` the first one in which the paper tells of itself.

        What follows the name may belong to it: a subscript stands right behind its word.
        """
        pattern = re.compile(rf"(?<![a-z0-9-]){re.escape(fold(spelling))}")
        held = (s for s in self.sentences if pattern.search(fold(s.text)))
        if own:
            held = (s for s in held if self.is_own(s) and len(_NUMERAL.findall(s.text)) < _TABULAR)
        found = next(held, None)
        return self.locate(found) if found else None

    def locate(self, sentence: Sentence) -> Found:
        """Return where a sentence stands."""
        return self.catalogue.documents[sentence.document], sentence.start, sentence.end

    def place(self, found: Found) -> Against:
        """Return a place as it is shown: page and rectangles in a PDF, the line in a record."""
        document, start, end = found
        index = self.catalogue.index
        text = index.source(document.source).text
        pages = index.pages(document.source, start, end)
        for page, first, last, rects in place_quote(pages, start, end) if pages else ():
            return Against(document.source, text[first:last], page=page, rects=rects)
        return Against(document.source, text[start:end], line=text.count("\n", 0, start) + 1)


@dataclass(frozen=True, slots=True)
class Noted:
    """One claim before it is judged: whose, of what kind, and where."""

    shelf: Shelf
    mention: Mention
    kind: ClaimKind
    value: str
    start: int
    end: int
    """Characters of the note's source."""

    def judge(self, verdict: ClaimVerdict, printed: Printed, found: Found | None = None, what: str = "") -> Claim:
        """Return the claim with its verdict; `what` is said of it, by default its value."""
        against = printed.place(found) if found else None
        source = self.mention.document.source
        return Claim(
            paper=self.mention.paper.id,
            kind=self.kind,
            value=self.value,
            source=source,
            line=self.shelf.line(source, self.start),
            start=self.start,
            end=self.end,
            quote=self.shelf.texts[source][self.start : self.end],
            verdict=verdict,
            what=what or f"{self.mention.name}: {self.value}",
            why=f"see {say_place(against)}" if against else "",
            against=against,
        )


def say_place(against: Against) -> str:
    """Return a place and what stands there as a person reads it."""
    words = " ".join(HYPHEN.sub("", against.quote).split())
    words = words if len(words) <= _SHOWN else f"{words[:_SHOWN].rstrip()} …"
    place = f"page {against.page}" if against.page else f"line {against.line}"
    return f"{against.source}, {place}: “{words}”"


def states_title(mention: Mention, start: int, end: int) -> bool:
    """Whether a sentence is little more than the title of its entry, whose words claim nothing."""
    held = sum(max(0, min(f.end, end) - max(f.start, start)) for f in mention.fields("title"))
    return held > 0.5 * (end - start)


def _squeeze(folded: str) -> str:
    """Return the letters and digits of a folded text, without their accents."""
    return _BETWEEN.sub("", folded if folded.isascii() else unicodedata.normalize("NFD", folded))
