"""What a paper is quoted and searched by: its sentences, and chunks of them within one page and one section."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vlmrag.ingest.chunker import CountPieces, LineNumbers, make_indexed
from vlmrag.ingest.fields import Span
from vlmrag.ingest.identity import make_id
from vlmrag.ingest.layout import cut_stretches
from vlmrag.ingest.pages.manuscript import Manuscript, PlacedBlock
from vlmrag.ingest.pages.marks import Notes
from vlmrag.ingest.pages.places import PrintedWords
from vlmrag.ingest.pages.unbroken import undo_hyphens
from vlmrag.language.fold import HAN
from vlmrag.language.words import split_sentences
from vlmrag.types import Chunk, Document, Sentence, Source

if TYPE_CHECKING:
    from vlmrag.ingest.reader import ReadingRules

_SPOKEN = frozenset({"title", "front", "heading", "paragraph", "list", "caption", "table", "footnote"})
"""The kinds of blocks that chunks are made of."""
_SAYS = re.compile(rf"[^\W\d_]{{3,}}|[{HAN}]{{2,}}")
_MARKED_END = re.compile(r"(?<=[a-z)\]][.!?])\d{1,2}(?=\s+[A-Z])")
"""A footnote's mark behind a sentence."""
_LONGEST = 1500


@dataclass(frozen=True, slots=True)
class Spoken:
    """What chunks are made of: a sentence, or a block that has none, such as a heading."""

    block: int
    """Its number in the manuscript."""
    start: int
    end: int
    plain: str
    """On one line, broken words put together."""
    whole: bool
    """Whether it is a sentence."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or the part of one that stands on a page."""

    start: int
    end: int
    page: int
    block: int
    path: tuple[str, ...]
    size: int


def find_spoken(script: Manuscript, words: frozenset[str]) -> list[Spoken]:
    """Return what a paper says, in the order of its text; `words` are those that undo a hyphen rightly."""
    spoken = []
    for number, block in enumerate(script.blocks):
        spans = list(find_sentences(script.text, block))
        for start, end in spans or ([(block.start, block.end)] if block.kind in _SPOKEN else []):
            plain = undo_hyphens(script.text[start:end], words)
            spoken.append(Spoken(number, start, end, plain, bool(spans)))
    return spoken


def make_sentences(
    spoken: Sequence[Spoken], text: str, document: Document, terms: Callable[[str], list[str]]
) -> list[Sentence]:
    """Return the sentences that hold a word, in the order of the text."""
    return [
        Sentence(document.id, one.start, one.end, words, tuple(terms(one.plain)))
        for one in spoken
        if one.whole and _SAYS.search(words := text[one.start : one.end])
    ]


def find_sentences(text: str, block: PlacedBlock) -> Iterator[Span]:
    """Yield the spans of a block's sentences; a row of a table, a line of names and a heading are one each."""
    if block.kind in ("table", "front"):
        yield from ((line.start, line.end) for line in block.lines)
    elif block.kind in ("title", "caption", "paragraph", "list", "footnote"):
        yield from _split(text, block.start, block.end)


def _split(text: str, start: int, end: int) -> Iterator[Span]:
    flat = text[start:end].replace("\n", " ")
    spans = [
        (start + a, start + b) for first, last in split_sentences(flat) for a, b in _split_at_marks(flat, first, last)
    ]
    joined: list[Span] = []
    for first, last in spans:
        if joined and _goes_on(text, joined[-1][1], first):
            joined[-1] = joined[-1][0], last
        else:
            joined.append((first, last))
    for first, last in joined:
        for a, b in cut_stretches(text, first, last, _LONGEST, " \n，,、"):
            piece = text[a:b]
            yield a + len(piece) - len(piece.lstrip()), a + len(piece.rstrip())


def _goes_on(text: str, end: int, start: int) -> bool:
    """Whether what begins at `start` belongs to the sentence before: a semicolon, or a stop before a small letter."""
    last = text[end - 1]
    return last == ";" or (last == "." and text[start].islower())


def _split_at_marks(flat: str, first: int, last: int) -> Iterator[Span]:
    """Cut behind a footnote's mark that sticks to the end of a sentence."""
    for match in _MARKED_END.finditer(flat, first, last):
        yield first, match.end()
        first = match.end() + 1
    yield first, last


def cut_notes(
    notes: Notes, source: Source, document: Document, words: frozenset[str], rules: ReadingRules
) -> tuple[list[Sentence], list[Chunk]]:
    """Return a sentence and a chunk for each mark of a reader; `source` has the whole text."""
    sentences: list[Sentence] = []
    chunks: list[Chunk] = []
    seen: dict[str, int] = {}
    lines = LineNumbers(source.text)
    room = max(8, rules.limit - 2)
    pages = {page.number: PrintedWords(page) for page in notes.pages}
    for start, end, number in notes.spans:
        text = source.text[start:end]
        sentences.append(
            Sentence(document.id, start, end, text, tuple(rules.glossary.terms(undo_hyphens(text, words))))
        )
        for first, last in _cut_to_fit(source.text, start, end, rules.count, room):
            span, page = (first, last), pages[number]
            chunks.append(_make_chunk(source, document, span, page, document.heading, words, rules, seen, lines))
    return sentences, chunks


