"""How well a sentence meets a question: the share of what is looked for that it holds, and whether it means it.

Terms are compared, not characters: English stems, and Chinese terms by the English that the glossary gives them, so
that the three scripts meet. A term weighs what it tells: one that stands in few documents weighs more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vlmrag.ingest.attributes import Stance, read_stance
from vlmrag.language.fold import HAN
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import Question
from vlmrag.types import Paper, Sentence

_HAN = re.compile(f"[{HAN}]")
CONTEXT_SHARE = 0.6
"""What a term counts that stands not in the sentence but in the headings above it."""
_FULL = 40.0
"""Weight of the terms of a sentence that tells much."""


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
    best: tuple[str, ...] = ()
    score = 0.0
    for wanted in question.alternatives:
        share = cover(wanted, held, catalogue, context)
        if share > score:
            best, score = wanted, share
    stance: Stance = "says"
    if score > 0 and not question.negated:
        met = {t: catalogue.weigh(t) for t in best if t in held}
        stance = read_stance(sentence.text, lambda c: sum(met.get(t, 0.0) for t in set(catalogue.glossary.terms(c))))
    return Evidence(sentence, score, stance)


def weigh_all(question: Question, paper: Paper, catalogue: Catalogue) -> list[Evidence]:
    """Score a paper's sentences, best first; of equals, those in the question's script, then as they stand.

    Bare names and numbers are left out. A question that looks for nothing in particular ("what is X?") gets the
    sentences that say most.
    """
    sentences = [s for s in catalogue.sentences(paper) if not catalogue.is_bare(s, paper)]
    sentences = prefer_language(sentences, question.lang)
    if question.alternatives:
        found = [weigh_sentence(question, s, catalogue) for s in sentences]
    else:
        found = [Evidence(s, _tell_much(s, catalogue)) for s in sentences]
    return sorted(found, key=lambda e: -e.score)


def prefer_language(sentences: Sequence[Sentence], lang: str) -> list[Sentence]:
    """Return the sentences with those in the script of `lang` first, each side in the order of the text."""
    chinese = lang.startswith("zh")
    return sorted(sentences, key=lambda s: bool(_HAN.search(s.text)) != chinese)


def cover_paper(question: Question, paper: Paper, catalogue: Catalogue) -> float:
    """Return the weighted share, 0..1, of what is looked for that the paper's sentences hold together."""
    held = {t for s in catalogue.sentences(paper) for t in s.terms}
    return max((cover(wanted, held, catalogue) for wanted in question.alternatives), default=1.0)


def _tell_much(sentence: Sentence, catalogue: Catalogue) -> float:
    """How much a sentence tells, 0..1: the weight of its terms, against that of a full sentence."""
    return min(1.0, sum(min(4.0, catalogue.weigh(t)) for t in set(sentence.terms)) / _FULL)
