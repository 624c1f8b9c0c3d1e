"""How well a sentence meets a question: the share of what is looked for that it holds, and whether it means it.

Terms are compared, not characters: English stems, and Chinese terms by the English that the glossary gives them, so
that the three scripts meet. A term weighs what it tells: one that stands in few documents weighs more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vlmrag.ingest.attributes import Stance, read_stance
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import Question
from vlmrag.types import Sentence

CONTEXT_SHARE = 0.5
"""What a term counts that stands not in the sentence but in the headings above it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence as evidence for a question."""

    sentence: Sentence
    score: float
    """0..1: the weighted share of what is looked for that the sentence holds."""
    stance: Stance = "says"


def cover(wanted: Sequence[str], held: Collection[str], catalogue: Catalogue, context: Collection[str] = ()) -> float:
    """Return the weighted share, 0..1, of `wanted` terms that are `held`; those in `context` count in part."""
    total = sum(catalogue.weigh(t) for t in wanted)
    if not total:
        return 0.0
    got = sum(catalogue.weigh(t) * (1.0 if t in held else CONTEXT_SHARE) for t in wanted if t in held or t in context)
    return got / total


def weigh_sentence(question: Question, sentence: Sentence, catalogue: Catalogue) -> Evidence:
    """Score one sentence by the alternative that it meets best."""
    held = frozenset(sentence.terms)
    context = catalogue.context_terms(sentence.document)
    best, score = (), 0.0
    for wanted in question.alternatives:
        share = cover(wanted, held, catalogue, context)
        if share > score:
            best, score = wanted, share
    stance: Stance = "says"
    if score > 0:
        met = {t: catalogue.weigh(t) for t in best if t in held}
        stance = read_stance(sentence.text, lambda c: sum(met.get(t, 0.0) for t in set(catalogue.glossary.terms(c))))
    return Evidence(sentence, score, stance)


def weigh_all(question: Question, sentences: Sequence[Sentence], catalogue: Catalogue) -> list[Evidence]:
    """Score sentences, best first; ties keep the order of the text."""
    found = [weigh_sentence(question, s, catalogue) for s in sentences]
    return sorted(found, key=lambda e: -e.score)
