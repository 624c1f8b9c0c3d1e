"""The page's layout and its events.

What a tab holds (its conversation and the citation it has opened) lies in `gr.State`, which gradio keeps apart for
each tab. The pieces of HTML are drawn by `Desk`; here they are only put into their places. `gr.HTML` shows them as they
are and never reads them as a template or as Markdown, so that what `render` escaped stays escaped.
"""
# Without `from __future__ import annotations`: gradio looks at run time for the annotation gr.EventData itself.

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from types import ModuleType
from typing import Any

from vlmrag.ui.conversation import (
    Conversation,
    Opened,
    find_citation,
    pose_question,
    read_numbers,
    read_page_number,
)
from vlmrag.ui.desk import Desk
from vlmrag.ui.library import Library
from vlmrag.ui.serve import check_host, check_port, listen
from vlmrag.ui.words import LANGUAGES, choose_language, load_words

# The reader's language: the one chosen last in this browser, else the browser's own.
_ASK_BROWSER = """() => {
  const language = localStorage.getItem("vlmrag-language") || navigator.language;
  document.documentElement.lang = language;
  return language;
}"""
_TELL_BROWSER = """(conversation, opened, language) => {
  localStorage.setItem("vlmrag-language", language);
  document.documentElement.lang = language;
  return [conversation, opened, language];
}"""


_QUIET = {"show_progress": "hidden", "api_visibility": "private"}
"""For every event: no overlay that makes the page jump, and no programming interface."""
_ONE_BY_ONE = _QUIET | {"concurrency_id": "library"}
"""For events that call the library: one such call at a time."""


def load_gradio() -> ModuleType:
    """Import gradio so that it asks nothing of any other machine: it reads these variables while it is imported."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import gradio

    return gradio


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that events read and write."""

    conversation: Any
    opened: Any
    wanted: Any
    """The language tag that the browser sends when it opens the page."""
    language: Any
    masthead: Any
    transcript: Any
    question: Any
    ask: Any
    fresh: Any
    passage: Any

    @property
    def labelled(self) -> list[Any]:
        """What is written in the interface's language, in the order of `_label`."""
        return [self.language, self.question, self.ask, self.fresh]


def build_page(library: Library) -> Any:
    """Return the page as a `gradio.Blocks`, not yet listening; `serve_page` listens."""
    gr = load_gradio()
    desk = Desk(library)
    with gr.Blocks(title="vlmrag", analytics_enabled=False, fill_width=True) as page:
        parts = _lay_out(gr, desk)
        _greet(gr, page, parts, desk)
        _answer_questions(gr, parts, desk)
        _open_passages(gr, parts, desk)
    return page


