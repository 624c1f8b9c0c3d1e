"""What is asked and answered in one browser tab: plain values, so that two tabs can share nothing.

A conversation is a tuple of exchanges. Every function takes one and returns another; the page keeps the current one
in the tab's own state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vlmrag.errors import VlmragError
from vlmrag.types import Answer, Citation, Turn
from vlmrag.ui.library import Library


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came back: nothing yet, an answer, or a problem."""

    question: str
    answer: Answer | None = None
    problem: str | None = None
    """A plain sentence, where there is no answer."""

    @property
    def pending(self) -> bool:
        """Whether it still waits for an answer."""
        return self.answer is None and self.problem is None


Conversation = tuple[Exchange, ...]
Opened = tuple[int, int] | None
"""The citation that the side panel shows: the number of its exchange, from 0, and its marker."""


def pose_question(conversation: Conversation, question: str) -> Conversation:
    """Add a question that waits for its answer; an empty one, or one asked while another waits, adds nothing."""
    words = question.strip()
    if not words or is_waiting(conversation):
        return conversation
    return (*conversation, Exchange(words))


def is_waiting(conversation: Conversation) -> bool:
    """Tell whether the last question still waits for its answer."""
    return bool(conversation) and conversation[-1].pending


def answer_last(library: Library, conversation: Conversation) -> Conversation:
    """Answer the question that waits, if one does; an error of ours becomes its plain sentence."""
    if not is_waiting(conversation):
        return conversation
    *earlier, last = conversation
    try:
        answered = replace(last, answer=library.ask(last.question, history=recall_turns(tuple(earlier))))
    except VlmragError as error:
        answered = replace(last, problem=str(error))
    return (*earlier, answered)


def give_up_last(conversation: Conversation, problem: str) -> Conversation:
    """End a question that waits with a plain sentence."""
    if not is_waiting(conversation):
        return conversation
    return (*conversation[:-1], replace(conversation[-1], problem=problem))


def recall_turns(conversation: Conversation) -> tuple[Turn, ...]:
    """Return the answered exchanges as turns, oldest first; what failed is no part of the history."""
    return tuple(
        turn
        for exchange in conversation
        if exchange.answer is not None
        for turn in (Turn("user", exchange.question), Turn("assistant", exchange.answer.text))
    )


def find_citation(conversation: Conversation, opened: Opened) -> Citation | None:
    """Return the citation meant, or None where there is none: the numbers come from the browser and are not trusted."""
    if opened is None:
        return None
    number, marker = opened
    if not 0 <= number < len(conversation):
        return None
    answer = conversation[number].answer
    return next((c for c in answer.citations if c.marker == marker), None) if answer else None


def read_numbers(data: object) -> Opened:
    """Return the exchange and marker that a click in the browser sent, or None where it sent something else."""
    if not isinstance(data, dict):
        return None
    number, marker = data.get("exchange"), data.get("marker")
    return (number, marker) if type(number) is int and type(marker) is int else None


def read_page_number(data: object) -> int | None:
    """Return the page that a click in the browser asks for, or None where it sent something else."""
    number = data.get("page") if isinstance(data, dict) else None
    return number if type(number) is int and number > 0 else None
