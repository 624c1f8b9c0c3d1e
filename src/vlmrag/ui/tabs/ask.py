"""The tab that asks: the conversation, the question box, and beside them the passage behind a citation.

What a window holds (its conversation and the citation it has opened) lies in `gr.State`. The pieces of HTML are drawn
by `Desk`; here they are only put into their places. `gr.HTML` shows them as they are and never reads them as a template
or as Markdown, so that what `render` escaped stays escaped.
"""
# Without `from __future__ import annotations`: gradio looks at run time for the annotation EventData itself.

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

from vlmrag.types import Filters
from vlmrag.ui.conversation import (
    Conversation,
    Opened,
    Terms,
    find_citation,
    is_waiting,
    pose_again,
    pose_question,
    read_numbers,
    read_page_number,
    stop_last,
)
from vlmrag.ui.filters import read_filters
from vlmrag.ui.frame import CALLS, QUIET, WRITES, Frame, Sent
from vlmrag.ui.words import load_words
from vlmrag.ui.writing import follow

NAME = "ask"


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that events read and write."""

    conversation: Any
    opened: Any
    terms: Any
    """`gr.State` with what questions are put to, and the model that words their answers."""
    transcript: Any
    question: Any
    ask: Any
    stop: Any
    fresh: Any
    sieve: Any
    models: Any
    passage: Any


def build(frame: Frame, tab: Any) -> None:
    """Put the components into the tab and tie their events."""
    parts = _lay_out(frame)
    _speak(frame, parts)
    _answer_questions(frame, parts)
    _keep_filters(frame, parts)
    _choose_models(frame, parts)
    _open_passages(frame, parts)
    _open_papers(frame, parts)


def _lay_out(frame: Frame) -> _Parts:
    """Put the components into their places, in English until the browser has told its language."""
    gr, desk, words = frame.gr, frame.desk, load_words("en")
    conversation, opened, terms = gr.State(()), gr.State(None), gr.State(Terms(model=desk.models.given))
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            transcript = frame.place_html(desk.draw_transcript((), None, "en"), "transcript")
            with gr.Column(elem_id="composer", scale=0):
                with gr.Row(elem_id="asking"):
                    question = gr.Textbox(
                        label=words["question"],
                        placeholder=words["placeholder"],
                        show_label=False,
                        container=False,
                        autofocus=True,
                        max_lines=6,
                        elem_id="question",
                    )
                    ask = gr.Button(words["ask"], variant="primary", elem_id="ask", min_width=64)
                    stop = gr.Button(words["stop"], elem_id="stop", min_width=64)
                with gr.Row(elem_id="beside"):
                    sieve = frame.place_html(desk.draw_filters(Filters(), "en"), "filters")
                    models = frame.place_html(desk.draw_models(desk.models.given, "en"), "models")
                    fresh = gr.Button(words["fresh"], elem_id="fresh", min_width=0)
        passage = frame.place_html(desk.draw_passage((), None, "en"), "passage")
    return _Parts(conversation, opened, terms, transcript, question, ask, stop, fresh, sieve, models, passage)


def _speak(frame: Frame, parts: _Parts) -> None:
    gr, desk = frame.gr, frame.desk

    def label(language: str, terms: Terms) -> list[Any]:
        words = load_words(language)
        return [
            gr.Textbox(label=words["question"], placeholder=words["placeholder"]),
            gr.Button(words["ask"]),
            gr.Button(words["stop"]),
            gr.Button(words["fresh"]),
            desk.draw_filters(terms.filters, language),
            desk.draw_models(terms.model, language),
        ]

    def draw(language: str, conversation: Conversation, opened: Opened) -> list[Any]:
        return [
            desk.draw_transcript(conversation, opened, language),
            desk.draw_passage(conversation, opened, language),
        ]

    labelled = [parts.question, parts.ask, parts.stop, parts.fresh, parts.sieve, parts.models]
    frame.speak(label, labelled, [parts.terms])
    frame.speak(draw, [parts.transcript, parts.passage], [parts.conversation, parts.opened], last=True)


def _answer_questions(frame: Frame, parts: _Parts) -> None:
    """Show a question at once, then its answer line by line; the box is emptied only for a question that was taken."""
    from gradio import EventData

    gr, desk = frame.gr, frame.desk

    def pose(conversation: Conversation, opened: Opened, language: str, terms: Terms, text: str) -> list[Any]:
        posed = pose_question(conversation, text, terms)
        taken = posed is not conversation
        return [posed, desk.draw_transcript(posed, opened, language), "" if taken else text]

    def pose_example(
        conversation: Conversation, opened: Opened, language: str, terms: Terms, event: EventData
    ) -> list[Any]:
        return pose(conversation, opened, language, terms, str(event._data.get("question", "")))

    def pose_sent(
        conversation: Conversation, opened: Opened, language: str, terms: Terms, sent: Sent | None
    ) -> list[Any]:
        return pose(conversation, opened, language, terms, sent.value if sent else "")

    def repeat(conversation: Conversation, opened: Opened, language: str, terms: Terms) -> list[Any]:
        posed = pose_again(conversation, terms.model)
        return [posed, desk.draw_transcript(posed, opened, language), gr.skip()]

    held = [parts.conversation, parts.opened, frame.language, parts.terms]
    posed = [parts.conversation, parts.transcript, parts.question]
    answers = []
    for event, function, inputs in (
        (parts.question.submit, pose, [*held, parts.question]),
        (parts.ask.click, pose, [*held, parts.question]),
        (parts.transcript.submit, pose_example, held),
        (parts.transcript.retry, repeat, held),
        (frame.asked.change, pose_sent, [*held, frame.asked]),
    ):
        asked = event(function, inputs, posed, **QUIET)
        answers += _answer(frame, parts, asked)
    _end_answers(frame, parts, answers)


def _answer(frame: Frame, parts: _Parts, asked: Any) -> list[Any]:
    """Answer what was asked, as it comes, then let a model word it, where one was chosen; return both events."""
    desk = frame.desk

    def answer(conversation: Conversation, opened: Opened, language: str) -> Iterator[list[Any]]:
        for state in desk.answer(conversation):
            yield [state, desk.draw_transcript(state, opened, language)]

    async def word(conversation: Conversation, opened: Opened, language: str) -> AsyncIterator[list[Any]]:
        pen = desk.take_pen(conversation)
        if pen is None:
            yield [frame.gr.skip(), frame.gr.skip()]  # gradio empties what an event has drawn nothing for
            return
        states = ([state, desk.draw_transcript(state, opened, language)] for state in desk.word(conversation, pen))
        async for drawn in follow(states, pen.cancel):
            yield drawn or [frame.gr.skip(), frame.gr.skip()]

    def give_up(conversation: Conversation, opened: Opened, language: str) -> list[Any]:
        ended = desk.give_up(conversation, language)
        return [ended, desk.draw_transcript(ended, opened, language)]

    held = [parts.conversation, parts.opened, frame.language]
    shown = [parts.conversation, parts.transcript]
    answered = asked.then(answer, held, shown, **CALLS)
    worded = answered.success(word, held, shown, **WRITES)
    for event in (answered, worded):
        event.failure(give_up, held, shown, **QUIET)
    return [answered, worded]


def _end_answers(frame: Frame, parts: _Parts, answers: list[Any]) -> None:
    """Stop the answer that is under way; or empty the window's conversation, which stops it too."""
    desk = frame.desk

    def stop(conversation: Conversation, opened: Opened, language: str) -> list[Any]:
        ended = stop_last(conversation)
        return [ended, desk.draw_transcript(ended, opened, language)]

    def clear(language: str) -> list[Any]:
        return [(), None, desk.draw_transcript((), None, language), desk.draw_passage((), None, language)]

    held = [parts.conversation, parts.opened, frame.language]
    parts.stop.click(stop, held, [parts.conversation, parts.transcript], cancels=answers, **QUIET)
    shown = [parts.conversation, parts.opened, parts.transcript, parts.passage]
    parts.fresh.click(clear, frame.language, shown, cancels=answers, **CALLS)