def serve_page(
    library: Library,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the page until interrupted; `ready` is called with its address once it can be opened.

    Raises:
        UsageError: the host is not this machine's own loopback, or the port is taken or no port.
    """
    check_host(host)
    check_port(host, port)
    page = build_page(library)
    try:
        url = listen(page, host, port, _read("style.css"), library.read_pdf)
        if ready:
            ready(url)
        threading.Event().wait()
    finally:
        page.close(verbose=False)


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _lay_out(gr: Any, desk: Desk) -> _Parts:
    """Put the components into their places, in English until the browser has told its language."""
    words = load_words("en")
    conversation, opened = gr.State(()), gr.State(None)
    wanted = gr.Textbox(visible=False)
    with gr.Row(elem_id="masthead"):
        masthead = gr.HTML(desk.draw_masthead("en"), apply_default_css=False)
        language = gr.Radio(
            [(load_words(lang)["name"], lang) for lang in LANGUAGES],
            value="en",
            label=words["language"],
            show_label=False,
            container=False,
            elem_id="language",
        )
        fresh = gr.Button(words["fresh"], elem_id="fresh", min_width=0)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            transcript = _place_html(gr, desk.draw_transcript((), None, "en"), "transcript")
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
        passage = _place_html(gr, desk.draw_passage((), None, "en"), "passage")
    return _Parts(conversation, opened, wanted, language, masthead, transcript, question, ask, fresh, passage)


def _place_html(gr: Any, html: str, name: str) -> Any:
    """Return a piece of our own HTML together with the script of the same name."""
    return gr.HTML(html, elem_id=name, js_on_load=_read(f"{name}.js"), apply_default_css=False)


def _label(gr: Any, language: str) -> list[Any]:
    """Return the updates that put the components' own words into a language."""
    words = load_words(language)
    return [
        gr.Radio(value=language, label=words["language"]),
        gr.Textbox(label=words["question"], placeholder=words["placeholder"]),
        gr.Button(words["ask"]),
        gr.Button(words["fresh"]),
    ]


def _greet(gr: Any, page: Any, parts: _Parts, desk: Desk) -> None:
    """Put the page into the reader's language when it opens, and when another is chosen."""

    def speak(conversation: Conversation, opened: Opened, language: str) -> list[Any]:
        return [
            *_label(gr, language),
            desk.draw_masthead(language),
            desk.draw_transcript(conversation, opened, language),
            desk.draw_passage(conversation, opened, language),
        ]

    def greet(wanted: str) -> list[Any]:
        return speak((), None, choose_language(wanted))

    shown = [*parts.labelled, parts.masthead, parts.transcript, parts.passage]
    page.load(greet, parts.wanted, shown, js=_ASK_BROWSER, **_ONE_BY_ONE)
    parts.language.input(
        speak, [parts.conversation, parts.opened, parts.language], shown, js=_TELL_BROWSER, **_ONE_BY_ONE
    )


def _answer_questions(gr: Any, parts: _Parts, desk: Desk) -> None:
    """Show a question at once, then its answer; the box is emptied only for a question that was taken."""

    def pose(conversation: Conversation, opened: Opened, language: str, text: str) -> list[Any]:
        posed = pose_question(conversation, text)
        taken = posed is not conversation
        return [posed, desk.draw_transcript(posed, opened, language), "" if taken else text]

    def pose_example(conversation: Conversation, opened: Opened, language: str, event: gr.EventData) -> list[Any]:
        return pose(conversation, opened, language, str(event._data.get("question", "")))

    def answer(conversation: Conversation, opened: Opened, language: str) -> list[Any]:
        answered = desk.answer(conversation)
        return [answered, desk.draw_transcript(answered, opened, language)]

    def give_up(conversation: Conversation, opened: Opened, language: str) -> list[Any]:
        ended = desk.give_up(conversation, language)
        return [ended, desk.draw_transcript(ended, opened, language)]

    held = [parts.conversation, parts.opened, parts.language]
    posed = [parts.conversation, parts.transcript, parts.question]
    answers = []
    for event, function, inputs in (
        (parts.question.submit, pose, [*held, parts.question]),
        (parts.ask.click, pose, [*held, parts.question]),
        (parts.transcript.submit, pose_example, held),
    ):
        asked = event(function, inputs, posed, **_QUIET)
        answered = asked.then(answer, held, posed[:2], **_ONE_BY_ONE)
        answered.failure(give_up, held, posed[:2], **_QUIET)
        answers.append(answered)
    _start_afresh(parts, desk, answers)


def _start_afresh(parts: _Parts, desk: Desk, answers: list[Any]) -> None:
    """Empty the tab's conversation when that is asked for, and stop the answer that is under way."""

    def clear(language: str) -> list[Any]:
        return [(), None, desk.draw_transcript((), None, language), desk.draw_passage((), None, language)]

    shown = [parts.conversation, parts.opened, parts.transcript, parts.passage]
    parts.fresh.click(clear, parts.language, shown, cancels=answers, **_ONE_BY_ONE)


def _open_passages(gr: Any, parts: _Parts, desk: Desk) -> None:
    """Show in the side panel the passage whose chip was clicked, and mark the chip; turn the pages of a PDF."""

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

    held = [parts.conversation, parts.language]
    shown = [parts.opened, parts.transcript, parts.passage]
    parts.transcript.select(open_clicked, held, shown, **_ONE_BY_ONE)
    parts.passage.clear(close, held, shown, **_ONE_BY_ONE)
    parts.passage.select(turn, [parts.conversation, parts.opened, parts.language], parts.passage, **_ONE_BY_ONE)
