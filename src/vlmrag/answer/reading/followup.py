"""A follow-up that the rules cannot tell, put by itself by a model, out of what the conversation has.

What the model writes counts only where it asks nothing and names nothing that its reader did not: its words are those
of the reader's own questions, its papers those spoken of. An order in a note can change no question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vlmrag.answer.reading.adviser import Adviser
from vlmrag.answer.reading.prompts import STANDALONE, request_standalone
from vlmrag.answer.writing.check import LIVE
from vlmrag.answer.writing.passages import Language, read_digits
from vlmrag.answer.writing.words import fold_prose
from vlmrag.language.fold import detect_language, fold
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import blank
from vlmrag.search.followup import find_meant, is_open
from vlmrag.search.history import find_spoken
from vlmrag.search.question import Question, read_question
from vlmrag.search.subject import faint_terms, frame_terms
from vlmrag.types import Filters, Struck, Turn

_EARLIER = 4
"""Questions of the conversation that a model is given, the last ones."""
_PAPERS = 12
"""Papers of the last answer that it is given."""
_MOST = 200
"""Tokens of a question."""
_LONGEST = 300
"""Characters of a question; a longer one is none."""
_QUOTES = " \"'“”「」"


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What became of a follow-up."""

    question: Question | None = None
    """As it was put by itself; None where it stands as the rules understand it."""
    refused: tuple[Struck, ...] = ()


def put_by_itself(
    question: Question, history: Sequence[Turn], filters: Filters, catalogue: Catalogue, adviser: Adviser
) -> Rewriting:
    """Let a model put a follow-up by itself where the rules leave open what it asks."""
    if not is_open(question, history, filters, catalogue):
        return Rewriting()
    earlier = [turn.content for turn in history if turn.role == "user"][-_EARLIER:]
    request = request_standalone(question.text, earlier, find_spoken(history, catalogue)[:_PAPERS])
    said = adviser.ask(STANDALONE, request, _MOST)
    if said is None:
        return Rewriting()
    said = said.strip(_QUOTES)
    asked = read_question(said, catalogue, (), filters)
    why = _Conversation(question, history, catalogue).find_fault(said, asked)
    if not why and is_open(asked, history, filters, catalogue):
        why = "it is no clearer"
    return Rewriting(refused=(Struck(said[:_LONGEST], why),)) if why else Rewriting(asked)


class _Conversation:
    """What a reader asked before, and which papers were spoken of."""

    def __init__(self, question: Question, history: Sequence[Turn], catalogue: Catalogue) -> None:
        self._question, self._catalogue = question, catalogue
        self._language = Language(catalogue)
        self._asked = [*(turn.content for turn in history if turn.role == "user"), question.text]
        lines = [line for turn in history for line in turn.content.splitlines()]
        self._spoken = {p for line in [*lines, question.text] for p, _, _ in catalogue.names.find(line)}
        self._meant = set(find_meant(question, history, catalogue))

    def find_fault(self, said: str, asked: Question) -> str:
        """Return why a question put by itself is not the reader's; empty where it is."""
        if not said or "\n" in said or len(said) > _LONGEST or LIVE.search(said):
            return "it is no plain question"
        if detect_language(said)[:2] != detect_language(self._question.text)[:2]:
            return "it is in another language"
        spans = self._catalogue.names.find(said)
        if strange := next((said[start:end] for p, start, end in spans if p not in self._spoken), ""):
            return f"{strange} was not spoken of"
        if self._meant - {p for p, _, _ in spans}:
            return "it leaves out the paper that is meant"
        if not set(asked.unknown) <= set(self._question.unknown):
            return f"{asked.unknown[0]} was not spoken of"
        words = blank(said, [(start, end) for _, start, end in spans])
        return self._find_added(words) or self._find_left_out(said) or self._find_unbound(words)

    def _find_added(self, words: str) -> str:
        """What the reader never asked: a thing, or a number."""
        known = {t for text in self._asked for t in self._language.read_terms(text)} | self._idle
        added = [c for c in self._catalogue.glossary.concepts(words) if not known.issuperset(c)]
        numbers = read_digits(fold(words)) - {n for text in self._asked for n in read_digits(fold(text))}
        if not added and not numbers:
            return ""
        return f"“{' '.join(added[0]) if added else min(numbers)}” was not asked"

    def _find_left_out(self, said: str) -> str:
        """What the follow-up asks and the question put by itself does not."""
        held = self._language.read_terms(said) | self._idle
        own = blank(self._question.text, [span[1:] for span in self._catalogue.names.find(self._question.text)])
        lost = [c for c in self._catalogue.glossary.concepts(own) if not held.issuperset(c)]
        return f"it leaves out “{' '.join(lost[0])}”" if lost else ""

    def _find_unbound(self, words: str) -> str:
        """What binds the question and stands in none of the reader's own: "not", "only", "in the first stage"."""
        mine = self._language.read_bonds(fold_prose(words))
        theirs = [self._language.read_bonds(fold_prose(text)) for text in self._asked]
        if mine.denies not in {bonds.denies for bonds in theirs} or (theirs[-1].denies and not mine.denies):
            return "it denies what was not denied"
        added = mine.classes - {name for bonds in theirs for name in bonds.classes}
        lost = {name for name in theirs[-1].classes - mine.classes if name.startswith("stage")}
        return "it is bound otherwise than what was asked" if added or lost else ""

    @property
    def _idle(self) -> frozenset[str]:
        """Terms that ask for nothing by themselves."""
        return frame_terms(self._catalogue) | faint_terms(self._catalogue) | self._language.words.free