def _make_chunk(
    source: Source,
    document: Document,
    span: Span,
    page: PrintedWords,
    path: tuple[str, ...],
    words: frozenset[str],
    rules: ReadingRules,
    seen: dict[str, int],
    lines: LineNumbers,
) -> Chunk:
    start, end = span
    text = source.text[start:end]
    plain = undo_hyphens(text, words)
    left = max(8, rules.limit - 2) - rules.count(plain)
    indexed = make_indexed(document, path, plain, rules.glossary.gloss(plain), rules.count, left)
    number, rects = page.page.number, page.find_rects(start, end)
    ident = make_id(document.id, text, seen)
    return Chunk(
        ident, document.id, document.source, start, end, lines.count(start), path, text, indexed, number, rects
    )


def cut_paper_chunks(
    spoken: Sequence[Spoken],
    script: Manuscript,
    source: Source,
    document: Document,
    words: frozenset[str],
    rules: ReadingRules,
) -> list[Chunk]:
    """Return the chunks of a paper: whole paragraphs of one section on one page where they fit the encoder's window."""
    chunks = []
    seen: dict[str, int] = {}
    lines = LineNumbers(source.text)
    room = max(8, rules.limit - 2)
    pages = [PrintedWords(page) for page in script.pages]
    for group in _pack(list(_pieces(spoken, script, words, rules.count, room)), room):
        span, page = (group[0].start, group[-1].end), pages[group[0].page]
        chunks.append(_make_chunk(source, document, span, page, group[0].path, words, rules, seen, lines))
    return chunks


def _pieces(
    spoken: Sequence[Spoken], script: Manuscript, words: frozenset[str], count: CountPieces, room: int
) -> Iterator[_Piece]:
    """Yield what chunks are packed from, each within the window and on one page."""
    path: list[tuple[int, str]] = []
    index = {page.number: i for i, page in enumerate(script.pages)}
    for one in spoken:
        block = script.blocks[one.block]
        if block.kind == "heading":
            path = [(level, title) for level, title in path if level < block.level]
            path.append((block.level, one.plain))
        names = tuple(title for _, title in path)
        for start, end, page in _cut_at_pages(block, one.start, one.end):
            for first, last in _cut_to_fit(script.text, start, end, count, room):
                whole = (first, last) == (one.start, one.end)
                size = count(one.plain if whole else undo_hyphens(script.text[first:last], words))
                yield _Piece(first, last, index[page], one.block, names, size)


def _cut_at_pages(block: PlacedBlock, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the parts of a span that stand on one page each, and the page."""
    held: tuple[int, int, int] | None = None
    for placed in block.lines:
        a, b = max(start, placed.start), min(end, placed.end)
        if a >= b:
            continue
        if held and held[2] == placed.line.page:
            held = held[0], b, held[2]
        else:
            if held:
                yield held
            held = a, b, placed.line.page
    if held:
        yield held


def _cut_to_fit(text: str, start: int, end: int, count: CountPieces, room: int) -> Iterator[Span]:
    words = text[start:end]
    if (len(words) < room and words.isascii()) or count(words) <= room:  # a piece holds a character at least
        yield start, end
        return
    middle = max(text.rfind(" ", start + 1, (start + end) // 2), text.rfind("\n", start + 1, (start + end) // 2))
    cut = middle if middle > start else (start + end) // 2
    yield from _cut_to_fit(text, start, cut, count, room)
    after = cut + (text[cut] in " \n")
    if after < end:
        yield from _cut_to_fit(text, after, end, count, room)


def _pack(pieces: Sequence[_Piece], room: int) -> Iterator[list[_Piece]]:
    """Yield groups of neighbouring pieces; a paragraph that fits whole into the next chunk is not begun in this one."""
    sizes: dict[tuple[int, int], int] = {}
    for piece in pieces:
        sizes[piece.block, piece.page] = sizes.get((piece.block, piece.page), 0) + piece.size
    group: list[_Piece] = []
    size = 0
    for piece in pieces:
        if group:
            last = group[-1]
            whole = sizes[piece.block, piece.page] if piece.block != last.block else piece.size
            apart = piece.page != last.page or piece.path != last.path or piece.block > last.block + 1
            if apart or size + piece.size > room or (size + whole > room and whole <= room and size > room // 3):
                yield group
                group, size = [], 0
        group.append(piece)
        size += piece.size + 1
    if group:
        yield group
