"""What a researcher asks and reads: filters and turns, hits, and an answer with its citations and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vlmrag.types.library import Chunk, Kind, Paper, Rect, Says


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found."""

    rank: int
    """From 1."""
    score: float
    """Higher is better; comparable within one search only."""
    chunk: Chunk
    papers: tuple[str, ...]
    """Ids of the papers that the passage's document is an entry of."""
    via: tuple[tuple[str, int], ...]
    """The rank on each side that found it: (("dense", 3), ("lexical", 1))."""


@dataclass(frozen=True, slots=True)
class Citation:
    """The proof of a claim: words, and where they stand."""

    marker: int
    """The number in the answer's text: [1], [2], ..."""
    paper: str | None
    paper_name: str | None
    source: str
    start: int | None
    end: int | None
    line: int | None
    heading: str
    quote: str
    page: int | None = None
    rects: tuple[Rect, ...] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the library says about one paper and the question."""

    paper: Paper
    says: Says
    citations: tuple[int, ...]
    """Markers."""
    why: str = ""
    """For a paper that was looked at and ruled out: the reason, in a few words."""
    by: str = ""
    """The model that read it so, where the rules left it open and its sentence bears it out; empty for the rules."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many papers a list question was put to, and how they came out."""

    papers: int
    examined: int
    yes: int
    no: int
    depends: int
    not_stated: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Struck:
    """A sentence that a model wrote and that is not in the answer."""

    text: str
    why: str
    """What its evidence lacks, or has otherwise."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A sentence that a model wrote and that its evidence supports."""

    text: str
    citations: tuple[int, ...]
    """Markers of what supports it."""


@dataclass(frozen=True, slots=True)
class Generated:
    """What a model wrote for an answer, and what the check of it came to."""

    model: str
    sentences: int
    """That it wrote."""
    supported: int
    """That stand in the answer; where they do not, its evidence is quoted instead."""
    struck: tuple[Struck, ...]
    spent: tuple[int, int] | None = None
    """Tokens that it read and wrote; None where it does not tell."""
    problem: str = ""
    """Why it wrote nothing, or not to the end, in one line."""
    worded: tuple[Worded, ...] = ()
    """The supported sentences, each once more by itself."""


@dataclass(frozen=True, slots=True)
class Consulted:
    """What a model was asked where the rules were unsure, and what the check of what it said came to."""

    model: str
    read_as: str = ""
    """The question that a follow-up was read as; empty where it stands as it was asked."""
    verdicts: int = 0
    """That it gave on papers that the rules left open."""
    settled: int = 0
    """Of them, those that a sentence bears out: they stand in the answer, see `Verdict.by`."""
    refused: tuple[Struck, ...] = ()
    """What it said that does not stand in the answer."""
    spent: tuple[int, int] | None = None
    """Tokens that it read and wrote; None where it does not tell."""
    problem: str = ""
    """Why it was not asked all, in one line; what it was not asked stands as the rules have it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A cited answer, or an honest refusal."""

    question: str
    lang: str
    """`en`, `zh-Hans` or `zh-Hant`: the language of the question."""
    kind: str
    """`list`, `fact`, `definition`, `compare`, `similar`, ..."""
    abstained: bool
    text: str
    """Markdown with marks [1] that point into `citations`."""
    papers: tuple[Verdict, ...]
    """The papers given as the answer, best first, and no others."""
    considered: tuple[Verdict, ...]
    """Papers looked at and ruled out, said only in doubt, or, in a refusal, merely near."""
    citations: tuple[Citation, ...]
    coverage: Coverage | None
    generator: str
    """`extractive` where every claim is a quote, else the name of the model that worded some of them."""
    index: str
    """The index's fingerprint, `sha256:...`."""
    seconds: float
    confidence: float = 0.0
    """How sure it is that the library holds the answer and that this is it, 0..1; 0 where nothing measured it."""
    generated: Generated | None = None
    """None where no model was asked."""
    consulted: Consulted | None = None
    """None where a model was asked nothing that the rules left open."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which part of the library a question is put to; None leaves a side open, " | " parts what will do as well."""

    years: tuple[int, int] | None = None
    """First and last year of publication, both included."""
    org: str | None = None
    venue: str | None = None
    tag: str | None = None
    source: str | None = None
    paper: str | None = None
    """Any part of a source's path; any form of a paper's name."""
    kind: Kind | None = None
    among: tuple[int, ...] | None = None
    months: tuple[int, int] | None = None
    section: str | None = None
    """Years, one of which it must be; first month of the first year and last month of the last, 1 to 12; a key of
    `[sections]` in `search/questions.toml`, or a heading, several parted by " > "."""
    read: tuple[str, str] | None = None
    """First and last month (YYYY-MM) in which a diary tells of it: when it was read, not when it appeared."""
