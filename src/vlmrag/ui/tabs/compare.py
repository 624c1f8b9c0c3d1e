"""The tab of comparison: chosen papers side by side in chosen attributes, each value with its proof, to take away."""
# Without `from __future__ import annotations`: gradio looks at run time for the annotation EventData itself.

from collections.abc import Sequence
from typing import Any

from vlmrag.answer.table import OVERVIEW
from vlmrag.errors import VlmragError
from vlmrag.search.attributes import COLUMNS
from vlmrag.types import Citation
from vlmrag.ui.frame import CALLS, QUIET, Frame
from vlmrag.ui.html.pieces import render_problem
from vlmrag.ui.html.table import MOST, render_table
from vlmrag.ui.library import Library
from vlmrag.ui.proofs import Proofs, draw_proof, place_panel, place_piece, tie_proofs
from vlmrag.ui.words import load_words

NAME = "compare"


def list_papers(library: Library) -> list[tuple[str, str]]:
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
    library: Library, papers: Sequence[str], columns: Sequence[str], question: str, language: str
) -> tuple[str, tuple[Citation, ...]]:
    """Return the papers side by side, and the citations that the table numbers; a question is one more attribute."""
    words = load_words(language)
    proofs = Proofs(words)
    known = {ident for _, ident in list_papers(library)}
    chosen = [ident for ident in dict.fromkeys(papers) if ident in known]
    asked = [column for column in COLUMNS if column in columns]
    asked += [question.strip()] if question.strip() and question.strip() not in COLUMNS else []
    try:
        rows = library.table(asked, papers=chosen[:MOST]) if chosen and asked else []
        return render_table(rows, asked, proofs, words), proofs.all()
    except VlmragError as error:
        return render_problem(str(error), words), ()


def build(frame: Frame, tab: Any) -> None:
    """Put the components into the tab and tie their events."""
    gr, library = frame.gr, frame.desk.library
    with gr.Row(elem_classes="bench"):
        with gr.Column(elem_id="compare-room"):
            papers = gr.Dropdown([], multiselect=True, max_choices=MOST, elem_id="compare-papers")
            columns = gr.CheckboxGroup(_name_columns("en"), value=list(OVERVIEW), elem_id="compare-columns")
            question = gr.Textbox("", elem_id="compare-question", max_lines=3)
            table = place_piece(frame, "", "compare")
        panel = place_panel(frame, NAME)
    tie_proofs(frame, panel, table)
    chosen = [papers, columns, question]

    def show(papers: list[str], columns: list[str], question: str, language: str) -> list[Any]:
        html, proofs = draw_comparison(library, papers or [], columns or [], question, language)
        return [html, proofs, None, draw_proof(frame, None, language)]

    shown = [table, panel.proofs, panel.opened, panel.passage]
    for change in (papers.input, columns.input, question.submit, question.blur):
        change(show, [*chosen, frame.language], shown, trigger_mode="always_last", **CALLS)
    tab.select(lambda: gr.Dropdown(choices=list_papers(library)), None, papers, **CALLS)
    _open_papers(frame, table)
    _speak(frame, chosen, [table, panel.proofs])


def _speak(frame: Frame, chosen: list[Any], drawn: list[Any]) -> None:
    gr, library = frame.gr, frame.desk.library

    def label(language: str, papers: list[str], columns: list[str], question: str) -> list[Any]:
        words = load_words(language)
        return [
            gr.Dropdown(label=words["compare_papers"]),
            gr.CheckboxGroup(label=words["compare_columns"], choices=_name_columns(language), value=columns),
            gr.Textbox(label=words["compare_question"], placeholder=words["compare_example"]),
            *draw_comparison(library, papers or [], columns or [], question, language),
        ]

    frame.speak(label, [*chosen, *drawn], chosen)


def _name_columns(language: str) -> list[tuple[str, str]]:
    words = load_words(language)
    return [(words[f"attr_{column}"], column) for column in COLUMNS]


def _open_papers(frame: Frame, table: Any) -> None:
    from gradio import EventData

    def open_clicked(event: EventData) -> list[Any]:
        return frame.open_paper(str(event._data.get("paper", "")))

    table.submit(open_clicked, None, frame.doors, **QUIET)
