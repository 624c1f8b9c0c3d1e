"""What a tab of the page is handed, and how it speaks with the others.

A tab is a file with a `NAME` and one function `build(frame, tab)`, which puts components into the open tab and ties
their events. Its label is the word `tab_NAME` of words.toml; page.py names the file in `TABS`. In `build`:

- `frame.place_html(html, "name")` places a piece of our own HTML with the script `name.js`, where there is one;
- `frame.speak(label, outputs, inputs)` hands in what puts the tab into a language: `label(language, *inputs)` returns
  the new values of `outputs`. It runs when the page opens and when the reader chooses another language;
- every event takes `**QUIET`, one that calls the library `**CALLS`, one in which a model writes `**WRITES`;
  `frame.language` is an input that holds the reader's language;
- an event that sends the reader to another tab has `frame.doors` as its outputs and returns `frame.open_paper(id)` or
  `frame.open_question(text)`; the tab that is meant listens to `frame.paper.change` or `frame.asked.change`, whose
  value is a `Sent`, or None before the first.

What costs time is drawn when the tab is opened (`tab.select`), not when the page is built. What a tab holds for one
reader lies in `gr.State`, which gradio keeps apart for each window.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import count
from types import ModuleType
from typing import Any

from vlmrag.ui.desk import Desk

QUIET = {"show_progress": "hidden", "api_visibility": "private"}
"""For every event: no overlay that makes the page jump, and no programming interface."""
CALLS = QUIET | {"concurrency_id": "library", "concurrency_limit": 4}
"""For events that call the library: a few such calls at a time, so that a long one holds nobody up."""
WRITES = QUIET | {"concurrency_id": "writing", "concurrency_limit": 16}
"""For events in which a model writes: they wait beside those that call the library, and hold none of them up."""
READ_TAG = """() => localStorage.getItem("vlmrag-language") || navigator.language"""
"""The script of an event that draws a tab when it is opened, perhaps before `frame.language` is told: its one input, an
unseen text box, is the language tag that the browser asks for; see `words.choose_language`."""
_SERIAL = count(1)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one tab asks another to show; no two are equal, so that the same thing can be sent twice."""

    value: str
    serial: int = field(default_factory=lambda: next(_SERIAL))


@dataclass(frozen=True, slots=True)
class Spoken:
    """What puts a part of the page into a language: `label(language, *inputs)` gives the values of `outputs`."""

    label: Callable[..., list[Any]]
    outputs: list[Any]
    inputs: list[Any]
    last: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """Gradio, the desk, and the components that all tabs share."""

    gr: Any
    desk: Desk
    tabs: Any
    """`gr.Tabs`; the id of a tab is its `NAME`."""
    masthead: Any
    """The page's top, as `Desk.draw_masthead` draws it: an event that changes the library draws it anew."""
    language: Any
    """`gr.Radio` with the reader's language, one of `words.LANGUAGES`."""
    paper: Any
    """`gr.State`: the paper that the tab `papers` is asked to show, by its id."""
    asked: Any
    """`gr.State`: the question that the tab `ask` is asked to answer."""
    spoken: list[Spoken] = field(default_factory=list)

    @property
    def doors(self) -> list[Any]:
        """The outputs of an event that sends the reader to another tab."""
        return [self.tabs, self.paper, self.asked]

    def open_paper(self, ident: str) -> list[Any]:
        """Return the values of `doors` that open a paper's own page."""
        return [self.gr.Tabs(selected="papers"), Sent(ident), self.gr.skip()]

    def open_question(self, text: str) -> list[Any]:
        """Return the values of `doors` that put a question."""
        return [self.gr.Tabs(selected="ask"), self.gr.skip(), Sent(text)]

    def speak(
        self,
        label: Callable[..., list[Any]],
        outputs: list[Any],
        inputs: list[Any] | None = None,
        *,
        last: bool = False,
    ) -> None:
        """Hand in what puts a part of the page into a language.

        `last` is for what other events draw as well: it is drawn when all else is done, from what the window holds
        then, so that what is slow here does not put an old state over a new one.
        """
        self.spoken.append(Spoken(label, outputs, inputs or [], last))

    def place_html(self, html: str, name: str) -> Any:
        """Return a piece of our own HTML, `#name`, with the script of the same name where there is one."""
        script = files(__package__).joinpath("static", f"{name}.js")
        return self.gr.HTML(
            html,
            elem_id=name,
            js_on_load=script.read_text("utf-8") if script.is_file() else None,
            apply_default_css=False,
        )


def load_gradio() -> ModuleType:
    """Import gradio so that it asks nothing of any other machine: it reads these variables while it is imported."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import gradio

    loaded: ModuleType = gradio
    return loaded
