"""Figures for a query: by what their captions say, and by what the text says where it names them.

The words are compared as everywhere: stems, Chinese terms by their English, each weighing what it tells. What the
caption says counts whole; what only the text says of a figure, or only the name of its paper, counts in part.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from vlmrag.ingest.figures import read_label, read_names
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import cover
from vlmrag.types import Figure, Paper

_MENTION_SHARE = 0.6
"""What a term counts that stands in a sentence about a figure and not in its caption."""
_NAME_SHARE = 0.4
"""What a term counts that stands only in the name or title of its paper."""


@dataclass(frozen=True, slots=True)
class FoundFigure:
    """A figure that was found, and the words that it was found by."""

    figure: Figure
    score: float
    """0..1: the weighted share of the query's terms that it meets."""
    paper: Paper | None
    caption: str
    mentions: tuple[str, ...]
    """The sentences that name it."""


def find_figures(query: str, k: int, catalogue: Catalogue, documents: Collection[str]) -> list[FoundFigure]:
    """Return the `k` figures of these documents that a query means, best first; those that it names come before all.

    Of equals the one whose caption says the least besides comes first. None is returned that meets no term.
    """
    wanted = catalogue.glossary.concepts(query)
    named = read_names(query)
    papers = {document: paper for paper in reversed(catalogue.papers) for document in paper.documents}
    among, sought = set(documents), {term for concept in wanted for term in concept}
    found = []
    for figure in catalogue.index.figures():
        if figure.document in among:
            paper = papers.get(figure.document)
            held, near = _list_terms(figure, paper, catalogue)
            score = cover(wanted, held, catalogue, near)
            if score > 0:
                rank = (read_label(figure.label) not in named, -round(score, 6), len(held - sought))
                found.append((rank, score, figure, paper))
    found.sort(key=lambda each: each[0])
    return [_describe(figure, score, paper, catalogue) for _, score, figure, paper in found[:k]]


def list_figures(paper: Paper, catalogue: Catalogue) -> list[FoundFigure]:
    """Return all figures of a paper's PDFs, in the order of the library; nothing was sought, so each scores 1."""
    own = set(paper.documents)
    return [_describe(f, 1.0, paper, catalogue) for f in catalogue.index.figures() if f.document in own]


def _list_terms(figure: Figure, paper: Paper | None, catalogue: Catalogue) -> tuple[set[str], dict[str, float]]:
    """Return the terms of a figure's caption, and those around it with what they count."""
    held = {t for s in catalogue.spoken(figure.document, figure.start, figure.end) for t in s.terms}
    names = [paper.name, paper.title or "", *paper.aliases] if paper else []
    near = {t: _NAME_SHARE for name in names for t in catalogue.glossary.terms(name)}
    for start, end in figure.mentions:
        for sentence in catalogue.spoken(figure.document, start, end):
            near |= dict.fromkeys(sentence.terms, _MENTION_SHARE)
    return held, near


def _describe(figure: Figure, score: float, paper: Paper | None, catalogue: Catalogue) -> FoundFigure:
    text = catalogue.index.source(figure.source).text
    mentions = tuple(text[start:end] for start, end in figure.mentions)
    return FoundFigure(figure, score, paper, text[figure.start : figure.end], mentions)
