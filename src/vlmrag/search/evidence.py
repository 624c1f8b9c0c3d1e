"""How well a sentence meets a question: the share of what is looked for that it holds, and whether it means it.

Terms are compared, not characters: English stems, and Chinese terms by the English that the glossary gives them, so
that the three scripts meet. A term weighs what it tells: one that stands in few documents weighs more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from vlmrag.ingest.attributes import Stance, read_stance
from vlmrag.language.fold import HAN_CHAR, fold
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues
from vlmrag.search.question import Question
from vlmrag.search.subject import Concept, faint_terms
from vlmrag.types import Paper, Sentence

CONTEXT_SHARE = 0.6
"""What a term counts that stands not in the sentence but in the headings above it."""
HEADED_SHARE = 0.9
"""The same under a heading that is about little else: what it says, it says of all its entries."""
_ROW = 6
"""Sentences in a row that are read together: about a paragraph, or the cells of a table's row."""
_ABOUT = 0.85
"""Share of a heading's own weight that the question must hold for that."""
_FLATTEN = 0.5
"""Exponent on a term's weight: a common word that is asked for must be there too."""
_PLAIN = 0.3
"""What a word of plain talk weighs at most."""
_SCATTERED = 0.7
"""What a sentence is worth that holds the terms far from each other."""
_HEADLINE = 0.5
"""What a sentence is worth that only announces what others say."""
_HEADING = 40
"""Characters below which what begins with "3.4" is a heading."""
_ENDING = 100
"""Characters at its end by which a sentence is told to announce."""
_NUMBERED = re.compile(r"\d+(?:\.\d+)+\.?\s")
_OTHER_SCRIPT = 0.6
"""What a description in the other script than the question's is worth, where nothing in particular is asked."""
_FULL = 40.0
"""Weight of the terms of a sentence that tells much."""

_CONTRARY: dict[Stance, Stance] = {"says": "denies", "denies": "says", "others": "says"}
"""What a sentence says of a question that denies: the habits of other works are told in order to differ."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence as evidence for a question."""

    sentence: Sentence
    score: float
    """0..1: the weighted share of what is looked for that the sentence holds."""
    stance: Stance = "says"
    """Whether it says what is asked; of a question that denies, what it denies is said."""


def cover(
    wanted: Sequence[Concept],
    held: Collection[str],
    catalogue: Catalogue,
    context: Mapping[str, float] | None = None,
    faint: Collection[str] = (),
) -> float:
    """Return the weighted share, 0..1, of `wanted` concepts that are `held`; terms in `context` count in that part.

    A concept of several terms is little without one of them: "rate" is not "learning rate". Words of plain talk
    (`faint`) weigh little.
    """
    got = total = 0.0
    near = context or {}
    for concept in wanted:
        plain = len(concept) == 1 and concept[0] in faint
        weight = {t: (min(_PLAIN, w) if plain else w) ** _FLATTEN for t in concept for w in [catalogue.weigh(t)]}
        whole = sum(weight.values())
        part = sum(w * (1.0 if t in held else near.get(t, 0.0)) for t, w in weight.items())
        total += whole
        got += part if len(weight) == 1 else part * part / whole
    return got / total if total else 0.0


def _read_context(wanted: Sequence[Concept], document: str, catalogue: Catalogue) -> dict[str, float]:
    """What each term of the headings above a document counts for a question that looks for `wanted`."""
    outer, inner = catalogue.context_terms(document)
    sought = {t for concept in wanted for t in concept}
    weight = sum(map(catalogue.weigh, inner))
    about = weight and sum(catalogue.weigh(t) for t in inner if t in sought) >= _ABOUT * weight
    return dict.fromkeys(outer, CONTEXT_SHARE) | dict.fromkeys(inner, HEADED_SHARE if about else CONTEXT_SHARE)


def _closeness(wanted: Sequence[Concept], terms: Sequence[str]) -> float:
    """Return 1 where the wanted terms stand together in a sentence, less, down to `_SCATTERED`, where they do not."""
    sought = {t for concept in wanted for t in concept}
    places = [(i, t) for i, t in enumerate(terms) if t in sought]
    need = len({t for _, t in places})
    if need < 2:
        return 1.0
    narrowest, last = len(terms), dict[str, int]()
    for i, t in places:
        last[t] = i
        if len(last) == need:
            narrowest = min(narrowest, i - min(last.values()) + 1)
    return max(_SCATTERED, 1.0 - 0.05 * max(0, narrowest - need - 2))


