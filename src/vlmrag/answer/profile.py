"""One paper as the library has it: what is stated of it and where, its entries, its PDFs by section, its figures.

Everything has its place: a fact the sentence that states it, an entry its lines, a section of a PDF its page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vlmrag.answer.citations import Citations
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.figures import FoundFigure, list_figures
from vlmrag.types import Citation, Document, Field, Paper, Sentence

_NOT_SAID = ("note", "cites")
"""Fields that say nothing of the paper itself."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What the library states of a paper in one field, and where."""

    name: str
    """`Field.name`."""
    value: str
    citations: tuple[Citation, ...]
    """One for each place, in the order of the library."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of one of the paper's PDFs, by its heading."""

    heading: tuple[str, ...]
    citation: Citation
    """Its first sentence."""


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A PDF of the paper, and how it is divided."""

    path: str
    """`Source.path`."""
    sha256: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """All that the library has of one paper. The citations are numbered as those of one answer."""

    paper: Paper
    facts: tuple[Fact, ...]
    """By field, in the order in which they are first stated."""
    entries: tuple[Citation, ...]
    """What notes and records say of it: each entry whole."""
    files: tuple[PaperFile, ...]
    figures: tuple[FoundFigure, ...]


def describe_paper(paper: Paper, catalogue: Catalogue) -> Profile:
    """Return all that the library has of a paper."""
    citations = Citations(catalogue)
    documents = [catalogue.documents[ident] for ident in paper.documents]
    hashes = {source.path: source.sha256 for source in catalogue.index.sources()}
    facts = tuple(_state_facts(paper, documents, catalogue, citations))
    entries = tuple(
        citations.cite(_whole(document, catalogue), paper) for document in documents if document.kind != "pdf"
    )
    files = tuple(
        PaperFile(document.source, hashes[document.source], _divide(document, paper, catalogue, citations))
        for document in documents
        if document.kind == "pdf"
    )
    return Profile(paper, facts, entries, files, tuple(list_figures(paper, catalogue)))


def _state_facts(
    paper: Paper, documents: Sequence[Document], catalogue: Catalogue, citations: Citations
) -> Iterator[Fact]:
    """Yield what is stated of the paper, each value once, with the sentences that state it."""
    stated: dict[tuple[str, str], dict[Citation, None]] = {}
    for document in documents:
        for field in _own_fields(paper, document):
            places = stated.setdefault((field.name, field.value), {})
            sentence = next(iter(catalogue.spoken(document.id, field.start, field.end)), None)
            if sentence is not None:
                places |= dict.fromkeys(citations.cite_all(sentence, paper)[:1])
    order = {name: at for at, name in reversed(list(enumerate(name for name, _ in stated)))}
    for (name, value), places in sorted(stated.items(), key=lambda item: order[item[0][0]]):
        yield Fact(name, value, tuple(places))


def _own_fields(paper: Paper, document: Document) -> Iterator[Field]:
    """Yield the fields that a document states of the paper; of a joint entry, those of its own work."""
    works = document.works
    if len(works) > 1:
        names = {paper.name, *paper.aliases, paper.title}
        own = [w for w in works if names & {*w.all("name"), *w.all("title")} or paper.arxiv in w.all("arxiv")]
        works = tuple(own) or works
    for work in works:
        yield from (field for field in work.fields if field.name not in _NOT_SAID)


def _whole(document: Document, catalogue: Catalogue) -> Sentence:
    """Return a document's text as one sentence, the blank around it left out."""
    text = catalogue.index.source(document.source).text[document.start : document.end]
    start = document.start + len(text) - len(text.lstrip())
    return Sentence(document.id, start, start + len(text.strip()), text.strip(), ())


def _divide(document: Document, paper: Paper, catalogue: Catalogue, citations: Citations) -> tuple[Section, ...]:
    """Return the sections of a PDF, each with its first sentence."""
    found: list[Section] = []
    for start, heading in catalogue.index.sections([document.id]).get(document.id, ()):
        if found and found[-1].heading == heading:
            continue
        sentence = next((s for s in catalogue.spoken(document.id, start) if s.start >= start), None)
        if sentence is not None:
            citation = citations.cite(sentence, paper)
            found.append(Section(heading, replace(citation, heading=" > ".join(heading))))
    return tuple(found)
