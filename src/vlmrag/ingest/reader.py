"""Files become readings: what lies in a file's text, ready for the index. The entry to this stage."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vlmrag.ingest import words
from vlmrag.ingest.arxiv import find_superseded
from vlmrag.ingest.arxiv_record import is_record, read_as_document
from vlmrag.ingest.chunker import CountPieces, cut_chunks
from vlmrag.ingest.illustrations import Shelf, find_illustrations
from vlmrag.ingest.notes import read_documents
from vlmrag.ingest.sentences import cut_sentences
from vlmrag.ingest.text import read_text
from vlmrag.language.glossary import Glossary
from vlmrag.reports import Skipped
from vlmrag.types import Chunk, Reading, Sentence

READER_VERSION = 8
"""Raised whenever the code of the readers reads the same file differently: the index then reads it again."""

NOTE_ENDINGS = (".md", ".markdown", ".txt", ".html")
ENDINGS = (*NOTE_ENDINGS, ".pdf")
_SHORT = 64
_IDENTITY_SAMPLE = "A probe of how text is cut: BLIP-2 凍結 LLM."


@dataclass(frozen=True)
class ReadingRules:
    """By what a file is read: the encoder's count of word pieces, the glossary, and the limits of a chunk."""

    count_pieces: CountPieces
    """How many word pieces the encoder reads a text as, without its special tokens."""
    glossary: Glossary
    limit: int = 256
    """Longest chunk in word pieces, the encoder's two special tokens included."""
    overlap: int = 32
    """Word pieces that neighbouring pieces of one long line share."""
    roots: tuple[Path, ...] = ()
    """Folders in which the images of notes may lie, links followed; no part of the fingerprint."""

    @cached_property
    def count(self) -> CountPieces:
        """`count_pieces` that remembers short texts: headings and glossary terms come again and again."""
        known: dict[str, int] = {}

        def count(text: str) -> int:
            if len(text) > _SHORT:
                return self.count_pieces(text)
            if text not in known:
                known[text] = self.count_pieces(text)
            return known[text]

        return count

    @cached_property
    def fingerprint(self) -> str:
        """What decides how a file is read, as 16 hex digits: another fingerprint, another reading."""
        parts = (
            READER_VERSION,
            words.fingerprint(),
            self.glossary.fingerprint,
            self.limit,
            self.overlap,
            self.count_pieces(_IDENTITY_SAMPLE),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def read_file(path: Path, shown: str, rules: ReadingRules) -> Reading:
    """Read one file; `shown` is the path that people see.

    Raises:
        SourceError: The file cannot be read, is not text, or is of a kind that is not read.
    """
    if path.suffix.lower() == ".pdf":
        from vlmrag.ingest.pages.read import read_pdf

        return read_pdf(path, shown, rules)
    source = read_text(path, shown)
    glossary = rules.glossary
    if is_record(path) and (record := read_as_document(source, glossary.terms)):
        return record
    documents = read_documents(source, lambda text: glossary.spans(text, "org"))
    sentences: list[Sentence] = []
    chunks: list[Chunk] = []
    for document in documents:
        sentences += cut_sentences(source, document, glossary.terms)
        chunks += cut_chunks(source, document, rules.count, glossary.gloss, rules.limit, rules.overlap)
    figures, problems = find_illustrations(source, Shelf(path, shown, rules.roots), documents, sentences)
    return Reading(source, tuple(documents), tuple(sentences), tuple(chunks), (), problems, figures)


def list_files(paths: Iterable[Path]) -> tuple[list[Path], list[Skipped]]:
    """Return the files to read below the given paths, sorted within each folder, and what cannot be read.

    Hidden files and folders are passed over, and a paper beside which a newer version lies; a file that is named
    itself is taken whatever its ending.
    """
    found: dict[Path, None] = {}
    skipped: list[Skipped] = []
    for path in paths:
        try:
            path.stat()
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            why = "does not exist" if missing else f"cannot be opened: {error.strerror or error}"
            skipped.append(Skipped(str(path), why))
            continue
        if path.is_dir():
            _walk(path, lambda file: found.setdefault(file), skipped)
        else:
            found.setdefault(path)
    return list(found), skipped


def _walk(folder: Path, keep: Callable[[Path], None], skipped: list[Skipped]) -> None:
    try:
        children = sorted(folder.iterdir(), key=lambda child: child.name)
    except OSError as error:
        skipped.append(Skipped(str(folder), f"cannot be opened: {error.strerror or error}"))
        return
    older = find_superseded(child.name for child in children)
    for child in children:
        if child.name.startswith(".") or child.name in older:
            continue
        if os.path.isdir(child):  # noqa: PTH112 - pathlib's raises in a folder that may be listed and not entered
            if not child.is_symlink():
                _walk(child, keep, skipped)
        elif child.suffix.lower() in ENDINGS:
            keep(child)
