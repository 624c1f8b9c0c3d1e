"""Sentences: the smallest pieces that say something, each with its exact place. What an answer quotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.fields import Span, find_label
from vlmrag.ingest.layout import cut_stretches, lay_out
from vlmrag.ingest.titles import plain, trim
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold
from vlmrag.language.words import split_sentences
from vlmrag.types import Document, Sentence, Source

_SAYS = re.compile(r"[^\W_]")
_EDGE = " \t\r\n\u3000>|#\ufeff"
_MARK = re.compile(r"\*{1,3}|_{1,3}")
_LAST_MARK = re.compile(r"(?:\*{1,3}|(?<!\w)_{1,3}|(?<=\w)_)$")
_LONGEST = 1500
"""A piece without a sentence end is cut after so many characters."""
_LONGEST_REFERENCE = 600
_ORIGIN = frozenset({"name", "title", "author", "org", "venue", "year", "date"})
"""Fields that a reference gives in one breath."""
_IDS = frozenset({"arxiv", "doi", "url"})
_NEAR = 60
"""Characters between them and an id or address that belongs to the reference."""


def cut_sentences(source: Source, document: Document, terms: Callable[[str], list[str]]) -> list[Sentence]:
    """Return the sentences, bullets and table cells of a document, in order, without the markup at their edges."""
    text = source.text
    sentences = []
    reference = _find_reference(document)
    for block in lay_out(text, document.start, document.end):
        for start, end in _pieces(text, block, reference):
            start, end = _trim(text, start, end)
            if start < end and _SAYS.search(text, start, end):
                words = text[start:end]
                sentences.append(Sentence(document.id, start, end, words, tuple(terms(words))))
    return sentences


def _find_reference(document: Document) -> Span | None:
    """Return the span of a reference on the first line of an entry: from its title or authors to its last field."""
    if not document.works:
        return None
    fields = [f for work in document.works for f in work.fields if f.start >= document.start]
    spans = sorted((f.start, f.end) for f in fields if f.name in _ORIGIN)
    if len({f.name for f in fields} & (_ORIGIN | _IDS)) < 3 or not spans:
        return None
    start, end = spans[0][0], max(end for _, end in spans)
    for found in sorted((f.start, f.end) for f in fields if f.name in _IDS):
        if end <= found[0] <= end + _NEAR:
            end = found[1]
    return start, end


def _pieces(text: str, block: Block, reference: Span | None) -> Iterator[Span]:
    """Yield the sentences of a line: of each cell of a row; a reference, or a line with a label, is one."""
    if block.kind in ("rule", "html"):
        return
    spans = block.cells if block.kind in ("row", "head_row") else ((block.body, block.stop),)
    for start, end in spans:
        label = find_label(text, start, end)
        if label and label[0] != "text" and end - start <= _LONGEST:
            yield start, end
            continue
        if label and fold(plain(text, *trim(text, start, label[1][0]))) in word_set("plain_labels"):
            start = label[1][0]
        whole = block.kind in ("item", "text") and reference is not None and start <= reference[0] < reference[1] <= end
        yield from _sentences(text, start, end, reference if whole else None)


def _sentences(text: str, start: int, end: int, reference: Span | None) -> Iterator[Span]:
    """Yield the sentences of a span; those that a short reference reaches over are one."""
    pieces = [(start + first, start + last) for first, last in split_sentences(text[start:end])]
    if reference and pieces:
        held = [piece for piece in pieces if piece[0] < reference[1]]
        if held and held[-1][1] - held[0][0] <= _LONGEST_REFERENCE:
            pieces = [(held[0][0], held[-1][1]), *pieces[len(held) :]]
    for first, last in pieces:
        yield from cut_stretches(text, first, last, _LONGEST, " ，,、")


def _trim(text: str, start: int, end: int) -> Span:
    """Return the span without the markup at its edges; a mark of bold or italics goes only with its partner."""
    while True:
        start, end = trim(text, start, end, edge=_EDGE)
        if opening := _MARK.match(text, start, end):
            partner = text.find(opening[0], opening.end(), end)
            around = partner == end - len(opening[0])
            if partner < 0 or around or text[opening.end()].isspace():
                start, end = opening.end(), partner if around else end
                continue
        closing = _LAST_MARK.search(text, max(start, end - 3), end)
        if closing is None or closing.start() == start:
            return start, end
        if text.find(closing[0], start, end) < closing.start() and not text[closing.start() - 1].isspace():
            return start, end
        end = closing.start()
