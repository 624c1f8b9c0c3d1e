"""A model where the rules are unsure: what a follow-up asks, and what a list leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vlmrag.answer.answering import draft_answer
from vlmrag.answer.compose import compose_answer, escape_marks
from vlmrag.answer.draft import Draft
from vlmrag.answer.reading.adviser import Adviser
from vlmrag.answer.reading.followup import put_by_itself
from vlmrag.answer.reading.verdicts import Court, settle
from vlmrag.answer.replies import join_words, reply
from vlmrag.search.catalogue import Catalogue
from vlmrag.search.question import Question
from vlmrag.search.retriever import Retriever
from vlmrag.types import Answer, Consulted, Filters, Struck, Turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the rules understand it, what they draft, and what it stands among."""

    question: Question
    draft: Draft
    history: Sequence[Turn]
    filters: Filters


def consult(asked: Asked, catalogue: Catalogue, retriever: Retriever, adviser: Adviser) -> Answer | None:
    """Return the answer with what a model read into the question and settled in a list; None where it was not asked.

    `Answer.consulted` tells what it said and what of it does not stand, and why it failed, if it did.
    """
    question, draft = asked.question, asked.draft
    rewriting = put_by_itself(question, asked.history, asked.filters, catalogue, adviser)
    if rewriting.question:
        question = rewriting.question
        draft = draft_answer(question, catalogue, retriever)
    settling = settle(draft, question, catalogue, adviser)
    refused = (*rewriting.refused, *settling.refused)
    if not (rewriting.question or settling.given or refused or adviser.problem):
        return None
    consulted = Consulted(
        model=adviser.name,
        read_as=rewriting.question.text if rewriting.question else "",
        verdicts=settling.given,
        settled=settling.settled,
        refused=refused,
        spent=adviser.spent,
        problem=adviser.problem,
    )
    answer = compose_answer(settling.draft, question, catalogue)
    text = (" " if answer.lang == "en" else "").join([*_tell(answer, consulted), answer.text])
    return replace(answer, question=asked.question.text, text=text, consulted=consulted)


def recheck_verdicts(answer: Answer, question: Question, catalogue: Catalogue) -> list[Struck]:
    """Return the verdicts of a model in an answer that the sentences they cite do not bear out when held anew.

    `question` is the one that was answered. That is none, unless the check or what became of it has a hole.
    """
    court = Court(question, catalogue)
    citations = {c.marker: c for c in answer.citations}
    found = []
    for verdict in (*answer.papers, *answer.considered):
        cited = [citations[m] for m in verdict.citations]
        if verdict.by and not court.bears_out(verdict.paper, verdict.says, cited):
            found.append(Struck(f"{verdict.paper.name}: {verdict.says}", "no sentence that it cites bears it out"))
    return found


def _tell(answer: Answer, consulted: Consulted) -> list[str]:
    """What a reader is told before all else: how the question was read, and which verdicts are a model's."""
    lines = [reply("read_as", answer.lang, question=escape_marks(consulted.read_as))] if consulted.read_as else []
    read = [v for v in (*answer.papers, *answer.considered) if v.by]
    named = [f"{escape_marks(v.paper.name)} ({reply(f'says.{v.says}', answer.lang)})" for v in read]
    return [*lines, reply("settled", answer.lang, papers=join_words(named, answer.lang))] if named else lines
