"""The tab of comparison: chosen papers side by side in chosen attributes, each value with its proof, to take away."""
# Without `from __future__ import annotations`: gradio looks at run time for the annotation EventData itself.

from collections.abc import Sequence
from typing import Any

from vlmrag.answer.table import OVERVIEW
from vlmrag.errors import VlmragError
from vlmrag.search.attributes import COLUMNS
from vlmrag.types import Citation
from vlmrag.ui.frame import CALLS, QUIET, Frame
from vlmrag.ui.library import Library
from vlmrag.ui.proofs import Proofs, place_panel, place_piece, tie_proofs
from vlmrag.ui.render import render_problem
from vlmrag.ui.render_table import MOST, name_column, render_table
from vlmrag.ui.words import load_words

NAME = "compare"


def list_choices(library: Library) -> list[tuple[str, str]]:
    """Return what is chosen from, and its id: name and year, and the title where that says more."""
    try:
        papers = library.papers()
    except VlmragError:
        return []
    choices = []
    for paper in papers:
        year = f" ({paper.year})" if paper.year else ""
        title = f" · {paper.title}" if paper.title and paper.title != paper.name else ""
        choices.append((f"{paper.name}{year}{title}", paper.id))
    return choices


def draw_comparison(
    library: Library, papers: Sequence[str], columns: Sequence[str], language: str
) -> tuple[str, tuple[Citation, ...]]:
    """Return the papers side by side, and the citations that the table numbers."""
    words = load_words(language)
    proofs = Proofs(words)
    chosen = list(dict.fromkeys(papers))
    asked = list(dict.fromkeys(column.strip() for column in columns if column.strip()))
    try:
        rows = library.table(asked, papers=chosen[:MOST]) if chosen and asked else []
        return render_table(rows, asked, proofs, words), proofs.all()
    except VlmragError as error:
        return render_problem(str(error), words), ()


def build(frame: Frame, tab: Any) -> None:
    """Put the components into the tab and tie their events."""
    gr, library, words = frame.gr, frame.desk.library, load_words("en")
    with gr.Row(elem_classes="bench"):
        with gr.Column(elem_id="compare-room"):
            with gr.Row(elem_classes="choosing"):
                papers = gr.Dropdown(
                    [], multiselect=True, max_choices=MOST, label=words["compare_papers"], elem_id="compare-papers"
                )
                columns = gr.Dropdown(
                    _name_columns("en"),
                    value=list(OVERVIEW),
                    multiselect=True,
                    allow_custom_value=True,
                    label=words["compare_columns"],
                    elem_id="compare-columns",
                )
            table = place_piece(frame, "", "compare")
        panel = place_panel(frame, NAME)
    tie_proofs(frame, panel, table)

    def show(papers: list[str], columns: list[str], language: str) -> list[Any]:
        html, proofs = draw_comparison(library, papers or [], columns or [], language)
        return [html, proofs, None, frame.desk.draw_citation(None, language)]

    shown = [table, panel.proofs, panel.opened, panel.passage]
    for change in (papers.change, columns.change):
        change(show, [papers, columns, frame.language], shown, trigger_mode="always_last", **CALLS)
    tab.select(lambda: gr.Dropdown(choices=list_choices(library)), None, papers, **CALLS)
    _open_papers(frame, table)

    def label(language: str, papers: list[str], columns: list[str]) -> list[Any]:
        said = load_words(language)
        return [
            gr.Dropdown(label=said["compare_papers"]),
            gr.Dropdown(label=said["compare_columns"], choices=_name_columns(language), value=columns),
            *draw_comparison(library, papers or [], columns or [], language),
        ]

    frame.speak(label, [papers, columns, table, panel.proofs], [papers, columns])


def _name_columns(language: str) -> list[tuple[str, str]]:
    return [(name_column(column, load_words(language)), column) for column in COLUMNS]


def _open_papers(frame: Frame, table: Any) -> None:
    from gradio import EventData

    def open_clicked(event: EventData) -> list[Any]:
        return frame.open_paper(str(event._data.get("paper", "")))

    table.submit(open_clicked, None, frame.doors, **QUIET)
