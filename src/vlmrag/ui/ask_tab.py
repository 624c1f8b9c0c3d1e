"""The tab that asks: the conversation, the question box, and beside them the passage behind a citation.

What a window holds (its conversation and the citation it has opened) lies in `gr.State`. The pieces of HTML are drawn
by `Desk`; here they are only put into their places. `gr.HTML` shows them as they are and never reads them as a template
or as Markdown, so that what `render` escaped stays escaped.
"""
# Without `from __future__ import annotations`: gradio looks at run time for the annotation gr.EventData itself.

from dataclasses import dataclass
from typing import Any

from vlmrag.ui.conversation import (
    Conversation,
    Opened,
    find_citation,
    pose_question,
    read_numbers,
    read_page_number,
)
from vlmrag.ui.frame import CALLS, QUIET, Frame, Sent
from vlmrag.ui.words import load_words

NAME = "ask"


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that events read and write."""

    conversation: Any
    opened: Any
    transcript: Any
    question: Any
    ask: Any
    fresh: Any
    passage: Any


def build(frame: Frame, tab: Any) -> None:
    """Put the components into the tab and tie their events."""
    parts = _lay_out(frame)
    _speak(frame, parts)
    _answer_questions(frame, parts)
    _open_passages(frame, parts)


def _lay_out(frame: Frame) -> _Parts:
    """Put the components into their places, in English until the browser has told its language."""
    gr, desk, words = frame.gr, frame.desk, load_words("en")
    conversation, opened = gr.State(()), gr.State(None)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            transcript = frame.place_html(desk.draw_transcript((), None, "en"), "transcript")
            with gr.Row(elem_id="composer"):
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
                fresh = gr.Button(words["fresh"], elem_id="fresh", min_width=0)
        passage = frame.place_html(desk.draw_passage((), None, "en"), "passage")
    return _Parts(conversation, opened, transcript, question, ask, fresh, passage)


def _speak(frame: Frame, parts: _Parts) -> None:
    gr, desk = frame.gr, frame.desk

    def label(language: str, conversation: Conversation, opened: Opened) -> list[Any]:
        words = load_words(language)
        return [
            gr.Textbox(label=words["question"], placeholder=words["placeholder"]),
            gr.Button(words["ask"]),
            gr.Button(words["fresh"]),
            desk.draw_transcript(conversation, opened, language),
            desk.draw_passage(conversation, opened, language),
        ]

    labelled = [parts.question, parts.ask, parts.fresh, parts.transcript, parts.passage]
    frame.speak(label, labelled, [parts.conversation, parts.opened])


def _answer_questions(frame: Frame, parts: _Parts) -> None:
    """Show a question at once, then its answer; the box is emptied only for a question that was taken."""
    gr, desk = frame.gr, frame.desk

    def pose(conversation: Conversation, opened: Opened, language: str, text: str) -> list[Any]:
        posed = pose_question(conversation, text)
        taken = posed is not conversation
        return [posed, desk.draw_transcript(posed, opened, language), "" if taken else text]

    def pose_example(conversation: Conversation, opened: Opened, language: str, event: gr.EventData) -> list[Any]:
        return pose(conversation, opened, language, str(event._data.get("question", "")))

    def pose_sent(conversation: Conversation, opened: Opened, language: str, sent: Sent | None) -> list[Any]:
        return pose(conversation, opened, language, sent.value if sent else "")

    def answer(conversation: Conversation, opened: Opened, language: str) -> list[Any]:
        answered = desk.answer(conversation)
        return [answered, desk.draw_transcript(answered, opened, language)]

    def give_up(conversation: Conversation, opened: Opened, language: str) -> list[Any]:
        ended = desk.give_up(conversation, language)
        return [ended, desk.draw_transcript(ended, opened, language)]

    held = [parts.conversation, parts.opened, frame.language]
    posed = [parts.conversation, parts.transcript, parts.question]
    answers = []
    for event, function, inputs in (
        (parts.question.submit, pose, [*held, parts.question]),
        (parts.ask.click, pose, [*held, parts.question]),
        (parts.transcript.submit, pose_example, held),
        (frame.asked.change, pose_sent, [*held, frame.asked]),
    ):
        asked = event(function, inputs, posed, **QUIET)
        answered = asked.then(answer, held, posed[:2], **CALLS)
        answered.failure(give_up, held, posed[:2], **QUIET)
        answers.append(answered)
    _start_afresh(frame, parts, answers)


def _start_afresh(frame: Frame, parts: _Parts, answers: list[Any]) -> None:
    """Empty the window's conversation when that is asked for, and stop the answer that is under way."""
    desk = frame.desk

    def clear(language: str) -> list[Any]:
        return [(), None, desk.draw_transcript((), None, language), desk.draw_passage((), None, language)]

    shown = [parts.conversation, parts.opened, parts.transcript, parts.passage]
    parts.fresh.click(clear, frame.language, shown, cancels=answers, **CALLS)


def _open_passages(frame: Frame, parts: _Parts) -> None:
    """Show in the side panel the passage whose chip was clicked, and mark the chip; turn the pages of a PDF."""
    gr, desk = frame.gr, frame.desk

    def show(conversation: Conversation, opened: Opened, language: str) -> list[Any]:
        return [
            opened,
            desk.draw_transcript(conversation, opened, language),
            desk.draw_passage(conversation, opened, language),
        ]

    def open_clicked(conversation: Conversation, language: str, event: gr.EventData) -> list[Any]:
        opened = read_numbers(event._data)
        return show(conversation, opened if find_citation(conversation, opened) else None, language)

    def close(conversation: Conversation, language: str) -> list[Any]:
        return show(conversation, None, language)

    def turn(conversation: Conversation, opened: Opened, language: str, event: gr.EventData) -> str:
        return desk.draw_passage(conversation, opened, language, read_page_number(event._data))

    held = [parts.conversation, frame.language]
    shown = [parts.opened, parts.transcript, parts.passage]
    parts.transcript.select(open_clicked, held, shown, **CALLS)
    parts.passage.clear(close, held, shown, **CALLS)
    parts.passage.select(turn, [parts.conversation, parts.opened, frame.language], parts.passage, **CALLS)
