"""What arXiv says of a paper, kept beside its PDF as a text that people read and answers cite.

    data/pdfs/2301.12597v3.pdf          the paper
    data/pdfs/2301.12597.arxiv.txt      its record: one for the paper, of the newest version that was fetched

A line per field, `Title: ...`, after a first line that gives the form's version: each value stands in the file as it
is, without the escapes of JSON, so that a citation quotes it like any other text. A file per paper, since one file for
all would be written and read again for each paper that comes or goes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from vlmrag.ingest.arxiv import ArxivId, Metadata
from vlmrag.ingest.download import move_whole
from vlmrag.ingest.fields import Span, find_dois, find_venues
from vlmrag.ingest.identity import make_id
from vlmrag.ingest.works import Statement, make_works
from vlmrag.types import Document, Reading, Sentence, Source, Work

ENDING = ".arxiv.txt"
FIRST_LINE = "arXiv record 1"
_LABELS = ("arXiv", "Title", "Authors", "Published", "Updated", "Comment", "Journal", "DOI", "Category", "Status")
_NEEDED = frozenset({"arXiv", "Title", "Published"})
_TOLD = frozenset({"Title", "Authors", "Published", "Comment", "Journal", "DOI", "Status"})
"""Lines that say something of the paper, and may be quoted."""
_WITHDRAWN = "withdrawn"


def make_record_name(ident: ArxivId) -> str:
    """Return the name of a paper's record, the same for all its versions."""
    return f"{ArxivId(ident.number).stem}{ENDING}"


def write_record(metadata: Metadata) -> str:
    """Return the text of a record."""
    values = (
        str(metadata.id),
        metadata.title,
        "; ".join(metadata.authors),
        metadata.published,
        metadata.updated,
        metadata.comment,
        metadata.journal,
        metadata.doi,
        metadata.category,
        _WITHDRAWN if metadata.withdrawn else None,
    )
    lines = [f"{label}: {value}" for label, value in zip(_LABELS, values, strict=True) if value]
    return "\n".join([FIRST_LINE, *lines]) + "\n"


def read_record(text: str) -> Metadata | None:
    """Return what a record says; None for a text that is none."""
    stated = {label: text[slice(*span)] for label, span in _find_values(text)}
    ident = ArxivId.parse(stated.get("arXiv", ""))
    known = text.partition("\n")[0].rstrip() == FIRST_LINE
    if not known or ident is None or ident.version is None or not stated.keys() >= _NEEDED:
        return None
    return Metadata(
        id=ident,
        title=stated["Title"],
        authors=tuple(name for name in stated.get("Authors", "").split("; ") if name),
        published=stated["Published"],
        updated=stated.get("Updated", stated["Published"]),
        comment=stated.get("Comment"),
        journal=stated.get("Journal"),
        doi=stated.get("DOI"),
        category=stated.get("Category"),
        withdrawn=stated.get("Status") == _WITHDRAWN,
    )


def keep_record(folder: Path, metadata: Metadata) -> Path:
    """Write a paper's record, unless the one that is there is of a newer version; return where it lies."""
    path = folder / make_record_name(metadata.id)
    held = load_record(folder, metadata.id)
    text = write_record(metadata)
    older = held is None or (held.id.version or 0) <= (metadata.id.version or 0)
    if older and (held is None or write_record(held) != text):
        draft = path.with_name(f".{path.name}.new")
        draft.write_text(text, "utf-8", newline="\n")
        move_whole(draft, path)
    return path


def load_record(folder: Path, ident: ArxivId) -> Metadata | None:
    """Return the record of a paper in a folder; None where there is none that can be read."""
    try:
        return read_record((folder / make_record_name(ident)).read_text("utf-8"))
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def read_as_document(source: Source, find_terms: Callable[[str], list[str]]) -> Reading | None:
    """Return a record as a document of its paper, with the lines that may be quoted; None for another text.

    It has no chunk: there is nothing to search for that paper and notes do not say, and a passage of title words
    would stand before theirs.
    """
    text = source.text
    if read_record(text) is None:
        return None
    ident = make_id(source.path, text, {})
    document = Document(ident, source.path, "record", 0, len(text.rstrip()), 1, (), (_read_work(text),))
    sentences = []
    for label, (start, end) in _find_values(text):
        if label in _TOLD:
            start -= len(f"{label}: ")
            sentences.append(Sentence(ident, start, end, text[start:end], tuple(find_terms(text[start:end]))))
    return Reading(replace(source, kind="record"), (document,), tuple(sentences), ())


def is_record(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a record by its name."""
    return os.fspath(path).endswith(ENDING)


def _read_work(text: str) -> Work:
    """Return what a record states of its paper, each field with its place."""
    statement = Statement(text, lambda words: [])
    for label, (start, end) in _find_values(text):
        if label == "arXiv" and (ident := ArxivId.parse(text[start:end])):
            statement.add("arxiv", start, end, ident.number)
        elif label == "Title":
            statement.add("title", start, end, text[start:end])
        elif label == "Authors":
            for name, span in _split_authors(text, start, end):
                statement.add("author", *span, name)
        elif label == "Published":
            statement.add("date", start, end, text[start:end])
        elif label in ("Comment", "Journal") and not statement.has("venue"):
            statement.extend(find_venues(text, start, end)[:1])
        elif label == "DOI":
            statement.extend(find_dois(text, start, end))
        elif label == "Status":
            statement.add("status", start, end, text[start:end])
    return make_works(statement, None)[0]


def _split_authors(text: str, start: int, end: int) -> Iterator[tuple[str, Span]]:
    for name in text[start:end].split("; "):
        yield name, (start, start + len(name))
        start += len(name) + 2


def _find_values(text: str) -> Iterator[tuple[str, Span]]:
    """Yield the labels of a record's lines with the spans of what stands behind them."""
    at = 0
    for line in text.splitlines(keepends=True):
        label, colon, value = line.rstrip("\r\n").partition(": ")
        if colon and label in _LABELS:
            start = at + len(label) + len(colon)
            yield label, (start, start + len(value))
        at += len(line)
