"""What a sentence says, against what its passages say: part by part, with what binds each part.

A sentence is cut at its punctuation and its joints ("and", "but", 并). All that a part names must stand in the passages
of the very papers that it speaks of, a few words aside that claim nothing; the clause that says most of it must deny
where the part denies, and be bound as the part is ("only", "all", "better", "may"); and what the sentence states of
parts of a model, frozen or trained, the passages must state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vlmrag.answer.writing.passages import Clause, Language, Passage, Terms
from vlmrag.language.fold import HAN_CHAR

LIMITED = "the passage says it with a limit"
"""How the reason begins where a passage says a sentence, but of a stage, or in part."""


@dataclass(frozen=True, slots=True)
class Part:
    """A clause of a sentence, and of whom it speaks."""

    clause: Clause
    papers: frozenset[str]
    """Ids of the cited papers that it names, else those that the part before it speaks of."""
    named: frozenset[str]
    """Ids of the papers that it names."""


def cut_parts(text: str, passages: Sequence[Passage], language: Language) -> list[Part]:
    """Return the parts of a sentence; one that names nothing but papers belongs to the next one."""
    speaks_of = cited = frozenset(p.paper.id for p in passages if p.paper)
    names = language.read_names(text)
    parts: list[Part] = []
    for clause in language.cut(text, _read_own(passages, language)):
        named = frozenset(ident for ident, name in names if name in clause.folded)
        speaks_of = named & cited or speaks_of
        parts.append(Part(clause, speaks_of, named))
    return parts


def find_unsupported(text: str, passages: Sequence[Passage], language: Language) -> str:
    """Return why its passages do not say a sentence; empty where they do."""
    parts = cut_parts(text, passages, language)
    if not parts:
        return "it says nothing that could be checked"
    groups = {p.paper.id if p.paper else "" for p in passages}
    for part in parts:
        for group in sorted(part.papers or groups):
            speaking = [p for p in passages if not p.paper or p.paper.id == group or group in p.named]
            if not is_held(part, speaking, language):
                return f"the passages do not say “{part.clause.folded}”"
            if why := _find_unbound(part, speaking):
                return why
    if missing := _find_unstated(text, passages, language):
        return missing
    named = {t for part in parts for concept in part.clause.concepts for t in concept}
    idle = next((p for p in passages if not p.terms & named), None)
    return f"[{idle.marker}] says nothing of it" if idle else ""


def is_held(part: Part, passages: Sequence[Passage], language: Language) -> bool:
    """Return whether passages hold all that a part names; of Chinese, what has no English counts by its own letters."""
    held = frozenset(t for p in passages for t in p.terms)
    concepts = list(part.clause.concepts)
    if HAN_CHAR.search(part.clause.folded) and not any(p.is_han for p in passages):
        own = _read_own(passages, language)
        concepts = [c for c in _put_into_english(part, language) if not own.issuperset(c)]
    return all(held.issuperset(c) for c in concepts)


def _read_own(passages: Sequence[Passage], language: Language) -> frozenset[str]:
    """The terms of the names of the papers that the passages are of."""
    papers = (p.paper for p in passages if p.paper)
    return frozenset(t for paper in papers for name in (paper.name, *paper.aliases) for t in language.read_terms(name))


def _put_into_english(part: Part, language: Language) -> list[Terms]:
    """What a part names, in English; a Chinese word that nothing is known of is named too, and held by none."""
    unknown: list[Terms] = [(word,) for word in language.glossary.find_unknown(part.clause.folded)]
    return language.read_concepts(language.glossary.put_into_english(part.clause.folded)) + unknown


def _find_unbound(part: Part, passages: Sequence[Passage]) -> str:
    """Why no clause that says what a part says is bound as the part is; empty where one is."""
    wanted = frozenset(t for concept in part.clause.concepts for t in concept)
    clauses = [(c, p) for p in passages for c in p.clauses]
    most = max((len(wanted & c.terms) for c, _ in clauses), default=0)
    whys = [_compare(part, c, p) for c, p in clauses if most and len(wanted & c.terms) == most]
    return "" if "" in whys or not whys else whys[0]


def _compare(part: Part, theirs: Clause, passage: Passage) -> str:
    mine, sides = part.clause, passage.language.words.sides
    there = {ident for ident, name in passage.names if name in theirs.folded}
    if passage.paper and passage.paper.id in part.named - there and there - part.named:
        return "the passage names another there"
    if mine.bonds.denies != theirs.bonds.denies:
        return "the passage denies it" if theirs.bonds.denies else "the passage does not deny it"
    if mine.of_others != theirs.of_others:
        return f"the passage says it of {'other works' if theirs.of_others else 'its own work'}"
    added = sorted(n for n in mine.bonds.classes - theirs.bonds.classes if sides[n] in ("claim", "both"))
    left_out = sorted(n for n in theirs.bonds.classes - mine.bonds.classes if sides[n] in ("passage", "both"))
    if added:
        return f"the passage does not say it so ({added[0]})"
    return f"{LIMITED} ({left_out[0]})" if left_out else ""


def _find_unstated(text: str, passages: Sequence[Passage], language: Language) -> str:
    stated = frozenset(said for p in passages for said in p.statements)
    for _, start, end in reversed(language.names.find(text)):
        text = f"{text[:start]}it{text[end:]}"  # CLIP learns: no image encoder is trained by that
    for said in sorted(language.read_statements(text) - stated, key=str):
        part = said.component.replace("_", " ")
        return f"the passages do not state that the {part} is {said.state}"
    return ""
