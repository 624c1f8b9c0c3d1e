"""Whether the rules can tell what a follow-up asks, and of what."""

from __future__ import annotations

from collections.abc import Sequence

from vlmrag.language.fold import fold
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.cues import Cues
from vlmrag.search.history import look_back
from vlmrag.search.question import Question
from vlmrag.types import Filters, Paper, Turn

_ENDS = " .?!。？！"


def is_open(question: Question, history: Sequence[Turn], filters: Filters, catalogue: Catalogue) -> bool:
    """Return whether a question that follows others leaves open what it asks ("why?"), or of what ("and in 2023?").

    `filters` are those beside the question. What names its papers and asks something of them is clear.
    """
    if not history:
        return False
    cues = Cues.load()
    folded = fold(question.text).strip(_ENDS)
    goes_on = bool(cues.continues.search(folded) or cues.again.search(folded))
    if not question.papers and not question.excluded and (question.recalled or goes_on):
        return True
    if asks_nothing(question, filters):
        return question.recalled or goes_on or not (question.papers or question.unknown)
    return _is_doubtful(question, history, catalogue)


def find_meant(question: Question, history: Sequence[Turn], catalogue: Catalogue) -> tuple[Paper, ...]:
    """Return the papers that a follow-up means for sure: those that it names, or points back to."""
    return () if _is_doubtful(question, history, catalogue) else question.papers


def _is_doubtful(question: Question, history: Sequence[Turn], catalogue: Catalogue) -> bool:
    return question.recalled and look_back(question.text, history, catalogue, Cues.load()).doubtful


def asks_nothing(question: Question, filters: Filters) -> bool:
    """Return whether a question looks for nothing in particular, and is none that asks for all there is."""
    if question.kind in ("definition", "similar", "find"):
        return False
    looked_for = (question.alternatives, question.wants, question.counted, question.relations, question.asks)
    return not any(looked_for) and question.filters == filters