def weigh_sentence(question: Question, sentence: Sentence, catalogue: Catalogue) -> Evidence:
    """Score one sentence by the alternative that it meets best."""
    held = frozenset(sentence.terms)
    row = catalogue.rows.find(sentence) if question.kind != "list" else None
    best: tuple[Concept, ...] = ()
    score = 0.0
    for wanted in question.alternatives:
        context = _read_context(wanted, sentence.document, catalogue)
        if row is not None:
            context |= {t: share for t, share in row.around.items() if share > context.get(t, 0.0)}
        share = cover(wanted, held, catalogue, context, faint_terms(catalogue)) * _closeness(wanted, sentence.terms)
        if share > score:
            best, score = wanted, share
    stance: Stance = "says"
    if score > 0:
        met = {t: catalogue.weigh(t) for concept in best for t in concept if t in held}
        glossary = catalogue.glossary
        stance = read_stance(
            Cues.load().decide(sentence.text),
            lambda c: sum(met.get(t, 0.0) for t in set(glossary.terms(c))),
            catalogue.vocabulary,
        )
    if question.negated:
        stance = _CONTRARY.get(stance, stance)
    return Evidence(sentence, score, stance)


def weigh_all(question: Question, paper: Paper, catalogue: Catalogue) -> list[Evidence]:
    """Score a paper's sentences, best first; of equals, those in the question's script, then as they stand.

    Bare names and numbers are left out. A question that looks for nothing in particular ("what is X?") gets the
    sentences that say most.
    """
    sentences = [s for s in catalogue.sentences(paper) if not catalogue.is_bare(s, paper)]
    if question.kind != "list":
        sentences = [s for s in sentences if not ((row := catalogue.rows.find(s)) and row.is_head)]
    sentences = prefer_language(sentences, question.lang)
    if question.alternatives:
        found = [weigh_sentence(question, s, catalogue) for s in sentences]
    else:
        found = [Evidence(s, _tell_much(s, catalogue)) for s in sentences]
        found = [replace(e, score=e.score * _OTHER_SCRIPT) if _differs(e.sentence, question.lang) else e for e in found]
    found = [replace(e, score=e.score * _HEADLINE) if is_headline(e.sentence) else e for e in found]
    return sorted(found, key=lambda e: -e.score)


def is_headline(sentence: Sentence) -> bool:
    """Whether a sentence announces what others say: it says so, asks, ends with a colon, or is a numbered heading."""
    text = " ".join(fold(sentence.text).strip(" *_`").split())
    if Cues.load().tells["announces"].search(text, max(0, len(text) - _ENDING)):
        return True
    return len(text) < _HEADING and bool(_NUMBERED.match(text))


def prefer_language(sentences: Sequence[Sentence], lang: str) -> list[Sentence]:
    """Return the sentences with those in the script of `lang` first, each side in the order of the text."""
    return sorted(sentences, key=lambda s: _differs(s, lang))


def _differs(sentence: Sentence, lang: str) -> bool:
    """Whether a sentence is in the other script than `lang`."""
    return bool(HAN_CHAR.search(sentence.text)) != lang.startswith("zh")


def cover_paper(question: Question, paper: Paper, catalogue: Catalogue) -> float:
    """Return the weighted share, 0..1, of what is looked for that the best few sentences in a row hold together.

    A long text holds nearly every word somewhere; what is said in one place is said of one thing.
    """
    best = 0.0 if question.alternatives else 1.0
    sentences = catalogue.sentences(paper)
    for wanted in question.alternatives:
        sought = {t for concept in wanted for t in concept}
        marked = [sought.intersection(s.terms) for s in sentences]
        for at, sentence in enumerate(sentences):
            if not marked[at]:
                continue
            row = range(at, min(at + _ROW, len(sentences)))
            held = {t for i in row if sentences[i].document == sentence.document for t in marked[i]}
            headed = _read_context(wanted, sentence.document, catalogue)
            context = {t: share for t, share in headed.items() if share == HEADED_SHARE}
            best = max(best, cover(wanted, held, catalogue, context, faint_terms(catalogue)))
    return best


def _tell_much(sentence: Sentence, catalogue: Catalogue) -> float:
    """How much a sentence tells, 0..1: the weight of its terms, against that of a full sentence."""
    return min(1.0, sum(min(4.0, catalogue.weigh(t)) for t in set(sentence.terms)) / _FULL)
