"""Reads a text as a note, for the tests of this room."""

from __future__ import annotations

from vlmrag.ingest.notes import read_documents
from vlmrag.ingest.papers import merge_papers
from vlmrag.language.glossary import Glossary
from vlmrag.types import Document, Paper, Source

GLOSSARY = Glossary.load()


def make_source(text: str, path: str = "note.md") -> Source:
    """Return a source as `read_text` would."""
    return Source(path, "note", "0" * 64, len(text.encode()), 0, "utf-8", text)


def read(text: str, path: str = "note.md") -> list[Document]:
    """Return the documents of a note."""
    return read_documents(make_source(text, path), lambda words: GLOSSARY.spans(words, "org"))


def works(text: str, path: str = "note.md") -> list[dict[str, str]]:
    """Return each work of a note as field to values, several joined by "; "."""
    found = []
    for document in read(text, path):
        for work in document.works:
            names = dict.fromkeys(field.name for field in work.fields)
            found.append({name: "; ".join(work.all(name)) for name in names})
    return found


def merge(*notes: str) -> list[Paper]:
    """Return the papers of several notes."""
    return merge_papers(document for i, text in enumerate(notes) for document in read(text, f"{i}.md"))
