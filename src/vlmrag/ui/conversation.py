"""What is asked and answered in one window: plain values, so that two windows can share nothing.

A conversation is a tuple of exchanges. Every function takes one and returns another; the page keeps the current one
in the window's own state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from vlmrag.errors import VlmragError
from vlmrag.types import Answer, Citation, Filters, Generated, Turn
from vlmrag.ui.library import Library
from vlmrag.ui.lines import count_lines, pace
from vlmrag.ui.models import Model

if TYPE_CHECKING:
    from vlmrag.answer.generator import Generator

_SERIAL = count(1)


@dataclass(frozen=True, slots=True)
class Terms:
    """What questions of a window are put to, and what words their answers."""

    filters: Filters = Filters()  # noqa: RUF009 - frozen
    model: Model | None = None


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
    model: Model | None = None
    """What words the answer."""
    writing: int | None = None
    """The number of the writing while the model is at it, like that of no other."""

    @property
    def pending(self) -> bool:
        """Whether it still waits for the first words."""
        return self.answer is None and self.problem is None and not self.stopped

    @property
    def coming(self) -> bool:
        """Whether there is more to come."""
        return self.pending or (not self.stopped and (self.shown is not None or self.writing is not None))

    @property
    def whole(self) -> bool:
        """Whether all of an answer is there, in a model's words or in quotes alone."""
        return self.answer is not None and self.shown is None


Conversation = tuple[Exchange, ...]
Opened = tuple[int, int] | None
"""The citation that the side panel shows: the number of its exchange, from 0, and its marker."""


def pose_question(conversation: Conversation, question: str, terms: Terms = Terms()) -> Conversation:
    """Add a question that waits for its answer; an empty one, or one asked while another waits, adds nothing."""
    words = question.strip()
    if not words or is_waiting(conversation):
        return conversation
    return (*conversation, Exchange(words, filters=terms.filters, model=terms.model))


def pose_again(conversation: Conversation, model: Model | None = None) -> Conversation:
    """Put the last question once more, with the same filters, to the model chosen now; one that waits goes on so."""
    if not conversation or is_waiting(conversation):
        return conversation
    *earlier, last = conversation
    return (*earlier, Exchange(last.question, filters=last.filters, model=model))


def is_waiting(conversation: Conversation) -> bool:
    """Tell whether the last question still waits for its answer, or for the rest of it."""
    return bool(conversation) and conversation[-1].coming


def answer_last(library: Library, conversation: Conversation) -> Iterator[Conversation]:
    """Answer the question that waits, if one does: yield the lead, then more lines, then all of it.

    What the library adds to an answer later takes its place as it comes. An error of ours becomes its plain sentence.
    Where a model is to word it, the last of them waits for `word_last`.
    """
    if not is_waiting(conversation) or conversation[-1].writing is not None:
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
    yield (*earlier, replace(last, answer=answer, writing=next(_SERIAL) if last.model else None))


def word_last(library: Library, conversation: Conversation, generator: Generator) -> Iterator[Conversation]:
    """Let a generator word the answer that waits for it: yield it with every sentence, at last as it stays.

    An error of ours is told of as the reason why it is quoted only.
    """
    *earlier, last = conversation
    answer = last.answer
    if answer is None or last.writing is None:
        return
    try:
        turns = recall_turns(tuple(earlier))
        for worded in library.word(answer, generator, history=turns, filters=last.filters):
            answer = worded
            yield (*earlier, replace(last, answer=worded))
    except VlmragError as error:
        answer = _fail(answer, last.model, str(error))
    yield (*earlier, replace(last, answer=answer, writing=None))


def _fail(answer: Answer, model: Model | None, problem: str) -> Answer:
    """Return an answer that tells why its model broke off; nothing of what it wrote is lost."""
    written = answer.generated or Generated(model.name if model else "", 0, 0, ())
    return replace(answer, generated=replace(written, problem=problem))


def give_up_last(conversation: Conversation, problem: str) -> Conversation:
    """End a question that waits with a plain sentence; an answer that a model was wording stays as far as it was."""
    if not is_waiting(conversation):
        return conversation
    *earlier, last = conversation
    if last.writing is not None and last.answer is not None:
        return (*earlier, replace(last, answer=_fail(last.answer, last.model, problem), writing=None))
    return (*conversation[:-1], replace(conversation[-1], problem=problem, answer=None, shown=None))


def stop_last(conversation: Conversation) -> Conversation:
    """End a question that waits as the reader asked; what has come of its answer stays."""
    if not is_waiting(conversation):
        return conversation
    return (*conversation[:-1], replace(conversation[-1], stopped=True, writing=None))


def recall_turns(conversation: Conversation) -> tuple[Turn, ...]:
    """Return the answered exchanges as turns, oldest first; what failed or was stopped halfway is none of them."""
    return tuple(
        turn
        for exchange in conversation
        if exchange.answer is not None and exchange.whole
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
