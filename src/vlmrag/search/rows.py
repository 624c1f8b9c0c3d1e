"""A table inside a note: a cell says little by itself, and is read with its row and under its column's head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vlmrag.types import Document, Sentence

_BARS = "|│"
_BESIDE, _ABOVE = 0.9, 0.6
"""What a term counts that stands in another cell of the row, and in the head of the table."""
_CELL = 60
"""Characters up to which a cell is no passage of its own."""
_QUOTE = 200
"""Characters up to which cells are quoted together."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    cells: tuple[Sentence, ...]
    around: Mapping[str, float]
    """What each term of the row, and of the table's head, counts for any of its cells, 0..1."""
    is_head: bool
    """Whether it names the columns, and states nothing."""


class Rows:
    """The rows of the tables inside documents, read when they are asked for.

    A row that is an entry of its own (a paper in a table of papers) is none: it is read as any entry is.
    """

    def __init__(
        self,
        documents: Mapping[str, Document],
        read_text: Callable[[Document], str],
        read_cells: Callable[[str, int, int], list[Sentence]],
        read_terms: Callable[[str], list[str]],
    ) -> None:
        """Read from `documents` by their source's text, their sentences between two places, and the terms of words."""
        self._documents, self._text, self._cells, self._terms = documents, read_text, read_cells, read_terms
        self._rows: dict[tuple[str, int], Row | None] = {}

    def find(self, sentence: Sentence) -> Row | None:
        """Return the row that a sentence is a cell of."""
        document = self._documents[sentence.document]
        if document.kind != "note":
            return None
        text = self._text(document)
        begin = text.rfind("\n", 0, sentence.start) + 1
        if begin <= document.start or not _is_row(text, begin):
            return None
        if (document.source, begin) not in self._rows:
            self._rows[document.source, begin] = self._read(document.id, text, begin)
        return self._rows[document.source, begin]

    def join(self, sentence: Sentence) -> Sentence:
        """Return a cell together with those before it, and after its row's first one: "parameters | 14B"."""
        row = self.find(sentence)
        if row is None or len(sentence.text) > _CELL or len(row.cells) < 2:
            return sentence
        first, last = row.cells[0], sentence
        for cell in row.cells:
            short = len(cell.text) <= _CELL and cell.end - first.start <= _QUOTE
            if cell.start > sentence.start and not short:
                break
            last = max(last, cell, key=lambda s: s.end)
        if last.end - first.start > _QUOTE:
            return sentence
        document = self._documents[sentence.document]
        terms = tuple(t for cell in row.cells if cell.end <= last.end for t in cell.terms)
        return Sentence(sentence.document, first.start, last.end, self._text(document)[first.start : last.end], terms)

    def _read(self, document: str, text: str, begin: int) -> Row | None:
        end = text.find("\n", begin)
        cells = tuple(self._cells(document, begin, end if end >= 0 else len(text)))
        head = begin
        while head and _is_row(text, before := text.rfind("\n", 0, head - 1) + 1):
            head = before
        named = self._terms(text[head : text.find("\n", head)]) if head < begin else []
        around = dict.fromkeys(named, _ABOVE) | dict.fromkeys((t for c in cells for t in c.terms), _BESIDE)
        return Row(cells, around, is_head=head == begin)


def _is_row(text: str, begin: int) -> bool:
    return text[begin : begin + 4].lstrip(" ")[:1] in tuple(_BARS)
