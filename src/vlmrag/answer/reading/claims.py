"""What a question asks as a claim on one paper, held against sentences of it by what worded sentences are held against.

The rules read sentences narrowly, and leave unsure what they cannot tell. This check reads them more widely: alone it
would be no verdict, and it is one only where a model points at the same words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vlmrag.answer.writing.check import Checker
from vlmrag.answer.writing.meaning import LIMITED, cut_parts, is_held
from vlmrag.answer.writing.passages import Language, Passage
from vlmrag.answer.writing.sentences import Written
from vlmrag.answer.writing.words import fold_prose, load_words
from vlmrag.ingest.attributes.statements import OPPOSITE
from vlmrag.language.fold import HAN_CHAR, fold
from vlmrag.language.glossary import KINDS
from vlmrag.language.words import stop_words
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues, blank
from vlmrag.search.limits import read_limits
from vlmrag.search.question import Question
from vlmrag.search.subject import frame_terms
from vlmrag.types import Filters, Paper, Says

_WORD = re.compile(r"(?<![\w'-])[a-z]+(?![\w'-])")
_AT_EDGES = " .?!。？！"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a question asks, said of one paper, and denied of it."""

    said: str
    denied: str
    unstaged: str
    """What is said, the stage left out that it is asked of; empty where no stage is asked of, or nothing else."""


def put_as_claim(question: Question, paper: Paper, catalogue: Catalogue) -> Claim | None:
    """Return what a question asks as a claim on a paper; None where it offers a choice, or nothing of it is left."""
    cues = Cues.load()
    named = (*question.among, *(question.papers if question.kind == "check" else ()))
    text = blank(question.text, [(s, e) for p, s, e in catalogue.names.find(question.text) if p in named])
    _, sought = read_limits(text, Filters(), catalogue, "list", cues)
    text = cues.decide(sought).strip(_AT_EDGES)
    if cues.either.search(fold(text)):
        return None
    text = " ".join(_leave_asking(text, catalogue).split())
    if not text:
        return None
    denial = "不" if HAN_CHAR.search(text) else "not "
    folded = fold(text)
    stages = load_words().find_bonds(folded, "stage") if len(folded) == len(text) else []
    unstaged = " ".join(blank(text, stages).split()) if stages else ""
    return Claim(f"{paper.name} {text}", f"{paper.name} {denial}{text}", unstaged and f"{paper.name} {unstaged}")


def _leave_asking(text: str, catalogue: Catalogue) -> str:
    """A text without the words that one asks with, but where they are part of a term, or bind what is claimed."""
    folded, frame = fold(text), frame_terms(catalogue)
    if len(folded) != len(text):
        return text
    terms = [span[1:] for kind in KINDS if kind != "question" for span in catalogue.glossary.spans(text, kind)]
    kept = [*terms, *load_words().find_bonds(folded)]
    asked = list(Cues.load().frame_phrases.finditer(folded)) if HAN_CHAR.search(text) else []
    for m in _WORD.finditer(folded):
        if m[0] not in stop_words() and set(catalogue.glossary.terms(m[0])) <= frame:
            asked.append(m)
    return blank(text, [m.span() for m in asked if not any(s < m.end() and m.start() < e for s, e in kept)])


class ClaimCheck:
    """Tells which verdicts on a claim sentences bear out."""

    def __init__(self, claim: Claim, language: Language) -> None:
        self._claim = claim
        self._language = language
        self._bound = language.read_bonds(fold_prose(claim.said)).classes
        stated = (one for one in language.read_statements(claim.said) if one.stance == "says")
        self._opposite = {replace(one, state=OPPOSITE[one.state]) for one in stated if one.state in OPPOSITE}

    def find_verdicts(self, passage: Passage, others: Sequence[Passage]) -> frozenset[Says]:
        """Return the verdicts that a passage bears out, of which none of the `others` says the contrary.

        `depends` is borne out by what says it of a stage or in part.
        """
        says, denies = self._says(passage), self._weigh(self._claim.denied, passage)
        limited = bool(self._find_limits(passage))
        found: set[Says] = set()
        opposed = self.opposes(passage) and self._bound <= self._read_classes(passage)
        if not (says or limited) and not any(self._speaks_against(p) for p in others):
            found.add("yes")
        if (not denies or opposed) and not limited and not any(self._leans(self._claim.said, p) for p in others):
            found.add("no")
        if says.startswith(LIMITED) or (not says and limited):
            found.add("depends")
        return frozenset(found)

    def lies_apart(self, passage: Passage) -> bool:
        """Return whether a passage speaks of another stage than the claim, so that it is no contrary of it."""
        mine, theirs = _find_stages(self._bound), _find_stages(self._read_classes(passage))
        return bool(mine and theirs) and not mine & theirs

    def is_about(self, passage: Passage) -> bool:
        """Return whether a passage holds all that is claimed, whatever it says of it."""
        parts = cut_parts(self._claim.said, [passage], self._language)
        return all(is_held(part, [passage], self._language) for part in parts)

    def _speaks_against(self, passage: Passage) -> bool:
        """Whether a passage may be the contrary of the claim: it is not said of another stage."""
        against = self._leans(self._claim.denied, passage) or bool(self._opposite & passage.statements)
        return against and not self.lies_apart(passage)

    def opposes(self, passage: Passage) -> bool:
        """Return whether a passage states the opposite of a part that is claimed: what is trained is not frozen."""
        if any(clause.of_others for clause in passage.clauses) or passage.named - {passage.paper and passage.paper.id}:
            return False
        return bool(self._opposite & self._language.read_statements(passage.text))

    def _says(self, passage: Passage) -> str:
        """Why a passage does not say the claim; empty where it does, a stage told once for all its clauses."""
        why = self._weigh(self._claim.said, passage)
        stages = _find_stages(self._bound)
        if why and self._claim.unstaged and len(stages) == 1 and stages == _find_stages(self._read_classes(passage)):
            return why if self._weigh(self._claim.unstaged, passage) else ""
        return why

    def _leans(self, text: str, passage: Passage) -> bool:
        """Whether a passage says a text, be it with a limit."""
        why = self._weigh(text, passage)
        return not why or why.startswith(LIMITED)

    def _weigh(self, text: str, passage: Passage) -> str:
        """Why a passage does not say a text; empty where it does."""
        return Checker([passage], self._language).check(Written(text, (passage.marker,))).why

    def _find_limits(self, passage: Passage) -> frozenset[str]:
        """What binds a passage, in whichever clause, and not the claim: a stage, a "may", a part."""
        sides = self._language.words.sides
        return frozenset(n for n in self._read_classes(passage) - self._bound if sides[n] in ("passage", "both"))

    def _read_classes(self, passage: Passage) -> frozenset[str]:
        return self._language.read_bonds(passage.folded).classes


def _find_stages(classes: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in classes if name.startswith("stage"))