def _keep_filters(frame: Frame, parts: _Parts) -> None:
    """Remember the filters that were set, for the questions that follow."""
    from gradio import EventData

    desk = frame.desk

    def keep(terms: Terms, language: str, event: EventData) -> list[Any]:
        filters = read_filters(event._data)
        return [replace(terms, filters=filters), desk.draw_filters(filters, language)]

    parts.sieve.apply(keep, [parts.terms, frame.language], [parts.terms, parts.sieve], **CALLS)


def _choose_models(frame: Frame, parts: _Parts) -> None:
    """Ask which models run on this machine when the choice is opened, and remember the one that was chosen."""
    from gradio import EventData

    desk = frame.desk

    def look(terms: Terms, language: str) -> Iterator[str]:
        yield desk.draw_models(terms.model, language, looking=True)
        desk.models.look()
        yield desk.draw_models(terms.model, language)

    def choose(terms: Terms, language: str, event: EventData) -> list[Any]:
        chosen = desk.models.find(event._data.get("model"))
        return [replace(terms, model=chosen), desk.draw_models(chosen, language)]

    held, few = [parts.terms, frame.language], {"concurrency_id": "models", "concurrency_limit": 2}
    parts.models.expand(look, held, parts.models, **QUIET | few)
    # one after the other, and none passed over: who walks with the arrows chooses several in a second
    parts.models.apply(choose, held, [parts.terms, parts.models], trigger_mode="multiple", **QUIET)


def _open_papers(frame: Frame, parts: _Parts) -> None:
    """Open the page of a paper whose name was clicked."""
    from gradio import EventData

    def show(event: EventData) -> list[Any]:
        return frame.open_paper(str(event._data.get("paper", "")))

    parts.transcript.option_select(show, None, frame.doors, **QUIET)


def _open_passages(frame: Frame, parts: _Parts) -> None:
    """Show in the side panel the passage whose chip was clicked, and mark the chip; turn the pages of a PDF."""
    from gradio import EventData

    desk = frame.desk

    def show(conversation: Conversation, opened: Opened, language: str) -> list[Any]:
        coming = is_waiting(conversation)  # who draws the answer draws the rest, too, and newer
        return [
            opened,
            frame.gr.skip() if coming else desk.draw_transcript(conversation, opened, language),
            desk.draw_passage(conversation, opened, language),
        ]

    def open_clicked(conversation: Conversation, language: str, event: EventData) -> list[Any]:
        opened = read_numbers(event._data)
        return show(conversation, opened if find_citation(conversation, opened) else None, language)

    def close(conversation: Conversation, language: str) -> list[Any]:
        return show(conversation, None, language)

    def turn(conversation: Conversation, opened: Opened, language: str, event: EventData) -> str:
        return desk.draw_passage(conversation, opened, language, read_page_number(event._data))

    held = [parts.conversation, frame.language]
    shown = [parts.opened, parts.transcript, parts.passage]
    parts.transcript.select(open_clicked, held, shown, **CALLS)
    parts.passage.clear(close, held, shown, **CALLS)
    parts.passage.select(turn, [parts.conversation, parts.opened, frame.language], parts.passage, **CALLS)
