"""What is asked and answered in one window: plain values, so that two windows can share nothing.

A conversation is a tuple of exchanges. Every function takes one and returns another; the page keeps the current one
in the window's own state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vlmrag.errors import VlmragError
from vlmrag.types import Answer, Citation, Filters, Turn
from vlmrag.ui.library import Library
from vlmrag.ui.lines import count_lines, pace


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came back: nothing yet, an answer, or a problem."""

    question: str
    answer: Answer | None = None
    problem: str | None = None
    """A plain sentence, where there is no answer."""
    shown: int | None = None
    """Lines of the answer that are shown while it comes; None is all of it."""
    stopped: bool = False
    """Whether the reader stopped it."""
    filters: Filters = Filters()  # noqa: RUF009 - frozen
    """What the question was put to."""

    @property
    def pending(self) -> bool:
        """Whether it still waits for the first words."""
        return self.answer is None and self.problem is None and not self.stopped

    @property
    def coming(self) -> bool:
        """Whether there is more to come."""
        return self.pending or (self.shown is not None and not self.stopped)


Conversation = tuple[Exchange, ...]
Opened = tuple[int, int] | None
"""The citation that the side panel shows: the number of its exchange, from 0, and its marker."""


def pose_question(conversation: Conversation, question: str, filters: Filters | None = None) -> Conversation:
    """Add a question that waits for its answer; an empty one, or one asked while another waits, adds nothing."""
    words = question.strip()
    if not words or is_waiting(conversation):
        return conversation
    return (*conversation, Exchange(words, filters=filters or Filters()))


def pose_again(conversation: Conversation) -> Conversation:
    """Put the last question once more, with the same filters; one that waits goes on waiting."""
    if not conversation or is_waiting(conversation):
        return conversation
    *earlier, last = conversation
    return (*earlier, Exchange(last.question, filters=last.filters))


def is_waiting(conversation: Conversation) -> bool:
    """Tell whether the last question still waits for its answer, or for the rest of it."""
    return bool(conversation) and conversation[-1].coming


def answer_last(library: Library, conversation: Conversation) -> Iterator[Conversation]:
    """Answer the question that waits, if one does: yield the lead, then more lines, then all of it.

    What the library adds to an answer later takes its place as it comes. An error of ours becomes its plain sentence.
    """
    if not is_waiting(conversation):
        yield conversation
        return
    *earlier, last = conversation
    answers = library.stream(last.question, history=recall_turns(tuple(earlier)), filters=last.filters)
    try:
        answer = next(answers)
        for shown in pace(count_lines(answer)):
            yield (*earlier, replace(last, answer=answer, shown=shown))
        for answer in answers:
            yield (*earlier, replace(last, answer=answer, shown=count_lines(answer)))
    except VlmragError as error:
        yield (*earlier, replace(last, problem=str(error)))
        return
    yield (*earlier, replace(last, answer=answer))


def give_up_last(conversation: Conversation, problem: str) -> Conversation:
    """End a question that waits with a plain sentence."""
    if not is_waiting(conversation):
        return conversation
    return (*conversation[:-1], replace(conversation[-1], problem=problem, answer=None, shown=None))


def stop_last(conversation: Conversation) -> Conversation:
    """End a question that waits as the reader asked; what has come of its answer stays."""
    if not is_waiting(conversation):
        return conversation
    return (*conversation[:-1], replace(conversation[-1], stopped=True))


def recall_turns(conversation: Conversation) -> tuple[Turn, ...]:
    """Return the answered exchanges as turns, oldest first; what failed or was stopped is none of them."""
    return tuple(
        turn
        for exchange in conversation
        if exchange.answer is not None and not exchange.stopped
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
