"""The tab of papers: the library as a table, and one paper's own page in its place, with its proofs beside it."""
# Without `from __future__ import annotations`: gradio looks at run time for the annotation EventData itself.

from collections.abc import Iterator
from typing import Any

from vlmrag.errors import SourceError, VlmragError
from vlmrag.search.attributes import COLUMNS
from vlmrag.search.figures import FoundFigure
from vlmrag.types import Citation
from vlmrag.ui.frame import CALLS, QUIET, READ_TAG, Frame, Sent
from vlmrag.ui.html.paper import render_near, render_paper
from vlmrag.ui.html.papers import render_papers
from vlmrag.ui.html.pieces import render_problem
from vlmrag.ui.library import Library
from vlmrag.ui.proofs import Panel, Proofs, draw_proof, place_panel, place_piece, tie_proofs
from vlmrag.ui.words import choose_language, load_words

NAME = "papers"
_ALIKE = 6
"""Papers shown as like one."""
_FIGURES = 24
"""Pictures shown of one paper."""
_SHOWN_ABOVE = ("orgs", "venue", "date")
"""Attributes that the page's facts say already."""


def draw_papers(library: Library, language: str) -> str:
    """Return the table of papers, or what went wrong."""
    words = load_words(language)
    try:
        return render_papers(library.papers(), words)
    except VlmragError as error:
        return render_problem(str(error), words)


def draw_paper(library: Library, ident: str | None, language: str) -> tuple[str, tuple[Citation, ...]]:
    """Return the first part of a paper's page, and the citations that it numbers; nothing for None."""
    words = load_words(language)
    if ident is None:
        return "", ()
    proofs = Proofs(words)
    try:
        profile = library.profile(ident)
        columns = [column for column in COLUMNS if column not in _SHOWN_ABOVE]
        (row,) = library.table(columns, papers=[profile.paper.id])
        return render_paper(profile, row, proofs, words), proofs.all()
    except VlmragError as error:
        return render_problem(str(error), words), ()


def draw_near(
    library: Library, ident: str | None, language: str, before: tuple[Citation, ...]
) -> tuple[str, tuple[Citation, ...]]:
    """Return the second part of a paper's page, and all citations, those of the first part `before` them."""
    if ident is None:
        return "", before
    words = load_words(language)
    proofs = Proofs(words, before)
    try:
        similar = library.similar(ident, _ALIKE, lang=language)
        figures = library.profile(ident).figures[:_FIGURES]
        return render_near(similar, _crop(library, figures), proofs, words), proofs.all()
    except VlmragError as error:
        return render_problem(str(error), words), before


def _crop(library: Library, figures: tuple[FoundFigure, ...]) -> Iterator[tuple[FoundFigure, bytes | None]]:
    """Yield figures with their pictures; without, where the file changed since it was read."""
    for found in figures:
        try:
            yield found, library.crop_figure(found.figure)
        except SourceError:
            yield found, None


def build(frame: Frame, tab: Any) -> None:
    """Put the components into the tab and tie their events."""
    gr, library = frame.gr, frame.desk.library
    drawn = gr.State(False)  # whether the table was drawn: it is when the tab is first opened
    shown = gr.State(None)  # the id of the paper whose page is open
    with gr.Row(elem_classes="bench"):
        with gr.Column(elem_id="papers-room"):
            table = place_piece(frame, "", "papers")
            paper = place_piece(frame, "", "paper")
            near = place_piece(frame, "", "near")
        panel = place_panel(frame, NAME)
    tie_proofs(frame, panel, paper, near)

    def draw(tag: str) -> list[Any]:
        return [draw_papers(library, choose_language(tag)), True]

    tab.select(draw, gr.Textbox(visible=False), [table, drawn], js=READ_TAG, **CALLS)
    frame.speak(lambda language, drawn: [draw_papers(library, language) if drawn else gr.skip()], [table], [drawn])
    _open_papers(frame, shown, (table, paper, near), panel)


def _open_papers(frame: Frame, shown: Any, pieces: tuple[Any, Any, Any], panel: Panel) -> None:
    """Open a paper's page where its name is clicked, or from another tab; close it; ask about it."""
    from gradio import EventData

    library, (table, paper, near) = frame.desk.library, pieces
    first = [shown, paper, near, panel.proofs, panel.opened, panel.passage]

    def show(ident: str | None, language: str) -> list[Any]:
        html, proofs = draw_paper(library, ident, language)
        return [ident, html, "", proofs, None, draw_proof(frame, None, language)]

    def show_clicked(language: str, event: EventData) -> list[Any]:
        return show(str(event._data.get("paper", "")), language)

    def show_sent(sent: Sent | None, language: str) -> list[Any]:
        return show(sent.value if sent else None, language)

    def show_more(ident: str | None, language: str, proofs: tuple[Citation, ...]) -> list[Any]:
        return list(draw_near(library, ident, language, proofs))

    def ask(language: str, event: EventData) -> list[Any]:
        return frame.open_question(load_words(language)["what_is"].format(paper=event._data.get("paper", "")))

    opened = [piece.submit(show_clicked, frame.language, first, **CALLS) for piece in (table, paper, near)]
    opened.append(frame.paper.change(show_sent, [frame.paper, frame.language], first, **CALLS))
    opened.append(frame.language.change(show, [shown, frame.language], first, **CALLS))
    for event in opened:
        event.then(show_more, [shown, frame.language, panel.proofs], [near, panel.proofs], **CALLS)
    paper.clear(lambda language: show(None, language), frame.language, first, **CALLS)
    paper.like(ask, frame.language, frame.doors, **QUIET)
