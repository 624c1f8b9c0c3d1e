"""Similar papers as one reads them: each reason in words, with its weight and the places that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vlmrag.answer.citations import Citations
from vlmrag.answer.replies import join_words, reply
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.reasons import KINDS, Ground, Kind, Place, find_grounds
from vlmrag.search.similar import rank_similar
from vlmrag.types import Citation, Paper


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one paper is like another."""

    kind: Kind
    text: str
    """In a few words."""
    weight: float
    """What it adds to the score."""
    citations: tuple[Citation, ...]
    """Sentences that show it, of both papers where it speaks of both."""


@dataclass(frozen=True, slots=True)
class SimilarPaper:
    """A paper like the one that was asked for."""

    paper: Paper
    score: float
    """0..1: the sum of the weights of its reasons."""
    reasons: tuple[Reason, ...]
    """Weightiest first."""


def find_similar(
    like: Paper | str, catalogue: Catalogue, k: int = 10, among: Sequence[Paper] | None = None, lang: str = "en"
) -> list[SimilarPaper]:
    """Return the `k` papers most like a paper or a text with their reasons, best first; the words are in `lang`."""
    found = []
    for likeness in rank_similar(like, catalogue, k, among):
        citations = Citations(catalogue)
        grounds = find_grounds(like, likeness, catalogue)
        reasons = (
            Reason(KINDS[g.side], say_ground(g, lang), g.weight, _cite(g.places, citations, catalogue)) for g in grounds
        )
        found.append(SimilarPaper(likeness.paper, likeness.score, tuple(reasons)))
    return found


def say_ground(ground: Ground, lang: str) -> str:
    """Return a reason in a few words of a language."""
    shared = ground.shared
    if ground.side == "mention" and len(shared) > 1:
        return reply("like.mention", lang, namer=shared[0], named=shared[1])
    key = ground.side if shared else "meaning"
    return reply("like.text_mention" if key == "mention" else f"like.{key}", lang, shared=join_words(shared, lang))


def _cite(places: Sequence[Place], citations: Citations, catalogue: Catalogue) -> tuple[Citation, ...]:
    found: dict[Citation, None] = {}
    for paper, sentence in places:
        document = catalogue.documents[sentence.document]
        for citation in citations.cite_all(sentence, paper):
            if sentence.start < document.start:  # a heading stands before the entry that is cited for it
                text = catalogue.index.source(document.source).text
                citation = replace(citation, line=text.count("\n", 0, sentence.start) + 1)
            found[citation] = None
    return tuple(found)
