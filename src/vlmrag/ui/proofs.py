"""The side panel of a tab: whatever has a number there opens its passage, as in an answer.

A piece of HTML is drawn with a `Proofs`, which numbers its citations. The tab keeps them, and a click in the browser
sends back no more than a number.
"""
# Without `from __future__ import annotations`: gradio looks at run time for the annotation EventData itself.

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.resources import files
from typing import Any

from vlmrag.types import Citation
from vlmrag.ui.conversation import read_numbers, read_page_number
from vlmrag.ui.frame import CALLS, Frame
from vlmrag.ui.html.pieces import render_chip
from vlmrag.ui.words import Words, load_words


class Proofs:
    """The citations of one piece of HTML, numbered from 1 as they come."""

    def __init__(self, words: Words, before: Sequence[Citation] = ()) -> None:
        """`before` are those of the pieces drawn before it in the same tab."""
        self._words = words
        self._numbers = {replace(c, marker=0): c.marker for c in before}

    def chip(self, citation: Citation) -> str:
        """Return the small numbered button that opens a citation's passage."""
        bare = replace(citation, marker=0)
        number = self._numbers.setdefault(bare, len(self._numbers) + 1)
        return render_chip(replace(bare, marker=number), 0, False, self._words)

    def chips(self, citations: Sequence[Citation]) -> str:
        """Return the buttons of several citations."""
        return " ".join(map(self.chip, citations))

    def all(self) -> tuple[Citation, ...]:
        """Return all that were numbered."""
        return tuple(replace(citation, marker=number) for citation, number in self._numbers.items())


def find_proof(proofs: Sequence[Citation], data: object) -> Citation | None:
    """Return the citation whose number a click in the browser sent, or None: what comes from there is not trusted."""
    numbers = read_numbers(data)
    return next((c for c in proofs if numbers and c.marker == numbers[1]), None)


def draw_proof(frame: Frame, citation: Citation | None, language: str, page: int | None = None) -> str:
    """Return the panel with a citation's passage, of a PDF the page given; a hint where none is opened."""
    if citation is not None:
        return frame.desk.draw_citation(citation, language, page)
    words = load_words(language)
    return f'<div class="hint"><h2>{escape(words["passages"])}</h2><p>{escape(words["proof_hint"])}</p></div>'


@dataclass(frozen=True, slots=True)
class Panel:
    """The components of a tab's side panel."""

    proofs: Any
    """`gr.State`: the citations that the tab shows, as `Proofs.all` gives them."""
    opened: Any
    """`gr.State`: the citation whose passage is shown, or None."""
    passage: Any


def place_panel(frame: Frame, name: str) -> Panel:
    """Place a tab's side panel, empty, and let it be closed and a PDF's pages be turned."""
    from gradio import EventData

    proofs, opened = frame.gr.State(()), frame.gr.State(None)
    passage = frame.gr.HTML(
        draw_proof(frame, None, "en"),
        elem_id=f"{name}-passage",
        elem_classes="proof",
        js_on_load=files(__package__).joinpath("static", "passage.js").read_text("utf-8"),
        apply_default_css=False,
    )

    def close(language: str) -> list[Any]:
        return [None, draw_proof(frame, None, language)]

    def turn(opened: Citation | None, language: str, event: EventData) -> str:
        return draw_proof(frame, opened, language, read_page_number(event._data))

    passage.clear(close, frame.language, [opened, passage], **CALLS)
    passage.select(turn, [opened, frame.language], passage, **CALLS)
    frame.speak(lambda language, opened: [draw_proof(frame, opened, language)], [passage], [opened])
    return Panel(proofs, opened, passage)


def tie_proofs(frame: Frame, panel: Panel, *pieces: Any) -> None:
    """Let the numbers in pieces of a tab's HTML open their passages; the script chips.js sends what was clicked."""
    from gradio import EventData

    def show(proofs: tuple[Citation, ...], language: str, event: EventData) -> list[Any]:
        found = find_proof(proofs, event._data)
        return [found, draw_proof(frame, found, language)]

    for piece in pieces:
        piece.select(show, [panel.proofs, frame.language], [panel.opened, panel.passage], **CALLS)


def place_piece(frame: Frame, html: str, name: str) -> Any:
    """Return a piece of a tab's HTML, `#name`, whose chips open passages, with the script of the same name, if any."""
    room = files(__package__).joinpath("static")
    scripts = [room.joinpath(script) for script in ("chips.js", f"{name}.js")]
    code = "\n".join(script.read_text("utf-8") for script in scripts if script.is_file())
    return frame.gr.HTML(html, elem_id=name, js_on_load=code, apply_default_css=False)
