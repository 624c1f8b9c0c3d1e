"""Markdown tables: the cells of a row, and tables whose rows run on in one line, as web pages are saved.

In a run-on table the separator (`| :--- | :--- |`) tells how many columns there are; the header is that many cells
before it, and each row that many cells after it. What stands around the tables in such a line (headings, rules,
numbered points) is laid out as lines as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

Span = tuple[int, int]

_SEPARATOR = re.compile(r"\|(?:[ \t]*:?-{2,}:?[ \t]*\|)+")
_BREAKS = re.compile(r"(?<=\s)(?=#{1,6}[ \t]+\S|\*{3}\s|-{3}\s|\d{1,2}\.[ \t]+\*\*)")
_COLLAPSED_HEADINGS = re.compile(r"(?<=\s)#{2,6}[ \t]+\S")
_LONG_LINE = 400
"""A line with headings inside it is laid out from this length on; shorter ones are taken as written."""


def split_row(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the spans of the words of a row's cells; an empty cell gives an empty span."""
    pipes = _find_pipes(text, start, end)
    if not pipes:
        return
    edges = pipes if not text[start : pipes[0]].strip() else [start - 1, *pipes]
    if text[edges[-1] + 1 : end].strip():
        edges = [*edges, end]
    for left, right in pairwise(edges):
        cell = text[left + 1 : right]
        first = left + 1 + len(cell) - len(cell.lstrip())
        yield (first, first + len(cell.strip())) if cell.strip() else (left + 1, left + 1)


def lay_out_line(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the line itself, or the lines that a saved page has run together in it."""
    if end - start < 40:
        yield start, end
        return
    separators = [
        match
        for match in _SEPARATOR.finditer(text, start, end)
        if text[start : match.start()].strip() or text[match.end() : end].strip()
    ]
    if separators:
        yield from _lay_out_tables(text, start, end, separators)
    elif end - start >= _LONG_LINE and sum(1 for _ in _COLLAPSED_HEADINGS.finditer(text, start, end)) >= 2:
        yield from _lay_out_prose(text, start, end)
    else:
        yield start, end


def _lay_out_tables(text: str, start: int, end: int, separators: list[re.Match[str]]) -> Iterator[Span]:
    at = start
    for index, separator in enumerate(separators):
        limit = separators[index + 1].start() if index + 1 < len(separators) else end
        columns = separator[0].count("|") - 1
        head = _find_header(text, at, separator.start(), columns)
        if head is None:
            continue
        yield from _lay_out_prose(text, at, head)
        yield head, separator.start()
        yield separator.span()
        at = separator.end()
        for row_start, row_end in _run_on_rows(text, at, limit, columns):
            yield row_start, row_end
            at = row_end
    yield from _lay_out_prose(text, at, end)


def _find_header(text: str, start: int, end: int, columns: int) -> int | None:
    """Return where the header's first pipe stands: `columns` + 1 pipes before the separator."""
    pipes = _find_pipes(text, start, end)
    closed = bool(pipes) and not text[pipes[-1] + 1 : end].strip()
    needed = columns + 1 if closed else columns
    return pipes[-needed] if len(pipes) >= needed else None


def _run_on_rows(text: str, start: int, end: int, columns: int) -> Iterator[Span]:
    pipes = _find_pipes(text, start, end)
    at, first = start, 0
    while len(pipes) - first > columns:
        if text[at : pipes[first]].strip():
            return
        last = pipes[first + columns]
        yield pipes[first], last + 1
        at, first = last + 1, first + columns + 1


def _find_pipes(text: str, start: int, end: int) -> list[int]:
    """Return where the pipes stand that divide cells: not escaped, not inside `code`."""
    pipes: list[int] = []
    code = False
    for match in re.finditer(r"\\.|`|\|", text[start:end]):
        if match[0] == "`":
            code = not code
        elif match[0] == "|" and not code:
            pipes.append(start + match.start())
    if code:  # an odd number of backquotes: none of them marks code
        return [start + match.start() for match in re.finditer(r"(?<!\\)\|", text[start:end])]
    return pipes


def _lay_out_prose(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the pieces between the headings, rules and numbered points of a line; white space goes to the left."""
    at = start
    for match in _BREAKS.finditer(text, start, end):
        if match.start() > at:
            yield at, match.start()
            at = match.start()
    if at < end:
        yield at, end
