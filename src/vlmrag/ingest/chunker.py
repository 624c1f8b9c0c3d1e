"""Chunks: passages of at most the encoder's window, cut by its own count of word pieces, with exact offsets.

A short entry is one chunk. A long one is packed from its blocks, so that a chunk begins and ends with a line, a bullet
or a row where it can; only a line that is longer than the window is cut inside, by langchain's recursive splitter with
separators that know Chinese punctuation. The splitter is asked to keep every character, so the offsets are sums of
lengths and never searched for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.fields import Span
from vlmrag.ingest.identity import make_id
from vlmrag.ingest.layout import cut_stretches, lay_out
from vlmrag.ingest.titles import plain
from vlmrag.types import Chunk, Document, Source

CountPieces = Callable[[str], int]

_SEPARATORS = ["\n\n", "\n", "。", "！", "？", "；", ". ", "! ", "? ", "; ", "，", "、", ", ", " | ", " ", ""]
_STRIDE = 2000
"""Characters that the splitter is given at a time: it counts its text again and again."""
_CONTEXT_PIECES = 48
_GLOSS_TERMS = 40


def cut_chunks(
    source: Source,
    document: Document,
    count_pieces: CountPieces,
    gloss: Callable[[str], list[str]],
    limit: int = 256,
    overlap: int = 32,
) -> list[Chunk]:
    """Return the chunks of a document, in order.

    `limit` and `overlap` count word pieces as `count_pieces` does, the encoder's special tokens included; `gloss`
    gives the English of a text's Chinese terms. The text of every chunk is within the limit; its context and gloss
    fill what is left.
    """
    text = source.text
    room = max(8, limit - 2)
    seen: dict[str, int] = {}
    chunks = []
    lines = LineNumbers(text)
    for (start, end), size, heading in _spans(text, document, count_pieces, room, overlap):
        words = text[start:end]
        path = (*document.heading, *heading)
        indexed = make_indexed(document, path, words, gloss(words), count_pieces, room - size)
        ident = make_id(document.id, words, seen)
        chunks.append(Chunk(ident, document.id, document.source, start, end, lines.count(start), path, words, indexed))
    return chunks


class LineNumbers:
    """Counts the lines of ascending places."""

    def __init__(self, text: str) -> None:
        """Begin at the start of a text."""
        self._text, self._at, self._line = text, 0, 1

    def count(self, position: int) -> int:
        """Return the line, from 1, of a place."""
        if position < self._at:
            self._at, self._line = 0, 1
        self._line += self._text.count("\n", self._at, position)
        self._at = position
        return self._line


def _spans(
    text: str, document: Document, count: CountPieces, room: int, overlap: int
) -> Iterator[tuple[Span, int, tuple[str, ...]]]:
    """Yield the spans of the chunks, their pieces, and the headings inside the document that stand above them."""
    path: list[tuple[int, str]] = []
    group: list[Block] = []
    size = 0
    for block in lay_out(text, document.start, document.end):
        opens = block.kind == "heading" and block.start > document.start
        since = group[-1].end if group else block.start
        pieces = _count_stretch(text, since, block.end, count, room)
        if group and (size + pieces > room or (opens and size > room // 4)):
            yield from _close(text, group, size, tuple(words for _, words in path), count, room, overlap)
            group, size = [], 0
            pieces = _count_stretch(text, block.start, block.end, count, room)
        if opens:
            path = [(level, words) for level, words in path if level < block.level]
            path.append((block.level, plain(text, block.body, block.stop)))
        group.append(block)
        size += pieces
    if group:
        yield from _close(text, group, size, tuple(words for _, words in path), count, room, overlap)


def _count_stretch(text: str, start: int, end: int, count: CountPieces, room: int) -> int:
    """Return the pieces of a stretch, or more than a window where it is too long to be worth counting."""
    return count(text[start:end]) if end - start <= _STRIDE else room + 1


def _close(
    text: str, group: list[Block], size: int, path: tuple[str, ...], count: CountPieces, room: int, overlap: int
) -> Iterator[tuple[Span, int, tuple[str, ...]]]:
    start, end = _without_space(text, group[0].start, max(block.stop for block in group))
    if size <= room:
        yield (start, end), size, path
        return
    for span in _cut_inside(text, start, end, count, room, overlap):
        yield span, count(text[slice(*span)]), path


def _cut_inside(text: str, start: int, end: int, count: CountPieces, room: int, overlap: int) -> Iterator[Span]:
    """Yield the pieces of a span that is too long, each within `room`, sharing up to `overlap` pieces."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=room - overlap if room > 2 * overlap else room,
        chunk_overlap=0,
        length_function=count,
        separators=_SEPARATORS,
        keep_separator="end",
        strip_whitespace=False,
    )
    before: Span | None = None
    for first, last in cut_stretches(text, start, end, _STRIDE, "\n。. "):
        at = first
        for piece in splitter.split_text(text[first:last]):
            span = _without_space(text, at, at + len(piece))
            at += len(piece)
            if span[0] < span[1]:
                yield _reach_back(text, before, span, count, room, overlap)
                before = span


def _without_space(text: str, start: int, end: int) -> Span:
    words = text[start:end]
    return start + len(words) - len(words.lstrip()), start + len(words.rstrip()) if words.strip() else start


def _reach_back(text: str, before: Span | None, span: Span, count: CountPieces, room: int, overlap: int) -> Span:
    """Let a piece begin inside the one before it, at a mark or space, as far as the overlap allows."""
    if before is None or overlap <= 0:
        return span
    start = max(before[0] + 1, span[0] - 4 * overlap)
    places = [at for at in range(start, span[0]) if text[at - 1] in " 。，；、.!?\n" and not text[at].isspace()]
    first = bisect_left(places, True, key=lambda at: count(text[at : span[0]]) <= overlap)
    if first < len(places) and count(text[places[first] : span[1]]) <= room:
        return places[first], span[1]
    return span


def make_indexed(
    document: Document, path: tuple[str, ...], words: str, gloss: list[str], count: CountPieces, left: int
) -> str:
    """Return context, text and gloss; context and gloss are cut to the `left` pieces that the text leaves."""
    named = [value for work in document.works for value in (work.first("name"), work.first("title")) if value]
    parts = list(dict.fromkeys([*named, *reversed(path)]))
    context, used = _fill(parts, " | ", count, min(left, _CONTEXT_PIECES))
    english, _ = _fill(gloss[:_GLOSS_TERMS], ", ", count, left - used)
    return "\n".join(part for part in (context, words, english) if part)


def _fill(parts: list[str], joint: str, count: CountPieces, left: int) -> tuple[str, int]:
    """Return as many of the parts, joined, as `left` pieces hold, and how many pieces they are."""
    kept: list[str] = []
    used = 0
    for part in parts:
        pieces = count(part) + 1
        if used + pieces > left:
            break
        kept.append(part)
        used += pieces
    return joint.join(kept), used
