"""The work that a PDF is: what its first page says of it, and what its reference list says it cites."""

from __future__ import annotations

from vlmrag.ingest.pages import bibliography, front
from vlmrag.ingest.pages.manuscript import Manuscript, PlacedBlock, PlacedLine
from vlmrag.ingest.pages.nouns import RawPdf
from vlmrag.types import Field, Work

_PICTURED = frozenset({"figure", "table", "reference"})
"""Kinds of blocks whose words say nothing of the paper itself."""


def read_work(script: Manuscript, raw: RawPdf, file_name: str) -> Work | None:
    """Return the work with its fields in the order of the text, each at its place; None without title, name or id.

    An arXiv id that only the file's name gives stands at the title.
    """
    fields = [*_read_front(script, raw), *_read_references(script)]
    title = next((f for f in fields if f.name == "title"), None)
    if title and not any(f.name == "arxiv" for f in fields) and (named := front.read_file_name(file_name)):
        fields.append(Field("arxiv", named[0], title.start, title.end))
    fields.sort(key=lambda f: f.start)
    return Work(tuple(fields)) if any(f.name in ("name", "title", "arxiv", "doi") for f in fields) else None


def _read_front(script: Manuscript, raw: RawPdf) -> list[Field]:
    placed: list[PlacedLine] = []
    page = None
    for block in script.blocks:
        page = block.lines[0].line.page if page is None else page
        if block.kind not in _PICTURED:
            placed += [line for line in block.lines if line.line.page == page]
    height = next((each.height for each in raw.pages if each.number == page), 0.0)
    lines = [each.line for each in placed]
    return front.to_fields(front.read_front(lines, height, raw.title), lines, [each.start for each in placed])


def _read_references(script: Manuscript) -> list[Field]:
    """Return what the lists of references cite; an appendix may have one of its own."""
    lists: list[list[PlacedLine]] = [[]]
    for block in script.blocks:
        if block.kind == "reference":
            lists[-1] += block.lines
        elif block.kind == "heading" and lists[-1] and bibliography.is_reference_heading(_words(block)):
            lists.append([])
    fields = []
    for placed in lists:
        references = bibliography.read_references([each.line for each in placed])
        fields += bibliography.to_fields(references, [(each.start, each.end) for each in placed])
    return fields


def _words(block: PlacedBlock) -> str:
    return " ".join(each.line.text for each in block.lines)
