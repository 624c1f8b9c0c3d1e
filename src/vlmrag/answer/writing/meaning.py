"""What a sentence says, against what its passages say: part by part, with what binds each part.

A sentence is cut at its punctuation and its joints ("and", "but", 并). Of each part the share of what it names must
stand in the passages of the very papers that it speaks of; the clause that says most of it must deny where the part
denies, and be bound as the part is ("only", "all", "better", "may"); and what the sentence states of parts of a model,
frozen or trained, the passages must state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vlmrag.answer.writing.passages import Clause, Language, Passage, Terms
from vlmrag.answer.writing.words import Bonds, fold_prose
from vlmrag.language.fold import HAN_CHAR

LEAST = 0.75
"""Share of what a sentence names that its passages must hold."""
LEAST_OF_PART = 0.6
"""Share of what each part of it names."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sentence."""

    folded: str
    concepts: tuple[Terms, ...]
    papers: frozenset[str]
    """Ids of the papers that it speaks of: those it names, else those that the part before it speaks of."""
    bonds: Bonds


def cut_parts(text: str, passages: Sequence[Passage], language: Language) -> list[Part]:
    """Return the parts of a sentence; one that names nothing but papers belongs to the next one."""
    cited = frozenset(p.paper.id for p in passages if p.paper)
    own = _read_own(passages, language)
    parts: list[Part] = []
    held, speaks_of = "", cited
    for piece in language.words.cut(_join_names(text, language)):
        held = f"{held} {piece}".strip()
        concepts = tuple(c for c in language.read_concepts(held) if not own.issuperset(c))
        if not concepts:
            continue
        named = frozenset(paper.id for paper, _, _ in language.names.find(held)) & cited
        speaks_of = named or speaks_of
        parts.append(Part(held, concepts, speaks_of, language.read_bonds(held)))
        held = ""
    if held and parts:
        last = parts[-1]
        bonds = language.read_bonds(f"{last.folded}, {held}")
        parts[-1] = Part(f"{last.folded}, {held}", last.concepts, last.papers, bonds)
    return parts


def find_unsupported(text: str, passages: Sequence[Passage], language: Language) -> tuple[float, str]:
    """Return the share of a sentence that its passages hold, 0..1, and why that does not do; empty where it does."""
    parts = cut_parts(text, passages, language)
    if not parts:
        return 0.0, "it says nothing that could be checked"
    groups = {p.paper.id if p.paper else "" for p in passages}
    shares = []
    for part in parts:
        for group in sorted(part.papers or groups):
            speaking = [p for p in passages if not p.paper or p.paper.id == group or group in p.named]
            share = _cover(part, speaking, language)
            if share < LEAST_OF_PART:
                return share, f"the passages do not say “{part.folded}”"
            if why := _find_unbound(part, speaking):
                return share, why
            shares += [share] * len(part.concepts)
    score = sum(shares) / len(shares)
    if score < LEAST:
        return score, "the passages say too little of it"
    if missing := _find_unstated(text, passages, language):
        return score, missing
    idle = next((p for p in passages if not any(p.terms & set(c) for part in parts for c in part.concepts)), None)
    return score, f"[{idle.marker}] says nothing of it" if idle else ""


def _cover(part: Part, passages: Sequence[Passage], language: Language) -> float:
    """The share of what a part names that passages hold; of Chinese, what has no English counts by its own letters."""
    held = frozenset(t for p in passages for t in p.terms)
    concepts = list(part.concepts)
    if HAN_CHAR.search(part.folded) and not any(p.is_han for p in passages):
        own = _read_own(passages, language)
        concepts = [c for c in _put_into_english(part, language) if not own.issuperset(c)]
    return sum(held.issuperset(c) for c in concepts) / len(concepts) if concepts else 0.0


def _read_own(passages: Sequence[Passage], language: Language) -> frozenset[str]:
    """The terms of the names of the papers that the passages are of."""
    papers = (p.paper for p in passages if p.paper)
    return frozenset(t for paper in papers for name in (paper.name, *paper.aliases) for t in language.read_terms(name))


def _join_names(text: str, language: Language) -> str:
    """A sentence as it is matched; within the name of an organisation or of data nothing joins two parts."""
    spans = [span for kind in ("org", "data") for span in language.glossary.spans(text, kind)]
    for _, start, end in sorted(spans, key=lambda span: -span[1]):
        text = text[:start] + text[start:end].replace(" and ", " & ").replace(",", " ") + text[end:]
    return fold_prose(text)


def _put_into_english(part: Part, language: Language) -> list[Terms]:
    """What a part names, in English; a Chinese word that nothing is known of is named too, and held by none."""
    unknown: list[Terms] = [(word,) for word in language.glossary.find_unknown(part.folded)]
    return language.read_concepts(language.glossary.put_into_english(part.folded)) + unknown


def _find_unbound(part: Part, passages: Sequence[Passage]) -> str:
    """Why no clause that says what a part says is bound as the part is; empty where one is."""
    wanted = frozenset(t for concept in part.concepts for t in concept)
    clauses = [c for p in passages for c in p.clauses]
    most = max((len(wanted & c.terms) for c in clauses), default=0)
    if not most:
        return ""
    whys = [_compare(part.bonds, c, passages) for c in clauses if len(wanted & c.terms) == most]
    return "" if "" in whys else whys[0]


def _compare(mine: Bonds, theirs: Clause, passages: Sequence[Passage]) -> str:
    sides = passages[0].language.words.sides
    if mine.denies != theirs.bonds.denies:
        return "the passage denies it" if theirs.bonds.denies else "the passage does not deny it"
    if theirs.of_others:
        return "the passage says it of other works"
    added = sorted(name for name in mine.classes - theirs.bonds.classes if sides[name] in ("claim", "both"))
    left_out = sorted(name for name in theirs.bonds.classes - mine.classes if sides[name] in ("passage", "both"))
    if added:
        return f"the passage does not say it so ({added[0]})"
    return f"the passage says it with a limit ({left_out[0]})" if left_out else ""


def _find_unstated(text: str, passages: Sequence[Passage], language: Language) -> str:
    stated = frozenset(said for p in passages for said in p.statements)
    for _, start, end in reversed(language.names.find(text)):
        text = f"{text[:start]}it{text[end:]}"  # CLIP learns: no image encoder is trained by that
    for said in sorted(language.read_statements(text) - stated, key=str):
        part = said.component.replace("_", " ")
        return f"the passages do not state that the {part} is {said.state}"
    return ""
