"""The tab of the map: the papers by what is said of them, and by year; a click opens one."""
# Without `from __future__ import annotations`: gradio looks at run time for the annotation EventData itself.

from typing import Any

from vlmrag.errors import VlmragError
from vlmrag.ui.frame import CALLS, QUIET, READ_TAG, Frame
from vlmrag.ui.html.map import render_map
from vlmrag.ui.html.pieces import render_problem
from vlmrag.ui.library import Library
from vlmrag.ui.proofs import place_piece
from vlmrag.ui.words import choose_language, load_words

NAME = "map"


def draw_map(library: Library, language: str) -> str:
    """Return the map, or what went wrong."""
    words = load_words(language)
    try:
        return render_map(library.map_papers(), words)
    except VlmragError as error:
        return render_problem(str(error), words)


def build(frame: Frame, tab: Any) -> None:
    """Put the components into the tab and tie their events."""
    from gradio import EventData

    gr, library = frame.gr, frame.desk.library
    drawn = gr.State(False)
    chart = place_piece(frame, "", "map")

    def draw(tag: str) -> list[Any]:
        return [draw_map(library, choose_language(tag)), True]

    def open_clicked(event: EventData) -> list[Any]:
        return frame.open_paper(str(event._data.get("paper", "")))

    tab.select(draw, gr.Textbox(visible=False), [chart, drawn], js=READ_TAG, **CALLS)
    chart.submit(open_clicked, None, frame.doors, **QUIET)
    frame.speak(lambda language, drawn: [draw_map(library, language) if drawn else gr.skip()], [chart], [drawn])
