"""A list question that the table of attributes answers: every paper's verdict is what its cells say.

The proof of a yes is the sentence that a cell was read out of, so that the list and the table cannot tell two stories.
"""

from __future__ import annotations

from collections.abc import Sequence

from vlmrag.answer.draft import Point
from vlmrag.ingest.attributes.statements import OPPOSITE
from vlmrag.search.asked import Ask
from vlmrag.search.attributes import Attributes
from vlmrag.types import Attribute, Paper, Says

_SHOWN = 3
"""Sentences that prove a verdict at most, one for each thing asked for at least."""


def judge_by_attributes(paper: Paper, asks: Sequence[Ask], attributes: Attributes) -> Point:
    """Decide on the cells of a paper: all that is asked for is a yes, unless one of it depends or is ruled out."""
    judged = [_judge(ask, asks, attributes.of(paper)) for ask in asks]
    verdicts = [says for says, _, _ in judged]
    says: Says = next((s for s in ("no", "not stated", "depends") if s in verdicts), "yes")
    held = [a for verdict, found, _ in judged if says != "no" or verdict == "no" for a in found]
    why = next((why for verdict, _, why in judged if verdict == says), "")
    if says == "not stated" and held:
        why = "partly"
    firsts = [found[0] for _, found, _ in judged if found and found[0] in held]
    evidence = dict.fromkeys(attributes.quote(a) for a in (*firsts, *held))
    return Point(paper, says, tuple(evidence)[: max(_SHOWN, len(asks))], why)


def _judge(ask: Ask, asks: Sequence[Ask], held: Sequence[Attribute]) -> tuple[Says, list[Attribute], str]:
    """One thing that is asked for: the verdict, the cells that show it, and why it is no plain yes."""
    found = [a for a in held if ask.is_met(a)] or _find_beside(ask, asks, held)
    [column, *_] = ask.columns
    contrary = [a for a in held if a.column == OPPOSITE.get(column) and a.value in ask.values]
    if not found:
        return ("no", contrary, "denies") if contrary else ("not stated", [], "")
    others = [a for a in held if a.column == column and not ask.is_met(a)] if ask.only else []
    alike = [a for a in others if {b.stage for b in found} & {a.stage, None} or a.stage is None]
    if alike:
        return "no", [*found[:1], *alike], "opposite"
    if others or contrary or any(a.says == "depends" for a in found):
        return "depends", [*found, *contrary, *others], "opposite"
    return "yes", found, ""


def _find_beside(ask: Ask, asks: Sequence[Ask], held: Sequence[Attribute]) -> list[Attribute]:
    """The cells of a state that is asked for in one breath with a part, where their words name that part."""
    states = [other for other in asks if other is not ask and other.columns[0] in OPPOSITE]
    return [a for a in held for state in states if state.is_met(a) and ask.is_named(a.text)]
