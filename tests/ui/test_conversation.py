"""What a browser tab holds: questions, answers, problems, and what a click may ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.fake_library import ATLAS, FROZEN, FakeLibrary, make_answer
from vlmrag.answer.generator import Generator, ScriptedGenerator
from vlmrag.errors import GeneratorError, IndexMissing
from vlmrag.types import Answer, Filters, Generated, Turn
from vlmrag.ui.conversation import (
    Conversation,
    Exchange,
    Terms,
    answer_last,
    find_citation,
    give_up_last,
    is_waiting,
    pose_again,
    pose_question,
    read_numbers,
    read_page_number,
    recall_turns,
    stop_last,
    word_last,
)
from vlmrag.ui.desk import Desk
from vlmrag.ui.lines import STEPS, pace
from vlmrag.ui.models import Model

ANSWER = make_answer("What is Atlas?", "en", "fact", "A bridge [1].", citations=FROZEN[:1])
DONE: Conversation = (Exchange("What is Atlas?", ANSWER),)


def test_a_question_waits_until_it_is_answered() -> None:
    posed = pose_question((), "  What is Atlas? ")
    assert posed == (Exchange("What is Atlas?"),)
    assert is_waiting(posed)
    *coming, answered = answer_last(FakeLibrary(), posed)
    answer = FakeLibrary().ask("What is Atlas?")
    assert coming == [(Exchange("What is Atlas?", answer, shown=1),), (Exchange("What is Atlas?", answer, shown=2),)]
    assert all(is_waiting(state) for state in coming)
    assert answered == (Exchange("What is Atlas?", answer),)
    assert not is_waiting(answered)


def test_filters_go_with_their_question_and_with_its_repetition() -> None:
    library, recent = Recorder(), Filters(years=(2022, 9999))
    posed = pose_question(DONE, "What is Atlas?", Terms(recent))
    assert posed == (*DONE, Exchange("What is Atlas?", filters=recent))
    *_, answered = answer_last(library, posed)
    assert library.filters == recent
    assert pose_again(answered) == posed


@pytest.mark.parametrize("conversation", [(), (Exchange("q"),), (Exchange("q", ANSWER, shown=1),)])
def test_nothing_is_repeated_where_nothing_was_answered(conversation: Conversation) -> None:
    assert pose_again(conversation) is conversation


def test_what_has_come_of_a_stopped_answer_stays_and_is_no_history() -> None:
    coming = (*DONE, Exchange("q", ANSWER, shown=1))
    stopped = stop_last(coming)
    assert stopped == (*DONE, Exchange("q", ANSWER, shown=1, stopped=True))
    assert not is_waiting(stopped)
    assert recall_turns(stopped) == recall_turns(DONE)
    assert stop_last(stopped) is stopped
    assert stop_last(pose_question((), "q")) == (Exchange("q", stopped=True),)


@given(st.integers(1, 500))
def test_an_answer_comes_by_its_first_line_and_in_few_steps(lines: int) -> None:
    steps = pace(lines)
    assert steps == sorted(set(steps))
    assert len(steps) < STEPS
    assert steps[:1] == [1][: lines - 1]
    assert all(step < lines for step in steps)


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_an_empty_question_is_not_posed(text: str) -> None:
    assert pose_question(DONE, text) == DONE


def test_a_second_question_is_not_posed_while_one_waits() -> None:
    posed = pose_question((), "first")
    assert pose_question(posed, "second") is posed


def test_nothing_is_asked_where_nothing_waits() -> None:
    assert list(answer_last(FakeLibrary(), ())) == [()]
    assert list(answer_last(FakeLibrary(), DONE)) == [DONE]


class Recorder(FakeLibrary):
    """Remembers what it was given."""

    history: Sequence[Turn] = ()
    filters: Filters | None = None

    def ask(self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None) -> Answer:
        self.history, self.filters = history, filters
        return super().ask(question, history=history)


def test_the_conversation_is_handed_on_without_what_failed() -> None:
    library = Recorder()
    failed = Exchange("x", problem="No.")
    list(answer_last(library, (*DONE, failed, Exchange("And Atlas?"))))
    assert library.history == (Turn("user", "What is Atlas?"), Turn("assistant", "A bridge [1]."))
    assert recall_turns((failed,)) == ()


class Writer(FakeLibrary):
    """Words its answer twice, and fails at a third time where it is asked to."""

    def stream(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        yield ANSWER
        yield replace(ANSWER, text="A bridge [1].\n\nIt is small [1].")
        if "fail" in question:
            raise IndexMissing("Gone.")


def test_what_is_written_later_takes_its_place_as_it_comes() -> None:
    states = [state[-1] for state in answer_last(Writer(), pose_question(DONE, "q"))]
    longer = replace(ANSWER, text="A bridge [1].\n\nIt is small [1].")
    assert states == [Exchange("q", longer, shown=3), Exchange("q", longer)]
    failed = [state[-1] for state in answer_last(Writer(), pose_question(DONE, "fail"))]
    assert failed == [Exchange("fail", longer, shown=3), Exchange("fail", problem="Gone.")]


MODEL = Model("http://127.0.0.1:1/v1#tiny", "tiny", "127.0.0.1:1")


class Worder(FakeLibrary):
    """Lets a model word its answer in two steps, and fails at the third where that is asked for."""

    def word(
        self, answer: Answer, generator: Generator, *, history: Sequence[Turn] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        yield replace(answer, generated=Generated("tiny", 1, 0, ()))
        yield replace(answer, text="Worded [1].", generated=Generated("tiny", 2, 1, ()))
        if "fail" in answer.question:
            raise GeneratorError("Gone.")


def wait_for_model(question: str) -> Conversation:
    *_, waits = answer_last(Worder(), pose_question(DONE, question, Terms(model=MODEL)))
    return waits


def test_a_model_words_what_was_quoted() -> None:
    waits = wait_for_model("Atlas")
    assert is_waiting(waits)
    assert waits[-1].whole
    assert list(answer_last(Worder(), waits)) == [waits]
    states = [state[-1] for state in word_last(Worder(), waits, ScriptedGenerator([]))]
    assert [s.answer.text == "Worded [1]." for s in states if s.answer] == [False, True, True]
    assert [s.coming for s in states] == [True, True, False]
    assert pose_again((*DONE, states[-1])) == (*DONE, Exchange("Atlas"))
    assert pose_again((*DONE, states[-1]), MODEL)[-1].model == MODEL


def test_a_model_that_fails_loses_nothing_that_was_proven() -> None:
    *_, (*_, failed) = word_last(Worder(), wait_for_model("fail Atlas"), ScriptedGenerator([]))
    assert failed.answer is not None
    assert (failed.answer.text, failed.coming) == ("Worded [1].", False)
    assert failed.answer.generated == Generated("tiny", 2, 1, (), problem="Gone.")


def test_what_is_not_worded_is_quoted_as_it_was() -> None:
    waits = wait_for_model("Atlas")
    assert list(word_last(FakeLibrary(), waits, ScriptedGenerator([]))) == [(*DONE, replace(waits[-1], writing=None))]
    assert list(word_last(Worder(), DONE, ScriptedGenerator([]))) == []


def test_an_answer_whose_model_was_stopped_is_whole_and_is_history() -> None:
    stopped = stop_last(wait_for_model("Atlas"))
    assert not is_waiting(stopped)
    assert len(recall_turns(stopped)) == 4
    broken = give_up_last(wait_for_model("Atlas"), "Sorry.")[-1]
    assert broken.problem is None
    assert broken.answer is not None
    assert broken.answer.generated == Generated("tiny", 0, 0, (), problem="Sorry.")


def test_each_writing_is_picked_up_once() -> None:
    desk, waits = Desk(Worder()), wait_for_model("Atlas")
    assert desk.take_pen(DONE) is None
    assert desk.take_pen(()) is None
    assert desk.take_pen(waits) is not None
    assert desk.take_pen(waits) is None
    assert desk.take_pen(wait_for_model("Atlas")) is not None


class Unread(FakeLibrary):
    """A library that was never read."""

    def ask(self, question: str, *, history: Sequence[Turn] = (), filters: Filters | None = None) -> Answer:
        raise IndexMissing("There is no index yet. Run: vlmrag ingest")


def test_an_error_of_ours_becomes_its_plain_sentence() -> None:
    (answered,) = answer_last(Unread(), pose_question(DONE, "q"))
    assert answered == (*DONE, Exchange("q", problem="There is no index yet. Run: vlmrag ingest"))


def test_any_other_error_is_not_swallowed() -> None:
    with pytest.raises(RuntimeError, match="a defect"):
        list(answer_last(FakeLibrary(), pose_question((), "broken")))


def test_giving_up_ends_only_what_waits() -> None:
    assert give_up_last(pose_question(DONE, "q"), "Sorry.") == (*DONE, Exchange("q", problem="Sorry."))
    assert give_up_last(DONE, "Sorry.") is DONE


@pytest.mark.parametrize(
    "opened",
    [None, (0, 2), (1, 1), (-1, 1), (0, 0), (10**30, 1)],
    ids=["none", "mark", "late", "negative", "zero", "huge"],
)
def test_a_citation_that_is_not_there_is_not_found(opened: tuple[int, int] | None) -> None:
    assert find_citation(DONE, opened) is None


def test_a_citation_is_found_by_its_numbers() -> None:
    assert find_citation(DONE, (0, 1)) == FROZEN[0]
    assert FROZEN[0].paper == ATLAS.id


@pytest.mark.parametrize(
    "data",
    [
        None,
        "0,1",
        [0, 1],
        {},
        {"exchange": 0},
        {"exchange": "0", "marker": 1},
        {"exchange": True, "marker": 1},
        {"exchange": 0.0, "marker": 1},
    ],
)
def test_what_is_no_pair_of_numbers_is_refused(data: object) -> None:
    assert read_numbers(data) is None


def test_a_click_sends_two_numbers() -> None:
    assert read_numbers({"exchange": 3, "marker": 2, "path": "../../etc/passwd"}) == (3, 2)


@pytest.mark.parametrize("data", [None, "3", 3, {}, {"page": "3"}, {"page": 0}, {"page": -1}, {"page": True}])
def test_what_is_no_page_turns_nothing(data: object) -> None:
    assert read_page_number(data) is None


def test_a_button_sends_the_page_to_turn_to() -> None:
    assert read_page_number({"page": 3, "source": "../../etc/passwd"}) == 3
