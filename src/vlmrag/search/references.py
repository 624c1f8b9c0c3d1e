"""Who cites whom: the references of a library's papers, each led to the work it means.

A reference names a work by an id, a title, or both. One that names a paper of the library means that paper; of the
others, a title that some reference gives beside an id means what has the id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from vlmrag.language.fold import name_key
from vlmrag.types import Document, Paper

_SHORTEST_TITLE = 12
"""Characters of its key from which on a title tells a work."""


@dataclass(frozen=True, slots=True)
class Cited:
    """One reference of a paper, and where it stands."""

    work: str
    """What is cited: the id of a paper of the library, else an id or the key of a title."""
    title: str
    """As printed; empty where only an id is."""
    document: str
    """`Document.id` of the text whose reference it is."""
    start: int
    end: int


def find_cited(papers: Sequence[Paper], documents: Mapping[str, Document]) -> dict[str, tuple[Cited, ...]]:
    """Return the references of every paper that has any, by `Paper.id`, in the order of the text."""
    raw = {paper.id: _collect(paper, documents) for paper in papers}
    known = _name_papers(papers)
    ids = _find_ids(values for references in raw.values() for _, _, _, values in references)
    return {
        paper: tuple(
            Cited(_resolve(values, known, ids), _title(values), document, start, end)
            for document, start, end, values in references
        )
        for paper, references in raw.items()
        if references
    }


def shared_references(a: Sequence[Cited], b: Sequence[Cited]) -> list[tuple[Cited, Cited]]:
    """Return what two papers both cite, with the reference in each, in the order of the first."""
    other: dict[str, Cited] = {}
    for reference in b:
        other.setdefault(reference.work, reference)
    own: dict[str, Cited] = {}
    for reference in a:
        if reference.work in other:
            own.setdefault(reference.work, reference)
    return [(reference, other[work]) for work, reference in own.items()]


def _collect(paper: Paper, documents: Mapping[str, Document]) -> list[tuple[str, int, int, list[str]]]:
    """Return the references of a paper's documents: those fields that stand at one place are one reference.

    A reader's notes in a PDF are of the same work as the PDF, and their fields stand in the PDF's own text.
    """
    found: dict[tuple[str, int, int], list[str]] = {}
    for document in (documents[ident] for ident in paper.documents):
        for field in (field for work in document.works for field in work.fields):
            if field.name == "cites" and document.start <= field.start < document.end:
                found.setdefault((document.id, field.start, field.end), []).append(field.value)
    return [(*place, values) for place, values in found.items()]


def _is_id(value: str) -> bool:
    return value.startswith(("arxiv:", "doi:"))


def _title(values: Iterable[str]) -> str:
    return next((value for value in values if not _is_id(value)), "")


@lru_cache(maxsize=1 << 16)
def _title_keys(title: str) -> tuple[str, ...]:
    """Return the keys of a title: whole, and without the name before its colon."""
    tail = title.partition(":")[2] or title.partition("：")[2]
    keys = [name_key(title), *([name_key(tail)] if len(tail.split()) >= 4 else [])]
    return tuple(key for key in keys if len(key) >= _SHORTEST_TITLE)


def _name_papers(papers: Iterable[Paper]) -> dict[str, str]:
    """Return what papers of the library may be cited by, each with the paper's id; of two, the first."""
    known: dict[str, str] = {}
    for paper in papers:
        ids = [f"arxiv:{paper.arxiv}"] * bool(paper.arxiv) + [f"doi:{paper.doi}"] * bool(paper.doi)
        for key in (*ids, *_title_keys(paper.title or "")):
            known.setdefault(key, paper.id)
    return known


def _find_ids(references: Iterable[Sequence[str]]) -> dict[str, str]:
    """Return the id that most references give beside a title, by the title's key."""
    counts: dict[str, Counter[str]] = {}
    for values in references:
        ident = next(filter(_is_id, values), None)
        if ident is not None:
            for key in _title_keys(_title(values))[:1]:
                counts.setdefault(key, Counter())[ident] += 1
    return {key: max(found, key=lambda ident: (found[ident], ident)) for key, found in counts.items()}


def _resolve(values: Sequence[str], known: Mapping[str, str], ids: Mapping[str, str]) -> str:
    """Return what a reference means; a title tells more than an id, which may be pasted wrongly."""
    title = _title(values)
    keys = _title_keys(title)
    for key in (*keys, *filter(_is_id, values)):
        if key in known:
            return known[key]
    if keys and keys[0] in ids:
        return ids[keys[0]]
    return next(filter(_is_id, values), None) or (keys[0] if keys else name_key(title))
