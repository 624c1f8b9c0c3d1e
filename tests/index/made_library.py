"""Readings that a test makes up: a paragraph is a document, a line a sentence and a chunk, a first word a paper.

A paragraph is a page and a figure too, so that those of a PDF go through all that the rest goes through.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from vlmrag.index.encoder import Encoder, HashingEncoder
from vlmrag.index.index import Index, IndexWriter
from vlmrag.index.writer import Committed
from vlmrag.types import Chunk, Document, Field, Figure, Page, Paper, Place, Reading, Sentence, Source, Work

SETTINGS = {"chunking": "lines"}
NOTES = {
    "data/notes/a.md": "Alpha freezes the LLM\nand trains a connector\n\nBeta 凍結語言模型\non page 3 of it",
    "data/notes/b.md": "Beta trains the LLM whole\n\nGamma freezes the vision encoder",
    "data/notes/空.md": "",
}


def name(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def read(path: str, text: str) -> Reading:
    """Make the reading of a file: deterministic, with every field filled."""
    raw = text.encode()
    source = Source(path, "note", hashlib.sha256(raw).hexdigest(), len(raw), len(raw) * 7, "utf-8", text)
    documents, sentences, chunks, pages, figures = [], [], [], [], []
    start = 0
    for number, paragraph in enumerate(text.split("\n\n")):
        if paragraph.strip():
            first = paragraph.split()[0]
            works = (Work((Field("name", first, start, start + len(first)),)),)
            line = text.count("\n", 0, start) + 1
            end = start + len(paragraph)
            document = Document(name(path, number, paragraph), path, "note", start, end, line, (path, "節"), works)
            documents.append(document)
            words = [(m.start(), m.end()) for m in re.finditer(r"\S+", paragraph)]
            boxes = tuple((start + a, start + b, float(a), 0.125, b + 0.625, 12.0) for a, b in words)
            pages.append(Page(number + 1, start, end, 612.0, 792.0, boxes))
            mentions = ((start, end), (0, start + 1))[:number]
            label = f"圖 {number + 1}"
            figures.append(Figure(document.id, path, number + 1, (0.5, 1.0, 2.25, 3.0), label, start, end, mentions))
            at = start
            for row in paragraph.split("\n"):
                sentences.append(Sentence(document.id, at, at + len(row), row, tuple(row.split())))
                id_ = name(path, at, row)
                box = ((0.5, 1.0, 2.0, float(len(row))),) if "page" in row else None
                chunks.append(
                    Chunk(id_, document.id, path, at, at + len(row), line, ("節",), row, f"{first}: {row}", None, box)
                )
                at += len(row) + 1
        start += len(paragraph) + 2
    return Reading(source, tuple(documents), tuple(sentences), tuple(chunks), tuple(pages), (), tuple(figures))


def merge_papers(documents: list[Document]) -> list[Paper]:
    """One paper per first word."""
    found: dict[str, list[Document]] = {}
    for document in documents:
        for work in document.works:
            found.setdefault(work.first("name") or "", []).append(document)
    return [
        Paper(
            f"name:{first.casefold()}",
            first,
            aliases=(first.upper(),),
            year=2023,
            sources=tuple(Place(d.source, d.line, d.heading[-1]) for d in group),
            documents=tuple(d.id for d in group),
        )
        for first, group in sorted(found.items())
    ]


def write(
    folder: Path, texts: Mapping[str, str], encoder: Encoder | None = None, *, rebuild: bool = False
) -> Committed:
    """Bring the library in `folder` to exactly `texts`, doing only what changed."""
    with IndexWriter(folder, encoder or HashingEncoder(), SETTINGS, rebuild=rebuild) as writer:
        known = writer.known()
        for path, text in texts.items():
            if known.get(path, (0, 0, ""))[2] != hashlib.sha256(text.encode()).hexdigest():
                writer.put(read(path, text))
        for path in known.keys() - texts.keys():
            writer.remove(path)
        return writer.commit(merge_papers)


def open_index(folder: Path) -> Index:
    return Index.open(folder, HashingEncoder())


QUESTIONS = ["freeze the LLM", "冻结 語言", "train connector alpha", "w7 w8 w9"]


def show(index: Index) -> dict[str, object]:
    """Everything that a reader can see, but for the generation: two libraries are the same when this is."""
    found: dict[str, object] = {
        "fingerprint": index.fingerprint,
        "counts": index.counts(),
        "papers": index.papers(),
        "documents": index.documents(),
        "sentences": index.sentences(),
        "sources": [index.source(source.path) for source in index.sources()],
        "pages": [index.pages(source.path, 3, 10**6) for source in index.sources()],
        "figures": index.figures(),
        "paper vectors": [part if isinstance(part, list) else part.round(5).tolist() for part in index.paper_vectors()],
    }
    documents = [document.id for document in index.documents()][::2]
    for question in QUESTIONS:
        vector, words = HashingEncoder().encode_queries([question])[0], question.casefold().split()
        for k, among in ((3, None), (1000, None), (4, documents)):
            dense, lexical = index.search_dense(vector, k, among), index.search_lexical(words, k, among)
            found[f"{question} {k} {among is None}"] = (list(dense.items()), list(lexical.items()))
            found[f"chunks of {question} {k} {among is None}"] = index.chunks([*dense, *lexical])
    return found
