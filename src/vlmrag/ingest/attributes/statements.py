"""What a sentence says of a paper's parts: which component is in which state, and who is meant.

A relation is decided on the clause, not on two words standing in one passage: "frozen" belongs to the component that
it stands right before ("a frozen image encoder and LLM"), else to those that stand before it in its clause ("the ViT
and Vicuna are locked, only the MLP is tuned"). A sentence about previous work says nothing of the paper itself.

The vocabulary is a data file, `parts.toml`; a question is read with the same code as the notes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from vlmrag.ingest.attributes.vocabulary import Mark, Vocabulary
from vlmrag.language.fold import fold
from vlmrag.language.patterns import compile_later

Stance = Literal["says", "denies", "others"]
MARKUP = compile_later(r"[*`~]+|(?<!\w)_+|_+(?!\w)")
_STRONG = compile_later(r"[。；;!?！？,，:：()（）\n→]|->")
_BRACKET = compile_later(r"[(（][^()（）]{1,40}[)）]")
_HAN = compile_later(r"[㐀-鿿]")
OPPOSITE = {"frozen": "trained", "trained": "frozen"}
"""What is not the one is the other."""
_REACH_BEFORE = 60
"""Characters that may stand between a state and the component before it."""
_REACH_AFTER = 32
"""Characters that may stand between a state and the component after it: adjectives, articles."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One component in one state, as a sentence has it."""

    component: str
    """`llm`, `image_encoder`, `connector`, ...: a key of `[components]`."""
    state: str
    """`frozen`, `trained`: a key of `[states]`."""
    stance: Stance
    """Whether the paper itself says so, denies it, or speaks of other works."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts and states a text speaks of, bound to each other or not."""

    components: frozenset[str]
    states: frozenset[str]
    values: frozenset[str]
    """The components of which it names a certain one: `llm` for "Vicuna"."""


def read_statements(text: str, vocabulary: Vocabulary | None = None) -> list[Statement]:
    """Return what a sentence (or a question) says of components, in order, each once."""
    words = vocabulary or Vocabulary.load()
    return list(dict.fromkeys(said for said, _, _ in bind_states(_fold_prose(text), words)))


def bind_states(folded: str, words: Vocabulary) -> Iterator[tuple[Statement, int, int]]:
    """Yield what a folded sentence says of components, each with the characters from part to state or back."""
    folded = _blank_appositions(folded, words)
    others = words.others.search(folded)
    subject: list[Mark] = []
    for start, end in cut_clauses(folded, words):
        clause = folded[start:end]
        marks = words.find_marks(clause)
        states = [i for i, mark in enumerate(marks) if mark.kind == "state"]
        if marks and not states:
            subject = [replace(m, start=m.start + start, end=m.end + start) for m in marks]
        taken: list[Mark] = []  # what has a state of its own before it: "freeze the LLM, train ..." trains another
        for i in states:
            mark = marks[i]
            following = _following(clause, marks, i, words)
            bound = following or [part for part in _preceding(clause, marks, i) if part not in taken]
            taken += following
            bound = [replace(m, start=m.start + start, end=m.end + start) for m in bound]
            if not bound and words.predicate.fullmatch(clause[: mark.start]):
                bound = subject
            denied = words.negation.search(clause[max(0, mark.start - 14) : mark.start])
            stance: Stance = "others" if others and others.start() < start + mark.end else "says"
            if denied and stance == "says":
                stance = "denies"
            first, last = mark.start + start, mark.end + start
            for part in bound:
                yield Statement(part.value, mark.value, stance), min(first, part.start), max(last, part.end)
        if states:
            subject = []


def _fold_prose(text: str, comma: str = ",") -> str:
    """Fold without markup; the Chinese comma of enumerations becomes `comma`."""
    return MARKUP.sub(" ", fold(text.replace("、", comma)))


def read_parts(text: str, vocabulary: Vocabulary | None = None) -> Parts:
    """Return the parts and states that a text speaks of."""
    marks = (vocabulary or Vocabulary.load()).find_marks(_fold_prose(text))
    return Parts(
        components=frozenset(m.value for m in marks if m.kind == "component"),
        states=frozenset(m.value for m in marks if m.kind == "state"),
        values=frozenset(m.value for m in marks if m.certain),
    )


def _blank_appositions(text: str, words: Vocabulary) -> str:
    """Overwrite brackets that say no state: "the LLM (Vicuna) is frozen" has its verb after the bracket."""

    def blank(m: re.Match[str]) -> str:
        stated = any(mark.kind == "state" for mark in words.find_marks(m.group()))
        return m.group() if stated else " " * len(m.group())

    return _BRACKET.sub(blank, text)


def read_stance(text: str, weigh: Callable[[str], float], vocabulary: Vocabulary | None = None) -> Stance:
    """Tell whether a sentence says of its own paper what it is found for.

    `weigh` tells of a clause (folded) how much of what is looked for it holds. The clauses that hold most decide:
    `denies` where all of them deny it, `others` where the sentence has turned to other works before they end.
    """
    words = vocabulary or Vocabulary.load()
    folded = _fold_prose(text, " & ")  # "no audio、3D、video" denies all three
    others = words.others.search(folded)
    if not others and not words.negation.search(folded):
        return "says"
    clauses = [(weigh(folded[start:end]), start, end) for start, end in cut_clauses(folded, words)]
    most = max((weight for weight, _, _ in clauses), default=0.0)
    stances: set[Stance] = set()
    for weight, start, end in clauses:
        if weight < most or not weight:
            continue
        if others and others.start() < end:
            stances.add("others")
        else:
            denial = words.negation.search(folded, start, end)
            stances.add("denies" if denial and weigh(folded[denial.end() : end]) > weight / 2 else "says")
    order: tuple[Stance, ...] = ("says", "others", "denies")
    return next((s for s in order if s in stances), "says")


def _following(clause: str, marks: list[Mark], i: int, words: Vocabulary) -> list[Mark]:
    """The components that the state stands right before: "frozen image encoder and LLM"."""
    bound: list[Mark] = []
    at = marks[i].end
    for mark in marks[i + 1 :]:
        gap = clause[at : mark.start]
        if not bound and words.breaks.search(gap):
            break
        reach = _REACH_AFTER // 2 if _HAN.search(gap) else _REACH_AFTER
        if mark.kind == "state" or (bound and not words.joint.match(gap)) or (not bound and len(gap) > reach):
            break
        bound.append(mark)
        at = mark.end
    return bound


def _preceding(clause: str, marks: list[Mark], i: int) -> list[Mark]:
    """The components that stand before the state in its clause: "the ViT and the LLM are kept frozen"."""
    bound: list[Mark] = []
    for mark in reversed(marks[:i]):
        if mark.kind == "state" or marks[i].start - mark.end > _REACH_BEFORE:
            break
        bound.insert(0, mark)
    return bound


def cut_clauses(text: str, words: Vocabulary) -> list[tuple[int, int]]:
    """Spans of the clauses of folded `text`."""
    cuts = sorted({m.start() for m in _STRONG.finditer(text)} | {m.start() for m in words.clause.finditer(text)})
    return [(a, b) for a, b in pairwise([0, *cuts, len(text)]) if b > a]
