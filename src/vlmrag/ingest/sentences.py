"""Sentences: the smallest pieces that say something, each with its exact place. What an answer quotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from vlmrag.ingest.blocks import Block
from vlmrag.ingest.fields import Span, find_label
from vlmrag.ingest.layout import lay_out
from vlmrag.ingest.titles import trim
from vlmrag.language.words import split_sentences
from vlmrag.types import Document, Sentence, Source

_SAYS = re.compile(r"[^\W_]")
_EDGE = " \t\r\n\u3000*_>|#\ufeff"
_LONGEST = 1500
"""A piece without a sentence end is cut after so many characters."""


def cut_sentences(source: Source, document: Document, terms: Callable[[str], list[str]]) -> list[Sentence]:
    """Return the sentences, bullets and table cells of a document, in order, without the markup at their edges."""
    text = source.text
    sentences = []
    for block in lay_out(text, document.start, document.end):
        for start, end in _pieces(text, block):
            start, end = trim(text, start, end, edge=_EDGE)
            if start < end and _SAYS.search(text, start, end):
                words = text[start:end]
                sentences.append(Sentence(document.id, start, end, words, tuple(terms(words))))
    return sentences


def _pieces(text: str, block: Block) -> Iterator[Span]:
    """Yield the sentences of a line: of each cell of a row; a line with a label is one."""
    if block.kind in ("rule", "html"):
        return
    spans = block.cells if block.kind in ("row", "head_row") else ((block.body, block.stop),)
    for start, end in spans:
        label = find_label(text, start, end)
        if label and label[0] != "text" and end - start <= _LONGEST:
            yield start, end
            continue
        for first, last in split_sentences(text[start:end]):
            yield from _cut_long(text, start + first, start + last)


def _cut_long(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > _LONGEST:
        cut = max(text.rfind(mark, start + _LONGEST // 2, start + _LONGEST) for mark in " ，,、")
        cut = start + _LONGEST if cut < 0 else cut + 1
        yield start, cut
        start = cut
    yield start, end
