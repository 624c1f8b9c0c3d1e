"""What a library is made of: sources, what their documents state, the papers they state it of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["note", "pdf", "record"]
"""What someone wrote about papers, the paper itself, or what a catalogue such as arXiv's states of it."""
Says = Literal["yes", "no", "depends", "not stated"]
Rect = tuple[float, float, float, float]
"""x0, y0, x1, y1 in PDF points from the page's top left."""
Box = tuple[int, int, float, float, float, float]
"""A word of a PDF: start and end in the source's text, and its rectangle. Each half of a hyphenated word is one."""
Progress = Callable[[str, int, int], None]
"""Called with a stage ("reading", "embedding", ...), how many are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a document states of a work, and where it states it."""

    name: str
    """`name`, `title`, `alias`, `arxiv`, `doi`, `url`, `year`, `date`, `venue`, `status`, `org`, `author`, `tag`,
    `note` (a link to the file of these notes that is about the work) or `cites` (a work in the reference list)."""
    value: str
    """The normalised value: an arXiv id without version, a date as YYYY, YYYY-MM or YYYY-MM-DD, a name as written;
    of `cites` `arxiv:` or `doi:` and the id, or a title, and both at one place where a reference gives both."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Work:
    """A paper, model or system as *one* document states it; a joint entry ("BLIP, BLIP2") states two."""

    fields: tuple[Field, ...]

    def all(self, name: str) -> list[str]:
        """Return the values of the fields called `name`, in the order of the text."""
        return [f.value for f in self.fields if f.name == name]

    def first(self, name: str) -> str | None:
        """Return the first value of the fields called `name`, or None."""
        return next((f.value for f in self.fields if f.name == name), None)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read."""

    path: str
    """As shown to people: relative to the home folder where it lies inside it, with forward slashes."""
    kind: Kind
    sha256: str
    """Of the bytes on disk."""
    size: int
    """Bytes."""
    mtime_ns: int
    encoding: str
    """How the bytes were read: `utf-8`, `utf-16`, `cp1252`, ...; empty for a PDF."""
    text: str
    """The whole text, newlines as they are; of a PDF the words of its pages in reading order, a line of the page a
    line of the text, hyphens where the page has them."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text of a work or about it: one note entry, one free section between entries, or one PDF."""

    id: str
    """Stable for the same text in the same file: 16 hex digits."""
    source: str
    """`Source.path`."""
    kind: Kind
    start: int
    end: int
    line: int
    """Line of `start`, from 1."""
    heading: tuple[str, ...]
    """The headings above it, outermost first, as plain words."""
    works: tuple[Work, ...]
    """The works it is an entry of; empty for text that stands between entries."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The smallest piece that says something: a sentence, a bullet, a table cell. What an answer quotes."""

    document: str
    """`Document.id`."""
    start: int
    end: int
    text: str
    terms: tuple[str, ...]
    """What it is matched by: folded, stemmed words and the English gloss of its Chinese terms, in order."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that a sentence states of its work: a cell of the table, or a part of one."""

    column: str
    """`llm`, `frozen`, `training_data`, ...: see `Assistant.table`."""
    value: str
    """The normalised form: `Q-Former`, `image_encoder`, `400M image-text pairs`."""
    text: str
    """The words as they stand."""
    document: str
    """`Document.id` of the evidence."""
    start: int
    end: int
    """The sentence that says so, in characters of the source."""
    stage: str | None = None
    """The stage of training that it holds in, as `stage 1` or `pre-training stage`; None where none is told."""
    says: Says = "yes"
    """`depends` where the paper says the contrary of another stage or variant."""
    confidence: float = 1.0
    """How surely the sentence says so, 0..1."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of at most the encoder's window: what is embedded and keyword-indexed. What retrieval returns."""

    id: str
    """Stable for the same text at the same place: 16 hex digits."""
    document: str
    """`Document.id`."""
    source: str
    start: int
    end: int
    line: int
    heading: tuple[str, ...]
    text: str
    """Exactly `source_text[start:end]`."""
    indexed: str
    """What the encoder and the keyword index read instead: context, `text` and its English gloss."""
    page: int | None = None
    """From 1; None for text files."""
    rects: tuple[Rect, ...] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a PDF, and where its words stand."""

    number: int
    """From 1."""
    start: int
    end: int
    """The characters of the source's text that the page begins and ends with; footnotes of a page lie inside it. What
    readers wrote on a page stands behind the text of all pages, and is a page of the same number there."""
    width: float
    height: float
    """Points, as the page is shown."""
    boxes: tuple[Box, ...]
    """Every word of the text between `start` and `end`, in its order."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of a PDF, or one that a note links: where it stands, its caption, and what the text says of it."""

    document: str
    """`Document.id`."""
    source: str
    page: int | None
    """From 1; None in a note."""
    rect: Rect | None
    label: str
    """`Figure 3`; of a note the name of the image file."""
    start: int
    end: int
    """Of the caption, in characters of the source; in a note it may be empty."""
    mentions: tuple[tuple[int, int], ...] = ()
    """Start and end of the sentences that name it, or in a note stand beside it, in the order of the text."""
    line: int | None = None
    """Of the link in a note, from 1; None in a PDF."""
    image: str | None = None
    """The image file that a note links, as `Source.path` is shown; None in a PDF."""
    sha256: str = ""
    """Of the image file; empty in a PDF, and where the file is missing or broken."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read out of one file."""

    source: Source
    documents: tuple[Document, ...]
    sentences: tuple[Sentence, ...]
    chunks: tuple[Chunk, ...]
    pages: tuple[Page, ...] = ()
    """Of a PDF, in order, and behind them those that a reader's notes stand on, again; empty for a text file."""
    problems: tuple[str, ...] = ()
    """What could not be read, or only in doubt, a line for people each: "page 3 has no text; skipped"."""
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a paper stands in the library."""

    source: str
    line: int
    heading: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One work, whatever it is called and wherever it is spoken of. What one cites."""

    id: str
    """`arxiv:2301.12597`, `doi:...`, or `name:` and the folded name."""
    name: str
    title: str | None = None
    aliases: tuple[str, ...] = ()
    arxiv: str | None = None
    """Without version."""
    doi: str | None = None
    url: str | None = None
    year: int | None = None
    """Of publication."""
    date: str | None = None
    """Of publication: YYYY, YYYY-MM or YYYY-MM-DD."""
    venue: str | None = None
    orgs: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sources: tuple[Place, ...] = ()
    pdf: str | None = None
    documents: tuple[str, ...] = ()
    """Ids of the documents that are entries of it, in the order of the library."""
