"""Figures for a query: by what their captions say, by what the text says around them, and by what they show.

The words are compared as everywhere: stems, Chinese terms by their English, each weighing what it tells. What the
caption says counts whole; what only the text says of a figure, or only the name of its paper, counts in part. Where a
model has looked at the figures, it is a second witness (`pictures.py`), and two that agree are better than one: the
score is 1 - (1 - words)(1 - picture / 2). A picture alone never outweighs half of the words: a model of pictures knows
a plot from a drawing of boxes, but not one architecture from another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import PurePosixPath

from vlmrag.index.figures.model import PictureEncoder
from vlmrag.ingest.figures import read_label, read_names
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.evidence import cover
from vlmrag.search.pictures import score_pictures
from vlmrag.types import Figure, Paper

_MENTION_SHARE = 0.6
"""What a term counts that stands in a sentence about a figure and not in its caption."""
_NAME_SHARE = 0.4
"""What a term counts that stands only in the name or title of its paper, or in the headings above it."""
_PICTURE_SHARE = 0.5
"""What a picture counts that the query describes and no word does."""
_DIGITS = 6
ReadText = Callable[[str], str]
"""Returns the text of a source."""


@dataclass(frozen=True, slots=True)
class FoundFigure:
    """A figure that was found, and the words that it was found by."""

    figure: Figure
    score: float
    """0..1: the weighted share of the query's terms that it meets, and how well they describe what it shows."""
    paper: Paper | None
    caption: str
    mentions: tuple[str, ...]
    """The sentences that name it, or in a note stand beside it."""
    via: Mapping[str, float] = field(default_factory=dict)
    """What it was found by, `words` or `picture` or both, and how well by each, 0..1."""


def find_figures(
    query: str,
    k: int,
    catalogue: Catalogue,
    documents: Collection[str],
    encoder: PictureEncoder | None = None,
) -> list[FoundFigure]:
    """Return the `k` figures of these documents that a query means, best first; those that it names come before all.

    Of equals the one whose caption says the least besides comes first; of a paper's copies only one counts. None is
    returned that neither meets a term nor shows what `encoder` finds described.
    """
    wanted = catalogue.glossary.concepts(query)
    named = read_names(query)
    papers = {document: paper for paper in reversed(catalogue.papers) for document in paper.documents}
    among, sought = set(documents), {term for concept in wanted for term in concept}
    seen = score_pictures(query, catalogue, encoder) if encoder else {}
    read = _keep_texts(catalogue)
    found = []
    for figure in catalogue.index.figures():
        if figure.document in among:
            paper = papers.get(figure.document)
            held, near = _list_terms(figure, paper, catalogue, read)
            via = {"words": round(cover(wanted, held, catalogue, near), _DIGITS), "picture": seen.get(figure, 0.0)}
            score = 1 - (1 - via["words"]) * (1 - _PICTURE_SHARE * via["picture"])
            if score > 0:
                rank = (read_label(figure.label) not in named, -round(score, _DIGITS), len(held - sought))
                found.append((rank, score, figure, paper, {side: share for side, share in via.items() if share}))
    found.sort(key=lambda each: each[0])
    described = (_describe(figure, score, paper, read, via) for _, score, figure, paper, via in found)
    return list(islice(_leave_out_copies(described), k))


def _leave_out_copies(found: Iterable[FoundFigure]) -> Iterator[FoundFigure]:
    """Yield each figure of a paper once, though the library may hold several files of the paper."""
    seen: dict[tuple[str, str, str], str] = {}
    for each in found:
        name = (each.paper.id if each.paper else each.figure.source, each.figure.label, "".join(each.caption.split()))
        if seen.setdefault(name, each.figure.source) == each.figure.source:
            yield each


def list_figures(paper: Paper, catalogue: Catalogue) -> list[FoundFigure]:
    """Return all figures of a paper's PDFs, in the order of the library; nothing was sought, so each scores 1."""
    own, read = set(paper.documents), _keep_texts(catalogue)
    return [_describe(f, 1.0, paper, read, {}) for f in catalogue.index.figures() if f.document in own and f.page]


def _keep_texts(catalogue: Catalogue) -> ReadText:
    """Return what reads the text of a source, each once."""
    return cache(lambda source: catalogue.index.source(source).text)


def _list_terms(
    figure: Figure, paper: Paper | None, catalogue: Catalogue, read: ReadText
) -> tuple[set[str], dict[str, float]]:
    """Return the terms of a figure's caption, and those around it with what they count."""
    names = [paper.name, paper.title or "", *paper.aliases] if paper else []
    names += catalogue.documents[figure.document].heading
    near = {t: _NAME_SHARE for name in names for t in catalogue.glossary.terms(name)}
    if figure.image is not None:  # a caption that is none of the note's sentences, or one with the path of the file
        text, terms = read(figure.source), catalogue.glossary.terms
        beside = [PurePosixPath(figure.image).stem, *(text[start:end] for start, end in figure.mentions)]
        near |= dict.fromkeys((t for words in beside for t in terms(words)), _MENTION_SHARE)
        return set(terms(text[figure.start : figure.end])), near
    held = {t for s in catalogue.spoken(figure.document, figure.start, figure.end) for t in s.terms}
    for start, end in figure.mentions:
        for sentence in catalogue.spoken(figure.document, start, end):
            near |= dict.fromkeys(sentence.terms, _MENTION_SHARE)
    return held, near


def _describe(
    figure: Figure, score: float, paper: Paper | None, read: ReadText, via: Mapping[str, float]
) -> FoundFigure:
    text = read(figure.source)
    mentions = tuple(text[start:end] for start, end in figure.mentions)
    return FoundFigure(figure, score, paper, text[figure.start : figure.end], mentions, via)
